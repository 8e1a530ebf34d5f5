"""The queue's panel: pictures and how they stand, what to do with them, and where results go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from unfade.paths import is_there
from unfade.picture import Picture
from unfade.service.client import Client
from unfade.ui import start_engine
from unfade.ui.commands import Actions, Command, Menu, commands_of
from unfade.ui.language import Words
from unfade.ui.opening import files_in, show_in_folder
from unfade.ui.queue.files import OutputFields, ask_for_folder, ask_for_pictures
from unfade.ui.queue.model import Item, ItemState, Make, Save, summary
from unfade.ui.queue.rows import THUMBNAIL_SIDE, QueueList, QueueRows, Thumbnails
from unfade.ui.queue.runner import QueueRunner
from unfade.ui.queue.store import QueueStore
from unfade.ui.recipes import Steps
from unfade.ui.saving import SaveChoice
from unfade.ui.settings import Settings
from unfade.ui.status import Work
from unfade.ui.theme import Space
from unfade.ui.widgets import button_of

translate = QCoreApplication.translate

_WIDE = 760  # device-independent pixels: room for a list and the fields beside it


class QueuePanel(QWidget):
    """Runs the window's recipe over many pictures.

    Signals:
        open_wanted: a result is to be shown in the window (Path).
        added: pictures have come into it.
        saved: what the window had to save is there (Path).
        not_saved: what it had to save is not (Item, failed or cancelled).
        told: (Item, sentences): the warnings of its record.
        worked: how it stands with the queue has changed: see :meth:`work`.
        said: a sentence for the status bar.
        refused: a sentence on why nothing is begun.
        provider: (label, why not the GPU or None), as soon as it is known.

    Args:
        steps: gives the recipe's steps as they are set now.
        settings: remember the output folder, format and quality; the unfinished queue is kept beside them.
        connect: starts the queue's engine.
    """

    open_wanted = pyqtSignal(object)
    added = pyqtSignal()
    saved = pyqtSignal(object)
    not_saved = pyqtSignal(object)
    told = pyqtSignal(object, str)
    worked = pyqtSignal()
    said = pyqtSignal(str)
    refused = pyqtSignal(str)
    provider = pyqtSignal(str, object)

    def __init__(
        self,
        steps: Callable[[], Sequence[dict[str, Any]]],
        settings: Settings,
        parent: QWidget | None = None,
        *,
        connect: Callable[[], Client] = start_engine,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.rows = QueueRows(self)
        self.queue = self.rows.queue
        self._thumbnails = Thumbnails(2 * THUMBNAIL_SIDE, self)  # twice: for high-density screens
        self._thumbnails.made.connect(self.rows.set_thumbnail)
        self.output = OutputFields(settings)
        self.runner = QueueRunner(self.queue, steps, self.output.output, connect, self)
        self._store = QueueStore(settings.path.parent / "queue")
        mine = (command for command in commands_of(hosted=False) if command.menu is Menu.QUEUE)
        self.commands = Actions(self, mine)
        self.commands.bind(self)
        self.setAcceptDrops(True)
        words = Words(self)
        self._make_fields(words)
        self._lay_out()
        self._connect()
        words.follow(self._update)
        self.list.setFocus()

    def restore(self) -> int:
        """Brings back what was unfinished when another window went, to wait for the start; gives how many."""
        items = self._store.take_over()
        self.queue.restore(items)
        for item in items:
            self._thumbnails.ask(item.id, item.source)
        return len(items)

    def save(
        self, picture: Picture, source: Path | None, steps: Steps, choice: SaveChoice, make: Make | None
    ) -> None:
        """Saves a picture of the window as soon as nothing else is being saved.

        Args:
            picture: the original.
            source: its file; None for one that has none, which is kept until it is saved.
            steps: what is to be done.
            choice: where to and how.
            make: makes the result of what the preview has; None where networks have to run.
        """
        if source is None:
            source = self._store.keep_picture(picture)
        item = self.queue.add_save(source, steps, Save(choice, picture, make))
        self._thumbnails.ask(item.id, item.source)
        self.runner.go_on()

    def taken(self, path: Path) -> bool:
        """Whether there is such a file, or soon will be."""
        return is_there(path) or path in self.queue.claimed

    def add(self, paths: Iterable[Path]) -> None:
        """Puts files and folders of pictures into the queue."""
        paths = list(paths)
        new = self.queue.add(paths, leave_out=self.output.output().folder)
        for item in new:
            self._thumbnails.ask(item.id, item.source)
        if paths and not new:
            self.said.emit(translate("Queue", "There are no new pictures in what was added."))
        if self.queue.active:
            self.start()
        if new:
            self.added.emit()

    @Command(
        "queue_start",
        (Menu.QUEUE, 1, 3),
        "&Start",
        "Run the recipe on the pictures that wait.",
        ("F5",),
        enabled=lambda panel: panel.queue.count(ItemState.WAITING) > 0 and not panel.queue.active,
        hosted=False,
    )
    def start(self) -> None:
        """Runs what waits with the recipe as it is set now."""
        self.runner.start()

    def close_down(self) -> None:
        """Stops everything: what to call before the window goes. May be called again."""
        self.runner.close()
        self._store.keep(self.queue.items)
        self._store.close()
        self._thumbnails.close()

    # Building

    def _make_fields(self, words: Words) -> None:
        self.list = QueueList(self.rows)
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.clear = QPushButton()
        words.put(lambda: translate("Queue", "Progress of the queue"), self.progress.setAccessibleName)
        words.put(lambda: translate("Queue", "Remove &finished"), self.clear.setText)
        words.put(
            lambda: translate("Queue", "Take finished pictures off the list; files stay."),
            self.clear.setToolTip,
        )

    def _lay_out(self) -> None:
        adding = QHBoxLayout()
        adding.setSpacing(Space.S)
        for id in ("queue_add_files", "queue_add_folder"):
            adding.addWidget(button_of(self.commands[id]))
        adding.addStretch()
        adding.addWidget(self.clear)
        running = QHBoxLayout()
        running.setSpacing(Space.S)
        running.addWidget(button_of(self.commands["queue_start"], "primary"))
        for id in ("queue_pause", "queue_retry", "queue_cancel"):
            running.addWidget(button_of(self.commands[id]))
        running.addStretch()
        pictures = QVBoxLayout()
        pictures.setSpacing(Space.S)
        pictures.addLayout(adding)
        pictures.addWidget(self.list, 1)
        working = QVBoxLayout()
        working.setSpacing(Space.S)
        working.addWidget(self.output)
        working.addStretch()
        working.addWidget(self.summary)
        working.addWidget(self.progress)
        working.addLayout(running)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._halves.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        self._halves.setSpacing(Space.M)
        self._halves.addLayout(pictures, 3)
        self._halves.addLayout(working)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """In a wide place the list and the rest stand side by side."""
        wide = self.width() > _WIDE
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._halves.setStretch(1, 2 if wide else 0)
        super().resizeEvent(event)

    def _connect(self) -> None:
        self.clear.clicked.connect(self._remove_finished)
        self.list.opened.connect(self.open)
        self.list.removal_wanted.connect(lambda: self.queue.remove(_ids(self.list.chosen())))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        selection = self.list.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._update)
        self.rows.dataChanged.connect(self._update)
        self.rows.modelReset.connect(self._update)
        self.runner.changed.connect(self._update)
        self.runner.begun.connect(self._scroll_to)
        self.runner.ended.connect(self._ended)
        self.runner.told.connect(self.told)
        self.runner.said.connect(self.said)
        self.runner.refused.connect(self.refused)
        self.runner.provider.connect(self.provider)

    # What the user asks for

    def open(self, item: Item) -> None:
        """Shows a result in the window; a picture without one yet, itself."""
        done = item.state is ItemState.DONE and item.target is not None and is_there(item.target)
        self.open_wanted.emit(item.target if done else item.source)

    @Command(
        "queue_add_files",
        (Menu.QUEUE, 1, 1),
        "Add &pictures…",
        "Add pictures to the queue.",
        ("Ctrl+Shift+A",),
        hosted=False,
    )
    def add_files(self) -> None:
        """Asks for pictures."""
        self.add(ask_for_pictures(self, self._settings))

    @Command(
        "queue_add_folder",
        (Menu.QUEUE, 1, 2),
        "Add &folder…",
        "Add all pictures of a folder to the queue.",
        ("Ctrl+Shift+F",),
        hosted=False,
    )
    def add_folder(self) -> None:
        """Asks for a folder of pictures."""
        self.add(ask_for_folder(self, self._settings))

    @Command(
        "queue_pause",
        (Menu.QUEUE, 1, 4),
        "Pa&use",
        "Finish the picture that is running and begin no other.",
        ("F6",),
        enabled=lambda panel: panel.queue.active,
        hosted=False,
    )
    def pause(self) -> None:
        """Begins no further picture."""
        self.queue.pause()

    @Command(
        "queue_retry",
        (Menu.QUEUE, 1, 5),
        "&Retry",
        "Run the chosen pictures that failed or were cancelled again.",
        ("F7",),
        enabled=lambda panel: panel.queue.count(ItemState.FAILED, ItemState.CANCELLED) > 0,
        hosted=False,
    )
    def retry(self) -> None:
        """Runs chosen pictures again."""
        self.retry_items(_ids(self._chosen(ItemState.FAILED, ItemState.CANCELLED)))

    def retry_items(self, ids: set[int]) -> None:
        """Runs pictures again that failed or were cancelled."""
        self.queue.retry(ids)
        if any(item.save is None for item in self.queue.items if item.id in ids):
            self.start()
        else:
            self.runner.go_on()

    @Command(
        "queue_cancel",
        (Menu.QUEUE, 1, 6),
        "&Cancel",
        "Cancel the chosen pictures.",
        ("Shift+Del",),
        enabled=lambda panel: panel.queue.count(ItemState.WAITING, ItemState.RUNNING) > 0,
        hosted=False,
    )
    def cancel(self) -> None:
        """Takes chosen pictures out of it."""
        self.runner.cancel(_ids(self._chosen(ItemState.WAITING, ItemState.RUNNING)))

    def stop(self) -> None:
        """Stops what runs; of the pictures that were added, none is begun until the next start."""
        running = self.queue.running
        if running is not None and running.save is None:
            self.queue.pause()
        if running is not None:
            self.runner.cancel({running.id})

    def _ended(self, item: Item) -> None:
        """What was saved is told of; a picture kept for it may go."""
        if item.save is not None and item.state is ItemState.DONE:
            self._store.drop_picture(item.source)
            self.saved.emit(item.target)
        elif item.save is not None:
            self.not_saved.emit(item)

    def _scroll_to(self, item: Item) -> None:
        self.list.scrollTo(self.rows.index(self.queue.items.index(item)))

    def _chosen(self, *states: ItemState) -> list[Item]:
        """Selected items in these states; all such where none is selected."""
        chosen = [item for item in self.list.chosen() if item.state in states]
        return chosen or [item for item in self.queue.items if item.state in states]

    def _remove_finished(self) -> None:
        self.queue.remove(_ids(item for item in self.queue.items if item.state is ItemState.DONE))

    def _show_menu(self, position: Any) -> None:
        chosen = self.list.chosen()
        if not chosen:
            return
        menu = QMenu(self)
        first = chosen[0]
        if first.state is ItemState.DONE and first.target is not None:
            target = first.target
            menu.addAction(translate("Queue", "&Open result"), lambda: self.open(first))
            menu.addAction(translate("Queue", "Show in &folder"), lambda: show_in_folder(target))
            menu.addSeparator()
        menu.addAction(self.commands["queue_retry"])
        menu.addAction(self.commands["queue_cancel"])
        menu.addAction(translate("Queue", "Re&move from list"), lambda: self.queue.remove(_ids(chosen)))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        port = self.list.viewport()
        assert port is not None
        menu.popup(port.mapToGlobal(position))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Takes files."""
        if event and files_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Adds what was dropped."""
        if event and files_in(event.mimeData()):
            event.acceptProposedAction()
            self.add(files_in(event.mimeData()))

    # Telling

    def work(self) -> Work | None:
        """What is being worked on, and how far it is; None for nothing."""
        running = self.queue.running
        if running is None:
            return None
        if running.save is None:
            done, total = self.queue.count(ItemState.DONE, ItemState.FAILED), len(self.queue.items)
            text = translate("Queue", "Queue: {name}, {number} of {total}")
            text = text.format(name=running.name, number=done + 1, total=total)
            share = self.queue.share()
        else:
            more = len(self.queue.at_work) - 1
            text = translate("Queue", "Saving {name}").format(name=running.name)
            if more:
                text += translate("Queue", ", {count} more waiting").format(count=more)
            share = running.share
        return Work(text, share, self.queue.seconds_left(time.monotonic()))

    def _update(self) -> None:
        queue = self.queue
        waiting, running = queue.count(ItemState.WAITING), queue.running is not None
        self.commands.refresh()
        self.clear.setEnabled(queue.count(ItemState.DONE) > 0)
        self.progress.setValue(int(queue.share() * 1000))
        self.progress.setVisible(running or waiting > 0)
        self.summary.setText(summary(queue, time.monotonic()))
        self.summary.setVisible(bool(queue.items))
        self._store.keep(queue.items)
        self.worked.emit()


def _ids(items: Iterable[Item]) -> set[int]:
    return {item.id for item in items}
