"""How coarsely a picture was compressed, told from its pixels alone, also where it was resized since.

Where the coefficients of one grid of 8 x 8 blocks are multiples of one of JPEG's usual tables, and those of
other grids are not, that is the answer, or the coarsest of them. Else it is that of a perceptron of two
hidden layers, which was fitted by `scripts/fit_quality.py` to statistics of photographs whose compression was
known: steps at the edges of blocks; coefficients that have become zero, in the grid of the blocks and half a
block beside it; chroma without its finest detail. What is left of detail in the plainest places tells noise,
which is no compression.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unfade.filters.runner import Memo
from unfade.picture import Picture, is_linear, linear_to_srgb, peak_of

SIDE: Final = 64
"""Of a patch, in pixels; patches begin at multiples of 8."""
MOST_PATCHES: Final = 100
FINEST: Final = -5.0
"""The logarithm of a coarseness that is none: that of quality 98.4."""

_BLOCK = 8
_GUESSES, _MEANT = (
    (1, 60, 80, 92, 98),
    (1, 50, 70, 97, 100),
)  # what is uncertain is guessed too near the middle
_index = np.arange(_BLOCK)
_waves = (
    np.cos((2 * _index + 1) * _index[:, None] * np.pi / (2 * _BLOCK)) * np.where(_index, 1, 2**-0.5)[:, None]
)
_DCT: Final = (_waves / 2).astype(np.float32)
_FREQUENCY = np.add.outer(_index, _index).ravel()
_BANDS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 8), (9, 11), (12, 14))  # first and last frequency
_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)

_TABLE: Final = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
).ravel()
"""ISO/IEC 10918-1, table K.1, which libjpeg multiplies by the coarseness."""
_FINE: Final = (*range(15, 84, 3), *range(84, 98))
_COARSE: Final = range(20, 86, 5)
"""Qualities that are tried."""
_LOW = 4  # the highest frequency that is looked at in a search
_SEARCHED = 8  # patches
_MOST_BLOCKS = 700
_STANDS_OUT = 0.15  # of 134 pictures that were never compressed none reaches .08, and none enlarged since
_OTHER_GRIDS = ((4, 4), (3, 6), (6, 3), (2, 1), (0, 4), (4, 0))
_LEAST_COEFFICIENTS = 100
_BETTER = 0.05
_FLAT = 0.5  # 8-bit steps of standard deviation: less says nothing
_CELL = 4  # pixels a side
_ROUNDING, _LEVEL, _EDGE = 0.6, 2.0, 12.0  # 8-bit steps by which the luma of a cell differs
_DRAWN = 0.35  # of the cells of a drawing are level; of photographs compressed for the web, of 1 in 5 ...
_INKS, _INKED = 4, 0.7  # ... but of 191 photographs in one or four so few colours have so much of these
_SAME_INK = 3.0  # 8-bit steps
_FEW_COLOURS = 32  # of sprites and tables; JPEG makes hundreds
_COMPRESSED, _NEVER = 96.0, 99.95  # qualities below which a drawing surely, and may, have been compressed
_CRISP, _RINGING = 0.05, 0.3  # drawings that were never compressed have up to .2 mostly
_ALIKE = (0.6, 0.65)
"""Of neighbours that are the same: of 61 photographs all have less than .41, of 41 faded ones saved as JPEG
less than .58; of 34 drawings and pages, never compressed and not resized, all have more than .71."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Estimate:
    """What a picture's pixels tell of how it was compressed."""

    quality: float | None
    """The quality, 1 to 100, of a JPEG that is compressed as coarsely; 100 for not at all. None where that
    cannot be told: of pictures smaller than a patch, and of flat ones."""
    is_compressed_drawing: bool = False
    """Whether it is a drawing, a page or a screenshot that was compressed. The quality takes many of them for
    better than they are: most of their blocks are flat and lose nothing."""
    drawn: float = 0.0
    """How surely it is such a picture as it was made, :func:`drawn`."""


def estimated(picture: Picture, memo: Memo) -> Estimate:
    """:func:`estimate_of` a whole picture, made once."""
    return memo.once("quality", (), lambda: estimate_of(picture))


def estimate_of(picture: Picture) -> Estimate:
    """Looks at some patches of a picture."""
    patches = patches_of(picture)
    as_made = _drawn(patches, picture)
    level, inked, ringing = cells_of(patches)
    busy = patches[patches.std(axis=(1, 2)).max(axis=1, initial=0) > _FLAT]
    if not len(busy):
        return Estimate(None, drawn=as_made)
    is_drawing = level >= _DRAWN and inked >= _INKED
    few = _colours(busy) <= _FEW_COLOURS
    by_table = None if few else tabled(busy)
    if by_table is not None:
        quality = _quality(by_table)
    elif few or (is_drawing and ringing < _CRISP):
        # the perceptron, which knows photographs, takes letters for blocks
        return Estimate(100.0, drawn=as_made)
    else:
        quality = _predicted(busy)
    compressed = quality < _COMPRESSED or (quality < _NEVER and ringing >= _RINGING)
    return Estimate(quality, is_drawing and compressed, as_made)


def drawn(picture: Picture) -> float:
    """How surely a picture never was a photograph, from 0 to 1: pages, screenshots and diagrams as they were
    made are flat, most neighbouring pixels the same to the last bit."""
    return _drawn(patches_of(picture), picture)


def _drawn(patches: Floats, picture: Picture) -> float:
    pixels = patches if len(patches) else picture.colour[None]
    alike = [
        (np.diff(pixels, axis=axis) == 0).all(axis=-1).ravel() for axis in (1, 2) if pixels.shape[axis] > 1
    ]
    share = np.concatenate(alike).mean() if alike else 1.0
    return float(np.interp(share, _ALIKE, (0, 1)))


def cells_of(patches: Floats) -> tuple[float, float, float]:
    """What the smallest parts of a picture tell of drawings, from its patches, NHW3 in 8-bit steps.

    Returns:
        The share of level cells; the share of these that have one of the few most frequent colours; and how
        many cells differ by little for each that differs by much: edges of drawings do, and what JPEG leaves
        beside them does not.
    """
    if not len(patches):
        return 0.0, 0.0, 0.0
    count = SIDE // _CELL
    cells = patches.reshape(len(patches), count, _CELL, count, _CELL, 3)
    spans = np.ptp(cells @ _YCC[0], axis=(2, 4))
    little, much = int(((spans > _ROUNDING) & (spans <= _EDGE)).sum()), int((spans > _EDGE).sum())
    level = spans <= _LEVEL
    inks = np.sort(_frequencies(cells.mean(axis=(2, 4))[level] / _SAME_INK))
    inked = inks[-_INKS:].sum() / max(level.sum(), 1)
    return float(level.mean()), float(inked), little / max(much, 1)


def _colours(patches: Floats) -> int:
    """How many different ones there are in some patches."""
    some = patches[:: max(1, len(patches) // _SEARCHED)]
    return len(_frequencies(some.reshape(-1, 3)))


def _frequencies(colours: Floats) -> NDArray[np.int64]:
    """How often each colour is there, of N3 rounded."""
    red, green, blue = np.rint(colours).astype(np.int32).T
    return np.unique(red << 16 | green << 8 | blue, return_counts=True)[1]


def _predicted(patches: Floats) -> float:
    """The quality that the perceptron says, by patches none of which is flat."""
    logarithms, weights = predict(statistics(patches))
    guess = _quality(float(np.average(logarithms, weights=weights)))
    return float(np.interp(guess, _GUESSES, _MEANT))


def _quality(logarithm: float) -> float:
    """The quality of a logarithm of the coarseness."""
    coarseness = 2**logarithm
    return 50 / coarseness if coarseness > 1 else 100 - 50 * coarseness


def patches_of(picture: Picture) -> Floats:
    """At most :data:`MOST_PATCHES` patches spread over the picture, NHW3 in 8-bit steps on sRGB's curve.

    Those with transparent pixels are left out.
    """
    rows, columns = (_begins(length) for length in (picture.height, picture.width))
    thinned = max(1.0, (len(rows) * len(columns) / MOST_PATCHES) ** 0.5)
    rows, columns = (_thinned(begins, thinned) for begins in (rows, columns))
    steps = np.float32(255 / peak_of(picture.pixels.dtype))
    found = []
    for y in rows:
        for x in columns:
            at = np.s_[y : y + SIDE, x : x + SIDE]
            if picture.alpha is None or picture.alpha[at].all():
                found.append(np.broadcast_to(picture.colour[at] * steps, (SIDE, SIDE, 3)))
    patches = np.array(found, np.float32).reshape(-1, SIDE, SIDE, 3)
    if is_linear(picture.metadata.icc):  # JPEG never was, whatever it has become since
        patches = 255 * linear_to_srgb(np.maximum(patches / 255, 0))
    return patches


def statistics(patches: Floats) -> Floats:
    """One row for each patch of a picture, NHW3 in 8-bit steps."""
    luma, *chroma = np.moveaxis(patches @ _YCC.T, -1, 0)
    steps = [_steps(np.moveaxis(luma, axis, -1)) for axis in (1, 2)]
    offset = [int(np.argmax(step.mean(axis=0))) for step in steps]
    rows: list[NDArray[Any]] = []
    for step, begin in zip(steps, offset, strict=True):
        means = step.mean(axis=0)
        rows.append(np.full(len(patches), np.log(means[begin] + 0.05) - np.log(np.median(means) + 0.05)))
        others = np.delete(step, begin, axis=1).mean(axis=1)
        rows.append(np.log(step[:, begin] + 0.1) - np.log(others + 0.1))
    for beside in (0, _BLOCK // 2):
        size = np.abs(_coefficients(luma, *((begin + beside) % _BLOCK for begin in offset)))
        for first, last in _BANDS:
            band = size[..., (first <= _FREQUENCY) & (last >= _FREQUENCY)]
            rows.append(np.log(band.mean(axis=(1, 2)) + 0.1))
            rows.append((band < 0.6).mean(axis=(1, 2)))
            if beside == 0:
                rows.append(np.log(np.percentile(band.mean(axis=2), 20, axis=1) + 0.1))
    for plane in chroma:
        rows += [np.log(np.abs(_diagonal(each)).mean(axis=(1, 2)) + 0.05) for each in (plane, _halved(plane))]
    cells = np.abs(_diagonal(luma)).reshape(len(patches), 8, 4, 8, 4).mean(axis=(2, 4))
    rows += list(np.log(np.percentile(cells.reshape(len(patches), -1), (10, 50), axis=1) + 0.05))
    rows.append(np.log(luma.std(axis=(1, 2)) + 0.5))
    return np.stack(rows, axis=1).astype(np.float32)


def tabled(patches: Floats) -> float | None:
    """The logarithm of the coarseness by one of JPEG's tables, the coarsest; None where none of them fits.

    All tables are tried where a picture's blocks usually begin, and a few of the coarser ones everywhere.
    How well one fits says little by itself: black and white letters are clipped, which spoils multiples, and
    checks and ramps are multiples by chance, but in every grid.
    """
    luma = patches @ _YCC[0]
    some = luma[:: max(1, len(luma) // _SEARCHED)][:_SEARCHED]
    usual = table_fit(_sizes(luma, 0, 0), _FINE)[0]
    places = [(top, left) for top in range(_BLOCK) for left in range(_BLOCK)]
    low = [table_fit(_sizes(some, *place)[:, _FREQUENCY[1:] <= _LOW], _COARSE) for place in places]
    best = max(range(len(low)), key=lambda index: low[index][1])
    found = {((0, 0), usual), (places[best], low[best][0])}
    return max((coarse for place, coarse in found if _stands_out(luma, place, coarse)), default=None)


def _stands_out(luma: Floats, place: tuple[int, int], coarseness: float) -> bool:
    """Whether a table fits the grid that begins there better than others."""

    def fit(down: int, right: int) -> float:
        sizes = _sizes(luma, (place[0] + down) % _BLOCK, (place[1] + right) % _BLOCK)
        return _fit_of(sizes, _table_of(coarseness))

    return fit(0, 0) - max(fit(*other) for other in _OTHER_GRIDS) >= _STANDS_OUT


def table_fit(sizes: Floats, qualities: Iterable[int]) -> tuple[float, float]:
    """The logarithm of the coarseness whose table fits best, and how well it does, from 0 to 1.

    A coefficient is a multiple of the table's entry but for rounding, which the mean of the cosines of whole
    turns tells: 1 for multiples, 0 for what has nothing to do with them.

    Args:
        sizes: of :func:`_sizes`, at the lowest frequencies of the table, or at all of them.
        qualities: to be tried, from the coarsest on.
    """
    best = (FINEST, 0.0)
    for quality in qualities:
        coarseness = coarseness_of(quality)
        fit = _fit_of(sizes, _table_of(coarseness, sizes.shape[1]))
        if fit > best[1] + _BETTER:  # of tables that fit alike the coarsest is the right one
            best = (coarseness, fit)
    return best


def _sizes(luma: Floats, top: int, left: int) -> Floats:
    """What the coefficients of some blocks of a grid are without their signs and the first one, N by 63."""
    blocks = _blocks(luma, top, left).reshape(-1, _BLOCK, _BLOCK)
    return np.abs(_transformed(blocks[:: max(1, len(blocks) // _MOST_BLOCKS)]))[:, 1:]


def _table_of(coarseness: float, count: int = _BLOCK**2 - 1) -> Floats:
    """The table of that coarseness without its first entry, whole or its lowest frequencies."""
    entries = _TABLE[1:] if count == len(_TABLE) - 1 else _TABLE[1:][_FREQUENCY[1:] <= _LOW]
    table: Floats = np.maximum(np.floor(entries * 2**coarseness + 0.5), 1).astype(np.float32)
    return table


def _fit_of(sizes: Floats, table: Floats) -> float:
    """The mean cosine of :func:`table_fit`; 0 where there is too little to tell."""
    turns = sizes / table
    told = (turns > 0.75) & (table >= 2)
    return float(np.cos(2 * np.pi * turns[told]).mean()) if told.sum() >= _LEAST_COEFFICIENTS else 0.0


def coarseness_of(quality: float) -> float:
    """The base 2 logarithm of what libjpeg multiplies its tables by at that quality."""
    return max(float(np.log2(50 / quality if quality < 50 else 2 - quality / 50)), FINEST)


def predict(rows: Floats) -> tuple[Floats, Floats]:
    """Of each patch the base 2 logarithm of the coarseness, and how much it is to be relied on.

    The coarseness is what libjpeg multiplies its tables by: 1 at quality 50, .5 at 75, .1 at 95.
    """
    fit = _fit()
    hidden = np.maximum(((rows - fit["mean"]) / fit["spread"]) @ fit["in"] + fit["in_bias"], 0)
    hidden = np.maximum(hidden @ fit["middle"] + fit["middle_bias"], 0)
    out = hidden @ fit["out"] + fit["out_bias"]
    return out[:, 0], np.exp(-np.clip(out[:, 1], -6, 6))


@functools.cache
def _fit() -> dict[str, Any]:
    with resources.files("unfade.filters").joinpath("quality.npz").open("rb") as stream, np.load(stream) as f:
        return {name: f[name].astype(np.float32) for name in f.files}


def _begins(length: int) -> list[int]:
    return list(range(0, length - SIDE + 1, SIDE))


def _thinned(begins: list[int], factor: float) -> list[int]:
    count = max(1, int(len(begins) / factor)) if begins else 0
    return [begins[(2 * index + 1) * len(begins) // (2 * count)] for index in range(count)]


def _steps(luma: Floats) -> Floats:
    """How much neighbouring columns differ, by where in a block they meet: N8, of N, rows, columns."""
    differences = np.abs(np.diff(luma, axis=-1))
    place = np.arange(1, SIDE) % _BLOCK
    return np.stack([differences[..., place == at].mean(axis=(1, 2)) for at in range(_BLOCK)], axis=1)


def _coefficients(luma: Floats, top: int, left: int) -> Floats:
    """The DCT of 8 x 8 blocks that begin there: N, blocks, 64."""
    return _transformed(_blocks(luma, top, left))


def _blocks(luma: Floats, top: int, left: int) -> Floats:
    """The blocks of the grid that begins there: N, blocks, 8, 8."""
    down, across = (SIDE - top) // _BLOCK, (SIDE - left) // _BLOCK
    whole = luma[:, top : top + down * _BLOCK, left : left + across * _BLOCK]
    blocks = whole.reshape(len(luma), down, _BLOCK, across, _BLOCK).swapaxes(2, 3)
    return blocks.reshape(len(luma), down * across, _BLOCK, _BLOCK)


def _transformed(blocks: Floats) -> Floats:
    """The DCT of blocks, ... 8 8 -> ... 64."""
    coefficients = np.asarray(_DCT @ blocks @ _DCT.T, np.float32)
    return coefficients.reshape(*blocks.shape[:-2], _BLOCK**2)


def _diagonal(plane: Floats) -> Floats:
    """The finest diagonal detail: the Haar wavelet's."""
    even, odd = plane[:, ::2], plane[:, 1::2]
    return np.asarray((even[..., ::2] - odd[..., ::2] - even[..., 1::2] + odd[..., 1::2]) / 2, np.float32)


def _halved(plane: Floats) -> Floats:
    even, odd = plane[:, ::2], plane[:, 1::2]
    return np.asarray((even[..., ::2] + odd[..., ::2] + even[..., 1::2] + odd[..., 1::2]) / 4, np.float32)
