"""Grain: how noisy a picture is, of what kind its noise is, and new grain of that kind.

The grain that a picture gets back is not what was taken off, which would be a weaker filter: that has traces
of edges and blotches of colour in it. It is white noise, the same wherever a picture is cut, shaped by the
spectrum of what was taken off and as strong as that was at each brightness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.filters.mix import luma_of
from unfade.inference import Bounds

Array = NDArray[np.float32]

FULL_LEVEL = 50 / 255
"""The standard deviation of noise of level 1."""

_CELL = 256  # pixels a side of what is drawn at once, at fixed places of the picture
_REACH = 7  # pixels each way that a grain may be correlated over
_PATCH = 32  # of the spectrum
_BRIGHTNESSES = 8
_BLOCK = 8  # of the blocks that the level is measured in
_FLATTEST = 0.15  # of them are looked at
_MAD = 1.4826  # from a median absolute deviation to a standard deviation


@dataclass(frozen=True)
class Grain:
    """The kind of a picture's noise."""

    kernel: Array
    """What white noise is convolved with, odd sides; its squares sum to 1."""
    deviations: Array
    """The standard deviation in each range of brightness, from black to white."""

    @classmethod
    def of(cls, noisy: Sequence[Array], clean: Sequence[Array]) -> Grain:
        """From luma planes, HW in [0, 1] with sides of at least 32, before and after a network's work."""
        power = np.zeros((_PATCH, _PATCH // 2 + 1))
        window = np.hanning(_PATCH + 2)[1:-1]
        window = np.outer(window, window)
        for a, b in zip(noisy, clean, strict=True):
            taken = a - b
            for y in range(0, taken.shape[0] - _PATCH + 1, _PATCH):
                for x in range(0, taken.shape[1] - _PATCH + 1, _PATCH):
                    part = taken[y : y + _PATCH, x : x + _PATCH]
                    spectrum = np.abs(np.fft.rfft2((part - part.mean()) * window)) ** 2
                    power += spectrum / (spectrum.sum() + 1e-12)  # flat places say as much as busy ones
        shape = np.fft.fftshift(np.fft.irfft2(np.sqrt(power), s=(_PATCH, _PATCH)))
        middle = slice(_PATCH // 2 - _REACH, _PATCH // 2 + _REACH + 1)
        kernel = shape[middle, middle]
        kernel = kernel / max(float(np.sqrt((kernel**2).sum())), 1e-12)
        return cls(kernel.astype(np.float32), _deviations(noisy, clean))

    def over(self, luma: Array, at: Bounds) -> Array:
        """New grain for a part of a picture, HW, to be added to all its channels.

        Args:
            luma: of the clean picture, HW in [0, 1].
            at: where that part lies in the picture.
        """
        centres = (np.arange(_BRIGHTNESSES) + 0.5) / _BRIGHTNESSES
        strength = np.interp(luma, centres, self.deviations).astype(np.float32)
        return strength * self._noise(at)

    def _noise(self, at: Bounds) -> Array:
        """Shaped noise of deviation 1, cell by cell."""
        out = np.empty((at.height, at.width), np.float32)
        sides = (_CELL + 2 * _REACH,) * 2
        padded = np.zeros(sides)
        padded[: 2 * _REACH + 1, : 2 * _REACH + 1] = self.kernel
        response = np.fft.rfft2(padded)
        for y in range(at.y // _CELL * _CELL, at.bottom, _CELL):
            for x in range(at.x // _CELL * _CELL, at.right, _CELL):
                cell = Bounds(y, x, _CELL, _CELL)
                drawn = white_noise(cell.grown(_REACH), 1)[..., 0]
                shaped = np.fft.irfft2(np.fft.rfft2(drawn) * response, s=sides)[2 * _REACH :, 2 * _REACH :]
                common = cell.common(at)
                here, there = common.within(cell), common.within(at)
                out[there.y : there.bottom, there.x : there.right] = shaped[
                    here.y : here.bottom, here.x : here.right
                ]
        return out


def white_noise(at: Bounds, channels: int) -> Array:
    """HWC of deviation 1: the same for a place of a picture however the picture is cut."""
    out = np.empty((at.height, at.width, channels), np.float32)
    for y in range(at.y // _CELL * _CELL, at.bottom, _CELL):
        for x in range(at.x // _CELL * _CELL, at.right, _CELL):
            seed = (y // _CELL + 1, x // _CELL + 1, channels)  # places begin a little left of the picture
            drawn = np.random.default_rng(seed).standard_normal((_CELL, _CELL, channels), np.float32)
            cell = Bounds(y, x, _CELL, _CELL)
            common = cell.common(at)
            here, there = common.within(cell), common.within(at)
            out[there.y : there.bottom, there.x : there.right] = drawn[
                here.y : here.bottom, here.x : here.right
            ]
    return out


def noise_level(colour: Array) -> float:
    """How noisy HWC pixels in [0, 1] are: the noise's deviation as a share of :data:`FULL_LEVEL`, at most 1.

    The median deviation of second differences (Immerkaer 1996, "Fast Noise Variance Estimation") in the
    flattest blocks: texture is not taken for noise where there is anything flat.
    """
    luma = luma_of(colour)
    height, width = ((side - 2) // _BLOCK * _BLOCK for side in luma.shape)
    if min(height, width) < _BLOCK:
        return 0.0
    rows = luma[:-2] - 2 * luma[1:-1] + luma[2:]
    second = (rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:])[:height, :width] / 6

    def blocks(plane: NDArray[Any]) -> NDArray[Any]:
        cut = plane.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
        return cut.transpose(0, 2, 1, 3).reshape(-1, _BLOCK * _BLOCK)

    inner = blocks(luma[1:-1, 1:-1][:height, :width])
    clipped = (inner <= 0).mean(1) + (inner >= 1).mean(1) > 0.1  # noise does not show there
    means = inner.reshape(-1, 4, 16).mean(2)  # strips: what differs between them is not noise
    flatness = np.where(clipped, np.inf, means.std(axis=1))
    usable = np.flatnonzero(np.isfinite(flatness))
    if not usable.size:
        return 0.0
    order = usable[np.argsort(flatness[usable])[: max(1, int(_FLATTEST * usable.size))]]
    deviation = _MAD * np.median(np.abs(blocks(second)[order]))
    return float(min(deviation / FULL_LEVEL, 1.0))


def _deviations(noisy: Sequence[Array], clean: Sequence[Array]) -> Array:
    """The standard deviation of what was taken off in each range of brightness; empty ones follow others."""
    taken = np.concatenate([(a - b).ravel() for a, b in zip(noisy, clean, strict=True)])
    bright = np.concatenate([plane.ravel() for plane in clean])
    bins = np.clip((bright * _BRIGHTNESSES).astype(int), 0, _BRIGHTNESSES - 1)
    counts = np.bincount(bins, minlength=_BRIGHTNESSES)
    squares = np.bincount(bins, taken.astype(np.float64) ** 2, minlength=_BRIGHTNESSES)
    seen = np.flatnonzero(counts >= max(1, min(500, int(counts.max()) // 2)))
    found = np.sqrt(squares[seen] / counts[seen])
    return np.interp(np.arange(_BRIGHTNESSES), seen, found).astype(np.float32)
