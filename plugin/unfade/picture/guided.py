"""Small planes brought up to the size of a picture, along the picture's own edges.

The small planes are enlarged bilinearly, and what the full-size guide has more than its own small version is
added, times how the planes change with the guide nearby. That slope is the guided filter's, found at the
small size: He, Sun and Tang, "Guided Image Filtering", PAMI 2013; He and Sun, "Fast Guided Filter",
arXiv:1505.00996, 2015. The filter itself would replace the planes by its linear fit, and lose what does not
follow the guide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]


@dataclass(frozen=True)
class GuidedPlanes:
    """Small planes, and how they change with their guide."""

    values: Planes
    """CHW."""
    slopes: Planes
    """CHW: change of the value for a change of the guide."""
    guide: Planes
    """HW."""

    @classmethod
    def fit(cls, values: Planes, guide: Planes, radius: int, epsilon: float) -> GuidedPlanes:
        """The planes ``values`` (CHW) with their slopes over ``guide`` (HW).

        Args:
            radius: of the square windows that slopes are found in, in small pixels.
            epsilon: the variance of the guide below which it counts as flat.
        """
        slopes, _ = _linear(values, guide, radius, epsilon)
        return cls(values, slopes.astype(np.float32), guide)

    def enlarged(self, step: tuple[float, float]) -> Enlarged:
        """The planes for a larger picture; ``step`` small pixels for one of its own, down and across."""
        return Enlarged(self, step)


def smoothed(values: Planes, guide: Planes, radius: int, epsilon: float) -> Planes:
    """CHW smoothed, but not over the edges of ``guide`` (HW): the guided filter itself.

    ``radius`` and ``epsilon`` are those of :meth:`GuidedPlanes.fit`.
    """
    slopes, offsets = _linear(values, guide, radius, epsilon)
    result: Planes = (slopes * guide + offsets).astype(np.float32)
    return result


class Enlarged:
    """Guided planes at the size of a picture, computed a rectangle at a time."""

    def __init__(self, planes: GuidedPlanes, step: tuple[float, float]) -> None:
        self._planes = np.concatenate((planes.values, planes.slopes, planes.guide[None]))
        self._count = len(planes.values)
        self._step = step

    def at(self, y: int, x: int, guide: Planes) -> Planes:
        """CHW for the rectangle of the picture at (y, x) whose guide this is (HW)."""
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
        step: small pixels for a pixel of the enlarged planes, down and across; the centre of pixel 0 lies at
            half a pixel in both.
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
    """Which two small pixels each pixel lies between, and how near it is to the second."""
    position = np.clip((np.arange(start, start + length) + 0.5) * step - 0.5, 0, limit - 1)
    first = position.astype(np.intp)
    return first, np.minimum(first + 1, limit - 1), (position - first).astype(np.float32)


def _linear(
    values: Planes, guide: Planes, radius: int, epsilon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CHW each: factor and summand that bring the guide near the values around a pixel."""
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
