"""The whole result: one run of the recipe in the engine; then it is saved, copied, or handed to an editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QDialog, QWidget

from unfade.filters import scaled_size
from unfade.inference import Bounds, Extent
from unfade.picture import Picture
from unfade.service.client import Result
from unfade.ui.canvas.images import image_of
from unfade.ui.commands import Command, Key, Menu
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.document import Document
from unfade.ui.link import EngineLink, Request, pixels_of, with_metadata
from unfade.ui.preview.live import PICTURE, LivePreview
from unfade.ui.saving import Saver
from unfade.ui.settings import Settings

translate = QCoreApplication.translate

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
        link.answered.connect(self._answered)
        link.refused.connect(self._refused)
        link.progressed.connect(self._progressed)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._ticket is not None

    def run(self, then: Then, region: Bounds | None = None) -> None:
        """Begins, and has ``then`` called at the end; nothing is done where it runs or no filter is on.

        ``region`` limits the result, which is that of the whole picture otherwise.
        """
        picture, state = self._document.picture, self._document.state
        if picture is None or not state.enabled or self.running:
            return
        self._preview.pause(True)
        self._picture, self._then = picture, then
        self._ticket = self._link.ask(Request(PICTURE, tuple(state.steps), region))
        self.busy.emit(True)
        self.progress.emit(0, 1)

    @Command(
        "cancel",
        (Menu.FILTER, 2, 2),
        "S&top",
        "Stop what is being worked on.",
        ("Esc",),
        enabled=lambda whole: whole.running,
    )
    def stop(self) -> None:
        """Stops it; nothing is done with what there is."""
        if self._ticket is not None:
            self._link.cancel(self._ticket)

    def _answered(self, ticket: int, result: Result) -> None:
        if ticket != self._ticket or self._picture is None or self._then is None:
            return
        then, picture = self._then, self._picture
        self._end()
        then(result, with_metadata(pixels_of(result), picture.metadata))

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


def result_extent(document: Document) -> Extent | None:
    """The size of the document's result; None without a picture."""
    extent = document.extent
    return None if extent is None else scaled_size(extent, document.state.scale)


class Finisher(QObject):
    """Runs the recipe on the whole picture, and does what was asked for with the result.

    Signals:
        said: a sentence for the status bar.
        failed: a sentence on what went wrong.
        applied: (Result, steps): for the editor.
    """

    said = pyqtSignal(str)
    failed = pyqtSignal(str)
    applied = pyqtSignal(object, object)

    def __init__(self, document: Document, whole: WholeRun, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._whole, self._settings, self._window = document, whole, settings, window
        self.saver = Saver(self)
        self.saver.saved.connect(self._saved)
        self.saver.failed.connect(self.failed)
        whole.failed.connect(self.failed)

    @property
    def possible(self) -> bool:
        """Whether there is a result to be made, and none is being made."""
        document = self._document
        return document.picture is not None and bool(document.state.enabled) and not self._whole.running

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
        """Asks where to, and saves."""
        picture, state = self._document.picture, self._document.state
        if picture is None:
            return
        dialog = SaveDialog(
            self._document.path,
            self._window,
            filters=state.filters,
            extent=result_extent(self._document),
            deep=picture.pixels.dtype.itemsize > 1,
            alpha=picture.has_alpha,
            settings=self._settings,
        )
        if dialog.exec() == QDialog.DialogCode.Accepted:
            choice = dialog.choice()
            self._run(lambda _result, picture: self.saver.save(picture, choice))

    @Command(
        "copy",
        (Menu.EDIT, 2, 1),
        "&Copy result",
        "Put the result on the clipboard.",
        (Key.Copy,),
        enabled=lambda finisher: finisher.possible,
    )
    def copy(self) -> None:
        """Puts the result on the clipboard."""

        def copy(_result: Result, picture: Picture) -> None:
            clipboard = QGuiApplication.clipboard()
            assert clipboard is not None
            clipboard.setImage(image_of(picture))
            self.said.emit(translate("Window", "The result is on the clipboard."))

        self._run(copy)

    @Command(
        "apply",
        (Menu.FILTER, 2, 1),
        "&Apply",
        "Hand the result back to the editor.",
        ("Ctrl+Return", "Ctrl+Enter"),
        enabled=lambda finisher: finisher.possible,
        hosted=True,
        tool_bar=(1, 3, ""),
    )
    def apply(self) -> None:
        """Hands the result to the editor, with the steps that it was made by."""
        steps = self._document.state.steps
        limit = self._document.limit
        region = None if limit is None else limit.bounds
        self._run(lambda result, _picture: self.applied.emit(result, steps), region)

    def _run(self, then: Then, region: Bounds | None = None) -> None:
        if not self._document.state.enabled:
            self.said.emit(translate("Window", "Choose a filter first."))
        else:
            self._whole.run(then, region)

    def _saved(self, path: Path) -> None:
        self.said.emit(translate("Window", "Saved as {path}.").format(path=path))
