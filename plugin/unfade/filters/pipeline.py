"""Recipes: filters one after the other, from a small JSON file to opened models.

    {"unfade_recipe": 1, "steps": [{"filter": "deartifact", "options": {"strength": 0.8}},
                                   {"filter": "upscale", "options": {"scale": 2}}]}

The command line (``unfade run``), the service and the window take the same steps. Options left out keep their
defaults; whatever a recipe does not know is refused, for a misspelt option would do nothing, silently.

What lies between two steps of an 8-bit picture is kept at 16 bits: three steps that each round to 8 bits may
be off by a step and a half together, where 16 bits leave the last rounding and a hundredth of a step. 16-bit
and float pictures keep their type. Memory beside input and output is two pictures between steps, at most.

For a region of a chain's result the crops are found backwards, for what one step reads is what the step
before has to make, and then run forwards, so that it equals that region of the whole result as far as each
step's own regions do. Where a step needs the whole of what it reads (Colorize), that picture is kept in the
caller's memo: only the first of many regions has to wait for it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from unfade.errors import UsageError, did_you_mean
from unfade.filters.base import Filter, options_of, read_options, write_options
from unfade.filters.runner import (
    Crop,
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
from unfade.paths import read_json, whole_or_absent
from unfade.picture import PICTURE_SUFFIXES, Kernel, Picture, resize, scratch

if TYPE_CHECKING:
    from unfade.inference import Engine

RECIPE_VERSION: Final = 1
RECIPE_SUFFIX: Final = ".unfade.json"
MOST_STEPS: Final = 16
PROGRESS_TOTAL: Final = 1000
"""A chain tells its progress in thousandths: how many tiles its later steps take is not known before."""

_VERSION_KEY = "unfade_recipe"
_STRIP = 1 << 20  # samples
_DEEPER = 257  # 65535 / 255


@dataclass(frozen=True)
class Step:
    """One filter and how it is set."""

    filter: Filter
    options: Any
    """An object of ``filter.Options``."""


@dataclass(frozen=True)
class Recipe:
    """Filters to be run one after the other. Raises UsageError for none, and for more than 16."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MOST_STEPS:
            raise UsageError(f"A recipe has 1 to {MOST_STEPS} steps, not {len(self.steps)}.")

    def open(self, engine: Engine) -> Runner:
        """Finds and opens the models of all steps.

        Raises ModelError, DeviceError, OutOfMemory, UsageError.
        """
        runners = [step.filter.open(step.options, engine) for step in self.steps]
        return runners[0] if len(runners) == 1 else Chain(runners, self.steps)

    def for_any_picture(self) -> Recipe:
        """The recipe without what was painted or placed on one picture (hints, strokes)."""
        return Recipe(tuple(replace(step, options=_without_places(step.options)) for step in self.steps))

    def to_json(self) -> dict[str, Any]:
        """``{"steps": [...]}``, ready for JSON, with the options that are not at their defaults."""
        return {
            "steps": [
                {"filter": step.filter.name, "options": write_options(step.options)} for step in self.steps
            ]
        }

    @classmethod
    def from_json(cls, raw: Any) -> Recipe:
        """The recipe in parsed JSON, ``{"steps": [{"filter", "options"}, ...]}``. Raises UsageError."""
        fields = _object(raw, "A recipe", ("steps",))
        steps = fields.get("steps")
        if not isinstance(steps, list):
            raise UsageError("A recipe needs 'steps', a list of objects with 'filter' and 'options'.")
        if len(steps) > MOST_STEPS:  # before each of them is read
            raise UsageError(f"A recipe has 1 to {MOST_STEPS} steps, not {len(steps)}.")
        return cls(tuple(_step(number, step) for number, step in enumerate(steps, 1)))


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file. Raises UsageError that names the file."""
    if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():
        raise UsageError(f"{path} is a picture, no recipe of Unfade's; open it as a picture.")
    raw = read_json(path)
    if not isinstance(raw, dict) or _VERSION_KEY not in raw:
        raise UsageError(f"{path} is no recipe of Unfade's: it does not say {_VERSION_KEY!r}.")
    version = raw.pop(_VERSION_KEY)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UsageError(f"{path} cannot be used: {_VERSION_KEY!r} must be a version, such as 1.")
    if version > RECIPE_VERSION:
        raise UsageError(
            f"{path} was made by a newer Unfade (recipes of version {version}); install that one."
        )
    try:
        return Recipe.from_json(raw)
    except UsageError as error:
        raise UsageError(f"{path} cannot be used: {error}") from error


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Writes a recipe, whole or not at all. Raises OutputError."""
    text = json.dumps({_VERSION_KEY: RECIPE_VERSION, **recipe.to_json()}, indent=2, ensure_ascii=False)
    with whole_or_absent(path) as stream:
        stream.write(f"{text}\n".encode())


class Chain(Runner):
    """Several filters with their models open, each run on the result of the one before."""

    def __init__(self, runners: Sequence[FilterRunner], steps: Sequence[Step]) -> None:
        """``steps`` are what the runners were opened from: equal ones make the same of a picture."""
        self._runners = tuple(runners)
        self._steps = tuple(steps)

    def output_size(self, size: Extent) -> Extent:
        return self._sizes(size)[-1]

    def survey(self, sources: Sequence[Path]) -> None:
        for runner in self._runners:
            runner.survey(sources)

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
        runners = [runner.for_picture(picture, memo) for runner in self._runners]
        return Chain(runners, self._steps)._run(picture, region, want_mask, progress, memo)

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
        state: _State | None = None if keep_at is None else memo.recall("between steps", key)
        first = 0 if state is None or keep_at is None else keep_at
        if state is None:
            state = _State(_deepened(cut_picture(picture, crops[0].input)))
        for index in range(first, len(self._runners)):
            if index:
                state = _cut_state(state, crops[index].input.within(crops[index - 1].output))
            if index == keep_at and state.picture is not picture:  # else it would only be kept alive
                past = tuple(replace(report, engine_seconds=0.0) for report in state.reports)
                memo.keep("between steps", key, replace(state, reports=past))
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

        def progress(done: int, total: int) -> None:
            share = (before + own * done / max(total, 1)) / sum(self._pixels)
            tell(round(share * PROGRESS_TOTAL), PROGRESS_TOTAL)

        return progress


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
        chosen={name: value for report in reports for name, value in report.chosen.items()},
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


def _without_places(options: Any) -> Any:
    defaults = {option.name: option.default for option in options_of(type(options)) if option.codec}
    return dataclasses.replace(options, **defaults)


def _step(number: int, raw: Any) -> Step:
    try:
        fields = _object(raw, "A step", ("filter", "options"))
        from unfade.filters.registry import find_filter  # here: Restore, which is registered, makes recipes

        filter = find_filter(fields.get("filter"))
        return Step(filter, read_options(filter, fields.get("options", {})))
    except UsageError as error:
        raise UsageError(f"Step {number}: {error}") from error


def _object(raw: Any, what: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """A JSON object without other keys than these."""
    if not isinstance(raw, dict):
        raise UsageError(f"{what} must be an object.")
    for key in raw:
        if key not in keys:
            raise UsageError(f"{what} has no {key[:100]!r}{did_you_mean(key, keys)}")
    return raw
