"""The whole result: saved as a job of the queue, copied, or handed to an editor.

Where the preview has all of it, that is used, and no network runs again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QDialog, QWidget

from unfade.errors import Cancelled
from unfade.filters import scaled_size
from unfade.inference import Bounds, Extent
from unfade.picture import Picture
from unfade.service.client import Result
from unfade.ui.canvas.images import image_of
from unfade.ui.commands import Command, Key, Menu
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.document import Document
from unfade.ui.language import explain
from unfade.ui.link import EngineLink, Request, pixels_of, report_of, with_metadata
from unfade.ui.opening import show_in_folder
from unfade.ui.preview.live import PICTURE, LivePreview
from unfade.ui.queue import QueuePanel
from unfade.ui.saving import SaveChoice
from unfade.ui.settings import Settings
from unfade.ui.status import Work

translate = QCoreApplication.translate

_TELL_EVERY = 1000  # milliseconds: the time left goes on also between two tiles


@dataclass(frozen=True, eq=False)
class Finished:
    """The whole result."""

    picture: Picture
    """With its metadata."""
    report: dict[str, Any]
    """What ran, as a reply of the service says it: exact, model, provider and so on."""
    region: Bounds | None = None
    """Where it lies in the whole result; None for all of it."""


Then = Callable[[Finished], None]


class WholeRun(QObject):
    """Makes the document's whole result, while the preview rests.

    Signals:
        busy: whether it runs.
        worked: how far it is has changed: see :meth:`work`.
        failed: a sentence.
    """

    busy = pyqtSignal(bool)
    worked = pyqtSignal()
    failed = pyqtSignal(str)
    _made = pyqtSignal(object)
    _shared = pyqtSignal(float)

    def __init__(
        self, document: Document, link: EngineLink, preview: LivePreview, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._link, self._preview = document, link, preview
        self._then: Then | None = None
        self._ticket: int | None = None
        self._picture: Picture | None = None
        self._region: Bounds | None = None
        self._share: float | None = None
        self._began, self._told, self._stopped = 0.0, 0.0, False
        self._pool = ThreadPoolExecutor(1, "unfade-whole")
        self._clock = QTimer(self)
        self._clock.setInterval(_TELL_EVERY)
        self._clock.timeout.connect(self.worked)
        link.answered.connect(self._answered)
        link.refused.connect(self._refused)
        link.progressed.connect(self._progressed)
        self._made.connect(self._put_together)
        self._shared.connect(self._tell)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._then is not None

    def work(self) -> Work | None:
        """What is being done, and how far it is; None for nothing."""
        if not self.running:
            return None
        share, left = self._share or 0.0, None
        if share and self._told > self._began:
            left = max(0.0, (self._told - self._began) / share - (time.monotonic() - self._began))
        return Work(translate("Window", "Making the whole result"), share, left)

    def run(self, then: Then, region: Bounds | None = None) -> None:
        """Begins, and has ``then`` called at the end; nothing is done where it runs or no filter is on.

        ``region`` limits the result, which is that of the whole picture otherwise.
        """
        picture, state = self._document.picture, self._document.state
        if picture is None or not state.enabled or self.running:
            return
        self._preview.pause(True)
        self._picture, self._then, self._region = picture, then, region
        self._share, self._stopped = None, False
        make = self._preview.results.whole(region)
        if make is not None:
            self._pool.submit(self._make, make)
        else:
            self._ticket = self._link.ask(Request(PICTURE, tuple(state.steps), region))
        self._clock.start()
        self.busy.emit(True)
        self.worked.emit()

    def stop(self) -> None:
        """Stops it; nothing is done with what there is."""
        self._stopped = True
        if self._ticket is not None:
            self._link.cancel(self._ticket)

    def close(self) -> None:
        """Stops it for good. No signals follow."""
        self.blockSignals(True)
        self.stop()
        self._clock.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _make(self, make: Callable[[Callable[[float], object]], Picture]) -> None:
        def tell(share: float) -> None:
            if self._stopped:
                raise Cancelled
            self._shared.emit(share)

        try:
            self._made.emit(make(tell))
        except Exception as error:
            self._made.emit(error)

    def _put_together(self, made: Picture | Exception) -> None:
        if isinstance(made, Exception):
            self._end()
            if not isinstance(made, Cancelled):
                self.failed.emit(explain(made, self._document.title))
        else:
            self._finish(Finished(made, dict(self._preview.results.report), self._region))

    def _answered(self, ticket: int, result: Result) -> None:
        if ticket == self._ticket and self._picture is not None:
            made = with_metadata(pixels_of(result), self._picture.metadata)
            region = None if result.region is None else Bounds(*result.region)
            self._finish(Finished(made, report_of(result), region))

    def _finish(self, finished: Finished) -> None:
        then = self._then
        self._end()
        if then is not None:
            then(finished)

    def _refused(self, ticket: int, kind: str, sentence: str) -> None:
        if ticket == self._ticket:
            self._end()
            if kind != "cancelled":
                self.failed.emit(sentence)

    def _progressed(self, ticket: int, done: float, total: int) -> None:
        if ticket == self._ticket and total:
            self._tell(done / total)

    def _tell(self, share: float) -> None:
        now = time.monotonic()
        if self._share is None:  # before it is all model loading
            self._began = now
        if share != self._share:
            self._share, self._told = share, now
        self.worked.emit()

    def _end(self) -> None:
        self._ticket = self._then = self._picture = None
        self._clock.stop()
        self.worked.emit()
        self.busy.emit(False)
        self._preview.pause(False)


def result_extent(document: Document) -> Extent | None:
    """The size of the document's result; None without a picture."""
    extent = document.extent
    return None if extent is None else scaled_size(extent, document.state.scale)


class Finisher(QObject):
    """Does what was asked for with the whole result.

    Signals:
        said: a sentence for the status bar.
        failed: a sentence on what went wrong.
        applied: (Finished, steps): for the editor.
    """

    said = pyqtSignal(str)
    failed = pyqtSignal(str)
    applied = pyqtSignal(object, object)

    def __init__(
        self,
        document: Document,
        preview: LivePreview,
        whole: WholeRun,
        saves: QueuePanel | None,
        settings: Settings,
        window: QWidget,
    ) -> None:
        """``saves`` is the queue; None in a window that belongs to an editor."""
        super().__init__(window)
        self._document, self._preview, self._whole = document, preview, whole
        self._saves, self._settings, self._window = saves, settings, window
        self.last_saved: Path | None = None
        whole.failed.connect(self.failed)

    @property
    def possible(self) -> bool:
        """Whether there is a result to be made."""
        return self._document.picture is not None and bool(self._document.state.enabled)

    @property
    def idle(self) -> bool:
        """Whether, besides, none is being made."""
        return self.possible and not self._whole.running

    @Command(
        "save",
        (Menu.FILE, 1, 2),
        "&Save as…",
        "Save the result as a picture file.",
        (Key.Save, Key.SaveAs),
        enabled=lambda finisher: finisher.possible,
        hosted=False,
        tool_bar=(1, 2, "Save as"),
    )
    def ask_and_save(self) -> None:
        """Asks where to, and has it saved; meanwhile the window is free for the next picture."""
        document = self._document
        picture, path, state = document.picture, document.path, document.state
        if picture is None or self._saves is None:
            return
        dialog = SaveDialog(
            path,
            self._window,
            filters=state.filters,
            extent=result_extent(self._document),
            deep=picture.pixels.dtype.itemsize > 1,
            alpha=picture.has_alpha,
            dpi=picture.metadata.dpi,
            settings=self._settings,
            taken=self._saves.taken,
        )
        if dialog.exec() == QDialog.DialogCode.Accepted:
            same = document.picture is picture  # another may have been opened meanwhile
            make = self._preview.results.whole() if same else None
            self._saves.save(picture, path, state.steps, dialog.choice(), make)

    def save(self, choice: SaveChoice) -> None:
        """Has the result saved as chosen."""
        picture, path = self._document.picture, self._document.path
        if picture is not None and self._saves is not None:
            steps, make = self._document.state.steps, self._preview.results.whole()
            self._saves.save(picture, path, steps, choice, make)

    @Command(
        "show_saved",
        (Menu.FILE, 1, 3),
        "Show in &folder",
        "Open the folder of what was saved last.",
        ("Ctrl+Alt+F",),
        enabled=lambda finisher: finisher.last_saved is not None,
        hosted=False,
    )
    def show_saved(self) -> None:
        """Opens the folder of what was saved last."""
        if self.last_saved is not None:
            show_in_folder(self.last_saved)

    @Command(
        "copy",
        (Menu.EDIT, 2, 1),
        "&Copy result",
        "Put the result on the clipboard.",
        (Key.Copy,),
        enabled=lambda finisher: finisher.idle,
    )
    def copy(self) -> None:
        """Puts the result on the clipboard."""

        def copy(finished: Finished) -> None:
            clipboard = QGuiApplication.clipboard()
            assert clipboard is not None
            clipboard.setImage(image_of(finished.picture))
            self.said.emit(translate("Window", "The result is on the clipboard."))

        self._run(copy)

    @Command(
        "apply",
        (Menu.FILTER, 2, 1),
        "&Apply",
        "Hand the result back to the editor.",
        ("Ctrl+Return", "Ctrl+Enter"),
        enabled=lambda finisher: finisher.idle,
        hosted=True,
        tool_bar=(1, 3, ""),
    )
    def apply(self) -> None:
        """Hands the result to the editor, with the steps that it was made by."""
        steps = self._document.state.steps
        limit = self._document.limit
        region = None if limit is None else limit.bounds
        self._run(lambda finished: self.applied.emit(finished, steps), region)

    def _run(self, then: Then, region: Bounds | None = None) -> None:
        if not self._document.state.enabled:
            self.said.emit(translate("Window", "Choose a filter first."))
        else:
            self._whole.run(then, region)
