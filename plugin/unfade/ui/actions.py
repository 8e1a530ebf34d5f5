"""The window's actions, in menus and in the tool bar."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton

from unfade.ui.canvas.scene import Compare
from unfade.ui.canvas.tools import ToolId
from unfade.ui.commands import COMMANDS, Menu, make_action
from unfade.ui.language import LANGUAGES, Words
from unfade.ui.settings import Settings, Theme

translate = QCoreApplication.translate

_Value = TypeVar("_Value")

ONLY_ALONE: Final = frozenset(
    {"open", "save", "close_picture", "paste", "show_queue"}
    | {id for id, command in COMMANDS.items() if command.menu is Menu.QUEUE}
)
"""Commands that make no sense while the window belongs to an editor."""
ONLY_HOSTED: Final = frozenset({"apply"})

_TOOL_BAR = (
    ("open", "save", "apply"),
    ("undo", "redo"),
    ("zoom_fit", "zoom_actual", "zoom_out", "zoom_in"),
    ("view_result", "view_split", "view_side", "view_before"),
    ("loupe",),
)
# After these a menu has a line.
_SEPARATED = {
    "save",
    "save_recipe",
    "close_picture",
    "redo",
    "paste",
    "zoom_fit",
    "view_before",
    "show_mask",
    "colorize",
    "cancel",
    "tool_keep",
    "shortcuts",
    "open_log",
}


def make_actions(window: QMainWindow, *, hosted: bool, taken: Iterable[QAction] = ()) -> dict[str, QAction]:
    """All actions by the ids of their commands; those in ``taken`` exist already, made by somebody else."""
    left_out = ONLY_ALONE if hosted else ONLY_HOSTED
    existing = {action.objectName(): action for action in taken}
    actions = {id: existing.get(id) or make_action(id, window) for id in COMMANDS if id not in left_out}
    for kind in (Compare, ToolId):
        group = QActionGroup(window)
        for member in kind:
            group.addAction(actions[member.value])
    for id in ("view_before", "undo", "redo", "delete_hint"):
        actions[id].setAutoRepeat(id in ("undo", "redo"))
    window.addActions(list(actions.values()))  # their keys work also with the menu bar hidden
    return actions


def fill_menu_bar(window: QMainWindow, actions: dict[str, QAction], words: Words) -> dict[Menu, QMenu]:
    """The menus, in the order of the commands."""
    bar = window.menuBar()
    assert bar is not None
    menus: dict[Menu, QMenu] = {}
    for id, action in actions.items():
        menu = COMMANDS[id].menu
        if menu not in menus:
            made = bar.addMenu("")
            assert made is not None
            menus[menu] = made
            words.put(functools.partial(_title_of, menu), made.setTitle)
        menus[menu].addAction(action)
        if id in _SEPARATED:
            menus[menu].addSeparator()
    return menus


def add_recent_menu(
    menu: QMenu, before: QAction, words: Words, settings: Settings, open_file: Callable[[Path], None]
) -> None:
    """The pictures opened of late, looked up each time the menu opens."""
    recent = QMenu(menu)
    menu.insertMenu(before, recent)
    words.put(lambda: translate("Window", "Open &recent"), recent.setTitle)

    def fill() -> None:
        recent.clear()
        for path in settings.present_recent_files():
            entry = recent.addAction(str(path).replace("&", "&&"))
            assert entry is not None
            entry.triggered.connect(lambda _checked=False, path=path: open_file(path))
        recent.addSeparator()
        entry = recent.addAction(translate("Window", "&Forget these"), settings.forget_recent_files)
        assert entry is not None
        entry.setEnabled(bool(settings.recent_files))

    recent.aboutToShow.connect(fill)


def add_choices(
    menu: QMenu,
    words: Words,
    settings: Settings,
    apply_theme: Callable[[], None],
    choose_language: Callable[[str], None],
) -> None:
    """Light or dark, and the language."""

    def as_system() -> str:
        return translate("Window", "As the &system")

    themes: dict[Theme, Callable[[], str]] = {
        Theme.SYSTEM: as_system,
        Theme.LIGHT: lambda: translate("Window", "&Light"),
        Theme.DARK: lambda: translate("Window", "&Dark"),
    }

    def choose_theme(theme: Theme) -> None:
        settings.theme = theme
        apply_theme()

    menu.addSeparator()
    theme_menu = _add_choice(menu, words, themes, settings.theme, choose_theme)
    words.put(lambda: translate("Window", "&Theme"), theme_menu.setTitle)
    languages: dict[str, Callable[[], str]] = {
        "": as_system,
        **{key: functools.partial(str, name) for key, name in LANGUAGES.items()},
    }
    language_menu = _add_choice(menu, words, languages, settings.language, choose_language)
    words.put(lambda: translate("Window", "Lan&guage"), language_menu.setTitle)


def _add_choice(
    menu: QMenu,
    words: Words,
    texts: Mapping[_Value, Callable[[], str]],
    chosen: _Value,
    choose: Callable[[_Value], None],
) -> QMenu:
    submenu = menu.addMenu("")
    assert submenu is not None
    group = QActionGroup(submenu)
    for value, text in texts.items():
        action = submenu.addAction("")
        assert action is not None
        words.put(text, action.setText)
        action.setCheckable(True)
        action.setChecked(value == chosen)
        action.triggered.connect(lambda _checked=False, value=value: choose(value))
        group.addAction(action)
    return submenu


def _title_of(menu: Menu) -> str:
    return menu.title


def make_tool_bar(window: QMainWindow, actions: dict[str, QAction], words: Words) -> QToolBar:
    """The commands used most, with short names."""
    bar = QToolBar(window)
    words.put(lambda: translate("ToolBar", "Tools"), bar.setWindowTitle)
    bar.setObjectName("tools")
    bar.setMovable(False)
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    for group in _TOOL_BAR:
        for action in (actions[id] for id in group if id in actions):
            bar.addAction(action)
        if group is not _TOOL_BAR[-1]:
            bar.addSeparator()
    words.follow(lambda: _shorten(bar))
    window.addToolBar(bar)
    return bar


def _shorten(bar: QToolBar) -> None:
    """Gives the tool bar's actions their short names, and its buttons whole ones for screen readers."""
    short = {
        "open": translate("ToolBar", "Open"),
        "save": translate("ToolBar", "Save as"),
        "zoom_fit": translate("ToolBar", "Fit"),
        "zoom_actual": translate("ToolBar", "1:1"),
        "zoom_out": translate("ToolBar", "−"),
        "zoom_in": translate("ToolBar", "+"),
        "view_result": translate("ToolBar", "Result"),
        "view_split": translate("ToolBar", "Split"),
        "view_side": translate("ToolBar", "Side by side"),
        "view_before": translate("ToolBar", "Hold: before"),
    }
    for action in bar.actions():
        action.setIconText(short.get(action.objectName(), action.iconText()))
        button = bar.widgetForAction(action)
        if isinstance(button, QToolButton):
            button.setAccessibleName(action.toolTip())
