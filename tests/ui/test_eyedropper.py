"""The eyedropper: a hint's colour from a place in the picture, by pointer and by keyboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, MakeWindow
from unfade.filters import Hint
from unfade.inference import Extent
from unfade.picture import Picture, write_picture
from unfade.ui.canvas.scene import Compare, Scene, Viewport
from unfade.ui.canvas.tools import ToolId
from unfade.ui.dialogs.chroma import chroma_of
from unfade.ui.dialogs.picker import HintPicker
from unfade.ui.hints import colour_at, luma_at
from unfade.ui.window import Window

RED, BLUE = (180, 60, 50), (60, 80, 190)


@pytest.fixture
def window(make_window: MakeWindow, tmp_path: Path) -> Window:
    """Half of the picture is red, half is blue, and a hint is in the red half; only the original is there."""
    pixels = np.empty((200, 300, 3), np.uint8)
    pixels[:, :150], pixels[:, 150:] = RED, BLUE
    write_picture(Picture(pixels), tmp_path / "flag.png")
    window = make_window(tmp_path / "flag.png", engine="none")
    window.preview.pause(True)
    window.start_with([{"filter": "colorize", "options": {"model": "colour"}}])
    window.command("tool_hint").setChecked(True)
    window.document.add_hint(Hint(40, 100, "#808080"))
    return window


def begin(window: Window) -> HintPicker:
    """Opens the picker for the hint, and sends it for the eyedropper."""
    window.hint_editor.edit_chosen()
    picker = next(found for found in window.findChildren(HintPicker) if found.isVisible())
    picker.eyedropper.click()
    assert picker.isHidden() and "Esc" in window.status.currentMessage()
    return picker


def at(window: Window, x: float, y: float) -> QPoint:
    assert window.canvas.viewport is not None
    return QPoint(*(round(value) for value in window.canvas.viewport.to_screen((x, y))))


def same_hue(colour: str, rgb: tuple[int, int, int]) -> bool:
    a, b = chroma_of(colour)
    wanted = chroma_of(QColor(*rgb).name())
    return abs(np.arctan2(b, a) - np.arctan2(wanted.b, wanted.a)) < 0.1


def test_a_click_takes_the_colour(qtbot: QtBot, window: Window) -> None:
    picker = begin(window)
    qtbot.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=at(window, 220, 100))
    assert picker.isVisible()
    assert same_hue(window.document.hints[0].color, BLUE)
    assert len(window.document.hints) == 1  # the hint tool placed none
    picker.accept()
    assert same_hue(window.document.hints[0].color, BLUE)
    assert window.canvas.tool is ToolId.HINT


def test_it_shows_the_colour_beside_the_pointer(qtbot: QtBot, window: Window) -> None:
    begin(window)
    window.canvas.set_divider(1.0)
    place = at(window, 220, 100)
    qtbot.mouseMove(window.canvas, place)

    def shown() -> QColor:
        return window.canvas.grab().toImage().pixelColor(place + QPoint(26, -26))

    qtbot.waitUntil(lambda: shown() == QColor(*BLUE), timeout=WAIT)


def test_keys_alone_do(qtbot: QtBot, window: Window) -> None:
    picker = begin(window)
    for _ in range(12):
        qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)
    assert picker.isVisible() and same_hue(window.document.hints[0].color, BLUE)
    picker.reject()
    assert window.document.hints[0].color == "#808080"


def test_esc_and_another_tool_go_back_to_the_picker(qtbot: QtBot, window: Window) -> None:
    picker = begin(window)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert picker.isVisible() and window.document.hints[0].color == "#808080"
    picker.eyedropper.click()
    window.command("tool_pan").trigger()
    assert picker.isVisible()
    picker.reject()
    assert window.canvas.tool is ToolId.PAN


def test_beside_the_picture_there_is_no_colour(qtbot: QtBot, window: Window) -> None:
    picker = begin(window)
    assert window.canvas.viewport is not None
    window.canvas.set_viewport(window.canvas.viewport.zoomed(0.5))
    qtbot.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert picker.isHidden()
    qtbot.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=at(window, 220, 100))
    assert picker.isVisible()


def test_the_picker_goes_when_its_hint_may_have_gone(qtbot: QtBot, window: Window) -> None:
    picker = begin(window)
    window.command("undo").trigger()  # takes the hint back
    assert window.document.hints == () and picker.isHidden()
    assert window.canvas.tool is ToolId.HINT
    qtbot.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=at(window, 220, 100))
    assert len(window.document.hints) == 1  # the hint tool has the pointer again
    assert "colorize" in window.document.state.enabled


def test_what_is_seen_is_what_is_taken(window: Window) -> None:
    canvas = window.canvas
    assert not canvas.shows_result((40, 100)) and canvas.shows_result((220, 100))  # split in the middle
    canvas.hold_before(True)
    assert not canvas.shows_result((220, 100))
    canvas.hold_before(False)
    window.command("view_result").setChecked(True)
    assert canvas.shows_result((40, 100))
    scene = Scene(
        Extent(100, 200), 2.0, Viewport(Extent(50, 50), Extent(100, 100), 2.0, (25, 25)), Compare.SIDE
    )
    for x, after in ((10.0, False), (60.0, True)):  # device-independent pixels; the same place twice
        scene.pointer = (x, 20.0)
        assert scene.shows_result(scene.to_picture(scene.pointer)) is after


def test_samples_are_means_of_what_is_around() -> None:
    pixels = np.zeros((9, 9, 3), np.uint8)
    pixels[::2] = (200, 100, 0)
    found = [int(colour_at(Picture(pixels), (4.5, 4.5))[n : n + 2], 16) for n in (1, 3, 5)]
    assert found == pytest.approx([120, 60, 0], abs=1)  # three rows of five
    gray = np.full((3, 3, 1), 51, np.uint8)
    assert colour_at(Picture(gray), (0.2, 2.9)) == "#333333"
    assert luma_at(Picture(gray), (0.2, 2.9)) == pytest.approx(0.2)
