"""Both looks are readable, and the application follows the system or the choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QApplication

from unfade.ui.settings import Settings, Theme
from unfade.ui.theme import (
    DARK,
    LIGHT,
    Colours,
    apply_theme,
    colours_of,
    palette_of,
    style_sheet,
    wanted_colours,
)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        def linear(value: float) -> float:
            return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

        c = QColor(colour)
        return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF())

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_known_colours() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_is_readable(colours: Colours) -> None:
    too_weak = [pair for pair in colours.readable_pairs() if contrast(*pair) < 4.5]
    invisible = [pair for pair in colours.visible_pairs() if contrast(*pair) < 3]
    assert (too_weak, invisible) == ([], [])


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_what_surrounds_pictures_is_neutral_grey(colours: Colours) -> None:
    for paper in (colours.canvas, colours.window, colours.panel, colours.base):
        assert QColor(paper).saturation() == 0


@pytest.mark.parametrize(
    ("theme", "scheme", "colours"),
    [
        (Theme.SYSTEM, Qt.ColorScheme.Unknown, LIGHT),
        (Theme.SYSTEM, Qt.ColorScheme.Light, LIGHT),
        (Theme.SYSTEM, Qt.ColorScheme.Dark, DARK),
        (Theme.LIGHT, Qt.ColorScheme.Dark, LIGHT),
        (Theme.DARK, Qt.ColorScheme.Light, DARK),
    ],
)
def test_which_look(theme: Theme, scheme: Qt.ColorScheme, colours: Colours) -> None:
    assert wanted_colours(theme, scheme) is colours


def test_the_application_changes_its_look(qapp: QApplication, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "window.ini")
    for theme, colours in ((Theme.DARK, DARK), (Theme.LIGHT, LIGHT)):
        settings.theme = theme
        apply_theme(qapp, settings)
        assert qapp.palette().window().color().name() == colours.window
        assert colours_of(qapp.palette()) is colours
        assert qapp.styleSheet() == style_sheet(colours)


def test_it_follows_the_system_live(qapp: QApplication, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "window.ini")
    apply_theme(qapp, settings)
    hints = qapp.styleHints()
    assert hints is not None
    for scheme, colours in ((Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT)):
        hints.colorSchemeChanged.emit(scheme)
        assert colours_of(qapp.palette()) is colours


def test_the_sheet_has_no_gaps() -> None:
    for colours in (LIGHT, DARK):
        assert "$" not in style_sheet(colours)
        assert palette_of(colours).highlight().color().name() == colours.accent
