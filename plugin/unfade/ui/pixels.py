"""The engine's results and Qt's images as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtGui import QImage

from unfade.picture import Metadata, Picture
from unfade.service.client import Result

_TYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype(np.uint8),
    "u16": np.dtype(np.uint16),
    "float32": np.dtype(np.float32),
}
DEPTHS = {dtype: name for name, dtype in _TYPES.items()}
"""The service's names for the types pixels have."""


def as_picture(result: Result, metadata: Metadata) -> Picture:
    """The result with the metadata of what it was made from; it shares the result's memory."""
    pixels = np.frombuffer(result.pixels, _TYPES[result.depth])
    return Picture(pixels.reshape(result.height, result.width, result.channels), metadata)


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
