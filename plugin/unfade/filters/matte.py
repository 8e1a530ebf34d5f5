"""The matte of a watermark whose inks are known, and what lies behind it, by belief propagation.

Each pixel near what the network found is clean, or carries an ink wholly or in part, or is what the network
says of it. What it then is without marks has to go on smoothly from pixel to pixel, as far as the picture
around is smooth, and to look like its surroundings. Sum-product messages run between neighbours for a fixed
number of rounds, so that beliefs reach :data:`REACH` pixels, and surroundings :data:`MARGIN`; what comes out
is the mean over all that is believed of it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unfade.filters.runner import cut
from unfade.inference import Bounds, Extent
from unfade.picture import dilated, fill_transparent

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

# All were chosen on marked photographs of the training set; logits unless said otherwise.
_PARTS: Final = 8  # an edge has 1 to 7 eighths of an ink's optical density; of each of two inks, quarters
_ROUNDS: Final = 8  # as many pixels a belief goes
_DAMPED = 0.3
_NEAR = 4  # pixels around what the mask says that may be mark too
_DRAWN = 0.15  # of the mask; less is surely unmarked, two pixels away from more
_CLEAN = 0.8  # of what is believed: that a pixel is not marked
_FINE = 0.02  # steps between neighbours that are expected anywhere ...
_NOISE = 0.002  # ... and of noise, which an ink's opacity makes stronger
_PAIR, _ANCHOR = 0.8, 0.4  # weights of steps to neighbours and of the difference to the surroundings
_LIKE_AROUND = 0.03  # that difference
_MASK, _BIAS, _MOST, _FEWEST = 0.4, -0.25, 3.0, -2.5  # the mask's say
_CLEARER = 0.6  # an ink makes steps smaller: what is flatter than its surroundings is marked
_EDGE = 1.1  # how likely a part of an ink is, whichever, beside the whole
_BY_NETWORK = 2.5  # how much less likely the network's own result is
_NETWORKS_GAIN = 2.0

MARKED: Final = 0.5
"""A value of the mask above which it says that there is a mark."""
RIM: Final = 0.08
"""The least value of the mask that makes pixels near it count."""
MARGIN: Final = 192
"""Pixels around a part in which what :func:`fill_transparent` sees, and the messages, have their room where
something unmarked is near; a multiple of its grid."""
REACH: Final = 16
"""Pixels that messages and the dilated mask reach; what is believed farther away tells surroundings alone."""


@dataclass(frozen=True)
class Ink:
    """What a mark is drawn with."""

    colour: tuple[float, float, float]
    """RGB in [0, 1]."""
    opacity: float
    """Of the inside of its letters, in (0, 1)."""


@dataclass(frozen=True)
class View:
    """A part of a picture, and what the network made of it."""

    seen: Floats
    """HW3 in [0, 1]: with its marks, and its noise."""
    made: Floats
    """HW3: the network's result."""
    mask: Floats
    """HW in [0, 1]."""

    @functools.cached_property
    def cleaned(self) -> Floats:
        """HW3: with its marks, without its noise where the network took nothing but that away."""
        share = np.clip((self.mask - 0.05) / 0.1, 0, 1)[..., None]
        cleaned: Floats = self.made + share * (self.seen - self.made)
        return cleaned


def unmarked(mask: Floats) -> Flags:
    """Where nothing is drawn, also not within two pixels, HW."""
    return ~dilated(mask > _DRAWN, 2)


@dataclass(frozen=True)
class Surroundings:
    """What unmarked pixels around each pixel look like."""

    colour: Floats  # HW3
    variance: Floats  # HW
    steps: Floats  # HW: between neighbours
    active: Flags  # HW: may be marked
    known: Flags  # HW

    @property
    def any(self) -> bool:
        return bool(self.active.any() and self.known.any())

    @classmethod
    def of(cls, colour: Floats, mask: Floats, known: Flags) -> Surroundings:
        """From the pixels that are ``known`` to be unmarked."""
        height, width = mask.shape
        steps = np.zeros((height, width), np.float32)
        steps[:, 1:] += np.abs(np.diff(colour, axis=1)).mean(axis=2) / 2
        steps[1:] += np.abs(np.diff(colour, axis=0)).mean(axis=2) / 2
        square = (colour**2).mean(axis=2)
        planes = np.concatenate((colour, square[..., None], steps[..., None]), axis=2)
        filled = fill_transparent(planes, known.astype(np.float32))
        around = np.ascontiguousarray(filled[..., :3])
        variance = np.maximum(filled[..., 3] - (around**2).mean(axis=2), 0)
        return cls(around, variance, filled[..., 4], dilated(mask > RIM, _NEAR), known)

    def near(self, bounds: Bounds, distance: int) -> Surroundings:
        """Those of which only pixels so far from a part of the view may be marked."""
        part = bounds.grown(distance).clipped(Extent(*self.active.shape))
        active = np.zeros_like(self.active)
        cut(active, part)[...] = cut(self.active, part)
        return replace(self, active=active)

    def closer(self, view: View, belief: Believed) -> Surroundings:
        """From pixels between letters, too: those that the network doubts and that are believed clean. The
        same where there are none."""
        clean = np.ones(view.mask.shape, np.float32)
        clean.flat[belief.where] = belief.clean
        known = (clean > _CLEAN) & (view.mask < MARKED)
        return Surroundings.of(view.cleaned, view.mask, known) if known.any() else self


@dataclass(frozen=True)
class Believed:
    """What is believed of the pixels that may be marked."""

    where: Indices  # N, flat
    mean: Floats  # N3: the picture, over all that is believed
    clean: Floats  # N: that a pixel is not marked
    inside: Floats  # KN: that it is the inside of a letter of each ink


@dataclass(frozen=True)
class _Label:
    """One thing that a pixel may be."""

    picture: Floats  # 3N: what it then is without marks
    gain: float  # of its noise
    penalty: float  # logits


def _parts(inks: Sequence[Ink]) -> int:
    """How many parts of each ink are labels: time and memory grow with the square of their sum."""
    return _PARTS // max(len(inks), 1)


def _labels(view: View, where: Indices, inks: Sequence[Ink]) -> list[_Label]:
    """Clean; each ink in its parts, the whole first; what the network says."""
    seen = np.ascontiguousarray(view.cleaned.reshape(-1, 3)[where].T)
    labels = [_Label(seen, 1.0, 0.0)]
    parts = _parts(inks)
    at_an_edge = math.log((parts - 1) / _EDGE)
    for ink in inks:
        colour = np.array(ink.colour, np.float32)[:, None]
        for part in range(parts, 0, -1):
            gain = np.float32((1 - ink.opacity) ** (-part / parts))
            picture = colour + gain * (seen - colour)
            labels.append(_Label(picture, float(gain), 0.0 if part == parts else at_an_edge))
    made = np.ascontiguousarray(view.made.reshape(-1, 3)[where].T)
    return [*labels, _Label(made, _NETWORKS_GAIN, _BY_NETWORK)]


def believed(view: View, field: Surroundings, inks: Sequence[Ink]) -> Believed:
    """Sum-product belief propagation over the pixels that may be marked (loopy, a fixed number of rounds)."""
    where = np.flatnonzero(field.active)
    labels = _labels(view, where, inks)
    logits = _evidence(view, field, labels, where)
    roughness = _FINE**2 + field.steps.flat[where].astype(np.float32) ** 2
    pairs = list(_pairs(field.active, where))
    outside = np.ascontiguousarray(view.cleaned.reshape(-1, 3).T)
    links = []
    for pair in pairs:
        for mine, beyond in pair.border:
            for number, label in enumerate(labels):
                step = label.picture[:, mine] - outside[:, beyond]
                logits[number, mine] -= _cost(step, roughness[mine], label.gain, 1.0)
        links.append(_Link(pair, labels, roughness))
    own = np.exp(logits - logits.max(axis=0))
    for _ in range(_ROUNDS):
        belief = _product(own, links)
        for link in links:
            link.pass_on(belief)
    belief = _product(own, links)
    mean = np.zeros((len(where), 3), np.float32)
    for label, share in zip(labels, belief, strict=True):
        mean += (share * np.clip(label.picture, 0, 1)).T
    return Believed(where, mean, belief[0], belief[1 : -1 : _parts(inks)])


def _evidence(view: View, field: Surroundings, labels: Sequence[_Label], where: Indices) -> Floats:
    """What each pixel says for itself of each label, in logits."""
    mask = np.clip(view.mask.flat[where], 1e-4, 1 - 1e-4)
    said = np.clip(_MASK * np.log(mask / (1 - mask)) + _BIAS, _FEWEST, _MOST)
    around = np.ascontiguousarray(field.colour.reshape(-1, 3)[where].T)
    logits = np.zeros((len(labels), len(where)), np.float32)
    last = len(labels) - 1
    for number, label in enumerate(labels):
        picture = label.picture
        if number:
            logits[number] = said - label.penalty
        if 0 < number < last:
            logits[number] += _CLEARER * np.log(label.gain)
            beyond = np.maximum(-picture, picture - 1).max(axis=0)
            logits[number] -= 40 * np.maximum(beyond - 0.02 - 0.01 * label.gain, 0)
        spread = _LIKE_AROUND**2 + (_NOISE * label.gain) ** 2 + field.variance.flat[where]
        logits[number] -= _ANCHOR * np.log1p(((picture - around) ** 2).mean(axis=0) / spread)
    return logits


def _cost(step: Floats, roughness: Floats, gain: float, other: float) -> Floats:
    """How unlikely a step (3N) between neighbours is, in logits."""
    spread = roughness + np.float32(_NOISE**2 * (gain**2 + other**2))
    cost: Floats = np.float32(_PAIR) * np.log1p((step**2).mean(axis=0) / spread)
    return cost


@dataclass(frozen=True)
class _Pair:
    """Neighbours along one axis."""

    first: Indices  # numbers of active pixels ...
    second: Indices  # ... and of those right of them, or below
    border: tuple[tuple[Indices, Indices], ...]  # active ones beside others, and those, flat


def _pairs(active: Flags, where: Indices) -> Iterator[_Pair]:
    number = np.full(active.shape, -1, np.int64)
    number.flat[where] = np.arange(len(where))
    place = np.arange(active.size).reshape(active.shape)
    for axis in (0, 1):
        early, late = (np.s_[:-1], np.s_[1:]) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
        a, b = number[early], number[late]
        both, begins, ends = (a >= 0) & (b >= 0), (a < 0) & (b >= 0), (a >= 0) & (b < 0)
        border = ((a[ends], place[late][ends]), (b[begins], place[early][begins]))
        yield _Pair(a[both], b[both], border)


class _Link:
    """The messages between neighbours along one axis, both ways."""

    def __init__(self, pair: _Pair, labels: Sequence[_Label], roughness: Floats) -> None:
        self.pair = pair
        count = len(labels)
        self._likely = np.empty((count, count, len(pair.first)), np.float32)
        spread = roughness[pair.first]
        seconds = [label.picture[:, pair.second] for label in labels]
        for i, label in enumerate(labels):
            first = label.picture[:, pair.first]
            for j, (other, second) in enumerate(zip(labels, seconds, strict=True)):
                self._likely[i, j] = np.exp(-_cost(first - second, spread, label.gain, other.gain))
        self.on = np.full((count, len(pair.first)), 1 / count, np.float32)
        self.back = self.on.copy()

    def pass_on(self, belief: Floats) -> None:
        """Replaces the messages by what follows from the beliefs that they led to."""
        on = np.einsum("ijn,in->jn", self._likely, belief[:, self.pair.first] / (self.back + 1e-6))
        back = np.einsum("ijn,jn->in", self._likely, belief[:, self.pair.second] / (self.on + 1e-6))
        for kept, new in ((self.on, on), (self.back, back)):
            new /= new.sum(axis=0) + 1e-30
            kept *= _DAMPED
            kept += (1 - _DAMPED) * new


def _product(own: Floats, links: Sequence[_Link]) -> Floats:
    """The beliefs, label by pixel."""
    belief = own.copy()
    for link in links:
        belief[:, link.pair.second] *= link.on * len(own)
        belief[:, link.pair.first] *= link.back * len(own)
    belief /= belief.sum(axis=0) + 1e-30
    return belief
