"""The results that have come so far, in memory that has a limit.

What was not looked at for the longest time is first kept in a quarter of its width, which is enough to show
it from afar, and then let go.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unfade.ui.canvas.images import reduced
from unfade.ui.preview.grid import Place

BUDGET: Final = 768 << 20
"""Bytes; results of 20 megapixels enlarged twice, with as much left for a second setting."""

_REDUCTION = 4


@dataclass(frozen=True)
class Kept:
    """A tile's result."""

    pixels: NDArray[Any]
    """HWC."""
    mask: NDArray[np.uint8] | None
    """HW: where the filter found something."""
    reduction: int = 1
    """How many of the result's pixels one of these stands for, a side."""
    exact: bool = True
    """Whether it equals that part of the whole result, within rounding."""

    @property
    def bytes(self) -> int:
        return self.pixels.nbytes + (0 if self.mask is None else self.mask.nbytes)


class TileCache:
    """Results by layer and place."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self.bytes = 0
        self._kept: OrderedDict[tuple[str, Place], Kept] = OrderedDict()

    def get(self, key: str, place: Place) -> Kept | None:
        """What there is of a tile, which counts as looked at."""
        kept = self._kept.get((key, place))
        if kept is not None:
            self._kept.move_to_end((key, place))
        return kept

    def peek(self, key: str, place: Place) -> Kept | None:
        """The same without counting as looked at; also from another thread."""
        return self._kept.get((key, place))

    def has(self, key: str, place: Place, reduction: int) -> bool:
        """Whether a tile is there in enough detail. It does not count as looked at."""
        kept = self._kept.get((key, place))
        return kept is not None and kept.reduction <= reduction

    def put(self, key: str, place: Place, kept: Kept) -> None:
        """Keeps a tile, and makes room for it."""
        self._remove((key, place))
        self._add((key, place), kept)
        while self.bytes > self.budget and len(self._kept) > 1:
            self._shrink(next(iter(self._kept)))

    def clear(self) -> None:
        """Lets go of everything."""
        self._kept.clear()
        self.bytes = 0

    @property
    def roomy(self) -> bool:
        """Whether there is room for more without letting go of anything."""
        return self.bytes < self.budget * 0.9

    def _shrink(self, at: tuple[str, Place]) -> None:
        kept = self._kept[at]
        self._remove(at)
        if kept.reduction == 1:
            mask = kept.mask
            small = replace(
                kept,
                pixels=reduced(kept.pixels, _REDUCTION),
                mask=None if mask is None else reduced(mask[..., None], _REDUCTION)[..., 0],
                reduction=_REDUCTION,
            )
            self._add(at, small)

    def _add(self, at: tuple[str, Place], kept: Kept) -> None:
        self._kept[at] = kept
        self.bytes += kept.bytes

    def _remove(self, at: tuple[str, Place]) -> None:
        old = self._kept.pop(at, None)
        if old is not None:
            self.bytes -= old.bytes
