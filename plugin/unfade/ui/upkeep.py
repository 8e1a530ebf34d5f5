"""Keeps title, commands, pages and status bar in line with the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QStackedWidget

from unfade.models import Task
from unfade.ui.canvas.tools import ToolId
from unfade.ui.canvas.view import Canvas
from unfade.ui.document import ORDER, Document
from unfade.ui.finishing import WholeRun, result_extent
from unfade.ui.language import decimal
from unfade.ui.status import StatusBar
from unfade.ui.welcome import Welcome

TOOL_TASKS = {ToolId.HINT: Task.COLORIZE, ToolId.MARK: Task.DEARTIFACT, ToolId.KEEP: Task.DEARTIFACT}
"""The filters that tools belong to."""

_NEED_PICTURE = ("zoom_in", "zoom_out", "zoom_actual", "zoom_fit", "view_before", "loupe", "close_picture")
_NEED_RESULT = ("save", "apply", "copy")


class Upkeep:
    """Shows how things stand, each time something has changed.

    Args:
        document: what is open, and how it is set.
        whole: whether the whole result is being made.
        commands: the window's actions by their ids.
        canvas: the first of the pages.
        pages: the other is ``welcome``; in an editor's window there is none.
        status: shows sizes and zoom.
        set_title: sets the window's title.
    """

    def __init__(
        self,
        document: Document,
        whole: WholeRun,
        commands: Mapping[str, QAction],
        canvas: Canvas,
        pages: QStackedWidget,
        welcome: Welcome | None,
        status: StatusBar,
        set_title: Callable[[str], None],
    ) -> None:
        self._document, self._whole, self._commands, self._canvas = document, whole, commands, canvas
        self._pages, self._welcome, self._status, self._set_title = pages, welcome, status, set_title

    def update(self) -> None:
        """All of it."""
        document, canvas = self._document, self._canvas
        has, state = document.picture is not None, document.state
        self._set_title(f"{document.title} — Unfade" if document.title else "Unfade")
        self._pages.setCurrentIndex(0 if has or self._welcome is None else 1)
        if not has and self._welcome is not None:
            self._welcome.refresh()
        self._enable()
        for task in ORDER:
            self._commands[task.value].setChecked(task in state.enabled)
        needed = TOOL_TASKS.get(canvas.tool)
        if needed is not None and needed not in state.enabled:
            self._commands[ToolId.PAN.value].setChecked(True)
        self.tell_detail()

    def tell_detail(self) -> None:
        """Sizes and zoom."""
        extent, viewport, size = self._document.extent, self._canvas.viewport, result_extent(self._document)
        if extent is None or viewport is None or size is None:
            self._status.set_detail("")
            return
        text = f"{extent.width} × {extent.height}"
        if size != extent:
            text += f" → {size.width} × {size.height}"
        percent = viewport.zoom / self._document.state.scale * 100
        self._status.set_detail(f"{text}   ·   {decimal(percent)}\u202f%")

    def _enable(self) -> None:
        document, running = self._document, self._whole.running
        has, filtered = document.picture is not None, bool(document.state.enabled)
        enabled = {
            **dict.fromkeys(_NEED_PICTURE, has),
            **dict.fromkeys(_NEED_RESULT, has and filtered and not running),
            "save_recipe": filtered,
            "reset": filtered,
            "undo": document.can_undo,
            "redo": document.can_redo,
            "delete_hint": document.selected_hint is not None,
            "cancel": running,
        }
        for id in enabled.keys() & self._commands.keys():
            self._commands[id].setEnabled(enabled[id])
