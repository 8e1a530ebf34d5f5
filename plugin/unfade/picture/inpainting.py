"""Content-aware fill: holes in a picture, filled with what lies around them.

Patch-based and multi-scale after Wexler, Shechtman & Irani (Space-Time Completion of Video, 2007): from a
small copy of the picture to the picture itself, every 7x7 patch that touches the hole looks for the known
patch most like it, and every hole pixel becomes the weighted mean of what those patches have in its place.
Patches are compared by their principal components; small copies are searched exhaustively, larger ones by
PatchMatch (Barnes et al. 2009) from what the smaller ones found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from unfade.picture.fill import dilated, fill_transparent

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

_RADIUS = 3  # of a patch: 7x7 pixels
_COMPONENTS = 24  # of the 147 numbers of a patch
_MOST_COMPARED = 2e8  # comparisons of an exhaustive search: about half a second
_MOST_DESCRIBED = 2**21  # known patches; in larger pictures the last step follows the smaller copy, unrefined
_DEEPEST = 2  # distance from the rim, in pixels, of the innermost hole pixel in the smallest copy
_CONFIDENCE = np.float32(1 / 1.3)  # of a patch, a pixel deeper in the hole


def inpaint(colour: Floats, hole: Mask) -> Floats:
    """Fills a hole from its surroundings.

    The same input gives the same result on every machine. The time grows with the hole's area and its known
    surroundings: about 2 s for a brush stroke of 80 pixels in a window of 400x300 on one core.

    Args:
        colour: HWC; what stands in the hole does not matter.
        hole: HW; True where to fill.

    Returns:
        A new HWC array, equal to ``colour`` outside the hole. Where nothing is known of the picture,
        ``colour`` itself.
    """
    if hole.all() or not hole.any():
        return colour
    levels = [_Level(colour, ~hole)]
    while levels[-1].depth.max() > _DEEPEST and min(levels[-1].shape) >= 8 * _RADIUS:
        levels.append(levels[-1].halved())
    random = np.random.default_rng(0)
    filled, match = colour, None
    for level in reversed(levels):
        finest, coarsest = level is levels[0], level is levels[-1]
        filled = level.smooth() if coarsest else level.with_known(_doubled(filled, level.shape))
        if not len(level.sources):  # the hole leaves no whole patch
            continue
        if match is None:
            position = random.choice(level.sources, len(level.targets))
        else:
            position = match.doubled(level, random)
            filled = level.vote(position, np.ones(len(position), np.float32))
        if len(level.sources) <= _MOST_DESCRIBED:
            rounds = 20 if coarsest else 3 if finest else 8
            filled, position = _optimized(level, filled, position, rounds, random)
        match = _Match(level, position)
    return filled


@dataclass
class _Level:
    """One copy in the pyramid. Positions are flat indices of patch centres in the picture padded by a patch's
    radius."""

    colour: Floats  # HWC
    known: Mask  # HW
    shape: tuple[int, int] = field(init=False)
    width: int = field(init=False)  # of the padded picture

    def __post_init__(self) -> None:
        self.shape = (self.known.shape[0], self.known.shape[1])
        self.width = self.shape[1] + 2 * _RADIUS
        reach = np.arange(-_RADIUS, _RADIUS + 1)
        self.offsets: Indices = (reach[:, None] * self.width + reach).ravel()  # of a patch's pixels

    @property
    def size(self) -> int:
        """Pixels of the padded picture."""
        return self.width * (self.shape[0] + 2 * _RADIUS)

    @cached_property
    def depth(self) -> NDArray[np.int64]:
        """HW: how deep in the hole a pixel lies, 1 at its rim, at most 40; 0 outside."""
        depth = np.zeros(self.shape, np.int64)
        left = ~self.known
        while left.any() and depth.max() < 40:
            depth[left] += 1
            left = ~dilated(~left, 1)
        return depth

    @cached_property
    def is_source(self) -> Mask:
        """Flat: whether the patch here is wholly known."""
        return ~dilated(~np.pad(self.known, _RADIUS), _RADIUS).ravel()

    @cached_property
    def sources(self) -> Indices:
        """Positions of the known patches."""
        return np.flatnonzero(self.is_source)

    @cached_property
    def targets(self) -> Indices:
        """Positions of the patches that reach into the hole."""
        inside = np.pad(np.ones(self.shape, bool), _RADIUS)
        return np.flatnonzero(dilated(np.pad(~self.known, _RADIUS), _RADIUS) & inside)

    @cached_property
    def known_pixels(self) -> Floats:
        """Flat NC: the padded picture; what stands in the hole is not used."""
        return self.padded(self.colour)

    def padded(self, colour: Floats) -> Floats:
        """HWC -> NC, mirrored at the edges."""
        ring = (_RADIUS, _RADIUS)
        return np.pad(colour, (ring, ring, (0, 0)), mode="symmetric").reshape(-1, colour.shape[2])

    def with_known(self, colour: Floats) -> Floats:
        """``colour`` in the hole and the picture around it."""
        return np.where(self.known[..., None], self.colour, colour)

    def smooth(self) -> Floats:
        """The hole filled without texture."""
        return fill_transparent(self.colour, self.known.astype(np.float32))

    def halved(self) -> _Level:
        """The mean of the known pixels of each 2x2 block; known where half of them are."""
        height, width = self.shape
        padding = ((0, height % 2), (0, width % 2))
        weight = np.pad(self.known, padding).astype(np.float32)[..., None]
        weighted = np.pad(self.colour, (*padding, (0, 0))) * weight
        count = _blocks(weight)
        mean = np.divide(_blocks(weighted), np.maximum(count, 1), dtype=np.float32)
        return _Level(mean, count[..., 0] >= 2)

    def vote(self, position: Indices, weight: Floats) -> Floats:
        """HWC: each hole pixel the weighted mean of what the patches at ``position``, one for each target,
        have in its place."""
        total = np.zeros(self.size)
        sums = np.zeros((self.size, self.colour.shape[2]))
        for offset in self.offsets:
            at, seen = self.targets + offset, self.known_pixels[position + offset]
            total += np.bincount(at, weight, self.size)
            for channel in range(seen.shape[1]):
                sums[:, channel] += np.bincount(at, weight * seen[:, channel], self.size)
        mean = sums / np.maximum(total, 1e-30)[:, None]
        inner = np.s_[_RADIUS:-_RADIUS]
        return self.with_known(mean.reshape(-1, self.width, mean.shape[1])[inner, inner].astype(np.float32))


def _optimized(
    level: _Level, filled: Floats, position: Indices, rounds: int, random: np.random.Generator
) -> tuple[Floats, Indices]:
    """Rounds of search and vote, from a first filling and the known patch of each target."""
    describe = _Descriptor(level)
    known = describe(level.known_pixels, level.sources)
    exhaustive = len(level.sources) * len(level.targets) <= _MOST_COMPARED
    confidence = np.pad(_CONFIDENCE ** level.depth.astype(np.float32), _RADIUS).ravel()[level.targets]
    for _ in range(rounds):
        wanted = describe(level.padded(filled), level.targets)
        if exhaustive:
            position, distance = _nearest(wanted, known, level.sources)
        else:
            position, distance = _patch_match(level, wanted, known, position, random)
        spread = float(np.percentile(distance, 75)) + 1e-6
        filled = level.vote(position, np.exp(-distance / (2 * spread)) * confidence + np.float32(1e-8))
    return filled, position


class _Descriptor:
    """Patches as their first principal components among the known ones."""

    def __init__(self, level: _Level) -> None:
        self._offsets = level.offsets
        sample = level.sources[:: max(1, len(level.sources) // 3000)]
        values = self._values(level.known_pixels, sample)
        self._mean = values.mean(0)
        values -= self._mean
        vectors = np.linalg.eigh(values.T @ values)[1]
        self._axes = np.ascontiguousarray(vectors[:, ::-1][:, :_COMPONENTS])

    def _values(self, pixels: Floats, positions: Indices) -> Floats:
        values: Floats = pixels[positions[:, None] + self._offsets].reshape(len(positions), -1)
        return values

    def __call__(self, pixels: Floats, positions: Indices) -> Floats:
        """One row a position."""
        described = np.empty((len(positions), self._axes.shape[1]), np.float32)
        for begin in range(0, len(positions), 8192):
            some = slice(begin, begin + 8192)
            described[some] = (self._values(pixels, positions[some]) - self._mean) @ self._axes
        return described


def _nearest(wanted: Floats, known: Floats, sources: Indices) -> tuple[Indices, Floats]:
    """The most alike of all known patches for each wanted one, and the squared distances."""
    square = np.einsum("ij,ij->i", known, known)
    scaled = np.ascontiguousarray(-2 * known.T)
    best = np.empty(len(wanted), np.int64)
    distance = np.einsum("ij,ij->i", wanted, wanted)
    rows = max(1, 2**21 // len(known))
    products = np.empty((rows, len(known)), np.float32)
    for begin in range(0, len(wanted), rows):
        part = wanted[begin : begin + rows]
        compared = np.matmul(part, scaled, out=products[: len(part)])
        compared += square
        found = compared.argmin(1)
        best[begin : begin + rows] = found
        distance[begin : begin + rows] += compared[np.arange(len(part)), found]
    return sources[best], np.maximum(distance, 0)


def _patch_match(
    level: _Level, wanted: Floats, known: Floats, position: Indices, random: np.random.Generator
) -> tuple[Indices, Floats]:
    """The same approximately: from ``position``, by what neighbours found and by random search around it."""
    row = np.zeros(level.size, np.int64)
    row[level.sources] = np.arange(len(level.sources))
    target = np.full(level.size, -1)
    target[level.targets] = np.arange(len(level.targets))

    def distances(candidate: Indices) -> Floats:
        difference = wanted - known[row[candidate]]
        squared: Floats = np.einsum("ij,ij->i", difference, difference)
        return squared

    def better(candidate: Indices, position: Indices, distance: Floats) -> tuple[Indices, Floats]:
        candidate = np.clip(candidate, 0, level.size - 1)
        candidate = np.where(level.is_source[candidate], candidate, position)
        of_candidate = distances(candidate)
        won = of_candidate < distance
        return np.where(won, candidate, position), np.where(won, of_candidate, distance)

    distance = distances(position)
    for step in (4, 2, 1):
        for way in (step, -step, step * level.width, -step * level.width):
            neighbour = target[np.clip(level.targets + way, 0, level.size - 1)]
            candidate = np.where(neighbour >= 0, position[neighbour] - way, position)
            position, distance = better(candidate, position, distance)
    for reach in (8, 4, 2, 1, 1):
        down, across = random.integers(-reach, reach + 1, (2, len(position)))
        position, distance = better(position + down * level.width + across, position, distance)
    return position, distance


@dataclass
class _Match:
    """The known patch that was found for each target of a level."""

    level: _Level
    position: Indices

    def doubled(self, fine: _Level, random: np.random.Generator) -> Indices:
        """For each target of the level twice as large the patch that corresponds, or one near it."""
        coarse = self.level
        row, column = (axis - _RADIUS for axis in np.divmod(fine.targets, fine.width))
        index = np.full(coarse.size, -1)
        index[coarse.targets] = np.arange(len(coarse.targets))
        of_target = index[(row // 2 + _RADIUS) * coarse.width + column // 2 + _RADIUS]
        down, across = (axis - _RADIUS for axis in np.divmod(self.position[of_target], coarse.width))
        down = np.where(of_target < 0, row, np.minimum(2 * down + row % 2, fine.shape[0] - 1))
        across = np.where(of_target < 0, column, np.minimum(2 * across + column % 2, fine.shape[1] - 1))
        position = (down + _RADIUS) * fine.width + across + _RADIUS
        for reach in (1, 2, 3):
            for way in (reach, -reach, reach * fine.width, -reach * fine.width):
                near = np.clip(position + way, 0, fine.size - 1)
                position = np.where(~fine.is_source[position] & fine.is_source[near], near, position)
        lost = ~fine.is_source[position]
        position[lost] = random.choice(fine.sources, int(lost.sum()))
        return position


def _blocks(array: Floats) -> Floats:
    """Sum of each 2x2 block of HWC."""
    rows = array[0::2] + array[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def _doubled(array: Floats, shape: tuple[int, int]) -> Floats:
    """Each pixel of HWC four times, cut to the shape."""
    return array.repeat(2, 0).repeat(2, 1)[: shape[0], : shape[1]]
