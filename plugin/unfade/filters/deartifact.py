"""De-artifact: JPEG and WebP artifacts, and text watermarks, taken off by a network.

The network's second output is a mask of where a watermark is. It is needed to leave the watermark alone, and
shown by windows, where the user may paint on it (:mod:`unfade.filters.strokes`). Memory beside input and
output is that mask (a byte a pixel, where it is wanted), the strokes' surroundings, the copy in which a
picture with holes is filled, and a few tiles.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.base import Filter, OnTile, Outcome, Ready, check_ranges, only_inside, option
from unfade.filters.choice import model_for
from unfade.filters.generator import Generator, Ledger, finds_mask
from unfade.filters.inpaint import make_patches, patch_bounds, patched_reader
from unfade.filters.part import Part, part_of
from unfade.filters.strokes import STROKES, Stroke, paint
from unfade.filters.watermark import PROTECTION_REACH, protection
from unfade.inference import Bounds, Engine, Extent, Write, array_writer, layout_of, row_strips, run_tiled
from unfade.models import Model, Task, Tiling
from unfade.picture import Picture, fill_transparent, from_float, to_float

_STRIP_PIXELS = 2**18


@dataclass(frozen=True)
class DeartifactOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    strength: float = option(1.0, "0 is the picture as it was, 1 the model's result.", low=0, high=1)
    watermark: bool = option(True, "Takes text watermarks off too, or leaves their pixels as they are.")
    strokes: tuple[Stroke, ...] = option(
        (),
        'Lines painted on the watermark mask: a JSON list of {"mode", "radius", "points"}; mode "add" says '
        'that this is watermark too, "keep" that this stays as it is.',
        kind=STROKES,
    )
    model: str | None = option(None, "A model to use in place of the installed one: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)


def deartifact(
    picture: Picture, options: DeartifactOptions, engine: Engine, on_tile: OnTile | None = None
) -> Picture:
    """The cleaned picture: same size, dtype, channels, alpha and metadata.

    Gray pictures run as RGB and come back as luma; colours under alpha 0 stay, and do not bleed. Raises
    ModelError, DeviceError, OutOfMemory, and what ``on_tile`` raises.
    """
    return prepare(options, engine, keep_mask=False)(picture, on_tile).picture


def prepare(options: DeartifactOptions, engine: Engine, *, keep_mask: bool = True) -> Cleaner:
    """Finds and opens the model. Raises ModelError, DeviceError, OutOfMemory.

    Without ``keep_mask`` outcomes have no mask, which takes a byte a pixel less.
    """
    model = model_for(Task.DEARTIFACT, options.model)
    cleaner = Cleaner(options, engine, model, keep_mask=keep_mask)
    card = cleaner.generator(Ledger(), gray=False, mask=False).card  # refuses a model that cannot be used
    if card.scale != 1:
        raise ModelError(f"The model {card.name} changes the size of a picture; choose another with --model.")
    if not options.watermark and not finds_mask(model.card):
        raise ModelError(
            f"The model {card.name} does not tell where a watermark is, so it cannot leave it alone; "
            "let it take watermarks off too, or choose another with --model."
        )
    return cleaner


class Cleaner(Ready):
    """De-artifact with its model open."""

    def __init__(self, options: DeartifactOptions, engine: Engine, model: Model, *, keep_mask: bool) -> None:
        self._options = options
        self._engine = engine
        self._model = model
        self._keep_mask = keep_mask

    def generator(self, ledger: Ledger, *, gray: bool, mask: bool) -> Generator:
        """The model for gray or colour pictures, with or without its mask."""
        return Generator([self._engine.session(self._model.path)], [1.0], ledger, gray=gray, mask=mask)

    def __call__(self, picture: Picture, on_tile: OnTile | None = None) -> Outcome:
        return self._clean(picture, self._options.strokes, on_tile)

    def size(self, extent: Extent) -> Extent:
        return extent

    def plan_part(self, extent: Extent, region: Bounds, *, holes: bool) -> Part:
        card = self._model.card
        reach = region.grown(0 if self._options.watermark else PROTECTION_REACH)
        seen = reach.grown(card.halo + card.size_multiple)
        for patch in patch_bounds(self._options.strokes, extent):
            if patch.overlaps(seen):
                reach = reach.united(patch)
        piece = part_of([card], 1.0, reach.clipped(extent), extent, holes=holes).piece
        return Part(piece, region.within(piece), region, exact=card.tiling is Tiling.EXACT)

    def run_part(self, piece: Picture, part: Part, on_tile: OnTile | None = None) -> Outcome:
        strokes = tuple(stroke.moved(-part.piece.y, -part.piece.x) for stroke in self._options.strokes)
        return only_inside(self._clean(piece, strokes, on_tile, part=True), part)

    def _clean(
        self,
        picture: Picture,
        strokes: tuple[Stroke, ...],
        on_tile: OnTile | None,
        *,
        part: bool = False,
    ) -> Outcome:
        ledger = Ledger()
        tile = self._engine.tile_for(self._model.card, part=part)
        protect = not self._options.watermark
        wanted = self._keep_mask or protect
        generator = self.generator(ledger, gray=picture.is_gray, mask=wanted and finds_mask(self._model.card))
        into = Picture(np.empty_like(picture.pixels), picture.metadata)
        mask = None
        if wanted and (strokes or finds_mask(self._model.card)):
            mask = np.zeros((picture.height, picture.width), np.uint8)
        colour = picture.colour
        if picture.alpha is not None:
            colour = fill_transparent(picture.colour, picture.alpha)
            assert into.alpha is not None
            into.alpha[...] = picture.alpha
        run = run_tiled(
            patched_reader(colour, make_patches(picture, strokes)),
            generator,
            _writer(into.colour, mask),
            layout_of(generator.card, Extent(picture.height, picture.width), tile),
            on_tile,
        )
        if mask is not None and strokes:
            _paint_mask(mask, strokes)
        _mix(picture, into, self._options.strength, strokes, mask if protect else None)
        return Outcome(
            picture=into,
            model=self._model.card.name,
            provider=run.provider,
            fallback=self._engine.fallback_of(generator.provider, run.provider),
            engine_seconds=ledger.seconds,
            mask=mask if self._keep_mask else None,
        )


def _writer(colour: NDArray[Any], mask: NDArray[np.uint8] | None) -> Write:
    """Puts what the network gives where it belongs: the picture, and the mask where there is one."""
    write_colour = array_writer(colour)
    if mask is None:
        return write_colour
    channels, write_mask = colour.shape[2], array_writer(mask[..., None])

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        write_colour(bounds, part[:, :channels])
        if part.shape[1] > channels:
            write_mask(bounds, part[:, channels:])

    return write


def _paint_mask(mask: NDArray[np.uint8], strokes: tuple[Stroke, ...]) -> None:
    """Lays the strokes on the mask, in place."""
    for strip in row_strips(Extent(*mask.shape), _STRIP_PIXELS):
        painted = paint(strokes, strip)
        if painted is not None:
            part = mask[strip.y : strip.bottom]
            part[...] = from_float(np.maximum(to_float(part), painted.add) * (1 - painted.keep), np.uint8)


def _mix(
    picture: Picture,
    into: Picture,
    strength: float,
    strokes: tuple[Stroke, ...],
    protected: NDArray[np.uint8] | None,
) -> None:
    """Blends the result, in place, with the picture it was made from.

    The original stays by ``strength``, under "keep" strokes, around the mark in the ``protected`` mask, and
    where nothing is to be seen of it.
    """
    for strip in row_strips(Extent(picture.height, picture.width), _STRIP_PIXELS):
        rows = slice(strip.y, strip.bottom)
        share = np.full((strip.height, strip.width), strength, np.float32)
        painted = paint(strokes, strip)
        if painted is not None:
            share *= 1 - painted.keep
        mark = None if protected is None else protection(protected, strip.y, strip.bottom)
        if mark is not None:
            share *= 1 - mark
        if picture.alpha is not None:
            share[picture.alpha[rows] == 0] = 0
        if share.min() == 1:
            continue
        original, part = to_float(picture.colour[rows]), into.colour[rows]
        difference = to_float(part) - original
        difference *= share[..., None]
        difference += original
        part[...] = from_float(difference, part.dtype)


DEARTIFACT = Filter(
    task=Task.DEARTIFACT,
    summary="Take JPEG artifacts and text watermarks off pictures.",
    options=DeartifactOptions,
    prepare=prepare,
    prepare_maskless=functools.partial(prepare, keep_mask=False),
)
