<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
  <context>
    <name>Canvas</name>
    <message>
      <source>After</source>
      <translation>处理后</translation>
    </message>
    <message>
      <source>Before</source>
      <translation>处理前</translation>
    </message>
    <message>
      <source>Picture, before and after</source>
      <translation>图片，处理前后</translation>
    </message>
    <message>
      <source>Arrow keys move the picture; with a tool, a crosshair. Enter uses the tool there.</source>
      <translation>方向键移动图片；使用工具时移动十字准线。按 Enter 在该处使用工具。</translation>
    </message>
  </context>
  <context>
    <name>ColorizePanel</name>
    <message>
      <source>S&amp;aturation</source>
      <translation>饱和度(&amp;A)</translation>
    </message>
    <message>
      <source>0 is gray, 100 the model's colours, 200 twice as much.</source>
      <translation>0 为灰度，100 为模型的颜色，200 为两倍。</translation>
    </message>
    <message>
      <source>Stren&amp;gth</source>
      <translation>强度(&amp;G)</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the coloured one.</source>
      <translation>0 为原图，100 为上色后的图片。</translation>
    </message>
    <message>
      <source>Colours black-and-white pictures; hints tell it what you know.</source>
      <translation>为黑白图片上色；颜色提示可告知您已知的颜色。</translation>
    </message>
    <message>
      <source>This picture is in colour already; its colours would be replaced.</source>
      <translation>此图片已是彩色；其颜色将被替换。</translation>
    </message>
    <message>
      <source>C&amp;olour…</source>
      <translation>颜色(&amp;O)…</translation>
    </message>
    <message>
      <source>Change the colour of the chosen hint.</source>
      <translation>更改选中提示的颜色。</translation>
    </message>
    <message>
      <source>Clear hin&amp;ts</source>
      <translation>清除提示(&amp;T)</translation>
    </message>
    <message>
      <source>Click the picture with the tool to say what colour it is there.</source>
      <translation>用工具单击图片，指明该处的颜色。</translation>
    </message>
    <message>
      <source>Hints: {count}</source>
      <translation>颜色提示：{count}</translation>
    </message>
  </context>
  <context>
    <name>Command</name>
    <message>
      <source>Show or hide the panel with the filters' settings.</source>
      <translation>显示或隐藏滤镜设置面板。</translation>
    </message>
    <message>
      <source>&amp;About Unfade</source>
      <translation>关于 Unfade(&amp;A)</translation>
    </message>
    <message>
      <source>&amp;Actual pixels</source>
      <translation>实际像素(&amp;A)</translation>
    </message>
    <message>
      <source>&amp;Apply</source>
      <translation>应用(&amp;A)</translation>
    </message>
    <message>
      <source>&amp;Cancel</source>
      <translation>取消(&amp;C)</translation>
    </message>
    <message>
      <source>&amp;Close picture</source>
      <translation>关闭图片(&amp;C)</translation>
    </message>
    <message>
      <source>&amp;Colorize</source>
      <translation>上色(&amp;C)</translation>
    </message>
    <message>
      <source>&amp;Copy result</source>
      <translation>复制结果(&amp;C)</translation>
    </message>
    <message>
      <source>&amp;De-artifact</source>
      <translation>去除瑕疵(&amp;D)</translation>
    </message>
    <message>
      <source>&amp;Delete colour hint</source>
      <translation>删除颜色提示(&amp;D)</translation>
    </message>
    <message>
      <source>&amp;Doctor…</source>
      <translation>诊断(&amp;D)…</translation>
    </message>
    <message>
      <source>&amp;Fit in window</source>
      <translation>适合窗口(&amp;F)</translation>
    </message>
    <message>
      <source>&amp;Keep original</source>
      <translation>保留原样(&amp;K)</translation>
    </message>
    <message>
      <source>&amp;Keyboard shortcuts</source>
      <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
      <source>&amp;Larger brush</source>
      <translation>放大画笔(&amp;L)</translation>
    </message>
    <message>
      <source>&amp;Loupe</source>
      <translation>放大镜(&amp;L)</translation>
    </message>
    <message>
      <source>&amp;Mark to fill in</source>
      <translation>标记要填补之处(&amp;M)</translation>
    </message>
    <message>
      <source>&amp;Mask overlay</source>
      <translation>显示蒙版(&amp;M)</translation>
    </message>
    <message>
      <source>&amp;Next picture</source>
      <translation>下一张图片(&amp;N)</translation>
    </message>
    <message>
      <source>&amp;Open…</source>
      <translation>打开(&amp;O)…</translation>
    </message>
    <message>
      <source>&amp;Paste picture</source>
      <translation>粘贴图片(&amp;P)</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>队列(&amp;Q)</translation>
    </message>
    <message>
      <source>&amp;Quit</source>
      <translation>退出(&amp;Q)</translation>
    </message>
    <message>
      <source>&amp;Redo</source>
      <translation>重做(&amp;R)</translation>
    </message>
    <message>
      <source>&amp;Restore old photograph</source>
      <translation>修复老照片(&amp;R)</translation>
    </message>
    <message>
      <source>&amp;Result only</source>
      <translation>仅显示结果(&amp;R)</translation>
    </message>
    <message>
      <source>&amp;Retry</source>
      <translation>重试(&amp;R)</translation>
    </message>
    <message>
      <source>&amp;Save as…</source>
      <translation>另存为(&amp;S)…</translation>
    </message>
    <message>
      <source>&amp;Smaller brush</source>
      <translation>缩小画笔(&amp;S)</translation>
    </message>
    <message>
      <source>&amp;Split view</source>
      <translation>分割视图(&amp;S)</translation>
    </message>
    <message>
      <source>&amp;Start</source>
      <translation>开始(&amp;S)</translation>
    </message>
    <message>
      <source>&amp;Undo</source>
      <translation>撤销(&amp;U)</translation>
    </message>
    <message>
      <source>&amp;Upscale</source>
      <translation>放大(&amp;U)</translation>
    </message>
    <message>
      <source>Add &amp;folder…</source>
      <translation>添加文件夹(&amp;F)…</translation>
    </message>
    <message>
      <source>Add &amp;pictures…</source>
      <translation>添加图片(&amp;P)…</translation>
    </message>
    <message>
      <source>Add all pictures of a folder to the queue.</source>
      <translation>将文件夹中的所有图片添加到队列。</translation>
    </message>
    <message>
      <source>Add pictures to the queue.</source>
      <translation>将图片添加到队列。</translation>
    </message>
    <message>
      <source>Before, while &amp;held</source>
      <translation>按住显示原图(&amp;H)</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>恢复褪去的颜色。</translation>
    </message>
    <message>
      <source>Cancel the chosen pictures.</source>
      <translation>取消选中的图片。</translation>
    </message>
    <message>
      <source>Click to place a colour hint, drag to move it, double-click for its colour.</source>
      <translation>单击放置颜色提示，拖动移动，双击更改颜色。</translation>
    </message>
    <message>
      <source>Close the picture, and keep the window.</source>
      <translation>关闭图片，保留窗口。</translation>
    </message>
    <message>
      <source>Close the window.</source>
      <translation>关闭窗口。</translation>
    </message>
    <message>
      <source>Colour &amp;hints</source>
      <translation>颜色提示(&amp;H)</translation>
    </message>
    <message>
      <source>De&amp;noise</source>
      <translation>降噪(&amp;N)</translation>
    </message>
    <message>
      <source>Delete the colour hint that is chosen.</source>
      <translation>删除选中的颜色提示。</translation>
    </message>
    <message>
      <source>Drag to move the picture about.</source>
      <translation>拖动以移动图片。</translation>
    </message>
    <message>
      <source>Enlarge the picture.</source>
      <translation>放大图片。</translation>
    </message>
    <message>
      <source>Enlarge what is under the pointer, before and after.</source>
      <translation>放大显示指针下的区域，对比处理前后。</translation>
    </message>
    <message>
      <source>F&amp;ull screen</source>
      <translation>全屏(&amp;U)</translation>
    </message>
    <message>
      <source>Filter &amp;panel</source>
      <translation>滤镜面板(&amp;P)</translation>
    </message>
    <message>
      <source>Finish the picture that is running and begin no other.</source>
      <translation>完成当前图片后不再开始下一张。</translation>
    </message>
    <message>
      <source>Give a black-and-white picture colour.</source>
      <translation>为黑白图片上色。</translation>
    </message>
    <message>
      <source>Give the window the whole screen.</source>
      <translation>让窗口占满整个屏幕。</translation>
    </message>
    <message>
      <source>Hand the result back to the editor.</source>
      <translation>将结果返回给图像编辑器。</translation>
    </message>
    <message>
      <source>Keep the steps and their settings in a recipe file.</source>
      <translation>将步骤及其设置保存到配方文件。</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>检查老照片需要什么处理，并加以处理。</translation>
    </message>
    <message>
      <source>Make the change again that was taken back.</source>
      <translation>重做已撤销的更改。</translation>
    </message>
    <message>
      <source>Move &amp;picture</source>
      <translation>移动图片(&amp;P)</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>打开日志文件(&amp;L)</translation>
    </message>
    <message>
      <source>Open a picture.</source>
      <translation>打开一张图片。</translation>
    </message>
    <message>
      <source>Open recip&amp;e…</source>
      <translation>打开配方(&amp;R)…</translation>
    </message>
    <message>
      <source>Open the folder of what was saved last.</source>
      <translation>打开最近一次保存所在的文件夹。</translation>
    </message>
    <message>
      <source>Open the log, which a bug report needs.</source>
      <translation>打开日志，报告问题时需要它。</translation>
    </message>
    <message>
      <source>Open the next picture of the folder.</source>
      <translation>打开文件夹中的下一张图片。</translation>
    </message>
    <message>
      <source>Open the picture before this one in the folder.</source>
      <translation>打开文件夹中的上一张图片。</translation>
    </message>
    <message>
      <source>Open the picture that is on the clipboard.</source>
      <translation>打开剪贴板中的图片。</translation>
    </message>
    <message>
      <source>Pa&amp;use</source>
      <translation>暂停(&amp;U)</translation>
    </message>
    <message>
      <source>Paint over a watermark, or damage, to have it filled in.</source>
      <translation>涂抹水印或损伤，使其被填补。</translation>
    </message>
    <message>
      <source>Paint over what is to stay as it is.</source>
      <translation>涂抹需要保持不变的部分。</translation>
    </message>
    <message>
      <source>Paint with a larger brush.</source>
      <translation>使用更大的画笔。</translation>
    </message>
    <message>
      <source>Paint with a smaller brush.</source>
      <translation>使用更小的画笔。</translation>
    </message>
    <message>
      <source>Pre&amp;vious picture</source>
      <translation>上一张图片(&amp;V)</translation>
    </message>
    <message>
      <source>Put the result on the clipboard.</source>
      <translation>将结果复制到剪贴板。</translation>
    </message>
    <message>
      <source>R&amp;evive</source>
      <translation>恢复褪色(&amp;E)</translation>
    </message>
    <message>
      <source>Repa&amp;ir</source>
      <translation>修补(&amp;I)</translation>
    </message>
    <message>
      <source>Reset &amp;settings</source>
      <translation>重置设置(&amp;S)</translation>
    </message>
    <message>
      <source>Run the chosen pictures that failed or were cancelled again.</source>
      <translation>重新处理选中的失败或已取消的图片。</translation>
    </message>
    <message>
      <source>Run the recipe on the pictures that wait.</source>
      <translation>对等待中的图片运行配方。</translation>
    </message>
    <message>
      <source>S&amp;top</source>
      <translation>停止(&amp;T)</translation>
    </message>
    <message>
      <source>Save rec&amp;ipe…</source>
      <translation>保存配方(&amp;I)…</translation>
    </message>
    <message>
      <source>Save the result as a picture file.</source>
      <translation>将结果保存为图片文件。</translation>
    </message>
    <message>
      <source>Set this step back to its defaults.</source>
      <translation>将此步骤恢复为默认值。</translation>
    </message>
    <message>
      <source>Show before and after in one picture, with a divider to drag.</source>
      <translation>在同一图片中显示处理前后，可拖动分隔线。</translation>
    </message>
    <message>
      <source>Show before and after next to each other.</source>
      <translation>并排显示处理前后。</translation>
    </message>
    <message>
      <source>Show every command and its keys.</source>
      <translation>显示所有命令及其按键。</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>在文件夹中显示(&amp;F)</translation>
    </message>
    <message>
      <source>Show in colour what was found or painted over.</source>
      <translation>用颜色显示检测到或涂抹过的地方。</translation>
    </message>
    <message>
      <source>Show one pixel of the result as one pixel of the screen.</source>
      <translation>结果的一个像素对应屏幕的一个像素。</translation>
    </message>
    <message>
      <source>Show or hide the queue of pictures.</source>
      <translation>显示或隐藏图片队列。</translation>
    </message>
    <message>
      <source>Show the original for as long as the key is held down.</source>
      <translation>按住按键时显示原图。</translation>
    </message>
    <message>
      <source>Show the picture larger.</source>
      <translation>放大显示图片。</translation>
    </message>
    <message>
      <source>Show the picture smaller.</source>
      <translation>缩小显示图片。</translation>
    </message>
    <message>
      <source>Show the result alone.</source>
      <translation>只显示处理结果。</translation>
    </message>
    <message>
      <source>Show the version and the licence.</source>
      <translation>显示版本和许可证。</translation>
    </message>
    <message>
      <source>Show the whole picture.</source>
      <translation>显示整张图片。</translation>
    </message>
    <message>
      <source>Show which device runs, why not the GPU, and which models there are.</source>
      <translation>显示当前使用的设备、未使用 GPU 的原因以及可用模型。</translation>
    </message>
    <message>
      <source>Side &amp;by side</source>
      <translation>并排(&amp;B)</translation>
    </message>
    <message>
      <source>Stop what is being worked on.</source>
      <translation>停止正在进行的处理。</translation>
    </message>
    <message>
      <source>Take compression artifacts away.</source>
      <translation>去除压缩瑕疵。</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>去除胶片颗粒和传感器噪点。</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>去除老照片上的划痕、灰尘、毛发、折痕和污渍。</translation>
    </message>
    <message>
      <source>Take the last change of the settings back.</source>
      <translation>撤销上一次设置更改。</translation>
    </message>
    <message>
      <source>Take the steps and their settings from a recipe file.</source>
      <translation>从配方文件载入步骤及其设置。</translation>
    </message>
    <message>
      <source>Zoom &amp;in</source>
      <translation>放大显示(&amp;I)</translation>
    </message>
    <message>
      <source>Zoom &amp;out</source>
      <translation>缩小显示(&amp;O)</translation>
    </message>
  </context>
  <context>
    <name>DeartifactPanel</name>
    <message>
      <source>&amp;Strength</source>
      <translation>强度(&amp;S)</translation>
    </message>
    <message>
      <source>0 is the picture as it was, 100 the model's result.</source>
      <translation>0 为原图，100 为模型的结果。</translation>
    </message>
    <message>
      <source>Takes compression artifacts away, and text watermarks if you wish.</source>
      <translation>去除压缩瑕疵，也可去除文字水印。</translation>
    </message>
    <message>
      <source>Takes compression artifacts away.</source>
      <translation>去除压缩瑕疵。</translation>
    </message>
    <message>
      <source>A watermark seems to be here.</source>
      <translation>此处似乎有水印。</translation>
    </message>
    <message>
      <source>Take it &amp;off</source>
      <translation>去除(&amp;O)</translation>
    </message>
    <message>
      <source>&amp;Remove text watermarks</source>
      <translation>去除文字水印(&amp;R)</translation>
    </message>
    <message>
      <source>This model does not find watermarks; paint over one to have it filled in.</source>
      <translation>此模型不检测水印；涂抹水印即可将其填补。</translation>
    </message>
    <message>
      <source>No watermark was found that comes off cleanly; paint over one to have it filled in.</source>
      <translation>没有找到可以干净去除的水印；请涂抹水印以将其填补。</translation>
    </message>
    <message>
      <source>S&amp;how where they were found</source>
      <translation>显示检测到的位置(&amp;H)</translation>
    </message>
    <message>
      <source>S&amp;how what is painted over</source>
      <translation>显示涂抹之处(&amp;H)</translation>
    </message>
  </context>
  <context>
    <name>Doctor</name>
    <message>
      <source>Doctor</source>
      <translation>诊断</translation>
    </message>
    <message>
      <source>Looking at devices and models…</source>
      <translation>正在检查设备和模型…</translation>
    </message>
    <message>
      <source>&amp;Copy report</source>
      <translation>复制报告(&amp;C)</translation>
    </message>
    <message>
      <source>Put the findings on the clipboard, for a bug report.</source>
      <translation>将检查结果复制到剪贴板，用于报告问题。</translation>
    </message>
    <message>
      <source>Open &amp;log file</source>
      <translation>打开日志文件(&amp;L)</translation>
    </message>
    <message>
      <source>The doctor gave no answer; run “unfade doctor” in a terminal to see why.</source>
      <translation>诊断没有响应；请在终端运行“unfade doctor”查看原因。</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>是</translation>
    </message>
    <message>
      <source>no</source>
      <translation>否</translation>
    </message>
    <message>
      <source>cannot be used</source>
      <translation>无法使用</translation>
    </message>
    <message>
      <source>Devices, the first that works is used</source>
      <translation>设备（使用第一个可用的）</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>模型</translation>
    </message>
    <message>
      <source>Versions</source>
      <translation>版本</translation>
    </message>
    <message>
      <source>Places</source>
      <translation>位置</translation>
    </message>
    <message>
      <source>There are no models; install Unfade again.</source>
      <translation>没有模型；请重新安装 Unfade。</translation>
    </message>
    <message>
      <source>These models cannot be used: {names}.</source>
      <translation>以下模型无法使用：{names}。</translation>
    </message>
    <message>
      <source>All models can be used. They run on {device}.</source>
      <translation>所有模型均可使用，运行于 {device}。</translation>
    </message>
    <message>
      <source>Findings</source>
      <translation>检查结果</translation>
    </message>
  </context>
  <context>
    <name>Editor</name>
    <message>
      <source>Repeat last</source>
      <translation>重复上一次</translation>
    </message>
  </context>
  <context>
    <name>Engine</name>
    <message>
      <source>Unfade's engine stopped unexpectedly; try again, with a smaller picture if memory is short.</source>
      <translation>Unfade 的引擎意外停止；请重试，如果内存不足，请使用较小的图片。</translation>
    </message>
    <message>
      <source>Unfade's engine gave no sign of life, so it was stopped; try again.</source>
      <translation>Unfade 的引擎没有响应，已被停止；请重试。</translation>
    </message>
    <message>
      <source>There is not enough memory for this picture; close other programs and try again.</source>
      <translation>内存不足，无法处理这张图片；请关闭其他程序后重试。</translation>
    </message>
  </context>
  <context>
    <name>EngineLink</name>
    <message>
      <source>The engine is not running.</source>
      <translation>引擎未运行。</translation>
    </message>
    <message>
      <source>the picture</source>
      <translation>图片</translation>
    </message>
  </context>
  <context>
    <name>Failure</name>
    <message>
      <source>There is not enough memory for {name}; close other programs.</source>
      <translation>内存不足，无法处理{name}；请关闭其他程序。</translation>
    </message>
    <message>
      <source>Something went wrong with {name} that Unfade did not foresee ({kind}); {log} tells more.</source>
      <translation>处理{name}时发生意外错误（{kind}）；详情见 {log}。</translation>
    </message>
  </context>
  <context>
    <name>Filter</name>
    <message>
      <source>Below 0 is colder than the model's result, above 0 warmer.</source>
      <translation>小于 0 比模型的结果更冷，大于 0 更暖。</translation>
    </message>
    <message>
      <source>Below 0 is softer than the model's result, above 0 harder.</source>
      <translation>小于 0 比模型的结果更柔和，大于 0 更硬朗。</translation>
    </message>
    <message>
      <source>How much of the result's colour: from gray to twice as colourful.</source>
      <translation>结果的色彩多少：从灰度到两倍色彩。</translation>
    </message>
    <message>
      <source>Bring faded colours back.</source>
      <translation>恢复褪去的颜色。</translation>
    </message>
    <message>
      <source>Chroma</source>
      <translation>色彩噪点</translation>
    </message>
    <message>
      <source>Colorize</source>
      <translation>上色</translation>
    </message>
    <message>
      <source>Colours</source>
      <translation>颜色</translation>
    </message>
    <message>
      <source>Compression</source>
      <translation>压缩</translation>
    </message>
    <message>
      <source>Contrast</source>
      <translation>对比度</translation>
    </message>
    <message>
      <source>Damage</source>
      <translation>损伤</translation>
    </message>
    <message>
      <source>De-artifact</source>
      <translation>去除瑕疵</translation>
    </message>
    <message>
      <source>Denoise</source>
      <translation>降噪</translation>
    </message>
    <message>
      <source>Grain</source>
      <translation>颗粒</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: better, and as many times slower.</source>
      <translation>对镜像和旋转后的图片处理多少次并取平均：效果更好，耗时也成倍增加。</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, are averaged: more faithful and a little softer, and as many times slower.</source>
      <translation>对镜像和旋转后的图片处理多少次并取平均：更忠实、稍微柔和一些，耗时也成倍增加。</translation>
    </message>
    <message>
      <source>How many looks at the picture, mirrored and turned, find the damage: better, and each a fifth slower.</source>
      <translation>对镜像和旋转后的图片查找损伤多少次：效果更好，每多一次耗时增加五分之一。</translation>
    </message>
    <message>
      <source>How much new grain, of the kind that was there, the result gets.</source>
      <translation>为结果添加多少与原有颗粒同类的新颗粒。</translation>
    </message>
    <message>
      <source>How much of the noise in brightness is taken off.</source>
      <translation>去除多少亮度噪点。</translation>
    </message>
    <message>
      <source>How much of the noise in colour is taken off.</source>
      <translation>去除多少色彩噪点。</translation>
    </message>
    <message>
      <source>How much of the result replaces the picture as it was.</source>
      <translation>结果在多大程度上取代原图。</translation>
    </message>
    <message>
      <source>How strong the noise is taken to be, at most a deviation of 50 in 255; as strong as it looks when left out.</source>
      <translation>假定的噪点强度，最多为 255 级中偏差 50；留空则按图片看起来的强度。</translation>
    </message>
    <message>
      <source>Level</source>
      <translation>噪点级别</translation>
    </message>
    <message>
      <source>Look what an old photograph needs, and do that.</source>
      <translation>检查老照片需要什么处理，并加以处理。</translation>
    </message>
    <message>
      <source>Looks for JPEG artifacts, and takes them off.</source>
      <translation>查找 JPEG 瑕疵并去除。</translation>
    </message>
    <message>
      <source>Looks for faded colours, and brings them back.</source>
      <translation>查找褪去的颜色并恢复。</translation>
    </message>
    <message>
      <source>Looks for grain and noise, and takes them off.</source>
      <translation>查找颗粒和噪点并去除。</translation>
    </message>
    <message>
      <source>Looks for scratches, dust, creases and stains, and takes them off.</source>
      <translation>查找划痕、灰尘、折痕和污渍并去除。</translation>
    </message>
    <message>
      <source>Looks</source>
      <translation>处理次数</translation>
    </message>
    <message>
      <source>Luma</source>
      <translation>亮度噪点</translation>
    </message>
    <message>
      <source>Noise</source>
      <translation>噪点</translation>
    </message>
    <message>
      <source>One correction for all pictures of a run, such as a roll of film or an album.</source>
      <translation>对一批图片（如一卷胶卷或一本相册）采用同一校正。</translation>
    </message>
    <message>
      <source>Repair</source>
      <translation>修补</translation>
    </message>
    <message>
      <source>Restore old photograph</source>
      <translation>修复老照片</translation>
    </message>
    <message>
      <source>Revive</source>
      <translation>恢复褪色</translation>
    </message>
    <message>
      <source>Same for all</source>
      <translation>全部相同</translation>
    </message>
    <message>
      <source>Saturation</source>
      <translation>饱和度</translation>
    </message>
    <message>
      <source>Sensitivity</source>
      <translation>灵敏度</translation>
    </message>
    <message>
      <source>Show where damage was found</source>
      <translation>显示找到损伤的位置</translation>
    </message>
    <message>
      <source>Strength</source>
      <translation>强度</translation>
    </message>
    <message>
      <source>Take film grain and sensor noise off pictures.</source>
      <translation>去除胶片颗粒和传感器噪点。</translation>
    </message>
    <message>
      <source>Take scratches, dust, hairs, creases and stains off old photographs.</source>
      <translation>去除老照片上的划痕、灰尘、毛发、折痕和污渍。</translation>
    </message>
    <message>
      <source>Upscale</source>
      <translation>放大</translation>
    </message>
    <message>
      <source>Warmth</source>
      <translation>色温</translation>
    </message>
    <message>
      <source>What counts as damage: from only what is painted over to all that might be some.</source>
      <translation>什么算作损伤：从只算涂抹之处到所有可能的损伤。</translation>
    </message>
  </context>
  <context>
    <name>HintPicker</name>
    <message>
      <source>Colours at this brightness</source>
      <translation>此亮度下的颜色</translation>
    </message>
    <message>
      <source>Arrow keys move the mark; with Shift they move it further.</source>
      <translation>方向键移动标记；按住 Shift 移动更远。</translation>
    </message>
    <message>
      <source>Light skin</source>
      <translation>浅肤色</translation>
    </message>
    <message>
      <source>Tanned skin</source>
      <translation>古铜肤色</translation>
    </message>
    <message>
      <source>Dark skin</source>
      <translation>深肤色</translation>
    </message>
    <message>
      <source>Lips</source>
      <translation>嘴唇</translation>
    </message>
    <message>
      <source>Blond hair</source>
      <translation>金发</translation>
    </message>
    <message>
      <source>Brown hair</source>
      <translation>棕发</translation>
    </message>
    <message>
      <source>Sky</source>
      <translation>天空</translation>
    </message>
    <message>
      <source>Water</source>
      <translation>水</translation>
    </message>
    <message>
      <source>Grass</source>
      <translation>草地</translation>
    </message>
    <message>
      <source>Foliage</source>
      <translation>树叶</translation>
    </message>
    <message>
      <source>Sand</source>
      <translation>沙</translation>
    </message>
    <message>
      <source>Wood</source>
      <translation>木材</translation>
    </message>
    <message>
      <source>Brick</source>
      <translation>砖</translation>
    </message>
    <message>
      <source>Stone</source>
      <translation>石头</translation>
    </message>
    <message>
      <source>Denim</source>
      <translation>牛仔布</translation>
    </message>
    <message>
      <source>Uniform</source>
      <translation>制服</translation>
    </message>
    <message>
      <source>Red cloth</source>
      <translation>红布</translation>
    </message>
    <message>
      <source>Brass</source>
      <translation>黄铜</translation>
    </message>
    <message>
      <source>Colour of the hint</source>
      <translation>提示的颜色</translation>
    </message>
    <message>
      <source>Colour as #rrggbb</source>
      <translation>颜色（#rrggbb）</translation>
    </message>
    <message>
      <source>Recent colour {colour}</source>
      <translation>最近使用的颜色 {colour}</translation>
    </message>
    <message>
      <source>&amp;From the picture</source>
      <translation>从图片中取色(&amp;F)</translation>
    </message>
    <message>
      <source>Take the colour from a place in the picture.</source>
      <translation>从图片中的某处取色。</translation>
    </message>
    <message>
      <source>Only colours that this brightness allows are shown.</source>
      <translation>仅显示此亮度下可能的颜色。</translation>
    </message>
    <message>
      <source>Familiar colours</source>
      <translation>常见颜色</translation>
    </message>
    <message>
      <source>Recent colours</source>
      <translation>最近使用</translation>
    </message>
    <message>
      <source>&amp;Use colour</source>
      <translation>使用此颜色(&amp;U)</translation>
    </message>
    <message>
      <source>Click a colour in the picture, or press Esc to go back.</source>
      <translation>点击图片中的颜色，或按 Esc 返回。</translation>
    </message>
  </context>
  <context>
    <name>Host</name>
    <message>
      <source>Picture from the editor</source>
      <translation>来自编辑器的图片</translation>
    </message>
    <message>
      <source>The window was closed, and nothing was changed.</source>
      <translation>窗口已关闭，未作任何更改。</translation>
    </message>
  </context>
  <context>
    <name>Menu</name>
    <message>
      <source>&amp;File</source>
      <translation>文件(&amp;F)</translation>
    </message>
    <message>
      <source>&amp;Edit</source>
      <translation>编辑(&amp;E)</translation>
    </message>
    <message>
      <source>&amp;View</source>
      <translation>视图(&amp;V)</translation>
    </message>
    <message>
      <source>Fi&amp;lter</source>
      <translation>滤镜(&amp;L)</translation>
    </message>
    <message>
      <source>&amp;Queue</source>
      <translation>队列(&amp;Q)</translation>
    </message>
    <message>
      <source>&amp;Help</source>
      <translation>帮助(&amp;H)</translation>
    </message>
  </context>
  <context>
    <name>ModelChoice</name>
    <message>
      <source>Model</source>
      <translation>模型</translation>
    </message>
    <message>
      <source>Which network does it: your own, or one that is shipped.</source>
      <translation>由哪个网络处理：您自己的，或随附的。</translation>
    </message>
    <message>
      <source>Whichever fits</source>
      <translation>自动选择合适的</translation>
    </message>
  </context>
  <context>
    <name>Notice</name>
    <message>
      <source>Dismiss</source>
      <translation>关闭</translation>
    </message>
  </context>
  <context>
    <name>Painting</name>
    <message>
      <source>Paint on the picture</source>
      <translation>在图片上涂抹</translation>
    </message>
    <message>
      <source>Clear &amp;painting</source>
      <translation>清除涂抹(&amp;P)</translation>
    </message>
    <message>
      <source> px</source>
      <translation> 像素</translation>
    </message>
    <message>
      <source>Size of the brush</source>
      <translation>画笔大小</translation>
    </message>
    <message>
      <source>&amp;Brush</source>
      <translation>画笔(&amp;B)</translation>
    </message>
  </context>
  <context>
    <name>PanelStack</name>
    <message>
      <source>No model for this is installed; the doctor tells where models belong.</source>
      <translation>未安装相应的模型；诊断会说明模型应放在哪里。</translation>
    </message>
  </context>
  <context>
    <name>Percent</name>
    <message>
      <source>Auto</source>
      <translation>自动</translation>
    </message>
    <message>
      <source>Leave it to the picture.</source>
      <translation>由图片决定。</translation>
    </message>
  </context>
  <context>
    <name>Preview</name>
    <message>
      <source>Previewing the rest of the picture</source>
      <translation>正在预览图片的其余部分</translation>
    </message>
    <message>
      <source>Previewing what is in view</source>
      <translation>正在预览可见部分</translation>
    </message>
  </context>
  <context>
    <name>Queue</name>
    <message>
      <source>less than a minute left</source>
      <translation>剩余不到 1 分钟</translation>
    </message>
    <message>
      <source>about {minutes} min left</source>
      <translation>剩余约 {minutes} 分钟</translation>
    </message>
    <message>
      <source>about {hours} h {minutes} min left</source>
      <translation>剩余约 {hours} 小时 {minutes} 分钟</translation>
    </message>
    <message>
      <source>Add pictures</source>
      <translation>添加图片</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>图片</translation>
    </message>
    <message>
      <source>Add folder</source>
      <translation>添加文件夹</translation>
    </message>
    <message>
      <source>Results &amp;go to</source>
      <translation>结果保存到(&amp;G)</translation>
    </message>
    <message>
      <source>For&amp;mat</source>
      <translation>格式(&amp;M)</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>质量(&amp;Q)</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>浏览(&amp;B)…</translation>
    </message>
    <message>
      <source>Choose the folder for results</source>
      <translation>选择结果文件夹</translation>
    </message>
    <message>
      <source>As the picture</source>
      <translation>与原图相同</translation>
    </message>
    <message>
      <source>Quality of JPEG, WebP, AVIF and JPEG XL results.</source>
      <translation>JPEG、WebP、AVIF 和 JPEG XL 结果的质量。</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>结果文件夹</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>等待中</translation>
    </message>
    <message>
      <source>Running: {percent} %</source>
      <translation>处理中：{percent}%</translation>
    </message>
    <message>
      <source>Done in {seconds} s: {name}</source>
      <translation>已完成，用时 {seconds} 秒：{name}</translation>
    </message>
    <message>
      <source>Cancelled</source>
      <translation>已取消</translation>
    </message>
    <message>
      <source>paused</source>
      <translation>已暂停</translation>
    </message>
    <message>
      <source>{done} of {total} done</source>
      <translation>已完成 {done}/{total}</translation>
    </message>
    <message>
      <source>{failed} failed</source>
      <translation>{failed} 张失败</translation>
    </message>
    <message>
      <source>There are no new pictures in what was added.</source>
      <translation>添加的内容中没有新图片。</translation>
    </message>
    <message>
      <source>Progress of the queue</source>
      <translation>队列进度</translation>
    </message>
    <message>
      <source>Remove &amp;finished</source>
      <translation>移除已完成(&amp;F)</translation>
    </message>
    <message>
      <source>Take finished pictures off the list; files stay.</source>
      <translation>从列表中移除已完成的图片；文件会保留。</translation>
    </message>
    <message>
      <source>&amp;Open result</source>
      <translation>打开结果(&amp;O)</translation>
    </message>
    <message>
      <source>Show in &amp;folder</source>
      <translation>在文件夹中显示(&amp;F)</translation>
    </message>
    <message>
      <source>Re&amp;move from list</source>
      <translation>从列表中移除(&amp;M)</translation>
    </message>
    <message>
      <source>Queue: {name}, {number} of {total}</source>
      <translation>队列：{name}，第 {number} 张，共 {total} 张</translation>
    </message>
    <message>
      <source>Saving {name}</source>
      <translation>正在保存 {name}</translation>
    </message>
    <message>
      <source>, {count} more waiting</source>
      <translation>，另有 {count} 张等待</translation>
    </message>
    <message>
      <source>Pictures in the queue</source>
      <translation>队列中的图片</translation>
    </message>
    <message>
      <source>Drop pictures or folders here.</source>
      <translation>将图片或文件夹拖放到此处。</translation>
    </message>
    <message>
      <source>The recipe has no steps; choose a filter first.</source>
      <translation>配方中没有步骤；请先选择滤镜。</translation>
    </message>
    <message>
      <source>The queue is done: {summary}</source>
      <translation>队列已完成：{summary}</translation>
    </message>
    <message>
      <source>The engine stopped at {name}; it was started again.</source>
      <translation>引擎在处理 {name} 时停止，已重新启动。</translation>
    </message>
  </context>
  <context>
    <name>Recipes</name>
    <message>
      <source>Open recipe</source>
      <translation>打开配方</translation>
    </message>
    <message>
      <source>Save recipe</source>
      <translation>保存配方</translation>
    </message>
    <message>
      <source>The steps hold colour hints or strokes that belong to this picture.</source>
      <translation>步骤中包含仅适用于此图片的颜色提示或涂抹。</translation>
    </message>
    <message>
      <source>Leave them out if the recipe is for other pictures too.</source>
      <translation>如果配方也用于其他图片，请将其排除。</translation>
    </message>
    <message>
      <source>&amp;Keep them</source>
      <translation>保留(&amp;K)</translation>
    </message>
    <message>
      <source>&amp;Leave them out</source>
      <translation>排除(&amp;L)</translation>
    </message>
    <message>
      <source>Recipes</source>
      <translation>配方</translation>
    </message>
  </context>
  <context>
    <name>RestorePanel</name>
    <message>
      <source>&amp;Turn into steps</source>
      <translation>转为步骤(&amp;T)</translation>
    </message>
    <message>
      <source>Switch on what is proposed, to be changed, and saved as a recipe.</source>
      <translation>启用建议的步骤，可以修改并另存为配方。</translation>
    </message>
    <message>
      <source>Looking at the picture…</source>
      <translation>正在查看图片…</translation>
    </message>
    <message>
      <source>Nothing was found that needs doing.</source>
      <translation>没有发现需要处理的问题。</translation>
    </message>
    <message>
      <source>Proposed: {steps}</source>
      <translation>建议：{steps}</translation>
    </message>
  </context>
  <context>
    <name>SaveDialog</name>
    <message>
      <source>Save as</source>
      <translation>另存为</translation>
    </message>
    <message>
      <source>&amp;Browse…</source>
      <translation>浏览(&amp;B)…</translation>
    </message>
    <message>
      <source>8 bits a channel</source>
      <translation>每通道 8 位</translation>
    </message>
    <message>
      <source>16 bits a channel</source>
      <translation>每通道 16 位</translation>
    </message>
    <message>
      <source>half the resolution below quality 90</source>
      <translation>质量低于 90 时半分辨率</translation>
    </message>
    <message>
      <source>full resolution</source>
      <translation>全分辨率</translation>
    </message>
    <message>
      <source>half the resolution, smaller files</source>
      <translation>半分辨率，文件更小</translation>
    </message>
    <message>
      <source>Of PNG: larger makes smaller files and takes longer; nothing is lost.</source>
      <translation>用于 PNG：值越大文件越小、耗时越长；不会损失任何内容。</translation>
    </message>
    <message>
      <source>not stated</source>
      <translation>未指定</translation>
    </message>
    <message>
      <source> dpi</source>
      <translation> dpi</translation>
    </message>
    <message>
      <source>How large it is printed; the pixels stay the same. 0 leaves it out.</source>
      <translation>决定打印尺寸；像素不变。0 表示不写入。</translation>
    </message>
    <message>
      <source>Keep &amp;camera data (EXIF, XMP)</source>
      <translation>保留相机数据（EXIF、XMP）(&amp;C)</translation>
    </message>
    <message>
      <source>Camera, date and place. The colour profile is always kept.</source>
      <translation>相机、日期和地点。色彩配置文件始终保留。</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>质量</translation>
    </message>
    <message>
      <source>Choose a folder and a name</source>
      <translation>选择文件夹和名称</translation>
    </message>
    <message>
      <source>&amp;Save</source>
      <translation>保存(&amp;S)</translation>
    </message>
    <message>
      <source>&amp;Name</source>
      <translation>名称(&amp;N)</translation>
    </message>
    <message>
      <source>F&amp;older</source>
      <translation>文件夹(&amp;O)</translation>
    </message>
    <message>
      <source>&amp;Format</source>
      <translation>格式(&amp;F)</translation>
    </message>
    <message>
      <source>&amp;Quality</source>
      <translation>质量(&amp;Q)</translation>
    </message>
    <message>
      <source>Co&amp;lours</source>
      <translation>颜色(&amp;L)</translation>
    </message>
    <message>
      <source>Co&amp;mpression</source>
      <translation>压缩(&amp;M)</translation>
    </message>
    <message>
      <source>&amp;Depth</source>
      <translation>位深(&amp;D)</translation>
    </message>
    <message>
      <source>&amp;Resolution</source>
      <translation>分辨率(&amp;R)</translation>
    </message>
    <message>
      <source>{name} exists already.</source>
      <translation>{name} 已存在。</translation>
    </message>
    <message>
      <source>Replace it with the new picture?</source>
      <translation>用新图片替换它吗？</translation>
    </message>
    <message>
      <source>&amp;Replace</source>
      <translation>替换(&amp;R)</translation>
    </message>
    <message>
      <source>{format} has no transparency: the picture is laid on white.</source>
      <translation>{format} 不支持透明：图片将置于白色背景上。</translation>
    </message>
    <message>
      <source>{format} has 8 bits a channel: the picture's 16 are rounded.</source>
      <translation>{format} 每通道 8 位：图片的 16 位将被舍入。</translation>
    </message>
    <message>
      <source>PNG: lossless, 8 or 16 bits</source>
      <translation>PNG：无损，8 或 16 位</translation>
    </message>
    <message>
      <source>JPEG: small files, for photographs</source>
      <translation>JPEG：文件小，适合照片</translation>
    </message>
    <message>
      <source>WebP: smaller still; lossless at quality 100</source>
      <translation>WebP：更小；质量 100 时无损</translation>
    </message>
    <message>
      <source>TIFF: lossless, 8 or 16 bits, for print</source>
      <translation>TIFF：无损，8 或 16 位，适合印刷</translation>
    </message>
    <message>
      <source>AVIF: the smallest files, 8 bits</source>
      <translation>AVIF：文件最小，8 位</translation>
    </message>
    <message>
      <source>JPEG XL: small files, 8 or 16 bits</source>
      <translation>JPEG XL：文件小，8 或 16 位</translation>
    </message>
    <message>
      <source>picture</source>
      <translation>图片</translation>
    </message>
    <message>
      <source>Give the file a name.</source>
      <translation>请输入文件名。</translation>
    </message>
    <message>
      <source>The folder {folder} does not exist; choose another.</source>
      <translation>文件夹 {folder} 不存在；请另选一个。</translation>
    </message>
    <message>
      <source>The name is too long; give the file a shorter one.</source>
      <translation>名称太长；请为文件取一个较短的名称。</translation>
    </message>
    <message>
      <source>{name} is a folder; give the file another name.</source>
      <translation>{name} 是文件夹；请使用其他文件名。</translation>
    </message>
    <message>
      <source>The folder {folder} may not be written to; choose another.</source>
      <translation>文件夹 {folder} 不可写入；请另选一个。</translation>
    </message>
    <message>
      <source>A {format} file holds at most {most} pixels a side, and this picture has {width} × {height}; choose PNG or TIFF.</source>
      <translation>{format} 文件每边最多 {most} 像素，而此图片为 {width} × {height}；请选择 PNG 或 TIFF。</translation>
    </message>
  </context>
  <context>
    <name>ShortcutSheet</name>
    <message>
      <source>Keyboard shortcuts</source>
      <translation>键盘快捷键</translation>
    </message>
    <message>
      <source>Search for a command or a key</source>
      <translation>搜索命令或按键</translation>
    </message>
    <message>
      <source>Command</source>
      <translation>命令</translation>
    </message>
    <message>
      <source>Keys</source>
      <translation>按键</translation>
    </message>
    <message>
      <source>Commands and their keys</source>
      <translation>命令及其按键</translation>
    </message>
    <message>
      <source>Keys on the picture</source>
      <translation>图片上的按键</translation>
    </message>
    <message>
      <source>Mouse</source>
      <translation>鼠标</translation>
    </message>
    <message>
      <source>Arrow keys</source>
      <translation>方向键</translation>
    </message>
    <message>
      <source>Move the picture</source>
      <translation>移动图片</translation>
    </message>
    <message>
      <source>With Shift, further.</source>
      <translation>按住 Shift 移动更远。</translation>
    </message>
    <message>
      <source>Move the divider of the split view</source>
      <translation>移动分割视图的分隔线</translation>
    </message>
    <message>
      <source>Move the chosen tool</source>
      <translation>移动所选工具</translation>
    </message>
    <message>
      <source>With Shift, in small steps.</source>
      <translation>按住 Shift 以小步移动。</translation>
    </message>
    <message>
      <source>Use the chosen tool</source>
      <translation>使用所选工具</translation>
    </message>
    <message>
      <source>Place a hint, or paint, where the crosshair is.</source>
      <translation>在十字准线处放置颜色提示或涂抹。</translation>
    </message>
    <message>
      <source>Zoom around the pointer</source>
      <translation>以指针为中心缩放</translation>
    </message>
    <message>
      <source>Turn the wheel</source>
      <translation>滚动滚轮</translation>
    </message>
    <message>
      <source>Drag</source>
      <translation>拖动</translation>
    </message>
    <message>
      <source>Move the picture with any tool</source>
      <translation>使用任何工具时移动图片</translation>
    </message>
    <message>
      <source>Hold Space and drag</source>
      <translation>按住空格键拖动</translation>
    </message>
    <message>
      <source>Whole picture, or actual pixels</source>
      <translation>整张图片或实际像素</translation>
    </message>
    <message>
      <source>Double-click</source>
      <translation>双击</translation>
    </message>
    <message>
      <source>Change the colour of a hint</source>
      <translation>更改颜色提示的颜色</translation>
    </message>
    <message>
      <source>Double-click the hint</source>
      <translation>双击颜色提示</translation>
    </message>
    <message>
      <source>Compare in split view</source>
      <translation>在分割视图中对比</translation>
    </message>
    <message>
      <source>Drag the divider</source>
      <translation>拖动分隔线</translation>
    </message>
    <message>
      <source>Open pictures</source>
      <translation>打开图片</translation>
    </message>
    <message>
      <source>Drop files on the window</source>
      <translation>将文件拖放到窗口</translation>
    </message>
  </context>
  <context>
    <name>StatusBar</name>
    <message>
      <source>Progress</source>
      <translation>进度</translation>
    </message>
    <message>
      <source>What can be done next</source>
      <translation>接下来可以做什么</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>停止</translation>
    </message>
    <message>
      <source>{percent} %</source>
      <translation>{percent}%</translation>
    </message>
    <message>
      <source>Click for the doctor's findings.</source>
      <translation>点击查看诊断结果。</translation>
    </message>
    <message>
      <source>Engine is starting</source>
      <translation>引擎正在启动</translation>
    </message>
    <message>
      <source>{device}, not the GPU</source>
      <translation>{device}（未使用 GPU）</translation>
    </message>
    <message>
      <source>Device: {device}</source>
      <translation>设备：{device}</translation>
    </message>
  </context>
  <context>
    <name>ToolBar</name>
    <message>
      <source>Tools</source>
      <translation>工具</translation>
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
      <translation>适合</translation>
    </message>
    <message>
      <source>Hold: before</source>
      <translation>按住：原图</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>打开</translation>
    </message>
    <message>
      <source>Result</source>
      <translation>结果</translation>
    </message>
    <message>
      <source>Save as</source>
      <translation>另存为</translation>
    </message>
    <message>
      <source>Side by side</source>
      <translation>并排</translation>
    </message>
    <message>
      <source>Split</source>
      <translation>分割</translation>
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
      <translation>最多放大四倍。</translation>
    </message>
    <message>
      <source>&amp;Detail</source>
      <translation>细节(&amp;D)</translation>
    </message>
    <message>
      <source>0 is faithful to the picture, 100 invents convincing texture.</source>
      <translation>0 忠于原图，100 生成逼真的纹理。</translation>
    </message>
    <message>
      <source>Stre&amp;ngth</source>
      <translation>强度(&amp;N)</translation>
    </message>
    <message>
      <source>0 is plain enlargement, 100 the model's result.</source>
      <translation>0 为普通放大，100 为模型的结果。</translation>
    </message>
    <message>
      <source>&amp;Width</source>
      <translation>宽度(&amp;W)</translation>
    </message>
    <message>
      <source>&amp;Height</source>
      <translation>高度(&amp;H)</translation>
    </message>
    <message>
      <source>{side} of the result in pixels</source>
      <translation>结果的{side}（像素）</translation>
    </message>
    <message>
      <source> px</source>
      <translation> 像素</translation>
    </message>
    <message>
      <source>Width and height keep the picture's proportions.</source>
      <translation>宽度和高度保持图片比例。</translation>
    </message>
    <message>
      <source>Enlarge {scale} times</source>
      <translation>放大 {scale} 倍</translation>
    </message>
  </context>
  <context>
    <name>Welcome</name>
    <message>
      <source>Drop a picture here</source>
      <translation>将图片拖放到此处</translation>
    </message>
    <message>
      <source>or paste one, or choose a file. A folder goes into the queue.</source>
      <translation>或粘贴图片，或选择文件。文件夹会加入队列。</translation>
    </message>
    <message>
      <source>Recent pictures</source>
      <translation>最近的图片</translation>
    </message>
  </context>
  <context>
    <name>Window</name>
    <message>
      <source>the window</source>
      <translation>窗口</translation>
    </message>
    <message>
      <source>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;Enlarges, cleans and colours pictures, on this computer alone.&lt;/p&gt;&lt;p&gt;Free software under the GNU General Public License, version 3 or later.&lt;/p&gt;</source>
      <translation>&lt;h3&gt;Unfade {version}&lt;/h3&gt;&lt;p&gt;放大、清理图片并为其上色，全部在本机完成。&lt;/p&gt;&lt;p&gt;自由软件，遵循 GNU 通用公共许可证第 3 版或更高版本。&lt;/p&gt;</translation>
    </message>
    <message>
      <source>About Unfade</source>
      <translation>关于 Unfade</translation>
    </message>
    <message>
      <source>Making the whole result</source>
      <translation>正在生成完整结果</translation>
    </message>
    <message>
      <source>The result is on the clipboard.</source>
      <translation>结果已复制到剪贴板。</translation>
    </message>
    <message>
      <source>Choose a filter first.</source>
      <translation>请先选择滤镜。</translation>
    </message>
    <message>
      <source>Open picture</source>
      <translation>打开图片</translation>
    </message>
    <message>
      <source>Pictures</source>
      <translation>图片</translation>
    </message>
    <message>
      <source>This is the last picture of the folder.</source>
      <translation>这是文件夹中的最后一张图片。</translation>
    </message>
    <message>
      <source>This is the first picture of the folder.</source>
      <translation>这是文件夹中的第一张图片。</translation>
    </message>
    <message>
      <source>Pasted picture</source>
      <translation>粘贴的图片</translation>
    </message>
    <message>
      <source>There is no picture on the clipboard.</source>
      <translation>剪贴板中没有图片。</translation>
    </message>
    <message>
      <source>Try again</source>
      <translation>重试</translation>
    </message>
    <message>
      <source>The preview was stopped.</source>
      <translation>预览已停止。</translation>
    </message>
    <message>
      <source>Go on</source>
      <translation>继续</translation>
    </message>
    <message>
      <source>Start it again</source>
      <translation>重新启动</translation>
    </message>
    <message>
      <source>Opening…</source>
      <translation>正在打开…</translation>
    </message>
    <message>
      <source>Saved as {path}.</source>
      <translation>已保存为 {path}。</translation>
    </message>
    <message>
      <source>Show in folder</source>
      <translation>在文件夹中显示</translation>
    </message>
    <message>
      <source>Pictures of last time that wait in the queue: {count}.</source>
      <translation>队列中等待处理的上次遗留图片：{count}。</translation>
    </message>
    <message>
      <source>Start</source>
      <translation>开始</translation>
    </message>
    <message>
      <source>It was started again; your settings are all there.</source>
      <translation>已重新启动；您的设置均已保留。</translation>
    </message>
    <message>
      <source>The folder of {name} may not be written to; what is marked on it is kept in {folder}.</source>
      <translation>{name} 所在的文件夹不可写入；图片上的标记保存在 {folder} 中。</translation>
    </message>
    <message>
      <source>Stopped: {name} was not saved.</source>
      <translation>已停止：{name} 未保存。</translation>
    </message>
    <message>
      <source>Queue</source>
      <translation>队列</translation>
    </message>
    <message>
      <source>As the &amp;system</source>
      <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
      <source>&amp;Light</source>
      <translation>浅色(&amp;L)</translation>
    </message>
    <message>
      <source>&amp;Dark</source>
      <translation>深色(&amp;D)</translation>
    </message>
    <message>
      <source>&amp;Theme</source>
      <translation>主题(&amp;T)</translation>
    </message>
    <message>
      <source>Lan&amp;guage</source>
      <translation>语言(&amp;G)</translation>
    </message>
    <message>
      <source>Open &amp;recent</source>
      <translation>最近打开(&amp;N)</translation>
    </message>
    <message>
      <source>&amp;Forget these</source>
      <translation>清空列表(&amp;F)</translation>
    </message>
    <message>
      <source>Dropped picture</source>
      <translation>拖入的图片</translation>
    </message>
    <message>
      <source>{name} is not saved yet.</source>
      <translation>{name} 尚未保存。</translation>
    </message>
    <message>
      <source>{count} pictures are not saved yet.</source>
      <translation>{count} 张图片尚未保存。</translation>
    </message>
    <message>
      <source>What is stopped waits in the queue at the next start.</source>
      <translation>停止的任务将在下次启动时于队列中等待。</translation>
    </message>
    <message>
      <source>&amp;Save and close</source>
      <translation>保存并关闭(&amp;S)</translation>
    </message>
    <message>
      <source>S&amp;top and close</source>
      <translation>停止并关闭(&amp;T)</translation>
    </message>
    <message>
      <source>St&amp;ay</source>
      <translation>留下(&amp;A)</translation>
    </message>
    <message>
      <source>The window closes when all is saved.</source>
      <translation>全部保存后窗口将关闭。</translation>
    </message>
  </context>
</TS>
