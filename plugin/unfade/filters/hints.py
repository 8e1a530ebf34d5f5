"""Colour hints: points of a picture whose colour the user knows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import UsageError
from unfade.filters.base import Codec
from unfade.inference import Extent
from unfade.picture import lab_of_srgb

MOST_HINTS = 10_000
_SIDE = 5  # pixels a side of a hint at working size; training draws sides from 1 to 9
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Hint:
    """A colour at a point. Raises UsageError for what is neither."""

    x: float
    """In pixels of the picture from its left edge; the first pixel's centre is at 0.5."""
    y: float
    """From its top edge."""
    color: str
    """sRGB as "#rrggbb"."""

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise UsageError(f"A hint's {name} must be a number of pixels, not {value!r:.40}.")
        if not isinstance(self.color, str) or not _COLOUR.fullmatch(self.color):
            raise UsageError(f'A hint\'s color must be like "#c08040", not {self.color!r:.40}.')

    @property
    def chroma(self) -> tuple[float, float]:
        """a* and b* of the colour."""
        rgb = np.array([int(self.color[at : at + 2], 16) / 255 for at in (1, 3, 5)], np.float32)
        _, a, b = lab_of_srgb(rgb)
        return float(a), float(b)


def _read(raw: Any) -> tuple[Hint, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_HINTS:
        raise UsageError(f'hints must be a list of at most {MOST_HINTS} {{"x", "y", "color"}}.')
    for item in raw:
        if not isinstance(item, dict) or set(item) != {"x", "y", "color"}:
            raise UsageError(
                f'Every hint must be {{"x": ..., "y": ..., "color": "#rrggbb"}}, not {item!r:.60}.'
            )
    return tuple(Hint(**item) for item in raw)


def _write(hints: Iterable[Hint]) -> list[dict[str, Any]]:
    return [{"x": hint.x, "y": hint.y, "color": hint.color} for hint in hints]


HINTS = Codec("hints", _read, _write)
"""How hints are read from JSON and written to it."""


def check_inside(hints: Iterable[Hint], extent: Extent) -> None:
    """Raises UsageError for the first hint that is not on a picture of that size."""
    for hint in hints:
        if not (0 <= hint.x <= extent.width and 0 <= hint.y <= extent.height):
            raise UsageError(
                f"The hint {hint.color} at {hint.x:g}, {hint.y:g} lies outside the picture, "
                f"which has {extent.width} x {extent.height} pixels."
            )


def hint_planes(hints: Iterable[Hint], extent: Extent, working: Extent) -> NDArray[np.float32]:
    """What the network sees of the hints: a small square of true chroma for each; later ones lie on top.

    Args:
        extent: the size of the picture.
        working: the size at which the network sees it.

    Returns:
        3HW float32: a*, b* where a hint is and 0 elsewhere, and the mask, 1 where a hint is.
    """
    planes = np.zeros((3, working.height, working.width), np.float32)
    for hint in hints:
        row = min(int(hint.y * working.height / extent.height), working.height - 1)
        column = min(int(hint.x * working.width / extent.width), working.width - 1)
        top, left = max(0, row - _SIDE // 2), max(0, column - _SIDE // 2)
        square = np.s_[top : row + _SIDE // 2 + 1, left : column + _SIDE // 2 + 1]
        for plane, value in zip(planes, (*hint.chroma, 1.0), strict=True):
            plane[square] = value
    return planes
