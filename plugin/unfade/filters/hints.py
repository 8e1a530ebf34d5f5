"""Colour hints: points whose colour the user knows, how a network is shown them, and how far each reaches.

A hint changes what the network makes of all of the picture, and at the hint itself it only comes near its
colour. So its answer to hints counts where a place is like a hint's, and most of what it is off by at the
hints is made up for there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unfade.errors import UsageError
from unfade.filters.base import Codec
from unfade.inference import Extent
from unfade.picture import lab_of_srgb

Planes = NDArray[np.float32]

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
        row, column = place_of(hint, extent, working)
        top, left = max(0, row - _SIDE // 2), max(0, column - _SIDE // 2)
        square = np.s_[top : row + _SIDE // 2 + 1, left : column + _SIDE // 2 + 1]
        for plane, value in zip(planes, (*hint.chroma, 1.0), strict=True):
            plane[square] = value
    return planes


FEW = 10
"""Hints on a picture; of more each reaches less far."""


@dataclass(frozen=True)
class HintKernel:
    """How far a hint reaches: standard deviations of a Gaussian kernel, and what is made of it (chosen as
    docs/training-log.md tells under "How far a hint reaches" and "Of what kind a place is")."""

    sigma_space: float
    """In place, as a share of the longer side."""
    sigma_light: float
    """In lightness, from 0 to 1."""
    sigma_chroma: float
    """In a* and b* as predicted without hints: a sky is not what a coat is, whatever its lightness."""
    gain: float
    """What the network sees of the hints counts wholly where the kernel is 1 / gain or more."""
    damping: float
    """The weight of no change at all beside that of a hint, which is 1 at its place."""


WITHOUT_EMBEDDING: Final = HintKernel(
    sigma_space=0.37, sigma_light=0.14, sigma_chroma=12.0, gain=2.0, damping=0.2
)
WITH_EMBEDDING: Final = HintKernel(
    sigma_space=0.6, sigma_light=0.19, sigma_chroma=17.0, gain=3.0, damping=0.11
)
"""Where the network has an embedding, too: what lies within about 1 of one another in it is of one kind."""


def at_hints(
    plain: Planes,
    hinted: Planes,
    light: NDArray[np.float32],
    hints: Iterable[Hint],
    extent: Extent,
    embedding: Planes | None = None,
) -> Planes:
    """What hints make of the chroma of a picture: ``hinted`` where they reach, brought nearer to their
    colours, and ``plain`` elsewhere. Of hints for one pixel of the planes the last counts.

    How alike a place is to a hint's is told by a bilateral kernel (Tomasi and Manduchi 1998), Gaussian in
    place, lightness, plain chroma and the embedding. The residuals at the hints are interpolated by
    normalised convolution with it (Knutsson and Westin 1993).

    Args:
        plain, hinted: 2HW, a* and b* of the whole picture, predicted without and with the hints.
        light: HW, its L* / 100.
        hints: in pixels of the picture.
        extent: the size of the picture.
        embedding: CHW, of a network that has one.
    """
    colours = {place_of(hint, extent, Extent(*light.shape)): hint.chroma for hint in hints}
    kernel = WITHOUT_EMBEDDING if embedding is None else WITH_EMBEDDING
    features = _features(kernel, plain, light, embedding)
    kernels = [kernel_at(place, features, kernel, len(colours)) for place in colours]
    unlike = np.ones_like(light)
    for window, likeness in kernels:
        unlike[window] *= np.maximum(1 - np.float32(kernel.gain) * likeness, 0)
    made: Planes = hinted + unlike * (plain - hinted)
    added, weights = np.zeros_like(made), np.full_like(light, kernel.damping)
    for ((row, column), chroma), (window, likeness) in zip(colours.items(), kernels, strict=True):
        residual = np.array(chroma, np.float32) - made[:, row, column]
        added[(..., *window)] += likeness * residual[:, None, None]
        weights[window] += likeness
    result: Planes = made + added / weights
    return result


def _features(
    kernel: HintKernel, plain: Planes, light: NDArray[np.float32], embedding: Planes | None
) -> NDArray[np.float32]:
    """What is compared beside the place, CHW, in standard deviations."""
    told = () if embedding is None else (embedding,)
    return np.concatenate(
        (light[None] / np.float32(kernel.sigma_light), plain / np.float32(kernel.sigma_chroma), *told)
    )


def place_of(hint: Hint, extent: Extent, planes: Extent) -> tuple[int, int]:
    """The row and column at which a hint on a picture of size ``extent`` lies on planes of that size."""
    row = min(int(hint.y * planes.height / extent.height), planes.height - 1)
    return row, min(int(hint.x * planes.width / extent.width), planes.width - 1)


Window = tuple[slice, slice]


def kernel_at(
    place: tuple[int, int], features: NDArray[np.float32], kernel: HintKernel, count: int
) -> tuple[Window, NDArray[np.float32]]:
    """Where one of ``count`` hints reaches, and how alike it is there: 1 at its place, down to 0.

    Args:
        place: its row and column.
        features: CHW, in standard deviations.
    """
    size = features.shape[1:]
    deviation = kernel.sigma_space * min(1.0, math.sqrt(FEW / count)) * max(size)
    farthest = math.ceil(4 * deviation)
    down, across = (slice(max(0, at - farthest), at + farthest + 1) for at in place)
    apart = sum((plane[down, across] - plane[place]) ** 2 for plane in features)
    for axis, part in enumerate((down, across)):
        steps = np.arange(*part.indices(size[axis]), dtype=np.float32) - place[axis]
        apart = apart + np.expand_dims((steps / np.float32(deviation)) ** 2, 1 - axis)
    likeness: NDArray[np.float32] = np.exp(apart / -2)
    return (down, across), likeness
