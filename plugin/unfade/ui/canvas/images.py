"""Pictures as images for the screen, whole or in parts, made in threads and kept while they are looked at."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QBrush, QColor, QImage, QPainter

from unfade.inference import Bounds
from unfade.picture import Picture, as_srgb, from_float, to_float, vips

_log = logging.getLogger(__name__)

BUDGET: Final = 256 << 20
_THREADS = 2
_FRAMES_WAITED = 2  # an image that was not asked for in so many frames is no longer wanted

_CHECK_SIDE = 8
_VIPS_FORMATS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}


def image_of(picture: Picture) -> QImage:
    """The picture as the screen shows it: its profile's colours in sRGB, 8 bits, alpha premultiplied."""
    shown = as_srgb(picture)
    pixels = shown.pixels
    if pixels.dtype != np.uint8:
        pixels = from_float(to_float(pixels), np.uint8)
    height, width, _ = pixels.shape
    out = np.empty((height, width, 4), np.uint8)
    if shown.is_gray:
        out[..., :3] = pixels[..., :1]
    else:
        out[..., :3] = pixels[..., 2::-1]
    form = QImage.Format.Format_RGB32
    out[..., 3] = 255
    if shown.has_alpha:
        alpha = pixels[..., -1]
        out[..., 3] = alpha
        scaled = out[..., :3].astype(np.uint16) * alpha[..., None]
        out[..., :3] = (scaled + 127) // 255
        form = QImage.Format.Format_ARGB32_Premultiplied
    return _owned(out, form)


def picture_of(image: QImage) -> Picture:
    """The image as sRGB, 8 or 16 bits a channel, with alpha where it has any."""
    deep = image.depth() > 32
    form = QImage.Format.Format_RGBA64 if deep else QImage.Format.Format_RGBA8888
    plain = image.convertToFormat(form)
    data: Any = plain.constBits()  # not None: it has pixels
    dtype, step = (np.uint16, 2) if deep else (np.uint8, 1)
    flat = np.frombuffer(data.asarray(plain.sizeInBytes()), dtype)
    rows = flat.reshape(plain.height(), plain.bytesPerLine() // step)
    pixels = rows[:, : 4 * plain.width()].reshape(plain.height(), plain.width(), 4)
    return Picture(pixels.copy() if image.hasAlphaChannel() else np.ascontiguousarray(pixels[..., :3]))


def _owned(pixels: NDArray[np.uint8], form: QImage.Format) -> QImage:
    """An image of HW4 pixels with memory of its own."""
    height, width, _ = pixels.shape
    data: Any = pixels.data  # any buffer will do, whatever PyQt's types say
    return QImage(data, width, height, 4 * width, form).copy()


def overlay_of(mask: NDArray[np.uint8], colour: tuple[int, int, int], opacity: float) -> QImage:
    """A mask, HW, as a veil of one colour."""
    height, width = mask.shape
    alpha = np.rint(mask * np.float32(opacity)).astype(np.uint16)
    out = np.empty((height, width, 4), np.uint8)
    for channel, value in enumerate((*colour[::-1], 255)):
        out[..., channel] = (alpha * value + 127) // 255
    form = QImage.Format.Format_ARGB32_Premultiplied
    return _owned(out, form)


@dataclass
class Shown:
    """An image in its slot."""

    image: QImage
    version: Hashable
    born: float
    """When the slot got its first image (time.monotonic)."""


class Images(QObject):
    """Images by slot: a place on the canvas, which has one image at a time.

    Signals:
        ready: an image has come.
    """

    ready = pyqtSignal()
    _made = pyqtSignal(object, object, object)

    def __init__(self, parent: QObject | None = None, *, budget: int = BUDGET) -> None:
        super().__init__(parent)
        self._budget = budget
        self._bytes = 0
        self._shown: OrderedDict[Hashable, Shown] = OrderedDict()
        self._wanted: dict[Hashable, tuple[Hashable, int]] = {}
        self._frame = 0
        self._pool = ThreadPoolExecutor(_THREADS, "unfade-images")
        self._closed = False
        self._made.connect(self._keep)

    def begin_frame(self) -> None:
        """Called before each painting: what is not asked for again is not made any more."""
        self._frame += 1

    def image(self, slot: Hashable, version: Hashable, make: Callable[[], QImage]) -> Shown | None:
        """What the slot shows now: this version, or an older one while this one is being made."""
        shown = self._shown.get(slot)
        if shown is not None:
            self._shown.move_to_end(slot)
            if shown.version == version:
                return shown
        waiting = self._wanted.get(slot)
        self._wanted[slot] = (version, self._frame)
        if (waiting is None or waiting[0] != version) and not self._closed:
            self._pool.submit(self._make, slot, version, make)
        return shown

    @property
    def busy(self) -> bool:
        """Whether there are images still to come."""
        return bool(self._wanted)

    def peek(self, slot: Hashable) -> Shown | None:
        """What the slot shows, whatever it is."""
        return self._shown.get(slot)

    def drop(self, belongs: Callable[[Hashable], bool]) -> None:
        """Empties the slots for which ``belongs`` is true."""
        for slot in [slot for slot in self._shown if belongs(slot)]:
            self._bytes -= self._shown.pop(slot).image.sizeInBytes()
        for slot in [slot for slot in self._wanted if belongs(slot)]:
            del self._wanted[slot]

    def close(self) -> None:
        """Stops making images."""
        self._closed = True
        self.blockSignals(True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _make(self, slot: Hashable, version: Hashable, make: Callable[[], QImage]) -> None:
        wanted = self._wanted.get(slot)
        if wanted is None or wanted[0] != version:
            return
        image = None
        if wanted[1] >= self._frame - _FRAMES_WAITED:
            try:
                image = make()
            except Exception:
                _log.exception("an image could not be made")
                return  # and is not tried again
        self._made.emit(slot, version, image)

    def _keep(self, slot: Hashable, version: Hashable, image: QImage | None) -> None:
        wanted = self._wanted.get(slot)
        if wanted is None or wanted[0] != version:
            return
        del self._wanted[slot]
        if image is None:
            self.ready.emit()  # the next painting asks again, if it is in view after all
            return
        old = self._shown.pop(slot, None)
        if old is not None:
            self._bytes -= old.image.sizeInBytes()
        self._shown[slot] = Shown(image, version, old.born if old else time.monotonic())
        self._bytes += image.sizeInBytes()
        while self._bytes > self._budget and len(self._shown) > 1:
            _slot, gone = self._shown.popitem(last=False)
            self._bytes -= gone.image.sizeInBytes()
        self.ready.emit()


@functools.cache
def checker() -> QBrush:
    """A brush of light squares; of an image, not a pixmap, for it is also used in threads."""
    tile = QImage(2 * _CHECK_SIDE, 2 * _CHECK_SIDE, QImage.Format.Format_RGB32)
    tile.fill(QColor("#ffffff"))
    painter = QPainter(tile)
    for x, y in ((0, 0), (_CHECK_SIDE, _CHECK_SIDE)):
        painter.fillRect(x, y, _CHECK_SIDE, _CHECK_SIDE, QColor("#cccccc"))
    painter.end()
    return QBrush(tile)


def reduced(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """HWC pixels, each the mean of ``factor`` x ``factor``; sides are rounded up, the edge repeated."""
    if factor == 1:
        return pixels
    height, width, bands = pixels.shape
    data = np.ascontiguousarray(pixels)
    image = vips().Image.new_from_memory(data.data, width, height, bands, _VIPS_FORMATS[data.dtype.name])
    small = image.shrink(factor, factor, ceil=True)
    flat = np.frombuffer(small.write_to_memory(), data.dtype)
    return flat.reshape(small.height, small.width, bands)


class Pyramid:
    """The levels of a picture. Safe to use from several threads."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._levels: list[NDArray[Any]] = [picture.pixels]
        self._making = threading.Lock()

    def level(self, number: int) -> NDArray[Any]:
        """HWC pixels of level ``number``: the sides divided by 2 that many times, rounded up."""
        with self._making:
            while len(self._levels) <= number:
                self._levels.append(reduced(self._levels[-1], 2))
            return self._levels[number]

    def part(self, number: int, bounds: Bounds) -> Picture:
        """A rectangle of a level, in that level's pixels, with the picture's metadata."""
        level = self.level(number)
        part = level[bounds.y : bounds.bottom, bounds.x : bounds.right]
        return Picture(np.ascontiguousarray(part), self.picture.metadata)
