"""What each of the window's commands does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QToolButton

from unfade.errors import UsageError
from unfade.models import Task
from unfade.ui import recipes
from unfade.ui.canvas.scene import Compare
from unfade.ui.canvas.tools import ToolId
from unfade.ui.dialogs.doctor import open_log
from unfade.ui.dialogs.help import ShortcutSheet, show_about
from unfade.ui.document import ORDER, Document
from unfade.ui.remembering import reset
from unfade.ui.upkeep import TOOL_TASKS

if TYPE_CHECKING:
    from unfade.ui.window import Window


def bind_commands(window: Window) -> None:
    """Connects the window's actions, which exist already, as do the parts that they work on."""
    document, canvas, brush = window.document, window.canvas, window.panels.deartifact
    slots: dict[str, Callable[[], Any]] = {
        "open": window.opener.ask,
        "save": window.finisher.ask_and_save,
        "load_recipe": functools.partial(_load_recipe, window),
        "save_recipe": lambda: recipes.ask_and_save(window, window.settings, document.state.steps),
        "close_picture": window.close_picture,
        "quit": window.close,
        "undo": document.undo,
        "redo": document.redo,
        "copy": window.finisher.copy,
        "paste": window.opener.paste,
        "delete_hint": window.hint_editor.delete_chosen,
        "reset": lambda: document.change(reset(document.state)),
        "zoom_in": lambda: canvas.zoom_by(1),
        "zoom_out": lambda: canvas.zoom_by(-1),
        "zoom_actual": canvas.zoom_actual,
        "zoom_fit": canvas.zoom_fit,
        "view_before": lambda: canvas.hold_before(True),
        "apply": window.finisher.apply,
        "cancel": window.whole.stop,
        "brush_smaller": lambda: brush.resize_brush(False),
        "brush_larger": lambda: brush.resize_brush(True),
        "shortcuts": functools.partial(_show_shortcuts, window),
        "doctor": window.status.open_doctor,
        "open_log": open_log,
        "about": lambda: show_about(window),
    }
    for id in slots.keys() & window.commands.keys():
        window.commands[id].triggered.connect(lambda _checked=False, slot=slots[id]: slot())
    toggles: dict[str, Callable[[bool], Any]] = {
        "loupe": canvas.set_loupe,
        "show_mask": canvas.set_mask_shown,
        "show_panel": window.side.setVisible,
        "full_screen": lambda on: window.showFullScreen() if on else window.showNormal(),
        **{task.value: functools.partial(_switch, document, task) for task in ORDER},
        **{mode.value: functools.partial(_choose_mode, window, mode) for mode in Compare},
        **{tool.value: functools.partial(_choose_tool, window, tool) for tool in ToolId},
    }
    if window.queue is not None:
        toggles["show_queue"] = window.dock.setVisible
        window.dock.visibilityChanged.connect(
            lambda _shown: window.commands["show_queue"].setChecked(not window.dock.isHidden())
        )
    for id, toggle in toggles.items():
        window.commands[id].toggled.connect(toggle)
    for id in (Compare.SPLIT.value, ToolId.PAN.value, "show_panel", "show_mask"):
        window.commands[id].setChecked(True)
    held = window.tool_bar.widgetForAction(window.commands["view_before"])
    assert isinstance(held, QToolButton)
    held.pressed.connect(lambda: canvas.hold_before(True))
    held.released.connect(lambda: canvas.hold_before(False))


def _load_recipe(window: Window) -> None:
    steps = recipes.ask_and_load(window, window.settings)
    if steps is None:
        return
    try:
        state = window.document.state.with_steps(steps)
    except UsageError as error:
        window.notice.show_sentence(str(error))
    else:
        window.document.change(window.preview.models.suited(state))


def _switch(document: Document, task: Task, on: bool) -> None:
    document.change(document.state.switched(task, on))


def _choose_mode(window: Window, mode: Compare, on: bool) -> None:
    if on:
        window.canvas.set_mode(mode)


def _choose_tool(window: Window, tool: ToolId, on: bool) -> None:
    if not on:
        return
    task = TOOL_TASKS.get(tool)
    if task is not None and task not in window.document.state.enabled:
        _switch(window.document, task, True)
    window.canvas.set_tool(tool)
    if task is Task.DEARTIFACT:
        window.commands["show_mask"].setChecked(True)


def _show_shortcuts(window: Window) -> None:
    sheet = ShortcutSheet(window.commands.values(), window)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    sheet.open()
