"""Chains: filters run one after the other, each on the result of the one before.

What lies between two steps of an 8-bit picture is kept at 16 bits: three steps that each round to 8 bits may
be off by a step and a half together, where 16 bits leave the last rounding and a hundredth of a step. 16-bit
and float pictures keep their type. Memory beside input and output is two pictures between steps, at most.

For a region of a chain's result the crops are found backwards, for what one step reads is what the step
before has to make, and then run forwards, so that it equals that region of the whole result as far as each
step's own regions do. Where a step needs the whole of what it reads (Colorize), that picture is kept in the
caller's memo: only the first of many regions has to wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from unfade.filters.base import Filter, write_options
from unfade.filters.runner import (
    Crop,
    Earlier,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    Runner,
    all_of,
    check_region,
    cut,
    cut_picture,
    has_transparent,
    region_behind,
    size_of,
)
from unfade.inference import Bounds, Extent
from unfade.picture import Kernel, Picture, resize, scratch

if TYPE_CHECKING:
    from unfade.inference import Engine

PROGRESS_TOTAL: Final = 1000
"""A chain tells its progress in thousandths: how many tiles its later steps take is not known before."""

_STRIP = 1 << 20  # samples
_DEEPER = 257  # 65535 / 255


@dataclass(frozen=True)
class Step:
    """One filter and how it is set."""

    filter: Filter
    options: Any
    """An object of ``filter.Options``."""

    def to_json(self) -> dict[str, Any]:
        """Ready for JSON, with the options that are not at their defaults."""
        return {"filter": self.filter.name, "options": write_options(self.options)}


def open_steps(steps: Sequence[Step], engine: Engine, kept_as: str = "between steps") -> Runner:
    """One runner for all steps, with their models found and opened.

    Args:
        kept_as: what a memo calls the picture that is kept between two steps: of a chain inside another one
            it needs a name of its own, or each would drop the other's.

    Raises ModelError, DeviceError, OutOfMemory, UsageError.
    """
    runners = [step.filter.open(step.options, engine) for step in steps]
    return runners[0] if len(runners) == 1 else Chain(runners, steps, kept_as)


class Chain(Runner):
    """Several filters with their models open, each run on the result of the one before."""

    def __init__(self, runners: Sequence[FilterRunner], steps: Sequence[Step], kept_as: str) -> None:
        """``steps`` are what the runners were opened from: equal ones make the same of a picture."""
        self._runners = tuple(runners)
        self._steps = tuple(steps)
        self._kept_as = kept_as

    def output_size(self, size: Extent) -> Extent:
        return self._sizes(size)[-1]

    def survey(self, sources: Sequence[Path], progress: Progress | None = None) -> None:
        for runner in self._runners:
            runner.survey(sources, progress)

    def run(
        self,
        picture: Picture,
        *,
        region: Bounds | None = None,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        size, memo = size_of(picture), memo or Memo()
        if region is not None:
            check_region(region, size)
        filters = [step.filter for step in self._steps]
        runners = [
            runner.for_picture(picture, memo, _earlier(before, filters[:index]))
            for index, (runner, before) in enumerate(zip(self._runners, self._sizes(size), strict=False))
        ]
        return Chain(runners, self._steps, self._kept_as)._run(picture, region, want_mask, progress, memo)

    def _run(
        self,
        picture: Picture,
        region: Bounds | None,
        want_mask: bool,
        progress: Progress | None,
        memo: Memo,
    ) -> Result:
        """The same, by runners for this very picture."""
        sizes = self._sizes(size_of(picture))
        if region is None:
            crops = [runner.whole(size) for runner, size in zip(self._runners, sizes, strict=False)]
        else:
            crops = self._crops(sizes, region, transparent=False)
            if has_transparent(picture, crops[0].input):
                crops = self._crops(sizes, region, transparent=True)
        told = _StepProgress(crops, progress)
        keep_at = _last_whole(crops, sizes)
        key = (self._steps[:keep_at], want_mask)
        state: _State | None = None if keep_at is None else memo.recall(self._kept_as, key)
        first = 0 if state is None or keep_at is None else keep_at
        if state is None:
            state = _State(_deepened(cut_picture(picture, crops[0].input)))
        for index in range(first, len(self._runners)):
            if index:
                state = _cut_state(state, crops[index].input.within(crops[index - 1].output))
            if index == keep_at and state.picture is not picture:  # else it would only be kept alive
                past = tuple(replace(report, engine_seconds=0.0) for report in state.reports)
                memo.keep(self._kept_as, key, replace(state, reports=past))
            of_step = memo.after(self._steps[:index]) if index else memo
            state = self._advance(state, index, crops[index], want_mask, told.of_step(index), of_step)
        narrow = picture.pixels.dtype == np.uint8
        return Result(
            picture=_narrowed(state.picture) if narrow else state.picture,
            at=crops[-1].output,
            exact=all(crop.exact for crop in crops),
            mask=state.mask,
            report=_joined(state.reports),
        )

    def _sizes(self, size: Extent) -> list[Extent]:
        """Before the first step, between the steps, and after the last."""
        sizes = [size]
        for runner in self._runners:
            sizes.append(runner.output_size(sizes[-1]))
        return sizes

    def _crops(self, sizes: Sequence[Extent], region: Bounds, *, transparent: bool) -> list[Crop]:
        """The crop of each step's input for a region in pixels of the picture."""
        for runner, size in zip(self._runners[:-1], sizes, strict=False):
            region = runner.crop(size, region, transparent=transparent).output
        crops = [self._runners[-1].crop(sizes[-2], region, transparent=transparent)]
        for index in range(len(self._runners) - 2, -1, -1):
            wanted = region_behind(crops[0].input, sizes[index + 1], sizes[index])
            crops.insert(0, self._runners[index].crop(sizes[index], wanted, transparent=transparent))
        return crops

    def _advance(
        self,
        state: _State,
        index: int,
        crop: Crop,
        want_mask: bool,
        progress: Progress | None,
        memo: Memo,
    ) -> _State:
        """Runs one step, on its crop of what the step before made."""
        runner, piece, mask = self._runners[index], state.picture, state.mask
        result = runner.run_piece(piece, crop, want_mask=want_mask, progress=progress, memo=memo)
        if result.mask is not None:
            mask = result.mask
        elif mask is not None:
            mask = cut(_resized(mask, runner.output_size(size_of(piece))), crop.inner)
        return _State(result.picture, mask, (*state.reports, result.report))


@dataclass(frozen=True)
class _State:
    """Where a chain is: what the next step reads, and what ran so far."""

    picture: Picture
    mask: NDArray[np.uint8] | None = None
    reports: tuple[Report, ...] = ()


class _StepProgress:
    """The progress of all steps as one; a step weighs as much as what it reads has pixels."""

    def __init__(self, crops: Sequence[Crop], progress: Progress | None) -> None:
        self._pixels = [crop.input.height * crop.input.width for crop in crops]
        self._tell = progress

    def of_step(self, index: int) -> Progress | None:
        """The callback for one step."""
        tell, before, own = self._tell, sum(self._pixels[:index]), self._pixels[index]
        if tell is None:
            return None

        def progress(done: float, total: int) -> None:
            share = (before + own * done / max(total, 1)) / sum(self._pixels)
            tell(round(share * PROGRESS_TOTAL, 3), PROGRESS_TOTAL)

        return progress


def _earlier(size: Extent, filters: Sequence[Filter]) -> Earlier:
    """What these filters do to a picture, which they leave with that size."""
    return Earlier(size, [one.name for one in filters], all(one.keeps_colours for one in filters))


def _last_whole(crops: Sequence[Crop], sizes: Sequence[Extent]) -> int | None:
    """The last step that needs all of what it reads for a region; None where there is no such step."""
    if crops[-1].output == all_of(sizes[-1]):
        return None
    needed = [index for index, crop in enumerate(crops) if crop.input == all_of(sizes[index])]
    return needed[-1] if needed else None


def _joined(reports: Sequence[Report]) -> Report:
    """What ran in all steps, as one."""
    slowest = max(reports, key=lambda report: report.engine_seconds)
    return Report(
        model=" + ".join(dict.fromkeys(report.model for report in reports)),
        provider=slowest.provider,
        fallback=next((report.fallback for report in reports if report.fallback), None),
        engine_seconds=sum(report.engine_seconds for report in reports),
        recipe=next((report.recipe for report in reports if report.recipe is not None), None),
        chosen={name: value for report in reports for name, value in report.chosen.items()},
        warnings=tuple(dict.fromkeys(sentence for report in reports for sentence in report.warnings)),
    )


def _cut_state(state: _State, bounds: Bounds) -> _State:
    mask = None if state.mask is None else cut(state.mask, bounds)
    return replace(state, picture=cut_picture(state.picture, bounds), mask=mask)


def _resized(mask: NDArray[np.uint8], size: Extent) -> NDArray[np.uint8]:
    """A mask, HW, on the pixels of an enlarged picture."""
    if mask.shape == (size.height, size.width):
        return mask
    return resize(mask[..., None], (size.height, size.width), Kernel.BILINEAR)[..., 0]


def _deepened(picture: Picture) -> Picture:
    """8 bits as 16."""
    if picture.pixels.dtype != np.uint8:
        return picture
    out = scratch.empty(picture.pixels.shape, np.uint16)
    for source, target in _strips(picture.pixels, out):
        np.multiply(source, _DEEPER, out=target, dtype=np.uint16)
    return Picture(out, picture.metadata)


def _narrowed(picture: Picture) -> Picture:
    """16 bits as 8, rounded to nearest."""
    out = scratch.empty(picture.pixels.shape, np.uint8)
    for source, target in _strips(picture.pixels, out):
        quotient, rest = np.divmod(source, np.uint16(_DEEPER))
        target[...] = quotient + (rest > _DEEPER // 2)
    return Picture(out, picture.metadata)


def _strips(source: NDArray[Any], target: NDArray[Any]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """The same samples of two pictures, some at a time."""
    source, target = source.reshape(-1), target.reshape(-1)
    for first in range(0, source.size, _STRIP):
        scratch.let_go()
        yield source[first : first + _STRIP], target[first : first + _STRIP]
