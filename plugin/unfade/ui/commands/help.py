"""The commands of the Help menu: keys, findings, about."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP

from unfade.ui.commands.command import Command, Menu

HELP: Final[dict[str, Command]] = {
    "shortcuts": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "&Keyboard shortcuts"),
        QT_TRANSLATE_NOOP("Command", "Show every command and its keys."),
        ("F1", "?"),
    ),
    "doctor": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "&Doctor…"),
        QT_TRANSLATE_NOOP("Command", "Show which device runs, why not the GPU, and which models there are."),
        ("Ctrl+Shift+I",),
    ),
    "open_log": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "Open &log file"),
        QT_TRANSLATE_NOOP("Command", "Open the log, which a bug report needs."),
    ),
    "about": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "&About Unfade"),
        QT_TRANSLATE_NOOP("Command", "Show the version and the licence."),
    ),
}
