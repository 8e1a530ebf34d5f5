"""Actions made of commands, in the user's language."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QObject
from PyQt6.QtGui import QAction, QKeySequence

from unfade.ui.commands.command import Command
from unfade.ui.commands.table import COMMANDS

translate = QCoreApplication.translate

# On macOS these move into the application's menu; all else stays where it was put, whatever it is called.
_ROLES = {"quit": QAction.MenuRole.QuitRole, "about": QAction.MenuRole.AboutRole}


def make_action(id: str, parent: QObject | None) -> QAction:
    """The action of a command, named by its id, with its text, keys and tool tip in the user's language."""
    command = COMMANDS[id]
    action = QAction(parent)
    action.setObjectName(id)
    action.setCheckable(command.checkable)
    action.setShortcuts(keys_of(command))
    action.setMenuRole(_ROLES.get(id, QAction.MenuRole.NoRole))
    put_texts(action)
    return action


def put_texts(action: QAction) -> None:
    """Gives an action its texts anew: the language has changed."""
    command = COMMANDS[action.objectName()]
    action.setText(translate("Command", command.text))
    action.setIconText(plain_text(action.text()).rstrip("…"))  # for tool bars
    tip = translate("Command", command.tip)
    shown = keys_text(action)
    action.setToolTip(f"{tip} ({shown})" if shown else tip)
    action.setStatusTip(tip)


def keys_of(command: Command) -> list[QKeySequence]:
    """All key sequences of a command on this platform, each once, the one shown first."""
    found: list[QKeySequence] = []
    for key in command.keys:
        sequences = [QKeySequence(key)] if isinstance(key, str) else QKeySequence.keyBindings(key)
        found += [sequence for sequence in sequences if sequence not in found]
    return found


def keys_text(action: QAction) -> str:
    """The first keys of an action as they are written on this platform; "" without any."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def plain_text(text: str) -> str:
    """Without mnemonics: "&" before a letter, and the "(&F)" that Chinese menus have."""
    head, bracket, tail = text.partition("(&")
    if bracket and tail[1:2] == ")":
        text = head + tail[2:]
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
