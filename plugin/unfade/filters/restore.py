"""Restore: looks at an old photograph, proposes a chain of filters for what is wrong with it, and runs that.

The proposal is a recipe like any other: the record of a run tells it, and whoever wants it otherwise saves
it, changes it, and runs that. A picture with nothing wrong stays as it is. Colours are never made up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.deartifact import COMPRESSED, DEARTIFACT, DeartifactOptions
from unfade.filters.denoise import DENOISE, DenoiseOptions
from unfade.filters.grain import noise_level
from unfade.filters.mix import lay_over, luma_of
from unfade.filters.pipeline import Step, open_steps
from unfade.filters.quality import estimated
from unfade.filters.repair import REPAIR, RepairOptions
from unfade.filters.revive import REVIVE, ReviveOptions, is_toned
from unfade.filters.runner import (
    Crop,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    Runner,
    cut,
    cut_picture,
    size_of,
    squares_over,
)
from unfade.inference import Engine
from unfade.picture import Kernel, Picture, resize, scratch, to_float

Array = NDArray[np.float32]

SMALL = 768
"""The longer side of the copy that is looked at: hairs still show, and the whole of it takes a second."""
_PLACE = 256  # pixels a side of the places that are looked at in full size
_SURE = 128  # of the mask of damage, of 255
_GRID = 8  # of JPEG

# From where on something is worth a filter; docs/models.md tells how these were chosen.
_NOISY = 0.1
_BLOCKY = 0.15
_COARSE = 60  # and below, where blocks do not show but what is lost inside them does
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
    if options.compression and (findings.blocks >= _BLOCKY or findings.quality <= _COARSE):
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
        self._repair = _opened(REPAIR, RepairOptions(looks=1), engine) if options.damage else None
        self._revive = _opened(REVIVE, ReviveOptions(), engine) if options.colours else None
        self._runners: dict[tuple[Step, ...], Runner] = {}

    def proposal(self, picture: Picture, memo: Memo | None = None) -> tuple[Step, ...]:
        """The filters for a whole picture; what was found is kept in ``memo``."""
        memo = memo or Memo()
        key = (size_of(picture), self._repair is not None, self._revive is not None)
        found = memo.once("findings", key, lambda: look(picture, self._repair, self._revive, memo))
        return propose(found, self._options)

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
            self._runners[steps] = open_steps(steps, self._engine, "between restoring steps")
        result = self._runners[steps].run(
            piece, region=region, want_mask=want_mask, progress=progress, memo=memo
        )
        if self._options.strength < 1:
            lay_over(result.picture.colour, source.colour, self._options.strength)
        report = replace(result.report, recipe=[step.to_json() for step in steps])
        return replace(result, at=crop.output, report=report)


def _opened(filter: Filter, options: Any, engine: Engine) -> Runner | None:
    """The filter with its models open; None where none for it is installed."""
    try:
        return filter.open(options, engine)
    except ModelError:
        return None


# What is wrong with a photograph


@dataclass(frozen=True)
class Findings:
    """What was found, each 0 for nothing."""

    gray: bool
    """Or toned, as sepia prints are."""
    noise: float
    """Its level, as :func:`noise_level` has it."""
    blocks: float
    """How much more differs across the borders of JPEG's blocks than inside them, as a share; 0 where there
    was no JPEG: tiles, tables and sprites have borders, too."""
    quality: float
    """Of a JPEG that is compressed as coarsely; 100 where that cannot be told."""
    damage: float
    """The share of the picture that is taken for damage."""
    fading: float
    """How far, of white, colours are from those that they had, in the mean."""


def look(
    picture: Picture, repair: Runner | None, revive: Runner | None, memo: Memo | None = None
) -> Findings:
    """Looks at a picture.

    Args:
        picture: all of it.
        repair, revive: those filters, opened; None for a picture that is not to be looked at for that.
        memo: of the picture.
    """
    copy = small_copy(picture)
    colour = to_float(copy.colour)
    estimate = estimated(picture, memo or Memo())
    quality, photographed = estimate.quality, 1 - estimate.drawn
    gray = copy.is_gray or is_toned(colour)
    places = [to_float(cut(picture.colour, at)) for at in squares_over(size_of(picture), _PLACE)]
    mask = None if repair is None or not photographed else repair.run(copy, want_mask=True).mask
    revived = None if revive is None else to_float(revive.run(copy).picture.colour)
    return Findings(
        gray=gray,
        noise=float(np.median([noise_level(place) for place in places])),
        blocks=0.0
        if quality is not None and quality >= COMPRESSED
        else float(np.median([blockiness(luma_of(place)) for place in places])),
        quality=100.0 if quality is None else quality,
        damage=0.0 if mask is None else photographed * float((mask >= _SURE).mean()),
        fading=0.0 if revived is None else float(np.abs(revived - colour).mean()),
    )


def small_copy(picture: Picture) -> Picture:
    """The picture with a longer side of at most :data:`SMALL` pixels; itself where it has no more."""
    longer = max(picture.height, picture.width)
    if longer <= SMALL:
        return picture
    height, width = (max(1, round(side * SMALL / longer)) for side in (picture.height, picture.width))
    step = max(1, longer // (4 * SMALL))  # of a large scan a quarter of the pixels is enough
    pixels = np.ascontiguousarray(picture.pixels[::step, ::step])
    return Picture(resize(pixels, (height, width), Kernel.BILINEAR), picture.metadata)


def blockiness(luma: Array) -> float:
    """How much more neighbours differ every 8 pixels than elsewhere, as a share, along the side and at the
    place where that is most; 0 for less. HW in [0, 1].

    After Wang, Sheikh and Bovik 2002, "No-Reference Perceptual Quality Assessment of JPEG Compressed Images".
    """
    found = []
    for plane in (luma, luma.T):
        steps = np.abs(np.diff(plane, axis=1))
        # between flat pixels a step of a few levels is a block's, between busy ones it is anything's
        steps = np.minimum(steps, 0.05).mean(axis=0)
        if steps.size < 4 * _GRID:
            return 0.0
        means = np.array([steps[phase::_GRID].mean() for phase in range(_GRID)])
        phase = int(means.argmax())
        others = np.delete(means, phase).mean()
        found.append(float(means[phase] / max(others, 1e-6) - 1))
    return max(min(found), 0.0)
