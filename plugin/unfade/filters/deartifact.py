"""De-artifact: JPEG and WebP artifacts, and where it is asked for text watermarks, taken off by a network.

The network's second output is a mask of where a watermark is. Letters that belong to the picture look like
one, so what the mask shows stays as it is unless watermarks are asked for or painted over. Windows show the
mask, and the user may paint on it (:mod:`unfade.filters.strokes`). Memory beside input and output is that
mask (a byte a pixel), the strokes' surroundings, the copy in which a picture with transparent pixels is
filled, and a few tiles.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from unfade.errors import ModelError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.ensemble import Ensemble, Timer, finds_mask, model_for
from unfade.filters.mix import PROTECTION_REACH
from unfade.filters.quality import quality_of
from unfade.filters.runner import (
    Crop,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    crop_for,
    room_like,
    seen_colour,
    size_of,
)
from unfade.filters.strokes import (
    STROKES,
    Stroke,
    lay_over_original,
    make_patches,
    paint_mask,
    patched_reader,
    picture_writer,
    reach_of_patches,
)
from unfade.inference import Bounds, Engine, Extent, layout_of, run_tiled
from unfade.models import Model, Tiling
from unfade.picture import Picture, scratch

_COMPRESSED, _CLEAN = 96.0, 98.0  # qualities of JPEG: a picture is cleaned wholly, and is left alone


@dataclass(frozen=True)
class DeartifactOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    strength: float = option(
        1.0,
        "0 is the picture as it was, 1 the model's result, as far as there is something to clean.",
        low=0,
        high=1,
    )
    watermark: bool = option(
        False, "Takes text watermarks off too; else all letters stay as they are, but for what is painted."
    )
    strokes: tuple[Stroke, ...] = option(
        (),
        'Lines painted on the watermark mask: a JSON list of {"mode", "radius", "points"}; mode "add" says '
        'that this is a watermark to be filled in, "keep" that this stays as it is.',
        codec=STROKES,
    )
    model: str | None = option(None, "A model to use in place of the installed one: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)


def open_deartifact(options: DeartifactOptions, engine: Engine) -> Cleaner:
    """Finds and opens the model. Raises ModelError, DeviceError, OutOfMemory."""
    return Cleaner(options, engine, model_for(DEARTIFACT, options.model))


DEARTIFACT = Filter(
    name="deartifact",
    title="De-artifact",
    summary="Take JPEG artifacts and text watermarks off pictures.",
    purpose="cleaning",
    Options=DeartifactOptions,
    live_options=("strength",),
    open=open_deartifact,
    mask="where a watermark was found",
)


class Cleaner(FilterRunner):
    """De-artifact with its model open.

    The result has the size, channels and alpha of the picture. Gray pictures run as RGB and come back as
    luma; colours under alpha 0 stay, and do not bleed.
    """

    def __init__(self, options: DeartifactOptions, engine: Engine, model: Model) -> None:
        """Opens the model. Raises ModelError for one that cannot do what the options ask for."""
        self._options = options
        self._engine = engine
        self._session = engine.session(model.path)
        card = self._session.card
        self._finds_mask = finds_mask(card)
        self._need = 1.0
        self._ensembles = {
            (gray, mask): Ensemble([self._session], [1.0], gray=gray, mask=mask)
            for gray in (False, True)
            for mask in {False, self._finds_mask}
        }
        if card.scale != 1:
            raise ModelError(
                f"The model {card.name} changes the size of a picture; choose another with --model."
            )

    def for_picture(self, picture: Picture, memo: Memo) -> Cleaner:
        """Leaves alone, but for marks, what seems never to have been compressed."""
        quality = memo.once("quality", (), lambda: quality_of(picture))
        if quality is None:
            return self
        twin = copy.copy(self)
        twin._need = float(np.interp(quality, (_COMPRESSED, _CLEAN), (1, 0)))
        return twin

    @property
    def _chosen(self) -> dict[str, float]:
        return {"strength": round(self._need * self._options.strength, 2)}

    @property
    def _goes_by_mask(self) -> bool:
        """Whether more or less is to be seen of the result where a watermark is found."""
        return self._finds_mask and (not self._options.watermark or self._need < 1)

    def crop(self, size: Extent, region: Bounds, *, transparent: bool) -> Crop:
        card = self._session.card
        reach = region.grown(PROTECTION_REACH if self._goes_by_mask else 0)
        reach = reach_of_patches(self._options.strokes, reach, card.halo + card.size_multiple, size)
        piece = crop_for([card], 1.0, reach, size, transparent=transparent).input
        return Crop(piece, region.within(piece), region, exact=card.tiling is Tiling.EXACT)

    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        if not (self._need or want_mask or self._options.watermark or self._options.strokes):
            same = Picture(scratch.copied(piece.pixels), piece.metadata)
            card, provider = self._session.card, self._session.provider
            return crop.result(same, Report(card.name, provider, None, 0.0, chosen=self._chosen))
        strokes = tuple(stroke.moved(-crop.input.y, -crop.input.x) for stroke in self._options.strokes)
        size, timer, by_mask = size_of(piece), Timer(), self._goes_by_mask
        ensemble = self._ensembles[piece.is_gray, by_mask or (want_mask and self._finds_mask)].timed(timer)
        into = room_like(piece)
        mask = None
        if by_mask or (want_mask and (strokes or self._finds_mask)):
            mask = scratch.zeros((size.height, size.width), np.uint8)
        run = run_tiled(
            patched_reader(seen_colour(piece), make_patches(piece, strokes, crop.input, memo)),
            ensemble,
            picture_writer(into.colour, mask),
            layout_of(ensemble.card, size, self._engine.tile_for(self._session.card, part=not crop.whole)),
            progress,
        )
        lay_over_original(
            piece,
            into,
            self._options.strength,
            strokes,
            mask if by_mask else None,
            need=self._need,
            protect=not self._options.watermark,
        )
        if want_mask and mask is not None:
            paint_mask(mask, strokes)
        fallback = self._engine.fallback_of(ensemble.provider, run.provider)
        report = Report(self._session.card.name, run.provider, fallback, timer.seconds, chosen=self._chosen)
        return crop.result(into, report, mask if want_mask else None)
