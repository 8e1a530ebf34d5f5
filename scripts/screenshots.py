"""Takes pictures of the real window in every state, for docs/ and for a critical look.

    xvfb-run -a -s "-screen 0 1600x1200x24" .venv/bin/python scripts/screenshots.py docs/images

Each is a WebP, ``window-STATE.webp``: lossless where that is smaller, as it is without a photograph. States
whose filter has no model here are left out. With ``--theme dark`` all of them are taken in the dark theme;
``--size``, ``--language`` and QT_SCALE_FACTOR=2 are for looking at them on other screens.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PyQt6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication, QWidget

from unfade.filters import Hint, Stroke, find_filter
from unfade.ui.canvas.images import picture_of
from unfade.ui.dialogs.help import DoctorDialog, ShortcutSheet
from unfade.ui.dialogs.picker import HintPicker
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.language import LANGUAGES, install_language
from unfade.ui.link import EngineLink
from unfade.ui.panels.own import RestorePanel
from unfade.ui.queue import ItemState
from unfade.ui.settings import Settings, Theme
from unfade.ui.theme import apply_theme
from unfade.ui.window import Window

EXAMPLE = Path(__file__).parents[1] / "examples" / "shepherd.webp"
SIZE = (1280, 820)
_QUALITY = 76
_ROUNDS = 40  # of the event loop, on a machine that gives it little time
PATIENCE = 600.0
"""Seconds for whatever is waited for."""


@dataclasses.dataclass
class Stage:
    """The application with one window at a time, and where its pictures go."""

    app: QApplication
    settings: Settings
    folder: Path
    picture: Path
    out: Path
    effort: int = 6
    """How hard pictures are compressed, 0 to 6."""
    size: tuple[int, int] = SIZE
    """Of the window, in device-independent pixels."""
    window: Window = dataclasses.field(init=False)
    taken: list[Path] = dataclasses.field(default_factory=list)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Lets the application run until something is so. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError("the window did not come into the state that was waited for")
            self.app.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # only app.exec() sends them
            time.sleep(0.01)

    def settle(self, seconds: float = 0.6) -> None:
        """Lets results fade in and layouts come to rest."""
        end, rounds = time.monotonic() + seconds, iter(range(_ROUNDS))
        self.wait(lambda: next(rounds, None) is None and time.monotonic() > end)

    def open_window(self, *tasks: str, picture: bool = True) -> bool:
        """A new window with these filters on; False where one of them has no model."""
        link = EngineLink()
        self.window = Window(self.settings, link)
        self.window.resize(*self.size)
        listed: list[object] = []
        link.listed.connect(listed.append)
        link.start()
        self.window.show()
        self.wait(lambda: bool(listed))
        if any(find_filter(task).has_models for task in set(tasks) - self.window.preview.models.filters):
            return False
        if tasks:
            self.window.start_with([{"filter": task, "options": {}} for task in tasks])
        if picture:
            self.window.opener.open_file(self.picture)
            self.wait(lambda: self.window.document.picture is not None)
            self.settle(0.3)
            self.wait(lambda: self.window.preview.complete)
        return True

    def shoot(self, name: str, widget: QWidget | None = None) -> None:
        """Takes the picture of a widget, or of the window."""
        self.settle()
        path = self.out / f"window-{name}.webp"
        grabbed = Image.fromarray(picture_of((widget or self.window).grab().toImage()).pixels[..., :3])
        candidates = []
        for options in ({"lossless": True}, {"quality": _QUALITY}):
            grabbed.save(packed := io.BytesIO(), "WEBP", method=self.effort, **options)
            candidates.append(packed.getvalue())
        path.write_bytes(min(candidates, key=len))
        self.taken.append(path)

    def point_at(self, x: float, y: float) -> None:
        """Moves the pointer to a place of the picture."""
        canvas = self.window.canvas
        assert canvas.viewport is not None
        at = QPointF(*canvas.viewport.to_screen((x, y)))
        none = Qt.MouseButton.NoButton
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(canvas, move)

    def close_window(self) -> None:
        """Ends the window and its engine."""
        self.window.close_unasked()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def empty(stage: Stage) -> None:
    """The window as it comes up."""
    stage.open_window(picture=False)
    stage.shoot("empty")


def upscale(stage: Stage) -> None:
    """A picture in split view, side by side, and at actual pixels with the loupe."""
    stage.open_window("upscale")
    stage.shoot("upscale")
    stage.window.command("view_side").setChecked(True)
    stage.shoot("side-by-side")
    stage.window.command("view_split").setChecked(True)
    stage.window.command("zoom_actual").trigger()
    stage.window.command("loupe").setChecked(True)
    stage.settle(0.3)
    stage.wait(lambda: stage.window.preview.complete)
    extent = stage.window.document.extent
    assert extent is not None
    stage.point_at(0.66 * extent.width, 0.3 * extent.height)
    stage.shoot("actual-pixels")


def deartifact(stage: Stage) -> None:
    """The watermark's mask over the picture, with strokes."""
    if not stage.open_window("deartifact"):
        print("no model for deartifact: its picture is left out")
        return
    window = stage.window
    window.command("tool_mark").setChecked(True)
    height, width = window.document.picture.pixels.shape[:2] if window.document.picture else (1, 1)
    points = tuple((width * (0.55 + step / 40), height * 0.8) for step in range(9))
    window.document.add_stroke(Stroke("add", width / 40, points))
    stage.wait(lambda: window.preview.complete)
    stage.shoot("deartifact")


def colorize(stage: Stage) -> None:
    """Hints on a picture, and the picker."""
    if not stage.open_window("colorize"):
        print("no model for colorize: its picture is left out")
        return
    window = stage.window
    window.command("tool_hint").setChecked(True)
    height, width = window.document.picture.pixels.shape[:2] if window.document.picture else (1, 1)
    for x, y, colour in ((0.2, 0.2, "#7fb0de"), (0.5, 0.75, "#5d8a3c"), (0.6, 0.4, "#c68863")):
        window.document.add_hint(Hint(x * width, y * height, colour))
    stage.settle(0.3)
    stage.wait(lambda: window.preview.complete)
    stage.shoot("colorize")
    window.document.select_hint(2)
    window.hint_editor.edit_chosen()
    picker = next(found for found in window.findChildren(HintPicker) if found.isVisible())
    stage.shoot("picker", picker)
    picker.eyedropper.click()
    stage.point_at(0.2 * width, 0.9 * height)
    stage.shoot("eyedropper")
    window.command("tool_pan").trigger()
    picker.reject()


def old_photograph(stage: Stage) -> None:
    """Restore's proposal, the same as steps, and Repair with what it found and a stroke."""
    own = stage.picture
    with Image.open(own) as opened:
        small = np.asarray(opened.convert("RGB").resize((480, 480 * opened.height // opened.width)))
    random = np.random.default_rng(0)
    faded = small * np.array((0.66, 0.6, 0.52)) + np.array((60, 54, 46))  # a cast, and lifted blacks
    faded += random.normal(0, 9, small.shape[:2])[..., None]
    scratched = small.copy()
    for column in random.integers(20, 460, 16):
        top, bottom = sorted(random.integers(0, small.shape[0], 2))
        scratched[top:bottom, column : column + 2] = 240
    for name, pixels, show in (("faded", faded, _show_proposal), ("scratched", scratched, _show_damage)):
        stage.picture = stage.folder / f"{name}.png"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(stage.picture)
        if stage.open_window("restore" if name == "faded" else "repair"):
            show(stage)
        else:
            print(f"no model for what is {name}: its pictures are left out")
        if name == "faded":
            stage.close_window()
    stage.picture = own
    stage.settings.forget_recent_files()


def _show_proposal(stage: Stage) -> None:
    panel = stage.window.panels.of(RestorePanel)
    stage.wait(panel.adopt.isEnabled)
    stage.shoot("restore")
    panel.adopt.click()
    stage.settle(0.3)
    stage.wait(lambda: stage.window.preview.complete)
    stage.shoot("steps")


def _show_damage(stage: Stage) -> None:
    window = stage.window
    window.command("show_mask").setChecked(True)
    window.command("tool_mark").setChecked(True)
    window.document.add_stroke(Stroke("add", 12, tuple((300.0 + 6 * n, 440.0 + n) for n in range(10))))
    stage.settle(0.3)
    stage.wait(lambda: window.preview.complete)
    stage.shoot("repair")
    window.command("show_mask").setChecked(False)
    window.command("tool_pan").trigger()


def queue(stage: Stage) -> None:
    """Pictures done, running, waiting and failed."""
    source = stage.folder / "album"
    source.mkdir(exist_ok=True)
    with Image.open(stage.picture) as opened:
        picture = opened.convert("RGB")
    for number, share in enumerate((0.3, 0.5, 1, 1, 1)):
        size = (int(picture.width * share), int(picture.height * share))
        picture.resize(size).rotate(90 * (number % 2), expand=True).save(source / f"summer {number + 1}.jpg")
    (source / "scan.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    stage.settings.set_output_folder(stage.folder / "restored")
    stage.open_window("upscale", picture=True)
    panel = stage.window.queue
    assert panel is not None
    stage.window.command("show_queue").setChecked(True)
    panel.add([source])
    panel.start()
    stage.wait(lambda: panel.queue.count(ItemState.DONE) > 0 and panel.queue.running is not None)
    stage.wait(lambda: panel.queue.running is None or panel.queue.running.share > 0.2)
    panel.list.scrollToTop()
    stage.shoot("queue")
    panel.stop()
    stage.wait(lambda: panel.queue.running is None)
    panel.queue.remove({item.id for item in panel.queue.items})  # else it is there again in the next window


def dialogs(stage: Stage) -> None:
    """Saving, the help sheet, and the doctor."""
    stage.open_window("upscale")
    window = stage.window
    save = SaveDialog(stage.picture, window, filters=("upscale",), settings=stage.settings)
    save.show()
    stage.shoot("save", save)
    save.close()
    sheet = ShortcutSheet(window.commands.values(), window)
    sheet.show()
    stage.shoot("shortcuts", sheet)
    sheet.close()
    doctor = DoctorDialog(window)
    doctor.show()
    doctor.resize(760, 300)  # devices and models; the rest says little but where this was run
    stage.wait(doctor.copy.isEnabled)
    stage.shoot("doctor", doctor)
    doctor.close()


def dark(stage: Stage) -> None:
    """The dark theme, with a picture and without one."""
    theme, stage.settings.theme = stage.settings.theme, Theme.DARK
    apply_theme(stage.app, stage.settings)
    stage.open_window("upscale")
    stage.shoot("dark")
    stage.close_window()
    stage.open_window(picture=False)
    stage.shoot("dark-empty")
    stage.settings.theme = theme
    apply_theme(stage.app, stage.settings)


def translated(stage: Stage) -> None:
    """The longest of the languages, and the one of another script."""
    for language in ("de", "zh_CN"):
        install_language(stage.app, language)
        stage.open_window("upscale")
        stage.shoot(language)
        if language == "de":
            stage.close_window()
    install_language(stage.app, "en")


SCENES: tuple[Callable[[Stage], None], ...] = (
    empty,
    upscale,
    deartifact,
    colorize,
    old_photograph,
    queue,
    dialogs,
    dark,
    translated,
)


def take(
    app: QApplication,
    out: Path,
    picture: Path = EXAMPLE,
    names: frozenset[str] = frozenset(),
    theme: Theme = Theme.LIGHT,
    effort: int = 6,
    size: tuple[int, int] = SIZE,
    language: str = "en",
) -> list[Path]:
    """Takes the pictures of all scenes, or of those named, and gives their files."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unfade-screenshots-") as folder:
        settings = Settings(Path(folder) / "window.ini")
        settings.theme = theme
        install_language(app, language)
        apply_theme(app, settings)
        # A copy: the window keeps hints beside the picture.
        copy = Path(shutil.copy(picture, folder))
        stage = Stage(app, settings, Path(folder), copy, out, effort, size)
        for scene in SCENES:
            if not names or scene.__name__ in names:
                scene(stage)
                stage.close_window()
    return stage.taken


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--picture", type=Path, default=EXAMPLE, help="the picture shown in the window")
    parser.add_argument("--scene", action="append", default=[], choices=[scene.__name__ for scene in SCENES])
    parser.add_argument("--theme", choices=[Theme.LIGHT.value, Theme.DARK.value], default=Theme.LIGHT.value)
    parser.add_argument("--size", type=int, nargs=2, default=SIZE, metavar=("W", "H"), help="of the window")
    parser.add_argument("--language", default="en", choices=list(LANGUAGES))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder  # the shipped models, not those that somebody added here
        shoot_all(arguments)


def shoot_all(arguments: argparse.Namespace) -> None:
    """What the command line asks for."""
    names, theme = frozenset(arguments.scene), Theme(arguments.theme)
    app, size = QApplication([]), (arguments.size[0], arguments.size[1])
    for path in take(
        app, arguments.out, arguments.picture, names, theme, size=size, language=arguments.language
    ):
        print(f"wrote {path} ({path.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
