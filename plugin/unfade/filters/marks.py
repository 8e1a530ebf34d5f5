"""Watermarks: whether there is one, the colour and the opacity of its inks, and taking it off by them.

A mark makes ``y = (1 - a s) x + a s c`` of a picture ``x``: its colour ``c`` and opacity ``a`` are the same
for all of it, its matte ``s`` is 1 inside a letter and falls to 0 within a pixel or two (Dekel et al., "On
the Effectiveness of Visible Watermarks", CVPR 2017). The network tells roughly where a mark is, and what may
be behind it. From that, :func:`read_marks` estimates colour and opacity once for a picture: marked pixels lie
on lines from what surrounds them to the colour, and the most frequent share along those lines is the opacity.
:mod:`unfade.filters.matte` then finds the matte, and what is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unfade.filters.matte import (
    MARGIN,
    MARKED,
    REACH,
    Believed,
    Flags,
    Floats,
    Ink,
    Surroundings,
    View,
    believed,
    unmarked,
)
from unfade.filters.runner import cut
from unfade.inference import Bounds, Extent, Read
from unfade.picture import Picture, to_float

POSSIBLE: Final = 0.02
"""The least :func:`certainty` by one look of a picture that may have marks, and is looked at again."""
MOST_COVERED: Final = 0.14
"""Of a picture by its marks; what covers more is a page of text."""
_DOUBTED = 400  # pixels that count as marked besides, without certainty: letters on things are few
_SQUARE = 512  # pixels a side of what is looked at, and of what marks are taken off at a time
_MOST_VIEWS, _AROUND = 4, 64  # squares that inks are read from, and pixels around them
_LEAST, _MOST_SAMPLES = 30, 50_000  # pixels that tell an ink
_LIGHTER = 0.02  # than its surroundings, or darker: what a mark makes a pixel at least
_SHARE = 0.2  # of all that is marked, for each of two inks
_MISSED = 0.05  # pixels that lie farther beside their ways to a colour are explained by none
_FAINT, _OPAQUE = 0.06, 0.97  # opacities
_TRUST = 0.85  # in what is believed; the rest is the network's
_BY_MATTE = 0.6  # of the mask; the rest is the network's, whose letters are a little fat
_DOUBT = (0.25, 0.65)  # of the mask: up to which, and from where on, what is believed marked counts as such
_WORSE = (0.05, 0.25)  # than the network's: up to where the formula counts wholly, and from where it does not
_CELL = 6  # pixels a side


@dataclass(frozen=True)
class Criterion:
    """How it is told that what a mask shows are marks."""

    surely: float
    """A value of the mask that leaves no doubt."""
    certain: float
    """The least :func:`certainty`: of text on things networks are certain of less."""


ONE_LOOK: Final = Criterion(0.99, 0.36)
"""For one look: the offer of a window, which sees no more, and whether to look again (:data:`POSSIBLE`)."""
ALL_LOOKS: Final = Criterion(0.9, 0.4)
"""For the least of a pixel's values at four looks, mirrored both ways (docs/training-log.md)."""


@dataclass(frozen=True)
class Marks:
    """What is known of a picture's marks."""

    sure: float
    """:func:`certainty` by :data:`ALL_LOOKS`; 0 where one look saw none."""
    inks: tuple[Ink, ...] = ()
    """None where no ink explains what the network found: then its own result is all there is."""
    trust: float = 0.0
    """The share of the formula's result in what :func:`take_off` gives, in [0, 1]."""
    stays: bool = False
    """Whether what would be made of them shows more than they do."""

    @property
    def there(self) -> bool:
        """Whether there is a mark at all."""
        return self.sure >= ALL_LOOKS.certain

    @property
    def goes(self) -> bool:
        """Whether there is one that is better taken off."""
        return self.there and not self.stays


def marked_pixels(mask: NDArray[np.uint8]) -> int:
    """How many pixels the network's mask, 255 surely, says are marked."""
    return int(np.count_nonzero(mask > MARKED * 255))


def certainty(masks: Sequence[NDArray[np.uint8]], by: Criterion) -> float:
    """The share of marked pixels that the network is certain of, as if some more were marked and none of
    those certain, from its masks of parts of a picture, HW each; 0 for a page of text."""
    marked = sum(map(marked_pixels, masks))
    if marked > MOST_COVERED * sum(mask.size for mask in masks):
        return 0.0
    surely = sum(int(np.count_nonzero(mask >= by.surely * 255)) for mask in masks)
    return surely / (marked + _DOUBTED)


def usual_places(size: Extent) -> list[Bounds]:
    """Where marks are in large pictures: corners, middles of edges, the middle; tiled ones are there, too."""

    def spans(length: int) -> list[tuple[int, int]]:
        """Up to three, which hardly overlap: what is marked is counted once."""
        count = min(-(-length // _SQUARE), 3)
        side = min(-(-length // count), _SQUARE)
        return [((length - side) * step // max(count - 1, 1), side) for step in range(count)]

    return [Bounds(y, x, h, w) for y, h in spans(size.height) for x, w in spans(size.width)]


def squares_of(size: Extent) -> list[Bounds]:
    """A picture in squares, for which marks are taken off one after the other."""
    rows, columns = range(0, size.height, _SQUARE), range(0, size.width, _SQUARE)
    return [Bounds(y, x, _SQUARE, _SQUARE).clipped(size) for y in rows for x in columns]


def view_of(reader: Read, made: Picture, mask: NDArray[np.uint8], bounds: Bounds) -> View:
    """A part of what ``reader`` shows, of what the network made of it and of its mask."""
    bounds = bounds.clipped(Extent(*mask.shape))
    seen = np.moveaxis(reader(bounds)[0], 0, -1)
    colour = to_float(cut(made.colour, bounds))
    wide = (*colour.shape[:2], 3)
    return View(
        np.ascontiguousarray(np.broadcast_to(seen, wide)),
        np.ascontiguousarray(np.broadcast_to(colour, wide)),
        to_float(cut(mask, bounds)),
    )


def views_of(parts: Sequence[tuple[Read, Picture, NDArray[np.uint8]]]) -> list[View]:
    """Those squares of a picture that show most of its marks, from parts of it as for :func:`view_of`."""
    places = []
    for number, (_, _, mask) in enumerate(parts):
        for square in squares_of(Extent(*mask.shape)):
            count = marked_pixels(cut(mask, square))
            if count:
                places.append((-count, number, square))
    most = sorted(places, key=lambda place: place[:2])[:_MOST_VIEWS]
    return [view_of(*parts[number], square.grown(_AROUND)) for _, number, square in most]


def read_marks(sure: float, views: Sequence[View]) -> Marks:
    """Colour and opacity of a picture's marks, from those parts of it that show most of them."""
    marks = Marks(sure)
    if not marks.there or not views:
        return marks
    fields = [Surroundings.of(view.cleaned, view.mask, unmarked(view.mask)) for view in views]
    found = [(view, field) for view, field in zip(views, fields, strict=True) if field.any]
    if not found:
        return marks
    as_it_is = _unlike_around(found, [view.cleaned for view, _ in found])
    by_network = _unlike_around(found, [view.made for view, _ in found])
    samples = _Samples.joined([_Samples.of(view, field, view.mask > MARKED) for view, field in found])
    inks = _inks(samples.thinned())
    if not inks:
        return replace(marks, stays=0 < as_it_is <= by_network)
    beliefs = [believed(view, field, inks) for view, field in found]
    again = [(view, field.closer(view, belief)) for (view, field), belief in zip(found, beliefs, strict=True)]
    inks = tuple(_fitted(ink, number, again, beliefs) for number, ink in enumerate(inks))
    laid_over = [_laid_over(view, believed(view, field, inks)) for view, field in again]
    by_inks = _unlike_around(found, laid_over)
    if 0 < as_it_is <= min(by_inks, by_network):
        return replace(marks, stays=True)
    trust = float(np.interp(by_inks - by_network, _WORSE, (_TRUST, 0)))
    return replace(marks, inks=inks, trust=trust)


@dataclass(frozen=True)
class Unmarked:
    """A part of a picture without its marks."""

    picture: Floats
    """HW3."""
    mask: Floats
    """HW in [0, 1]: where they were."""


def take_off(view: View, marks: Marks, inner: Bounds) -> Unmarked:
    """The picture without its marks, and where they were; what the network says where no ink is known.

    Args:
        view: with :data:`unfade.filters.matte.MARGIN` pixels around ...
        inner: ... the part of it that is wanted; what comes back around that is not to be used.
        marks: the picture's.
    """
    asis = Unmarked(view.made, view.mask)
    if not marks.trust:
        return asis
    field = Surroundings.of(view.cleaned, view.mask, unmarked(view.mask))
    if not field.any:
        return asis
    belief = believed(view, field.near(inner, MARGIN - 2 * REACH), marks.inks)
    belief = believed(view, field.closer(view, belief).near(inner, REACH), marks.inks)
    where, marked = belief.where, 1 - belief.clean
    picture, mask, said = view.made.copy(), view.mask.copy(), view.mask.flat[where]
    doubted = marked * (1 - np.clip((said - _DOUBT[0]) / (_DOUBT[1] - _DOUBT[0]), 0, 1))
    share = np.float32(marks.trust) * (1 - doubted)
    flat = picture.reshape(-1, 3)
    flat[where] += share[:, None] * (belief.mean - flat[where])
    mask.flat[where] += np.float32(_BY_MATTE) * (marked - said)
    return Unmarked(picture, mask)


def _laid_over(view: View, belief: Believed) -> Floats:
    """What the network made of a part, and what is believed in its place, HW3."""
    picture = view.made.copy()
    picture.reshape(-1, 3)[belief.where] = belief.mean
    return picture


def _unlike_around(found: Sequence[tuple[View, Surroundings]], pictures: Sequence[Floats]) -> float:
    """How little what is under marks in ``pictures`` (HW3, one for each part) looks like the surroundings,
    without its detail: the mean over cells, in logits."""
    total, unlike = 0.0, 0.0
    for (view, field), picture in zip(found, pictures, strict=True):
        where, width = np.flatnonzero(view.mask > MARKED), view.mask.shape[1]
        _, cell = np.unique(where // width // _CELL * width + where % width // _CELL, return_inverse=True)
        count = np.bincount(cell)
        many = count > _CELL // 2
        off = (picture - field.colour).reshape(-1, 3)[where]
        spread = 0.02**2 + 0.3 * np.bincount(cell, field.variance.flat[where]) / count
        apart = [np.bincount(cell, off[:, channel]) / count for channel in range(3)]
        logits = np.log1p(np.mean(np.square(apart), axis=0) / spread)
        unlike += float((count * logits)[many].sum())
        total += float(count[many].sum())
    return unlike / max(total, 1.0)


@dataclass(frozen=True)
class _Samples:
    """Marked pixels and what surrounds them."""

    marked: Floats  # N3
    around: Floats  # N3
    weight: Floats  # N

    @classmethod
    def of(cls, view: View, field: Surroundings, where: Flags) -> _Samples:
        weight = 1 / (field.variance[where] + 0.002)
        return cls(view.cleaned[where], field.colour[where], weight.astype(np.float32))

    @classmethod
    def joined(cls, parts: Sequence[_Samples]) -> _Samples:
        return cls(
            np.concatenate([part.marked for part in parts]),
            np.concatenate([part.around for part in parts]),
            np.concatenate([part.weight for part in parts]),
        )

    def chosen(self, which: Flags) -> _Samples:
        return _Samples(self.marked[which], self.around[which], self.weight[which])

    def thinned(self) -> _Samples:
        """Some of them, all over, where they are more than are needed."""
        every = -(-len(self) // _MOST_SAMPLES)
        return _Samples(self.marked[::every], self.around[::every], self.weight[::every]) if every else self

    def __len__(self) -> int:
        return len(self.weight)

    def shares(self, colour: Floats) -> tuple[Floats, Floats]:
        """How far each marked pixel lies on the way from its surroundings to a colour, and how far beside."""
        way, moved = colour - self.around, self.marked - self.around
        share = (way * moved).sum(axis=1) / ((way**2).sum(axis=1) + 1e-6)
        beside = moved - share[:, None] * way
        return share, np.sqrt((beside**2).mean(axis=1))


def _inks(samples: _Samples) -> tuple[Ink, ...]:
    """The ink that makes the picture lighter and the one that makes it darker, those that are there."""
    lighter = (samples.marked - samples.around).mean(axis=1)
    whole = float(samples.weight.sum())
    inks = []
    for extreme, where in ((1.0, lighter > _LIGHTER), (0.0, lighter < -_LIGHTER)):
        part = samples.chosen(where)
        if len(part) < _LEAST or part.weight.sum() < _SHARE * whole:
            continue
        colour = np.full(3, extreme, np.float32)
        own = _meeting_point(part)
        if _miss(part, own) < 0.75 * _miss(part, colour) - 0.001:
            colour = own
        if _miss(part, colour) > _MISSED:
            continue
        opacity = _opacity(part, colour)
        if opacity is not None:
            red, green, blue = (float(value) for value in colour)
            inks.append(Ink((red, green, blue), opacity))
    return tuple(inks)


def _miss(samples: _Samples, colour: Floats) -> float:
    """How far marked pixels lie beside their ways to a colour."""
    _, beside = samples.shares(colour)
    return float((samples.weight * np.minimum(beside, 0.1)).sum() / samples.weight.sum())


def _meeting_point(samples: _Samples) -> Floats:
    """The colour that the lines from surroundings through marked pixels meet in, however opaque each is."""
    moved = (samples.marked - samples.around).astype(np.float64)
    length = np.maximum(np.sqrt((moved**2).sum(axis=1)), 1e-4)
    along = moved / length[:, None]
    across = np.eye(3) - along[:, :, None] * along[:, None, :]
    held = np.einsum("nij,nj->ni", across, samples.around)
    farthest = np.clip((samples.around + along).mean(axis=0), 0, 1)  # decides where all lines are parallel
    certain = samples.weight * length**2
    weight, colour = certain, farthest
    for _ in range(10):
        matrix = (weight[:, None, None] * across).sum(axis=0)
        pull = 0.003 * np.trace(matrix)
        total = (weight[:, None] * held).sum(axis=0) + pull * farthest
        colour = np.clip(np.linalg.solve(matrix + pull * np.eye(3), total), 0, 1)
        _, beside = samples.shares(colour.astype(np.float32))
        weight = certain / (1 + (beside / max(1.5 * float(np.median(beside)), 0.006)) ** 2) ** 2
    met: Floats = colour.astype(np.float32)
    return met


def _opacity(samples: _Samples, colour: Floats) -> float | None:
    """The opacity inside of letters: the last peak of the shares, or nearly their largest where letters are
    too thin to have an inside."""
    share, _ = samples.shares(colour)
    far = ((colour - samples.around) ** 2).sum(axis=1) > 0.12**2
    usable = (share > 0) & (share < 1.1) & far
    if usable.sum() < _LEAST:
        return None
    share, weight = share[usable], samples.weight[usable]
    counts = np.histogram(share, np.linspace(-0.005, 1.105, 112), weights=weight)[0]
    smooth = np.convolve(counts, np.exp(-0.5 * (np.arange(-5, 6) / 1.6) ** 2), "same")
    rising, falling = np.diff(smooth, prepend=0) >= 0, np.diff(smooth, append=0) < 0
    peaks = np.flatnonzero(rising & falling & (smooth > 0.5 * smooth.max()))
    peaks = peaks[(peaks > 100 * _FAINT) & (peaks < 100 * _OPAQUE)]
    if len(peaks) and smooth[peaks[-1] :].sum() < 0.4 * smooth.sum():
        return float(peaks[-1] / 100)
    order = np.argsort(share)
    total = np.cumsum(weight[order])
    largest = share[order][np.searchsorted(total, 0.9 * total[-1])]
    return float(np.clip(largest, _FAINT, _OPAQUE))


def _fitted(
    ink: Ink, number: int, again: Sequence[tuple[View, Surroundings]], beliefs: Sequence[Believed]
) -> Ink:
    """An ink with its opacity fitted again, now that it is known what is the inside of its letters."""
    parts = []
    for (view, field), belief in zip(again, beliefs, strict=True):
        if field.any:
            inside = np.zeros(view.mask.shape, np.float32)
            inside.flat[belief.where] = belief.inside[number]
            parts.append(_Samples.of(view, field, inside > 0.7))
    samples = _Samples.joined(parts) if parts else None
    if samples is None or len(samples) < _LEAST:
        return ink
    colour = np.array(ink.colour, np.float32)
    share, _ = samples.shares(colour)
    certain = samples.weight * ((colour - samples.around) ** 2).sum(axis=1)
    if not certain.any():
        return ink
    order = np.argsort(share)
    total = np.cumsum(certain[order])
    opacity = float(share[order][np.searchsorted(total, total[-1] / 2)])
    for _ in range(6):
        miss = np.abs(share - opacity)
        weight = certain / (1 + (miss / max(1.5 * float(np.median(miss)), 0.01)) ** 2) ** 2
        opacity = float((weight * share).sum() / weight.sum())
    return replace(ink, opacity=float(np.clip(opacity, _FAINT, _OPAQUE)))
