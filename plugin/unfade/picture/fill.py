"""Colours under alpha 0, which nobody sees but a network or a resampling would smear into what is seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.picture import scratch
from unfade.picture.picture import from_float, to_float, vips

_LEVELS = 6
_BLOCK = 2**_LEVELS
_TILE = 8 * _BLOCK
_MARGIN = 2 * _BLOCK  # a pixel depends on less than 2 + 4 + ... + 2**_LEVELS pixels around it
_FAINT = np.float32(1e-4)  # weight of a guessed colour beside a real one


def fill_transparent(
    colour: NDArray[Any], alpha: NDArray[Any], *, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Replaces the colours under alpha 0 by those of the opaque pixels around them.

    Pull-push over a pyramid of six levels (after Gortler et al., The Lumigraph, 1996), alpha-weighted;
    farther than about 64 pixels from anything seen, the picture's mean colour. The result does not depend on
    how the work is cut, and needs a few tiles of memory beside the result.

    Args:
        colour: HWC, uint8, uint16 or float32.
        alpha: HW, the same type.
        out: where to put the result; `colour` itself fills in place.

    Returns:
        `out`; without it a new array, or `colour` itself where nothing (or everything) is transparent.
    """
    total = _mean_colour(colour, alpha)
    if total is None:
        if out is None:
            return colour
        _copy(colour, out)
        return out
    if out is None:
        out = scratch.empty(colour.shape, colour.dtype)
    _copy(colour, out)
    height, width = alpha.shape
    for y in range(0, height, _TILE):
        for x in range(0, width, _TILE):
            scratch.let_go()
            hidden = alpha[y : y + _TILE, x : x + _TILE] == 0
            if not hidden.any():
                continue
            top, left = max(y - _MARGIN, 0), max(x - _MARGIN, 0)
            window = np.s_[top : y + _TILE + _MARGIN, left : x + _TILE + _MARGIN]
            filled = _filled(colour[window], alpha[window], total)
            rows, columns = hidden.shape
            core = filled[y - top : y - top + rows, x - left : x - left + columns]
            out[y : y + rows, x : x + columns][hidden] = from_float(core[hidden], colour.dtype)
    return out


def _copy(source: NDArray[Any], into: NDArray[Any]) -> None:
    if into is source:
        return
    for y in range(0, len(source), _TILE):
        into[y : y + _TILE] = source[y : y + _TILE]
        scratch.let_go()


def _mean_colour(colour: NDArray[Any], alpha: NDArray[Any]) -> NDArray[np.float32] | None:
    """Alpha-weighted mean colour in [0, 1], (C,); None where all pixels or none are transparent."""
    rows = max(1, 2**18 // alpha.shape[1])
    if all(part.all() for part in _strips(alpha, rows)):
        return None
    weight = 0.0
    total = np.zeros(colour.shape[2])
    for a, c in zip(_strips(alpha, rows), _strips(colour, rows), strict=True):
        weights = to_float(a)
        weight += float(weights.sum(dtype=np.float64))
        total += np.einsum("hw,hwc->c", weights, to_float(c), dtype=np.float64)
    if weight == 0:
        return None
    return (total / weight).astype(np.float32)


def _strips(pixels: NDArray[Any], rows: int) -> Iterator[NDArray[Any]]:
    for y in range(0, len(pixels), rows):
        scratch.let_go()
        yield pixels[y : y + rows]


def _filled(colour: NDArray[Any], alpha: NDArray[Any], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """One window's colours, HWC float32 in [0, 1], right wherever alpha is 0."""
    height, width = alpha.shape
    padding = ((0, -height % _BLOCK), (0, -width % _BLOCK))
    weight = np.pad(to_float(alpha), padding)[..., None]
    weighted = np.pad(to_float(colour), (*padding, (0, 0))) * weight
    pyramid = []
    for _ in range(_LEVELS):
        pyramid.append((weighted, weight))
        weighted, weight = _halved(weighted), _halved(weight)
    # At the coarsest level the mean fills the gaps; from there each level fills the gaps of the finer one.
    values, trust = _gaps_filled(weighted, weight, np.broadcast_to(mean, weighted.shape))
    for weighted, weight in reversed(pyramid):
        guess = _doubled(values * trust) / _doubled(trust)
        values, trust = _gaps_filled(weighted, weight, guess)
    return values[:height, :width]


def _gaps_filled(
    weighted: NDArray[np.float32], weight: NDArray[np.float32], guess: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    seen = weight > 0
    values = np.where(seen, weighted / np.where(seen, weight, np.float32(1)), guess)
    return values, np.maximum(weight, _FAINT)


def _halved(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of each 2x2 block of HWC."""
    sums = array[0::2, 0::2] + array[1::2, 0::2] + array[0::2, 1::2] + array[1::2, 1::2]
    return sums * np.float32(0.25)


def _doubled(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bilinear enlargement of HWC by two (pixel centres aligned, edges repeated)."""
    for axis in (0, 1):
        before = np.concatenate((array.take([0], axis), array.take(range(array.shape[axis] - 1), axis)), axis)
        after = np.concatenate((array.take(range(1, array.shape[axis]), axis), array.take([-1], axis)), axis)
        pair = np.stack((array * 3 + before, array * 3 + after), axis + 1) * np.float32(0.25)
        shape = list(array.shape)
        shape[axis] *= 2
        array = pair.reshape(shape)
    return array


def dilated(flags: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """HW: where a flag is set anywhere within so many rows and columns; none is outside the picture."""
    for axis in (0, 1):
        flags = np.moveaxis(flags, axis, 0)
        grown = flags.copy()
        for shift in range(1, radius + 1):
            grown[shift:] |= flags[:-shift]
            grown[:-shift] |= flags[shift:]
        flags = np.moveaxis(grown, 0, axis)
    return flags


def regions(flags: NDArray[np.bool_]) -> NDArray[np.int32]:
    """HW: a number for each region of equal flags that hang together side by side."""
    image = vips().Image.new_from_memory(
        np.ascontiguousarray(flags).view(np.uint8).data, *flags.shape[::-1], 1, "uchar"
    )
    labels: NDArray[np.int32] = np.ndarray(flags.shape, np.int32, image.labelregions().write_to_memory())
    return labels
