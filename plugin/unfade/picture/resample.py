"""Resampling: antialiased resizing in strips, and upsampling that follows the edges of a guide.

Guided upsampling enlarges small planes bilinearly and adds the detail of the full-size guide (the guide minus
its own enlarged version), times the local slope of the planes over the guide. The slope is that of the guided
filter, fitted at the small size: He, Sun and Tang, "Guided Image Filtering", PAMI 2013; He and Sun, "Fast
Guided Filter", arXiv:1505.00996, 2015. The filter itself would replace the planes by its linear fit, and lose
what does not follow the guide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.picture import scratch
from unfade.picture.picture import peak_of

Planes = NDArray[np.float32]

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
    out = scratch.empty((*size, array.shape[2]), array.dtype)
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
        rows = max(1, _STRIP_PIXELS // width)
        for y in range(0, height, rows):
            scratch.let_go()
            yield y, array[y : y + rows]
        return
    if _is_flat(array):  # most alpha is: 96 megapixels of it would take as long as the colours
        rows = max(1, _STRIP_PIXELS // new_width)
        for y in range(0, new_height, rows):
            scratch.let_go()
            yield y, np.broadcast_to(array[0, 0], (min(rows, new_height - y), new_width, channels))
        return
    resample = Image.Resampling[kernel.name]
    scale = height / new_height
    # Beyond the strip itself, the kernel reaches 3 source pixels (Lanczos), or 3 target pixels when reducing.
    reach = int(3 * max(scale, 1.0)) + 2
    rows = max(1, min(_STRIP_PIXELS // new_width, int(_STRIP_PIXELS / width / scale)))
    whole = new_height // math.gcd(height, new_height)  # so many rows come from a whole number of rows
    rows = rows // whole * whole or rows
    for y in range(0, new_height, rows):
        scratch.let_go()
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


def _is_flat(array: NDArray[Any]) -> bool:
    """Whether all pixels (HWC) are the same."""
    rows = max(1, _STRIP_PIXELS // array.shape[1])
    for y in range(0, len(array), rows):
        scratch.let_go()
        if not (array[y : y + rows] == array[0, 0]).all():
            return False
    return True


@dataclass(frozen=True)
class GuidedPlanes:
    """Small planes with their guide and their local slopes over it."""

    values: Planes
    """CHW."""
    slopes: Planes
    """CHW: change of the value per change of the guide."""
    guide: Planes
    """HW."""

    @classmethod
    def fit(cls, values: Planes, guide: Planes, radius: int, epsilon: float) -> GuidedPlanes:
        """Fits the local slopes of ``values`` (CHW) over ``guide`` (HW) by least squares.

        Args:
            radius: of the square windows of the fit, in small pixels.
            epsilon: regularization: the variance of the guide below which it counts as flat.
        """
        slopes, _ = _linear(values, guide, radius, epsilon)
        return cls(values, slopes.astype(np.float32), guide)

    def enlarged(self, step: tuple[float, float]) -> Enlarged:
        """The planes upsampled; ``step`` is the size of a full-size pixel in small ones, down and across."""
        return Enlarged(self, step)


def smoothed(values: Planes, guide: Planes, radius: int, epsilon: float) -> Planes:
    """CHW smoothed, except across the edges of ``guide`` (HW): the guided filter itself.

    ``radius`` and ``epsilon`` are those of :meth:`GuidedPlanes.fit`.
    """
    slopes, offsets = _linear(values, guide, radius, epsilon)
    result: Planes = (slopes * guide + offsets).astype(np.float32)
    return result


class Enlarged:
    """Guided planes upsampled to the size of a picture, computed a rectangle at a time."""

    def __init__(self, planes: GuidedPlanes, step: tuple[float, float]) -> None:
        self._planes = np.concatenate((planes.values, planes.slopes, planes.guide[None]))
        self._count = len(planes.values)
        self._step = step

    def at(self, y: int, x: int, guide: Planes) -> Planes:
        """CHW for the rectangle at (y, x), in full-size pixels, of the shape of its guide (HW)."""
        parts = bilinear(self._planes, (y, x), guide.shape, self._step)
        values, slopes = parts[: self._count], parts[self._count : 2 * self._count]
        slopes *= guide - parts[-1]
        values += slopes
        return values


def bilinear(
    planes: Planes, start: tuple[int, int], size: tuple[int, ...], step: tuple[float, float]
) -> Planes:
    """A rectangle of CHW planes enlarged bilinearly, edges repeated.

    Args:
        start: the rectangle's first row and column, in pixels of the enlarged planes.
        size: its height and width.
        step: the size of an enlarged pixel in small ones, down and across; pixel centres lie at half a pixel.
    """
    first, second, share = _between(start[0], size[0], step[0], planes.shape[1])
    left, right, across = _between(start[1], size[1], step[1], planes.shape[2])
    top, bottom = int(first[0]), int(second[-1]) + 1
    needed = planes[:, top:bottom]  # the few small rows are widened first, each once
    wide = needed[:, :, left] * (1 - across) + needed[:, :, right] * across
    result = np.empty((len(planes), *size), np.float32)
    for row in np.unique(first):  # all rows that lie between the same two small ones at once
        begin, end = np.searchsorted(first, (row, row + 1))
        below = wide[:, second[begin] - top, None] - wide[:, row - top, None]
        np.multiply(below, share[begin:end, None], out=result[:, begin:end])
        result[:, begin:end] += wide[:, row - top, None]
    return result


def _between(
    start: int, length: int, step: float, limit: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Planes]:
    """The two small pixels each pixel is interpolated from, and the weight of the second."""
    position = np.clip((np.arange(start, start + length) + 0.5) * step - 0.5, 0, limit - 1)
    first = position.astype(np.intp)
    return first, np.minimum(first + 1, limit - 1), (position - first).astype(np.float32)


def _linear(
    values: Planes, guide: Planes, radius: int, epsilon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slope and offset, CHW each, of the local linear fit of the values over the guide."""
    count = _box(np.ones(guide.shape), radius)
    exact = guide.astype(np.float64)
    mean = _box(exact, radius) / count
    variance = _box(exact * exact, radius) / count - mean * mean
    slopes, offsets = [], []
    for value in values.astype(np.float64):
        level = _box(value, radius) / count
        covariance = _box(value * exact, radius) / count - level * mean
        slope = covariance / (variance + epsilon)
        slopes.append(_box(slope, radius) / count)
        offsets.append(_box(level - slope * mean, radius) / count)
    return np.stack(slopes), np.stack(offsets)


def _box(plane: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """Sums over squares of side 2 * radius + 1, cut off at the edges, of HW."""
    for axis in (0, 1):
        length = plane.shape[axis]
        total = np.cumsum(plane, axis)
        total = np.concatenate((np.zeros_like(total.take([0], axis)), total), axis)
        index = np.arange(length)
        until, since = np.minimum(index + radius + 1, length), np.maximum(index - radius, 0)
        plane = total.take(until, axis) - total.take(since, axis)
    return plane
