"""Thumbnails, made in the background: upright, in sRGB, in little memory however large the picture."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QImage

from unfade.picture import vips


def thumbnail(path: Path, side: int) -> QImage:
    """The picture in a square of ``side`` pixels; a null image where there is none in the file."""
    v = vips()
    try:
        # A source, not a file name: libvips would take "[...]" in a name for options.
        source = v.Source.new_from_file(os.fsencode(path))
        image = v.Image.thumbnail_source(source, side, size="down", height=side, output_profile="srgb")
        image = image.colourspace("srgb").cast("uchar")
        if not image.hasalpha():
            image = image.bandjoin(255)
        data: Any = image.write_to_memory()
    except v.Error:
        return QImage()
    whole = QImage(bytes(data), image.width, image.height, image.width * 4, QImage.Format.Format_RGBA8888)
    return whole.copy()  # its own memory


class Thumbnails(QObject):
    """Makes thumbnails one after the other.

    Signals:
        made: (id, QImage).
    """

    made = pyqtSignal(int, QImage)

    def __init__(self, side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._pool = ThreadPoolExecutor(1, "unfade-thumbnails")

    def ask(self, id: int, path: Path) -> None:
        """``made`` follows."""
        self._pool.submit(lambda: self.made.emit(id, thumbnail(path, self._side)))

    def close(self) -> None:
        """Makes no more. No signals follow."""
        self.blockSignals(True)
        self._pool.shutdown(wait=True, cancel_futures=True)
