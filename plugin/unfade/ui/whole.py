"""The whole result, as it is saved, copied or handed to an editor: one run of the recipe in the engine."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from unfade.picture import Picture
from unfade.service.client import Result
from unfade.ui.document import Document, State
from unfade.ui.link import EngineLink, Question
from unfade.ui.pixels import as_picture
from unfade.ui.preview.live import LivePreview
from unfade.ui.profiles import as_sent, needs_srgb, result_metadata

Then = Callable[[Result, Picture], None]
"""What is done with the result: as the engine gave it, and as a picture with its metadata."""


class WholeRun(QObject):
    """Runs the document's steps on the whole picture, while the preview rests.

    Signals:
        busy: whether it runs.
        progress: (tiles done, tiles in all).
        failed: a sentence.
    """

    busy = pyqtSignal(bool)
    progress = pyqtSignal(int, int)
    failed = pyqtSignal(str)

    def __init__(
        self, document: Document, link: EngineLink, preview: LivePreview, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._link, self._preview = document, link, preview
        self._ticket: int | None = None
        self._then: Then | None = None
        self._picture: Picture | None = None
        self._state = State()
        link.answered.connect(self._answered)
        link.refused.connect(self._refused)
        link.progressed.connect(self._progressed)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._ticket is not None

    def run(self, then: Then) -> None:
        """Begins, and has ``then`` called at the end; nothing is done where it runs or no filter is on."""
        picture, state = self._document.picture, self._document.state
        if picture is None or not state.enabled or self.running:
            return
        name = "picture"
        if needs_srgb(picture, state.tasks):
            name = "srgb"
            self._link.store(name, lambda: as_sent(picture, state.tasks))
        self._preview.pause(True)
        self._picture, self._state, self._then = picture, state, then
        self._ticket = self._link.ask(Question(name, tuple(state.steps)))
        self.busy.emit(True)
        self.progress.emit(0, 1)

    def stop(self) -> None:
        """Stops it; nothing is done with what there is."""
        if self._ticket is not None:
            self._link.cancel(self._ticket)

    def _answered(self, ticket: int, result: Result) -> None:
        if ticket != self._ticket or self._picture is None or self._then is None:
            return
        then, picture, state = self._then, self._picture, self._state
        self._end()
        then(result, as_picture(result, result_metadata(picture, state.tasks)))

    def _refused(self, ticket: int, kind: str, sentence: str) -> None:
        if ticket == self._ticket:
            self._end()
            if kind != "cancelled":
                self.failed.emit(sentence)

    def _progressed(self, ticket: int, done: int, total: int) -> None:
        if ticket == self._ticket and total:
            self.progress.emit(done, total)

    def _end(self) -> None:
        self._ticket = self._then = self._picture = None
        self.progress.emit(0, 0)
        self.busy.emit(False)
        self._preview.pause(False)
