"""Opening pictures from files, clipboard, drag and drop; reading them off the event loop; and what is seen
while none is open."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication, QMimeData, QObject, QPointF, QRectF, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import (
    QAction,
    QColor,
    QDesktopServices,
    QGuiApplication,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
)
from PyQt6.QtWidgets import QFileDialog, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from unfade.batch import pictures_in
from unfade.filters import distance_from_tone
from unfade.inference import Extent
from unfade.paths import is_folder
from unfade.picture import PICTURE_SUFFIXES, Picture, read_picture, to_float
from unfade.ui.canvas.frame import Original
from unfade.ui.canvas.images import picture_of
from unfade.ui.commands import Command, Key, Menu
from unfade.ui.document import Mark
from unfade.ui.language import Words, explain
from unfade.ui.marks import load_marks
from unfade.ui.selection import Selection
from unfade.ui.settings import Settings
from unfade.ui.theme import Space, colours_of
from unfade.ui.widgets import bind

translate = QCoreApplication.translate

_COLOURED: Final = 0.0125
"""The least distance from a tone of a picture that surely has colours: above that of torn and yellowed
prints, which Revive and Restore do not dare to call toned."""
_RECENT: Final = 5


@dataclass(frozen=True, eq=False)
class Opened:
    """A picture, ready to be shown."""

    picture: Picture
    original: Original
    path: Path | None
    title: str
    marks: Mapping[Mark, Any] = field(default_factory=dict)
    selection: Selection | None = None
    coloured: bool = False
    """Whether it has colours that a person would see."""
    remark: str | None = None
    """A sentence on what could not be taken along."""


class Loader(QObject):
    """Opens one picture after the other; only the one asked for last is told of.

    Signals:
        opened: an :class:`Opened`.
        failed: a sentence on why it cannot be opened.
        busy: whether something is being opened.
    """

    opened = pyqtSignal(object)
    failed = pyqtSignal(str)
    busy = pyqtSignal(bool)
    _done = pyqtSignal(int, object, str)

    def __init__(self, marks: Path, parent: QObject | None = None) -> None:
        """``marks`` is the program's own folder for what is marked on pictures."""
        super().__init__(parent)
        self._marks = marks
        self._pool = ThreadPoolExecutor(1, "unfade-open")
        self._numbers = itertools.count(1)
        self._newest = 0
        self._done.connect(self._finish)

    def open_file(self, path: Path) -> None:
        """Opens a picture file."""
        self._begin(lambda: _from_file(path, self._marks), str(path))

    def open_picture(self, picture: Picture, title: str, selection: Selection | None = None) -> None:
        """Opens what came without a file: from the clipboard, from an editor."""
        self._begin(lambda: _opened(picture, None, title, selection=selection), title)

    def close(self) -> None:
        """Opens nothing any more."""
        self.blockSignals(True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, make: Callable[[], Opened], name: str) -> None:
        self._newest = next(self._numbers)
        self.busy.emit(True)
        self._pool.submit(self._run, self._newest, make, name)

    def _run(self, number: int, make: Callable[[], Opened], name: str) -> None:
        if number != self._newest:
            return
        try:
            self._done.emit(number, make(), "")
        except Exception as error:
            self._done.emit(number, None, explain(error, name))

    def _finish(self, number: int, opened: Opened | None, sentence: str) -> None:
        if number != self._newest:
            return
        self.busy.emit(False)
        if opened is None:
            self.failed.emit(sentence)
        else:
            self.opened.emit(opened)


def _from_file(path: Path, own_marks: Path) -> Opened:
    picture = read_picture(path)
    marks, trouble = load_marks(path, Extent(picture.height, picture.width), own_marks)
    remark = " ".join([*picture.warnings, *([trouble] if trouble else [])]) or None
    return _opened(picture, path, path.name, marks, remark=remark)


def _opened(
    picture: Picture,
    path: Path | None,
    title: str,
    marks: Mapping[Mark, Any] | None = None,
    *,
    selection: Selection | None = None,
    remark: str | None = None,
) -> Opened:
    original = Original.of(picture)
    coloured = is_coloured(picture_of(original.overview))
    return Opened(picture, original, path, title, marks or {}, selection, coloured, remark)


def is_coloured(picture: Picture) -> bool:
    """Whether a picture has colours; a toned print has none, for its tint follows its brightness."""
    if picture.is_gray:
        return False
    some = to_float(picture.colour[::2, ::2])  # of what a screen shows a quarter tells
    return distance_from_tone(some) > _COLOURED


class Opener(QObject):
    """Asks, takes, and hands on to the loader.

    Signals:
        said: a sentence for the status bar.
        many: several files or folders, for the queue (list of Path).
    """

    said = pyqtSignal(str)
    many = pyqtSignal(object)

    def __init__(
        self, loader: Loader, settings: Settings, window: QWidget, current: Callable[[], Path | None]
    ) -> None:
        """``current`` gives the file of the picture that is shown, None where it has none."""
        super().__init__(window)
        self._loader, self._settings, self._window, self._current = loader, settings, window, current

    def open_file(self, path: Path) -> None:
        """Opens a picture file, off the event loop."""
        self._loader.open_file(Path(path))

    def open_picture(self, picture: Picture, title: str, selection: Selection | None = None) -> None:
        """Opens what came without a file."""
        self._loader.open_picture(picture, title, selection)

    @Command(
        "open",
        (Menu.FILE, 1, 1),
        "&Open…",
        "Open a picture.",
        (Key.Open,),
        hosted=False,
        tool_bar=(1, 1, "Open"),
    )
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

    @property
    def has_folder(self) -> bool:
        """Whether the picture that is shown lies in a folder, among others perhaps."""
        return self._current() is not None

    @Command(
        "next_picture",
        (Menu.FILE, 1, 4),
        "&Next picture",
        "Open the next picture of the folder.",
        ("Ctrl+PgDown",),
        enabled=lambda opener: opener.has_folder,
        hosted=False,
        value=1,
    )
    @Command(
        "previous_picture",
        (Menu.FILE, 1, 5),
        "Pre&vious picture",
        "Open the picture before this one in the folder.",
        ("Ctrl+PgUp",),
        enabled=lambda opener: opener.has_folder,
        hosted=False,
        value=-1,
    )
    def open_neighbour(self, step: int) -> None:
        """Opens the picture so many places farther in the folder, by name."""
        current = self._current()
        if current is None:
            return
        folder = current.parent
        found = list(pictures_in(folder, False, leave_out=folder / current.name))
        names = sorted({*found, current}, key=lambda path: path.name.casefold())
        at = names.index(current) + step
        if 0 <= at < len(names):
            self.open_file(names[at])
        elif step > 0:
            self.said.emit(translate("Window", "This is the last picture of the folder."))
        else:
            self.said.emit(translate("Window", "This is the first picture of the folder."))

    @Command(
        "paste",
        (Menu.EDIT, 2, 2),
        "&Paste picture",
        "Open the picture that is on the clipboard.",
        (Key.Paste,),
        hosted=False,
    )
    def paste(self) -> None:
        """Opens the picture or the file on the clipboard."""
        clipboard = QGuiApplication.clipboard()
        data = clipboard.mimeData() if clipboard else None
        if data is None or not self.take(data, translate("Window", "Pasted picture")):
            self.said.emit(translate("Window", "There is no picture on the clipboard."))

    def takes(self, data: QMimeData | None) -> bool:
        """Whether there is something in it that can be opened."""
        return data is not None and (bool(files_in(data)) or data.hasImage())

    def take(self, data: QMimeData, title: str) -> bool:
        """Opens what is in it; several files, and folders, are for the queue. False for nothing."""
        paths = files_in(data)
        if len(paths) == 1 and not is_folder(paths[0]):
            self.open_file(paths[0])
        elif paths:
            self.many.emit(paths)
        elif isinstance(image := data.imageData(), QImage) and not image.isNull():
            self.open_picture(picture_of(image), title)
        else:
            return False
        return True


def files_in(data: QMimeData | None) -> list[Path]:
    """The files and folders in what was dropped or pasted."""
    if data is None:
        return []
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def show_in_folder(path: Path) -> None:
    """Opens the folder of a file in the system's own program for that."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


class Welcome(QWidget):
    """An invitation to drop a picture.

    Signals:
        chosen: one of the recent files (Path).
    """

    chosen = pyqtSignal(object)

    def __init__(self, settings: Settings, open_action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._recent: list[QPushButton] = []
        title, about, self.heading = QLabel(), QLabel(), QLabel()
        words = Words(self)
        words.put(lambda: translate("Welcome", "Drop a picture here"), title.setText)
        words.put(
            lambda: translate("Welcome", "or paste one, or choose a file. A folder goes into the queue."),
            about.setText,
        )
        words.put(lambda: translate("Welcome", "Recent pictures"), self.heading.setText)
        title.setProperty("role", "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        about.setProperty("role", "muted")
        about.setAlignment(Qt.AlignmentFlag.AlignCenter)
        about.setWordWrap(True)  # also on a small screen the panel stands beside it
        self.open = QPushButton()
        self.open.setProperty("role", "primary")
        bind(self.open, open_action)
        self.open.clicked.connect(open_action.trigger)
        self.heading.setProperty("role", "muted")
        self.heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(Space.S)
        self._column.addStretch(3)
        self._column.addWidget(title)
        self._column.addWidget(about)
        self._column.addSpacing(Space.M)
        self._column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addSpacing(Space.XL)
        self._column.addWidget(self.heading)
        self._column.addStretch(4)
        self.refresh()

    def refresh(self) -> None:
        """Lists the recent files anew."""
        for button in self._recent:
            button.deleteLater()
        self._recent = []
        paths = self._settings.present_recent_files()[:_RECENT]
        self.heading.setVisible(bool(paths))
        at = self._column.indexOf(self.heading) + 1
        for number, path in enumerate(paths):
            button = QPushButton(path.name.replace("&", "&&"))
            button.setProperty("role", "link")
            button.setToolTip(str(path))
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, path=path: self._choose(path))
            self._column.insertWidget(at + number, button, 0, Qt.AlignmentFlag.AlignHCenter)
            self._recent.append(button)

    def _choose(self, path: Path) -> None:
        self.chosen.emit(path)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The canvas' colour, with a frame to drop into."""
        painter = QPainter(self)
        colours = colours_of(self.palette())
        painter.fillRect(self.rect(), QColor(colours.canvas))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.outline), 1.5)
        pen.setDashPattern([5, 5])
        painter.setPen(pen)
        inset = QPointF(Space.XL, Space.XL)
        area = QRectF(QPointF(self.rect().topLeft()) + inset, QPointF(self.rect().bottomRight()) - inset)
        painter.drawRoundedRect(area, 2 * Space.RADIUS, 2 * Space.RADIUS)
