"""De-artifact: JPEG and WebP artifacts, and where it is asked for text watermarks, taken off by a network.

The network's second output is a mask of where a watermark is, and its third the picture without artifacts,
but with all that is written on it. Letters that belong to the picture look like a watermark, so that third
one is the result unless watermarks are asked for; where a model has none, what the mask shows stays as it
is. Windows show the mask, and the user may paint on it (:mod:`unfade.filters.strokes`). Memory beside input
and output is that mask (a byte a pixel), the strokes' surroundings, the copy in which a picture with
transparent pixels is filled, and a few tiles.

Where watermarks are asked for, the picture is looked at first: all of it, or nine squares of a large one,
tell whether there is a mark, and its inks (:mod:`unfade.filters.marks`). That look is the same for every
region, and kept in the caller's memo. Then there is one copy of the result more.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.ensemble import Ensemble, Timer, cleans_alone, finds_mask, model_for
from unfade.filters.marks import Marks, certainty, marked_pixels, read_marks, take_off
from unfade.filters.matte import MARGIN, RIM, View
from unfade.filters.mix import PROTECTION_REACH, luma_of
from unfade.filters.quality import estimated
from unfade.filters.runner import (
    Crop,
    Earlier,
    FilterRunner,
    Memo,
    PassProgress,
    Progress,
    Report,
    Result,
    all_of,
    crop_for,
    cut,
    cut_picture,
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
from unfade.inference import Bounds, Engine, Extent, Read, array_reader, layout_of, run_tiled, unheeded
from unfade.models import Model, ModelCard, Tiling
from unfade.picture import Picture, from_float, scratch, to_float

COMPRESSED, _CLEAN = 96.0, 98.0
"""Qualities of JPEG: below the first a picture is cleaned wholly, above the second it is left alone."""
_LOOKS = 2
"""At a picture with marks that are to go, mirrored and not, which are averaged (docs/training-log.md)."""
_MEMO = "marks"
_SMALL = 3 << 20  # pixels of a picture that is looked at whole for marks
_SQUARE = 512  # pixels a side of what is looked at of larger ones, and of what marks are taken off at a time
_MOST_VIEWS, _AROUND = 4, 64  # squares that inks are read from, and pixels around them


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
        self._keeps_letters = cleans_alone(card)
        self._ensembles = {
            (gray, mask, cleaned): Ensemble([self._session], [1.0], gray=gray, mask=mask, cleaned=cleaned)
            for gray in (False, True)
            for mask in {False, self._finds_mask}
            for cleaned in {False, self._keeps_letters}
        }
        if card.scale != 1:
            raise ModelError(
                f"The model {card.name} changes the size of a picture; choose another with --model."
            )

    def for_picture(self, picture: Picture, memo: Memo, earlier: Earlier) -> Cleaner:  # noqa: ARG002
        """Leaves alone, but for marks, what seems never to have been compressed."""
        quality = estimated(picture, memo).quality
        if quality is None:
            return self
        twin = copy.copy(self)
        twin._need = float(np.interp(quality, (COMPRESSED, _CLEAN), (1, 0)))
        return twin

    @property
    def card(self) -> ModelCard:
        """The model's, with a halo that reaches as far as the letters that it leaves alone."""
        card = self._session.card
        return dataclasses.replace(card, halo=card.halo + self._reach)

    @property
    def _chosen(self) -> Mapping[str, float]:
        return {"strength": round(self._need * self._options.strength, 2)}

    @property
    def _goes_by_mask(self) -> bool:
        """Whether more or less may be to be seen of the result where a watermark is found."""
        return self._finds_mask and (self._options.watermark or not self._keeps_letters)

    @property
    def _reach(self) -> int:
        """How far, in pixels, the result feels the mask."""
        return PROTECTION_REACH if self._goes_by_mask else 0

    @property
    def _removes(self) -> bool:
        """Whether watermarks go where the model finds them."""
        return self._finds_mask and self._options.watermark

    def crop(self, size: Extent, region: Bounds, *, transparent: bool) -> Crop:
        if self._removes:
            return super().crop(size, region, transparent=transparent)
        return self._crop_for(size, region, Marks(0.0), transparent=transparent)

    def _crop_for(self, size: Extent, region: Bounds, marks: Marks, *, transparent: bool) -> Crop:
        """:meth:`crop`, where it is known what marks there are."""
        card = self._session.card
        reach = region.grown(self._reach)
        if marks.trust:
            reach, transparent = reach.grown(MARGIN), True  # the matte's surroundings lie on the same grid
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
        timer, memo = Timer(), memo or Memo()
        if not self._removes:
            return self._clean(piece, crop, _Look(Marks(0.0)), want_mask, progress, timer, memo)
        look = self._look(piece, timer, progress, memo, keep=not crop.whole)
        if not crop.whole:
            crop = self._crop_for(size_of(piece), crop.output, look.marks, transparent=piece.has_alpha)
        return self._clean(cut_picture(piece, crop.input), crop, look, want_mask, progress, timer, memo)

    def _clean(
        self,
        piece: Picture,
        crop: Crop,
        look: _Look,
        want_mask: bool,
        progress: Progress | None,
        timer: Timer,
        memo: Memo,
    ) -> Result:
        """What ``crop`` is for, from its pixels, where it is known what marks there are."""
        strokes = tuple(stroke.moved(-crop.input.y, -crop.input.x) for stroke in self._options.strokes)
        goes = look.marks.there
        by_mask = self._goes_by_mask and (goes or not self._keeps_letters)
        patches = make_patches(piece, strokes, crop.input, memo)
        reader = patched_reader(seen_colour(piece), patches)
        if look.made is not None and not patches and (by_mask or look.made.plain):
            made = look.made.part(crop.input, shared=look.shared)
        else:
            wants = by_mask or (want_mask and bool(strokes or self._finds_mask))
            part, cleaned = not crop.whole, self._keeps_letters and not goes
            looks = _LOOKS if goes else 1
            made = self._run(piece, reader, wants, progress, timer, part=part, cleaned=cleaned, looks=looks)
        into, mask = made.into, made.mask
        if goes and mask is not None:
            _take_off(reader, into, mask, look.marks)
        lay_over_original(
            piece,
            into,
            self._options.strength,
            strokes,
            mask if by_mask else None,
            need=self._need,
            protect=not goes,
        )
        chosen = self._chosen
        if self._removes:
            chosen = {**chosen, "watermark": round(look.marks.sure, 2)}
            if not goes and mask is not None:
                mask[...] = 0
        if want_mask and mask is not None:
            paint_mask(mask, strokes)
        fallback = self._engine.fallback_of(self._session.provider, made.provider)
        report = Report(self._session.card.name, made.provider, fallback, timer.seconds, chosen=chosen)
        return crop.result(into, report, mask if want_mask else None)

    def _run(
        self,
        piece: Picture,
        reader: Read,
        wants_mask: bool,
        progress: Progress | None,
        timer: Timer,
        *,
        part: bool,
        cleaned: bool = False,
        looks: int = 1,
    ) -> _Made:
        """What the network makes of a picture as ``reader`` shows it; ``cleaned``: with all its letters."""
        ensemble = self._ensembles[piece.is_gray, wants_mask and self._finds_mask, cleaned]
        ensemble = ensemble.timed(timer).of_looks(looks)
        into, size = room_like(piece), size_of(piece)
        mask = scratch.zeros((size.height, size.width), np.uint8) if wants_mask else None
        tile = self._engine.tile_for(self._session.card, part=part)
        layout = layout_of(ensemble.card, size, tile)
        run = run_tiled(reader, ensemble, picture_writer(into.colour, mask), layout, progress)
        return _Made(into, mask, run.provider)

    def _look(
        self, picture: Picture, timer: Timer, progress: Progress | None, memo: Memo, *, keep: bool
    ) -> _Look:
        """What marks a picture has, and what the network made of it where that is known already.

        Args:
            keep: whether what the network made is to be had again for other regions.
        """
        size = size_of(picture)
        key = (self._session.path, size, picture.pixels.dtype)
        found: _Look | None = memo.recall(_MEMO, key)
        if found is not None:
            return found
        small = size.height * size.width <= _SMALL
        squares = [all_of(size)] if small else _usual_places(size)

        def seen(looks: int, told: Progress | None) -> list[tuple[Read, _Made]]:
            parts = []
            for square in squares:
                if progress is not None and not small:
                    progress(0, len(squares))
                piece = cut_picture(picture, square)
                reader = array_reader(seen_colour(piece))
                made = self._run(piece, reader, True, told, timer, part=not small, looks=looks)
                parts.append((reader, made))
            return parts

        card = self._session.card
        tiles = len(layout_of(card, size, self._engine.tile_for(card)))
        told = PassProgress([tiles, tiles], progress if small else None)
        with unheeded():
            # whether there are any is told by one look, of which it is known how sure it is
            parts = seen(1, told.of_pass(0))
            marks = Marks(certainty([made.mask for _, made in parts if made.mask is not None]))
            if marks.there:
                parts.clear()
                parts = seen(_LOOKS, told.of_pass(1))
                marks = _marks_of(marks.sure, parts)
            elif parts[0][1].plain:
                told.end()
        look = _Look(marks, parts[0][1] if small else None, shared=keep)
        memo.keep(_MEMO, key, look if keep else _Look(look.marks))
        return look


@dataclass(frozen=True)
class _Made:
    """What the network made of a picture."""

    into: Picture
    mask: NDArray[np.uint8] | None
    provider: str

    @property
    def plain(self) -> bool:
        """Whether nothing in it was taken for a mark."""
        return self.mask is not None and not self.mask.any()

    def part(self, bounds: Bounds, *, shared: bool) -> _Made:
        """A part of it; a copy where others may ask for it, too."""
        if not shared and bounds == all_of(size_of(self.into)):
            return self
        assert self.mask is not None
        pixels = cut(self.into.pixels, bounds).copy()
        return _Made(Picture(pixels, self.into.metadata), cut(self.mask, bounds).copy(), self.provider)


@dataclass(frozen=True)
class _Look:
    """What was found in a first look at the whole picture."""

    marks: Marks
    made: _Made | None = None
    """What the network made of all of it; None where only parts were looked at."""
    shared: bool = False
    """Whether that is kept for other regions."""


def _usual_places(size: Extent) -> list[Bounds]:
    """Where marks are in large pictures: corners, middles of edges, the middle; tiled ones are there, too."""

    def spans(length: int) -> list[tuple[int, int]]:
        """Up to three, which hardly overlap: what is marked is counted once."""
        count = min(-(-length // _SQUARE), 3)
        side = min(-(-length // count), _SQUARE)
        return [((length - side) * step // max(count - 1, 1), side) for step in range(count)]

    return [Bounds(y, x, h, w) for y, h in spans(size.height) for x, w in spans(size.width)]


def _squares(size: Extent) -> list[Bounds]:
    """A picture in squares."""
    rows, columns = range(0, size.height, _SQUARE), range(0, size.width, _SQUARE)
    return [Bounds(y, x, _SQUARE, _SQUARE).clipped(size) for y in rows for x in columns]


def _marks_of(sure: float, parts: Sequence[tuple[Read, _Made]]) -> Marks:
    """The marks of a picture, of which it is known how sure the network is of them, from parts of it."""
    places = []
    for number, (_, made) in enumerate(parts):
        assert made.mask is not None
        for square in _squares(Extent(*made.mask.shape)):
            count = marked_pixels(cut(made.mask, square))
            if count:
                places.append((-count, number, square))
    most = sorted(places, key=lambda place: place[:2])[:_MOST_VIEWS]
    views = []
    for _, number, square in most:
        reader, made = parts[number]
        assert made.mask is not None
        views.append(_view(reader, made.into, made.mask, square.grown(_AROUND)))
    return read_marks(sure, views)


def _view(reader: Read, made: Picture, mask: NDArray[np.uint8], bounds: Bounds) -> View:
    bounds = bounds.clipped(Extent(*mask.shape))
    seen = np.moveaxis(reader(bounds)[0], 0, -1)
    colour = to_float(cut(made.colour, bounds))
    wide = (*colour.shape[:2], 3)
    return View(
        np.ascontiguousarray(np.broadcast_to(seen, wide)),
        np.ascontiguousarray(np.broadcast_to(colour, wide)),
        to_float(cut(mask, bounds)),
    )


def _take_off(reader: Read, into: Picture, mask: NDArray[np.uint8], marks: Marks) -> None:
    """Takes marks off, in place of what the network made, square by square."""
    if not marks.trust:
        return
    size, least = Extent(*mask.shape), round(RIM * 255)
    before = Picture(scratch.copied(into.pixels))
    for square in _squares(size):
        if cut(mask, square.grown(MARGIN).clipped(size)).max(initial=0) < least:
            continue
        scratch.let_go()
        around = square.grown(MARGIN).clipped(size)
        clean = cut(take_off(_view(reader, before, mask, around), marks), square.within(around))
        if into.is_gray:
            clean = luma_of(clean)[..., None]
        cut(into.colour, square)[...] = from_float(clean, into.pixels.dtype)
