"""What becomes of the result: saved, copied, or handed to an editor."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QDialog, QWidget

from unfade.filters import scaled_size
from unfade.inference import Extent
from unfade.picture import Picture
from unfade.service.client import Result
from unfade.ui.canvas.images import image_of
from unfade.ui.document import Document
from unfade.ui.save import SaveDialog, Saver
from unfade.ui.settings import Settings
from unfade.ui.whole import Then, WholeRun

translate = QCoreApplication.translate


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

    def ask_and_save(self) -> None:
        """Asks where to, and saves."""
        picture, state = self._document.picture, self._document.state
        if picture is None:
            return
        dialog = SaveDialog(
            self._document.path,
            self._window,
            filters=tuple(task.value for task in state.tasks),
            extent=result_extent(self._document),
            deep=picture.pixels.dtype.itemsize > 1,
            alpha=picture.has_alpha,
            settings=self._settings,
        )
        if dialog.exec() == QDialog.DialogCode.Accepted:
            choice = dialog.choice()
            self._run(lambda _result, picture: self.saver.save(picture, choice))

    def copy(self) -> None:
        """Puts the result on the clipboard."""

        def copy(_result: Result, picture: Picture) -> None:
            clipboard = QGuiApplication.clipboard()
            assert clipboard is not None
            clipboard.setImage(image_of(picture))
            self.said.emit(translate("Window", "The result is on the clipboard."))

        self._run(copy)

    def apply(self) -> None:
        """Hands the result to the editor, with the steps that it was made by."""
        steps = self._document.state.steps
        self._run(lambda result, _picture: self.applied.emit(result, steps))

    def _run(self, then: Then) -> None:
        if not self._document.state.enabled:
            self.said.emit(translate("Window", "Choose a filter first."))
        else:
            self._whole.run(then)

    def _saved(self, path: Path) -> None:
        self.said.emit(translate("Window", "Saved as {path}.").format(path=path))
