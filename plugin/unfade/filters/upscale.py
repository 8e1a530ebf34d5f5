"""Upscale: a picture made larger by a network, to any size between 1 and 4 times.

The models enlarge by whole numbers, their native scales. Any other scale runs the next larger one and
resamples the result down, antialiased; a scale beyond the largest model runs it twice. What lies between two
steps is kept at 16 bits a channel (32-bit floats for float pictures): half the memory of floats, and rounding
twice costs less than a 250th of an 8-bit step. Memory beside input and output is those intermediate pictures
(6 bytes for each of their RGB pixels), the copy in which a picture with alpha is filled, the cleaned copy of
a compressed picture, and a few tiles.

Where the detail is left to the picture, a compressed one goes through De-artifact first, and some of what
that changes is kept: what is left of JPEG's blocks the GAN models would take for edges. And what is level in
a drawing, page or screenshot as it was made keeps its colour: beside hard lines the models ring.
"""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError, UsageError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.deartifact import DEARTIFACT, Cleaner, DeartifactOptions
from unfade.filters.ensemble import Ensemble, Timer, looks_option, named_model, none_installed
from unfade.filters.mix import PLAIN, lay_over
from unfade.filters.quality import Estimate, estimated
from unfade.filters.runner import (
    Crop,
    Earlier,
    FilterRunner,
    Memo,
    PassProgress,
    Progress,
    Report,
    Result,
    crop_for,
    scaled_size,
    seen_colour,
    size_of,
)
from unfade.inference import (
    Bounds,
    Engine,
    Extent,
    TileLayout,
    array_reader,
    array_writer,
    layout_of,
    row_strips,
    run_tiled,
)
from unfade.models import Model, Source, Variant, catalog
from unfade.picture import Kernel, Picture, from_float, resized_strips, scratch, to_float

MOST_PASSES = 2

_QUALITIES = (50.0, 60.0, 75.0, 85.0, 90.0, 95.0, 98.0)
_BEST_DETAIL = {2: (1.0, 0.85, 0.8, 0.7, 0.55, 0.25, 0.0), 4: (1.0, 1.0, 0.9, 0.8, 0.75, 0.6, 0.15)}
"""Of those qualities, by native scale, as bench/detail.py finds them; clean pictures stay faithful."""
_CLEANED = (20.0, 35.0, 50.0, 75.0, 90.0)
_BEST_CLEANING = {2: (0.4, 0.25, 0.2, 0.2, 0.0), 4: (0.25, 0.2, 0.2, 0.0, 0.0)}
"""The strength of De-artifact before, of those qualities (docs/training-log.md)."""
_DRAWN_DETAIL = 0.5
"""Of drawings as they were made, where that is more: at x2 letters gain by it, and clip art loses nothing."""
_STRIP_PIXELS = 2**18


@dataclass(frozen=True)
class UpscaleOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    scale: float = option(2.0, "How many times as large: 1.5, 2, 3, 4 or anything between.", low=1, high=4)
    detail: float | None = option(
        None,
        "0 runs the faithful model, 1 the GAN model, and what lies between blends the two; "
        "as much as suits how compressed or noisy the picture is, when left out.",
        low=0,
        high=1,
    )
    strength: float = option(1.0, "0 is plain enlargement, 1 the model's result.", low=0, high=1)
    looks: int = looks_option(1, "are averaged: more faithful and a little softer, and as many times slower")
    model: str | None = option(None, "A model to use in place of the installed one that fits: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.model is not None and self.detail is not None:
            raise UsageError(
                "detail chooses between the models and model names one; leave one of the two out."
            )


def open_upscale(options: UpscaleOptions, engine: Engine) -> Upscaler:
    """Finds and opens the models. Raises ModelError, DeviceError, OutOfMemory."""
    if options.model is not None:
        model = named_model(options.model, UPSCALE)
        members = {model.card.scale: alone(model)}
    else:
        members = choose_members(catalog.list_models(), options.detail)
    passes = choose_passes(options.scale, members)
    return Upscaler(options, engine, [members[native] for native in passes])


def live_upscale_options(options: UpscaleOptions, both: Collection[int]) -> tuple[str, ...]:
    """The options that blend full results; ``both`` are the scales with a faithful and a GAN model."""
    return ("strength", "detail") if blends_live(options, both) else ("strength",)


UPSCALE = Filter(
    name="upscale",
    title="Upscale",
    summary="Enlarge pictures, up to four times.",
    purpose="enlarging",
    Options=UpscaleOptions,
    live_options=("strength", "detail"),
    live_for=live_upscale_options,
    open=open_upscale,
)


class Upscaler(FilterRunner):
    """Upscale with its models open.

    Gray pictures run as RGB and come back as luma; alpha is enlarged by itself, and colours under alpha 0 do
    not bleed.
    """

    def __init__(self, options: UpscaleOptions, engine: Engine, passes: Sequence[Members]) -> None:
        """Opens the models, and refuses those that cannot be used."""
        self._options = options
        self._engine = engine
        self._members = tuple(passes)
        self._chosen: dict[str, float] = {}
        self._name = ""
        self._passes: dict[bool, list[Ensemble]] = {}
        self._cleaner: Cleaner | None = None
        self._keeps_level = False
        self._twins: dict[tuple[float, float, bool], Upscaler] = {}  # by what suits a picture
        self._open([one.at(0.0) if one.by_picture else one for one in passes])

    def for_picture(self, picture: Picture, memo: Memo, earlier: Earlier) -> Upscaler:
        """With the detail and the cleaning that suit the picture's quality, where they are left to it."""
        if not any(one.by_picture for one in self._members):
            return self
        native = self._members[0].models[0].card.scale

        def suited() -> tuple[float, float, bool]:
            estimate = estimated(picture, memo)
            as_made = estimate.drawn == 1 and not estimate.is_compressed_drawing
            return best_detail(estimate, native), best_cleaning(estimate, native), as_made

        detail, cleaning, as_made = memo.once("enlarging", native, suited)
        chosen = detail, 0.0 if DEARTIFACT.name in earlier.filters else cleaning, as_made
        if chosen not in self._twins:
            self._twins[chosen] = self._suited(*chosen)
        twin = copy.copy(self._twins[chosen])
        if twin._cleaner is not None:
            twin._cleaner = twin._cleaner.for_picture(picture, memo, earlier)
        return twin

    def _suited(self, detail: float, cleaning: float, as_made: bool) -> Upscaler:
        twin = copy.copy(self)
        twin._keeps_level = as_made
        twin._open([one.at(detail) if one.by_picture else one for one in self._members])
        twin._chosen = {"detail": detail}
        if cleaning:
            with suppress(ModelError):  # not installed
                cleaner = DEARTIFACT.open(DeartifactOptions(strength=cleaning), self._engine)
                assert isinstance(cleaner, Cleaner)
                twin._cleaner, twin._chosen["cleaning"] = cleaner, cleaning
                twin._name = f"{cleaner.card.name} + {twin._name}"
        return twin

    def output_size(self, size: Extent) -> Extent:
        return scaled_size(size, self._options.scale)

    def crop(self, size: Extent, region: Bounds, *, transparent: bool) -> Crop:
        cards = [each.card for each in self._passes[False]]
        if self._cleaner is not None:
            cards.insert(0, self._cleaner.card)
        return crop_for(cards, self._options.scale, region, size, transparent=transparent)

    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,  # noqa: ARG002 - there is none
        progress: Progress | None = None,
        memo: Memo | None = None,  # noqa: ARG002
    ) -> Result:
        timer, given = Timer(), piece
        before: str | None = None
        passes = [each.timed(timer) for each in self._passes[piece.is_gray]]
        farthest = max((each.card for each in passes), key=lambda card: card.halo)
        tile = self._engine.tile_for(farthest, part=not crop.whole)
        layouts = _layouts(size_of(piece), passes, tile)
        told = PassProgress([0, *map(len, layouts)], progress)
        if self._cleaner is not None:
            everything = dataclasses.replace(self._cleaner.whole(size_of(piece)), whole=crop.whole)
            cleaned = self._cleaner.run_crop(piece, everything, progress=told.of_pass(0))
            piece, timer.seconds = cleaned.picture, cleaned.report.engine_seconds
            before = cleaned.report.fallback
        size = self.output_size(size_of(piece))
        pixels = scratch.empty((size.height, size.width, piece.pixels.shape[2]), piece.pixels.dtype)
        into = Picture(pixels, piece.metadata)
        colour = seen_colour(piece)
        if piece.alpha is not None and into.alpha is not None:
            _resample(piece.alpha[..., None], into.alpha[..., None], PLAIN)
        provider = _run(colour, into.colour, passes, layouts, told)
        if self._keeps_level:
            _keep_level(colour, into.colour)
        if self._options.strength < 1:
            for y, strip in resized_strips(seen_colour(given), (size.height, size.width), PLAIN):
                lay_over(into.colour[y : y + len(strip)], strip, self._options.strength)
        fallback = before or self._engine.fallback_of(passes[-1].provider, provider)
        return crop.result(into, Report(self._name, provider, fallback, timer.seconds, chosen=self._chosen))

    def _open(self, passes: Sequence[Members]) -> None:
        """Opens the models that make up the passes."""
        opened = [([self._engine.session(model.path) for model in one.models], one.weights) for one in passes]
        self._name = " + ".join(dict.fromkeys(model.card.name for one in passes for model in one.models))
        self._passes = {
            gray: [
                Ensemble(sessions, weights, gray=gray).of_looks(self._options.looks)
                for sessions, weights in opened
            ]
            for gray in (False, True)
        }


@dataclass(frozen=True)
class Members:
    """The models that together make one enlargement: their results are added up, weighted."""

    models: tuple[Model, ...]
    weights: tuple[float, ...]
    """Between 0 and 1, their sum is 1."""
    by_picture: bool = False
    """Whether the weights of these two, a faithful and a GAN model, are those that suit the picture."""

    def at(self, detail: float) -> Members:
        """A faithful and a GAN model, in this order, blended by ``detail``."""
        faithful, gan = self.models
        if detail <= 0 or detail >= 1:
            return alone(gan if detail >= 1 else faithful)
        return Members((faithful, gan), (1 - detail, detail))


def choose_members(models: Sequence[Model], detail: float | None) -> dict[int, Members]:
    """The models for each native scale that the installed ones offer at this detail.

    ``detail`` None leaves it to the picture where there are both models, and takes the one that there is
    where there are not. Raises ModelError, with what to do, where no scale can be had.
    """
    variants = _best_of_each(models)
    scales = sorted({scale for scale, _ in variants})
    if not scales:
        raise none_installed(UPSCALE)
    members: dict[int, Members] = {}
    for scale in scales:
        faithful, gan = (variants.get((scale, variant)) for variant in (Variant.FAITHFUL, Variant.GAN))
        if faithful is not None and gan is not None:
            both = Members((faithful, gan), (1.0, 0.0), by_picture=True)
            members[scale] = both if detail is None else both.at(detail)
        elif faithful is not None and (detail is None or detail <= 0):
            members[scale] = alone(faithful)
        elif gan is not None and (detail is None or detail >= 1):
            members[scale] = alone(gan)
    if not members:
        lacking = "faithful" if all(variant is Variant.GAN for _, variant in variants) else "GAN"
        raise ModelError(
            f"detail {detail:g} needs a {lacking} model for enlarging and none is installed; "
            "leave detail out, or install one (unfade models list shows what there is)."
        )
    return members


def best_detail(estimate: Estimate, scale: int) -> float:
    """The detail, in steps of .05, that suits pictures compressed like that.

    Args:
        estimate: of the picture; a quality that cannot be told counts as clean.
        scale: the models' native scale.
    """
    if estimate.is_compressed_drawing:
        return 1.0  # it knows their edges and letters
    details = _BEST_DETAIL.get(scale, _BEST_DETAIL[2])
    quality = 100.0 if estimate.quality is None else estimate.quality
    detail = round(float(np.interp(quality, _QUALITIES, details)) * 20) / 20
    return max(detail, _DRAWN_DETAIL) if estimate.drawn == 1 and scale == 2 else detail


def best_cleaning(estimate: Estimate, scale: int) -> float:
    """The strength of De-artifact, in steps of .05, that suits pictures compressed like that before they are
    enlarged; the arguments as for :func:`best_detail`."""
    if estimate.quality is None or estimate.is_compressed_drawing:
        return 0.0
    strengths = _BEST_CLEANING.get(scale, _BEST_CLEANING[2])
    return round(float(np.interp(estimate.quality, _CLEANED, strengths)) * 20) / 20


def alone(model: Model) -> Members:
    """A single model."""
    return Members((model,), (1.0,))


def choose_passes(scale: float, natives: Iterable[int]) -> tuple[int, ...]:
    """The native scales to run one after the other, whose product is at least ``scale``.

    As few passes as can be, and of those the smallest product: x4 by a x4 model where there is one, else by
    x2 twice; x1.5 by x2. Raises ModelError where even the largest native falls short.
    """
    usable = sorted({native for native in natives if native > 1})
    for count in range(1, MOST_PASSES + 1):
        reached = [
            passes
            for passes in itertools.combinations_with_replacement(usable, count)
            if math.prod(passes) >= scale
        ]
        if reached:
            return min(reached, key=math.prod)
    raise ModelError(
        f"No installed model reaches scale {scale:g} in {MOST_PASSES} passes; "
        "choose a smaller scale or another model."
    )


def blends_live(options: UpscaleOptions, natives: Iterable[int]) -> bool:
    """Whether ``detail`` is a blend of two full results: with two passes it is not, the second reads a blend.

    ``natives`` are the scales for which there is a faithful and a GAN model.
    """
    if options.model is not None or options.detail is None or not 0 < options.detail < 1:
        return False
    try:
        return len(choose_passes(options.scale, natives)) == 1
    except ModelError:
        return False


def _best_of_each(models: Sequence[Model]) -> dict[tuple[int, Variant], Model]:
    """One model for each scale and variant: the shipped one first, for a user's own is asked for by name."""
    best: dict[tuple[int, Variant], Model] = {}
    for model in sorted(models, key=lambda model: model.source is not Source.SHIPPED):
        if model.card.task == UPSCALE.name:
            best.setdefault((model.card.scale, model.card.variant), model)
    return best


def _layouts(extent: Extent, passes: Sequence[Ensemble], tile: int) -> list[TileLayout]:
    """The tiles of each pass."""
    layouts = []
    for ensemble in passes:
        card = ensemble.card
        layouts.append(layout_of(card, extent, tile))
        extent = Extent(extent.height * card.scale, extent.width * card.scale)
    return layouts


def _run(
    colour: NDArray[Any],
    into: NDArray[Any],
    passes: Sequence[Ensemble],
    layouts: Sequence[TileLayout],
    told: PassProgress,
) -> str:
    """All passes, from ``colour`` (HWC) to ``into``; gives the provider that did the last one, or that took
    one of them over."""
    provider = None
    between = np.dtype(np.float32 if into.dtype == np.float32 else np.uint16)
    for index, (ensemble, layout) in enumerate(zip(passes, layouts, strict=True), start=1):
        scale = ensemble.card.scale
        size = (layout.extent.height * scale, layout.extent.width * scale)
        last = index == len(passes)
        step = into if last and size == into.shape[:2] else scratch.empty((*size, into.shape[2]), between)
        run = run_tiled(array_reader(colour), ensemble, array_writer(step), layout, told.of_pass(index))
        colour = step
        if run.provider != ensemble.provider:
            provider = run.provider
    if colour is not into:
        _resample(colour, into, Kernel.LANCZOS)
    return provider or run.provider


def _keep_level(colour: NDArray[Any], into: NDArray[Any]) -> None:
    """Gives what became of pixels whose eight neighbours have the same colour that colour, in place.

    Args:
        colour: the picture, HWC.
        into: the same enlarged, of its type.
    """
    height, width = colour.shape[:2]
    rows, columns = (
        (np.arange(large) * small // large) for large, small in zip(into.shape, (height, width), strict=False)
    )
    for strip in row_strips(Extent(*into.shape[:2]), _STRIP_PIXELS):
        scratch.let_go()
        taken = rows[strip.y : strip.bottom]
        first, last = int(taken[0]), int(taken[-1]) + 1
        top, bottom = max(first - 1, 0), min(last + 1, height)
        near = np.pad(colour[top:bottom], ((top - first + 1, last + 1 - bottom), (1, 1), (0, 0)), mode="edge")
        middle = colour[first:last]
        level = np.ones(middle.shape[:2], np.bool_)
        for y, x in itertools.product(range(3), repeat=2):
            level &= (near[y : y + last - first, x : x + width] == middle).all(axis=2)
        place = np.ix_(taken - first, columns)
        np.copyto(into[strip.y : strip.bottom], middle[place], where=level[place][..., None])


def _resample(source: NDArray[Any], into: NDArray[Any], kernel: Kernel) -> None:
    """Resamples HWC pixels to the size and dtype of ``into``, a strip at a time."""
    for y, strip in resized_strips(source, (into.shape[0], into.shape[1]), kernel):
        into[y : y + len(strip)] = _as(strip, into.dtype)


def _as(pixels: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if pixels.dtype == dtype and dtype != np.float32:  # floats may overshoot and have to be clipped
        return pixels
    return from_float(to_float(pixels), dtype)
