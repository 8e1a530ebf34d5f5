"""Strokes: what the user paints on the mask of a watermark or of damage, how they are drawn, what fills what
they cover, and how a result is laid over the picture around them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unfade.errors import UsageError
from unfade.filters.base import Codec
from unfade.filters.mix import lay_over, protection
from unfade.filters.runner import Memo, all_of, cut, size_of
from unfade.inference import Bounds, Extent, Read, Write, array_reader, array_writer, row_strips
from unfade.picture import Picture, fill_transparent, from_float, inpaint, scratch, to_float

Plane = NDArray[np.float32]

MOST_STROKES = 10_000
MOST_POINTS = 100_000
_FARTHEST = 1e6  # pixels; a picture is smaller
_STRIP_PIXELS = 2**18
_MEMO = "patches"
_MOST_KEPT = 64  # patches
_SURROUNDINGS = 64  # pixels around a thin stroke that its filling is made of; around others 3 radii


@dataclass(frozen=True)
class Stroke:
    """A line with round ends. Raises UsageError for what is none."""

    mode: Literal["add", "keep"]
    """"add": this is watermark, or damage, too, and the network does not see it as it was.
    "keep": this stays as it is."""
    radius: float
    """Half its width, in pixels of the picture."""
    points: tuple[tuple[float, float], ...]
    """(x, y) in pixels of the picture; the first pixel's centre is at 0.5. A single point makes a dot. Lists
    become tuples."""

    def __post_init__(self) -> None:
        if self.mode not in ("add", "keep"):
            raise UsageError(f"A stroke's mode must be add or keep, not {self.mode!r:.40}.")
        if not _is_number(self.radius) or not 0 < self.radius <= _FARTHEST:
            raise UsageError(
                f"A stroke's radius must be a number of pixels above 0, not {self.radius!r:.40}."
            )
        points: Any = self.points
        if isinstance(points, list):
            points = tuple(tuple(point) if isinstance(point, list) else point for point in points)
            object.__setattr__(self, "points", points)
        if not isinstance(points, tuple) or not 1 <= len(points) <= MOST_POINTS:
            raise UsageError(f"A stroke must have 1 to {MOST_POINTS} points.")
        for point in points:
            if not isinstance(point, tuple) or len(point) != 2 or not all(map(_is_number, point)):
                raise UsageError(f"A stroke's points must be pairs of numbers, not {point!r:.40}.")

    def moved(self, y: float, x: float) -> Stroke:
        """The same stroke for a picture whose origin lies ``y`` pixels higher and ``x`` farther left."""
        return Stroke(self.mode, self.radius, tuple((px + x, py + y) for px, py in self.points))

    @property
    def box(self) -> Bounds:
        """The pixels it touches, also outside the picture."""
        across, down = zip(*self.points, strict=True)
        reach = self.radius + 1
        top, left = math.floor(min(down) - reach), math.floor(min(across) - reach)
        bottom, right = math.ceil(max(down) + reach), math.ceil(max(across) + reach)
        return Bounds(top, left, bottom - top, right - left)


def paints_over(strokes: Iterable[Stroke]) -> bool:
    """Whether any of them says that something is to be filled in."""
    return any(stroke.mode == "add" for stroke in strokes)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _FARTHEST


def _read(raw: Any) -> tuple[Stroke, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_STROKES:
        raise UsageError(f'strokes must be a list of at most {MOST_STROKES} {{"mode", "radius", "points"}}.')
    strokes = []
    for item in raw:
        if not isinstance(item, dict) or set(item) != {"mode", "radius", "points"}:
            raise UsageError(
                'Every stroke must be {"mode": "add" or "keep", "radius": ..., "points": [[x, y], ...]}, '
                f"not {item!r:.60}."
            )
        strokes.append(Stroke(**item))
    return tuple(strokes)


def _write(strokes: Iterable[Stroke]) -> list[dict[str, Any]]:
    return [
        {"mode": stroke.mode, "radius": stroke.radius, "points": [list(point) for point in stroke.points]}
        for stroke in strokes
    ]


STROKES = Codec("strokes", _read, _write)
"""How strokes are read from JSON and written to it."""


@dataclass(frozen=True)
class Painted:
    """What the strokes cover of a rectangle, HW float32 in [0, 1] with soft edges."""

    add: Plane
    keep: Plane


def paint(strokes: Sequence[Stroke], bounds: Bounds) -> Painted | None:
    """Draws the strokes one over the other; None where none of them touches ``bounds``.

    A pixel is covered by how deep its centre lies inside a stroke, from half a pixel outside to half a pixel
    inside. What is drawn does not depend on how the picture is cut into rectangles.
    """
    touching = [stroke for stroke in strokes if stroke.box.overlaps(bounds)]
    if not touching:
        return None
    shape = (bounds.height, bounds.width)
    painted = Painted(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    for stroke in touching:
        over, under = (painted.add, painted.keep) if stroke.mode == "add" else (painted.keep, painted.add)
        for at, cover in _covers(stroke, bounds):
            np.maximum(over[at], cover, out=over[at])
            np.minimum(under[at], 1 - cover, out=under[at])
    return painted


@dataclass(frozen=True)
class Patch:
    """A rectangle of a picture in which some pixels are replaced."""

    bounds: Bounds
    colour: NDArray[Any]
    """HWC, of the picture's dtype."""
    replaced: NDArray[np.bool_]
    """HW."""


@dataclass(frozen=True)
class _Hole:
    """ "Add" strokes that touch one another, and the window that is looked at to fill them."""

    strokes: tuple[Stroke, ...]
    window: Bounds


def _holes(strokes: Sequence[Stroke], size: Extent) -> list[_Hole]:
    """The holes in a picture of that size. Their windows may overlap, what they replace does not."""
    groups: list[tuple[Bounds, tuple[Stroke, ...]]] = []
    for stroke in strokes:
        if stroke.mode != "add" or not stroke.box.overlaps(all_of(size)):
            continue
        box = stroke.box
        members: tuple[Stroke, ...] = (stroke,)
        while touching := [group for group in groups if group[0].overlaps(box)]:
            groups = [group for group in groups if group not in touching]
            for other, others in touching:
                box, members = box.united(other), others + members
        groups.append((box, members))
    return [_Hole(members, box.grown(_reach(members)).clipped(size)) for box, members in groups]


def _reach(strokes: Iterable[Stroke]) -> int:
    """How far around strokes is looked at to fill them, in pixels."""
    return max(_SURROUNDINGS, *(math.ceil(3 * stroke.radius) for stroke in strokes))


def patch_bounds(strokes: Sequence[Stroke], size: Extent) -> list[Bounds]:
    """Where patches lie in a picture of that size: around "add" strokes that touch one another.

    Each patch depends on the pixels in it alone, and on the strokes that reach into it.
    """
    return [hole.window for hole in _holes(strokes, size)]


def reach_of_patches(strokes: Sequence[Stroke], region: Bounds, halo: int, size: Extent) -> Bounds:
    """A region with all patches that a network with that halo sees from it, each of them whole."""
    seen = region.grown(halo)
    for patch in patch_bounds(strokes, size):
        if patch.overlaps(seen):
            region = region.united(patch)
    return region.clipped(size)


def make_patches(
    picture: Picture,
    strokes: Sequence[Stroke],
    place: Bounds | None = None,
    memo: Memo | None = None,
    made_by: Hashable = None,
) -> list[Patch]:
    """The patches for the "add" strokes on a picture, filled with what lies around them.

    Memory grows with what the strokes cover, not with the picture.

    Args:
        place: where the picture lies in the whole one that ``memo`` is of; None for all of it.
        memo: keeps patches from one run to the next: filling takes seconds where strokes are wide.
        made_by: what was done to the picture that ``memo`` is of.
    """
    y, x = (0, 0) if place is None else (place.y, place.x)
    memo = memo or Memo()
    kind = (picture.pixels.dtype, made_by)
    made: dict[Hashable, Patch] = memo.recall(_MEMO, kind) or {}
    patches, kept = [], dict[Hashable, Patch]()
    for hole in _holes(strokes, size_of(picture)):
        window = hole.window
        near = tuple(stroke for stroke in strokes if stroke.box.overlaps(window))
        key = (window.y + y, window.x + x, window.height, window.width, _placed(near, y, x))
        patch = made.pop(key, None) or _fill(picture, hole, near)
        kept[key] = patch
        if patch.replaced.any():
            patches.append(replace(patch, bounds=window))
    latest = [*made.items(), *kept.items()][-_MOST_KEPT:]
    memo.keep(_MEMO, kind, dict(latest))
    return patches


def _fill(picture: Picture, hole: _Hole, near: Sequence[Stroke]) -> Patch:
    """The patch for a hole; ``near`` are all strokes that reach into its window."""
    window = hole.window
    colour = np.ascontiguousarray(cut(picture.colour, window))
    painted, own = paint(near, window), paint(hole.strokes, window)
    replaced = np.zeros((window.height, window.width), bool)
    if painted is None or own is None:
        return Patch(window, colour, replaced)
    unknown = painted.add > 0  # other holes are nothing to learn from
    if not unknown.all():
        replaced = unknown & (own.add > 0)
    if replaced.any():
        if picture.alpha is not None:
            colour = fill_transparent(colour, cut(picture.alpha, window))
        colour = from_float(inpaint(to_float(colour), unknown), colour.dtype)
    return Patch(window, colour, replaced)


def _placed(strokes: Sequence[Stroke], y: int, x: int) -> Hashable:
    """What the strokes are, wherever the picture was cut."""
    return tuple(
        (one.mode, one.radius, tuple((round(px + x, 3), round(py + y, 3)) for px, py in one.points))
        for one in strokes
    )


def patched_reader(pixels: NDArray[Any], patches: Sequence[Patch]) -> Read:
    """A reader of HWC pixels as they look with the patches laid on."""
    plain = array_reader(pixels)

    def read(bounds: Bounds) -> NDArray[np.float32]:
        window = plain(bounds)
        touching = [patch for patch in patches if patch.bounds.overlaps(bounds)]
        if touching:
            window = window.copy()  # the plain reader may give a view of the picture
        for patch in touching:
            common = patch.bounds.common(bounds)
            of_patch = common.within(patch.bounds)
            replaced = cut(patch.replaced, of_patch)
            at = common.within(bounds)
            inner = window[0, :, at.y : at.bottom, at.x : at.right]
            inner[:, replaced] = to_float(cut(patch.colour, of_patch)[replaced]).T
        return window

    return read


def paint_mask(mask: NDArray[np.uint8], strokes: Sequence[Stroke]) -> None:
    """Lays the strokes on a mask, HW, in place: what is added is 255, what is kept 0."""
    for strip in row_strips(Extent(*mask.shape), _STRIP_PIXELS):
        scratch.let_go()
        painted = paint(strokes, strip)
        if painted is not None:
            part = mask[strip.y : strip.bottom]
            part[...] = from_float(np.maximum(to_float(part), painted.add) * (1 - painted.keep), np.uint8)


def picture_writer(colour: NDArray[Any], mask: NDArray[np.uint8] | None) -> Write:
    """Puts what the network gives where it belongs: the picture, and the mask where there is one."""
    write_colour = array_writer(colour)
    if mask is None:
        return write_colour
    channels, write_mask = colour.shape[2], array_writer(mask[..., None])

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        write_colour(bounds, part[:, :channels])
        if part.shape[1] > channels:
            write_mask(bounds, part[:, channels:])

    return write


def lay_over_original(
    picture: Picture,
    into: Picture,
    strength: float,
    strokes: Sequence[Stroke],
    mask: NDArray[np.uint8] | None,
    *,
    need: float = 1.0,
    protect: bool = True,
) -> None:
    """Lays the result, in place, over the picture it was made from.

    The original stays by ``strength``, as far as there is no ``need`` of the result, under "keep" strokes
    and where nothing is to be seen of it. Around the marks in the ``mask`` it stays, to ``protect`` them, or
    goes; it goes under "add" strokes.
    """
    for strip in row_strips(size_of(picture), _STRIP_PIXELS):
        scratch.let_go()
        rows = slice(strip.y, strip.bottom)
        share = np.full((strip.height, strip.width), need, np.float32)
        mark = None if mask is None else protection(mask, strip.y, strip.bottom)
        if mark is not None:
            share = share * (1 - mark) if protect else np.maximum(share, mark)
        painted = paint(strokes, strip)
        if painted is not None:
            share = np.maximum(share, painted.add) * (1 - painted.keep)
        share *= np.float32(strength)
        if picture.alpha is not None:
            share[picture.alpha[rows] == 0] = 0
        if share.min() < 1:
            lay_over(into.colour[rows], picture.colour[rows], share[..., None])


def _covers(stroke: Stroke, bounds: Bounds) -> Iterator[tuple[tuple[slice, slice], Plane]]:
    """For each segment, the part of ``bounds`` around it and how much of each pixel it covers."""
    points = np.array(stroke.points if len(stroke.points) > 1 else stroke.points * 2, np.float64)[:, ::-1]
    begins, ends = points[:-1], points[1:]
    reach = stroke.radius + 1
    first = np.maximum(np.floor(np.minimum(begins, ends) - reach), (bounds.y, bounds.x)).astype(int)
    last = np.minimum(np.ceil(np.maximum(begins, ends) + reach), (bounds.bottom, bounds.right)).astype(int)
    for index in np.flatnonzero((first < last).all(axis=1)):
        (top, left), (bottom, right) = first[index], last[index]
        down = np.arange(top, bottom)[:, None] + 0.5 - begins[index, 0]
        across = np.arange(left, right) + 0.5 - begins[index, 1]
        along_y, along_x = ends[index] - begins[index]
        squared = along_x**2 + along_y**2
        share = np.clip((across * along_x + down * along_y) / squared, 0, 1) if squared else 0.0
        distance = np.hypot(across - share * along_x, down - share * along_y)
        cover = np.clip(stroke.radius + 0.5 - distance, 0, 1).astype(np.float32)
        yield np.s_[top - bounds.y : bottom - bounds.y, left - bounds.x : right - bounds.x], cover
