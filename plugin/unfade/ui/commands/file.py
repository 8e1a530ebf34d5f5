"""The commands of the File menu: opening, saving, recipes."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP
from PyQt6.QtGui import QKeySequence

from unfade.ui.commands.command import Command, Menu

_K = QKeySequence.StandardKey

FILE: Final[dict[str, Command]] = {
    "open": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Open…"),
        QT_TRANSLATE_NOOP("Command", "Open a picture."),
        (_K.Open,),
    ),
    "save": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Save as…"),
        QT_TRANSLATE_NOOP("Command", "Save the result as a picture file."),
        (_K.Save, _K.SaveAs),
    ),
    "load_recipe": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "Open recip&e…"),
        QT_TRANSLATE_NOOP("Command", "Take the steps and their settings from a recipe file."),
        ("Ctrl+Shift+O",),
    ),
    "save_recipe": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "Save rec&ipe…"),
        QT_TRANSLATE_NOOP("Command", "Keep the steps and their settings in a recipe file."),
        ("Ctrl+Alt+S",),
    ),
    "close_picture": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Close picture"),
        QT_TRANSLATE_NOOP("Command", "Close the picture, and keep the window."),
        (_K.Close,),
    ),
    "quit": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Quit"),
        QT_TRANSLATE_NOOP("Command", "Close the window."),
        ("Ctrl+Q",),
    ),
}
