<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>Canvas</name>
    <message>
      <source>After</source>
      <translation>Nachher</translation>
    </message>
    <message>
      <source>Before</source>
      <translation>Vorher</translation>
    </message>
    <message>
      <source>Picture, before and after</source>
      <translation>Bild, vorher und nachher</translation>
    </message>
    <message>
      <source>Arrow keys move the picture; with a tool, a crosshair. Enter uses the tool there.</source>
      <translation>Pfeiltasten bewegen das Bild; mit einem Werkzeug ein Fadenkreuz. Die Eingabetaste wendet das Werkzeug dort an.</translation>
    </message>
  </context>
  <context>
    <name>ColorizePanel</name>
    <message>
      <source>S&amp;aturation</source>
      <translation>S&amp;ättigung</translation>
    </message>
    <message>
      <source>0 is gray, 100 the model's colours, 200 twice as much.</source>
      <translation>0 ist grau, 100 sind die Farben des Modells, 200 doppelt so viel.</translation>
    </message>
    <message>
      <source>Stren&amp;gth</source>
      <translation>Stär&amp;ke</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the coloured one.</source>
      <translation>0 ist das Bild, wie es war, 100 das kolorierte.</translation>
    </message>
    <message>
      <source>Colours black-and-white pictures; hints tell it what you know.</source>
      <translation>Koloriert Schwarz-Weiß-Bilder; Farbhinweise sagen, was Sie wissen.</translation>
    </message>
    <message>
      <source>This picture is in colour already; its colours would be replaced.</source>
      <translation>Dieses Bild ist schon farbig; seine Farben würden ersetzt.</translation>
    </message>
    <message>
      <source>C&amp;olour…</source>
      <translation>Far&amp;be…</translation>
    </message>
    <message>
      <source>Change the colour of the chosen hint.</source>
      <translation>Die Farbe des ausgewählten Hinweises ändern.</translation>
    </message>
    <message>
      <source>Clear hin&amp;ts</source>
      <translation>Hinweise lösc&amp;hen</translation>
    </message>
    <message>
      <source>Click the picture with the tool to say what colour it is there.</source>
      <translation>Klicken Sie mit dem Werkzeug ins Bild und sagen Sie, welche Farbe dort ist.</translation>
    </message>
    <message>
      <source>Hints: {count}</source>
      <translation>Farbhinweise: {count}</translation>
    </message>
  </context>
  <context>
    <name>Command</name>
    <message>
      <source>Show or hide the panel with the filters' settings.</source>
      <translation>Die Leiste mit den Filtereinstellungen ein- oder ausblenden.</translation>
    </message>
    <message>
      <source>&amp;About Unfade</source>
      <translation>&amp;Über Unfade</translation>
    </message>
    <message>
      <source>&amp;Actual pixels</source>
      <translation>&amp;Tatsächliche Pixel</translation>
    </message>
    <message>
      <source>&amp;Apply</source>
      <translation>&amp;Übernehmen</translation>
    </message>
    <message>
      <source>&amp;Cancel</source>
      <translation>&amp;Abbrechen</translation>
    </message>
    <message>
      <source>&amp;Close picture</source>
      <translation>Bild &amp;schließen</translation>
    </message>
    <message>
      <source>&amp;Colorize</source>
      <translation>&amp;Kolorieren</translation>
    </message>
    <message>
      <source>&amp;Copy result</source>
      <translation>Ergebnis &amp;kopieren</translation>
    </message>
    <message>
      <source>&amp;De-artifact</source>
      <translation>&amp;Artefakte entfernen</translation>
    </message>
    <message>
      <source>&amp;Delete colour hint</source>
      <translation>Farbhinweis &amp;löschen</translation>
    </message>
    <message>
      <source>&amp;Doctor…</source>
      <translation>&amp;Diagnose…</translation>
    </message>
    <message>
      <source>&amp;Fit in window</source>
      <translation>Ins Fenster &amp;einpassen</translation>
    </message>
    <message>
      <source>&amp;Keep original</source>
      <translation>&amp;Original behalten</translation>
    </message>
    <message>
      <source>&amp;Keyboard shortcuts</source>
      <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
      <source>&amp;Larger brush</source>
      <translation>&amp;Größerer Pinsel</translation>
    </message>
    <message>
      <source>&amp;Loupe</source>
      <translation>&amp;Lupe</translation>
    </message>
    <message>
      <source>&amp;Mark to fill in</source>
      <translation>Zum Auffüllen &amp;markieren</translation>
    </message>
    <message>
      <source>&amp;Mask overlay</source>
      <translation>&amp;Maske anzeigen</translation>
    </message>
    <message>
      <source>&amp;Next picture</source>
      <translation>&amp;Nächstes Bild</translation>
    </message>
    <message>
      <source>&amp;Open…</source>
      <translation>&amp;Öffnen…</translation>
    </message>
    <message>
      <source>&amp;Paste picture</source>
      <translation>Bild &amp;einfügen</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>Warte&amp;schlange</translation>
    </message>
    <message>
      <source>&amp;Quit</source>
      <translation>&amp;Beenden</translation>
    </message>
    <message>
      <source>&amp;Redo</source>
      <translation>&amp;Wiederherstellen</translation>
    </message>
    <message>
      <source>&amp;Restore old photograph</source>
      <translation>Altes Foto &amp;restaurieren</translation>
    </message>
    <message>
      <source>&amp;Result only</source>
      <translation>&amp;Nur Ergebnis</translation>
    </message>
    <message>
      <source>&amp;Retry</source>
      <translation>&amp;Wiederholen</translation>
    </message>
    <message>
      <source>&amp;Save as…</source>
      <translation>Speichern &amp;unter…</translation>
    </message>
    <message>
      <source>&amp;Smaller brush</source>
      <translation>K&amp;leinerer Pinsel</translation>
    </message>
    <message>
      <source>&amp;Split view</source>
      <translation>Geteilte &amp;Ansicht</translation>
    </message>
    <message>
      <source>&amp;Start</source>
      <translation>&amp;Starten</translation>
    </message>
    <message>
      <source>&amp;Undo</source>
      <translation>&amp;Rückgängig</translation>
    </message>
    <message>
      <source>&amp;Upscale</source>
      <translation>&amp;Vergrößern</translation>
    </message>
    <message>
      <source>Add &amp;folder…</source>
      <translation>&amp;Ordner hinzufügen…</translation>
    </message>
    <message>
      <source>Add &amp;pictures…</source>
      <translation>&amp;Bilder hinzufügen…</translation>
    </message>
    <message>
      <source>Add all pictures of a folder to the queue.</source>
      <translation>Alle Bilder eines Ordners in die Warteschlange aufnehmen.</translation>
    </message>
    <message>
      <source>Add pictures to the queue.</source>
      <translation>Bilder in die Warteschlange aufnehmen.</translation>
    </message>
    <message>
      <source>Before, while &amp;held</source>
      <translation>&amp;Vorher (solange gedrückt)</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>Verblasste Farben zurückholen.</translation>
    </message>
    <message>
      <source>Cancel the chosen pictures.</source>
      <translation>Die ausgewählten Bilder abbrechen.</translation>
    </message>
    <message>
      <source>Click to place a colour hint, drag to move it, double-click for its colour.</source>
      <translation>Klicken setzt einen Farbhinweis, Ziehen verschiebt ihn, Doppelklick ändert die Farbe.</translation>
    </message>
    <message>
      <source>Close the picture, and keep the window.</source>
      <translation>Das Bild schließen; das Fenster bleibt offen.</translation>
    </message>
    <message>
      <source>Close the window.</source>
      <translation>Das Fenster schließen.</translation>
    </message>
    <message>
      <source>Colour &amp;hints</source>
      <translation>&amp;Farbhinweise</translation>
    </message>
    <message>
      <source>De&amp;noise</source>
      <translation>&amp;Entrauschen</translation>
    </message>
    <message>
      <source>Delete the colour hint that is chosen.</source>
      <translation>Den ausgewählten Farbhinweis löschen.</translation>
    </message>
    <message>
      <source>Drag to move the picture about.</source>
      <translation>Ziehen, um das Bild zu verschieben.</translation>
    </message>
    <message>
      <source>Enlarge the picture.</source>
      <translation>Das Bild vergrößern.</translation>
    </message>
    <message>
      <source>Enlarge what is under the pointer, before and after.</source>
      <translation>Vergrößern, was unter dem Mauszeiger liegt, vorher und nachher.</translation>
    </message>
    <message>
      <source>F&amp;ull screen</source>
      <translation>V&amp;ollbild</translation>
    </message>
    <message>
      <source>Filter &amp;panel</source>
      <translation>&amp;Filterleiste</translation>
    </message>
    <message>
      <source>Finish the picture that is running and begin no other.</source>
      <translation>Das laufende Bild fertigstellen und kein weiteres beginnen.</translation>
    </message>
    <message>
      <source>Give a black-and-white picture colour.</source>
      <translation>Einem Schwarz-Weiß-Bild Farbe geben.</translation>
    </message>
    <message>
      <source>Give the window the whole screen.</source>
      <translation>Das Fenster auf den ganzen Bildschirm vergrößern.</translation>
    </message>
    <message>
      <source>Hand the result back to the editor.</source>
      <translation>Das Ergebnis an das Bildprogramm zurückgeben.</translation>
    </message>
    <message>
      <source>Keep the steps and their settings in a recipe file.</source>
      <translation>Schritte und ihre Einstellungen in einer Rezeptdatei aufbewahren.</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>Nachsehen, was ein altes Foto braucht, und genau das tun.</translation>
    </message>
    <message>
      <source>Make the change again that was taken back.</source>
      <translation>Die zurückgenommene Änderung wiederherstellen.</translation>
    </message>
    <message>
      <source>Move &amp;picture</source>
      <translation>&amp;Bild verschieben</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>&amp;Protokolldatei öffnen</translation>
    </message>
    <message>
      <source>Open a picture.</source>
      <translation>Ein Bild öffnen.</translation>
    </message>
    <message>
      <source>Open recip&amp;e…</source>
      <translation>Rezept ö&amp;ffnen…</translation>
    </message>
    <message>
      <source>Open the folder of what was saved last.</source>
      <translation>Den Ordner öffnen, in dem zuletzt gespeichert wurde.</translation>
    </message>
    <message>
      <source>Open the log, which a bug report needs.</source>
      <translation>Das Protokoll öffnen, das zu einer Fehlermeldung gehört.</translation>
    </message>
    <message>
      <source>Open the next picture of the folder.</source>
      <translation>Das nächste Bild des Ordners öffnen.</translation>
    </message>
    <message>
      <source>Open the picture before this one in the folder.</source>
      <translation>Das Bild öffnen, das im Ordner vor diesem steht.</translation>
    </message>
    <message>
      <source>Open the picture that is on the clipboard.</source>
      <translation>Das Bild aus der Zwischenablage öffnen.</translation>
    </message>
    <message>
      <source>Pa&amp;use</source>
      <translation>&amp;Pause</translation>
    </message>
    <message>
      <source>Paint over a watermark, or damage, to have it filled in.</source>
      <translation>Ein Wasserzeichen oder einen Schaden übermalen, um ihn auffüllen zu lassen.</translation>
    </message>
    <message>
      <source>Paint over what is to stay as it is.</source>
      <translation>Übermalen, was unverändert bleiben soll.</translation>
    </message>
    <message>
      <source>Paint with a larger brush.</source>
      <translation>Mit einem größeren Pinsel malen.</translation>
    </message>
    <message>
      <source>Paint with a smaller brush.</source>
      <translation>Mit einem kleineren Pinsel malen.</translation>
    </message>
    <message>
      <source>Pre&amp;vious picture</source>
      <translation>Vor&amp;heriges Bild</translation>
    </message>
    <message>
      <source>Put the result on the clipboard.</source>
      <translation>Das Ergebnis in die Zwischenablage kopieren.</translation>
    </message>
    <message>
      <source>R&amp;evive</source>
      <translation>Farben a&amp;uffrischen</translation>
    </message>
    <message>
      <source>Repa&amp;ir</source>
      <translation>Re&amp;parieren</translation>
    </message>
    <message>
      <source>Reset &amp;settings</source>
      <translation>Einstellungen &amp;zurücksetzen</translation>
    </message>
    <message>
      <source>Run the chosen pictures that failed or were cancelled again.</source>
      <translation>Ausgewählte Bilder, die fehlgeschlagen oder abgebrochen sind, erneut bearbeiten.</translation>
    </message>
    <message>
      <source>Run the recipe on the pictures that wait.</source>
      <translation>Das Rezept auf die wartenden Bilder anwenden.</translation>
    </message>
    <message>
      <source>S&amp;top</source>
      <translation>&amp;Stopp</translation>
    </message>
    <message>
      <source>Save rec&amp;ipe…</source>
      <translation>Reze&amp;pt speichern…</translation>
    </message>
    <message>
      <source>Save the result as a picture file.</source>
      <translation>Das Ergebnis als Bilddatei speichern.</translation>
    </message>
    <message>
      <source>Set this step back to its defaults.</source>
      <translation>Diesen Schritt auf die Vorgaben zurücksetzen.</translation>
    </message>
    <message>
      <source>Show before and after in one picture, with a divider to drag.</source>
      <translation>Vorher und Nachher in einem Bild zeigen, mit verschiebbarer Trennlinie.</translation>
    </message>
    <message>
      <source>Show before and after next to each other.</source>
      <translation>Vorher und Nachher nebeneinander zeigen.</translation>
    </message>
    <message>
      <source>Show every command and its keys.</source>
      <translation>Alle Befehle und ihre Tasten zeigen.</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>Im &amp;Ordner zeigen</translation>
    </message>
    <message>
      <source>Show in colour what was found or painted over.</source>
      <translation>Farbig anzeigen, was gefunden oder übermalt wurde.</translation>
    </message>
    <message>
      <source>Show one pixel of the result as one pixel of the screen.</source>
      <translation>Ein Pixel des Ergebnisses als ein Bildschirmpixel anzeigen.</translation>
    </message>
    <message>
      <source>Show or hide the queue of pictures.</source>
      <translation>Die Warteschlange der Bilder ein- oder ausblenden.</translation>
    </message>
    <message>
      <source>Show the original for as long as the key is held down.</source>
      <translation>Das Original zeigen, solange die Taste gedrückt ist.</translation>
    </message>
    <message>
      <source>Show the picture larger.</source>
      <translation>Das Bild größer anzeigen.</translation>
    </message>
    <message>
      <source>Show the picture smaller.</source>
      <translation>Das Bild kleiner anzeigen.</translation>
    </message>
    <message>
      <source>Show the result alone.</source>
      <translation>Nur das Ergebnis anzeigen.</translation>
    </message>
    <message>
      <source>Show the version and the licence.</source>
      <translation>Version und Lizenz zeigen.</translation>
    </message>
    <message>
      <source>Show the whole picture.</source>
      <translation>Das ganze Bild anzeigen.</translation>
    </message>
    <message>
      <source>Show which device runs, why not the GPU, and which models there are.</source>
      <translation>Zeigen, welches Gerät rechnet, warum nicht die GPU, und welche Modelle es gibt.</translation>
    </message>
    <message>
      <source>Side &amp;by side</source>
      <translation>Ne&amp;beneinander</translation>
    </message>
    <message>
      <source>Stop what is being worked on.</source>
      <translation>Die laufende Arbeit abbrechen.</translation>
    </message>
    <message>
      <source>Take compression artifacts away.</source>
      <translation>Kompressionsartefakte entfernen.</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>Filmkorn und Sensorrauschen aus Bildern entfernen.</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>Kratzer, Staub, Haare, Knicke und Flecken von alten Fotos entfernen.</translation>
    </message>
    <message>
      <source>Take the last change of the settings back.</source>
      <translation>Die letzte Änderung der Einstellungen zurücknehmen.</translation>
    </message>
    <message>
      <source>Take the steps and their settings from a recipe file.</source>
      <translation>Schritte und ihre Einstellungen aus einer Rezeptdatei übernehmen.</translation>
    </message>
    <message>
      <source>Zoom &amp;in</source>
      <translation>Ver&amp;größern</translation>
    </message>
    <message>
      <source>Zoom &amp;out</source>
      <translation>Ver&amp;kleinern</translation>
    </message>
  </context>
  <context>
    <name>DeartifactPanel</name>
    <message>
      <source>&amp;Strength</source>
      <translation>&amp;Stärke</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the model's result.</source>
      <translation>0 ist das Bild, wie es war, 100 das Ergebnis des Modells.</translation>
    </message>
    <message>
      <source>Takes compression artifacts away, and text watermarks if you wish.</source>
      <translation>Entfernt Kompressionsartefakte und auf Wunsch Textwasserzeichen.</translation>
    </message>
    <message>
      <source>Takes compression artifacts away.</source>
      <translation>Entfernt Kompressionsartefakte.</translation>
    </message>
    <message>
      <source>A watermark seems to be here.</source>
      <translation>Hier scheint ein Wasserzeichen zu sein.</translation>
    </message>
    <message>
      <source>Take it &amp;off</source>
      <translation>&amp;Entfernen</translation>
    </message>
    <message>
      <source>&amp;Remove text watermarks</source>
      <translation>&amp;Textwasserzeichen entfernen</translation>
    </message>
    <message>
      <source>This model does not find watermarks; paint over one to have it filled in.</source>
      <translation>Dieses Modell findet keine Wasserzeichen; übermalen Sie eines, um es auffüllen zu lassen.</translation>
    </message>
    <message>
      <source>No watermark was found that comes off cleanly; paint over one to have it filled in.</source>
      <translation>Kein Wasserzeichen gefunden, das sich sauber entfernen lässt; übermalen Sie eines, um es auffüllen zu lassen.</translation>
    </message>
    <message>
      <source>S&amp;how where they were found</source>
      <translation>&amp;Zeigen, wo sie gefunden wurden</translation>
    </message>
    <message>
      <source>S&amp;how what is painted over</source>
      <translation>Ü&amp;bermaltes anzeigen</translation>
    </message>
  </context>
  <context>
    <name>Doctor</name>
    <message>
      <source>Doctor</source>
      <translation>Diagnose</translation>
    </message>
    <message>
      <source>Looking at devices and models…</source>
      <translation>Geräte und Modelle werden geprüft…</translation>
    </message>
    <message>
      <source>&amp;Copy report</source>
      <translation>Bericht &amp;kopieren</translation>
    </message>
    <message>
      <source>Put the findings on the clipboard, for a bug report.</source>
      <translation>Den Befund für eine Fehlermeldung in die Zwischenablage kopieren.</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>&amp;Protokolldatei öffnen</translation>
    </message>
    <message>
      <source>The doctor gave no answer; run “unfade doctor” in a terminal to see why.</source>
      <translation>Die Diagnose gab keine Antwort; „unfade doctor“ in einem Terminal zeigt, warum.</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>ja</translation>
    </message>
    <message>
      <source>no</source>
      <translation>nein</translation>
    </message>
    <message>
      <source>cannot be used</source>
      <translation>nicht verwendbar</translation>
    </message>
    <message>
      <source>Devices, the first that works is used</source>
      <translation>Geräte (das erste, das geht, wird verwendet)</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>Modelle</translation>
    </message>
    <message>
      <source>Versions</source>
      <translation>Versionen</translation>
    </message>
    <message>
      <source>Places</source>
      <translation>Orte</translation>
    </message>
    <message>
      <source>There are no models; install Unfade again.</source>
      <translation>Es sind keine Modelle da; installieren Sie Unfade neu.</translation>
    </message>
    <message>
      <source>These models cannot be used: {names}.</source>
      <translation>Diese Modelle sind nicht verwendbar: {names}.</translation>
    </message>
    <message>
      <source>All models can be used. They run on {device}.</source>
      <translation>Alle Modelle sind verwendbar. Sie laufen auf {device}.</translation>
    </message>
    <message>
      <source>Findings</source>
      <translation>Befund</translation>
    </message>
  </context>
  <context>
    <name>Editor</name>
    <message>
      <source>Repeat last</source>
      <translation>Letzten Filter wiederholen</translation>
    </message>
  </context>
  <context>
    <name>Engine</name>
    <message>
      <source>Unfade's engine stopped unexpectedly; try again, with a smaller picture if memory is short.</source>
      <translation>Die Engine von Unfade ist unerwartet ausgefallen; versuchen Sie es noch einmal, bei knappem Speicher mit einem kleineren Bild.</translation>
    </message>
    <message>
      <source>Unfade's engine gave no sign of life, so it was stopped; try again.</source>
      <translation>Die Engine von Unfade gab kein Lebenszeichen mehr und wurde beendet; versuchen Sie es noch einmal.</translation>
    </message>
    <message>
      <source>There is not enough memory for this picture; close other programs and try again.</source>
      <translation>Der Speicher reicht für dieses Bild nicht aus; schließen Sie andere Programme und versuchen Sie es noch einmal.</translation>
    </message>
  </context>
  <context>
    <name>EngineLink</name>
    <message>
      <source>The engine is not running.</source>
      <translation>Die Engine läuft nicht.</translation>
    </message>
    <message>
      <source>the picture</source>
      <translation>das Bild</translation>
    </message>
  </context>
  <context>
    <name>Failure</name>
    <message>
      <source>There is not enough memory for {name}; close other programs.</source>
      <translation>Der Speicher reicht nicht für {name}; schließen Sie andere Programme.</translation>
    </message>
    <message>
      <source>Something went wrong with {name} that Unfade did not foresee ({kind}); {log} tells more.</source>
      <translation>Etwas Unvorhergesehenes ist schiefgegangen ({kind}); es betrifft {name}. {log} sagt mehr.</translation>
    </message>
  </context>
  <context>
    <name>Filter</name>
    <message>
      <source>Below 0 is colder than the model's result, above 0 warmer.</source>
      <translation>Unter 0 ist kälter als das Ergebnis des Modells, über 0 wärmer.</translation>
    </message>
    <message>
      <source>Below 0 is softer than the model's result, above 0 harder.</source>
      <translation>Unter 0 ist weicher als das Ergebnis des Modells, über 0 härter.</translation>
    </message>
    <message>
      <source>How much of the result's colour: from gray to twice as colourful.</source>
      <translation>Wie viel Farbe das Ergebnis hat: von grau bis doppelt so farbig.</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>Verblasste Farben zurückholen.</translation>
    </message>
    <message>
      <source>Chroma</source>
      <translation>Farbrauschen</translation>
    </message>
    <message>
      <source>Colorize</source>
      <translation>Kolorieren</translation>
    </message>
    <message>
      <source>Colours</source>
      <translation>Farben</translation>
    </message>
    <message>
      <source>Compression</source>
      <translation>Kompression</translation>
    </message>
    <message>
      <source>Contrast</source>
      <translation>Kontrast</translation>
    </message>
    <message>
      <source>Damage</source>
      <translation>Schäden</translation>
    </message>
    <message>
      <source>De-artifact</source>
      <translation>Artefakte entfernen</translation>
    </message>
    <message>
      <source>Denoise</source>
      <translation>Entrauschen</translation>
    </message>
    <message>
      <source>Grain</source>
      <translation>Korn</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: better, and as many times slower.</source>
      <translation>Über wie viele Durchgänge, über das Bild gespiegelt und gedreht, gemittelt wird: besser, und so viel Mal langsamer.</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: more faithful and a little softer, and as many times slower.</source>
      <translation>Über wie viele Durchgänge, über das Bild gespiegelt und gedreht, gemittelt wird: treuer und ein wenig weicher, und so viel Mal langsamer.</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, find the damage: better, and each a fifth slower.</source>
      <translation>Wie viele Durchgänge, über das Bild gespiegelt und gedreht, den Schaden suchen: besser, und jeder ein Fünftel langsamer.</translation>
    </message>
    <message>
      <source>How much new grain, of the kind that was there, the result gets.</source>
      <translation>Wie viel neues Korn, von der Art des vorhandenen, das Ergebnis bekommt.</translation>
    </message>
    <message>
      <source>How much of the noise in brightness is taken off.</source>
      <translation>Wie viel vom Rauschen in der Helligkeit entfernt wird.</translation>
    </message>
    <message>
      <source>How much of the noise in colour is taken off.</source>
      <translation>Wie viel vom Rauschen in der Farbe entfernt wird.</translation>
    </message>
    <message>
      <source>How much of the result replaces the picture as it was.</source>
      <translation>Wie viel vom Ergebnis das Bild, wie es war, ersetzt.</translation>
    </message>
    <message>
      <source>How strong the noise is taken to be, at most a deviation of 50 in 255; as strong as it looks when left out.</source>
      <translation>Wie stark das Rauschen angenommen wird, höchstens eine Abweichung von 50 in 255; ohne Angabe so stark, wie es aussieht.</translation>
    </message>
    <message>
      <source>Level</source>
      <translation>Rauschstärke</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>Nachsehen, was ein altes Foto braucht, und genau das tun.</translation>
    </message>
    <message>
      <source>Looks for JPEG artifacts, and takes them off.</source>
      <translation>Sucht nach JPEG-Artefakten und entfernt sie.</translation>
    </message>
    <message>
      <source>Looks for faded colours, and brings them back.</source>
      <translation>Sucht nach verblassten Farben und holt sie zurück.</translation>
    </message>
    <message>
      <source>Looks for grain and noise, and takes them off.</source>
      <translation>Sucht nach Korn und Rauschen und entfernt sie.</translation>
    </message>
    <message>
      <source>Looks for scratches, dust, creases and stains, and takes them off.</source>
      <translation>Sucht nach Kratzern, Staub, Knicken und Flecken und entfernt sie.</translation>
    </message>
    <message>
      <source>Looks</source>
      <translation>Durchgänge</translation>
    </message>
    <message>
      <source>Luma</source>
      <translation>Helligkeitsrauschen</translation>
    </message>
    <message>
      <source>Noise</source>
      <translation>Rauschen</translation>
    </message>
    <message>
      <source>One correction for all pictures of a run, such as a roll of film or an album.</source>
      <translation>Eine Korrektur für alle Bilder eines Durchgangs, etwa eines Films oder eines Albums.</translation>
    </message>
    <message>
      <source>Repair</source>
      <translation>Reparieren</translation>
    </message>
    <message>
      <source>Restore old photograph</source>
      <translation>Altes Foto restaurieren</translation>
    </message>
    <message>
      <source>Revive</source>
      <translation>Farben auffrischen</translation>
    </message>
    <message>
      <source>Same for all</source>
      <translation>Gleich für alle</translation>
    </message>
    <message>
      <source>Saturation</source>
      <translation>Sättigung</translation>
    </message>
    <message>
      <source>Sensitivity</source>
      <translation>Empfindlichkeit</translation>
    </message>
    <message>
      <source>Show where damage was found</source>
      <translation>Zeigen, wo Schäden gefunden wurden</translation>
    </message>
    <message>
      <source>Strength</source>
      <translation>Stärke</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>Filmkorn und Sensorrauschen aus Bildern entfernen.</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>Kratzer, Staub, Haare, Knicke und Flecken von alten Fotos entfernen.</translation>
    </message>
    <message>
      <source>Upscale</source>
      <translation>Vergrößern</translation>
    </message>
    <message>
      <source>Warmth</source>
      <translation>Wärme</translation>
    </message>
    <message>
      <source>What counts as damage: from only what is painted over to all that might be some.</source>
      <translation>Was als Schaden gilt: von nur Übermaltem bis zu allem, was einer sein könnte.</translation>
    </message>
  </context>
  <context>
    <name>HintPicker</name>
    <message>
      <source>Colours at this brightness</source>
      <translation>Farben bei dieser Helligkeit</translation>
    </message>
    <message>
      <source>Arrow keys move the mark; with Shift they move it further.</source>
      <translation>Pfeiltasten bewegen die Markierung; mit Umschalt weiter.</translation>
    </message>
    <message>
      <source>Light skin</source>
      <translation>Helle Haut</translation>
    </message>
    <message>
      <source>Tanned skin</source>
      <translation>Gebräunte Haut</translation>
    </message>
    <message>
      <source>Dark skin</source>
      <translation>Dunkle Haut</translation>
    </message>
    <message>
      <source>Lips</source>
      <translation>Lippen</translation>
    </message>
    <message>
      <source>Blond hair</source>
      <translation>Blondes Haar</translation>
    </message>
    <message>
      <source>Brown hair</source>
      <translation>Braunes Haar</translation>
    </message>
    <message>
      <source>Sky</source>
      <translation>Himmel</translation>
    </message>
    <message>
      <source>Water</source>
      <translation>Wasser</translation>
    </message>
    <message>
      <source>Grass</source>
      <translation>Gras</translation>
    </message>
    <message>
      <source>Foliage</source>
      <translation>Laub</translation>
    </message>
    <message>
      <source>Sand</source>
      <translation>Sand</translation>
    </message>
    <message>
      <source>Wood</source>
      <translation>Holz</translation>
    </message>
    <message>
      <source>Brick</source>
      <translation>Ziegel</translation>
    </message>
    <message>
      <source>Stone</source>
      <translation>Stein</translation>
    </message>
    <message>
      <source>Denim</source>
      <translation>Jeansstoff</translation>
    </message>
    <message>
      <source>Uniform</source>
      <translation>Uniform</translation>
    </message>
    <message>
      <source>Red cloth</source>
      <translation>Roter Stoff</translation>
    </message>
    <message>
      <source>Brass</source>
      <translation>Messing</translation>
    </message>
    <message>
      <source>Colour of the hint</source>
      <translation>Farbe des Hinweises</translation>
    </message>
    <message>
      <source>Colour as #rrggbb</source>
      <translation>Farbe als #rrggbb</translation>
    </message>
    <message>
      <source>Recent colour {colour}</source>
      <translation>Zuletzt verwendete Farbe {colour}</translation>
    </message>
    <message>
      <source>&amp;From the picture</source>
      <translation>&amp;Aus dem Bild</translation>
    </message>
    <message>
      <source>Take the colour from a place in the picture.</source>
      <translation>Die Farbe von einer Stelle im Bild nehmen.</translation>
    </message>
    <message>
      <source>Only colours that this brightness allows are shown.</source>
      <translation>Gezeigt werden nur Farben, die bei dieser Helligkeit möglich sind.</translation>
    </message>
    <message>
      <source>Familiar colours</source>
      <translation>Vertraute Farben</translation>
    </message>
    <message>
      <source>Recent colours</source>
      <translation>Zuletzt verwendet</translation>
    </message>
    <message>
      <source>&amp;Use colour</source>
      <translation>Farbe &amp;verwenden</translation>
    </message>
    <message>
      <source>Click a colour in the picture, or press Esc to go back.</source>
      <translation>Klicken Sie eine Farbe im Bild an; mit Esc geht es zurück.</translation>
    </message>
  </context>
  <context>
    <name>Host</name>
    <message>
      <source>Picture from the editor</source>
      <translation>Bild aus dem Bildprogramm</translation>
    </message>
    <message>
      <source>The window was closed, and nothing was changed.</source>
      <translation>Das Fenster wurde geschlossen; es wurde nichts geändert.</translation>
    </message>
  </context>
  <context>
    <name>Menu</name>
    <message>
      <source>&amp;File</source>
      <translation>&amp;Datei</translation>
    </message>
    <message>
      <source>&amp;Edit</source>
      <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
      <source>&amp;View</source>
      <translation>&amp;Ansicht</translation>
    </message>
    <message>
      <source>Fi&amp;lter</source>
      <translation>&amp;Filter</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>&amp;Warteschlange</translation>
    </message>
    <message>
      <source>&amp;Help</source>
      <translation>&amp;Hilfe</translation>
    </message>
  </context>
  <context>
    <name>ModelChoice</name>
    <message>
      <source>Model</source>
      <translation>Modell</translation>
    </message>
    <message>
      <source>Which network does it: your own, or one that is shipped.</source>
      <translation>Welches Netz es tut: Ihr eigenes oder ein mitgeliefertes.</translation>
    </message>
    <message>
      <source>Whichever fits</source>
      <translation>Was am besten passt</translation>
    </message>
  </context>
  <context>
    <name>Notice</name>
    <message>
      <source>Dismiss</source>
      <translation>Schließen</translation>
    </message>
  </context>
  <context>
    <name>Painting</name>
    <message>
      <source>Paint on the picture</source>
      <translation>Auf dem Bild malen</translation>
    </message>
    <message>
      <source>Clear &amp;painting</source>
      <translation>&amp;Pinselstriche löschen</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Size of the brush</source>
      <translation>Größe des Pinsels</translation>
    </message>
    <message>
      <source>&amp;Brush</source>
      <translation>&amp;Pinsel</translation>
    </message>
  </context>
  <context>
    <name>PanelStack</name>
    <message>
      <source>No model for this is installed; the doctor tells where models belong.</source>
      <translation>Dafür ist kein Modell installiert; die Diagnose sagt, wohin Modelle gehören.</translation>
    </message>
  </context>
  <context>
    <name>Percent</name>
    <message>
      <source>Auto</source>
      <translation>Auto</translation>
    </message>
    <message>
      <source>Leave it to the picture.</source>
      <translation>Dem Bild überlassen.</translation>
    </message>
  </context>
  <context>
    <name>Preview</name>
    <message>
      <source>Previewing the rest of the picture</source>
      <translation>Vorschau des übrigen Bildes</translation>
    </message>
    <message>
      <source>Previewing what is in view</source>
      <translation>Vorschau des sichtbaren Teils</translation>
    </message>
  </context>
  <context>
    <name>Queue</name>
    <message>
      <source>less than a minute left</source>
      <translation>noch unter einer Minute</translation>
    </message>
    <message>
      <source>about {minutes} min left</source>
      <translation>noch etwa {minutes} min</translation>
    </message>
    <message>
      <source>about {hours} h {minutes} min left</source>
      <translation>noch etwa {hours} h {minutes} min</translation>
    </message>
    <message>
      <source>Add pictures</source>
      <translation>Bilder hinzufügen</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <source>Add folder</source>
      <translation>Ordner hinzufügen</translation>
    </message>
    <message>
      <source>Results &amp;go to</source>
      <translation>Ergebnisse &amp;nach</translation>
    </message>
    <message>
      <source>For&amp;mat</source>
      <translation>For&amp;mat</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>&amp;Qualität</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>&amp;Durchsuchen…</translation>
    </message>
    <message>
      <source>Choose the folder for results</source>
      <translation>Ordner für Ergebnisse wählen</translation>
    </message>
    <message>
      <source>As the picture</source>
      <translation>Wie das Bild</translation>
    </message>
    <message>
      <source>Quality of JPEG, WebP, AVIF and JPEG XL results.</source>
      <translation>Qualität der Ergebnisse in JPEG, WebP, AVIF und JPEG XL.</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>Ordner für Ergebnisse</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>Wartet</translation>
    </message>
    <message>
      <source>Running: {percent} %</source>
      <translation>Läuft: {percent} %</translation>
    </message>
    <message>
      <source>Done in {seconds} s: {name}</source>
      <translation>Fertig in {seconds} s: {name}</translation>
    </message>
    <message>
      <source>Cancelled</source>
      <translation>Abgebrochen</translation>
    </message>
    <message>
      <source>paused</source>
      <translation>angehalten</translation>
    </message>
    <message>
      <source>{done} of {total} done</source>
      <translation>{done} von {total} fertig</translation>
    </message>
    <message>
      <source>{failed} failed</source>
      <translation>{failed} fehlgeschlagen</translation>
    </message>
    <message>
      <source>There are no new pictures in what was added.</source>
      <translation>Im Hinzugefügten sind keine neuen Bilder.</translation>
    </message>
    <message>
      <source>Progress of the queue</source>
      <translation>Fortschritt der Warteschlange</translation>
    </message>
    <message>
      <source>Remove &amp;finished</source>
      <translation>&amp;Fertige entfernen</translation>
    </message>
    <message>
      <source>Take finished pictures off the list; files stay.</source>
      <translation>Fertige Bilder aus der Liste nehmen; die Dateien bleiben.</translation>
    </message>
    <message>
      <source>&amp;Open result</source>
      <translation>Ergebnis ö&amp;ffnen</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>Im &amp;Ordner zeigen</translation>
    </message>
    <message>
      <source>Re&amp;move from list</source>
      <translation>Aus der Liste &amp;entfernen</translation>
    </message>
    <message>
      <source>Queue: {name}, {number} of {total}</source>
      <translation>Warteschlange: {name}, {number} von {total}</translation>
    </message>
    <message>
      <source>Saving {name}</source>
      <translation>{name} wird gespeichert</translation>
    </message>
    <message>
      <source>, {count} more waiting</source>
      <translation>, {count} weitere warten</translation>
    </message>
    <message>
      <source>Pictures in the queue</source>
      <translation>Bilder in der Warteschlange</translation>
    </message>
    <message>
      <source>Drop pictures or folders here.</source>
      <translation>Bilder oder Ordner hier ablegen.</translation>
    </message>
    <message>
      <source>The recipe has no steps; choose a filter first.</source>
      <translation>Das Rezept hat keine Schritte; wählen Sie zuerst einen Filter.</translation>
    </message>
    <message>
      <source>The queue is done: {summary}</source>
      <translation>Die Warteschlange ist fertig: {summary}</translation>
    </message>
    <message>
      <source>The engine stopped at {name}; it was started again.</source>
      <translation>Die Engine ist bei {name} ausgefallen; sie wurde neu gestartet.</translation>
    </message>
  </context>
  <context>
    <name>Recipes</name>
    <message>
      <source>Open recipe</source>
      <translation>Rezept öffnen</translation>
    </message>
    <message>
      <source>Save recipe</source>
      <translation>Rezept speichern</translation>
    </message>
    <message>
      <source>The steps hold colour hints or strokes that belong to this picture.</source>
      <translation>Die Schritte enthalten Farbhinweise oder Pinselstriche, die zu diesem Bild gehören.</translation>
    </message>
    <message>
      <source>Leave them out if the recipe is for other pictures too.</source>
      <translation>Lassen Sie sie weg, wenn das Rezept auch für andere Bilder gedacht ist.</translation>
    </message>
    <message>
      <source>&amp;Keep them</source>
      <translation>&amp;Behalten</translation>
    </message>
    <message>
      <source>&amp;Leave them out</source>
      <translation>&amp;Weglassen</translation>
    </message>
    <message>
      <source>Recipes</source>
      <translation>Rezepte</translation>
    </message>
  </context>
  <context>
    <name>RestorePanel</name>
    <message>
      <source>&amp;Turn into steps</source>
      <translation>In Schritte um&amp;wandeln</translation>
    </message>
    <message>
      <source>Switch on what is proposed, to be changed, and saved as a recipe.</source>
      <translation>Das Vorgeschlagene einschalten, um es zu ändern und als Rezept zu speichern.</translation>
    </message>
    <message>
      <source>Looking at the picture…</source>
      <translation>Das Bild wird angesehen…</translation>
    </message>
    <message>
      <source>Nothing was found that needs doing.</source>
      <translation>Es wurde nichts gefunden, was zu tun wäre.</translation>
    </message>
    <message>
      <source>Proposed: {steps}</source>
      <translation>Vorgeschlagen: {steps}</translation>
    </message>
  </context>
  <context>
    <name>SaveDialog</name>
    <message>
      <source>Save as</source>
      <translation>Speichern unter</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>&amp;Durchsuchen…</translation>
    </message>
    <message>
      <source>8 bits a channel</source>
      <translation>8 Bit pro Kanal</translation>
    </message>
    <message>
      <source>16 bits a channel</source>
      <translation>16 Bit pro Kanal</translation>
    </message>
    <message>
      <source>half the resolution below quality 90</source>
      <translation>unter Qualität 90 halbe Auflösung</translation>
    </message>
    <message>
      <source>full resolution</source>
      <translation>volle Auflösung</translation>
    </message>
    <message>
      <source>half the resolution, smaller files</source>
      <translation>halbe Auflösung, kleinere Dateien</translation>
    </message>
    <message>
      <source>Of PNG: larger makes smaller files and takes longer; nothing is lost.</source>
      <translation>Bei PNG: Höher ergibt kleinere Dateien und dauert länger; verloren geht nichts.</translation>
    </message>
    <message>
      <source>not stated</source>
      <translation>keine Angabe</translation>
    </message>
    <message>
      <source> dpi</source>
      <translation> dpi</translation>
    </message>
    <message>
      <source>How large it is printed; the pixels stay the same. 0 leaves it out.</source>
      <translation>Wie groß es gedruckt wird; die Pixel bleiben gleich. Bei 0 entfällt die Angabe.</translation>
    </message>
    <message>
      <source>Keep &amp;camera data (EXIF, XMP)</source>
      <translation>&amp;Kameradaten behalten (EXIF, XMP)</translation>
    </message>
    <message>
      <source>Camera, date and place. The colour profile is always kept.</source>
      <translation>Kamera, Datum und Ort. Das Farbprofil bleibt immer erhalten.</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>Qualität</translation>
    </message>
    <message>
      <source>Choose a folder and a name</source>
      <translation>Ordner und Namen wählen</translation>
    </message>
    <message>
      <source>&amp;Save</source>
      <translation>&amp;Speichern</translation>
    </message>
    <message>
      <source>&amp;Name</source>
      <translation>&amp;Name</translation>
    </message>
    <message>
      <source>F&amp;older</source>
      <translation>&amp;Ordner</translation>
    </message>
    <message>
      <source>&amp;Format</source>
      <translation>&amp;Format</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>&amp;Qualität</translation>
    </message>
    <message>
      <source>Co&amp;lours</source>
      <translation>Fa&amp;rben</translation>
    </message>
    <message>
      <source>Co&amp;mpression</source>
      <translation>Ko&amp;mpression</translation>
    </message>
    <message>
      <source>&amp;Depth</source>
      <translation>Farb&amp;tiefe</translation>
    </message>
    <message>
      <source>&amp;Resolution</source>
      <translation>Auf&amp;lösung</translation>
    </message>
    <message>
      <source>{name} exists already.</source>
      <translation>{name} gibt es bereits.</translation>
    </message>
    <message>
      <source>Replace it with the new picture?</source>
      <translation>Durch das neue Bild ersetzen?</translation>
    </message>
    <message>
      <source>&amp;Replace</source>
      <translation>&amp;Ersetzen</translation>
    </message>
    <message>
      <source>{format} has no transparency: the picture is laid on white.</source>
      <translation>{format} kennt keine Transparenz: Das Bild wird auf Weiß gelegt.</translation>
    </message>
    <message>
      <source>{format} has 8 bits a channel: the picture's 16 are rounded.</source>
      <translation>{format} hat 8 Bit pro Kanal: die 16 des Bildes werden gerundet.</translation>
    </message>
    <message>
      <source>PNG: lossless, 8 or 16 bits</source>
      <translation>PNG: verlustfrei, 8 oder 16 Bit</translation>
    </message>
    <message>
      <source>JPEG: small files, for photographs</source>
      <translation>JPEG: kleine Dateien, für Fotos</translation>
    </message>
    <message>
      <source>WebP: smaller still; lossless at quality 100</source>
      <translation>WebP: noch kleiner; verlustfrei bei Qualität 100</translation>
    </message>
    <message>
      <source>TIFF: lossless, 8 or 16 bits, for print</source>
      <translation>TIFF: verlustfrei, 8 oder 16 Bit, für den Druck</translation>
    </message>
    <message>
      <source>AVIF: the smallest files, 8 bits</source>
      <translation>AVIF: die kleinsten Dateien, 8 Bit</translation>
    </message>
    <message>
      <source>JPEG XL: small files, 8 or 16 bits</source>
      <translation>JPEG XL: kleine Dateien, 8 oder 16 Bit</translation>
    </message>
    <message>
      <source>picture</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>Give the file a name.</source>
      <translation>Geben Sie der Datei einen Namen.</translation>
    </message>
    <message>
      <source>The folder {folder} does not exist; choose another.</source>
      <translation>Den Ordner {folder} gibt es nicht; wählen Sie einen anderen.</translation>
    </message>
    <message>
      <source>The name is too long; give the file a shorter one.</source>
      <translation>Der Name ist zu lang; geben Sie der Datei einen kürzeren.</translation>
    </message>
    <message>
      <source>{name} is a folder; give the file another name.</source>
      <translation>{name} ist ein Ordner; geben Sie der Datei einen anderen Namen.</translation>
    </message>
    <message>
      <source>The folder {folder} may not be written to; choose another.</source>
      <translation>In den Ordner {folder} darf nicht geschrieben werden; wählen Sie einen anderen.</translation>
    </message>
    <message>
      <source>A {format} file holds at most {most} pixels a side, and this picture has {width} × {height}; choose PNG or TIFF.</source>
      <translation>Eine {format}-Datei fasst höchstens {most} Pixel je Seite, und dieses Bild hat {width} × {height}; wählen Sie PNG oder TIFF.</translation>
    </message>
  </context>
  <context>
    <name>ShortcutSheet</name>
    <message>
      <source>Keyboard shortcuts</source>
      <translation>Tastenkürzel</translation>
    </message>
    <message>
      <source>Search for a command or a key</source>
      <translation>Befehl oder Taste suchen</translation>
    </message>
    <message>
      <source>Command</source>
      <translation>Befehl</translation>
    </message>
    <message>
      <source>Keys</source>
      <translation>Tasten</translation>
    </message>
    <message>
      <source>Commands and their keys</source>
      <translation>Befehle und ihre Tasten</translation>
    </message>
    <message>
      <source>Keys on the picture</source>
      <translation>Tasten auf dem Bild</translation>
    </message>
    <message>
      <source>Mouse</source>
      <translation>Maus</translation>
    </message>
    <message>
      <source>Arrow keys</source>
      <translation>Pfeiltasten</translation>
    </message>
    <message>
      <source>Move the picture</source>
      <translation>Bild verschieben</translation>
    </message>
    <message>
      <source>With Shift, further.</source>
      <translation>Mit Umschalt weiter.</translation>
    </message>
    <message>
      <source>Move the divider of the split view</source>
      <translation>Trennlinie der geteilten Ansicht verschieben</translation>
    </message>
    <message>
      <source>Move the chosen tool</source>
      <translation>Gewähltes Werkzeug bewegen</translation>
    </message>
    <message>
      <source>With Shift, in small steps.</source>
      <translation>Mit Umschalt in kleinen Schritten.</translation>
    </message>
    <message>
      <source>Use the chosen tool</source>
      <translation>Gewähltes Werkzeug anwenden</translation>
    </message>
    <message>
      <source>Place a hint, or paint, where the crosshair is.</source>
      <translation>Am Fadenkreuz einen Farbhinweis setzen oder malen.</translation>
    </message>
    <message>
      <source>Zoom around the pointer</source>
      <translation>Um den Mauszeiger zoomen</translation>
    </message>
    <message>
      <source>Turn the wheel</source>
      <translation>Mausrad drehen</translation>
    </message>
    <message>
      <source>Drag</source>
      <translation>Ziehen</translation>
    </message>
    <message>
      <source>Move the picture with any tool</source>
      <translation>Bild mit jedem Werkzeug verschieben</translation>
    </message>
    <message>
      <source>Hold Space and drag</source>
      <translation>Leertaste halten und ziehen</translation>
    </message>
    <message>
      <source>Whole picture, or actual pixels</source>
      <translation>Ganzes Bild oder tatsächliche Pixel</translation>
    </message>
    <message>
      <source>Double-click</source>
      <translation>Doppelklick</translation>
    </message>
    <message>
      <source>Change the colour of a hint</source>
      <translation>Farbe eines Hinweises ändern</translation>
    </message>
    <message>
      <source>Double-click the hint</source>
      <translation>Doppelklick auf den Hinweis</translation>
    </message>
    <message>
      <source>Compare in split view</source>
      <translation>In geteilter Ansicht vergleichen</translation>
    </message>
    <message>
      <source>Drag the divider</source>
      <translation>Trennlinie ziehen</translation>
    </message>
    <message>
      <source>Open pictures</source>
      <translation>Bilder öffnen</translation>
    </message>
    <message>
      <source>Drop files on the window</source>
      <translation>Dateien auf das Fenster ziehen</translation>
    </message>
  </context>
  <context>
    <name>StatusBar</name>
    <message>
      <source>Progress</source>
      <translation>Fortschritt</translation>
    </message>
    <message>
      <source>What can be done next</source>
      <translation>Was als Nächstes möglich ist</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Stopp</translation>
    </message>
    <message>
      <source>{percent} %</source>
      <translation>{percent} %</translation>
    </message>
    <message>
      <source>Click for the doctor's findings.</source>
      <translation>Klicken Sie für die Diagnose.</translation>
    </message>
    <message>
      <source>Engine is starting</source>
      <translation>Engine startet</translation>
    </message>
    <message>
      <source>{device}, not the GPU</source>
      <translation>{device}, nicht die GPU</translation>
    </message>
    <message>
      <source>Device: {device}</source>
      <translation>Gerät: {device}</translation>
    </message>
  </context>
  <context>
    <name>ToolBar</name>
    <message>
      <source>Tools</source>
      <translation>Werkzeuge</translation>
    </message>
    <message>
      <source>+</source>
      <translation>+</translation>
    </message>
    <message>
      <source>1:1</source>
      <translation>1:1</translation>
    </message>
    <message>
      <source>Fit</source>
      <translation>Einpassen</translation>
    </message>
    <message>
      <source>Hold: before</source>
      <translation>Halten: vorher</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Öffnen</translation>
    </message>
    <message>
      <source>Result</source>
      <translation>Ergebnis</translation>
    </message>
    <message>
      <source>Save as</source>
      <translation>Speichern unter</translation>
    </message>
    <message>
      <source>Side by side</source>
      <translation>Nebeneinander</translation>
    </message>
    <message>
      <source>Split</source>
      <translation>Geteilt</translation>
    </message>
    <message>
      <source>−</source>
      <translation>−</translation>
    </message>
  </context>
  <context>
    <name>UpscalePanel</name>
    <message>
      <source>Enlarges up to four times.</source>
      <translation>Vergrößert bis auf das Vierfache.</translation>
    </message>
    <message>
      <source>&amp;Detail</source>
      <translation>&amp;Details</translation>
    </message>
    <message>
      <source>0 is faithful to the picture, 100 invents convincing texture.</source>
      <translation>0 bleibt dem Bild treu, 100 erfindet überzeugende Strukturen.</translation>
    </message>
    <message>
      <source>Stre&amp;ngth</source>
      <translation>Stä&amp;rke</translation>
    </message>
    <message>
      <source>0 is plain enlargement, 100 the model's result.</source>
      <translation>0 ist einfache Vergrößerung, 100 das Ergebnis des Modells.</translation>
    </message>
    <message>
      <source>&amp;Width</source>
      <translation>&amp;Breite</translation>
    </message>
    <message>
      <source>&amp;Height</source>
      <translation>&amp;Höhe</translation>
    </message>
    <message>
      <source>{side} of the result in pixels</source>
      <translation>{side} des Ergebnisses in Pixeln</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Width and height keep the picture's proportions.</source>
      <translation>Breite und Höhe behalten die Proportionen des Bildes.</translation>
    </message>
    <message>
      <source>Enlarge {scale} times</source>
      <translation>Auf das {scale}-fache vergrößern</translation>
    </message>
  </context>
  <context>
    <name>Welcome</name>
    <message>
      <source>Drop a picture here</source>
      <translation>Bild hier ablegen</translation>
    </message>
    <message>
      <source>or paste one, or choose a file. A folder goes into the queue.</source>
      <translation>oder eines einfügen oder eine Datei wählen. Ein Ordner kommt in die Warteschlange.</translation>
    </message>
    <message>
      <source>Recent pictures</source>
      <translation>Zuletzt geöffnete Bilder</translation>
    </message>
  </context>
  <context>
    <name>Window</name>
    <message>
      <source>the window</source>
      <translation>das Fenster</translation>
    </message>
    <message>
      <source>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;Enlarges, cleans and colours pictures, on this computer alone.&lt;/p&gt;&lt;p&gt;Free software under the GNU General Public License, version 3 or later.&lt;/p&gt;</source>
      <translation>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;Vergrößert, bereinigt und koloriert Bilder, allein auf diesem Rechner.&lt;/p&gt;&lt;p&gt;Freie Software unter der GNU General Public License, Version 3 oder neuer.&lt;/p&gt;</translation>
    </message>
    <message>
      <source>About Unfade</source>
      <translation>Über Unfade</translation>
    </message>
    <message>
      <source>Making the whole result</source>
      <translation>Das ganze Ergebnis wird berechnet</translation>
    </message>
    <message>
      <source>The result is on the clipboard.</source>
      <translation>Das Ergebnis ist in der Zwischenablage.</translation>
    </message>
    <message>
      <source>Choose a filter first.</source>
      <translation>Wählen Sie zuerst einen Filter.</translation>
    </message>
    <message>
      <source>Open picture</source>
      <translation>Bild öffnen</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>Bilder</translation>
    </message>
    <message>
      <source>This is the last picture of the folder.</source>
      <translation>Dies ist das letzte Bild des Ordners.</translation>
    </message>
    <message>
      <source>This is the first picture of the folder.</source>
      <translation>Dies ist das erste Bild des Ordners.</translation>
    </message>
    <message>
      <source>Pasted picture</source>
      <translation>Eingefügtes Bild</translation>
    </message>
    <message>
      <source>There is no picture on the clipboard.</source>
      <translation>In der Zwischenablage ist kein Bild.</translation>
    </message>
    <message>
      <source>Try again</source>
      <translation>Erneut versuchen</translation>
    </message>
    <message>
      <source>The preview was stopped.</source>
      <translation>Die Vorschau wurde angehalten.</translation>
    </message>
    <message>
      <source>Go on</source>
      <translation>Weiter</translation>
    </message>
    <message>
      <source>Start it again</source>
      <translation>Neu starten</translation>
    </message>
    <message>
      <source>Opening…</source>
      <translation>Wird geöffnet…</translation>
    </message>
    <message>
      <source>Saved as {path}.</source>
      <translation>Gespeichert als {path}.</translation>
    </message>
    <message>
      <source>Show in folder</source>
      <translation>Im Ordner zeigen</translation>
    </message>
    <message>
      <source>Pictures of last time that wait in the queue: {count}.</source>
      <translation>Bilder vom letzten Mal, die in der Warteschlange warten: {count}.</translation>
    </message>
    <message>
      <source>Start</source>
      <translation>Starten</translation>
    </message>
    <message>
      <source>It was started again; your settings are all there.</source>
      <translation>Sie wurde neu gestartet; Ihre Einstellungen sind alle da.</translation>
    </message>
    <message>
      <source>The folder of {name} may not be written to; what is marked on it is kept in {folder}.</source>
      <translation>In den Ordner von {name} darf nicht geschrieben werden; was darauf markiert ist, wird in {folder} aufbewahrt.</translation>
    </message>
    <message>
      <source>Stopped: {name} was not saved.</source>
      <translation>Angehalten: {name} wurde nicht gespeichert.</translation>
    </message>
    <message>
      <source>Queue</source>
      <translation>Warteschlange</translation>
    </message>
    <message>
      <source>As the &amp;system</source>
      <translation>Wie das &amp;System</translation>
    </message>
    <message>
      <source>&amp;Light</source>
      <translation>&amp;Hell</translation>
    </message>
    <message>
      <source>&amp;Dark</source>
      <translation>&amp;Dunkel</translation>
    </message>
    <message>
      <source>&amp;Theme</source>
      <translation>Farbsche&amp;ma</translation>
    </message>
    <message>
      <source>Lan&amp;guage</source>
      <translation>Sp&amp;rache</translation>
    </message>
    <message>
      <source>Open &amp;recent</source>
      <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
      <source>&amp;Forget these</source>
      <translation>Liste &amp;leeren</translation>
    </message>
    <message>
      <source>Dropped picture</source>
      <translation>Abgelegtes Bild</translation>
    </message>
    <message>
      <source>{name} is not saved yet.</source>
      <translation>{name} ist noch nicht gespeichert.</translation>
    </message>
    <message>
      <source>{count} pictures are not saved yet.</source>
      <translation>{count} Bilder sind noch nicht gespeichert.</translation>
    </message>
    <message>
      <source>What is stopped waits in the queue at the next start.</source>
      <translation>Was angehalten wird, wartet beim nächsten Start in der Warteschlange.</translation>
    </message>
    <message>
      <source>&amp;Save and close</source>
      <translation>&amp;Speichern und schließen</translation>
    </message>
    <message>
      <source>S&amp;top and close</source>
      <translation>&amp;Anhalten und schließen</translation>
    </message>
    <message>
      <source>St&amp;ay</source>
      <translation>&amp;Bleiben</translation>
    </message>
    <message>
      <source>The window closes when all is saved.</source>
      <translation>Das Fenster schließt sich, wenn alles gespeichert ist.</translation>
    </message>
  </context>
</TS>
