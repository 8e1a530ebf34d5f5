"""Whether a picture is one that was seen before, told by where its pixels lie in memory."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class PixelMemory:
    """Which memory a picture's pixels are, without keeping it alive."""

    def __init__(self, pixels: NDArray[Any], on_gone: Callable[[], object] | None = None) -> None:
        """``on_gone`` is called when nobody holds the pixels any more."""
        owner = pixels
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        self._owner = weakref.ref(owner, None if on_gone is None else lambda _: on_gone())
        self._place = (pixels.__array_interface__["data"][0], pixels.shape, pixels.strides, pixels.dtype)

    def is_of(self, pixels: NDArray[Any]) -> bool:
        """Whether these are the pixels, and the same view of them."""
        other = PixelMemory(pixels)
        owner = self._owner()
        return owner is not None and owner is other._owner() and self._place == other._place
