"""The window: puts canvas, panels, queue and status bar together, connects them, and keeps them in line."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from PyQt6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFrame,
    QMainWindow,
    QMenu,
    QMessageBox,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unfade.errors import UsageError
from unfade.filters import all_filters
from unfade.ui import recipes
from unfade.ui.canvas.frame import PicturePainter
from unfade.ui.canvas.images import Images
from unfade.ui.canvas.tools import BrushTool, HintTool, Tool, ToolId
from unfade.ui.canvas.view import Canvas
from unfade.ui.commands import (
    Actions,
    Command,
    Key,
    Menu,
    commands_of,
    fill_menu_bar,
    make_tool_bar,
)
from unfade.ui.dialogs.help import Help
from unfade.ui.document import ORDER, Change, Document, State, remember, remembered
from unfade.ui.finishing import Finisher, WholeRun, result_extent
from unfade.ui.hints import HintEditor
from unfade.ui.language import LANGUAGES, Words, decimal, install_language
from unfade.ui.link import EngineLink
from unfade.ui.marks import MarksKeeper
from unfade.ui.opening import Loader, Opened, Opener, Welcome
from unfade.ui.panels.own import ColorizePanel, DeartifactPanel, RestorePanel
from unfade.ui.panels.stack import PanelStack
from unfade.ui.preview.live import LivePreview
from unfade.ui.queue import Item, ItemState, QueuePanel
from unfade.ui.settings import Settings, Theme
from unfade.ui.status import Notice, StatusBar
from unfade.ui.telling import Teller
from unfade.ui.theme import apply_theme

translate = QCoreApplication.translate

_Value = TypeVar("_Value")

_USUAL_SIZE = QSize(1280, 820)
_USUAL_FRAME = QSize(8, 40)  # of a window, where it is not known yet
_LEAST_QUEUE = 110  # device-independent pixels: a row and its buttons
_REMEMBER_AFTER = 1000  # milliseconds of quiet before settings are written


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
        own_marks = settings.path.parent / "marks"
        self.loader = Loader(own_marks, self)
        self.opener = Opener(self.loader, settings, self, lambda: self.document.path)
        self.queue = None if hosted else QueuePanel(lambda: self.document.state.steps, settings)
        self.finisher = Finisher(self.document, self.preview, self.whole, self.queue, settings, self)
        self.hint_editor = HintEditor(self.document, self.preview, settings, self)
        self.keeper = MarksKeeper(self.document, own_marks, self)
        self.commands = Actions(self, commands_of(hosted), self.queue.commands if self.queue else {})
        self.addActions(list(self.commands.values()))  # their keys work also with the menu bar hidden
        self._remembering = QTimer(self)  # not only at the end, which a crash would leave out
        self._remembering.setSingleShot(True)
        self._remembering.setInterval(_REMEMBER_AFTER)
        self._remembering.timeout.connect(self._remember)
        self._unasked = self._closing_when_done = False
        self._make_widgets()
        self._lay_out()
        self._connect_engine()
        self._connect_files()
        self._connect_parts()
        self.setAcceptDrops(not hosted)
        start = State() if hosted else State(settings.last_filters({all_filters()[0].name}, ORDER))
        self.document.start_from(remembered(settings, start))
        self._take_its_place()
        self._restore_queue()
        _application().installEventFilter(self)

    def start_with(self, steps: Sequence[dict[str, Any]]) -> None:
        """Begins with these steps, and only these: there is nothing before them to go back to.

        Raises UsageError for an order that cannot be shown.
        """
        self.document.start_from(self.document.state.with_steps(steps))

    def command(self, id: str) -> QAction:
        """The action of a command."""
        return self.commands[id]

    # Building

    def _make_widgets(self) -> None:
        document, editor = self.document, self.hint_editor

        def brush() -> float:
            return self.panels.brush.radius

        def shown() -> bool:
            return self.canvas.mask_shown

        tools: dict[ToolId, Tool] = {
            ToolId.HINT: HintTool(document, editor.first_colour, editor.edit),
            ToolId.MARK: BrushTool(document, "add", brush, shown),
            ToolId.KEEP: BrushTool(document, "keep", brush, shown),
        }
        self.canvas = Canvas(document, self.preview, PicturePainter(self.images), tools)
        editor.take_colours_from(self.canvas)
        self.panels = PanelStack(document, self.commands, self.commands["apply" if self.hosted else "save"])
        self.notice, self.status = Notice(), StatusBar(self)
        self.teller = Teller(
            self.status,
            self.notice,
            document,
            self.preview,
            self.whole,
            self.queue,
            self.commands.refresh,
            self,
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.canvas)
        self.welcome: Welcome | None = None
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
        words = Words(self)
        words.follow(self.commands.put_texts)
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
        held = self.tool_bar.widgetForAction(self.commands["view_before"])
        assert isinstance(held, QToolButton)
        held.pressed.connect(lambda: self.canvas.hold_before(True))
        held.released.connect(lambda: self.canvas.hold_before(False))
        menus = fill_menu_bar(self, self.commands, words)
        self._add_choices(menus[Menu.VIEW], words)
        if self.queue is not None:
            self._add_recent(menus[Menu.FILE], words)
            self.dock = QDockWidget(self)
            words.put(lambda: translate("Window", "Queue"), self.dock.setWindowTitle)
            self.dock.setObjectName("queue")
            area = QScrollArea()  # so that it can be low on a small screen
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setMinimumHeight(_LEAST_QUEUE)
            area.setWidget(self.queue)
            self.dock.setWidget(area)
            self.dock.hide()
            self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.dock)

    def _take_its_place(self) -> None:
        """Where it was last time, or at its usual size; never larger than the screen it is on."""
        self.resize(_USUAL_SIZE)
        self.restoreGeometry(self.settings.layout("window"))
        screen = self.screen()
        if screen is not None:
            frame = self.frameGeometry().size() - self.size()
            room = screen.availableGeometry().size() - frame.expandedTo(_USUAL_FRAME)
            self.resize(self.size().boundedTo(room))

    def _restore_queue(self) -> None:
        """What was unfinished when another window went is there again."""
        queue = self.queue
        if queue is not None and (count := queue.restore()):
            self.dock.show()
            self.teller.tell_restored(count)

    def _add_choices(self, menu: QMenu, words: Words) -> None:
        """Light or dark, and the language."""

        def as_system() -> str:
            return translate("Window", "As the &system")

        def choose_theme(theme: Theme) -> None:
            self.settings.theme = theme
            apply_theme(_application(), self.settings)

        def choose_language(language: str) -> None:
            self.settings.language = language
            install_language(_application(), language)
            self._refresh()

        themes: dict[Theme, Callable[[], str]] = {
            Theme.SYSTEM: as_system,
            Theme.LIGHT: lambda: translate("Window", "&Light"),
            Theme.DARK: lambda: translate("Window", "&Dark"),
        }
        languages: dict[str, Callable[[], str]] = {
            "": as_system,
            **{key: functools.partial(str, name) for key, name in LANGUAGES.items()},
        }
        menu.addSeparator()
        theme_menu = _add_choice(menu, words, themes, self.settings.theme, choose_theme)
        words.put(lambda: translate("Window", "&Theme"), theme_menu.setTitle)
        language_menu = _add_choice(menu, words, languages, self.settings.language, choose_language)
        words.put(lambda: translate("Window", "Lan&guage"), language_menu.setTitle)

    def _add_recent(self, menu: QMenu, words: Words) -> None:
        """The pictures opened of late, looked up each time the menu opens."""
        recent = QMenu(menu)
        menu.insertMenu(self.commands["save"], recent)
        words.put(lambda: translate("Window", "Open &recent"), recent.setTitle)

        def fill() -> None:
            recent.clear()
            for path in self.settings.present_recent_files():
                entry = recent.addAction(str(path).replace("&", "&&"))
                assert entry is not None
                entry.triggered.connect(lambda _checked=False, path=path: self.opener.open_file(path))
            recent.addSeparator()
            entry = recent.addAction(translate("Window", "&Forget these"), self.settings.forget_recent_files)
            assert entry is not None
            entry.setEnabled(bool(self.settings.recent_files))

        recent.aboutToShow.connect(fill)

    # Connecting

    def _connect_engine(self) -> None:
        """What runs the networks."""
        preview, panels = self.preview, self.panels
        self.link.listed.connect(self._listed)
        preview.chosen.connect(panels.show_chosen)
        preview.proposed.connect(panels.of(RestorePanel).show_proposed)
        preview.marked.connect(panels.of(DeartifactPanel).offer_removal)
        self.whole.busy.connect(lambda _busy: self._refresh())
        self.teller.hear_engine(self.link)

    def _connect_files(self) -> None:
        """Files being opened, saved, and worked on in the queue."""
        self.loader.opened.connect(self._show)
        for said in (self.opener.said, self.hint_editor.said):
            said.connect(self.status.say)
        self.teller.hear_files(self.loader, self.keeper, self.finisher)
        queue = self.queue
        if queue is not None and self.welcome is not None:
            queue.open_wanted.connect(self.opener.open_file)
            queue.added.connect(self.dock.show)
            queue.not_saved.connect(self._not_saved)
            queue.worked.connect(self._close_when_done)
            self.opener.many.connect(queue.add)
            self.welcome.chosen.connect(self.opener.open_file)

    def _connect_parts(self) -> None:
        self.help = Help(self, self.commands)
        self.commands.bind(
            self,
            self.document,
            self.opener,
            self.finisher,
            self.whole,
            self.hint_editor,
            self.canvas,
            self.status,
            self.teller,
            self.help,
        )
        self.document.subscribe(self._document_changed)
        self.status.bind_stop(self.commands["cancel"])
        self.canvas.view_changed.connect(self._show_detail)
        self.panels.of(ColorizePanel).colour_wanted.connect(self.hint_editor.edit_chosen)
        self.panels.brush.changed.connect(self.canvas.update)
        if self.queue is not None:
            self.dock.visibilityChanged.connect(lambda _shown: self.commands.refresh())

    # In line with the document, and with what is being worked on

    def _document_changed(self, change: Change) -> None:
        if change is Change.STATE:
            self._remembering.start()
        self._refresh()

    def _remember(self) -> None:
        """Keeps the settings for the next start."""
        remember(self.settings, self.document.state)
        self.settings.save()

    def _close_when_done(self) -> None:
        """Closes once all is saved, where that was asked for."""
        if self._closing_when_done and self.queue is not None and not self.queue.queue.at_work:
            QTimer.singleShot(0, self.close_unasked)

    def _not_saved(self, item: Item) -> None:
        if item.state is not ItemState.CANCELLED:
            self._closing_when_done = False  # it is not to be lost without a word

    def _refresh(self) -> None:
        """Title, page, commands and status bar."""
        document = self.document
        self.setWindowTitle(f"{document.title} — Unfade" if document.title else "Unfade")
        empty = document.picture is None and self.welcome is not None
        self.pages.setCurrentIndex(1 if empty else 0)
        if empty and self.welcome is not None:
            self.welcome.refresh()
        self.commands.refresh()
        self._show_detail()

    def _show_detail(self) -> None:
        """Sizes and zoom."""
        extent, viewport, size = self.document.extent, self.canvas.viewport, result_extent(self.document)
        if extent is None or viewport is None or size is None:
            self.status.set_detail("")
            return
        text = f"{extent.width} × {extent.height}"
        if size != extent:
            text += f" → {size.width} × {size.height}"
        percent = viewport.zoom / self.document.state.scale * 100
        self.status.set_detail(f"{text}   ·   {decimal(percent)}\u202f%")

    def _show(self, opened: Opened) -> None:
        self.keeper.write()
        self.teller.picture_goes()
        self.document.open(
            opened.picture,
            opened.path,
            opened.title,
            opened.marks,
            opened.selection,
            coloured=opened.coloured,
        )
        self.canvas.set_original(opened.original)
        if opened.selection is not None:
            self.canvas.show_part(opened.selection.bounds)
        if opened.path is not None:
            self.settings.add_recent_file(opened.path)
            self.settings.set_folder("open", opened.path.parent)
        if opened.remark:
            self.notice.show_sentence(opened.remark, about="open")
        self._refresh()
        self.canvas.setFocus()

    def _listed(self, listing: dict[str, Any]) -> None:
        self.notice.settle("engine")
        if listing["trouble"]:
            self.notice.show_sentence(listing["trouble"], about="engine")
        self.panels.set_models(self.preview.models)

    # The window's own commands

    @Command(
        "load_recipe",
        (Menu.FILE, 2, 1),
        "Open recip&e…",
        "Take the steps and their settings from a recipe file.",
        ("Ctrl+Shift+O",),
    )
    def load_recipe(self) -> None:
        """Asks for a recipe, and sets things as it says."""
        steps = recipes.ask_and_load(self, self.settings)
        if steps is None:
            return
        try:
            state = self.document.state.with_steps(steps)
        except UsageError as error:
            self.notice.show_sentence(str(error), about="recipe")
        else:
            self.document.change(state)

    @Command(
        "save_recipe",
        (Menu.FILE, 2, 2),
        "Save rec&ipe…",
        "Keep the steps and their settings in a recipe file.",
        ("Ctrl+Alt+S",),
        enabled=lambda window: bool(window.document.state.enabled),
    )
    def save_recipe(self) -> None:
        """Asks for a name, and writes the steps."""
        recipes.ask_and_save(self, self.settings, self.document.state.steps)

    @Command(
        "close_picture",
        (Menu.FILE, 3, 1),
        "&Close picture",
        "Close the picture, and keep the window.",
        (Key.Close,),
        enabled=lambda window: window.document.picture is not None,
        hosted=False,
    )
    def close_picture(self) -> None:
        """Closes the picture, and keeps the window."""
        self.keeper.write()
        self.teller.picture_goes()
        self.document.close()
        self.canvas.set_original(None)
        self._refresh()

    @Command(
        "quit", (Menu.FILE, 4, 1), "&Quit", "Close the window.", ("Ctrl+Q",), role=QAction.MenuRole.QuitRole
    )
    def quit(self) -> None:
        """Closes the window."""
        self.close()

    @Command(
        "show_panel",
        (Menu.VIEW, 4, 1),
        "Filter &panel",
        "Show or hide the panel with the filters' settings.",
        ("F9",),
        checkable=True,
        checked=lambda window: not window.side.isHidden(),
    )
    def show_panel(self, on: bool) -> None:
        """Shows the filters' settings, or hides them."""
        self.side.setVisible(on)

    @Command(
        "show_queue",
        (Menu.VIEW, 4, 2),
        "&Queue",
        "Show or hide the queue of pictures.",
        ("F8",),
        checkable=True,
        checked=lambda window: not window.dock.isHidden(),
        hosted=False,
    )
    def show_queue(self, on: bool) -> None:
        """Shows the queue, or hides it."""
        self.dock.setVisible(on)

    @Command(
        "full_screen",
        (Menu.VIEW, 4, 3),
        "F&ull screen",
        "Give the window the whole screen.",
        ("F11", Key.FullScreen),
        checkable=True,
    )
    def fill_screen(self, on: bool) -> None:
        """Gives the window the whole screen, or its place again."""
        full = Qt.WindowState.WindowFullScreen
        self.setWindowState(self.windowState() | full if on else self.windowState() & ~full)

    # Qt

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Hears the key that shows the original being let go, wherever the focus is; unless another window
        has it by then."""
        if isinstance(event, QKeyEvent):
            ended = event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat()
        else:
            ended = watched is self and event is not None and event.type() == QEvent.Type.WindowDeactivate
        if ended:
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

    def close_unasked(self) -> None:
        """Closes the window; what is unfinished is stopped, and in the queue again at the next start."""
        self._unasked = True
        self.close()

    def _may_close(self) -> bool:
        """Whether nothing is being saved, or the user would rather stop it."""
        jobs = [] if self.queue is None or self._unasked else self.queue.queue.at_work
        if not jobs:
            return True
        question = QMessageBox(self)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle("Unfade")
        if len(jobs) == 1:
            question.setText(translate("Window", "{name} is not saved yet.").format(name=jobs[0].name))
        else:
            text = translate("Window", "{count} pictures are not saved yet.")
            question.setText(text.format(count=len(jobs)))
        question.setInformativeText(
            translate("Window", "What is stopped waits in the queue at the next start.")
        )
        finish = question.addButton(translate("Window", "&Save and close"), QMessageBox.ButtonRole.AcceptRole)
        stop = question.addButton(
            translate("Window", "S&top and close"), QMessageBox.ButtonRole.DestructiveRole
        )
        stay = question.addButton(translate("Window", "St&ay"), QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(finish)
        question.setEscapeButton(stay)
        question.exec()
        self._closing_when_done = question.clickedButton() is finish
        if self._closing_when_done:
            self.status.say(translate("Window", "The window closes when all is saved."))
            self._close_when_done()  # it may be by now
        return question.clickedButton() is stop

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Asks about what is being saved; then goes at once, and ends what runs."""
        if not self._may_close():
            if event is not None:
                event.ignore()
            return
        self.hide()
        self._remembering.stop()
        remember(self.settings, self.document.state)
        self.settings.set_layout("window", QByteArray(self.saveGeometry()))
        self.settings.save()
        self.keeper.close()
        if self.queue is not None:
            self.queue.close_down()
        self.loader.close()
        self.images.close()
        self.link.close()
        self.whole.close()
        _application().removeEventFilter(self)
        super().closeEvent(event)
        self.closed.emit()


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


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
