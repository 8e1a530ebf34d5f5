"""The window's design system: two sets of colours, one scale of distances.

Greys are neutral in both sets: a tinted surround shifts how the colours of a photograph are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PyQt6.QtGui import QPalette


class Space:
    """Distances and radii in device-independent pixels."""

    XS: Final = 4
    S: Final = 8
    M: Final = 12
    L: Final = 16
    XL: Final = 24
    RADIUS: Final = 5
    TARGET: Final = 28
    """Least height of what is clicked (WCAG 2.2, target size, asks for 24)."""


@dataclass(frozen=True)
class Colours:
    """Colours by what they are for, as "#rrggbb"."""

    dark: bool
    canvas: str
    """Around the picture."""
    window: str
    panel: str
    """Panels, tool bars, dialogs' fields of buttons."""
    base: str
    """Where one types and where lists are."""
    text: str
    muted: str
    """Text of less weight; still readable."""
    disabled: str
    line: str
    """Between areas; carries no meaning."""
    outline: str
    """Around what can be operated."""
    hover: str
    pressed: str
    accent: str
    """Filled: the main button, progress, selected tools."""
    on_accent: str
    link: str
    """The accent as text."""
    focus: str
    danger: str
    success: str
    warning: str

    def readable_pairs(self) -> list[tuple[str, str]]:
        """(ink, paper) for all text the window shows: 4.5:1 by WCAG 2.2, 1.4.3 (AA)."""
        papers = (self.window, self.panel, self.base, self.hover)
        inks = (self.text, self.muted, self.link, self.danger, self.success, self.warning)
        pairs = [(ink, paper) for ink in inks for paper in papers]
        return [*pairs, (self.text, self.pressed), (self.text, self.canvas), (self.on_accent, self.accent)]

    def visible_pairs(self) -> list[tuple[str, str]]:
        """(mark, paper) for outlines and states without text: 3:1 by WCAG 2.2, 1.4.11 (AA)."""
        marks = (self.outline, self.focus, self.accent)
        return [(mark, paper) for mark in marks for paper in (self.window, self.panel, self.base)]


LIGHT: Final = Colours(
    dark=False,
    canvas="#d6d6d6",
    window="#f3f3f3",
    panel="#f9f9f9",
    base="#ffffff",
    text="#1c1c1c",
    muted="#595959",
    disabled="#8f8f8f",
    line="#dadada",
    outline="#858585",
    hover="#ececec",
    pressed="#dedede",
    accent="#1a5fb4",
    on_accent="#ffffff",
    link="#1a5fb4",
    focus="#1a5fb4",
    danger="#b3261e",
    success="#19682f",
    warning="#7d5000",
)

DARK: Final = Colours(
    dark=True,
    canvas="#1a1a1a",
    window="#262626",
    panel="#2c2c2c",
    base="#202020",
    text="#ececec",
    muted="#b4b4b4",
    disabled="#7a7a7a",
    line="#3d3d3d",
    outline="#868686",
    hover="#383838",
    pressed="#444444",
    accent="#8ab4f8",
    on_accent="#10233f",
    link="#9cc1ff",
    focus="#8ab4f8",
    danger="#ffa198",
    success="#7fd394",
    warning="#f0c264",
)


def colours_of(palette: QPalette) -> Colours:
    """The set that a widget with this palette is in, for those who paint themselves."""
    return DARK if palette.window().color().lightness() < 128 else LIGHT
