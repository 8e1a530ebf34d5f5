"""Large pictures from afar: many tiles are painted as one image, which looks as they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from tests.ui.conftest import MakeWindow, ramp, settle
from unfade.inference import Bounds, Extent
from unfade.picture import write_picture
from unfade.ui.canvas.images import picture_of
from unfade.ui.canvas.scene import Viewport
from unfade.ui.panels.own import ColorizePanel
from unfade.ui.preview import tiles
from unfade.ui.preview.compose import mosaic
from unfade.ui.preview.tiles import MOST_SQUARES, Place, above, bounds_of, level_for, places_in
from unfade.ui.window import Window

CLEAN = [{"filter": "deartifact", "options": {"model": "clean"}}]


@settings(max_examples=60)
@given(height=st.integers(1, 20_000), width=st.integers(1, 20_000), zoom=st.floats(0.02, 8))
def test_no_view_takes_many_more_images_than_the_limit(height: int, width: int, zoom: float) -> None:
    extent = Extent(height, width)
    view = Viewport(extent, Extent(900, 1600), 1.0, (0, 0)).fit().zoomed(zoom).visible
    level = level_for(view)
    side = tiles.TILE << level
    across, down = view.width / side + 2, view.height / side + 2  # it may begin and end within a square
    assert len(list(places_in(view, extent, level))) <= across * down
    assert view.width / side * view.height / side <= MOST_SQUARES
    if level:
        assert view.width * view.height * 4 / side**2 > MOST_SQUARES  # no coarser than need be


def test_squares_hold_their_tiles() -> None:
    extent = Extent(1000, 3000)
    for level in (1, 2, 3):
        for tile in places_in(Bounds(0, 0, 1000, 3000), extent):
            square = bounds_of(above(tile, level), extent, level)
            assert square.united(bounds_of(tile, extent)) == square


def filled(colour: str) -> QImage:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


def test_a_mosaic_keeps_what_is_old_where_nothing_new_has_come() -> None:
    whole = Bounds(100, 100, 32, 32)
    left = mosaic(None, whole, [(Bounds(100, 100, 32, 16), filled("red"))], 0.5, None)
    assert (left.width(), left.height()) == (16, 16)
    assert left.pixelColor(3, 3) == QColor("red") and left.pixelColor(12, 3).alpha() == 0
    both = mosaic(left, whole, [(Bounds(100, 116, 32, 16), filled("blue"))], 0.5, None)
    assert both.pixelColor(7, 3) == QColor("red") and both.pixelColor(8, 3) == QColor("blue")


def grabbed(qtbot: QtBot, window: Window) -> np.ndarray:
    settle(qtbot, window)
    return picture_of(window.canvas.grab().toImage()).pixels[..., :3].astype(int)


@pytest.mark.parametrize("channels", [3, 4])
def test_from_afar_it_looks_as_tile_by_tile(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    picture = ramp(1300, 1500, channels)
    if channels == 4:
        picture.pixels[..., 3] = np.where(np.arange(1500) < 700, 255, 0)
    write_picture(picture, tmp_path / "large.png")
    window = make_window(tmp_path / "large.png", steps=CLEAN)
    window.command("view_result").setChecked(True)
    assert window.preview.plan is not None
    near = grabbed(qtbot, window)
    monkeypatch.setattr(tiles, "MOST_SQUARES", 6)
    assert window.canvas.viewport is not None and level_for(window.canvas.viewport.visible) == 2
    window.canvas.update()
    far = grabbed(qtbot, window)
    assert window.preview.results.image(Place(0, 0), 2) is not None
    inside = slice(None, near.shape[1] // 2 - 20) if channels == 4 else slice(None)
    difference = np.abs(near[:, inside] - far[:, inside])
    assert difference.mean() < 0.5 and difference.max() <= 12  # along tiles' edges, which are interpolated
    if channels == 4:  # what is transparent shows the checker, not the original
        clear = far[far.shape[0] // 2, -60]
        assert clear.min() >= 0xC0 and np.ptp(clear) == 0


def test_a_new_result_is_seen_from_afar(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_picture(ramp(600, 700), tmp_path / "picture.png")
    monkeypatch.setattr(tiles, "MOST_SQUARES", 2)
    steps = [{"filter": "colorize", "options": {"saturation": 2, "model": "colour"}}]
    window = make_window(tmp_path / "picture.png", steps=steps)
    window.command("view_result").setChecked(True)
    assert window.preview.plan is not None
    coloured = grabbed(qtbot, window)
    window.panels.of(ColorizePanel).saturation.slider.setValue(0)
    gray = grabbed(qtbot, window)
    middle = gray[gray.shape[0] // 2, gray.shape[1] // 2]
    assert np.ptp(middle) <= 2 < np.ptp(coloured[gray.shape[0] // 2, gray.shape[1] // 2])
