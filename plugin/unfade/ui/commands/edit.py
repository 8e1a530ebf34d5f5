"""The commands of the Edit menu: taking back, the clipboard, hints."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP
from PyQt6.QtGui import QKeySequence

from unfade.ui.commands.command import Command, Menu

_K = QKeySequence.StandardKey

EDIT: Final[dict[str, Command]] = {
    "undo": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Undo"),
        QT_TRANSLATE_NOOP("Command", "Take the last change of the settings back."),
        (_K.Undo,),
    ),
    "redo": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Redo"),
        QT_TRANSLATE_NOOP("Command", "Make the change again that was taken back."),
        (_K.Redo, "Ctrl+Shift+Z"),
    ),
    "copy": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Copy result"),
        QT_TRANSLATE_NOOP("Command", "Put the result on the clipboard."),
        (_K.Copy,),
    ),
    "paste": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Paste picture"),
        QT_TRANSLATE_NOOP("Command", "Open the picture that is on the clipboard."),
        (_K.Paste,),
    ),
    "delete_hint": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Delete colour hint"),
        QT_TRANSLATE_NOOP("Command", "Delete the colour hint that is chosen."),
        (_K.Delete,),
    ),
    "reset": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "Reset &settings"),
        QT_TRANSLATE_NOOP("Command", "Set this step back to its defaults."),
        ("Ctrl+R",),
    ),
}
