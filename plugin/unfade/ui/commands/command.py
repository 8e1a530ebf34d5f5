"""What a command is, and the menus."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication
from PyQt6.QtGui import QKeySequence

translate = QCoreApplication.translate


class Menu(Enum):
    """The menus of the menu bar, in their order; the values are their English titles."""

    FILE = QT_TRANSLATE_NOOP("Menu", "&File")
    EDIT = QT_TRANSLATE_NOOP("Menu", "&Edit")
    VIEW = QT_TRANSLATE_NOOP("Menu", "&View")
    FILTER = QT_TRANSLATE_NOOP("Menu", "Fi&lter")
    QUEUE = QT_TRANSLATE_NOOP("Menu", "&Queue")
    HELP = QT_TRANSLATE_NOOP("Menu", "&Help")

    @property
    def title(self) -> str:
        """In the user's language."""
        return translate("Menu", self.value)


@dataclass(frozen=True)
class Command:
    """What an action is made of. Texts are English; ``make_action`` translates them."""

    menu: Menu
    text: str
    """With the mnemonic, and "…" where a dialog asks for more."""
    tip: str
    """What it does, in one sentence."""
    keys: tuple[str | QKeySequence.StandardKey, ...] = ()
    """The first is the one shown; a standard key is the platform's own."""
    checkable: bool = False
