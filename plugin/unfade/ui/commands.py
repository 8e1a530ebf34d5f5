"""The window's commands: declared on the methods that do them, shown as actions, menus and a tool bar.

    @Command("undo", (Menu.EDIT, 1, 1), "&Undo", "Take it back.", enabled=lambda document: document.can_undo)
    def undo(self) -> None: ...

Whatever has to do with a command reads its declaration: menu, tool bar, the sheet of keys, whether it can be
used now, and ``scripts/translations.py``, for whose sake its texts need no other mark.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, TypeVar

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Qt
from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton, QWidget

from unfade.ui.language import Words

translate = QCoreApplication.translate

Key = QKeySequence.StandardKey
_Method = TypeVar("_Method", bound=Callable[..., object])


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


def _always(_owner: Any) -> bool:
    return True


@dataclass(frozen=True)
class Command:
    """What an action is made of, and the decorator that declares it on the method that does it.

    The method is called without arguments; with ``value`` where there is one; and where ``checkable``, with
    whether it is on now. ``enabled`` and ``checked`` are asked with the method's object.
    """

    id: str
    at: tuple[Menu, int, int]
    """The menu, the group in it, and the place in that; there is a line between groups."""
    text: str
    """In English, with the mnemonic, and "…" where a dialog asks for more."""
    tip: str
    """What it does, in one English sentence."""
    keys: tuple[str | QKeySequence.StandardKey, ...] = ()
    """The first is the one shown; a standard key is the platform's own."""
    enabled: Callable[[Any], bool] = _always
    checkable: bool = False
    checked: Callable[[Any], object] | None = None
    """Whether it is on, or which value is chosen, where something else than the action can change that."""
    value: object = None
    exclusive: str = ""
    """The name of the :func:`choice` that it belongs to."""
    hosted: bool | None = None
    """Only in windows that belong to an editor (True), or only in others (False)."""
    tool_bar: tuple[int, int, str] | None = None
    """The group in the tool bar, the place in it, and the English text there; "" for that of the menu."""
    auto_repeat: bool = True
    role: QAction.MenuRole = QAction.MenuRole.NoRole
    """On macOS some move into the application's menu; all else stays where it was put, whatever its text."""

    @property
    def menu(self) -> Menu:
        """The menu it stands in."""
        return self.at[0]

    @property
    def texts(self) -> list[tuple[str, str]]:
        """(context, English text), for the translations."""
        short = self.tool_bar[2] if self.tool_bar else ""
        return [("Command", self.text), ("Command", self.tip), *([("ToolBar", short)] if short else [])]

    def __call__(self, method: _Method) -> _Method:
        """Declares the command; ``method`` does it."""
        declare(self)
        _METHODS[self.id] = method
        return method


def choice(chosen: Callable[[Any], object], *commands: Command) -> Callable[[_Method], _Method]:
    """The decorator that declares commands of which one is on at a time: that whose value is ``chosen``."""

    def declare_all(method: _Method) -> _Method:
        for one in commands:
            replace(one, checkable=True, checked=chosen, exclusive=method.__name__)(method)
        return method

    return declare_all


COMMANDS: Final[dict[str, Command]] = {}
"""All commands by their ids; complete once :mod:`unfade.ui.window` is imported."""

_METHODS: Final[dict[str, Callable[..., object]]] = {}


def declare(command: Command) -> None:
    """Adds a command that is no single method's: who makes the actions connects it."""
    assert command.id not in COMMANDS, command.id
    COMMANDS[command.id] = command


def commands_of(hosted: bool) -> list[Command]:
    """The commands of a window, in the order of the menus."""
    menus = list(Menu)
    found = [command for command in COMMANDS.values() if command.hosted in (None, hosted)]
    return sorted(found, key=lambda command: (menus.index(command.menu), command.at[1:]))


class Actions(Mapping[str, QAction]):
    """The actions of a window or a panel, by the ids of their commands.

    They are there from the start, to be shown by whatever is built; :meth:`bind` connects them to the objects
    that do the work.
    """

    def __init__(
        self, parent: QWidget, commands: Iterable[Command], taken: Mapping[str, QAction] | None = None
    ) -> None:
        """Actions in ``taken`` are there already, and bound by somebody else."""
        taken = taken or {}
        self._actions = {one.id: taken.get(one.id) or make_action(one.id, parent) for one in commands}
        self._bound: list[tuple[QAction, Command, object]] = []
        groups: dict[str, QActionGroup] = {}
        for id, action in self._actions.items():
            choice = COMMANDS[id].exclusive
            if choice and choice not in groups:
                groups[choice] = QActionGroup(parent)
            if choice:
                groups[choice].addAction(action)

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    def bind(self, *owners: object) -> None:
        """Has the commands that the owners' classes declare do their work on these objects."""
        for owner in owners:
            for id, method in _METHODS.items():
                if id in self._actions and getattr(type(owner), method.__name__, None) is method:
                    self.connect(id, owner, functools.partial(method, owner))

    def connect(self, id: str, owner: object, run: Callable[..., object]) -> None:
        """Has an action call ``run``; ``owner`` is asked whether it can be used."""
        command, action = COMMANDS[id], self._actions[id]
        self._bound.append((action, command, owner))

        def triggered() -> None:
            run() if command.value is None else run(command.value)
            self.refresh()

        def toggled(on: bool) -> None:
            if command.value is None:
                run(on)
            elif on:
                run(command.value)
            else:
                return  # another of the choice goes on in a moment
            self.refresh()

        if command.checkable:
            action.toggled.connect(toggled)
        else:
            action.triggered.connect(lambda _checked=False: triggered())

    def put_texts(self) -> None:
        """Gives the actions their texts anew: the language has changed."""
        for action in self.values():
            put_texts(action)

    def refresh(self) -> None:
        """Enables and checks the actions by how things stand now."""
        for action, command, owner in self._bound:
            action.setEnabled(command.enabled(owner))
            if command.checked is None:
                continue
            found = command.checked(owner)
            if command.value is None:
                action.setChecked(bool(found))
            elif found == command.value:
                action.setChecked(True)  # and the others of the choice go off


def make_action(id: str, parent: QObject | None) -> QAction:
    """The action of a command, named by its id, with its text, keys and tool tip in the user's language."""
    command = COMMANDS[id]
    action = QAction(parent)
    action.setObjectName(id)
    action.setCheckable(command.checkable)
    action.setShortcuts(keys_of(command))
    action.setAutoRepeat(command.auto_repeat)
    action.setMenuRole(command.role)
    put_texts(action)
    return action


def put_texts(action: QAction) -> None:
    """Gives an action its texts in the user's language."""
    command = COMMANDS[action.objectName()]
    action.setText(translate("Command", command.text))
    short = translate("ToolBar", command.tool_bar[2]) if command.tool_bar else ""
    action.setIconText(short or plain_text(action.text()).rstrip("…"))  # for tool bar and small buttons
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


def fill_menu_bar(window: QMainWindow, actions: Actions, words: Words) -> dict[Menu, QMenu]:
    """Makes the menus, and gives those that have commands."""
    bar = window.menuBar()
    assert bar is not None
    menus: dict[Menu, QMenu] = {}
    group = 0
    for id, action in actions.items():
        command = COMMANDS[id]
        menu = menus.get(command.menu)
        if menu is None:
            menu = menus[command.menu] = QMenu(bar)
            bar.addMenu(menu)
            words.put(functools.partial(getattr, command.menu, "title"), menu.setTitle)
        elif command.at[1] != group:
            menu.addSeparator()
        menu.addAction(action)
        group = command.at[1]
    return menus


def make_tool_bar(window: QMainWindow, actions: Actions, words: Words) -> QToolBar:
    """The commands used most, with short names."""
    bar = QToolBar(window)
    words.put(lambda: translate("ToolBar", "Tools"), bar.setWindowTitle)
    bar.setObjectName("tools")
    bar.setMovable(False)
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    placed = sorted((*place[:2], id) for id in actions if (place := COMMANDS[id].tool_bar) is not None)
    last = placed[0][0]
    for group, _place, id in placed:
        if group != last:
            bar.addSeparator()
        bar.addAction(actions[id])
        last = group
    words.follow(lambda: _name_buttons(bar))
    window.addToolBar(bar)
    return bar


def _name_buttons(bar: QToolBar) -> None:
    """Gives the tool bar's buttons, whose texts are short, whole sentences for screen readers."""
    for action in bar.actions():
        button = bar.widgetForAction(action)
        if isinstance(button, QToolButton):
            button.setAccessibleName(action.toolTip())
