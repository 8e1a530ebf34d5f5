"""The preview window: puts canvas, panels, queue and status bar together, and tells them of each other."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from unfade.models import Task
from unfade.ui.actions import add_choices, add_recent_menu, fill_menu_bar, make_actions, make_tool_bar
from unfade.ui.binding import bind_commands
from unfade.ui.canvas.images import Images
from unfade.ui.canvas.painting import PicturePainter
from unfade.ui.canvas.tools import BrushTool, HintTool, Tool, ToolId
from unfade.ui.canvas.view import Canvas
from unfade.ui.commands import Menu, put_texts
from unfade.ui.document import Document, State
from unfade.ui.finishing import Finisher, WholeRun
from unfade.ui.hints import HintEditor, HintKeeper
from unfade.ui.language import Words, install_language
from unfade.ui.link import EngineLink
from unfade.ui.opening import Loader, Opened, Opener
from unfade.ui.panels.stack import PanelStack
from unfade.ui.preview.live import LivePreview
from unfade.ui.queue import QueuePanel
from unfade.ui.remembering import remember, remembered
from unfade.ui.settings import Settings
from unfade.ui.status import Notice, StatusBar
from unfade.ui.telling import Teller
from unfade.ui.theme import apply_theme
from unfade.ui.upkeep import Upkeep
from unfade.ui.welcome import Welcome

translate = QCoreApplication.translate


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
        bind_commands(self)
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
        self.document.start_from(self.preview.models.suited(self.document.state.with_steps(steps)))

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
        editor.take_colours_from(self.canvas)
        self.panels = PanelStack(document, self.commands, self.commands["apply" if self.hosted else "save"])
        self.notice = Notice()
        self.status = StatusBar(self)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.canvas)
        self.welcome: Welcome | None = None
        if not self.hosted:
            self.welcome = Welcome(self.settings, self.commands["open"])
            self.pages.addWidget(self.welcome)
        self.teller = Teller(self.notice, self.status, self)
        self.upkeep = Upkeep(
            document,
            self.whole,
            self.commands,
            self.canvas,
            self.pages,
            self.welcome,
            self.status,
            self.setWindowTitle,
        )

    def _lay_out(self) -> None:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        words = Words(self)
        words.follow(self._put_texts)
        self.side = QDockWidget(self)
        words.put(self.commands["show_panel"].iconText, self.side.setWindowTitle)
        self.side.setObjectName("filters")
        self.side.setTitleBarWidget(QWidget())  # it stays where it is, so it needs no title
        self.side.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.side.setWidget(self.panels)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.side)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.setStatusBar(self.status)
        self.tool_bar = make_tool_bar(self, self.commands, words)
        menus = fill_menu_bar(self, self.commands, words)
        dress = functools.partial(apply_theme, _application(), self.settings)
        add_choices(menus[Menu.VIEW], words, self.settings, dress, self._choose_language)
        if self.queue is not None:
            add_recent_menu(
                menus[Menu.FILE], self.commands["save"], words, self.settings, self.opener.open_file
            )
            self.dock = QDockWidget(self)
            words.put(lambda: translate("Window", "Queue"), self.dock.setWindowTitle)
            self.dock.setObjectName("queue")
            self.dock.setWidget(self.queue)
            self.dock.hide()
            self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.dock)
        self.resize(1280, 820)

    def _connect_parts(self) -> None:
        self.document.subscribe(lambda _change: self.upkeep.update())
        self.whole.busy.connect(lambda _busy: self.upkeep.update())
        self.loader.opened.connect(self._show)
        self.teller.hear_engine(self.link, self.preview, self.whole)
        self.teller.hear_files(self.loader, self.finisher, self.keeper)
        for said in (self.opener.said, self.hint_editor.said):
            said.connect(self.status.say)
        self.link.listed.connect(self._listed)
        self.canvas.view_changed.connect(self.upkeep.tell_detail)
        self.panels.colorize.colour_wanted.connect(self.hint_editor.edit_chosen)
        self.panels.deartifact.brush_changed.connect(self.canvas.update)
        if self.queue is not None and self.welcome is not None:
            self.queue.open_wanted.connect(self.opener.open_file)
            self.queue.said.connect(self.status.say)
            self.opener.many.connect(self._enqueue)
            self.welcome.chosen.connect(self.opener.open_file)

    # Reacting

    def close_picture(self) -> None:
        """Closes the picture, and keeps the window."""
        self.keeper.write()
        self.document.close()
        self.canvas.set_original(None)
        self.upkeep.update()

    def _show(self, opened: Opened) -> None:
        self.keeper.write()
        self.notice.hide()
        self.document.open(opened.picture, opened.path, opened.title, opened.hints)
        self.canvas.set_original(opened.original)
        if opened.path is not None:
            self.settings.add_recent_file(opened.path)
        if opened.remark:
            self.notice.show_sentence(opened.remark)
        self.upkeep.update()
        self.canvas.setFocus()

    def _enqueue(self, paths: list[Path]) -> None:
        if self.queue is not None:
            self.queue.add(paths)
            self.dock.show()

    def _listed(self, _listing: dict[str, Any]) -> None:
        models = self.preview.models
        self.document.correct(models.suited)
        self.panels.set_models(models)

    def _put_texts(self) -> None:
        for action in self.commands.values():
            put_texts(action)

    def _choose_language(self, language: str) -> None:
        self.settings.language = language
        install_language(_application(), language)
        self.upkeep.update()

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
