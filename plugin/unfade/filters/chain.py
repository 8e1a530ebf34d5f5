"""A chain: filters one after the other, behind the face of one filter.

What lies between two steps of an 8-bit picture is kept at 16 bits: three steps that each round to 8 bits may
be off by a step and a half together, where 16 bits leave the last rounding and a hundredth of a step. 16-bit
and float pictures keep their type. Memory beside input and output is two pictures between steps, at most.

A part of a chain's result is planned backwards, for what one step reads is what the step before has to make,
and then made forwards, so that it equals that part of the whole result as far as each step's own parts do.
Where a step needs the whole of what it reads (Colorize), that picture is kept for the next part of the same
one, until the engine or the picture itself is let go of: only the first of many parts has to wait for it.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unfade.filters.base import OnTile, Outcome, Ready
from unfade.filters.memory import PixelMemory
from unfade.filters.part import Part, cut, cut_picture
from unfade.inference import Bounds, Engine, Extent
from unfade.picture import Kernel, Picture, resize

PROGRESS_TOTAL = 1000
"""A chain tells its progress in thousandths: how many tiles its later steps take is not known before."""

_STRIP = 1 << 20  # samples
_DEEPER = 257  # 65535 / 255


@dataclass(frozen=True)
class ChainPart(Part):
    """How a part of a chain's result is made."""

    steps: tuple[Part, ...]
    """How each step makes its own part."""
    whole: int | None
    """The last step that needs all of what it reads for a part; None where there is no such step."""


@dataclass(frozen=True)
class _State:
    """Where a chain is: what the next step reads, and what has been so far."""

    picture: Picture
    mask: NDArray[np.uint8] | None = None
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True)
class _Kept:
    """The state before the step that needed all of its picture, and what it was made from."""

    source: PixelMemory
    settings: Sequence[Hashable]
    state: _State


_last: weakref.WeakKeyDictionary[Engine, _Kept] = weakref.WeakKeyDictionary()


class Chain(Ready):
    """Several filters with their models open, each run on the result of the one before."""

    def __init__(self, steps: Sequence[Ready], settings: Sequence[Hashable], engine: Engine) -> None:
        """``settings`` tell for each step whether it is the same as another chain's on this engine."""
        self._steps = tuple(steps)
        self._settings = tuple(settings)
        self._engine = engine

    def __call__(self, picture: Picture, on_tile: OnTile | None = None) -> Outcome:
        progress = _Progress(self._sizes(Extent(picture.height, picture.width))[:-1], on_tile)
        state = _State(_deepened(picture))
        for index in range(len(self._steps)):
            state = self._advance(state, index, None, progress)
        return _outcome(state, picture)

    def size(self, extent: Extent) -> Extent:
        return self._sizes(extent)[-1]

    def plan_part(self, extent: Extent, region: Bounds, *, holes: bool) -> ChainPart:
        sizes = self._sizes(extent)
        for step, size in zip(self._steps[:-1], sizes, strict=False):
            region = step.plan_part(size, region, holes=holes).result
        parts = [self._steps[-1].plan_part(sizes[-2], region, holes=holes)]
        for step, size in zip(self._steps[-2::-1], sizes[-3::-1], strict=True):
            parts.insert(0, _covering(step, size, parts[0].piece, holes=holes))
        last = parts[-1]
        needed = [index for index, part in enumerate(parts) if part.piece == _all_of(sizes[index])]
        whole = needed[-1] if needed and last.result != _all_of(sizes[-1]) else None
        exact = all(part.exact for part in parts)
        return ChainPart(parts[0].piece, last.inside, last.result, exact, tuple(parts), whole)

    def run_part(self, piece: Picture, part: Part, on_tile: OnTile | None = None) -> Outcome:
        """As for every filter; what has been made of a picture in this memory is used again."""
        assert isinstance(part, ChainPart)
        progress = _Progress([Extent(step.piece.height, step.piece.width) for step in part.steps], on_tile)
        first, state = 0, self._recall(piece, part.whole)
        if state is not None and part.whole is not None:
            first = part.whole
        else:
            state = _State(_deepened(piece))
        for index in range(first, len(self._steps)):
            if index:
                state = _cut_state(state, part.steps[index].piece.within(part.steps[index - 1].result))
            if index == part.whole:
                self._keep(piece, index, state)
            state = self._advance(state, index, part.steps[index], progress)
        return _outcome(state, piece)

    def _sizes(self, extent: Extent) -> list[Extent]:
        """Before the first step, between the steps, and after the last."""
        sizes = [extent]
        for step in self._steps:
            sizes.append(step.size(sizes[-1]))
        return sizes

    def _advance(self, state: _State, index: int, part: Part | None, progress: _Progress) -> _State:
        """Runs one step, on the whole of what it gets or on its part of it."""
        step, picture, mask = self._steps[index], state.picture, state.mask
        on_tile = progress.of_step(index)
        outcome = step(picture, on_tile) if part is None else step.run_part(picture, part, on_tile)
        if outcome.mask is not None:
            mask = outcome.mask
        elif mask is not None:
            mask = _resized(mask, step.size(Extent(picture.height, picture.width)))
            mask = mask if part is None else cut(mask, part.inside)
        told = replace(outcome, picture=_NOTHING, mask=None)  # lets go of the pixels
        return _State(outcome.picture, mask, (*state.outcomes, told))

    def _recall(self, source: Picture, index: int | None) -> _State | None:
        """The state before a step, where it was kept for these pixels and settings."""
        kept = _last.get(self._engine)
        if index is None or kept is None or kept.settings != self._settings[:index]:
            return None
        return kept.state if kept.source.is_of(source.pixels) else None

    def _keep(self, source: Picture, index: int, state: _State) -> None:
        if state.picture is source:  # nothing was made of it, and keeping it would keep it alive
            return
        past = tuple(replace(outcome, engine_seconds=0.0) for outcome in state.outcomes)
        engine = weakref.ref(self._engine)

        def forget() -> None:
            owner = engine()
            if owner is not None and _last.get(owner) is kept:
                _last.pop(owner, None)

        memory = PixelMemory(source.pixels, on_gone=forget)
        kept = _Kept(memory, self._settings[:index], replace(state, outcomes=past))
        _last[self._engine] = kept


_NOTHING = Picture(np.zeros((1, 1, 1), np.uint8))


def _outcome(state: _State, source: Picture) -> Outcome:
    """All steps' outcomes as one, at the depth of the picture they started from."""
    outcomes = state.outcomes
    slowest = max(outcomes, key=lambda outcome: outcome.engine_seconds)
    return Outcome(
        picture=_narrowed(state.picture) if source.pixels.dtype == np.uint8 else state.picture,
        model=" + ".join(dict.fromkeys(outcome.model for outcome in outcomes)),
        provider=slowest.provider,
        fallback=next((outcome.fallback for outcome in outcomes if outcome.fallback), None),
        engine_seconds=sum(outcome.engine_seconds for outcome in outcomes),
        mask=state.mask,
    )


def _cut_state(state: _State, bounds: Bounds) -> _State:
    mask = None if state.mask is None else cut(state.mask, bounds)
    return replace(state, picture=cut_picture(state.picture, bounds), mask=mask)


def _all_of(extent: Extent) -> Bounds:
    return Bounds(0, 0, extent.height, extent.width)


class _Progress:
    """The progress of all steps as one; a step weighs as much as what it reads has pixels."""

    def __init__(self, sizes: Sequence[Extent], on_tile: OnTile | None) -> None:
        self._pixels = [size.height * size.width for size in sizes]
        self._on_tile = on_tile

    def of_step(self, index: int) -> OnTile | None:
        """The callback for one step."""
        tell, before, own = self._on_tile, sum(self._pixels[:index]), self._pixels[index]
        if tell is None:
            return None

        def on_tile(done: int, total: int) -> None:
            share = (before + own * done / max(total, 1)) / sum(self._pixels)
            tell(round(share * PROGRESS_TOTAL), PROGRESS_TOTAL)

        return on_tile


def _covering(step: Ready, extent: Extent, wanted: Bounds, *, holes: bool) -> Part:
    """The part of a step's result that holds ``wanted``, which is in pixels of that result."""
    result = step.size(extent)
    y, height = _source(wanted.y, wanted.bottom, result.height, extent.height)
    x, width = _source(wanted.x, wanted.right, result.width, extent.width)
    return step.plan_part(extent, Bounds(y, x, height, width), holes=holes)


def _source(begin: int, end: int, length: int, source: int) -> tuple[int, int]:
    """Where a stretch of a side comes from when ``source`` pixels become ``length``, no fewer."""
    rounding = 0 if length == source else 1
    first = max(begin * source // length - rounding, 0)
    last = min(-(-end * source // length) + rounding, source)
    return first, last - first


def _resized(mask: NDArray[np.uint8], size: Extent) -> NDArray[np.uint8]:
    """A mask, HW, on the pixels of an enlarged picture."""
    if mask.shape == (size.height, size.width):
        return mask
    return resize(mask[..., None], (size.height, size.width), Kernel.BILINEAR)[..., 0]


def _deepened(picture: Picture) -> Picture:
    """8 bits as 16."""
    if picture.pixels.dtype != np.uint8:
        return picture
    return Picture(np.multiply(picture.pixels, _DEEPER, dtype=np.uint16), picture.metadata)


def _narrowed(picture: Picture) -> Picture:
    """16 bits as 8, rounded to nearest."""
    out = np.empty(picture.pixels.shape, np.uint8)
    source, target = picture.pixels.reshape(-1), out.reshape(-1)
    for first in range(0, source.size, _STRIP):
        quotient, rest = np.divmod(source[first : first + _STRIP], np.uint16(_DEEPER))
        target[first : first + _STRIP] = quotient + (rest > _DEEPER // 2)
    return Picture(out, picture.metadata)
