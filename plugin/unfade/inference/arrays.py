"""Reading windows out of a picture's array, and writing results into one, at the array's own bit depth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.inference.geometry import Bounds
from unfade.inference.windows import Read, Write
from unfade.picture import from_float, to_float


def array_reader(pixels: NDArray[Any]) -> Read:
    """A reader of HWC uint8, uint16 or float32 pixels; only the window asked for is converted."""

    def read(bounds: Bounds) -> NDArray[np.float32]:
        window = pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]
        return np.ascontiguousarray(to_float(window).transpose(2, 0, 1))[None]

    return read


def array_writer(pixels: NDArray[Any]) -> Write:
    """A writer into HWC uint8, uint16 or float32 pixels: rounded and clipped, part by part."""

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        pixels[bounds.y : bounds.bottom, bounds.x : bounds.right] = from_float(
            part[0].transpose(1, 2, 0), pixels.dtype
        )

    return write
