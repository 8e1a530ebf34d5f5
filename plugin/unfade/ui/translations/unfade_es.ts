<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="es" sourcelanguage="en">
  <context>
    <name>Canvas</name>
    <message>
      <source>After</source>
      <translation>Después</translation>
    </message>
    <message>
      <source>Before</source>
      <translation>Antes</translation>
    </message>
    <message>
      <source>Picture, before and after</source>
      <translation>Imagen, antes y después</translation>
    </message>
    <message>
      <source>Arrow keys move the picture; with a tool, a crosshair. Enter uses the tool there.</source>
      <translation>Las flechas mueven la imagen; con una herramienta, una cruz. Intro aplica la herramienta en ese punto.</translation>
    </message>
  </context>
  <context>
    <name>ColorizePanel</name>
    <message>
      <source>S&amp;aturation</source>
      <translation>S&amp;aturación</translation>
    </message>
    <message>
      <source>0 is gray, 100 the model's colours, 200 twice as much.</source>
      <translation>0 es gris, 100 los colores del modelo, 200 el doble.</translation>
    </message>
    <message>
      <source>Stren&amp;gth</source>
      <translation>Intensi&amp;dad</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the coloured one.</source>
      <translation>0 es la imagen original, 100 la coloreada.</translation>
    </message>
    <message>
      <source>Colours black-and-white pictures; hints tell it what you know.</source>
      <translation>Colorea imágenes en blanco y negro; las indicaciones le dicen lo que usted sabe.</translation>
    </message>
    <message>
      <source>This picture is in colour already; its colours would be replaced.</source>
      <translation>Esta imagen ya está en color; sus colores se sustituirían.</translation>
    </message>
    <message>
      <source>C&amp;olour…</source>
      <translation>C&amp;olor…</translation>
    </message>
    <message>
      <source>Change the colour of the chosen hint.</source>
      <translation>Cambiar el color de la indicación seleccionada.</translation>
    </message>
    <message>
      <source>Clear hin&amp;ts</source>
      <translation>Borrar indicacio&amp;nes</translation>
    </message>
    <message>
      <source>Click the picture with the tool to say what colour it is there.</source>
      <translation>Haga clic en la imagen con la herramienta para decir qué color hay ahí.</translation>
    </message>
    <message>
      <source>Hints: {count}</source>
      <translation>Indicaciones: {count}</translation>
    </message>
  </context>
  <context>
    <name>Command</name>
    <message>
      <source>Show or hide the panel with the filters' settings.</source>
      <translation>Mostrar u ocultar el panel con los ajustes de los filtros.</translation>
    </message>
    <message>
      <source>&amp;About Unfade</source>
      <translation>Ac&amp;erca de Unfade</translation>
    </message>
    <message>
      <source>&amp;Actual pixels</source>
      <translation>&amp;Píxeles reales</translation>
    </message>
    <message>
      <source>&amp;Apply</source>
      <translation>&amp;Aplicar</translation>
    </message>
    <message>
      <source>&amp;Cancel</source>
      <translation>C&amp;ancelar</translation>
    </message>
    <message>
      <source>&amp;Close picture</source>
      <translation>Cerrar &amp;imagen</translation>
    </message>
    <message>
      <source>&amp;Colorize</source>
      <translation>&amp;Colorear</translation>
    </message>
    <message>
      <source>&amp;Copy result</source>
      <translation>&amp;Copiar resultado</translation>
    </message>
    <message>
      <source>&amp;De-artifact</source>
      <translation>&amp;Quitar artefactos</translation>
    </message>
    <message>
      <source>&amp;Delete colour hint</source>
      <translation>&amp;Eliminar indicación de color</translation>
    </message>
    <message>
      <source>&amp;Doctor…</source>
      <translation>&amp;Diagnóstico…</translation>
    </message>
    <message>
      <source>&amp;Fit in window</source>
      <translation>&amp;Ajustar a la ventana</translation>
    </message>
    <message>
      <source>&amp;Keep original</source>
      <translation>Conservar &amp;original</translation>
    </message>
    <message>
      <source>&amp;Keyboard shortcuts</source>
      <translation>&amp;Atajos de teclado</translation>
    </message>
    <message>
      <source>&amp;Larger brush</source>
      <translation>Pince&amp;l más grande</translation>
    </message>
    <message>
      <source>&amp;Loupe</source>
      <translation>L&amp;upa</translation>
    </message>
    <message>
      <source>&amp;Mark to fill in</source>
      <translation>Marcar para relle&amp;nar</translation>
    </message>
    <message>
      <source>&amp;Mask overlay</source>
      <translation>Mostrar &amp;máscara</translation>
    </message>
    <message>
      <source>&amp;Next picture</source>
      <translation>Imagen siguien&amp;te</translation>
    </message>
    <message>
      <source>&amp;Open…</source>
      <translation>&amp;Abrir…</translation>
    </message>
    <message>
      <source>&amp;Paste picture</source>
      <translation>&amp;Pegar imagen</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>&amp;Cola</translation>
    </message>
    <message>
      <source>&amp;Quit</source>
      <translation>&amp;Salir</translation>
    </message>
    <message>
      <source>&amp;Redo</source>
      <translation>&amp;Rehacer</translation>
    </message>
    <message>
      <source>&amp;Restore old photograph</source>
      <translation>&amp;Restaurar foto antigua</translation>
    </message>
    <message>
      <source>&amp;Result only</source>
      <translation>Solo el &amp;resultado</translation>
    </message>
    <message>
      <source>&amp;Retry</source>
      <translation>&amp;Reintentar</translation>
    </message>
    <message>
      <source>&amp;Save as…</source>
      <translation>&amp;Guardar como…</translation>
    </message>
    <message>
      <source>&amp;Smaller brush</source>
      <translation>&amp;Pincel más pequeño</translation>
    </message>
    <message>
      <source>&amp;Split view</source>
      <translation>Vista &amp;dividida</translation>
    </message>
    <message>
      <source>&amp;Start</source>
      <translation>I&amp;niciar</translation>
    </message>
    <message>
      <source>&amp;Undo</source>
      <translation>&amp;Deshacer</translation>
    </message>
    <message>
      <source>&amp;Upscale</source>
      <translation>A&amp;mpliar</translation>
    </message>
    <message>
      <source>Add &amp;folder…</source>
      <translation>Añadir &amp;carpeta…</translation>
    </message>
    <message>
      <source>Add &amp;pictures…</source>
      <translation>Añadir &amp;imágenes…</translation>
    </message>
    <message>
      <source>Add all pictures of a folder to the queue.</source>
      <translation>Añadir a la cola todas las imágenes de una carpeta.</translation>
    </message>
    <message>
      <source>Add pictures to the queue.</source>
      <translation>Añadir imágenes a la cola.</translation>
    </message>
    <message>
      <source>Before, while &amp;held</source>
      <translation>A&amp;ntes (al mantener pulsada)</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>Recuperar colores desvaídos.</translation>
    </message>
    <message>
      <source>Cancel the chosen pictures.</source>
      <translation>Cancelar las imágenes seleccionadas.</translation>
    </message>
    <message>
      <source>Click to place a colour hint, drag to move it, double-click for its colour.</source>
      <translation>Clic para colocar una indicación de color, arrastrar para moverla, doble clic para elegir su color.</translation>
    </message>
    <message>
      <source>Close the picture, and keep the window.</source>
      <translation>Cerrar la imagen sin cerrar la ventana.</translation>
    </message>
    <message>
      <source>Close the window.</source>
      <translation>Cerrar la ventana.</translation>
    </message>
    <message>
      <source>Colour &amp;hints</source>
      <translation>&amp;Indicaciones de color</translation>
    </message>
    <message>
      <source>De&amp;noise</source>
      <translation>Reducir r&amp;uido</translation>
    </message>
    <message>
      <source>Delete the colour hint that is chosen.</source>
      <translation>Eliminar la indicación de color seleccionada.</translation>
    </message>
    <message>
      <source>Drag to move the picture about.</source>
      <translation>Arrastrar para mover la imagen.</translation>
    </message>
    <message>
      <source>Enlarge the picture.</source>
      <translation>Ampliar la imagen.</translation>
    </message>
    <message>
      <source>Enlarge what is under the pointer, before and after.</source>
      <translation>Ampliar lo que está bajo el puntero, antes y después.</translation>
    </message>
    <message>
      <source>F&amp;ull screen</source>
      <translation>Pan&amp;talla completa</translation>
    </message>
    <message>
      <source>Filter &amp;panel</source>
      <translation>Panel de &amp;filtros</translation>
    </message>
    <message>
      <source>Finish the picture that is running and begin no other.</source>
      <translation>Terminar la imagen en curso y no empezar otra.</translation>
    </message>
    <message>
      <source>Give a black-and-white picture colour.</source>
      <translation>Dar color a una imagen en blanco y negro.</translation>
    </message>
    <message>
      <source>Give the window the whole screen.</source>
      <translation>Mostrar la ventana en toda la pantalla.</translation>
    </message>
    <message>
      <source>Hand the result back to the editor.</source>
      <translation>Devolver el resultado al editor.</translation>
    </message>
    <message>
      <source>Keep the steps and their settings in a recipe file.</source>
      <translation>Guardar los pasos y sus ajustes en un archivo de receta.</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>Ver qué necesita una fotografía antigua y hacerlo.</translation>
    </message>
    <message>
      <source>Make the change again that was taken back.</source>
      <translation>Rehacer el cambio deshecho.</translation>
    </message>
    <message>
      <source>Move &amp;picture</source>
      <translation>Mo&amp;ver imagen</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>Abrir &amp;registro</translation>
    </message>
    <message>
      <source>Open a picture.</source>
      <translation>Abrir una imagen.</translation>
    </message>
    <message>
      <source>Open recip&amp;e…</source>
      <translation>Abrir &amp;receta…</translation>
    </message>
    <message>
      <source>Open the folder of what was saved last.</source>
      <translation>Abrir la carpeta de lo último que se guardó.</translation>
    </message>
    <message>
      <source>Open the log, which a bug report needs.</source>
      <translation>Abrir el registro, necesario para informar de un error.</translation>
    </message>
    <message>
      <source>Open the next picture of the folder.</source>
      <translation>Abrir la imagen siguiente de la carpeta.</translation>
    </message>
    <message>
      <source>Open the picture before this one in the folder.</source>
      <translation>Abrir la imagen anterior de la carpeta.</translation>
    </message>
    <message>
      <source>Open the picture that is on the clipboard.</source>
      <translation>Abrir la imagen del portapapeles.</translation>
    </message>
    <message>
      <source>Pa&amp;use</source>
      <translation>&amp;Pausar</translation>
    </message>
    <message>
      <source>Paint over a watermark, or damage, to have it filled in.</source>
      <translation>Pintar sobre una marca de agua, o un daño, para que se rellene.</translation>
    </message>
    <message>
      <source>Paint over what is to stay as it is.</source>
      <translation>Pintar sobre lo que debe quedar como está.</translation>
    </message>
    <message>
      <source>Paint with a larger brush.</source>
      <translation>Pintar con un pincel más grande.</translation>
    </message>
    <message>
      <source>Paint with a smaller brush.</source>
      <translation>Pintar con un pincel más pequeño.</translation>
    </message>
    <message>
      <source>Pre&amp;vious picture</source>
      <translation>Imagen a&amp;nterior</translation>
    </message>
    <message>
      <source>Put the result on the clipboard.</source>
      <translation>Copiar el resultado al portapapeles.</translation>
    </message>
    <message>
      <source>R&amp;evive</source>
      <translation>Reavivar colore&amp;s</translation>
    </message>
    <message>
      <source>Repa&amp;ir</source>
      <translation>R&amp;eparar</translation>
    </message>
    <message>
      <source>Reset &amp;settings</source>
      <translation>Restablecer a&amp;justes</translation>
    </message>
    <message>
      <source>Run the chosen pictures that failed or were cancelled again.</source>
      <translation>Volver a procesar las imágenes seleccionadas que han fallado o se han cancelado.</translation>
    </message>
    <message>
      <source>Run the recipe on the pictures that wait.</source>
      <translation>Aplicar la receta a las imágenes en espera.</translation>
    </message>
    <message>
      <source>S&amp;top</source>
      <translation>&amp;Detener</translation>
    </message>
    <message>
      <source>Save rec&amp;ipe…</source>
      <translation>Guardar re&amp;ceta…</translation>
    </message>
    <message>
      <source>Save the result as a picture file.</source>
      <translation>Guardar el resultado como archivo de imagen.</translation>
    </message>
    <message>
      <source>Set this step back to its defaults.</source>
      <translation>Restablecer los valores predeterminados de este paso.</translation>
    </message>
    <message>
      <source>Show before and after in one picture, with a divider to drag.</source>
      <translation>Mostrar antes y después en una sola imagen, con un divisor que se puede arrastrar.</translation>
    </message>
    <message>
      <source>Show before and after next to each other.</source>
      <translation>Mostrar antes y después uno junto al otro.</translation>
    </message>
    <message>
      <source>Show every command and its keys.</source>
      <translation>Mostrar todos los comandos y sus teclas.</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>Mostrar en la car&amp;peta</translation>
    </message>
    <message>
      <source>Show in colour what was found or painted over.</source>
      <translation>Mostrar en color lo que se ha encontrado o pintado.</translation>
    </message>
    <message>
      <source>Show one pixel of the result as one pixel of the screen.</source>
      <translation>Mostrar cada píxel del resultado en un píxel de la pantalla.</translation>
    </message>
    <message>
      <source>Show or hide the queue of pictures.</source>
      <translation>Mostrar u ocultar la cola de imágenes.</translation>
    </message>
    <message>
      <source>Show the original for as long as the key is held down.</source>
      <translation>Mostrar el original mientras se mantiene pulsada la tecla.</translation>
    </message>
    <message>
      <source>Show the picture larger.</source>
      <translation>Mostrar la imagen más grande.</translation>
    </message>
    <message>
      <source>Show the picture smaller.</source>
      <translation>Mostrar la imagen más pequeña.</translation>
    </message>
    <message>
      <source>Show the result alone.</source>
      <translation>Mostrar solo el resultado.</translation>
    </message>
    <message>
      <source>Show the version and the licence.</source>
      <translation>Mostrar la versión y la licencia.</translation>
    </message>
    <message>
      <source>Show the whole picture.</source>
      <translation>Mostrar la imagen completa.</translation>
    </message>
    <message>
      <source>Show which device runs, why not the GPU, and which models there are.</source>
      <translation>Mostrar qué dispositivo se usa, por qué no la GPU y qué modelos hay.</translation>
    </message>
    <message>
      <source>Side &amp;by side</source>
      <translation>Lad&amp;o a lado</translation>
    </message>
    <message>
      <source>Stop what is being worked on.</source>
      <translation>Detener lo que se está procesando.</translation>
    </message>
    <message>
      <source>Take compression artifacts away.</source>
      <translation>Quitar artefactos de compresión.</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>Quitar de las imágenes el grano de película y el ruido del sensor.</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>Quitar de fotografías antiguas arañazos, polvo, pelos, pliegues y manchas.</translation>
    </message>
    <message>
      <source>Take the last change of the settings back.</source>
      <translation>Deshacer el último cambio de los ajustes.</translation>
    </message>
    <message>
      <source>Take the steps and their settings from a recipe file.</source>
      <translation>Tomar los pasos y sus ajustes de un archivo de receta.</translation>
    </message>
    <message>
      <source>Zoom &amp;in</source>
      <translation>Ac&amp;ercar</translation>
    </message>
    <message>
      <source>Zoom &amp;out</source>
      <translation>A&amp;lejar</translation>
    </message>
  </context>
  <context>
    <name>DeartifactPanel</name>
    <message>
      <source>&amp;Strength</source>
      <translation>Inten&amp;sidad</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the model's result.</source>
      <translation>0 es la imagen original, 100 el resultado del modelo.</translation>
    </message>
    <message>
      <source>Takes compression artifacts away, and text watermarks if you wish.</source>
      <translation>Quita artefactos de compresión y, si lo desea, marcas de agua de texto.</translation>
    </message>
    <message>
      <source>Takes compression artifacts away.</source>
      <translation>Quita artefactos de compresión.</translation>
    </message>
    <message>
      <source>A watermark seems to be here.</source>
      <translation>Parece que hay una marca de agua.</translation>
    </message>
    <message>
      <source>Take it &amp;off</source>
      <translation>&amp;Quitarla</translation>
    </message>
    <message>
      <source>&amp;Remove text watermarks</source>
      <translation>Quita&amp;r marcas de agua de texto</translation>
    </message>
    <message>
      <source>This model does not find watermarks; paint over one to have it filled in.</source>
      <translation>Este modelo no encuentra marcas de agua; pinte sobre una para que se rellene.</translation>
    </message>
    <message>
      <source>No watermark was found that comes off cleanly; paint over one to have it filled in.</source>
      <translation>No se ha encontrado ninguna marca de agua que se quite limpiamente; pinte sobre una para que se rellene.</translation>
    </message>
    <message>
      <source>S&amp;how where they were found</source>
      <translation>Mostrar dónde se han &amp;encontrado</translation>
    </message>
    <message>
      <source>S&amp;how what is painted over</source>
      <translation>Mos&amp;trar lo pintado</translation>
    </message>
  </context>
  <context>
    <name>Doctor</name>
    <message>
      <source>Doctor</source>
      <translation>Diagnóstico</translation>
    </message>
    <message>
      <source>Looking at devices and models…</source>
      <translation>Comprobando dispositivos y modelos…</translation>
    </message>
    <message>
      <source>&amp;Copy report</source>
      <translation>&amp;Copiar informe</translation>
    </message>
    <message>
      <source>Put the findings on the clipboard, for a bug report.</source>
      <translation>Copiar los resultados al portapapeles para informar de un error.</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>Abrir &amp;registro</translation>
    </message>
    <message>
      <source>The doctor gave no answer; run “unfade doctor” in a terminal to see why.</source>
      <translation>El diagnóstico no ha respondido; ejecute «unfade doctor» en un terminal para saber por qué.</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>sí</translation>
    </message>
    <message>
      <source>no</source>
      <translation>no</translation>
    </message>
    <message>
      <source>cannot be used</source>
      <translation>no se puede usar</translation>
    </message>
    <message>
      <source>Devices, the first that works is used</source>
      <translation>Dispositivos (se usa el primero que funciona)</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>Modelos</translation>
    </message>
    <message>
      <source>Versions</source>
      <translation>Versiones</translation>
    </message>
    <message>
      <source>Places</source>
      <translation>Ubicaciones</translation>
    </message>
    <message>
      <source>There are no models; install Unfade again.</source>
      <translation>No hay modelos; vuelva a instalar Unfade.</translation>
    </message>
    <message>
      <source>These models cannot be used: {names}.</source>
      <translation>Estos modelos no se pueden usar: {names}.</translation>
    </message>
    <message>
      <source>All models can be used. They run on {device}.</source>
      <translation>Todos los modelos se pueden usar. Se ejecutan en {device}.</translation>
    </message>
    <message>
      <source>Findings</source>
      <translation>Resultados</translation>
    </message>
  </context>
  <context>
    <name>Editor</name>
    <message>
      <source>Repeat last</source>
      <translation>Repetir el último</translation>
    </message>
  </context>
  <context>
    <name>Engine</name>
    <message>
      <source>Unfade's engine stopped unexpectedly; try again, with a smaller picture if memory is short.</source>
      <translation>El motor de Unfade se detuvo de forma inesperada; vuelva a intentarlo, con una imagen más pequeña si falta memoria.</translation>
    </message>
    <message>
      <source>Unfade's engine gave no sign of life, so it was stopped; try again.</source>
      <translation>El motor de Unfade no daba señales de vida y se ha detenido; vuelva a intentarlo.</translation>
    </message>
    <message>
      <source>There is not enough memory for this picture; close other programs and try again.</source>
      <translation>No hay memoria suficiente para esta imagen; cierre otros programas y vuelva a intentarlo.</translation>
    </message>
  </context>
  <context>
    <name>EngineLink</name>
    <message>
      <source>The engine is not running.</source>
      <translation>El motor no está en marcha.</translation>
    </message>
    <message>
      <source>the picture</source>
      <translation>la imagen</translation>
    </message>
  </context>
  <context>
    <name>Failure</name>
    <message>
      <source>There is not enough memory for {name}; close other programs.</source>
      <translation>No hay memoria suficiente para {name}; cierre otros programas.</translation>
    </message>
    <message>
      <source>Something went wrong with {name} that Unfade did not foresee ({kind}); {log} tells more.</source>
      <translation>Algo imprevisto ha fallado con {name} ({kind}); {log} da más detalles.</translation>
    </message>
  </context>
  <context>
    <name>Filter</name>
    <message>
      <source>Below 0 is colder than the model's result, above 0 warmer.</source>
      <translation>Por debajo de 0, más frío que el resultado del modelo; por encima, más cálido.</translation>
    </message>
    <message>
      <source>Below 0 is softer than the model's result, above 0 harder.</source>
      <translation>Por debajo de 0, más suave que el resultado del modelo; por encima, más duro.</translation>
    </message>
    <message>
      <source>How much of the result's colour: from gray to twice as colourful.</source>
      <translation>Cuánto color tiene el resultado: de gris al doble de color.</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>Recuperar colores desvaídos.</translation>
    </message>
    <message>
      <source>Chroma</source>
      <translation>Ruido de color</translation>
    </message>
    <message>
      <source>Colorize</source>
      <translation>Colorear</translation>
    </message>
    <message>
      <source>Colours</source>
      <translation>Colores</translation>
    </message>
    <message>
      <source>Compression</source>
      <translation>Compresión</translation>
    </message>
    <message>
      <source>Contrast</source>
      <translation>Contraste</translation>
    </message>
    <message>
      <source>Damage</source>
      <translation>Daños</translation>
    </message>
    <message>
      <source>De-artifact</source>
      <translation>Quitar artefactos</translation>
    </message>
    <message>
      <source>Denoise</source>
      <translation>Reducir ruido</translation>
    </message>
    <message>
      <source>Grain</source>
      <translation>Grano</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: better, and as many times slower.</source>
      <translation>Cuántas pasadas, sobre la imagen reflejada y girada, se promedian: mejor, y otras tantas veces más lento.</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: more faithful and a little softer, and as many times slower.</source>
      <translation>Cuántas pasadas, sobre la imagen reflejada y girada, se promedian: más fiel y un poco más suave, y otras tantas veces más lento.</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, find the damage: better, and each a fifth slower.</source>
      <translation>Cuántas pasadas, sobre la imagen reflejada y girada, buscan los daños: mejor, y cada una un quinto más lento.</translation>
    </message>
    <message>
      <source>How much new grain, of the kind that was there, the result gets.</source>
      <translation>Cuánto grano nuevo, del tipo que había, recibe el resultado.</translation>
    </message>
    <message>
      <source>How much of the noise in brightness is taken off.</source>
      <translation>Cuánto ruido de brillo se quita.</translation>
    </message>
    <message>
      <source>How much of the noise in colour is taken off.</source>
      <translation>Cuánto ruido de color se quita.</translation>
    </message>
    <message>
      <source>How much of the result replaces the picture as it was.</source>
      <translation>Qué parte del resultado sustituye a la imagen original.</translation>
    </message>
    <message>
      <source>How strong the noise is taken to be, at most a deviation of 50 in 255; as strong as it looks when left out.</source>
      <translation>La intensidad que se supone al ruido, como máximo una desviación de 50 sobre 255; si se omite, la que aparenta.</translation>
    </message>
    <message>
      <source>Level</source>
      <translation>Nivel de ruido</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>Ver qué necesita una fotografía antigua y hacerlo.</translation>
    </message>
    <message>
      <source>Looks for JPEG artifacts, and takes them off.</source>
      <translation>Busca artefactos JPEG y los quita.</translation>
    </message>
    <message>
      <source>Looks for faded colours, and brings them back.</source>
      <translation>Busca colores desvaídos y los recupera.</translation>
    </message>
    <message>
      <source>Looks for grain and noise, and takes them off.</source>
      <translation>Busca grano y ruido y los quita.</translation>
    </message>
    <message>
      <source>Looks for scratches, dust, creases and stains, and takes them off.</source>
      <translation>Busca arañazos, polvo, pliegues y manchas y los quita.</translation>
    </message>
    <message>
      <source>Looks</source>
      <translation>Pasadas</translation>
    </message>
    <message>
      <source>Luma</source>
      <translation>Ruido de brillo</translation>
    </message>
    <message>
      <source>Noise</source>
      <translation>Ruido</translation>
    </message>
    <message>
      <source>One correction for all pictures of a run, such as a roll of film or an album.</source>
      <translation>Una misma corrección para todas las imágenes de una tanda, como un carrete o un álbum.</translation>
    </message>
    <message>
      <source>Repair</source>
      <translation>Reparar</translation>
    </message>
    <message>
      <source>Restore old photograph</source>
      <translation>Restaurar foto antigua</translation>
    </message>
    <message>
      <source>Revive</source>
      <translation>Reavivar colores</translation>
    </message>
    <message>
      <source>Same for all</source>
      <translation>Igual para todas</translation>
    </message>
    <message>
      <source>Saturation</source>
      <translation>Saturación</translation>
    </message>
    <message>
      <source>Sensitivity</source>
      <translation>Sensibilidad</translation>
    </message>
    <message>
      <source>Show where damage was found</source>
      <translation>Mostrar dónde se han hallado daños</translation>
    </message>
    <message>
      <source>Strength</source>
      <translation>Intensidad</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>Quitar de las imágenes el grano de película y el ruido del sensor.</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>Quitar de fotografías antiguas arañazos, polvo, pelos, pliegues y manchas.</translation>
    </message>
    <message>
      <source>Upscale</source>
      <translation>Ampliar</translation>
    </message>
    <message>
      <source>Warmth</source>
      <translation>Calidez</translation>
    </message>
    <message>
      <source>What counts as damage: from only what is painted over to all that might be some.</source>
      <translation>Qué se considera daño: desde solo lo pintado hasta todo lo que podría serlo.</translation>
    </message>
  </context>
  <context>
    <name>HintPicker</name>
    <message>
      <source>Colours at this brightness</source>
      <translation>Colores con este brillo</translation>
    </message>
    <message>
      <source>Arrow keys move the mark; with Shift they move it further.</source>
      <translation>Las flechas mueven la marca; con Mayús, más lejos.</translation>
    </message>
    <message>
      <source>Light skin</source>
      <translation>Piel clara</translation>
    </message>
    <message>
      <source>Tanned skin</source>
      <translation>Piel bronceada</translation>
    </message>
    <message>
      <source>Dark skin</source>
      <translation>Piel oscura</translation>
    </message>
    <message>
      <source>Lips</source>
      <translation>Labios</translation>
    </message>
    <message>
      <source>Blond hair</source>
      <translation>Pelo rubio</translation>
    </message>
    <message>
      <source>Brown hair</source>
      <translation>Pelo castaño</translation>
    </message>
    <message>
      <source>Sky</source>
      <translation>Cielo</translation>
    </message>
    <message>
      <source>Water</source>
      <translation>Agua</translation>
    </message>
    <message>
      <source>Grass</source>
      <translation>Hierba</translation>
    </message>
    <message>
      <source>Foliage</source>
      <translation>Follaje</translation>
    </message>
    <message>
      <source>Sand</source>
      <translation>Arena</translation>
    </message>
    <message>
      <source>Wood</source>
      <translation>Madera</translation>
    </message>
    <message>
      <source>Brick</source>
      <translation>Ladrillo</translation>
    </message>
    <message>
      <source>Stone</source>
      <translation>Piedra</translation>
    </message>
    <message>
      <source>Denim</source>
      <translation>Tela vaquera</translation>
    </message>
    <message>
      <source>Uniform</source>
      <translation>Uniforme</translation>
    </message>
    <message>
      <source>Red cloth</source>
      <translation>Tela roja</translation>
    </message>
    <message>
      <source>Brass</source>
      <translation>Latón</translation>
    </message>
    <message>
      <source>Colour of the hint</source>
      <translation>Color de la indicación</translation>
    </message>
    <message>
      <source>Colour as #rrggbb</source>
      <translation>Color como #rrggbb</translation>
    </message>
    <message>
      <source>Recent colour {colour}</source>
      <translation>Color reciente {colour}</translation>
    </message>
    <message>
      <source>&amp;From the picture</source>
      <translation>&amp;De la imagen</translation>
    </message>
    <message>
      <source>Take the colour from a place in the picture.</source>
      <translation>Tomar el color de un punto de la imagen.</translation>
    </message>
    <message>
      <source>Only colours that this brightness allows are shown.</source>
      <translation>Solo se muestran los colores posibles con este brillo.</translation>
    </message>
    <message>
      <source>Familiar colours</source>
      <translation>Colores habituales</translation>
    </message>
    <message>
      <source>Recent colours</source>
      <translation>Colores recientes</translation>
    </message>
    <message>
      <source>&amp;Use colour</source>
      <translation>&amp;Usar color</translation>
    </message>
    <message>
      <source>Click a colour in the picture, or press Esc to go back.</source>
      <translation>Haga clic en un color de la imagen, o pulse Esc para volver.</translation>
    </message>
  </context>
  <context>
    <name>Host</name>
    <message>
      <source>Picture from the editor</source>
      <translation>Imagen del editor</translation>
    </message>
    <message>
      <source>The window was closed, and nothing was changed.</source>
      <translation>Se cerró la ventana y no se ha cambiado nada.</translation>
    </message>
  </context>
  <context>
    <name>Menu</name>
    <message>
      <source>&amp;File</source>
      <translation>&amp;Archivo</translation>
    </message>
    <message>
      <source>&amp;Edit</source>
      <translation>&amp;Editar</translation>
    </message>
    <message>
      <source>&amp;View</source>
      <translation>&amp;Ver</translation>
    </message>
    <message>
      <source>Fi&amp;lter</source>
      <translation>&amp;Filtros</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>&amp;Cola</translation>
    </message>
    <message>
      <source>&amp;Help</source>
      <translation>A&amp;yuda</translation>
    </message>
  </context>
  <context>
    <name>ModelChoice</name>
    <message>
      <source>Model</source>
      <translation>Modelo</translation>
    </message>
    <message>
      <source>Which network does it: your own, or one that is shipped.</source>
      <translation>Qué red lo hace: la suya o una de las incluidas.</translation>
    </message>
    <message>
      <source>Whichever fits</source>
      <translation>La que convenga</translation>
    </message>
  </context>
  <context>
    <name>Notice</name>
    <message>
      <source>Dismiss</source>
      <translation>Descartar</translation>
    </message>
  </context>
  <context>
    <name>Painting</name>
    <message>
      <source>Paint on the picture</source>
      <translation>Pintar sobre la imagen</translation>
    </message>
    <message>
      <source>Clear &amp;painting</source>
      <translation>Borrar lo &amp;pintado</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Size of the brush</source>
      <translation>Tamaño del pincel</translation>
    </message>
    <message>
      <source>&amp;Brush</source>
      <translation>&amp;Pincel</translation>
    </message>
  </context>
  <context>
    <name>PanelStack</name>
    <message>
      <source>No model for this is installed; the doctor tells where models belong.</source>
      <translation>No hay ningún modelo instalado para esto; el diagnóstico dice dónde van los modelos.</translation>
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
      <translation>Según la imagen.</translation>
    </message>
  </context>
  <context>
    <name>Preview</name>
    <message>
      <source>Previewing the rest of the picture</source>
      <translation>Vista previa del resto de la imagen</translation>
    </message>
    <message>
      <source>Previewing what is in view</source>
      <translation>Vista previa de lo visible</translation>
    </message>
  </context>
  <context>
    <name>Queue</name>
    <message>
      <source>less than a minute left</source>
      <translation>menos de un minuto restante</translation>
    </message>
    <message>
      <source>about {minutes} min left</source>
      <translation>unos {minutes} min restantes</translation>
    </message>
    <message>
      <source>about {hours} h {minutes} min left</source>
      <translation>unas {hours} h {minutes} min restantes</translation>
    </message>
    <message>
      <source>Add pictures</source>
      <translation>Añadir imágenes</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>Imágenes</translation>
    </message>
    <message>
      <source>Add folder</source>
      <translation>Añadir carpeta</translation>
    </message>
    <message>
      <source>Results &amp;go to</source>
      <translation>&amp;Guardar resultados en</translation>
    </message>
    <message>
      <source>For&amp;mat</source>
      <translation>For&amp;mato</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>&amp;Calidad</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>E&amp;xaminar…</translation>
    </message>
    <message>
      <source>Choose the folder for results</source>
      <translation>Elegir la carpeta de resultados</translation>
    </message>
    <message>
      <source>As the picture</source>
      <translation>Como la imagen</translation>
    </message>
    <message>
      <source>Quality of JPEG, WebP, AVIF and JPEG XL results.</source>
      <translation>Calidad de los resultados JPEG, WebP, AVIF y JPEG XL.</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>Carpeta de resultados</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>En espera</translation>
    </message>
    <message>
      <source>Running: {percent} %</source>
      <translation>En curso: {percent} %</translation>
    </message>
    <message>
      <source>Done in {seconds} s: {name}</source>
      <translation>Terminada en {seconds} s: {name}</translation>
    </message>
    <message>
      <source>Cancelled</source>
      <translation>Cancelada</translation>
    </message>
    <message>
      <source>paused</source>
      <translation>en pausa</translation>
    </message>
    <message>
      <source>{done} of {total} done</source>
      <translation>{done} de {total} terminadas</translation>
    </message>
    <message>
      <source>{failed} failed</source>
      <translation>{failed} con error</translation>
    </message>
    <message>
      <source>There are no new pictures in what was added.</source>
      <translation>No hay imágenes nuevas en lo que se ha añadido.</translation>
    </message>
    <message>
      <source>Progress of the queue</source>
      <translation>Progreso de la cola</translation>
    </message>
    <message>
      <source>Remove &amp;finished</source>
      <translation>Quitar las &amp;terminadas</translation>
    </message>
    <message>
      <source>Take finished pictures off the list; files stay.</source>
      <translation>Quitar de la lista las imágenes terminadas; los archivos se conservan.</translation>
    </message>
    <message>
      <source>&amp;Open result</source>
      <translation>&amp;Abrir resultado</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>Mostrar en la &amp;carpeta</translation>
    </message>
    <message>
      <source>Re&amp;move from list</source>
      <translation>&amp;Quitar de la lista</translation>
    </message>
    <message>
      <source>Queue: {name}, {number} of {total}</source>
      <translation>Cola: {name}, {number} de {total}</translation>
    </message>
    <message>
      <source>Saving {name}</source>
      <translation>Guardando {name}</translation>
    </message>
    <message>
      <source>, {count} more waiting</source>
      <translation>, {count} más en espera</translation>
    </message>
    <message>
      <source>Pictures in the queue</source>
      <translation>Imágenes en la cola</translation>
    </message>
    <message>
      <source>Drop pictures or folders here.</source>
      <translation>Suelte aquí imágenes o carpetas.</translation>
    </message>
    <message>
      <source>The recipe has no steps; choose a filter first.</source>
      <translation>La receta no tiene pasos; elija primero un filtro.</translation>
    </message>
    <message>
      <source>The queue is done: {summary}</source>
      <translation>La cola ha terminado: {summary}</translation>
    </message>
    <message>
      <source>The engine stopped at {name}; it was started again.</source>
      <translation>El motor se detuvo con {name}; se ha reiniciado.</translation>
    </message>
  </context>
  <context>
    <name>Recipes</name>
    <message>
      <source>Open recipe</source>
      <translation>Abrir receta</translation>
    </message>
    <message>
      <source>Save recipe</source>
      <translation>Guardar receta</translation>
    </message>
    <message>
      <source>The steps hold colour hints or strokes that belong to this picture.</source>
      <translation>Los pasos contienen indicaciones de color o trazos propios de esta imagen.</translation>
    </message>
    <message>
      <source>Leave them out if the recipe is for other pictures too.</source>
      <translation>Omítalos si la receta es también para otras imágenes.</translation>
    </message>
    <message>
      <source>&amp;Keep them</source>
      <translation>&amp;Conservar</translation>
    </message>
    <message>
      <source>&amp;Leave them out</source>
      <translation>&amp;Omitir</translation>
    </message>
    <message>
      <source>Recipes</source>
      <translation>Recetas</translation>
    </message>
  </context>
  <context>
    <name>RestorePanel</name>
    <message>
      <source>&amp;Turn into steps</source>
      <translation>Convertir en &amp;pasos</translation>
    </message>
    <message>
      <source>Switch on what is proposed, to be changed, and saved as a recipe.</source>
      <translation>Activar lo propuesto, para modificarlo y guardarlo como receta.</translation>
    </message>
    <message>
      <source>Looking at the picture…</source>
      <translation>Examinando la imagen…</translation>
    </message>
    <message>
      <source>Nothing was found that needs doing.</source>
      <translation>No se ha encontrado nada que hacer.</translation>
    </message>
    <message>
      <source>Proposed: {steps}</source>
      <translation>Propuesto: {steps}</translation>
    </message>
  </context>
  <context>
    <name>SaveDialog</name>
    <message>
      <source>Save as</source>
      <translation>Guardar como</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>E&amp;xaminar…</translation>
    </message>
    <message>
      <source>8 bits a channel</source>
      <translation>8 bits por canal</translation>
    </message>
    <message>
      <source>16 bits a channel</source>
      <translation>16 bits por canal</translation>
    </message>
    <message>
      <source>half the resolution below quality 90</source>
      <translation>mitad de resolución por debajo de calidad 90</translation>
    </message>
    <message>
      <source>full resolution</source>
      <translation>resolución completa</translation>
    </message>
    <message>
      <source>half the resolution, smaller files</source>
      <translation>mitad de resolución, archivos más pequeños</translation>
    </message>
    <message>
      <source>Of PNG: larger makes smaller files and takes longer; nothing is lost.</source>
      <translation>De PNG: un valor mayor da archivos más pequeños y tarda más; no se pierde nada.</translation>
    </message>
    <message>
      <source>not stated</source>
      <translation>sin indicar</translation>
    </message>
    <message>
      <source> dpi</source>
      <translation> ppp</translation>
    </message>
    <message>
      <source>How large it is printed; the pixels stay the same. 0 leaves it out.</source>
      <translation>A qué tamaño se imprime; los píxeles no cambian. Con 0 no se indica.</translation>
    </message>
    <message>
      <source>Keep &amp;camera data (EXIF, XMP)</source>
      <translation>Conservar los datos de la cá&amp;mara (EXIF, XMP)</translation>
    </message>
    <message>
      <source>Camera, date and place. The colour profile is always kept.</source>
      <translation>Cámara, fecha y lugar. El perfil de color siempre se conserva.</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>Calidad</translation>
    </message>
    <message>
      <source>Choose a folder and a name</source>
      <translation>Elegir carpeta y nombre</translation>
    </message>
    <message>
      <source>&amp;Save</source>
      <translation>&amp;Guardar</translation>
    </message>
    <message>
      <source>&amp;Name</source>
      <translation>&amp;Nombre</translation>
    </message>
    <message>
      <source>F&amp;older</source>
      <translation>Car&amp;peta</translation>
    </message>
    <message>
      <source>&amp;Format</source>
      <translation>&amp;Formato</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>&amp;Calidad</translation>
    </message>
    <message>
      <source>Co&amp;lours</source>
      <translation>Co&amp;lores</translation>
    </message>
    <message>
      <source>Co&amp;mpression</source>
      <translation>Comp&amp;resión</translation>
    </message>
    <message>
      <source>&amp;Depth</source>
      <translation>Profun&amp;didad</translation>
    </message>
    <message>
      <source>&amp;Resolution</source>
      <translation>Res&amp;olución</translation>
    </message>
    <message>
      <source>{name} exists already.</source>
      <translation>{name} ya existe.</translation>
    </message>
    <message>
      <source>Replace it with the new picture?</source>
      <translation>¿Sustituirla por la nueva imagen?</translation>
    </message>
    <message>
      <source>&amp;Replace</source>
      <translation>&amp;Sustituir</translation>
    </message>
    <message>
      <source>{format} has no transparency: the picture is laid on white.</source>
      <translation>{format} no admite transparencia: la imagen se coloca sobre blanco.</translation>
    </message>
    <message>
      <source>{format} has 8 bits a channel: the picture's 16 are rounded.</source>
      <translation>{format} tiene 8 bits por canal: los 16 de la imagen se redondean.</translation>
    </message>
    <message>
      <source>PNG: lossless, 8 or 16 bits</source>
      <translation>PNG: sin pérdida, 8 o 16 bits</translation>
    </message>
    <message>
      <source>JPEG: small files, for photographs</source>
      <translation>JPEG: archivos pequeños, para fotografías</translation>
    </message>
    <message>
      <source>WebP: smaller still; lossless at quality 100</source>
      <translation>WebP: aún más pequeño; sin pérdida con calidad 100</translation>
    </message>
    <message>
      <source>TIFF: lossless, 8 or 16 bits, for print</source>
      <translation>TIFF: sin pérdida, 8 o 16 bits, para impresión</translation>
    </message>
    <message>
      <source>AVIF: the smallest files, 8 bits</source>
      <translation>AVIF: los archivos más pequeños, 8 bits</translation>
    </message>
    <message>
      <source>JPEG XL: small files, 8 or 16 bits</source>
      <translation>JPEG XL: archivos pequeños, 8 o 16 bits</translation>
    </message>
    <message>
      <source>picture</source>
      <translation>imagen</translation>
    </message>
    <message>
      <source>Give the file a name.</source>
      <translation>Dé un nombre al archivo.</translation>
    </message>
    <message>
      <source>The folder {folder} does not exist; choose another.</source>
      <translation>La carpeta {folder} no existe; elija otra.</translation>
    </message>
    <message>
      <source>The name is too long; give the file a shorter one.</source>
      <translation>El nombre es demasiado largo; dele al archivo uno más corto.</translation>
    </message>
    <message>
      <source>{name} is a folder; give the file another name.</source>
      <translation>{name} es una carpeta; dé otro nombre al archivo.</translation>
    </message>
    <message>
      <source>The folder {folder} may not be written to; choose another.</source>
      <translation>No se permite escribir en la carpeta {folder}; elija otra.</translation>
    </message>
    <message>
      <source>A {format} file holds at most {most} pixels a side, and this picture has {width} × {height}; choose PNG or TIFF.</source>
      <translation>Un archivo {format} admite como máximo {most} píxeles por lado, y esta imagen tiene {width} × {height}; elija PNG o TIFF.</translation>
    </message>
  </context>
  <context>
    <name>ShortcutSheet</name>
    <message>
      <source>Keyboard shortcuts</source>
      <translation>Atajos de teclado</translation>
    </message>
    <message>
      <source>Search for a command or a key</source>
      <translation>Buscar un comando o una tecla</translation>
    </message>
    <message>
      <source>Command</source>
      <translation>Comando</translation>
    </message>
    <message>
      <source>Keys</source>
      <translation>Teclas</translation>
    </message>
    <message>
      <source>Commands and their keys</source>
      <translation>Comandos y sus teclas</translation>
    </message>
    <message>
      <source>Keys on the picture</source>
      <translation>Teclas sobre la imagen</translation>
    </message>
    <message>
      <source>Mouse</source>
      <translation>Ratón</translation>
    </message>
    <message>
      <source>Arrow keys</source>
      <translation>Flechas</translation>
    </message>
    <message>
      <source>Move the picture</source>
      <translation>Mover la imagen</translation>
    </message>
    <message>
      <source>With Shift, further.</source>
      <translation>Con Mayús, más lejos.</translation>
    </message>
    <message>
      <source>Move the divider of the split view</source>
      <translation>Mover el divisor de la vista dividida</translation>
    </message>
    <message>
      <source>Move the chosen tool</source>
      <translation>Mover la herramienta elegida</translation>
    </message>
    <message>
      <source>With Shift, in small steps.</source>
      <translation>Con Mayús, en pasos pequeños.</translation>
    </message>
    <message>
      <source>Use the chosen tool</source>
      <translation>Aplicar la herramienta elegida</translation>
    </message>
    <message>
      <source>Place a hint, or paint, where the crosshair is.</source>
      <translation>Colocar una indicación, o pintar, donde está la cruz.</translation>
    </message>
    <message>
      <source>Zoom around the pointer</source>
      <translation>Zoom alrededor del puntero</translation>
    </message>
    <message>
      <source>Turn the wheel</source>
      <translation>Girar la rueda</translation>
    </message>
    <message>
      <source>Drag</source>
      <translation>Arrastrar</translation>
    </message>
    <message>
      <source>Move the picture with any tool</source>
      <translation>Mover la imagen con cualquier herramienta</translation>
    </message>
    <message>
      <source>Hold Space and drag</source>
      <translation>Mantener Espacio y arrastrar</translation>
    </message>
    <message>
      <source>Whole picture, or actual pixels</source>
      <translation>Imagen completa o píxeles reales</translation>
    </message>
    <message>
      <source>Double-click</source>
      <translation>Doble clic</translation>
    </message>
    <message>
      <source>Change the colour of a hint</source>
      <translation>Cambiar el color de una indicación</translation>
    </message>
    <message>
      <source>Double-click the hint</source>
      <translation>Doble clic en la indicación</translation>
    </message>
    <message>
      <source>Compare in split view</source>
      <translation>Comparar en vista dividida</translation>
    </message>
    <message>
      <source>Drag the divider</source>
      <translation>Arrastrar el divisor</translation>
    </message>
    <message>
      <source>Open pictures</source>
      <translation>Abrir imágenes</translation>
    </message>
    <message>
      <source>Drop files on the window</source>
      <translation>Soltar archivos en la ventana</translation>
    </message>
  </context>
  <context>
    <name>StatusBar</name>
    <message>
      <source>Progress</source>
      <translation>Progreso</translation>
    </message>
    <message>
      <source>What can be done next</source>
      <translation>Qué se puede hacer a continuación</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Detener</translation>
    </message>
    <message>
      <source>{percent} %</source>
      <translation>{percent} %</translation>
    </message>
    <message>
      <source>Click for the doctor's findings.</source>
      <translation>Haga clic para ver el diagnóstico.</translation>
    </message>
    <message>
      <source>Engine is starting</source>
      <translation>Iniciando el motor</translation>
    </message>
    <message>
      <source>{device}, not the GPU</source>
      <translation>{device}, no la GPU</translation>
    </message>
    <message>
      <source>Device: {device}</source>
      <translation>Dispositivo: {device}</translation>
    </message>
  </context>
  <context>
    <name>ToolBar</name>
    <message>
      <source>Tools</source>
      <translation>Herramientas</translation>
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
      <translation>Ajustar</translation>
    </message>
    <message>
      <source>Hold: before</source>
      <translation>Mantener: antes</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Abrir</translation>
    </message>
    <message>
      <source>Result</source>
      <translation>Resultado</translation>
    </message>
    <message>
      <source>Save as</source>
      <translation>Guardar como</translation>
    </message>
    <message>
      <source>Side by side</source>
      <translation>Lado a lado</translation>
    </message>
    <message>
      <source>Split</source>
      <translation>Dividida</translation>
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
      <translation>Amplía hasta cuatro veces.</translation>
    </message>
    <message>
      <source>&amp;Detail</source>
      <translation>&amp;Detalle</translation>
    </message>
    <message>
      <source>0 is faithful to the picture, 100 invents convincing texture.</source>
      <translation>0 es fiel a la imagen, 100 inventa texturas convincentes.</translation>
    </message>
    <message>
      <source>Stre&amp;ngth</source>
      <translation>Inte&amp;nsidad</translation>
    </message>
    <message>
      <source>0 is plain enlargement, 100 the model's result.</source>
      <translation>0 es una ampliación simple, 100 el resultado del modelo.</translation>
    </message>
    <message>
      <source>&amp;Width</source>
      <translation>Anc&amp;hura</translation>
    </message>
    <message>
      <source>&amp;Height</source>
      <translation>Al&amp;tura</translation>
    </message>
    <message>
      <source>{side} of the result in pixels</source>
      <translation>{side} del resultado en píxeles</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Width and height keep the picture's proportions.</source>
      <translation>La anchura y la altura mantienen las proporciones de la imagen.</translation>
    </message>
    <message>
      <source>Enlarge {scale} times</source>
      <translation>Ampliar {scale} veces</translation>
    </message>
  </context>
  <context>
    <name>Welcome</name>
    <message>
      <source>Drop a picture here</source>
      <translation>Suelte una imagen aquí</translation>
    </message>
    <message>
      <source>or paste one, or choose a file. A folder goes into the queue.</source>
      <translation>o pegue una, o elija un archivo. Una carpeta va a la cola.</translation>
    </message>
    <message>
      <source>Recent pictures</source>
      <translation>Imágenes recientes</translation>
    </message>
  </context>
  <context>
    <name>Window</name>
    <message>
      <source>the window</source>
      <translation>la ventana</translation>
    </message>
    <message>
      <source>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;Enlarges, cleans and colours pictures, on this computer alone.&lt;/p&gt;&lt;p&gt;Free software under the GNU General Public License, version 3 or later.&lt;/p&gt;</source>
      <translation>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;Amplía, limpia y colorea imágenes, solo en este equipo.&lt;/p&gt;&lt;p&gt;Software libre bajo la Licencia Pública General de GNU, versión 3 o posterior.&lt;/p&gt;</translation>
    </message>
    <message>
      <source>About Unfade</source>
      <translation>Acerca de Unfade</translation>
    </message>
    <message>
      <source>Making the whole result</source>
      <translation>Generando el resultado completo</translation>
    </message>
    <message>
      <source>The result is on the clipboard.</source>
      <translation>El resultado está en el portapapeles.</translation>
    </message>
    <message>
      <source>Choose a filter first.</source>
      <translation>Elija primero un filtro.</translation>
    </message>
    <message>
      <source>Open picture</source>
      <translation>Abrir imagen</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>Imágenes</translation>
    </message>
    <message>
      <source>This is the last picture of the folder.</source>
      <translation>Esta es la última imagen de la carpeta.</translation>
    </message>
    <message>
      <source>This is the first picture of the folder.</source>
      <translation>Esta es la primera imagen de la carpeta.</translation>
    </message>
    <message>
      <source>Pasted picture</source>
      <translation>Imagen pegada</translation>
    </message>
    <message>
      <source>There is no picture on the clipboard.</source>
      <translation>No hay ninguna imagen en el portapapeles.</translation>
    </message>
    <message>
      <source>Try again</source>
      <translation>Reintentar</translation>
    </message>
    <message>
      <source>The preview was stopped.</source>
      <translation>La vista previa se ha detenido.</translation>
    </message>
    <message>
      <source>Go on</source>
      <translation>Continuar</translation>
    </message>
    <message>
      <source>Start it again</source>
      <translation>Reiniciar</translation>
    </message>
    <message>
      <source>Opening…</source>
      <translation>Abriendo…</translation>
    </message>
    <message>
      <source>Saved as {path}.</source>
      <translation>Guardado como {path}.</translation>
    </message>
    <message>
      <source>Show in folder</source>
      <translation>Mostrar en la carpeta</translation>
    </message>
    <message>
      <source>Pictures of last time that wait in the queue: {count}.</source>
      <translation>Imágenes de la última vez que esperan en la cola: {count}.</translation>
    </message>
    <message>
      <source>Start</source>
      <translation>Iniciar</translation>
    </message>
    <message>
      <source>It was started again; your settings are all there.</source>
      <translation>Se ha reiniciado; sus ajustes siguen ahí.</translation>
    </message>
    <message>
      <source>The folder of {name} may not be written to; what is marked on it is kept in {folder}.</source>
      <translation>No se puede escribir en la carpeta de {name}; lo marcado en la imagen se guarda en {folder}.</translation>
    </message>
    <message>
      <source>Stopped: {name} was not saved.</source>
      <translation>Detenido: {name} no se ha guardado.</translation>
    </message>
    <message>
      <source>Queue</source>
      <translation>Cola</translation>
    </message>
    <message>
      <source>As the &amp;system</source>
      <translation>Como el &amp;sistema</translation>
    </message>
    <message>
      <source>&amp;Light</source>
      <translation>&amp;Claro</translation>
    </message>
    <message>
      <source>&amp;Dark</source>
      <translation>&amp;Oscuro</translation>
    </message>
    <message>
      <source>&amp;Theme</source>
      <translation>A&amp;specto</translation>
    </message>
    <message>
      <source>Lan&amp;guage</source>
      <translation>&amp;Idioma</translation>
    </message>
    <message>
      <source>Open &amp;recent</source>
      <translation>Abrir reci&amp;ente</translation>
    </message>
    <message>
      <source>&amp;Forget these</source>
      <translation>&amp;Vaciar la lista</translation>
    </message>
    <message>
      <source>Dropped picture</source>
      <translation>Imagen soltada</translation>
    </message>
    <message>
      <source>{name} is not saved yet.</source>
      <translation>{name} aún no se ha guardado.</translation>
    </message>
    <message>
      <source>{count} pictures are not saved yet.</source>
      <translation>{count} imágenes aún no se han guardado.</translation>
    </message>
    <message>
      <source>What is stopped waits in the queue at the next start.</source>
      <translation>Lo que se detenga esperará en la cola al iniciar de nuevo.</translation>
    </message>
    <message>
      <source>&amp;Save and close</source>
      <translation>&amp;Guardar y cerrar</translation>
    </message>
    <message>
      <source>S&amp;top and close</source>
      <translation>&amp;Detener y cerrar</translation>
    </message>
    <message>
      <source>St&amp;ay</source>
      <translation>&amp;Permanecer</translation>
    </message>
    <message>
      <source>The window closes when all is saved.</source>
      <translation>La ventana se cerrará cuando todo esté guardado.</translation>
    </message>
  </context>
</TS>
