"""The canvas: what is seen at which zoom, comparing, tools, in numbers and in painted pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QImage, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.conftest import MakeWindow, settle
from tests.unit.picture.samples import display_p3
from unfade.filters import Hint
from unfade.inference import Bounds, Extent
from unfade.picture import Metadata, Picture, as_srgb
from unfade.ui.canvas.images import image_of, picture_of
from unfade.ui.canvas.scene import Compare, Viewport, panes, view_size
from unfade.ui.canvas.view import Canvas
from unfade.ui.dialogs.picker import HintPicker
from unfade.ui.preview.tiles import Place
from unfade.ui.window import Window


def view(height: int = 1000, width: int = 1500) -> Viewport:
    return Viewport(Extent(height, width), Extent(600, 800), 1.0, (0, 0)).fit()


def test_fitting_shows_all_and_follows_the_window() -> None:
    fitted = view()
    assert fitted.zoom == pytest.approx(800 / 1500)
    assert fitted.visible == Bounds(0, 0, 1000, 1500)
    assert fitted.resized(Extent(300, 400)).visible == Bounds(0, 0, 1000, 1500)
    assert view(10, 10).zoom == 4  # tiny pictures are not blown up any further


@given(x=st.floats(100, 700), y=st.floats(100, 500), factor=st.floats(1.1, 8))
def test_zooming_leaves_the_place_under_the_pointer_where_it_is(x: float, y: float, factor: float) -> None:
    before = view()
    place = before.to_picture((x, y))
    if not (0 < place[0] < 1500 and 0 < place[1] < 1000):
        return
    after = before.zoomed(before.zoom * factor, (x, y))
    assert after.to_screen(place) == pytest.approx((x, y), abs=1e-6)


def test_the_picture_cannot_be_lost() -> None:
    moved = view().zoomed(3).moved(1e7, -1e7)
    assert moved.centre == (0, 1000)
    assert view().zoomed(1e9).zoom == 64
    assert view().zoomed(0).zoom == pytest.approx(16 / 1000)


def test_panes_cover_the_canvas_once() -> None:
    size = Extent(10, 101)
    for mode in Compare:
        for divider in (0.0, 0.3, 1.0):
            covered = np.zeros((10, 101), int)
            for pane in panes(mode, size, divider, before=False):
                covered[:, pane.area.x : pane.area.right] += 1
            assert (covered == 1).all()
    left, right = panes(Compare.SIDE, size, 0.5, before=False)
    assert (left.after, right.after) == (False, True)
    assert right.origin[0] == view_size(Compare.SIDE, size).width
    assert [pane.after for pane in panes(Compare.SPLIT, size, 0.5, before=True)] == [False]


def rgb(image: QImage) -> np.ndarray:
    return picture_of(image).pixels[..., :3]


def test_a_picture_with_another_profile_is_shown_in_srgb() -> None:
    brown = np.rint(np.full((4, 4, 3), (0.7, 0.4, 0.3)) * 255).astype(np.uint8)
    wide = Picture(brown, Metadata(icc=display_p3()))
    shown = rgb(image_of(wide))
    np.testing.assert_array_equal(shown, as_srgb(wide).pixels)
    assert shown[0, 0, 0] - 5 > brown[0, 0, 0]  # redder in sRGB's numbers
    np.testing.assert_array_equal(rgb(image_of(Picture(brown))), brown)


def test_deep_gray_and_transparent_pixels_are_shown() -> None:
    gray = np.full((2, 2, 1), 0x8080, np.uint16)
    assert (rgb(image_of(Picture(gray))) == 0x80).all()
    clear = np.array([[[200, 100, 50, 128]]], np.uint8)
    image = image_of(Picture(clear))
    assert image.hasAlphaChannel()
    assert np.abs(picture_of(image).pixels[0, 0].astype(int) - clear[0, 0]).max() <= 1


def pixel(canvas: Canvas, x: int, y: int) -> tuple[int, int, int]:
    colour = canvas.grab().toImage().pixelColor(round(x * canvas.devicePixelRatioF()), y)
    return colour.red(), colour.green(), colour.blue()


def test_split_side_and_hold_show_what_they_say(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(picture_file, steps=[{"filter": "colorize", "options": {"saturation": 2}}])
    settle(qtbot, window)
    canvas = window.canvas
    y = canvas.height() // 2
    left, right = canvas.width() // 2 - 60, canvas.width() // 2 + 60
    split = [pixel(canvas, x, y) for x in (left, right)]
    canvas.hold_before(True)
    before = [pixel(canvas, x, y) for x in (left, right)]
    assert before[0] == split[0] and before[1] != split[1]
    canvas.hold_before(False)
    canvas.set_divider(1.0)
    assert [pixel(canvas, x, y) for x in (left, right)] == before
    window.command("view_result").trigger()
    settle(qtbot, window)
    result = [pixel(canvas, x, y) for x in (left, right)]
    # The last step of the fade may round by one.
    assert max(abs(a - b) for a, b in zip(result[1], split[1], strict=True)) <= 1 and result[0] != before[0]
    window.command("view_side").trigger()
    settle(qtbot, window)
    assert canvas.viewport is not None
    assert canvas.viewport.size.width == canvas.width() // 2


def test_wheel_drag_and_keys_move_the_view(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    canvas = window.canvas
    at = QPointF(300, 200)
    assert canvas.viewport is not None
    before = canvas.viewport.zoom
    wheel = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, 360),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, wheel)
    assert canvas.viewport.zoom == pytest.approx(2 * before)
    x = canvas.viewport.centre[0]
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(canvas, QPoint(140, 100))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(140, 100))
    assert canvas.viewport.centre[0] < x
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    window.command("zoom_actual").trigger()
    assert canvas.viewport.zoom == window.document.state.scale
    window.command("zoom_fit").trigger()
    assert canvas.viewport.fitted


def open_picker(window: Window) -> HintPicker:
    """The picker that has just been opened."""
    return next(picker for picker in window.findChildren(HintPicker) if picker.isVisible())


def test_hints_by_pointer_and_by_keyboard(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    window.command("tool_hint").trigger()
    assert "colorize" in window.document.state.enabled  # the tool brings its filter along
    canvas, document = window.canvas, window.document
    assert canvas.viewport is not None
    place = QPoint(*(round(value) for value in canvas.viewport.to_screen((100, 80))))
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    open_picker(window).accept()
    assert len(document.hints) == 1
    hint = document.hints[0]
    assert (hint.x, hint.y) == pytest.approx((100, 80), abs=1)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseMove(canvas, place + QPoint(60, 0))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place + QPoint(60, 0))
    assert document.hints[0].x == pytest.approx(100 + 60 / canvas.viewport.zoom, abs=1)
    document.undo()
    assert document.hints == (hint,)  # the drag was one step
    document.select_hint(0)
    window.command("delete_hint").trigger()
    assert document.hints == ()
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    open_picker(window).reject()
    assert document.hints == ()  # a new hint whose colour is cancelled goes again


def test_a_stroke_is_painted_with_the_brush(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(picture_file, steps=[{"filter": "deartifact", "options": {}}])
    window.command("tool_mark").trigger()
    window.panels.brush.set_size(30)
    canvas = window.canvas
    assert canvas.viewport is not None
    start = QPoint(*(round(value) for value in canvas.viewport.to_screen((50, 50))))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 5):
        qtbot.mouseMove(canvas, start + QPoint(20 * step, 0))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton)
    (stroke,) = window.document.state.options("deartifact").strokes
    assert (stroke.mode, stroke.radius) == ("add", 15)
    assert stroke.points[0] == pytest.approx((50, 50), abs=1) and len(stroke.points) > 2
    window.command("show_mask").setChecked(True)
    settle(qtbot, window)
    veil = window.preview.results.mask(Place(0, 0))
    assert veil is not None
    place = round(70 / 256 * veil.image.width()), round(50 / 256 * veil.image.height())
    assert veil.image.pixelColor(*place).alpha() > 100  # under the stroke
    window.document.undo()
    assert window.document.state.options("deartifact").strokes == ()


def test_hint_discs_are_painted_in_their_colour(make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    window.command("tool_hint").trigger()
    window.document.add_hint(Hint(150, 140, "#ff00ff"))
    canvas = window.canvas
    assert canvas.viewport is not None
    x, y = (round(value) for value in canvas.viewport.to_screen((150, 140)))
    canvas.set_divider(0.0)
    assert pixel(canvas, x, y) == (255, 0, 255)
