"""Light and dark: the application's palette and style sheet, following the system or the user's choice."""

from __future__ import annotations

import functools
from pathlib import Path
from string import Template

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPalette, QStyleHints
from PyQt6.QtWidgets import QApplication

from unfade.ui.design import DARK, LIGHT, Colours, Space
from unfade.ui.settings import Settings, Theme

_HERE = Path(__file__).parent
_SCHEMES = {
    Theme.SYSTEM: Qt.ColorScheme.Unknown,
    Theme.LIGHT: Qt.ColorScheme.Light,
    Theme.DARK: Qt.ColorScheme.Dark,
}


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
    follower.dress(hints.colorScheme())


def wanted_colours(theme: Theme, scheme: Qt.ColorScheme) -> Colours:
    """The set for a choice and what the system says of itself; light where it says nothing."""
    if theme is Theme.SYSTEM:
        return DARK if scheme is Qt.ColorScheme.Dark else LIGHT
    return DARK if theme is Theme.DARK else LIGHT


class _Follower(QObject):
    """Dresses the application anew when the system changes its mind."""

    settings: Settings

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        _hints().colorSchemeChanged.connect(self.dress)

    def dress(self, scheme: Qt.ColorScheme) -> None:
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
