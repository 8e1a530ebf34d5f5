"""Pixel values as integers and as floats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_PEAKS = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}


def peak_of(dtype: DTypeLike) -> float:
    """The value of white for pixels of `dtype`: 255, 65535 or 1.0.

    Raises:
        ValueError: for a type that pictures do not have.
    """
    try:
        return _PEAKS[np.dtype(dtype)]
    except KeyError:
        raise ValueError(f"pixels must be uint8, uint16 or float32, not {np.dtype(dtype)}") from None


def to_float(array: NDArray[Any]) -> NDArray[np.float32]:
    """uint8, uint16 or float32 pixels of any shape as float32 in [0, 1]; float32 is not copied."""
    if array.dtype == np.float32:
        return array
    out: NDArray[np.float32] = array.astype(np.float32)
    out /= np.float32(peak_of(array.dtype))
    return out


def from_float(array: NDArray[np.floating[Any]], dtype: DTypeLike) -> NDArray[Any]:
    """float pixels in [0, 1] as `dtype` (uint8, uint16, float32).

    Clipped, rounded to nearest, without dither; NaN becomes 0. `from_float(to_float(a), a.dtype)` equals `a`.
    """
    peak = peak_of(dtype)
    out = np.array(array, dtype=np.float32)
    np.fmax(out, np.float32(0), out=out)  # of NaN and 0 it takes 0
    np.fmin(out, np.float32(1), out=out)
    if np.dtype(dtype) == np.float32:
        return out
    np.multiply(out, np.float32(peak), out=out)
    return np.rint(out, out=out).astype(dtype)
