"""The commands of the Filter menu: filters, tools, what is done with the result."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP

from unfade.ui.commands.command import Command, Menu

FILTER: Final[dict[str, Command]] = {
    "upscale": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Upscale"),
        QT_TRANSLATE_NOOP("Command", "Enlarge the picture."),
        ("Ctrl+Shift+U",),
        checkable=True,
    ),
    "deartifact": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&De-artifact"),
        QT_TRANSLATE_NOOP("Command", "Take compression artifacts away."),
        ("Ctrl+Shift+D",),
        checkable=True,
    ),
    "colorize": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Colorize"),
        QT_TRANSLATE_NOOP("Command", "Give a black-and-white picture colour."),
        ("Ctrl+Shift+C",),
        checkable=True,
    ),
    "apply": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Apply"),
        QT_TRANSLATE_NOOP("Command", "Hand the result back to the editor."),
        ("Ctrl+Return", "Ctrl+Enter"),
    ),
    "cancel": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "S&top"),
        QT_TRANSLATE_NOOP("Command", "Stop what is being worked on."),
        ("Esc",),
    ),
    "tool_pan": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "Move &picture"),
        QT_TRANSLATE_NOOP("Command", "Drag to move the picture about."),
        ("H",),
        checkable=True,
    ),
    "tool_hint": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "Colour &hints"),
        QT_TRANSLATE_NOOP(
            "Command", "Click to place a colour hint, drag to move it, double-click for its colour."
        ),
        ("C",),
        checkable=True,
    ),
    "tool_mark": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Mark watermark"),
        QT_TRANSLATE_NOOP("Command", "Paint over a watermark to have it filled in."),
        ("W",),
        checkable=True,
    ),
    "tool_keep": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Keep original"),
        QT_TRANSLATE_NOOP("Command", "Paint over what is to stay as it is."),
        ("K",),
        checkable=True,
    ),
    "brush_smaller": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Smaller brush"),
        QT_TRANSLATE_NOOP("Command", "Paint with a smaller brush."),
        ("[",),
    ),
    "brush_larger": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Larger brush"),
        QT_TRANSLATE_NOOP("Command", "Paint with a larger brush."),
        ("]",),
    ),
}
