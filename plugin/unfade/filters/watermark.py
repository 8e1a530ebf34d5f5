"""Leaving a watermark alone: how much of each pixel stays the original's, by the mask of the mark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_UNSURE, _SURE = 26, 102  # values of the mask, of 255, that begin to protect and that protect wholly
_GROWN = 5  # pixels: a mark's soft edge and its shadow reach a little beyond what the mask says ...
_SOFTENED = 2  # ... and the protection fades out over twice as many, the inner half of them lost again

PROTECTION_REACH = _GROWN + _SOFTENED
"""How far, in pixels, the mask is felt."""


def protection(mask: NDArray[np.uint8], first: int, last: int) -> NDArray[np.float32] | None:
    """The original's share in the rows from ``first`` to ``last``, HW float32 in [0, 1]; None for nothing.

    It is 1 up to three pixels around the mark, and falls to 0 within four more.

    Args:
        mask: of the whole picture, HW; only the rows around those asked for are read.
    """
    top = max(first - PROTECTION_REACH, 0)
    near = mask[top : last + PROTECTION_REACH]
    if near.max(initial=0) <= _UNSURE:
        return None
    ramp = (np.arange(256, dtype=np.float32) - _UNSURE) / (_SURE - _UNSURE)
    share = np.clip(ramp, 0, 1).astype(np.float32).take(near)
    grown = _slid(_slid(share, 0, _GROWN, np.maximum), 1, _GROWN, np.maximum)
    soft = _slid(_slid(grown, 0, _SOFTENED, np.add), 1, _SOFTENED, np.add)
    soft *= np.float32(1 / (2 * _SOFTENED + 1) ** 2)
    return np.minimum(soft[first - top : last - top], 1)


def _slid(plane: NDArray[np.float32], axis: int, radius: int, join: np.ufunc) -> NDArray[np.float32]:
    """``join`` over windows of 2 * radius + 1 along an axis, edges repeated."""
    length = plane.shape[axis]
    pad = [(0, 0), (0, 0)]
    pad[axis] = (radius, radius)
    padded = np.moveaxis(np.pad(plane, pad, mode="edge"), axis, 0)
    total = padded[:length].copy()
    for shift in range(1, 2 * radius + 1):
        join(total, padded[shift : shift + length], out=total)
    return np.moveaxis(total, 0, axis)
