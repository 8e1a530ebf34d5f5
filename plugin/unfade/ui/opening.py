"""All ways in which a picture gets into the window: dialog, clipboard, drag and drop."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QMimeData, QObject, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QFileDialog, QWidget

from unfade.picture import PICTURE_SUFFIXES, Picture
from unfade.ui.loading import Loader
from unfade.ui.pasting import picture_of
from unfade.ui.settings import Settings

translate = QCoreApplication.translate


class Opener(QObject):
    """Asks, takes, and hands on to the loader.

    Signals:
        said: a sentence for the status bar.
        many: several files or folders, for the queue (list of Path).
    """

    said = pyqtSignal(str)
    many = pyqtSignal(object)

    def __init__(self, loader: Loader, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._loader, self._settings, self._window = loader, settings, window

    def open_file(self, path: Path) -> None:
        """Opens a picture file, off the event loop."""
        self._loader.open_file(Path(path))

    def open_picture(self, picture: Picture, title: str) -> None:
        """Opens what came without a file."""
        self._loader.open_picture(picture, title)

    def ask(self) -> None:
        """Opens what the user chooses."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
        name, _filter = QFileDialog.getOpenFileName(
            self._window,
            translate("Window", "Open picture"),
            str(self._settings.folder("open")),
            f"{translate('Window', 'Pictures')} ({patterns})",
        )
        if name:
            self._settings.set_folder("open", Path(name).parent)
            self.open_file(Path(name))

    def paste(self) -> None:
        """Opens the picture or the file on the clipboard."""
        clipboard = QGuiApplication.clipboard()
        data = clipboard.mimeData() if clipboard else None
        if data is None or not self.take(data, translate("Window", "Pasted picture")):
            self.said.emit(translate("Window", "There is no picture on the clipboard."))

    def takes(self, data: QMimeData | None) -> bool:
        """Whether there is something in it that can be opened."""
        return data is not None and (bool(_files(data)) or data.hasImage())

    def take(self, data: QMimeData, title: str) -> bool:
        """Opens what is in it; several files, and folders, are for the queue. False for nothing."""
        paths = _files(data)
        if len(paths) == 1 and not paths[0].is_dir():
            self.open_file(paths[0])
        elif paths:
            self.many.emit(paths)
        elif isinstance(image := data.imageData(), QImage) and not image.isNull():
            self.open_picture(picture_of(image), title)
        else:
            return False
        return True


def _files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
