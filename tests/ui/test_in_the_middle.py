"""What comes in the middle of something else: another picture while a dialog asks, undo during a drag, a
failure that nobody foresaw."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, QPoint, Qt, QTimer
from PyQt6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, MakeWindow, ramp
from unfade.filters import Hint
from unfade.picture import read_picture, write_picture
from unfade.ui.dialogs.picker import HintPicker
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.panels.controls import Percent
from unfade.ui.panels.generated import GeneratedPanel
from unfade.ui.panels.own import UpscalePanel
from unfade.ui.queue import QueuePanel
from unfade.ui.settings import Settings
from unfade.ui.window import Window

FAILING = """
from PyQt6.QtCore import QTimer
from unfade.ui import app
from unfade.ui.window import Window

class Failing(Window):
    def show(self):
        super().show()
        for _ in range(2):
            QTimer.singleShot(0, lambda: 1 / 0)
        QTimer.singleShot(0, self.tell)
    def tell(self):
        print(self.notice.text.text(), flush=True)
        self.close()

app.Window = Failing
raise SystemExit(app.run_window(None, None))
"""
COLORIZE = [{"filter": "colorize", "options": {}}]


@pytest.fixture
def other_file(tmp_path: Path) -> Path:
    """A picture of another size."""
    write_picture(ramp(40, 50), tmp_path / "other.png")
    return tmp_path / "other.png"


def open_other(qtbot: QtBot, window: Window, path: Path) -> None:
    """As when a picture that was asked for before has taken a while."""
    window.opener.open_file(path)
    qtbot.waitUntil(lambda: window.document.path == path, timeout=WAIT)


def test_the_picture_that_was_there_when_saving_was_asked_for_is_saved(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, other_file: Path, tmp_path: Path
) -> None:
    window = make_window(picture_file, steps=[{"filter": "upscale", "options": {"model": "double"}}])

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SaveDialog)
        open_other(qtbot, window, other_file)
        dialog.folder.setText(str(tmp_path))
        dialog.name.setText("saved.png")
        dialog.accept()

    QTimer.singleShot(0, answer)
    window.command("save").trigger()
    qtbot.waitUntil((tmp_path / "saved.png").exists, timeout=WAIT)
    assert read_picture(tmp_path / "saved.png").pixels.shape == (560, 600, 3)


def test_a_hints_colour_is_not_chosen_in_another_picture(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, other_file: Path
) -> None:
    window = make_window(picture_file, steps=COLORIZE, engine="none")
    window.document.add_hint(Hint(20, 30, "#c08060"))
    window.hint_editor.edit(0, True)
    picker = window.findChild(HintPicker)
    assert picker is not None and picker.isVisible()
    open_other(qtbot, window, other_file)
    assert not any(each.isVisible() for each in window.findChildren(HintPicker))  # deleted, sooner or later
    assert window.document.hints == ()


@pytest.mark.parametrize("what", ["undo", "delete_hint"])
def test_a_hint_that_goes_while_it_is_dragged(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, what: str
) -> None:
    window = make_window(picture_file, steps=COLORIZE, engine="none")
    window.command("tool_hint").trigger()
    canvas = window.canvas
    middle = canvas.rect().center() + QPoint(60, 0)  # not on the divider
    with qtbot.captureExceptions() as failures:
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
        assert len(window.document.hints) == 1
        window.command(what).trigger()
        qtbot.mouseMove(canvas, middle + QPoint(9, 9))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert not failures
    assert window.document.hints == () and window.findChild(QDialog) is None


def test_a_drag_ends_with_its_picture(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, steps=[{"filter": "repair", "options": {}}], engine="none")
    window.command("tool_mark").trigger()
    canvas = window.canvas
    middle = canvas.rect().center() + QPoint(60, 0)  # not on the divider
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    window.command("close_picture").trigger()
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert window.document.strokes == () and not window.document.can_undo


def test_the_original_is_not_held_by_a_key_that_another_window_hears_let_go(
    make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(picture_file, engine="none")
    window.command("view_before").trigger()
    assert window.canvas._scene.before_held
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))
    assert not window.canvas._scene.before_held


def test_a_queue_that_cannot_be_kept_goes_on(qtbot: QtBot, tmp_path: Path, picture_file: Path) -> None:
    (tmp_path / "queue").write_text("a file where the folder would be", encoding="utf-8")
    panel = QueuePanel(list, Settings(tmp_path / "window.ini"))
    qtbot.addWidget(panel)
    panel.add([picture_file])
    assert [item.source for item in panel.queue.items] == [picture_file]
    panel.close_down()


def test_what_nobody_foresaw_is_told_in_the_window_which_goes_on(tmp_path: Path) -> None:
    places = {f"XDG_{name}_HOME": str(tmp_path) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", FAILING],
        env={**os.environ, **places},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "did not foresee (ZeroDivisionError)" in done.stdout


def test_full_screen_gives_a_maximized_window_back(make_window: MakeWindow) -> None:
    window = make_window(engine="none")
    window.showMaximized()
    for on in (True, False):
        window.command("full_screen").trigger()
        assert window.isFullScreen() is on
    assert window.isMaximized()


def test_what_a_picture_made_of_options_goes_with_it(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, other_file: Path
) -> None:
    window = make_window(picture_file, steps=[{"filter": "denoise", "options": {}}], engine="none")
    window.preview.chosen.emit({"level": 0.5, "detail": 0.7})
    denoise, upscale = window.panels.frames["denoise"], window.panels.of(UpscalePanel)
    assert isinstance(denoise, GeneratedPanel)
    level = denoise.controls["level"]
    assert isinstance(level, Percent)
    assert (level.number.value(), upscale.detail.number.value()) == (50, 70)
    open_other(qtbot, window, other_file)
    assert (level.number.value(), upscale.detail.number.value()) == (0, 0)
