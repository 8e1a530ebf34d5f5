"""Light and dark: two sets of colours, one scale of distances, and the application's palette and style sheet.

Greys are neutral in both sets: a tinted surround shifts how the colours of a photograph are seen.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPalette, QStyleHints
from PyQt6.QtWidgets import QApplication

from unfade.ui.settings import Settings, Theme

_HERE = Path(__file__).parent
_SCHEMES = {
    Theme.SYSTEM: Qt.ColorScheme.Unknown,
    Theme.LIGHT: Qt.ColorScheme.Light,
    Theme.DARK: Qt.ColorScheme.Dark,
}


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


def apply_theme(app: QApplication, settings: Settings) -> None:
    """Gives the application the look that the settings name; call it again when they have changed.

    With :attr:`Theme.SYSTEM` it goes on following the system for as long as the application runs.
    """
    followers = app.findChildren(_Follower)
    if not followers:
        app.setStyle("Fusion")  # the one style that takes a palette whole, alike on every system
        followers = [_Follower(app)]
    (follower,) = followers
    follower.settings = settings
    hints = _hints()
    if hasattr(hints, "setColorScheme"):  # Qt 6.8: title bars and the system's own dialogs go along
        hints.setColorScheme(_SCHEMES[settings.theme])
    follower.restyle(hints.colorScheme())


def wanted_colours(theme: Theme, scheme: Qt.ColorScheme) -> Colours:
    """The set for a choice and what the system says of itself; light where it says nothing."""
    if theme is Theme.SYSTEM:
        return DARK if scheme is Qt.ColorScheme.Dark else LIGHT
    return DARK if theme is Theme.DARK else LIGHT


class _Follower(QObject):
    """Styles the application anew when the system changes its mind."""

    settings: Settings

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        _hints().colorSchemeChanged.connect(self.restyle)

    def restyle(self, scheme: Qt.ColorScheme) -> None:
        colours = wanted_colours(self.settings.theme, scheme)
        sheet = style_sheet(colours)
        if self._app.styleSheet() != sheet:
            self._app.setPalette(palette_of(colours))
            self._app.setStyleSheet(sheet)


def _hints() -> QStyleHints:
    hints = QGuiApplication.styleHints()
    assert hints is not None
    return hints


@functools.cache
def palette_of(colours: Colours) -> QPalette:
    """The palette for what the style draws and for widgets that paint themselves."""
    role = QPalette.ColorRole
    palette = QPalette()
    for name, colour in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.panel,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.panel,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.link,
        role.LinkVisited: colours.link,
        role.ToolTipBase: colours.base,
        role.ToolTipText: colours.text,
        role.Light: colours.hover,
        role.Midlight: colours.line,
        role.Mid: colours.outline,
        role.Dark: colours.outline,
        role.Shadow: colours.canvas,
    }.items():
        palette.setColor(name, QColor(colour))
    for text in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, text, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.line))
    palette.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, QColor(colours.disabled))
    return palette


@functools.cache
def style_sheet(colours: Colours) -> str:
    """The style sheet. Properties widgets may set: ``role`` of labels ("title", "heading", "muted", "error")
    and of push buttons ("primary", "danger", "link")."""
    values = {name: str(value) for name, value in vars(colours).items()}
    values["theme"] = "dark" if colours.dark else "light"
    values["icons"] = (_HERE / "icons").as_posix()  # which style sheets want on Windows too
    sizes = {name: str(value) for name, value in vars(Space).items() if name.isupper()}
    sheet = Template((_HERE / "theme.qss").read_text("utf-8"))
    return sheet.substitute(values | sizes)
