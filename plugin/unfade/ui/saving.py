"""What saving a picture takes, without widgets: the choices, a name to suggest, and what is refused.

:class:`Saver` writes off the event loop.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from unfade.inference import Extent
from unfade.picture import (
    Format,
    Picture,
    format_named,
    format_of_suffix,
    from_float,
    to_float,
    write_picture,
)
from unfade.ui.explain import explain

translate = QCoreApplication.translate

FORMATS = ("png", "jpeg", "webp", "tiff")
"""What is offered, the safest first; names as in ``unfade.picture.OUTPUT_FORMATS``."""


@dataclass(frozen=True)
class SaveChoice:
    """Where and how to save."""

    path: Path
    format: str
    """One of :data:`FORMATS`."""
    quality: int = 95
    """1 to 100, for JPEG and WebP."""
    deep: bool = False
    """16 bits a channel, where the picture has them and the format can hold them."""
    keep_exif: bool = True
    """Whether EXIF and XMP go along. The colour profile always does."""


def format_for(name: str) -> Format:
    """The format of this name, which must be one there is."""
    found = format_named(name)
    assert found is not None, name
    return found


def suggested_path(source: Path | None, filters: Sequence[str], format: str) -> Path:
    """A name beside the source that tells what was done and is not taken: "cat-upscale.png"."""
    folder = source.parent if source else Path.home()
    stem = source.stem if source else translate("SaveDialog", "picture")
    stem = "-".join([stem, *dict.fromkeys(filters)])
    return free_name(folder / (stem + format_for(format).suffixes[0]))


def with_suffix(path: Path, format: str) -> Path:
    """The name with a suffix of this format: its own if it fits, else in place of another format's."""
    kind = format_for(format)
    if path.suffix.lower() in kind.suffixes:
        return path
    stem = path.stem if format_of_suffix(path) else path.name  # "1.5x" is no suffix
    return path.with_name(stem + kind.suffixes[0])


def refusal(choice: SaveChoice, extent: Extent | None) -> str | None:
    """A sentence on why this cannot be saved so; None where nothing speaks against it."""
    if not choice.path.name:
        return translate("SaveDialog", "Give the file a name.")
    if not choice.path.parent.is_dir():
        text = translate("SaveDialog", "The folder {folder} does not exist; choose another.")
        return text.format(folder=choice.path.parent)
    if choice.path.is_dir():
        text = translate("SaveDialog", "{name} is a folder; give the file another name.")
        return text.format(name=choice.path.name)
    kind = format_for(choice.format)
    if extent and max(extent.width, extent.height) > kind.max_side:
        text = translate(
            "SaveDialog",
            "A {format} file holds at most {most} pixels a side, and this picture has {width} × {height}; "
            "choose PNG or TIFF.",
        )
        return text.format(format=kind.title, most=kind.max_side, width=extent.width, height=extent.height)
    return None


def prepared(picture: Picture, choice: SaveChoice) -> Picture:
    """The picture as it is to be written: its depth and its metadata."""
    metadata = picture.metadata
    if not choice.keep_exif:
        metadata = dataclasses.replace(metadata, exif=None, xmp=None)
    pixels = picture.pixels
    wanted = np.uint16 if choice.deep and format_for(choice.format).deep else np.uint8
    if pixels.dtype != wanted:
        pixels = from_float(to_float(pixels), wanted)
    return Picture(pixels, metadata)


class Saver(QObject):
    """Writes pictures in a thread of its own, one after the other.

    Signals:
        saved: the file that is there now (Path).
        told: sentences on what the format could not hold; after ``saved``.
        failed: a sentence on why it is not.
    """

    saved = pyqtSignal(object)
    told = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, "unfade-save")
        self._writing: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something is still being written."""
        return self._writing is not None and not self._writing.done()

    def save(self, picture: Picture, choice: SaveChoice) -> None:
        """Begins to write; ``saved`` or ``failed`` follows, in the thread of this object."""
        self._writing = self._pool.submit(self._write, picture, choice)

    def wait(self) -> None:
        """Returns when all is written: what to do before the program ends."""
        self._pool.shutdown(wait=True)

    def _write(self, picture: Picture, choice: SaveChoice) -> None:
        try:
            told = write_picture(
                prepared(picture, choice), choice.path, format=choice.format, quality=choice.quality
            )
        except Exception as error:
            self.failed.emit(explain(error, str(choice.path)))
        else:
            self.saved.emit(choice.path)
            if told:
                self.told.emit(" ".join(told))


def free_name(path: Path, taken: Callable[[Path], bool] = Path.exists) -> Path:
    """The path itself, or the first of "cat-2.png", "cat-3.png" and so on that is not taken."""
    free, number = path, 2
    while taken(free):
        free, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
    return free
