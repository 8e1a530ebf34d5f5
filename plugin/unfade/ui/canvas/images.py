"""Pictures' parts as images for the screen, made in threads and kept while they are looked at."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QImage

from unfade.picture import Picture, as_srgb, from_float, to_float

_log = logging.getLogger(__name__)

BUDGET: Final = 256 << 20
_THREADS = 2
_FRAMES_WAITED = 2  # an image that was not asked for in so many frames is no longer wanted


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
