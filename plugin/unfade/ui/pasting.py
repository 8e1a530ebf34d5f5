"""Pictures from the clipboard and from other windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtGui import QImage

from unfade.picture import Picture


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
