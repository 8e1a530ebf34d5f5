"""What networks do not know is carried around them: values above 1 and below 0, and linear light.

Networks see values in [0, 1] on a curve like sRGB's. A picture of floats may have highlights above 1 (and
out-of-gamut colours below 0), and one whose profile has no curve would look almost black to them. So the
filter gets values cut off to [0, 1], on sRGB's curve where they are linear; what was cut off is added to its
result again, enlarged with the picture, and linear light is linear again. Where the filter changes nothing,
the picture's own values come back to the last bit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.inference import Bounds, Extent
from unfade.picture import (
    Kernel,
    Picture,
    from_float,
    is_linear,
    linear_to_srgb,
    resized_strips,
    scratch,
    srgb_to_linear,
    to_float,
    value_range,
)

Values = NDArray[np.float32]

_STRIP_PIXELS = 2**18


class Carried:
    """A picture that a filter cannot be shown as it is, worked on in strips.

    Attributes:
        seen: what the filter is shown: floats in [0, 1], with the picture's alpha and metadata, but for a
            profile of linear light, which is not true of them.
    """

    def __init__(self, picture: Picture, *, linear: bool) -> None:
        """``linear`` says that the values are linear light."""
        self._own, self._linear = picture.colour, linear
        seen = scratch.empty(picture.pixels.shape, np.float32)
        for rows in _strips(self._own):
            np.clip(self._values(rows), 0, 1, out=seen[rows, :, : self._own.shape[2]])
            if picture.alpha is not None:
                seen[rows, :, -1] = to_float(picture.alpha[rows])
        self._icc = picture.metadata.icc
        metadata = dataclasses.replace(picture.metadata, icc=None) if linear else picture.metadata
        self.seen = Picture(seen, metadata)

    def back(self, made: Picture, inner: Bounds, size: Extent) -> Picture:
        """The picture's result, of its own type, from what the filter made of :attr:`seen`.

        Args:
            made: a part of the filter's result.
            inner: where that part lies in all of the result ...
            size: ... which is so large.
        """
        pixels = scratch.empty(made.pixels.shape, self._own.dtype)
        same = (size.height, size.width) == self._own.shape[:2]
        fill = self._same_size if same else self._enlarged
        fill(made.colour, inner, size, pixels[..., : made.colour.shape[2]])
        if made.alpha is not None:
            for rows in _strips(pixels):
                pixels[rows, :, -1] = from_float(made.alpha[rows], self._own.dtype)
        metadata = dataclasses.replace(made.metadata, icc=self._icc) if self._linear else made.metadata
        return Picture(pixels, metadata)

    def _same_size(self, made: Values, inner: Bounds, _size: Extent, out: NDArray[Any]) -> None:
        across = slice(inner.x, inner.right)
        for rows in _strips(out):
            there = slice(inner.y + rows.start, inner.y + rows.stop)
            colour, inside = made[rows], self.seen.colour[there, across]
            values = self._values(there)[:, across]
            # Not the difference added to the result: the sum would be rounded.
            after = np.where(values == inside, colour, values + (colour - inside))
            out[rows] = np.where(colour == inside, self._own[there, across], self._as_own(after))

    def _enlarged(self, made: Values, inner: Bounds, size: Extent, out: NDArray[Any]) -> None:
        beyond = scratch.empty(self._own.shape, np.float32)
        for rows in _strips(beyond):
            np.subtract(self._values(rows), self.seen.colour[rows], out=beyond[rows])
        for y, strip in resized_strips(beyond, (size.height, size.width), Kernel.BILINEAR):
            first, last = max(y, inner.y), min(y + len(strip), inner.bottom)
            if first < last:
                rows = slice(first - inner.y, last - inner.y)
                out[rows] = self._as_own(made[rows] + strip[first - y : last - y, inner.x : inner.right])

    def _values(self, rows: slice) -> Values:
        """The picture's own values, on the curve that the filter knows."""
        own = self._own[rows]
        return on_curve(to_float(own)) if self._linear else own

    def _as_own(self, values: Values) -> NDArray[Any]:
        if self._linear:
            values = off_curve(values)
        return values if self._own.dtype == np.float32 else from_float(values, self._own.dtype)


def carried_around(picture: Picture, *, by_values: bool = True) -> Carried | None:
    """The picture as a filter cannot be shown it; None where it can.

    Args:
        by_values: see :attr:`unfade.filters.base.Filter.by_values`.
    """
    linear = by_values and is_linear(picture.metadata.icc)
    return Carried(picture, linear=linear) if linear or _goes_beyond(picture) else None


def _goes_beyond(picture: Picture) -> bool:
    """Whether some values lie outside [0, 1], as only those of floats can."""
    if picture.pixels.dtype != np.float32:
        return False
    lowest, highest = value_range(picture.colour)
    return lowest < 0 or highest > 1


def _strips(pixels: NDArray[Any]) -> Iterator[slice]:
    """The rows of HWC pixels, so many at a time that what is made of them takes little memory."""
    rows = max(1, _STRIP_PIXELS // pixels.shape[1])
    for y in range(0, len(pixels), rows):
        scratch.let_go()
        yield slice(y, min(y + rows, len(pixels)))


def on_curve(linear: Values) -> Values:
    """Linear light on sRGB's curve, which goes on above 1 and, mirrored, below 0."""
    return np.copysign(linear_to_srgb(np.abs(linear)), linear)


def off_curve(values: Values) -> Values:
    """The inverse of :func:`on_curve`."""
    return np.copysign(srgb_to_linear(np.abs(values)), values)
