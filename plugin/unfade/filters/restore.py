"""Restore: looks at an old photograph, proposes a chain of filters for what is wrong with it, and runs that.

The proposal is a recipe like any other: the record of a run tells it, and whoever wants it otherwise saves
it, changes it, and runs that. A picture with nothing wrong stays as it is. Colours are never made up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from unfade.errors import ModelError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.deartifact import DEARTIFACT, DeartifactOptions
from unfade.filters.denoise import DENOISE, DenoiseOptions
from unfade.filters.findings import Findings, look
from unfade.filters.mix import lay_over
from unfade.filters.pipeline import Step, open_steps
from unfade.filters.repair import REPAIR, RepairOptions
from unfade.filters.revive import REVIVE, ReviveOptions
from unfade.filters.runner import (
    Crop,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    Runner,
    cut_picture,
    size_of,
)
from unfade.inference import Engine
from unfade.picture import Picture, scratch

# From where on something is worth a filter; docs/models.md tells how these were chosen.
_NOISY = 0.1
_BLOCKY = 0.15
_DAMAGED = 0.01
_FADED = 0.05
_GRAIN = 0.2
"""Of the grain that a grainy photograph gets back: without any it looks like plastic."""


@dataclass(frozen=True)
class RestoreOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    strength: float = option(1.0, "How much of the result replaces the picture as it was.", low=0, high=1)
    colours: bool = option(True, "Looks for faded colours, and brings them back.")
    damage: bool = option(True, "Looks for scratches, dust, creases and stains, and takes them off.")
    noise: bool = option(True, "Looks for grain and noise, and takes them off.")
    compression: bool = option(True, "Looks for JPEG artifacts, and takes them off.")

    def __post_init__(self) -> None:
        check_ranges(self)


def open_restore(options: RestoreOptions, engine: Engine) -> Restorer:
    """Opens the models that the picture is looked at with. Raises ModelError, DeviceError, OutOfMemory."""
    return Restorer(options, engine)


RESTORE = Filter(
    name="restore",
    title="Restore old photograph",
    summary="Look what an old photograph needs, and do that.",
    purpose="restoring",
    Options=RestoreOptions,
    live_options=("strength",),
    open=open_restore,
    has_models=False,
)


def propose(findings: Findings, options: RestoreOptions) -> tuple[Step, ...]:
    """The filters for what was found, none where nothing was, in the order in which windows run them."""
    steps = []
    if options.colours and findings.fading >= _FADED:
        steps.append(Step(REVIVE, ReviveOptions()))
    if options.compression and findings.blocks >= _BLOCKY:
        steps.append(Step(DEARTIFACT, DeartifactOptions()))
    if options.damage and findings.damage >= _DAMAGED:
        steps.append(Step(REPAIR, RepairOptions()))
    if options.noise and findings.noise >= _NOISY:
        steps.append(Step(DENOISE, DenoiseOptions(grain=_GRAIN)))
    return tuple(steps)


class Restorer(FilterRunner):
    """Restore with the models open that it looks with; those that it proposes are opened when it does.

    The proposal is made of the whole picture, which is therefore the input crop of every region.
    """

    def __init__(self, options: RestoreOptions, engine: Engine) -> None:
        """Leaves out what no model is installed for. Raises ModelError where there is none at all."""
        self._options = options
        self._engine = engine
        self._repair = _opened(REPAIR, engine) if options.damage else None
        self._revive = _opened(REVIVE, engine) if options.colours else None
        self._runners: dict[tuple[Step, ...], Runner] = {}

    def proposal(self, picture: Picture, memo: Memo | None = None) -> tuple[Step, ...]:
        """The filters for a whole picture; what was found is kept in ``memo``."""
        memo, key = memo or Memo(), size_of(picture)
        findings: Findings | None = memo.recall("findings", key)
        if findings is None:
            findings = look(picture, self._repair, self._revive)
            memo.keep("findings", key, findings)
        return propose(findings, self._options)

    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        steps = self.proposal(piece, memo)
        region = None if crop.whole else crop.inner
        source = cut_picture(piece, crop.inner)
        if not steps:
            unchanged = Report("none", self._engine.provider or "", None, 0.0, recipe=[])
            return Result(
                Picture(scratch.copied(source.pixels), source.metadata), crop.output, True, None, unchanged
            )
        if steps not in self._runners:
            self._runners[steps] = open_steps(steps, self._engine)
        result = self._runners[steps].run(
            piece, region=region, want_mask=want_mask, progress=progress, memo=memo
        )
        if self._options.strength < 1:
            lay_over(result.picture.colour, source.colour, self._options.strength)
        report = replace(result.report, recipe=[step.to_json() for step in steps])
        return replace(result, at=crop.output, report=report)


def _opened(filter: Filter, engine: Engine) -> Runner | None:
    """The filter at its defaults; None where no model for it is installed."""
    try:
        return filter.open(filter.Options(), engine)
    except ModelError:
        return None
