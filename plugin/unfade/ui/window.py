"""The preview window: puts canvas, panels, queue and status bar together, and tells them of each other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QDockWidget,
    QMainWindow,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unfade.card import Task
from unfade.errors import UsageError
from unfade.ui import recipes
from unfade.ui.about import show_about
from unfade.ui.actions import add_choices, add_recent_menu, fill_menu_bar, make_actions, make_tool_bar
from unfade.ui.canvas.compare import Compare
from unfade.ui.canvas.images import Images
from unfade.ui.canvas.painting import PicturePainter
from unfade.ui.canvas.tools import BrushTool, HintTool, Tool, ToolId
from unfade.ui.canvas.view import Canvas
from unfade.ui.commands import Menu
from unfade.ui.doctor import open_log
from unfade.ui.document import ORDER, Document, State
from unfade.ui.finishing import Finisher, result_extent
from unfade.ui.hinting import HintEditor
from unfade.ui.hints import HintKeeper
from unfade.ui.link import EngineLink
from unfade.ui.loading import Loader, Opened
from unfade.ui.notice import Notice
from unfade.ui.opening import Opener
from unfade.ui.panels.stack import PanelStack
from unfade.ui.preview.live import LivePreview
from unfade.ui.queue import QueuePanel
from unfade.ui.remembering import remember, remembered, reset
from unfade.ui.settings import Settings
from unfade.ui.shortcuts import ShortcutSheet
from unfade.ui.status import StatusBar
from unfade.ui.theme import apply_theme
from unfade.ui.welcome import Welcome
from unfade.ui.whole import WholeRun

translate = QCoreApplication.translate

_TOOL_TASKS = {ToolId.HINT: Task.COLORIZE, ToolId.MARK: Task.DEARTIFACT, ToolId.KEEP: Task.DEARTIFACT}
_NEED_PICTURE = ("zoom_in", "zoom_out", "zoom_actual", "zoom_fit", "view_before", "loupe", "close_picture")
_NEED_RESULT = ("save", "apply", "copy")


class Window(QMainWindow):
    """The window, for a person on their own or on behalf of an editor.

    Signals:
        closed: the window has gone, and the engine with it.
    """

    closed = pyqtSignal()

    def __init__(self, settings: Settings, link: EngineLink, *, hosted: bool = False) -> None:
        """``hosted`` leaves out what belongs to the editor: opening and saving files, the queue."""
        super().__init__()
        self.settings, self.link, self.hosted = settings, link, hosted
        self.document = Document()
        self.images = Images(self)
        self.preview = LivePreview(self.document, link, self.images, self)
        self.whole = WholeRun(self.document, link, self.preview, self)
        self.loader = Loader(self)
        self.opener = Opener(self.loader, settings, self)
        self.finisher = Finisher(self.document, self.whole, settings, self)
        self.hint_editor = HintEditor(self.document, self.preview, settings, self)
        self.keeper = HintKeeper(self.document, self)
        self.queue = None if hosted else QueuePanel(lambda: self.document.state.steps, settings)
        taken = self.queue.commands.values() if self.queue else ()
        self.commands = make_actions(self, hosted=hosted, taken=taken)
        self._make_widgets()
        self._lay_out()
        self._connect_commands()
        self._connect_parts()
        self.setAcceptDrops(not hosted)
        start = State() if hosted else State(frozenset({Task.UPSCALE}))
        self.document.start_from(remembered(settings, start))
        self.restoreGeometry(settings.layout("window"))
        _application().installEventFilter(self)

    def start_with(self, steps: Sequence[dict[str, Any]]) -> None:
        """Begins with these steps, and only these: there is nothing before them to go back to.

        Raises UsageError for an order that cannot be shown.
        """
        self.document.start_from(self.document.state.with_steps(steps))

    # Building

    def _make_widgets(self) -> None:
        document, editor = self.document, self.hint_editor

        def brush() -> float:
            return self.panels.deartifact.brush_radius

        tools: dict[ToolId, Tool] = {
            ToolId.HINT: HintTool(document, editor.first_colour, editor.edit),
            ToolId.MARK: BrushTool(document, "add", brush),
            ToolId.KEEP: BrushTool(document, "keep", brush),
        }
        self.canvas = Canvas(document, self.preview, PicturePainter(self.images), tools)
        self.panels = PanelStack(document, self.commands, self.commands["apply" if self.hosted else "save"])
        self.notice = Notice()
        self.status = StatusBar(self)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.canvas)
        if not self.hosted:
            self.welcome = Welcome(self.settings, self.commands["open"])
            self.pages.addWidget(self.welcome)

    def _lay_out(self) -> None:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        self.side = QDockWidget(self.commands["show_panel"].iconText(), self)
        self.side.setObjectName("filters")
        self.side.setTitleBarWidget(QWidget())  # it stays where it is, so it needs no title
        self.side.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.side.setWidget(self.panels)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.side)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.setStatusBar(self.status)
        self.tool_bar = make_tool_bar(self, self.commands)
        menus = fill_menu_bar(self, self.commands)
        dress = functools.partial(apply_theme, _application(), self.settings)
        add_choices(menus[Menu.VIEW], self.settings, dress, self.status.say)
        if self.queue is not None:
            add_recent_menu(menus[Menu.FILE], self.commands["save"], self.settings, self.opener.open_file)
            self.dock = QDockWidget(translate("Window", "Queue"), self)
            self.dock.setObjectName("queue")
            self.dock.setWidget(self.queue)
            self.dock.hide()
            self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.dock)
        self.resize(1280, 820)

    def _connect_commands(self) -> None:
        document, canvas, brush = self.document, self.canvas, self.panels.deartifact
        slots: dict[str, Callable[[], Any]] = {
            "open": self.opener.ask,
            "save": self.finisher.ask_and_save,
            "load_recipe": self._load_recipe,
            "save_recipe": lambda: recipes.ask_and_save(self, self.settings, document.state.steps),
            "close_picture": self.close_picture,
            "quit": self.close,
            "undo": document.undo,
            "redo": document.redo,
            "copy": self.finisher.copy,
            "paste": self.opener.paste,
            "delete_hint": self.hint_editor.delete_chosen,
            "reset": lambda: document.change(reset(document.state)),
            "zoom_in": lambda: canvas.zoom_by(1),
            "zoom_out": lambda: canvas.zoom_by(-1),
            "zoom_actual": canvas.zoom_actual,
            "zoom_fit": canvas.zoom_fit,
            "view_before": lambda: canvas.hold_before(True),
            "apply": self.finisher.apply,
            "cancel": self.whole.stop,
            "brush_smaller": lambda: brush.resize_brush(False),
            "brush_larger": lambda: brush.resize_brush(True),
            "shortcuts": self._show_shortcuts,
            "doctor": self.status.open_doctor,
            "open_log": open_log,
            "about": lambda: show_about(self),
        }
        for id in slots.keys() & self.commands.keys():
            self.commands[id].triggered.connect(lambda _checked=False, slot=slots[id]: slot())
        toggles: dict[str, Callable[[bool], Any]] = {
            "loupe": canvas.set_loupe,
            "show_mask": canvas.set_mask_shown,
            "show_panel": self.side.setVisible,
            "full_screen": lambda on: self.showFullScreen() if on else self.showNormal(),
            **{task.value: functools.partial(self._switch, task) for task in ORDER},
            **{mode.value: functools.partial(self._choose_mode, mode) for mode in Compare},
            **{tool.value: functools.partial(self._choose_tool, tool) for tool in ToolId},
        }
        if self.queue is not None:
            toggles["show_queue"] = self.dock.setVisible
            self.dock.visibilityChanged.connect(
                lambda _shown: self.commands["show_queue"].setChecked(not self.dock.isHidden())
            )
        for id, toggle in toggles.items():
            self.commands[id].toggled.connect(toggle)
        for id in (Compare.SPLIT.value, ToolId.PAN.value, "show_panel", "show_mask"):
            self.commands[id].setChecked(True)
        held = self.tool_bar.widgetForAction(self.commands["view_before"])
        assert isinstance(held, QToolButton)
        held.pressed.connect(lambda: canvas.hold_before(True))
        held.released.connect(lambda: canvas.hold_before(False))

    def _connect_parts(self) -> None:
        tell, say = self.notice.show_sentence, self.status.say
        again, start = translate("Window", "Try again"), translate("Window", "Start it again")
        self.document.subscribe(lambda _change: self._update())
        self.loader.opened.connect(self._show)
        opening = translate("Window", "Opening…")
        self.loader.busy.connect(lambda busy: say(opening) if busy else self.status.clearMessage())
        self.preview.failed.connect(lambda text: tell(text, again, self.preview.retry))
        self.preview.provider.connect(self.status.set_provider)
        self.preview.progress.connect(self._show_progress)
        self.whole.progress.connect(self.status.set_progress)
        self.whole.busy.connect(lambda _busy: self._update())
        for failed in (self.loader.failed, self.finisher.failed, self.keeper.failed):
            failed.connect(tell)
        for said in (self.opener.said, self.finisher.said):
            said.connect(say)
        self.link.listed.connect(self._listed)
        self.link.lost.connect(self._engine_lost)
        self.link.unavailable.connect(lambda text: tell(text, start, self.link.start))
        self.canvas.view_changed.connect(self._tell_detail)
        self.panels.colorize.colour_wanted.connect(self.hint_editor.edit_chosen)
        self.panels.deartifact.brush_changed.connect(self.canvas.update)
        if self.queue is not None:
            self.queue.open_wanted.connect(self.opener.open_file)
            self.queue.said.connect(say)
            self.opener.many.connect(self._enqueue)
            self.welcome.chosen.connect(self.opener.open_file)

    # Reacting

    def close_picture(self) -> None:
        """Closes the picture, and keeps the window."""
        self.keeper.write()
        self.document.close()
        self.canvas.set_original(None)
        self._update()

    def _show(self, opened: Opened) -> None:
        self.keeper.write()
        self.notice.hide()
        self.document.open(opened.picture, opened.path, opened.title, opened.hints)
        self.canvas.set_original(opened.original)
        if opened.path is not None:
            self.settings.add_recent_file(opened.path)
        if opened.remark:
            self.notice.show_sentence(opened.remark)
        self._update()
        self.canvas.setFocus()

    def _load_recipe(self) -> None:
        steps = recipes.ask_and_load(self, self.settings)
        if steps is not None:
            try:
                self.document.change(self.document.state.with_steps(steps))
            except UsageError as error:
                self.notice.show_sentence(str(error))

    def _switch(self, task: Task, on: bool) -> None:
        self.document.change(self.document.state.switched(task, on))

    def _choose_mode(self, mode: Compare, on: bool) -> None:
        if on:
            self.canvas.set_mode(mode)

    def _choose_tool(self, tool: ToolId, on: bool) -> None:
        if not on:
            return
        task = _TOOL_TASKS.get(tool)
        if task is not None and task not in self.document.state.enabled:
            self._switch(task, True)
        self.canvas.set_tool(tool)
        if task is Task.DEARTIFACT:
            self.commands["show_mask"].setChecked(True)

    def _enqueue(self, paths: list[Path]) -> None:
        if self.queue is not None:
            self.queue.add(paths)
            self.dock.show()

    def _show_shortcuts(self) -> None:
        sheet: QDialog = ShortcutSheet(self.commands.values(), self)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()

    def _show_progress(self, done: int, total: int) -> None:
        if not self.whole.running:
            self.status.set_progress(done, total)

    def _listed(self, listing: dict[str, Any]) -> None:
        self.panels.set_models(self.preview.models)
        if listing["trouble"]:
            self.notice.show_sentence(listing["trouble"])

    def _engine_lost(self, sentence: str) -> None:
        again = translate("Window", "It was started again; your settings are all there.")
        self.notice.show_sentence(f"{sentence} {again}")

    def _update(self) -> None:
        """Brings title, commands and pages in line with the document."""
        document, commands = self.document, self.commands
        has, state = document.picture is not None, document.state
        self.setWindowTitle(f"{document.title} — Unfade" if document.title else "Unfade")
        self.pages.setCurrentIndex(0 if has or self.hosted else 1)
        if not has and not self.hosted:
            self.welcome.refresh()
        enabled = {
            **dict.fromkeys(_NEED_PICTURE, has),
            **dict.fromkeys(_NEED_RESULT, has and bool(state.enabled) and not self.whole.running),
            "save_recipe": bool(state.enabled),
            "reset": bool(state.enabled),
            "undo": document.can_undo,
            "redo": document.can_redo,
            "delete_hint": document.selected_hint is not None,
            "cancel": self.whole.running,
        }
        for id in enabled.keys() & commands.keys():
            commands[id].setEnabled(enabled[id])
        for task in ORDER:
            commands[task.value].setChecked(task in state.enabled)
        needed = _TOOL_TASKS.get(self.canvas.tool)
        if needed is not None and needed not in state.enabled:
            commands[ToolId.PAN.value].setChecked(True)
        self._tell_detail()

    def _tell_detail(self) -> None:
        extent, viewport, size = self.document.extent, self.canvas.viewport, result_extent(self.document)
        if extent is None or viewport is None or size is None:
            self.status.set_detail("")
            return
        text = f"{extent.width} × {extent.height}"
        if size != extent:
            text += f" → {size.width} × {size.height}"
        percent = viewport.zoom / self.document.state.scale * 100
        self.status.set_detail(f"{text}   ·   {percent:.3g}\u202f%")

    # Qt

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Hears the key that shows the original being let go, wherever the focus is."""
        released = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease
        if released and isinstance(event, QKeyEvent) and not event.isAutoRepeat():
            self.canvas.hold_before(False)
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Takes files and pictures."""
        if event and self.opener.takes(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Opens a picture; several, and folders, go into the queue."""
        data = event.mimeData() if event else None
        if event is not None and data is not None:
            event.acceptProposedAction()
            self.opener.take(data, translate("Window", "Dropped picture"))

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Goes at once, and ends what runs; what is being saved is finished."""
        self.hide()
        remember(self.settings, self.document.state)
        self.settings.set_layout("window", QByteArray(self.saveGeometry()))
        self.settings.save()
        self.keeper.close()
        if self.queue is not None:
            self.queue.close_down()
        self.loader.close()
        self.images.close()
        self.link.close()
        self.finisher.saver.wait()
        _application().removeEventFilter(self)
        super().closeEvent(event)
        self.closed.emit()

    def command(self, id: str) -> QAction:
        """The action of a command."""
        return self.commands[id]


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
