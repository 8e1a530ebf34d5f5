"""What the window tells of work that goes on, of failures and of what was done.

What is in the way goes to the notice, where it stands while it is so; all else to the status bar.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QObject

from unfade.ui.commands import Command, Menu
from unfade.ui.document import Change, Document
from unfade.ui.finishing import Finisher, WholeRun
from unfade.ui.link import EngineLink
from unfade.ui.marks import MarksKeeper
from unfade.ui.opening import Loader
from unfade.ui.preview.live import LivePreview
from unfade.ui.queue import Item, ItemState, QueuePanel
from unfade.ui.status import Notice, StatusBar

translate = QCoreApplication.translate

_OF_PICTURE = ("open", "preview", "marks", "recipe", "told", "whole")
"""What notices are about that go with the picture."""


class Teller(QObject):
    """Listens to whatever works, and says how it stands. Has the command that stops it.

    Args:
        refresh: is called when it may be another command's turn to be used.
    """

    def __init__(
        self,
        status: StatusBar,
        notice: Notice,
        document: Document,
        preview: LivePreview,
        whole: WholeRun,
        queue: QueuePanel | None,
        refresh: Callable[[], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._status, self._notice, self._document = status, notice, document
        self._preview, self._whole, self._queue, self._refresh = preview, whole, queue, refresh
        self._marked_elsewhere: set[Path] = set()
        self._lost = ""  # what was said of an engine that ended, until the next one has answered
        self._could_stop = False
        document.subscribe(self._document_changed)

    # What is being worked on

    @property
    def busy(self) -> bool:
        """Whether something is being worked on that ends in a result."""
        return self._whole.running or (self._queue is not None and self._queue.queue.running is not None)

    @property
    def can_stop(self) -> bool:
        """Whether something is being worked on."""
        return self.busy or self._preview.work() is not None

    @Command(
        "cancel",
        (Menu.FILTER, 2, 2),
        "S&top",
        "Stop what is being worked on.",
        ("Ctrl+.",),
        enabled=lambda teller: teller.can_stop,
    )
    def stop(self) -> None:
        """Stops what is being worked on."""
        if self._whole.running:
            self._whole.stop()
        elif self._queue is not None and self.busy:
            self._queue.stop()
        else:
            self._preview.stop()
            self._notice.show_sentence(
                translate("Window", "The preview was stopped."),
                translate("Window", "Go on"),
                self._preview.retry,
                about="preview",
            )

    def show_work(self) -> None:
        """The line that says what is being worked on; and no notice of work that is over."""
        queue = self._queue
        of_queue = None if queue is None else queue.work()
        self._status.set_work(self._whole.work() or of_queue or self._preview.work())
        if self._could_stop != self.can_stop:
            self._could_stop = self.can_stop
            self._refresh()
        if queue is not None:
            self._settle_of_queue(queue)

    def _progressed(self, done: int, total: int) -> None:
        """The preview's own bar, while the line tells of something else that leaves it running."""
        beside = self.busy and not self._whole.running
        self._status.set_progress(*((done, total) if beside else (0, 0)))
        self.show_work()

    # Who is listened to

    def hear_engine(self, link: EngineLink) -> None:
        """What runs the networks, how far it is, and its failures with what can be done about them."""
        notice, preview, whole = self._notice, self._preview, self._whole

        def unavailable(sentence: str) -> None:
            notice.show_sentence(sentence, translate("Window", "Start it again"), link.start, about="engine")

        def failed(sentence: str) -> None:
            notice.show_sentence(sentence, translate("Window", "Try again"), preview.retry, about="preview")

        link.lost.connect(self._engine_lost)
        link.unavailable.connect(unavailable)
        preview.failed.connect(failed)
        preview.restarted.connect(lambda: notice.settle("preview"))
        preview.provider.connect(self._status.set_provider)
        preview.chosen.connect(self._engine_found)
        preview.progress.connect(self._progressed)
        whole.worked.connect(self.show_work)
        whole.busy.connect(lambda _busy: notice.settle("whole"))

    def hear_files(self, loader: Loader, keeper: MarksKeeper, finisher: Finisher) -> None:
        """Files being opened and saved, or not, and marks being kept."""
        notice = self._notice

        def busy(opening: bool) -> None:
            if opening:
                notice.settle("open")
                self._status.say(translate("Window", "Opening…"))
            else:
                self._status.clearMessage()

        def saved(path: Path) -> None:
            finisher.last_saved = path
            self._refresh()
            text = translate("Window", "Saved as {path}.").format(path=path.name)
            self._status.say(text, translate("Window", "Show in folder"), finisher.show_saved)

        loader.busy.connect(busy)
        loader.failed.connect(lambda sentence: notice.show_sentence(sentence, about="open"))
        keeper.failed.connect(lambda sentence: notice.show_sentence(sentence, about="marks"))
        keeper.kept.connect(self._marks_kept)
        finisher.failed.connect(lambda sentence: notice.show_sentence(sentence, about="whole"))
        finisher.said.connect(self._status.say)
        if self._queue is not None:
            self._queue.said.connect(self._status.say)
            self._queue.refused.connect(lambda sentence: notice.show_sentence(sentence, about="start"))
            self._queue.saved.connect(saved)
            self._queue.not_saved.connect(self._not_saved)
            self._queue.told.connect(self._told)
            self._queue.worked.connect(self.show_work)

    def tell_restored(self, count: int) -> None:
        """Pictures that were unfinished when another window went are in the queue again."""
        assert self._queue is not None
        text = translate("Window", "Pictures of last time that wait in the queue: {count}.")
        start = self._queue.commands["queue_start"].trigger
        self._notice.show_sentence(
            text.format(count=count), translate("Window", "Start"), start, about="queue"
        )

    def picture_goes(self) -> None:
        """What was said of the picture no longer matters."""
        self._notice.settle(*_OF_PICTURE)

    # What they tell

    def _document_changed(self, change: Change) -> None:
        if change is Change.STATE:
            self._notice.settle("recipe", "whole")

    def _engine_lost(self, sentence: str) -> None:
        again = translate("Window", "It was started again; your settings are all there.")
        self._lost = f"{sentence} {again}"
        self._notice.show_sentence(self._lost, about="lost")

    def _engine_found(self) -> None:
        if self._lost:
            self._notice.settle("lost")
            self._status.say(self._lost)
            self._lost = ""

    def _marks_kept(self, picture: Path, elsewhere: Path | None) -> None:
        """Once for each picture, where what is marked on it is, if that is not beside it."""
        if elsewhere is None:
            self._notice.settle("marks")
        elif picture == self._document.path and picture not in self._marked_elsewhere:
            self._marked_elsewhere.add(picture)
            text = translate(
                "Window",
                "The folder of {name} may not be written to; what is marked on it is kept in {folder}.",
            )
            self._notice.show_sentence(text.format(name=picture.name, folder=elsewhere), about="marks")

    def _not_saved(self, item: Item) -> None:
        assert self._queue is not None
        if item.state is ItemState.CANCELLED:
            text = translate("Window", "Stopped: {name} was not saved.")
            self._status.say(text.format(name=item.name))
        else:
            again = functools.partial(self._queue.retry_items, {item.id})
            self._notice.show_sentence(
                item.sentence or "", translate("Window", "Try again"), again, about=_about(item)
            )

    def _told(self, item: Item, sentences: str) -> None:
        """The warnings of a picture that the window saves."""
        if item.save is not None:
            self._notice.show_sentence(f"{item.name}: {sentences}", about="told")

    def _settle_of_queue(self, queue: QueuePanel) -> None:
        """Notices of pictures that are no longer what they were said to be."""
        items, notice = queue.queue.items, self._notice
        failed = {_about(item) for item in items if item.state is ItemState.FAILED}
        notice.settle(*(one for one in notice.abouts if one.startswith("save ") and one not in failed))
        if not any(item.held and item.unfinished for item in items):
            notice.settle("queue")
        if queue.queue.active or not queue.queue.count(ItemState.WAITING):
            notice.settle("start")


def _about(item: Item) -> str:
    """What a notice of a picture that could not be saved is about."""
    return f"save {item.id}"
