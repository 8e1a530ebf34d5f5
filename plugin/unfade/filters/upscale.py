"""Upscale: a picture made larger by a network, to any size between 1 and 4 times.

The models enlarge by whole numbers, their native scales. Any other scale runs the next larger one and
resamples the result down, antialiased; a scale beyond the largest model runs it twice. What lies between two
steps is kept at 16 bits a channel (32-bit floats for float pictures): half the memory of floats, and rounding
twice costs less than a 250th of an 8-bit step. Memory beside input and output is those intermediate pictures
(6 bytes for each of their RGB pixels), the copy in which a picture with alpha is filled, and a few tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import UsageError
from unfade.filters.base import Filter, OnTile, Outcome, Ready, check_ranges, only_inside, option
from unfade.filters.choice import Blend, alone, choose_blends, choose_passes, named_model
from unfade.filters.generator import Generator, Ledger
from unfade.filters.part import Part, part_of, scaled_extent
from unfade.inference import (
    Bounds,
    Engine,
    Extent,
    TileLayout,
    array_reader,
    array_writer,
    layout_of,
    run_tiled,
)
from unfade.models import Task, catalog
from unfade.picture import Kernel, Picture, fill_transparent, from_float, resized_strips, to_float


@dataclass(frozen=True)
class UpscaleOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    scale: float = option(2.0, "How many times as large: 1.5, 2, 3, 4 or anything between.", low=1, high=4)
    detail: float | None = option(
        None,
        "0 runs the faithful model, 1 the GAN model, and what lies between blends the two; "
        "the faithful one, where there is one, when left out.",
        low=0,
        high=1,
    )
    strength: float = option(1.0, "0 is plain enlargement, 1 the model's result.", low=0, high=1)
    model: str | None = option(None, "A model to use in place of the installed one that fits: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.model is not None and self.detail is not None:
            raise UsageError(
                "detail chooses between the models and model names one; leave one of the two out."
            )


def upscale(
    picture: Picture, options: UpscaleOptions, engine: Engine, on_tile: OnTile | None = None
) -> Picture:
    """The picture ``options.scale`` times as large, each side rounded; same dtype, channels and metadata.

    Gray pictures run as RGB and come back as luma; alpha is enlarged by itself, and colours under alpha 0 do
    not bleed. Raises ModelError, DeviceError, OutOfMemory, and what ``on_tile`` raises.
    """
    return prepare(options, engine)(picture, on_tile).picture


def prepare(options: UpscaleOptions, engine: Engine) -> Upscaler:
    """Finds and opens the models. Raises ModelError, DeviceError, OutOfMemory."""
    if options.model is not None:
        model = named_model(options.model, Task.UPSCALE)
        blends = {model.card.scale: alone(model)}
    else:
        blends = choose_blends(catalog.list_models(), options.detail)
    passes = [blends[native] for native in choose_passes(options.scale, blends)]
    upscaler = Upscaler(options, engine, passes)
    upscaler.generators(Ledger(), gray=False)  # opens the models, and refuses the ones that cannot be used
    return upscaler


class Upscaler(Ready):
    """Upscale with its models open."""

    def __init__(self, options: UpscaleOptions, engine: Engine, passes: Sequence[Blend]) -> None:
        self._options = options
        self._engine = engine
        self._passes = passes
        names = dict.fromkeys(model.card.name for blend in passes for model in blend.models)
        self._names = " + ".join(names)

    def generators(self, ledger: Ledger, *, gray: bool) -> list[Generator]:
        """One for each pass."""
        return [
            Generator(
                [self._engine.session(model.path) for model in blend.models], blend.weights, ledger, gray=gray
            )
            for blend in self._passes
        ]

    def __call__(self, picture: Picture, on_tile: OnTile | None = None) -> Outcome:
        return self._enlarge(picture, on_tile)

    def size(self, extent: Extent) -> Extent:
        return scaled_extent(extent, self._options.scale)

    def plan_part(self, extent: Extent, region: Bounds, *, holes: bool) -> Part:
        cards = [generator.card for generator in self.generators(Ledger(), gray=False)]
        return part_of(cards, self._options.scale, region, extent, holes=holes)

    def run_part(self, piece: Picture, part: Part, on_tile: OnTile | None = None) -> Outcome:
        return only_inside(self._enlarge(piece, on_tile, part=True), part)

    def _enlarge(self, picture: Picture, on_tile: OnTile | None, *, part: bool = False) -> Outcome:
        ledger = Ledger()
        generators = self.generators(ledger, gray=picture.is_gray)
        farthest = max((each.card for each in generators), key=lambda card: card.halo)
        tile = self._engine.tile_for(farthest, part=part)
        size = self.size(Extent(picture.height, picture.width))
        result = np.empty((size.height, size.width, picture.pixels.shape[2]), picture.pixels.dtype)
        into = Picture(result, picture.metadata)
        colour = picture.colour
        if picture.alpha is not None:
            colour = fill_transparent(picture.colour, picture.alpha)
            assert into.alpha is not None
            _resample(picture.alpha[..., None], into.alpha[..., None], Kernel.BICUBIC)
        layouts = _layouts(Extent(picture.height, picture.width), generators, tile)
        provider = _run(colour, into.colour, generators, layouts, on_tile)
        if self._options.strength < 1:
            _weaken(into.colour, colour, self._options.strength)
        return Outcome(
            picture=into,
            model=self._names,
            provider=provider,
            fallback=self._engine.fallback_of(generators[-1].provider, provider),
            engine_seconds=ledger.seconds,
        )


def _layouts(extent: Extent, generators: Sequence[Generator], tile: int) -> list[TileLayout]:
    """The tiles of each pass."""
    layouts = []
    for generator in generators:
        card = generator.card
        layouts.append(layout_of(card, extent, tile))
        extent = Extent(extent.height * card.scale, extent.width * card.scale)
    return layouts


def _run(
    colour: NDArray[Any],
    into: NDArray[Any],
    generators: Sequence[Generator],
    layouts: Sequence[TileLayout],
    on_tile: OnTile | None,
) -> str:
    """All passes, from ``colour`` (HWC) to ``into``; gives the provider that ended up doing it."""
    progress = _Progress([len(layout) for layout in layouts], on_tile)
    between = np.dtype(np.float32 if into.dtype == np.float32 else np.uint16)
    for index, (generator, layout) in enumerate(zip(generators, layouts, strict=True)):
        scale = generator.card.scale
        size = (layout.extent.height * scale, layout.extent.width * scale)
        last = index == len(generators) - 1
        step = into if last and size == into.shape[:2] else np.empty((*size, into.shape[2]), between)
        run = run_tiled(array_reader(colour), generator, array_writer(step), layout, progress.of_pass(index))
        colour = step
    if colour is not into:
        _resample(colour, into, Kernel.LANCZOS)
    return run.provider


class _Progress:
    """Counts the tiles of all passes as one run."""

    def __init__(self, totals: list[int], on_tile: OnTile | None) -> None:
        self._totals = totals
        self._on_tile = on_tile

    def of_pass(self, index: int) -> OnTile | None:
        """The callback for one pass; a layout that changes on the way changes the sum."""
        if self._on_tile is None:
            return None
        tell, totals = self._on_tile, self._totals

        def on_tile(done: int, total: int) -> None:
            totals[index] = total
            tell(sum(totals[:index]) + done, sum(totals))

        return on_tile


UPSCALE = Filter(
    task=Task.UPSCALE,
    summary="Enlarge pictures, up to four times.",
    options=UpscaleOptions,
    prepare=prepare,
)


def _resample(source: NDArray[Any], into: NDArray[Any], kernel: Kernel) -> None:
    """Resamples HWC pixels to the size and dtype of ``into``, a strip at a time."""
    for y, strip in resized_strips(source, (into.shape[0], into.shape[1]), kernel):
        into[y : y + len(strip)] = _as(strip, into.dtype)


def _as(pixels: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if pixels.dtype == dtype and dtype != np.float32:  # floats may overshoot and have to be clipped
        return pixels
    return from_float(to_float(pixels), dtype)


def _weaken(into: NDArray[Any], colour: NDArray[Any], strength: float) -> None:
    """Blends the result, in place, with a plain enlargement of the colours it was made from."""
    for y, strip in resized_strips(colour, (into.shape[0], into.shape[1]), Kernel.BICUBIC):
        part = into[y : y + len(strip)]
        part[...] = from_float(strength * to_float(part) + (1 - strength) * to_float(strip), into.dtype)
