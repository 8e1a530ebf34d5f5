<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en">
  <context>
    <name>Canvas</name>
    <message>
      <source>After</source>
      <translation>Après</translation>
    </message>
    <message>
      <source>Before</source>
      <translation>Avant</translation>
    </message>
    <message>
      <source>Picture, before and after</source>
      <translation>Image, avant et après</translation>
    </message>
    <message>
      <source>Arrow keys move the picture; with a tool, a crosshair. Enter uses the tool there.</source>
      <translation>Les flèches déplacent l’image ; avec un outil, un réticule. Entrée applique l’outil à cet endroit.</translation>
    </message>
  </context>
  <context>
    <name>ColorizePanel</name>
    <message>
      <source>S&amp;aturation</source>
      <translation>S&amp;aturation</translation>
    </message>
    <message>
      <source>0 is gray, 100 the model's colours, 200 twice as much.</source>
      <translation>0 : gris ; 100 : couleurs du modèle ; 200 : deux fois plus.</translation>
    </message>
    <message>
      <source>Stren&amp;gth</source>
      <translation>Intensit&amp;é</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the coloured one.</source>
      <translation>0 : image d’origine ; 100 : image colorisée.</translation>
    </message>
    <message>
      <source>Colours black-and-white pictures; hints tell it what you know.</source>
      <translation>Colorise les images en noir et blanc ; les indications lui disent ce que vous savez.</translation>
    </message>
    <message>
      <source>This picture is in colour already; its colours would be replaced.</source>
      <translation>Cette image est déjà en couleur ; ses couleurs seraient remplacées.</translation>
    </message>
    <message>
      <source>C&amp;olour…</source>
      <translation>C&amp;ouleur…</translation>
    </message>
    <message>
      <source>Change the colour of the chosen hint.</source>
      <translation>Changer la couleur de l’indication sélectionnée.</translation>
    </message>
    <message>
      <source>Clear hin&amp;ts</source>
      <translation>Effacer les indica&amp;tions</translation>
    </message>
    <message>
      <source>Click the picture with the tool to say what colour it is there.</source>
      <translation>Cliquez dans l’image avec l’outil pour dire quelle couleur s’y trouve.</translation>
    </message>
    <message>
      <source>Hints: {count}</source>
      <translation>Indications : {count}</translation>
    </message>
  </context>
  <context>
    <name>Command</name>
    <message>
      <source>Show or hide the panel with the filters' settings.</source>
      <translation>Afficher ou masquer le panneau des réglages des filtres.</translation>
    </message>
    <message>
      <source>&amp;About Unfade</source>
      <translation>À &amp;propos d’Unfade</translation>
    </message>
    <message>
      <source>&amp;Actual pixels</source>
      <translation>&amp;Pixels réels</translation>
    </message>
    <message>
      <source>&amp;Apply</source>
      <translation>App&amp;liquer</translation>
    </message>
    <message>
      <source>&amp;Cancel</source>
      <translation>&amp;Annuler</translation>
    </message>
    <message>
      <source>&amp;Close picture</source>
      <translation>&amp;Fermer l’image</translation>
    </message>
    <message>
      <source>&amp;Colorize</source>
      <translation>&amp;Coloriser</translation>
    </message>
    <message>
      <source>&amp;Copy result</source>
      <translation>&amp;Copier le résultat</translation>
    </message>
    <message>
      <source>&amp;De-artifact</source>
      <translation>Supprimer les &amp;artefacts</translation>
    </message>
    <message>
      <source>&amp;Delete colour hint</source>
      <translation>&amp;Supprimer l’indication de couleur</translation>
    </message>
    <message>
      <source>&amp;Doctor…</source>
      <translation>&amp;Diagnostic…</translation>
    </message>
    <message>
      <source>&amp;Fit in window</source>
      <translation>A&amp;juster à la fenêtre</translation>
    </message>
    <message>
      <source>&amp;Keep original</source>
      <translation>C&amp;onserver l’original</translation>
    </message>
    <message>
      <source>&amp;Keyboard shortcuts</source>
      <translation>&amp;Raccourcis clavier</translation>
    </message>
    <message>
      <source>&amp;Larger brush</source>
      <translation>Pinceau pl&amp;us grand</translation>
    </message>
    <message>
      <source>&amp;Loupe</source>
      <translation>&amp;Loupe</translation>
    </message>
    <message>
      <source>&amp;Mark to fill in</source>
      <translation>&amp;Marquer à combler</translation>
    </message>
    <message>
      <source>&amp;Mask overlay</source>
      <translation>Afficher le &amp;masque</translation>
    </message>
    <message>
      <source>&amp;Next picture</source>
      <translation>Image &amp;suivante</translation>
    </message>
    <message>
      <source>&amp;Open…</source>
      <translation>&amp;Ouvrir…</translation>
    </message>
    <message>
      <source>&amp;Paste picture</source>
      <translation>C&amp;oller l’image</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>File &amp;d’attente</translation>
    </message>
    <message>
      <source>&amp;Quit</source>
      <translation>&amp;Quitter</translation>
    </message>
    <message>
      <source>&amp;Redo</source>
      <translation>&amp;Rétablir</translation>
    </message>
    <message>
      <source>&amp;Restore old photograph</source>
      <translation>Re&amp;staurer une photo ancienne</translation>
    </message>
    <message>
      <source>&amp;Result only</source>
      <translation>Résultat &amp;seul</translation>
    </message>
    <message>
      <source>&amp;Retry</source>
      <translation>&amp;Réessayer</translation>
    </message>
    <message>
      <source>&amp;Save as…</source>
      <translation>&amp;Enregistrer sous…</translation>
    </message>
    <message>
      <source>&amp;Smaller brush</source>
      <translation>&amp;Pinceau plus petit</translation>
    </message>
    <message>
      <source>&amp;Split view</source>
      <translation>Vue par&amp;tagée</translation>
    </message>
    <message>
      <source>&amp;Start</source>
      <translation>Dé&amp;marrer</translation>
    </message>
    <message>
      <source>&amp;Undo</source>
      <translation>&amp;Annuler</translation>
    </message>
    <message>
      <source>&amp;Upscale</source>
      <translation>A&amp;grandir</translation>
    </message>
    <message>
      <source>Add &amp;folder…</source>
      <translation>Ajouter un &amp;dossier…</translation>
    </message>
    <message>
      <source>Add &amp;pictures…</source>
      <translation>Ajouter des &amp;images…</translation>
    </message>
    <message>
      <source>Add all pictures of a folder to the queue.</source>
      <translation>Ajouter toutes les images d’un dossier à la file d’attente.</translation>
    </message>
    <message>
      <source>Add pictures to the queue.</source>
      <translation>Ajouter des images à la file d’attente.</translation>
    </message>
    <message>
      <source>Before, while &amp;held</source>
      <translation>Av&amp;ant (touche maintenue)</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>Faire revivre les couleurs passées.</translation>
    </message>
    <message>
      <source>Cancel the chosen pictures.</source>
      <translation>Annuler les images sélectionnées.</translation>
    </message>
    <message>
      <source>Click to place a colour hint, drag to move it, double-click for its colour.</source>
      <translation>Cliquer pour placer une indication de couleur, faire glisser pour la déplacer, double-cliquer pour choisir sa couleur.</translation>
    </message>
    <message>
      <source>Close the picture, and keep the window.</source>
      <translation>Fermer l’image sans fermer la fenêtre.</translation>
    </message>
    <message>
      <source>Close the window.</source>
      <translation>Fermer la fenêtre.</translation>
    </message>
    <message>
      <source>Colour &amp;hints</source>
      <translation>&amp;Indications de couleur</translation>
    </message>
    <message>
      <source>De&amp;noise</source>
      <translation>Réduire le &amp;bruit</translation>
    </message>
    <message>
      <source>Delete the colour hint that is chosen.</source>
      <translation>Supprimer l’indication de couleur sélectionnée.</translation>
    </message>
    <message>
      <source>Drag to move the picture about.</source>
      <translation>Faire glisser pour déplacer l’image.</translation>
    </message>
    <message>
      <source>Enlarge the picture.</source>
      <translation>Agrandir l’image.</translation>
    </message>
    <message>
      <source>Enlarge what is under the pointer, before and after.</source>
      <translation>Agrandir ce qui se trouve sous le pointeur, avant et après.</translation>
    </message>
    <message>
      <source>F&amp;ull screen</source>
      <translation>Pl&amp;ein écran</translation>
    </message>
    <message>
      <source>Filter &amp;panel</source>
      <translation>Pannea&amp;u des filtres</translation>
    </message>
    <message>
      <source>Finish the picture that is running and begin no other.</source>
      <translation>Terminer l’image en cours sans en commencer d’autre.</translation>
    </message>
    <message>
      <source>Give a black-and-white picture colour.</source>
      <translation>Mettre en couleur une image en noir et blanc.</translation>
    </message>
    <message>
      <source>Give the window the whole screen.</source>
      <translation>Afficher la fenêtre sur tout l’écran.</translation>
    </message>
    <message>
      <source>Hand the result back to the editor.</source>
      <translation>Renvoyer le résultat au logiciel de retouche.</translation>
    </message>
    <message>
      <source>Keep the steps and their settings in a recipe file.</source>
      <translation>Conserver les étapes et leurs réglages dans un fichier de recette.</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>Examiner ce dont une photo ancienne a besoin, et le faire.</translation>
    </message>
    <message>
      <source>Make the change again that was taken back.</source>
      <translation>Rétablir la modification annulée.</translation>
    </message>
    <message>
      <source>Move &amp;picture</source>
      <translation>&amp;Déplacer l’image</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>Ouvrir le &amp;journal</translation>
    </message>
    <message>
      <source>Open a picture.</source>
      <translation>Ouvrir une image.</translation>
    </message>
    <message>
      <source>Open recip&amp;e…</source>
      <translation>Ouvrir une &amp;recette…</translation>
    </message>
    <message>
      <source>Open the folder of what was saved last.</source>
      <translation>Ouvrir le dossier du dernier enregistrement.</translation>
    </message>
    <message>
      <source>Open the log, which a bug report needs.</source>
      <translation>Ouvrir le journal, à joindre à tout rapport d’erreur.</translation>
    </message>
    <message>
      <source>Open the next picture of the folder.</source>
      <translation>Ouvrir l’image suivante du dossier.</translation>
    </message>
    <message>
      <source>Open the picture before this one in the folder.</source>
      <translation>Ouvrir l’image précédente du dossier.</translation>
    </message>
    <message>
      <source>Open the picture that is on the clipboard.</source>
      <translation>Ouvrir l’image du presse-papiers.</translation>
    </message>
    <message>
      <source>Pa&amp;use</source>
      <translation>&amp;Pause</translation>
    </message>
    <message>
      <source>Paint over a watermark, or damage, to have it filled in.</source>
      <translation>Peindre sur un filigrane, ou une dégradation, pour les faire combler.</translation>
    </message>
    <message>
      <source>Paint over what is to stay as it is.</source>
      <translation>Peindre sur ce qui doit rester tel quel.</translation>
    </message>
    <message>
      <source>Paint with a larger brush.</source>
      <translation>Peindre avec un pinceau plus grand.</translation>
    </message>
    <message>
      <source>Paint with a smaller brush.</source>
      <translation>Peindre avec un pinceau plus petit.</translation>
    </message>
    <message>
      <source>Pre&amp;vious picture</source>
      <translation>Image &amp;précédente</translation>
    </message>
    <message>
      <source>Put the result on the clipboard.</source>
      <translation>Copier le résultat dans le presse-papiers.</translation>
    </message>
    <message>
      <source>R&amp;evive</source>
      <translation>Ra&amp;viver les couleurs</translation>
    </message>
    <message>
      <source>Repa&amp;ir</source>
      <translation>Répar&amp;er</translation>
    </message>
    <message>
      <source>Reset &amp;settings</source>
      <translation>Réinitialiser les ré&amp;glages</translation>
    </message>
    <message>
      <source>Run the chosen pictures that failed or were cancelled again.</source>
      <translation>Relancer les images sélectionnées qui ont échoué ou ont été annulées.</translation>
    </message>
    <message>
      <source>Run the recipe on the pictures that wait.</source>
      <translation>Appliquer la recette aux images en attente.</translation>
    </message>
    <message>
      <source>S&amp;top</source>
      <translation>A&amp;rrêter</translation>
    </message>
    <message>
      <source>Save rec&amp;ipe…</source>
      <translation>Enregistrer la re&amp;cette…</translation>
    </message>
    <message>
      <source>Save the result as a picture file.</source>
      <translation>Enregistrer le résultat dans un fichier image.</translation>
    </message>
    <message>
      <source>Set this step back to its defaults.</source>
      <translation>Rétablir les valeurs par défaut de cette étape.</translation>
    </message>
    <message>
      <source>Show before and after in one picture, with a divider to drag.</source>
      <translation>Afficher avant et après dans une seule image, avec un séparateur à faire glisser.</translation>
    </message>
    <message>
      <source>Show before and after next to each other.</source>
      <translation>Afficher avant et après côte à côte.</translation>
    </message>
    <message>
      <source>Show every command and its keys.</source>
      <translation>Afficher toutes les commandes et leurs touches.</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>Afficher dans le &amp;dossier</translation>
    </message>
    <message>
      <source>Show in colour what was found or painted over.</source>
      <translation>Montrer en couleur ce qui a été détecté ou peint par-dessus.</translation>
    </message>
    <message>
      <source>Show one pixel of the result as one pixel of the screen.</source>
      <translation>Afficher un pixel du résultat sur un pixel de l’écran.</translation>
    </message>
    <message>
      <source>Show or hide the queue of pictures.</source>
      <translation>Afficher ou masquer la file d’attente des images.</translation>
    </message>
    <message>
      <source>Show the original for as long as the key is held down.</source>
      <translation>Afficher l’original tant que la touche est maintenue.</translation>
    </message>
    <message>
      <source>Show the picture larger.</source>
      <translation>Afficher l’image en plus grand.</translation>
    </message>
    <message>
      <source>Show the picture smaller.</source>
      <translation>Afficher l’image en plus petit.</translation>
    </message>
    <message>
      <source>Show the result alone.</source>
      <translation>Afficher uniquement le résultat.</translation>
    </message>
    <message>
      <source>Show the version and the licence.</source>
      <translation>Afficher la version et la licence.</translation>
    </message>
    <message>
      <source>Show the whole picture.</source>
      <translation>Afficher l’image entière.</translation>
    </message>
    <message>
      <source>Show which device runs, why not the GPU, and which models there are.</source>
      <translation>Indiquer quel appareil calcule, pourquoi pas le GPU, et quels modèles sont disponibles.</translation>
    </message>
    <message>
      <source>Side &amp;by side</source>
      <translation>&amp;Côte à côte</translation>
    </message>
    <message>
      <source>Stop what is being worked on.</source>
      <translation>Arrêter le traitement en cours.</translation>
    </message>
    <message>
      <source>Take compression artifacts away.</source>
      <translation>Supprimer les artefacts de compression.</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>Supprimer le grain de la pellicule et le bruit du capteur.</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>Supprimer des photos anciennes les rayures, la poussière, les poils, les plis et les taches.</translation>
    </message>
    <message>
      <source>Take the last change of the settings back.</source>
      <translation>Annuler la dernière modification des réglages.</translation>
    </message>
    <message>
      <source>Take the steps and their settings from a recipe file.</source>
      <translation>Reprendre les étapes et leurs réglages d’un fichier de recette.</translation>
    </message>
    <message>
      <source>Zoom &amp;in</source>
      <translation>Zoom a&amp;vant</translation>
    </message>
    <message>
      <source>Zoom &amp;out</source>
      <translation>Zoom a&amp;rrière</translation>
    </message>
  </context>
  <context>
    <name>DeartifactPanel</name>
    <message>
      <source>&amp;Strength</source>
      <translation>Inten&amp;sité</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the model's result.</source>
      <translation>0 : image d’origine ; 100 : résultat du modèle.</translation>
    </message>
    <message>
      <source>Takes compression artifacts away, and text watermarks if you wish.</source>
      <translation>Supprime les artefacts de compression et, si vous le souhaitez, les filigranes de texte.</translation>
    </message>
    <message>
      <source>Takes compression artifacts away.</source>
      <translation>Supprime les artefacts de compression.</translation>
    </message>
    <message>
      <source>A watermark seems to be here.</source>
      <translation>Un filigrane semble présent ici.</translation>
    </message>
    <message>
      <source>Take it &amp;off</source>
      <translation>L’en&amp;lever</translation>
    </message>
    <message>
      <source>&amp;Remove text watermarks</source>
      <translation>Supp&amp;rimer les filigranes de texte</translation>
    </message>
    <message>
      <source>This model does not find watermarks; paint over one to have it filled in.</source>
      <translation>Ce modèle ne détecte pas les filigranes ; peignez sur l’un d’eux pour le faire combler.</translation>
    </message>
    <message>
      <source>No watermark was found that comes off cleanly; paint over one to have it filled in.</source>
      <translation>Aucun filigrane trouvé qui s’enlève proprement ; peignez sur l’un d’eux pour le faire combler.</translation>
    </message>
    <message>
      <source>S&amp;how where they were found</source>
      <translation>Montrer où ils ont été &amp;détectés</translation>
    </message>
    <message>
      <source>S&amp;how what is painted over</source>
      <translation>Afficher ce qui est peint par-dess&amp;us</translation>
    </message>
  </context>
  <context>
    <name>Doctor</name>
    <message>
      <source>Doctor</source>
      <translation>Diagnostic</translation>
    </message>
    <message>
      <source>Looking at devices and models…</source>
      <translation>Vérification des appareils et des modèles…</translation>
    </message>
    <message>
      <source>&amp;Copy report</source>
      <translation>&amp;Copier le rapport</translation>
    </message>
    <message>
      <source>Put the findings on the clipboard, for a bug report.</source>
      <translation>Copier les résultats dans le presse-papiers, pour un rapport d’erreur.</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>Ouvrir le &amp;journal</translation>
    </message>
    <message>
      <source>The doctor gave no answer; run “unfade doctor” in a terminal to see why.</source>
      <translation>Le diagnostic n’a pas répondu ; lancez « unfade doctor » dans un terminal pour savoir pourquoi.</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>oui</translation>
    </message>
    <message>
      <source>no</source>
      <translation>non</translation>
    </message>
    <message>
      <source>cannot be used</source>
      <translation>inutilisable</translation>
    </message>
    <message>
      <source>Devices, the first that works is used</source>
      <translation>Appareils (le premier qui fonctionne est utilisé)</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>Modèles</translation>
    </message>
    <message>
      <source>Versions</source>
      <translation>Versions</translation>
    </message>
    <message>
      <source>Places</source>
      <translation>Emplacements</translation>
    </message>
    <message>
      <source>There are no models; install Unfade again.</source>
      <translation>Aucun modèle n’est présent ; réinstallez Unfade.</translation>
    </message>
    <message>
      <source>These models cannot be used: {names}.</source>
      <translation>Ces modèles sont inutilisables : {names}.</translation>
    </message>
    <message>
      <source>All models can be used. They run on {device}.</source>
      <translation>Tous les modèles sont utilisables. Ils fonctionnent sur {device}.</translation>
    </message>
    <message>
      <source>Findings</source>
      <translation>Résultats</translation>
    </message>
  </context>
  <context>
    <name>Editor</name>
    <message>
      <source>Repeat last</source>
      <translation>Répéter le dernier</translation>
    </message>
  </context>
  <context>
    <name>Engine</name>
    <message>
      <source>Unfade's engine stopped unexpectedly; try again, with a smaller picture if memory is short.</source>
      <translation>Le moteur d’Unfade s’est arrêté de façon inattendue ; réessayez, avec une image plus petite si la mémoire manque.</translation>
    </message>
    <message>
      <source>Unfade's engine gave no sign of life, so it was stopped; try again.</source>
      <translation>Le moteur d’Unfade ne donnait plus signe de vie et a été arrêté ; réessayez.</translation>
    </message>
    <message>
      <source>There is not enough memory for this picture; close other programs and try again.</source>
      <translation>Il n’y a pas assez de mémoire pour cette image ; fermez d’autres programmes et réessayez.</translation>
    </message>
  </context>
  <context>
    <name>EngineLink</name>
    <message>
      <source>The engine is not running.</source>
      <translation>Le moteur n’est pas en marche.</translation>
    </message>
    <message>
      <source>the picture</source>
      <translation>l’image</translation>
    </message>
  </context>
  <context>
    <name>Failure</name>
    <message>
      <source>There is not enough memory for {name}; close other programs.</source>
      <translation>Il n’y a pas assez de mémoire pour {name} ; fermez d’autres programmes.</translation>
    </message>
    <message>
      <source>Something went wrong with {name} that Unfade did not foresee ({kind}); {log} tells more.</source>
      <translation>Un problème imprévu est survenu avec {name} ({kind}) ; {log} en dit plus.</translation>
    </message>
  </context>
  <context>
    <name>Filter</name>
    <message>
      <source>Below 0 is colder than the model's result, above 0 warmer.</source>
      <translation>Au-dessous de 0 : plus froid que le résultat du modèle ; au-dessus : plus chaud.</translation>
    </message>
    <message>
      <source>Below 0 is softer than the model's result, above 0 harder.</source>
      <translation>Au-dessous de 0 : plus doux que le résultat du modèle ; au-dessus : plus dur.</translation>
    </message>
    <message>
      <source>How much of the result's colour: from gray to twice as colourful.</source>
      <translation>Quantité de couleur du résultat : du gris à deux fois plus coloré.</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>Faire revivre les couleurs passées.</translation>
    </message>
    <message>
      <source>Chroma</source>
      <translation>Bruit de couleur</translation>
    </message>
    <message>
      <source>Colorize</source>
      <translation>Coloriser</translation>
    </message>
    <message>
      <source>Colours</source>
      <translation>Couleurs</translation>
    </message>
    <message>
      <source>Compression</source>
      <translation>Compression</translation>
    </message>
    <message>
      <source>Contrast</source>
      <translation>Contraste</translation>
    </message>
    <message>
      <source>Damage</source>
      <translation>Dégradations</translation>
    </message>
    <message>
      <source>De-artifact</source>
      <translation>Supprimer les artefacts</translation>
    </message>
    <message>
      <source>Denoise</source>
      <translation>Réduire le bruit</translation>
    </message>
    <message>
      <source>Grain</source>
      <translation>Grain</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: better, and as many times slower.</source>
      <translation>Nombre de passages, sur l’image retournée et pivotée, dont on prend la moyenne : meilleur, et autant de fois plus lent.</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: more faithful and a little softer, and as many times slower.</source>
      <translation>Nombre de passages, sur l’image retournée et pivotée, dont on prend la moyenne : plus fidèle et un peu plus doux, et autant de fois plus lent.</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, find the damage: better, and each a fifth slower.</source>
      <translation>Nombre de passages, sur l’image retournée et pivotée, qui cherchent les dommages : meilleur, et chacun un cinquième plus lent.</translation>
    </message>
    <message>
      <source>How much new grain, of the kind that was there, the result gets.</source>
      <translation>Quantité de nouveau grain, du même type que l’ancien, donnée au résultat.</translation>
    </message>
    <message>
      <source>How much of the noise in brightness is taken off.</source>
      <translation>Part du bruit de luminosité qui est supprimée.</translation>
    </message>
    <message>
      <source>How much of the noise in colour is taken off.</source>
      <translation>Part du bruit de couleur qui est supprimée.</translation>
    </message>
    <message>
      <source>How much of the result replaces the picture as it was.</source>
      <translation>Part du résultat qui remplace l’image d’origine.</translation>
    </message>
    <message>
      <source>How strong the noise is taken to be, at most a deviation of 50 in 255; as strong as it looks when left out.</source>
      <translation>Force supposée du bruit, au plus un écart de 50 sur 255 ; sans valeur, celle qu’il semble avoir.</translation>
    </message>
    <message>
      <source>Level</source>
      <translation>Niveau de bruit</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>Examiner ce dont une photo ancienne a besoin, et le faire.</translation>
    </message>
    <message>
      <source>Looks for JPEG artifacts, and takes them off.</source>
      <translation>Recherche les artefacts JPEG et les supprime.</translation>
    </message>
    <message>
      <source>Looks for faded colours, and brings them back.</source>
      <translation>Recherche les couleurs passées et les fait revivre.</translation>
    </message>
    <message>
      <source>Looks for grain and noise, and takes them off.</source>
      <translation>Recherche le grain et le bruit et les supprime.</translation>
    </message>
    <message>
      <source>Looks for scratches, dust, creases and stains, and takes them off.</source>
      <translation>Recherche les rayures, la poussière, les plis et les taches et les supprime.</translation>
    </message>
    <message>
      <source>Looks</source>
      <translation>Passages</translation>
    </message>
    <message>
      <source>Luma</source>
      <translation>Bruit de luminosité</translation>
    </message>
    <message>
      <source>Noise</source>
      <translation>Bruit</translation>
    </message>
    <message>
      <source>One correction for all pictures of a run, such as a roll of film or an album.</source>
      <translation>Une seule correction pour toutes les images d’un lot, comme une pellicule ou un album.</translation>
    </message>
    <message>
      <source>Repair</source>
      <translation>Réparer</translation>
    </message>
    <message>
      <source>Restore old photograph</source>
      <translation>Restaurer une photo ancienne</translation>
    </message>
    <message>
      <source>Revive</source>
      <translation>Raviver les couleurs</translation>
    </message>
    <message>
      <source>Same for all</source>
      <translation>Identique pour toutes</translation>
    </message>
    <message>
      <source>Saturation</source>
      <translation>Saturation</translation>
    </message>
    <message>
      <source>Sensitivity</source>
      <translation>Sensibilité</translation>
    </message>
    <message>
      <source>Show where damage was found</source>
      <translation>Montrer où des dégradations ont été trouvées</translation>
    </message>
    <message>
      <source>Strength</source>
      <translation>Intensité</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>Supprimer le grain de la pellicule et le bruit du capteur.</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>Supprimer des photos anciennes les rayures, la poussière, les poils, les plis et les taches.</translation>
    </message>
    <message>
      <source>Upscale</source>
      <translation>Agrandir</translation>
    </message>
    <message>
      <source>Warmth</source>
      <translation>Chaleur</translation>
    </message>
    <message>
      <source>What counts as damage: from only what is painted over to all that might be some.</source>
      <translation>Ce qui compte comme dégradation : de ce qui est peint seulement à tout ce qui pourrait en être une.</translation>
    </message>
  </context>
  <context>
    <name>HintPicker</name>
    <message>
      <source>Colours at this brightness</source>
      <translation>Couleurs à cette luminosité</translation>
    </message>
    <message>
      <source>Arrow keys move the mark; with Shift they move it further.</source>
      <translation>Les flèches déplacent le repère ; avec Maj, plus loin.</translation>
    </message>
    <message>
      <source>Light skin</source>
      <translation>Peau claire</translation>
    </message>
    <message>
      <source>Tanned skin</source>
      <translation>Peau bronzée</translation>
    </message>
    <message>
      <source>Dark skin</source>
      <translation>Peau foncée</translation>
    </message>
    <message>
      <source>Lips</source>
      <translation>Lèvres</translation>
    </message>
    <message>
      <source>Blond hair</source>
      <translation>Cheveux blonds</translation>
    </message>
    <message>
      <source>Brown hair</source>
      <translation>Cheveux bruns</translation>
    </message>
    <message>
      <source>Sky</source>
      <translation>Ciel</translation>
    </message>
    <message>
      <source>Water</source>
      <translation>Eau</translation>
    </message>
    <message>
      <source>Grass</source>
      <translation>Herbe</translation>
    </message>
    <message>
      <source>Foliage</source>
      <translation>Feuillage</translation>
    </message>
    <message>
      <source>Sand</source>
      <translation>Sable</translation>
    </message>
    <message>
      <source>Wood</source>
      <translation>Bois</translation>
    </message>
    <message>
      <source>Brick</source>
      <translation>Brique</translation>
    </message>
    <message>
      <source>Stone</source>
      <translation>Pierre</translation>
    </message>
    <message>
      <source>Denim</source>
      <translation>Denim</translation>
    </message>
    <message>
      <source>Uniform</source>
      <translation>Uniforme</translation>
    </message>
    <message>
      <source>Red cloth</source>
      <translation>Tissu rouge</translation>
    </message>
    <message>
      <source>Brass</source>
      <translation>Laiton</translation>
    </message>
    <message>
      <source>Colour of the hint</source>
      <translation>Couleur de l’indication</translation>
    </message>
    <message>
      <source>Colour as #rrggbb</source>
      <translation>Couleur au format #rrggbb</translation>
    </message>
    <message>
      <source>Recent colour {colour}</source>
      <translation>Couleur récente {colour}</translation>
    </message>
    <message>
      <source>&amp;From the picture</source>
      <translation>&amp;Depuis l’image</translation>
    </message>
    <message>
      <source>Take the colour from a place in the picture.</source>
      <translation>Prélever la couleur à un endroit de l’image.</translation>
    </message>
    <message>
      <source>Only colours that this brightness allows are shown.</source>
      <translation>Seules les couleurs possibles à cette luminosité sont affichées.</translation>
    </message>
    <message>
      <source>Familiar colours</source>
      <translation>Couleurs familières</translation>
    </message>
    <message>
      <source>Recent colours</source>
      <translation>Couleurs récentes</translation>
    </message>
    <message>
      <source>&amp;Use colour</source>
      <translation>&amp;Utiliser la couleur</translation>
    </message>
    <message>
      <source>Click a colour in the picture, or press Esc to go back.</source>
      <translation>Cliquez sur une couleur de l’image, ou appuyez sur Échap pour revenir.</translation>
    </message>
  </context>
  <context>
    <name>Host</name>
    <message>
      <source>Picture from the editor</source>
      <translation>Image du logiciel de retouche</translation>
    </message>
    <message>
      <source>The window was closed, and nothing was changed.</source>
      <translation>La fenêtre a été fermée ; rien n’a été modifié.</translation>
    </message>
  </context>
  <context>
    <name>Menu</name>
    <message>
      <source>&amp;File</source>
      <translation>&amp;Fichier</translation>
    </message>
    <message>
      <source>&amp;Edit</source>
      <translation>É&amp;dition</translation>
    </message>
    <message>
      <source>&amp;View</source>
      <translation>&amp;Affichage</translation>
    </message>
    <message>
      <source>Fi&amp;lter</source>
      <translation>Fil&amp;tres</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>File d’attent&amp;e</translation>
    </message>
    <message>
      <source>&amp;Help</source>
      <translation>A&amp;ide</translation>
    </message>
  </context>
  <context>
    <name>ModelChoice</name>
    <message>
      <source>Model</source>
      <translation>Modèle</translation>
    </message>
    <message>
      <source>Which network does it: your own, or one that is shipped.</source>
      <translation>Le réseau qui s’en charge : le vôtre, ou l’un de ceux fournis.</translation>
    </message>
    <message>
      <source>Whichever fits</source>
      <translation>Celui qui convient</translation>
    </message>
  </context>
  <context>
    <name>Notice</name>
    <message>
      <source>Dismiss</source>
      <translation>Fermer</translation>
    </message>
  </context>
  <context>
    <name>Painting</name>
    <message>
      <source>Paint on the picture</source>
      <translation>Peindre sur l’image</translation>
    </message>
    <message>
      <source>Clear &amp;painting</source>
      <translation>Effacer la &amp;peinture</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Size of the brush</source>
      <translation>Taille du pinceau</translation>
    </message>
    <message>
      <source>&amp;Brush</source>
      <translation>&amp;Pinceau</translation>
    </message>
  </context>
  <context>
    <name>PanelStack</name>
    <message>
      <source>No model for this is installed; the doctor tells where models belong.</source>
      <translation>Aucun modèle n’est installé pour cela ; le diagnostic indique où placer les modèles.</translation>
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
      <translation>Laisser l’image en décider.</translation>
    </message>
  </context>
  <context>
    <name>Preview</name>
    <message>
      <source>Previewing the rest of the picture</source>
      <translation>Aperçu du reste de l’image</translation>
    </message>
    <message>
      <source>Previewing what is in view</source>
      <translation>Aperçu de la partie visible</translation>
    </message>
  </context>
  <context>
    <name>Queue</name>
    <message>
      <source>less than a minute left</source>
      <translation>moins d’une minute restante</translation>
    </message>
    <message>
      <source>about {minutes} min left</source>
      <translation>environ {minutes} min restantes</translation>
    </message>
    <message>
      <source>about {hours} h {minutes} min left</source>
      <translation>environ {hours} h {minutes} min restantes</translation>
    </message>
    <message>
      <source>Add pictures</source>
      <translation>Ajouter des images</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>Images</translation>
    </message>
    <message>
      <source>Add folder</source>
      <translation>Ajouter un dossier</translation>
    </message>
    <message>
      <source>Results &amp;go to</source>
      <translation>Résultats &amp;dans</translation>
    </message>
    <message>
      <source>For&amp;mat</source>
      <translation>For&amp;mat</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>&amp;Qualité</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>&amp;Parcourir…</translation>
    </message>
    <message>
      <source>Choose the folder for results</source>
      <translation>Choisir le dossier des résultats</translation>
    </message>
    <message>
      <source>As the picture</source>
      <translation>Comme l’image</translation>
    </message>
    <message>
      <source>Quality of JPEG, WebP, AVIF and JPEG XL results.</source>
      <translation>Qualité des résultats JPEG, WebP, AVIF et JPEG XL.</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>Dossier des résultats</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>En attente</translation>
    </message>
    <message>
      <source>Running: {percent} %</source>
      <translation>En cours : {percent} %</translation>
    </message>
    <message>
      <source>Done in {seconds} s: {name}</source>
      <translation>Terminée en {seconds} s : {name}</translation>
    </message>
    <message>
      <source>Cancelled</source>
      <translation>Annulée</translation>
    </message>
    <message>
      <source>paused</source>
      <translation>en pause</translation>
    </message>
    <message>
      <source>{done} of {total} done</source>
      <translation>{done} sur {total} terminées</translation>
    </message>
    <message>
      <source>{failed} failed</source>
      <translation>{failed} en échec</translation>
    </message>
    <message>
      <source>There are no new pictures in what was added.</source>
      <translation>Aucune nouvelle image dans ce qui a été ajouté.</translation>
    </message>
    <message>
      <source>Progress of the queue</source>
      <translation>Progression de la file d’attente</translation>
    </message>
    <message>
      <source>Remove &amp;finished</source>
      <translation>Retirer les &amp;terminées</translation>
    </message>
    <message>
      <source>Take finished pictures off the list; files stay.</source>
      <translation>Retirer les images terminées de la liste ; les fichiers restent.</translation>
    </message>
    <message>
      <source>&amp;Open result</source>
      <translation>&amp;Ouvrir le résultat</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>Afficher dans le &amp;dossier</translation>
    </message>
    <message>
      <source>Re&amp;move from list</source>
      <translation>&amp;Retirer de la liste</translation>
    </message>
    <message>
      <source>Queue: {name}, {number} of {total}</source>
      <translation>File d’attente : {name}, {number} sur {total}</translation>
    </message>
    <message>
      <source>Saving {name}</source>
      <translation>Enregistrement de {name}</translation>
    </message>
    <message>
      <source>, {count} more waiting</source>
      <translation>, {count} de plus en attente</translation>
    </message>
    <message>
      <source>Pictures in the queue</source>
      <translation>Images dans la file d’attente</translation>
    </message>
    <message>
      <source>Drop pictures or folders here.</source>
      <translation>Déposez ici des images ou des dossiers.</translation>
    </message>
    <message>
      <source>The recipe has no steps; choose a filter first.</source>
      <translation>La recette ne contient aucune étape ; choisissez d’abord un filtre.</translation>
    </message>
    <message>
      <source>The queue is done: {summary}</source>
      <translation>La file d’attente est terminée : {summary}</translation>
    </message>
    <message>
      <source>The engine stopped at {name}; it was started again.</source>
      <translation>Le moteur s’est arrêté sur {name} ; il a été relancé.</translation>
    </message>
  </context>
  <context>
    <name>Recipes</name>
    <message>
      <source>Open recipe</source>
      <translation>Ouvrir une recette</translation>
    </message>
    <message>
      <source>Save recipe</source>
      <translation>Enregistrer la recette</translation>
    </message>
    <message>
      <source>The steps hold colour hints or strokes that belong to this picture.</source>
      <translation>Les étapes contiennent des indications de couleur ou des coups de pinceau propres à cette image.</translation>
    </message>
    <message>
      <source>Leave them out if the recipe is for other pictures too.</source>
      <translation>Omettez-les si la recette doit servir à d’autres images.</translation>
    </message>
    <message>
      <source>&amp;Keep them</source>
      <translation>&amp;Les conserver</translation>
    </message>
    <message>
      <source>&amp;Leave them out</source>
      <translation>Les &amp;omettre</translation>
    </message>
    <message>
      <source>Recipes</source>
      <translation>Recettes</translation>
    </message>
  </context>
  <context>
    <name>RestorePanel</name>
    <message>
      <source>&amp;Turn into steps</source>
      <translation>&amp;Transformer en étapes</translation>
    </message>
    <message>
      <source>Switch on what is proposed, to be changed, and saved as a recipe.</source>
      <translation>Activer ce qui est proposé, pour le modifier et l’enregistrer comme recette.</translation>
    </message>
    <message>
      <source>Looking at the picture…</source>
      <translation>Examen de l’image…</translation>
    </message>
    <message>
      <source>Nothing was found that needs doing.</source>
      <translation>Rien à faire n’a été trouvé.</translation>
    </message>
    <message>
      <source>Proposed: {steps}</source>
      <translation>Proposé : {steps}</translation>
    </message>
  </context>
  <context>
    <name>SaveDialog</name>
    <message>
      <source>Save as</source>
      <translation>Enregistrer sous</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>&amp;Parcourir…</translation>
    </message>
    <message>
      <source>8 bits a channel</source>
      <translation>8 bits par canal</translation>
    </message>
    <message>
      <source>16 bits a channel</source>
      <translation>16 bits par canal</translation>
    </message>
    <message>
      <source>half the resolution below quality 90</source>
      <translation>demi-résolution sous la qualité 90</translation>
    </message>
    <message>
      <source>full resolution</source>
      <translation>pleine résolution</translation>
    </message>
    <message>
      <source>half the resolution, smaller files</source>
      <translation>demi-résolution, fichiers plus légers</translation>
    </message>
    <message>
      <source>Of PNG: larger makes smaller files and takes longer; nothing is lost.</source>
      <translation>Pour PNG : plus la valeur est élevée, plus le fichier est léger et plus c’est long ; rien n’est perdu.</translation>
    </message>
    <message>
      <source>not stated</source>
      <translation>non précisée</translation>
    </message>
    <message>
      <source> dpi</source>
      <translation> ppp</translation>
    </message>
    <message>
      <source>How large it is printed; the pixels stay the same. 0 leaves it out.</source>
      <translation>Taille à l’impression ; les pixels restent les mêmes. 0 l’omet.</translation>
    </message>
    <message>
      <source>Keep &amp;camera data (EXIF, XMP)</source>
      <translation>Conserver les données de l’&amp;appareil (EXIF, XMP)</translation>
    </message>
    <message>
      <source>Camera, date and place. The colour profile is always kept.</source>
      <translation>Appareil, date et lieu. Le profil colorimétrique est toujours conservé.</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>Qualité</translation>
    </message>
    <message>
      <source>Choose a folder and a name</source>
      <translation>Choisir un dossier et un nom</translation>
    </message>
    <message>
      <source>&amp;Save</source>
      <translation>&amp;Enregistrer</translation>
    </message>
    <message>
      <source>&amp;Name</source>
      <translation>&amp;Nom</translation>
    </message>
    <message>
      <source>F&amp;older</source>
      <translation>&amp;Dossier</translation>
    </message>
    <message>
      <source>&amp;Format</source>
      <translation>&amp;Format</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>&amp;Qualité</translation>
    </message>
    <message>
      <source>Co&amp;lours</source>
      <translation>Cou&amp;leurs</translation>
    </message>
    <message>
      <source>Co&amp;mpression</source>
      <translation>Co&amp;mpression</translation>
    </message>
    <message>
      <source>&amp;Depth</source>
      <translation>Prof&amp;ondeur</translation>
    </message>
    <message>
      <source>&amp;Resolution</source>
      <translation>&amp;Résolution</translation>
    </message>
    <message>
      <source>{name} exists already.</source>
      <translation>{name} existe déjà.</translation>
    </message>
    <message>
      <source>Replace it with the new picture?</source>
      <translation>La remplacer par la nouvelle image ?</translation>
    </message>
    <message>
      <source>&amp;Replace</source>
      <translation>&amp;Remplacer</translation>
    </message>
    <message>
      <source>{format} has no transparency: the picture is laid on white.</source>
      <translation>{format} ne gère pas la transparence : l’image est placée sur fond blanc.</translation>
    </message>
    <message>
      <source>{format} has 8 bits a channel: the picture's 16 are rounded.</source>
      <translation>{format} a 8 bits par canal : les 16 de l’image sont arrondis.</translation>
    </message>
    <message>
      <source>PNG: lossless, 8 or 16 bits</source>
      <translation>PNG : sans perte, 8 ou 16 bits</translation>
    </message>
    <message>
      <source>JPEG: small files, for photographs</source>
      <translation>JPEG : fichiers légers, pour les photos</translation>
    </message>
    <message>
      <source>WebP: smaller still; lossless at quality 100</source>
      <translation>WebP : encore plus léger ; sans perte à qualité 100</translation>
    </message>
    <message>
      <source>TIFF: lossless, 8 or 16 bits, for print</source>
      <translation>TIFF : sans perte, 8 ou 16 bits, pour l’impression</translation>
    </message>
    <message>
      <source>AVIF: the smallest files, 8 bits</source>
      <translation>AVIF : les plus petits fichiers, 8 bits</translation>
    </message>
    <message>
      <source>JPEG XL: small files, 8 or 16 bits</source>
      <translation>JPEG XL : petits fichiers, 8 ou 16 bits</translation>
    </message>
    <message>
      <source>picture</source>
      <translation>image</translation>
    </message>
    <message>
      <source>Give the file a name.</source>
      <translation>Donnez un nom au fichier.</translation>
    </message>
    <message>
      <source>The folder {folder} does not exist; choose another.</source>
      <translation>Le dossier {folder} n’existe pas ; choisissez-en un autre.</translation>
    </message>
    <message>
      <source>The name is too long; give the file a shorter one.</source>
      <translation>Le nom est trop long ; donnez au fichier un nom plus court.</translation>
    </message>
    <message>
      <source>{name} is a folder; give the file another name.</source>
      <translation>{name} est un dossier ; donnez un autre nom au fichier.</translation>
    </message>
    <message>
      <source>The folder {folder} may not be written to; choose another.</source>
      <translation>L’écriture dans le dossier {folder} n’est pas autorisée ; choisissez-en un autre.</translation>
    </message>
    <message>
      <source>A {format} file holds at most {most} pixels a side, and this picture has {width} × {height}; choose PNG or TIFF.</source>
      <translation>Un fichier {format} contient au plus {most} pixels par côté, et cette image en a {width} × {height} ; choisissez PNG ou TIFF.</translation>
    </message>
  </context>
  <context>
    <name>ShortcutSheet</name>
    <message>
      <source>Keyboard shortcuts</source>
      <translation>Raccourcis clavier</translation>
    </message>
    <message>
      <source>Search for a command or a key</source>
      <translation>Chercher une commande ou une touche</translation>
    </message>
    <message>
      <source>Command</source>
      <translation>Commande</translation>
    </message>
    <message>
      <source>Keys</source>
      <translation>Touches</translation>
    </message>
    <message>
      <source>Commands and their keys</source>
      <translation>Commandes et leurs touches</translation>
    </message>
    <message>
      <source>Keys on the picture</source>
      <translation>Touches sur l’image</translation>
    </message>
    <message>
      <source>Mouse</source>
      <translation>Souris</translation>
    </message>
    <message>
      <source>Arrow keys</source>
      <translation>Flèches</translation>
    </message>
    <message>
      <source>Move the picture</source>
      <translation>Déplacer l’image</translation>
    </message>
    <message>
      <source>With Shift, further.</source>
      <translation>Avec Maj, plus loin.</translation>
    </message>
    <message>
      <source>Move the divider of the split view</source>
      <translation>Déplacer le séparateur de la vue partagée</translation>
    </message>
    <message>
      <source>Move the chosen tool</source>
      <translation>Déplacer l’outil choisi</translation>
    </message>
    <message>
      <source>With Shift, in small steps.</source>
      <translation>Avec Maj, par petits pas.</translation>
    </message>
    <message>
      <source>Use the chosen tool</source>
      <translation>Appliquer l’outil choisi</translation>
    </message>
    <message>
      <source>Place a hint, or paint, where the crosshair is.</source>
      <translation>Placer une indication, ou peindre, à l’endroit du réticule.</translation>
    </message>
    <message>
      <source>Zoom around the pointer</source>
      <translation>Zoomer autour du pointeur</translation>
    </message>
    <message>
      <source>Turn the wheel</source>
      <translation>Tourner la molette</translation>
    </message>
    <message>
      <source>Drag</source>
      <translation>Faire glisser</translation>
    </message>
    <message>
      <source>Move the picture with any tool</source>
      <translation>Déplacer l’image avec tout outil</translation>
    </message>
    <message>
      <source>Hold Space and drag</source>
      <translation>Maintenir Espace et faire glisser</translation>
    </message>
    <message>
      <source>Whole picture, or actual pixels</source>
      <translation>Image entière ou pixels réels</translation>
    </message>
    <message>
      <source>Double-click</source>
      <translation>Double-cliquer</translation>
    </message>
    <message>
      <source>Change the colour of a hint</source>
      <translation>Changer la couleur d’une indication</translation>
    </message>
    <message>
      <source>Double-click the hint</source>
      <translation>Double-cliquer sur l’indication</translation>
    </message>
    <message>
      <source>Compare in split view</source>
      <translation>Comparer en vue partagée</translation>
    </message>
    <message>
      <source>Drag the divider</source>
      <translation>Faire glisser le séparateur</translation>
    </message>
    <message>
      <source>Open pictures</source>
      <translation>Ouvrir des images</translation>
    </message>
    <message>
      <source>Drop files on the window</source>
      <translation>Déposer des fichiers sur la fenêtre</translation>
    </message>
  </context>
  <context>
    <name>StatusBar</name>
    <message>
      <source>Progress</source>
      <translation>Progression</translation>
    </message>
    <message>
      <source>What can be done next</source>
      <translation>Ce que l’on peut faire ensuite</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Arrêter</translation>
    </message>
    <message>
      <source>{percent} %</source>
      <translation>{percent} %</translation>
    </message>
    <message>
      <source>Click for the doctor's findings.</source>
      <translation>Cliquez pour voir le diagnostic.</translation>
    </message>
    <message>
      <source>Engine is starting</source>
      <translation>Démarrage du moteur</translation>
    </message>
    <message>
      <source>{device}, not the GPU</source>
      <translation>{device}, pas le GPU</translation>
    </message>
    <message>
      <source>Device: {device}</source>
      <translation>Appareil : {device}</translation>
    </message>
  </context>
  <context>
    <name>ToolBar</name>
    <message>
      <source>Tools</source>
      <translation>Outils</translation>
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
      <translation>Ajuster</translation>
    </message>
    <message>
      <source>Hold: before</source>
      <translation>Maintenir : avant</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Ouvrir</translation>
    </message>
    <message>
      <source>Result</source>
      <translation>Résultat</translation>
    </message>
    <message>
      <source>Save as</source>
      <translation>Enregistrer sous</translation>
    </message>
    <message>
      <source>Side by side</source>
      <translation>Côte à côte</translation>
    </message>
    <message>
      <source>Split</source>
      <translation>Partagé</translation>
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
      <translation>Agrandit jusqu’à quatre fois.</translation>
    </message>
    <message>
      <source>&amp;Detail</source>
      <translation>&amp;Détails</translation>
    </message>
    <message>
      <source>0 is faithful to the picture, 100 invents convincing texture.</source>
      <translation>0 : fidèle à l’image ; 100 : invente des textures convaincantes.</translation>
    </message>
    <message>
      <source>Stre&amp;ngth</source>
      <translation>Inte&amp;nsité</translation>
    </message>
    <message>
      <source>0 is plain enlargement, 100 the model's result.</source>
      <translation>0 : simple agrandissement ; 100 : résultat du modèle.</translation>
    </message>
    <message>
      <source>&amp;Width</source>
      <translation>&amp;Largeur</translation>
    </message>
    <message>
      <source>&amp;Height</source>
      <translation>&amp;Hauteur</translation>
    </message>
    <message>
      <source>{side} of the result in pixels</source>
      <translation>{side} du résultat en pixels</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Width and height keep the picture's proportions.</source>
      <translation>La largeur et la hauteur conservent les proportions de l’image.</translation>
    </message>
    <message>
      <source>Enlarge {scale} times</source>
      <translation>Agrandir {scale} fois</translation>
    </message>
  </context>
  <context>
    <name>Welcome</name>
    <message>
      <source>Drop a picture here</source>
      <translation>Déposez une image ici</translation>
    </message>
    <message>
      <source>or paste one, or choose a file. A folder goes into the queue.</source>
      <translation>ou collez-en une, ou choisissez un fichier. Un dossier va dans la file d’attente.</translation>
    </message>
    <message>
      <source>Recent pictures</source>
      <translation>Images récentes</translation>
    </message>
  </context>
  <context>
    <name>Window</name>
    <message>
      <source>the window</source>
      <translation>la fenêtre</translation>
    </message>
    <message>
      <source>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;Enlarges, cleans and colours pictures, on this computer alone.&lt;/p&gt;&lt;p&gt;Free software under the GNU General Public License, version 3 or later.&lt;/p&gt;</source>
      <translation>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;Agrandit, nettoie et colorise des images, uniquement sur cet ordinateur.&lt;/p&gt;&lt;p&gt;Logiciel libre sous licence publique générale GNU, version 3 ou ultérieure.&lt;/p&gt;</translation>
    </message>
    <message>
      <source>About Unfade</source>
      <translation>À propos d’Unfade</translation>
    </message>
    <message>
      <source>Making the whole result</source>
      <translation>Calcul du résultat complet</translation>
    </message>
    <message>
      <source>The result is on the clipboard.</source>
      <translation>Le résultat est dans le presse-papiers.</translation>
    </message>
    <message>
      <source>Choose a filter first.</source>
      <translation>Choisissez d’abord un filtre.</translation>
    </message>
    <message>
      <source>Open picture</source>
      <translation>Ouvrir une image</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>Images</translation>
    </message>
    <message>
      <source>This is the last picture of the folder.</source>
      <translation>C’est la dernière image du dossier.</translation>
    </message>
    <message>
      <source>This is the first picture of the folder.</source>
      <translation>C’est la première image du dossier.</translation>
    </message>
    <message>
      <source>Pasted picture</source>
      <translation>Image collée</translation>
    </message>
    <message>
      <source>There is no picture on the clipboard.</source>
      <translation>Il n’y a pas d’image dans le presse-papiers.</translation>
    </message>
    <message>
      <source>Try again</source>
      <translation>Réessayer</translation>
    </message>
    <message>
      <source>The preview was stopped.</source>
      <translation>L’aperçu a été arrêté.</translation>
    </message>
    <message>
      <source>Go on</source>
      <translation>Continuer</translation>
    </message>
    <message>
      <source>Start it again</source>
      <translation>Relancer</translation>
    </message>
    <message>
      <source>Opening…</source>
      <translation>Ouverture…</translation>
    </message>
    <message>
      <source>Saved as {path}.</source>
      <translation>Enregistré sous {path}.</translation>
    </message>
    <message>
      <source>Show in folder</source>
      <translation>Afficher dans le dossier</translation>
    </message>
    <message>
      <source>Pictures of last time that wait in the queue: {count}.</source>
      <translation>Images de la dernière fois en attente dans la file : {count}.</translation>
    </message>
    <message>
      <source>Start</source>
      <translation>Démarrer</translation>
    </message>
    <message>
      <source>It was started again; your settings are all there.</source>
      <translation>Il a été relancé ; tous vos réglages sont là.</translation>
    </message>
    <message>
      <source>The folder of {name} may not be written to; what is marked on it is kept in {folder}.</source>
      <translation>Le dossier de {name} n’est pas accessible en écriture ; ce qui y est marqué est conservé dans {folder}.</translation>
    </message>
    <message>
      <source>Stopped: {name} was not saved.</source>
      <translation>Arrêté : {name} n’a pas été enregistré.</translation>
    </message>
    <message>
      <source>Queue</source>
      <translation>File d’attente</translation>
    </message>
    <message>
      <source>As the &amp;system</source>
      <translation>Comme le &amp;système</translation>
    </message>
    <message>
      <source>&amp;Light</source>
      <translation>&amp;Clair</translation>
    </message>
    <message>
      <source>&amp;Dark</source>
      <translation>&amp;Sombre</translation>
    </message>
    <message>
      <source>&amp;Theme</source>
      <translation>T&amp;hème</translation>
    </message>
    <message>
      <source>Lan&amp;guage</source>
      <translation>Lan&amp;gue</translation>
    </message>
    <message>
      <source>Open &amp;recent</source>
      <translation>Ouvrir un fichier réce&amp;nt</translation>
    </message>
    <message>
      <source>&amp;Forget these</source>
      <translation>&amp;Vider la liste</translation>
    </message>
    <message>
      <source>Dropped picture</source>
      <translation>Image déposée</translation>
    </message>
    <message>
      <source>{name} is not saved yet.</source>
      <translation>{name} n’est pas encore enregistré.</translation>
    </message>
    <message>
      <source>{count} pictures are not saved yet.</source>
      <translation>{count} images ne sont pas encore enregistrées.</translation>
    </message>
    <message>
      <source>What is stopped waits in the queue at the next start.</source>
      <translation>Ce qui est arrêté attendra dans la file d’attente au prochain démarrage.</translation>
    </message>
    <message>
      <source>&amp;Save and close</source>
      <translation>&amp;Enregistrer et fermer</translation>
    </message>
    <message>
      <source>S&amp;top and close</source>
      <translation>&amp;Arrêter et fermer</translation>
    </message>
    <message>
      <source>St&amp;ay</source>
      <translation>&amp;Rester</translation>
    </message>
    <message>
      <source>The window closes when all is saved.</source>
      <translation>La fenêtre se fermera quand tout sera enregistré.</translation>
    </message>
  </context>
</TS>
