"""What is selected in the editor: the part of the picture that the result is limited to, and its outline."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unfade.inference import Bounds

Line = tuple[int, int, int, int]
"""x and y of one end and of the other, on the edges of pixels."""

_HALF = 128
_SELECTED = np.float32(1 / 255)


@dataclass(frozen=True, eq=False)
class Selection:
    """A selection, feathered or not."""

    bounds: Bounds
    """In pixels of the picture; nothing outside is selected."""
    mask: NDArray[np.uint8]
    """HW, as large as the bounds: 255 is selected wholly."""

    def share(self, part: Bounds) -> NDArray[np.float32]:
        """How far the pixels of a part of the picture are selected, HW in [0, 1]."""
        found = np.zeros((part.height, part.width), np.float32)
        if part.overlaps(self.bounds):
            top, left = max(part.y, self.bounds.y), max(part.x, self.bounds.x)
            bottom, right = min(part.bottom, self.bounds.bottom), min(part.right, self.bounds.right)
            shared = Bounds(top, left, bottom - top, right - left)
            to, source = shared.within(part), shared.within(self.bounds)
            mask = self.mask[source.y : source.bottom, source.x : source.right]
            found[to.y : to.bottom, to.x : to.right] = mask * _SELECTED
        return found

    @functools.cached_property
    def outline(self) -> tuple[Line, ...]:
        """Lines around what is selected by half or more."""
        inside = np.pad(self.mask >= _HALF, 1)
        y, x = self.bounds.y, self.bounds.x
        across = [
            (x + a, y + row, x + b, y + row) for row, a, b in _runs(inside[1:, 1:-1] != inside[:-1, 1:-1])
        ]
        edges = (inside[1:-1, 1:] != inside[1:-1, :-1]).T
        down = [(x + column, y + a, x + column, y + b) for column, a, b in _runs(edges)]
        return (*across, *down)


def _runs(edges: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """(row, first, end) of each run of True in the rows of HW."""
    changes = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, begins = np.nonzero(changes == 1)
    _, ends = np.nonzero(changes == -1)
    return [(int(row), int(a), int(b)) for row, a, b in zip(rows, begins, ends, strict=True)]
