"""Tone curves and a colour matrix, laid on a picture at its full size, strip by strip and on all cores.

Curves may ask for more than black and white: what was not clipped in the picture is not clipped in it,
but rolled off towards both ends of the range (a shoulder after Reinhard et al. 2002, "Photographic Tone
Reproduction for Digital Images", equation 4). Colours that the matrix would drive out of the range lose as
much of their chroma as that takes, and keep their hue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.filters.mix import LUMA
from unfade.inference import Bounds, Extent, row_strips, usable_cores
from unfade.picture import from_float, peak_of, scratch, to_float

Array = NDArray[np.float32]

_STRIP_PIXELS = 2**16  # planes of a quarter of a megabyte, which stay in the processor's cache
_KNEE = 0.9  # of the range: from here on values are rolled off where some would be beyond it
_CHROMA_KNEE = 0.8  # of the chroma there is room for
_WARMTH = 0.4  # octaves of the exponents of red and blue
_CONTRAST = 1.5
_FAINT_TINT = 1 / 255  # what lies below is rounding
_FLOAT_STEPS = 4096  # of the table for float pixels, which are interpolated in it
_CORNERS = np.array(np.meshgrid([0, 1], [0, 1], [0, 1]), np.float32).reshape(3, 8)


@dataclass(frozen=True)
class Toning:
    """What is done to colours: a curve for each channel, then a matrix."""

    curves: Array
    """3K, the values at K even steps from 0 to 1, rising; linear in between. They may lie beyond [0, 1]."""
    matrix: Array
    """3x3, its rows summing to 1, so that gray stays gray."""

    @classmethod
    def neutral(cls, knots: int = 2) -> Toning:
        """Changes nothing."""
        return cls(np.tile(np.linspace(0, 1, knots, dtype=np.float32), (3, 1)), np.eye(3, dtype=np.float32))

    @classmethod
    def mean(cls, tonings: Sequence[Toning]) -> Toning:
        """The mean of some with as many knots."""
        curves = np.stack([toning.curves for toning in tonings])
        matrices = np.stack([toning.matrix for toning in tonings])
        return cls(curves.mean(axis=0), matrices.mean(axis=0))

    def at(self, share: float) -> Toning:
        """So much of it: 0 changes nothing."""
        neutral = Toning.neutral(self.curves.shape[1])
        return Toning(
            neutral.curves + np.float32(share) * (self.curves - neutral.curves),
            neutral.matrix + np.float32(share) * (self.matrix - neutral.matrix),
        )

    def of_tone_alone(self, toned: Array | None = None) -> Toning:
        """One curve for all channels: the same lightness, and no colour.

        A curve that brings contrast back makes the tint of a ``toned`` print as much stronger; with its
        pixels, HW3 in [0, 1], the tint stays no stronger than it was, in the mean.
        """
        curve, matrix = self.curves.mean(axis=0), np.eye(3, dtype=np.float32)
        if toned is not None and _tint(toned) > _FAINT_TINT:
            after = np.interp(toned, np.linspace(0, 1, curve.size), curve)
            matrix = _saturated(matrix, min(_tint(toned) / _tint(after), 1))
        return Toning(np.tile(curve, (3, 1)), matrix)


@dataclass(frozen=True)
class Taste:
    """What a person wants beyond what is right."""

    warmth: float = 0.0
    """From -1, cold, to 1, warm. Black and white stay."""
    contrast: float = 0.0
    """From -1 to 1. Black, white and the middle stay."""
    saturation: float = 1.0
    """0 is gray, 2 twice the colour."""


class ToneMap:
    """A toning made ready for pixels of one type and range.

    Args:
        toning: for gray pixels the mean of its curves counts.
        taste: comes on top.
        extremes: 2C, the least and the greatest value of each channel that is not clipped, in [0, 1].
        dtype: of the pixels.
    """

    def __init__(self, toning: Toning, taste: Taste, extremes: Array, dtype: np.dtype[Any]) -> None:
        channels = extremes.shape[1]
        if channels == 1:
            toning = toning.of_tone_alone()
        steps = _FLOAT_STEPS if dtype == np.float32 else int(peak_of(dtype))
        values = np.linspace(0, 1, steps + 1, dtype=np.float32)
        warm = taste.warmth if channels == 3 else 0.0
        self._table = np.stack(
            [
                _liked(_curve(toning.curves[c], values, extremes[:, c]), warm * (1 - c), taste.contrast)
                for c in range(channels)
            ]
        )
        matrix = _saturated(toning.matrix, taste.saturation)
        self._matrix = None if channels == 1 or np.allclose(matrix, np.eye(3), atol=1e-6) else matrix
        self._most = 1.0 if self._matrix is None else float(_reach(self._matrix @ _CORNERS)[1].max())

    def of(self, colour: NDArray[Any]) -> Array:
        """HWC pixels -> CHW float32 in [0, 1]: planes, since NumPy is slow along an axis of three."""
        height, width, channels = colour.shape
        toned = np.empty((channels, height, width), np.float32)
        for plane, channel, table in zip(toned, np.moveaxis(colour, 2, 0), self._table, strict=True):
            if channel.dtype == np.float32:
                plane[...] = np.interp(channel, np.linspace(0, 1, table.size, dtype=np.float32), table)
            else:
                np.take(table, channel, out=plane, mode="clip")  # without "clip" it is buffered
        if self._matrix is None:
            return toned
        mixed = _mixed(self._matrix, toned.reshape(3, -1))
        if self._most > 1:
            _fit(mixed, self._most)
        return mixed.reshape(toned.shape)


def lay_tones(into: NDArray[Any], colour: NDArray[Any], tones: ToneMap, strength: float) -> None:
    """Fills ``into`` with ``colour`` as ``tones`` have it; both HWC of one shape and type."""

    def do(strip: Bounds) -> None:
        scratch.let_go()
        source = colour[strip.y : strip.bottom]
        for channel, toned in enumerate(tones.of(source)):
            if strength < 1:
                plain = to_float(source[..., channel])
                toned = plain + np.float32(strength) * (toned - plain)
            into[strip.y : strip.bottom, :, channel] = from_float(toned, into.dtype)

    _on_all_cores(do, Extent(*colour.shape[:2]))


def extremes_of(colour: NDArray[Any]) -> Array:
    """2C in [0, 1]: the least and the greatest value of each channel, leaving out those at the ends of the
    range, which are clipped already; the ends themselves where there is nothing else."""
    channels = colour.shape[2]
    if colour.dtype == np.float32:

        def ends_of(strip: Bounds) -> Array:
            part = np.ascontiguousarray(np.moveaxis(colour[strip.y : strip.bottom], 2, 0))
            inside = np.where((part > 0) & (part < 1), part, np.float32(0.5))
            return np.stack([inside.min(axis=(1, 2)), inside.max(axis=(1, 2))])

        found = np.stack(_on_all_cores(ends_of, Extent(*colour.shape[:2])))
        return np.stack([found[:, 0].min(axis=0), found[:, 1].max(axis=0)])
    peak = int(peak_of(colour.dtype))
    seen = np.zeros((channels, peak + 1), np.bool_)

    def mark(strip: Bounds) -> None:
        part = colour[strip.y : strip.bottom]
        for c in range(channels):
            seen[c, part[..., c]] = True

    _on_all_cores(mark, Extent(*colour.shape[:2]))
    ends = []
    for row in seen:
        present = np.flatnonzero(row[1:-1]) + 1
        ends.append((present[0] / peak, present[-1] / peak) if present.size else (0.0, 1.0))
    return np.array(ends, np.float32).T


def _on_all_cores(do: Callable[[Bounds], Any], extent: Extent) -> list[Any]:
    strips = row_strips(extent, _STRIP_PIXELS)
    workers = min(usable_cores() or 1, len(strips))
    if workers == 1:
        return [do(strip) for strip in strips]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(do, strips))


def _saturated(matrix: Array, saturation: float) -> Array:
    """A matrix on colours that gives so much of their chroma: at 0 gray, at 1 what it gave."""
    gray = np.tile(LUMA, (3, 1))
    return gray + np.float32(saturation) * (matrix - gray)


def _tint(colour: NDArray[Any]) -> float:
    """The mean chroma of HW3, as the length of what differs from luma."""
    return float(np.linalg.norm(colour - (colour @ LUMA)[..., None], axis=-1).mean())


def _curve(knots: Array, values: Array, extremes: Array) -> Array:
    """The curve at ``values``, in [0, 1]: rolled off so that the extremes keep inside."""
    steps = np.linspace(0, 1, knots.size)
    curve = np.interp(values, steps, knots)
    least, most = np.interp(extremes, steps, knots)
    if most > 1:
        curve = _shoulder(curve, float(most), _KNEE)
    if least < 0:
        curve = 1 - _shoulder(1 - curve, float(1 - least), _KNEE)
    return np.clip(curve, 0, 1).astype(np.float32)


def _shoulder(values: NDArray[Any], most: float, knee: float) -> NDArray[Any]:
    """Values as they are below the knee; those up to ``most``, which is above 1, pressed in below 1."""
    room = 1 - knee
    beyond = np.maximum(values - knee, 0) / room
    span = (most - knee) / room
    pressed = knee + room * beyond * (1 + beyond / span**2) / (1 + beyond)
    return np.where(values > knee, pressed, values)


def _liked(curve: Array, warmth: float, contrast: float) -> Array:
    if warmth:
        curve = curve ** np.float32(2 ** (-_WARMTH * warmth))
    if contrast:
        curve = curve + np.float32(_CONTRAST * contrast) * curve * (1 - curve) * (curve - np.float32(0.5))
    return curve


def _reach(rgb: Array) -> tuple[Array, Array]:
    """Of 3N colours: luma, N in [0, 1], and how much of the room around it each takes, N (above 1: more than
    there is)."""
    luma = np.clip(LUMA @ rgb, 1e-4, 1 - 1e-4)
    above = (_highest(rgb) - luma) / (1 - luma)
    below = (luma - _lowest(rgb)) / luma
    return luma, np.maximum(above, below)


def _fit(rgb: Array, most: float) -> None:
    """Takes chroma from 3N colours that have no room for theirs, in place."""
    # only what is near an end of the range can have too little room: elsewhere nothing has to be worked out
    near = np.flatnonzero((_highest(rgb) > _CHROMA_KNEE) | (_lowest(rgb) < 1 - _CHROMA_KNEE))
    luma, reach = _reach(rgb[:, near])
    is_tight = reach > _CHROMA_KNEE
    tight = near[is_tight]
    if tight.size:
        luma, reach = luma[is_tight], reach[is_tight]
        share = _shoulder(reach, max(most, 1.0), _CHROMA_KNEE) / reach
        rgb[:, tight] = luma + (rgb[:, tight] - luma) * np.minimum(share, 1 / reach).astype(np.float32)


def _mixed(matrix: Array, rgb: Array) -> Array:
    """``matrix @ rgb`` of 3N colours by planes: BLAS takes ten times as long for a product this flat."""
    mixed: Array = matrix[:, :1] * rgb[0]
    part = np.empty_like(rgb[0])
    for row, plane in zip(matrix, mixed, strict=True):
        for share, other in zip(row[1:], rgb[1:], strict=True):
            plane += np.multiply(other, share, out=part)
    return mixed


def _highest(rgb: Array) -> Array:
    highest: Array = np.maximum(np.maximum(rgb[0], rgb[1]), rgb[2])
    return highest


def _lowest(rgb: Array) -> Array:
    lowest: Array = np.minimum(np.minimum(rgb[0], rgb[1]), rgb[2])
    return lowest
