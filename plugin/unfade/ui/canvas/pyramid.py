"""A picture at half, a quarter, an eighth ... of its size, made when it is first needed."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.inference import Bounds
from unfade.picture import Picture, vips

_VIPS_FORMATS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}


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
