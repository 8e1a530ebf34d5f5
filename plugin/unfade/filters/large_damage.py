"""Damage that is too large for what Repair's network was trained on, found in small copies of the picture.

In a scan of many pixels the network takes a hair for something else. In a copy of the size it knows it finds
it, and that mask tells where to look in the picture itself. Blots, peeled emulsion and large stains fill its
window; in still smaller copies they are as large as the specks it is sure of. Torn corners, which look like a
bright sky there, are found by their shape. Blots and corners become "add" strokes: they are filled by
content-aware fill, and shown in the mask, as what the user paints over is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.filters.mix import box_mean, enlarged_part
from unfade.filters.runner import size_of
from unfade.filters.strokes import Stroke
from unfade.inference import Bounds, Extent
from unfade.picture import Kernel, Picture, dilated, regions, resize, to_float

Find = Callable[[Picture], NDArray[np.uint8]]
"""The network's mask of what is damaged on a picture, HW, 255 surely."""
Mask = NDArray[np.bool_]

_KNOWN = 1300  # pixels of the shorter side up to which damage is as large as what the network was trained on
_MIDDLE = 850  # of those that it was trained on
_LARGEST_COPY, _SMALLEST_COPY = 512, 112  # of the other copies
_MOST_PIXELS = 2**22  # of a copy: a roll of film is long
_NEXT = 2 / 3  # of the copy before


@dataclass(frozen=True)
class LargeDamage:
    """What was found in the whole of a picture."""

    strokes: tuple[Stroke, ...] = ()
    """Over blots and torn corners, in pixels of the picture."""
    mask: NDArray[np.uint8] | None = None
    """That of a smaller copy, HW; None for a picture that is no larger than what the network knows."""

    def __bool__(self) -> bool:
        return bool(self.strokes) or self.mask is not None

    def seen(self, bounds: Bounds, size: Extent) -> NDArray[np.float32] | None:
        """The mask, HW in [0, 1], of a part of a picture of that size; None for nothing there."""
        planes = None if self.mask is None else enlarged_part(self.mask[None], bounds, size)
        return None if planes is None else planes[0]


def large_damage(
    picture: Picture, find: Find, shown: Callable[[Picture], Picture], demand: float = 1.0
) -> LargeDamage:
    """Finds it.

    Args:
        picture: the whole of it.
        find: the network.
        shown: what the network sees of a picture.
        demand: how much of the usual certainty is asked for.
    """
    copies = list(_copies(picture))
    if not copies:
        return LargeDamage(torn_corners(picture, shown))
    masks = [find(copy) for copy in copies]
    covered = blots(to_float(copies[0].colour), masks, size_of(picture), demand)
    known = min(picture.height, picture.width) <= _KNOWN
    mask = None if known or not masks[0].any() else masks[0]
    return LargeDamage((*torn_corners(picture, shown), *covered), mask)


def _copies(picture: Picture) -> Iterator[Picture]:
    """Smaller and smaller ones, from the size on that the network knows, or half of the picture's."""
    side = min(picture.height, picture.width)
    wanted, small = float(_MIDDLE if side > _KNOWN else min(side / 2, _LARGEST_COPY)), picture
    wanted = min(wanted, side * math.sqrt(_MOST_PIXELS / (picture.height * picture.width)))
    while wanted >= _SMALLEST_COPY:
        height, width = (max(1, round(s * wanted / side)) for s in (picture.height, picture.width))
        small = Picture(resize(small.pixels, (height, width), Kernel.BILINEAR), picture.metadata)
        yield small
        wanted *= _NEXT


# Blots

_MARKED = 127  # a value of the mask that says there is damage
_CORE = 6  # rows and columns around a pixel of a copy that all are marked, inside a blot
_SURE = 0.83  # mean of the mask over a blot
_AGREED = 0.7  # of it, the mean in some other copy
_SEEN_THROUGH = 0.4  # of the detail around it, at most, in a blot: more is the picture
_LEVEL = 0.5 / 255  # what has no more detail hides nothing
_SOFT, _AROUND = 3, 15  # pixels around the edge of a blot that are neither, and of what lies around


def blots(
    colour: NDArray[np.float32], masks: Sequence[NDArray[np.uint8]], size: Extent, demand: float = 1.0
) -> tuple[Stroke, ...]:
    """Strokes that cover damage too large for a tile, where it hides the picture.

    Args:
        colour: of the largest copy, HWC in [0, 1].
        masks: of smaller and smaller copies of the picture, HW each. Two have to agree.
        size: of the picture.
        demand: how much of the usual certainty is asked for.
    """
    if len(masks) < 2:
        return ()
    found = np.zeros(masks[0].shape, bool)
    for index, mask in enumerate(masks):
        others = (*masks[:index], *masks[index + 1 :])
        found = _with_new(found, _sure_of(mask, others, _SURE * demand))
    if found.any():
        found = _opaque(_without_holes(found), colour)
    return tuple(_covering(found, size))


def _opaque(found: Mask, colour: NDArray[np.float32]) -> Mask:
    """The blots that hide what lies under them: the detail in them is far less than that around."""
    light = colour.mean(axis=2)
    detail = np.abs(light - box_mean(light, 2))
    outside = (~dilated(found, _SOFT)).astype(np.float32)
    around = box_mean(detail * outside, _AROUND) / np.maximum(box_mean(outside, _AROUND), 1e-6)
    core, rim = ~dilated(~found, _SOFT), found & dilated(~found, 1)
    labels = regions(found)
    count = int(labels.max()) + 1
    inside = _means(detail[core], labels[core], count)  # NaN where all of a blot is edge
    opaque = inside <= np.maximum(_SEEN_THROUGH * _means(around[rim], labels[rim], count), _LEVEL)
    hiding: Mask = opaque[labels] & found
    return hiding


def _sure_of(mask: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]], least: float) -> Mask:
    """Blots that a mask, HW, and some mask of another size are sure of in the mean."""
    marked = mask > _MARKED
    core = ~dilated(~marked, _CORE)
    if not core.any():
        return core
    whole = dilated(core, _CORE + 1) & marked
    labels = regions(whole)
    count = int(labels.max()) + 1
    others = [resize(other[..., None], mask.shape, Kernel.BILINEAR)[..., 0] for other in others]
    own, *theirs = (_means(one, labels, count) / 255 for one in (mask, *others))
    sure = (own >= least) & (np.max(theirs, axis=0) >= _AGREED * least)
    found: Mask = sure[labels] & whole
    return found


def _means(values: NDArray[Any], labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """The mean of the values under each of so many labels; NaN under one that there is not."""
    totals = np.bincount(labels.ravel(), values.ravel(), count)
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = totals / np.bincount(labels.ravel(), minlength=count)
    return means


def _without_holes(flags: Mask) -> Mask:
    """With what is enclosed, where that is much less than what encloses it."""
    labels = regions(flags)
    rim = np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1]))
    enclosed = np.bincount(labels.ravel()) < flags.sum() / 4
    enclosed[rim] = False
    without: Mask = enclosed[labels] | flags
    return without


def _with_new(found: Mask, seen: Mask) -> Mask:
    """With the blots that are ``seen`` in a smaller copy, but for those of which more than half was found."""
    if not seen.any():
        return found
    rows, columns = (
        np.arange(wide) * narrow // wide for wide, narrow in zip(found.shape, seen.shape, strict=True)
    )
    labels = regions(seen)[rows[:, None], columns]
    new = np.bincount(labels.ravel(), found.ravel()) < 0.5 * np.bincount(labels.ravel())
    both: Mask = found | (new[labels] & seen[rows[:, None], columns])
    return both


def _covering(flags: Mask, size: Extent) -> Iterator[Stroke]:
    """Strokes to and fro over the rows of ``flags``, HW, stretched to a picture of that size."""
    y, x = size.height / flags.shape[0], size.width / flags.shape[1]
    radius = 0.5 * max(y, x) + 1  # its last pixel is soft
    drawn: list[tuple[int, int, list[tuple[float, float]]]] = []
    for row, line in enumerate(flags):
        edges = np.flatnonzero(np.diff(line, prepend=False, append=False))
        runs = edges.reshape(-1, 2).tolist()
        going = []
        for first, last in runs:
            above = [one for one in drawn if one[0] < last and first < one[1]]
            alone = len(above) == 1 and sum(a < above[0][1] and above[0][0] < b for a, b in runs) == 1
            points = above[0][2] if alone else []
            ends = [((column + half) * x, (row + 0.5) * y) for column, half in ((first, 0.5), (last, -0.5))]
            points += ends if row % 2 == 0 else ends[::-1]
            going.append((first, last, points))
        for _, _, points in drawn:
            if not any(points is one[2] for one in going):
                yield Stroke("add", radius, tuple(points))
        drawn = going
    for _, _, points in drawn:
        yield Stroke("add", radius, tuple(points))


# Torn corners

_COPY = 512  # pixels of the shorter side of the copy in which corners are looked at
_SQUARE = 0.34  # of the shorter side: the square at a corner that is looked at
_SHORTEST, _LONGEST = 0.025, 0.3  # of the shorter side: how much of each side of the picture is gone
_UNEQUAL = 2.5  # how often the one may be as long as the other
_FLAT = np.float32(14 / 255)  # what differs less from a corner's colour is as empty as it is
_EVEN = 2.2 / 255  # standard deviation of what is empty, at most: no sky is so even
_PAPER = 0.7  # the darkest channel of paper, or of a scanner's lid
_STEP, _ALL_AROUND = 30 / 255, 0.97  # by how much the picture differs from it, along so much of the edge
_TRIANGLE = (0.3, 0.75)  # share of the rectangle around it
_MOST_CORNERS = 2  # more are no accident: an oval, a mount, a print with round corners
_SEED = 5  # pixels a side
_SMALLEST = 64  # pixels of a side: of less a corner has too few to be told by
_FRINGE = 3  # of the copy: torn paper has a soft, light edge


def torn_corners(picture: Picture, shown: Callable[[Picture], Picture]) -> tuple[Stroke, ...]:
    """Strokes that cover the corners where nothing is left of a print but paper, or the scanner's lid.

    Such a corner is bright, even and cut off by a sharp edge that runs from one side of the picture to the
    other. Of 4,219 whole photographs six have a white wall or table that ends so.

    Args:
        picture: the whole of it.
        shown: what the network sees of a picture.
    """
    side = min(picture.height, picture.width)
    if side < _SMALLEST:
        return ()
    reach = round(_SQUARE * side)
    length = max(1, round(_SQUARE * min(side, _COPY)))
    step = max(1, reach // (4 * length))
    found = []
    for down in (1, -1):
        for right in (1, -1):
            square = picture.pixels[::down, ::right][:reach:step, :reach:step]
            seen = shown(Picture(np.ascontiguousarray(square), picture.metadata))
            if seen.alpha is not None and not seen.alpha.all():
                continue
            small = resize(to_float(seen.colour), (length, length), Kernel.BILINEAR)
            widths = _torn(small, min(side, _COPY))
            if widths is not None:
                found.append((down, right, widths))
    if len(found) > _MOST_CORNERS:
        return ()
    scale = reach / length
    return tuple(_hatched(widths, scale, down, right, size_of(picture)) for down, right, widths in found)


def _torn(corner: NDArray[np.float32], side: int) -> list[int] | None:
    """How many pixels of each row are gone, from the corner at the upper left on; None for a whole one.

    Args:
        corner: HWC in [0, 1].
        side: the shorter side of the picture, in pixels of ``corner``.
    """
    seed = corner[:_SEED, :_SEED]
    paper = np.median(seed.reshape(-1, seed.shape[2]), axis=0)
    if paper.min() < _PAPER or np.abs(seed - paper).max() > _FLAT:
        return None
    away = np.abs(corner - paper).max(axis=2)
    flat = away <= _FLAT
    down, across = (int(line.argmin()) if not line.all() else side for line in (flat[:, 0], flat[0]))
    shorter, longer = sorted((down, across))
    if shorter <= _SHORTEST * side or longer >= _LONGEST * side or longer > _UNEQUAL * shorter:
        return None
    empty = _connected(flat)
    rows, columns = (np.flatnonzero(empty.any(axis=axis)).max() for axis in (1, 0))
    if rows > 1.25 * down or columns > 1.25 * across:
        return None
    if not _TRIANGLE[0] < empty.sum() / (down * across) < _TRIANGLE[1]:
        return None
    inside = ~dilated(~empty, 2)
    around = dilated(empty, 4) & ~dilated(empty, 2)
    if not inside.any() or corner[inside].std(axis=0).max() > _EVEN:
        return None
    if (away[around] > _STEP).mean() < _ALL_AROUND:
        return None
    wide = dilated(empty, _FRINGE)
    return [int(np.flatnonzero(row).max()) + 1 for row in wide if row.any()]


def _connected(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """HW: what hangs together with the upper left corner, diagonally, too: torn edges are ragged."""
    found = np.zeros_like(flags)
    found[0, 0] = flags[0, 0]
    while True:
        grown = dilated(found, 1) & flags
        if (grown == found).all():
            return found
        found = grown


def _hatched(widths: Sequence[int], scale: float, down: int, right: int, size: Extent) -> Stroke:
    """One stroke to and fro over rows that are so wide.

    Args:
        widths: of the rows, from the corner on, in units of ``scale`` pixels.
        down, right: 1, or -1 for a corner at the bottom or at the right.
    """
    points = []
    for row, width in enumerate(widths):
        y = (row + 0.5) * scale
        ends = [(0.0, y), (width * scale, y)]
        points += ends if row % 2 == 0 else ends[::-1]
    turned = [(x if right == 1 else size.width - x, y if down == 1 else size.height - y) for x, y in points]
    return Stroke("add", 0.5 * scale + 1, tuple(turned))


def scaled_strokes(strokes: Sequence[Stroke], size: Extent, wanted: Extent) -> list[Stroke]:
    """The strokes on a picture of that size as they lie on one of the size wanted."""
    if wanted == size:
        return list(strokes)
    y, x = wanted.height / size.height, wanted.width / size.width
    return [
        replace(
            one,
            radius=one.radius * max(x, y),
            points=tuple((across * x, down * y) for across, down in one.points),
        )
        for one in strokes
    ]
