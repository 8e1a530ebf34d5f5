"""The colour picker for hints, and the colour arithmetic under it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from skimage.color import rgb2lab

from tests.ui.accessibility import nameless, unreachable
from unfade.ui.dialogs.chroma import Chroma, chroma_of, colour_at, fitted, lightness_of, plane_pixels
from unfade.ui.dialogs.picker import MEMORY_COLOURS, HintPicker
from unfade.ui.settings import Settings

byte = st.integers(0, 255)


def lab_of(colour: str) -> list[float]:
    """By another implementation than the picker's."""
    return list(rgb2lab([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]))


@given(byte, byte, byte, st.floats(15, 93))
def test_a_fitted_colour_has_the_lightness_and_the_hue(r: int, g: int, b: int, lightness: float) -> None:
    wanted = chroma_of(f"#{r:02x}{g:02x}{b:02x}")
    found = fitted(wanted, lightness)
    assert found.a * wanted.b == pytest.approx(found.b * wanted.a, abs=15)  # of 110 x 110
    assert np.hypot(*found) <= np.hypot(*wanted) + 0.1
    colour = colour_at(wanted, lightness)
    light, a, b_ = lab_of(colour)
    assert light == pytest.approx(lightness, abs=0.6)  # half a step of 8 bits
    assert (a, b_) == pytest.approx(found, abs=2.5)


def test_the_plane_holds_only_colours_of_that_lightness() -> None:
    pixels = plane_pixels(60.0)
    shown = pixels[..., 3] == 255
    assert 0.2 < shown.mean() < 0.9
    light = rgb2lab(pixels[shown][:, :3] / 255)[:, 0]
    assert np.abs(light - 60).max() < 1


@pytest.fixture
def picker(qtbot: QtBot) -> HintPicker:
    picker = HintPicker(0.6, colour="#a0a055")
    qtbot.addWidget(picker)
    picker.show()
    return picker


def test_it_begins_with_the_hints_colour_at_the_pictures_lightness(picker: HintPicker) -> None:
    assert picker.plane.chroma == pytest.approx(chroma_of("#a0a055"), abs=1)
    assert chroma_of(picker.hex.text()) == pytest.approx(chroma_of("#a0a055"), abs=2)
    light = lab_of(picker.hex.text())[0]
    assert light == pytest.approx(lightness_of(0.6), abs=0.6)
    assert nameless(picker) == unreachable(picker) == []


def test_choosing_by_pointer(qtbot: QtBot, picker: HintPicker) -> None:
    place = picker.plane.position_of(Chroma(20, 20)).toPoint()
    with qtbot.waitSignal(picker.picked) as signal:
        qtbot.mouseClick(picker.plane, Qt.MouseButton.LeftButton, pos=place)
    assert chroma_of(signal.args[0]) == pytest.approx((20, 20), abs=2)


def test_outside_the_gamut_the_nearest_of_that_hue_is_taken(qtbot: QtBot, picker: HintPicker) -> None:
    qtbot.mouseClick(picker.plane, Qt.MouseButton.LeftButton, pos=QPoint(1, 200))  # green and blue
    a, b = picker.plane.chroma
    assert a < 0 and b < 0
    assert fitted(Chroma(a, b), lightness_of(0.6)) == pytest.approx((a, b), abs=0.5)


def test_choosing_by_keys(qtbot: QtBot, picker: HintPicker) -> None:
    before = picker.plane.chroma
    with qtbot.waitSignal(picker.picked):
        qtbot.keyClick(picker.plane, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(picker.plane, Qt.Key.Key_Down)
    assert picker.plane.chroma == pytest.approx((before.a + 10, before.b - 1), abs=0.01)


def test_familiar_colours_keep_their_hue_and_take_the_lightness(qtbot: QtBot, picker: HintPicker) -> None:
    assert len(picker.swatches) == len(MEMORY_COLOURS)
    sky = next(swatch for swatch in picker.swatches if swatch.accessibleName() == "Sky")
    with qtbot.waitSignal(picker.picked) as signal:
        sky.click()
    assert signal.args == [sky.colour]
    assert sky.colour == picker.hex.text()
    assert int(sky.colour[5:], 16) > int(sky.colour[1:3], 16)  # blue
    for swatch in picker.swatches:
        light = lab_of(swatch.colour)[0]
        assert light == pytest.approx(lightness_of(0.6), abs=0.7)


def test_typing_a_colour(qtbot: QtBot, picker: HintPicker) -> None:
    picker.hex.setText("3060c0")
    with qtbot.waitSignal(picker.picked):
        picker.hex.editingFinished.emit()
    assert picker.plane.chroma == pytest.approx(fitted(chroma_of("#3060c0"), lightness_of(0.6)), abs=2)
    settled = picker.hex.text()
    picker.hex.setText("blue")
    picker.hex.editingFinished.emit()
    assert picker.hex.text() == settled


def test_cancel_takes_it_back(qtbot: QtBot, picker: HintPicker) -> None:
    picker.swatches[0].click()
    with qtbot.waitSignal(picker.picked) as signal:
        qtbot.keyClick(picker, Qt.Key.Key_Escape)
    assert signal.args == ["#a0a055"]


def test_used_colours_are_offered_again(qtbot: QtBot, tmp_path: Path) -> None:
    remembered = Settings(tmp_path / "window.ini")
    first = HintPicker(0.5, settings=remembered)
    qtbot.addWidget(first)
    first.swatches[3].click()
    first.accept()
    assert remembered.recent_colours == (first.swatches[3].colour,)
    second = HintPicker(0.5, settings=remembered)
    qtbot.addWidget(second)
    assert [swatch.colour for swatch in second.recent] == [first.swatches[3].colour]


@pytest.mark.parametrize("luma", [0.0, 1.0])
def test_black_and_white_still_offer_colours(qtbot: QtBot, luma: float) -> None:
    picker = HintPicker(luma)
    qtbot.addWidget(picker)
    assert len({swatch.colour for swatch in picker.swatches}) > len(MEMORY_COLOURS) // 2
