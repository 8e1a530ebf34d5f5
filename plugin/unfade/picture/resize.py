"""Plain resampling, antialiased, a strip of rows at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.picture.convert import peak_of

_STRIP_PIXELS = 2**20


class Kernel(str, Enum):
    """Resampling kernels, those of Pillow; when reducing, the kernel is widened by the factor."""

    BILINEAR = "bilinear"
    BICUBIC = "bicubic"  # a = -0.5
    LANCZOS = "lanczos"  # 3 lobes


def resize(array: NDArray[Any], size: tuple[int, int], kernel: Kernel = Kernel.LANCZOS) -> NDArray[Any]:
    """`array` (HWC; uint8, uint16 or float32) resampled to `size` (height, width), of the same type.

    Integers are rounded to nearest and clipped; floats are not clipped, so a kernel with negative lobes may
    overshoot. Memory beside the result is that of a few strips.
    """
    out = np.empty((*size, array.shape[2]), array.dtype)
    for y, strip in resized_strips(array, size, kernel):
        out[y : y + len(strip)] = strip
    return out


def resized_strips(
    array: NDArray[Any], size: tuple[int, int], kernel: Kernel = Kernel.LANCZOS
) -> Iterator[tuple[int, NDArray[Any]]]:
    """The rows of :func:`resize`, from top to bottom, as (first row, strip HWC).

    A strip may be a view of `array`; do not write into it.
    """
    from PIL import Image  # here, because importing the package must not pay for it

    height, width, channels = array.shape
    new_height, new_width = size
    if min(size) < 1:
        raise ValueError(f"cannot resize to {new_height}x{new_width}")
    peak_of(array.dtype)
    if (height, width) == (new_height, new_width):
        yield 0, array
        return
    resample = Image.Resampling[kernel.name]
    scale = height / new_height
    # Beyond the strip itself, the kernel reaches 3 source pixels (Lanczos), or 3 target pixels when reducing.
    reach = int(3 * max(scale, 1.0)) + 2
    rows = max(1, min(_STRIP_PIXELS // new_width, int(_STRIP_PIXELS / width / scale)))
    whole = new_height // math.gcd(height, new_height)  # so many rows come from a whole number of rows
    rows = rows // whole * whole or rows
    for y in range(0, new_height, rows):
        end = min(y + rows, new_height)
        top, bottom = y * height / new_height, end * height / new_height
        first, last = max(int(top) - reach, 0), min(int(bottom) + reach + 1, height)
        strip = np.empty((end - y, new_width, channels), array.dtype)
        for c in range(channels):
            plane = Image.fromarray(np.ascontiguousarray(array[first:last, :, c], dtype=np.float32))
            box = (0.0, top - first, float(width), bottom - first)
            resized = np.asarray(plane.resize((new_width, end - y), resample, box))
            if array.dtype == np.float32:
                strip[..., c] = resized
            else:
                strip[..., c] = np.clip(np.rint(resized), 0, peak_of(array.dtype))
        yield y, strip
