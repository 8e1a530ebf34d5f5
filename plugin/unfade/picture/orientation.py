"""The eight EXIF orientations."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

TRANSPOSED = frozenset({5, 6, 7, 8})
"""Orientations whose stored picture lies on its side."""


def as_stored(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of an upright picture (HWC) laid out as a file of that orientation stores it.

    Writing stored rows into the view turns the picture upright without a second copy of it. Values other than
    2 to 8 mean upright.
    """
    if orientation in TRANSPOSED:
        upright = upright.swapaxes(0, 1)
    if orientation in (3, 4, 6, 7):
        upright = upright[::-1]
    if orientation in (2, 3, 7, 8):
        upright = upright[:, ::-1]
    return upright
