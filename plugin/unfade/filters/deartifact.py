"""De-artifact: JPEG and WebP artifacts, and where it is asked for text watermarks, taken off by a network.

The network's second output is a mask of where a watermark is, and its third the picture without artifacts,
but with all that is written on it. Letters that belong to the picture look like a watermark, so that third
one is the result unless watermarks are asked for; where a model has none, what the mask shows stays as it
is. Windows show the mask, and the user may paint on it (:mod:`unfade.filters.strokes`). Memory beside input
and output is that mask (a byte a pixel), the strokes' surroundings, the copy in which a picture with
transparent pixels is filled, and a few tiles.

Where watermarks are asked for, the picture is looked at first: all of it, or nine squares of a large one,
tell whether there is a mark, and its inks (:mod:`unfade.filters.marks`). What is found is the same for every
region, and kept in the caller's memo. Of a picture that may have marks each of those looks is held until
their mean is taken: results and masks of up to 3 megapixels.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.ensemble import Ensemble, Timer, cleans_alone, finds_mask, model_for
from unfade.filters.marks import (
    ALL_LOOKS,
    ONE_LOOK,
    POSSIBLE,
    Marks,
    certainty,
    read_marks,
    squares_of,
    take_off,
    usual_places,
    view_of,
    views_of,
)
from unfade.filters.matte import MARGIN, RIM
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
    paints_over,
    patched_reader,
    picture_writer,
    reach_of_patches,
)
from unfade.inference import (
    Bounds,
    Engine,
    Extent,
    Read,
    array_reader,
    layout_of,
    row_strips,
    run_tiled,
    unheeded,
)
from unfade.models import Model, ModelCard, Tiling
from unfade.picture import Picture, from_float, scratch

COMPRESSED, _CLEAN = 96.0, 98.0
"""Qualities of JPEG: below the first a picture is cleaned wholly, above the second it is left alone."""
_LOOKS, _LOOKS_AT_LARGE = 4, 2
"""At a picture that may have marks that are to go, mirrored both ways: what all of them are sure of tells
whether it has; then their mean, of large ones that of the first two, is what is made of it."""
_MEMO = "marks"
_SMALL = 3 << 20  # pixels of a picture that is looked at whole for marks
_STRIP_PIXELS = 1 << 20


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

    def _warnings(self, marks: Marks) -> tuple[str, ...]:
        """A sentence where watermarks were to go and none does; who has painted over one has seen to it."""
        if not self._options.watermark or marks.goes or paints_over(self._options.strokes):
            return ()
        if not self._finds_mask:
            name = self._session.card.name
            return (f"The model {name} finds no watermarks; choose another, or paint over them.",)
        if marks.there:
            return ("The watermark was left, for what would come in its place shows more; paint over it.",)
        return ("No watermark was found; if there is one, paint over it.",)

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
            told = PassProgress([0], progress)
            return self._clean(piece, crop, _Look(Marks(0.0)), want_mask, told, 0, timer, memo)
        size, card = size_of(piece), self._session.card
        key = (self._session.path, size, piece.pixels.dtype)
        look: _Look | None = memo.recall(_MEMO, key)
        tiles = len(layout_of(card, size, self._engine.tile_for(card)))
        if look is None:
            most = _LOOKS_AT_LARGE if _is_large(size) else _LOOKS if self._options.strokes else 1
            told = PassProgress([tiles] * (_LOOKS + most), progress)
            look = self._look(piece, timer, told, keep=not crop.whole)
            memo.keep(_MEMO, key, look if look.shared else _Look(look.marks, look.count))
            first = max(_LOOKS + most - look.count, _LOOKS)
            told.skip(range(_LOOKS, first))
        else:
            told, first = PassProgress([tiles] * look.count, progress), 0
        if not crop.whole:
            crop = self._crop_for(size_of(piece), crop.output, look.marks, transparent=piece.has_alpha)
        piece = cut_picture(piece, crop.input)
        return self._clean(piece, crop, look, want_mask, told, first, timer, memo)

    def _clean(
        self,
        piece: Picture,
        crop: Crop,
        look: _Look,
        want_mask: bool,
        told: PassProgress,
        first: int,
        timer: Timer,
        memo: Memo,
    ) -> Result:
        """What ``crop`` is for, from its pixels, where it is known what marks there are; its looks are the
        last passes that are ``told`` of, from the ``first`` on."""
        strokes = tuple(stroke.moved(-crop.input.y, -crop.input.x) for stroke in self._options.strokes)
        goes = look.marks.goes
        by_mask = self._goes_by_mask and (goes or not self._keeps_letters)
        patches = make_patches(piece, strokes, crop.input, memo)
        reader = patched_reader(seen_colour(piece), patches)
        if look.made is not None and not patches and (by_mask or look.made.plain):
            made = look.made.part(crop.input, shared=look.shared)
            told.end()
        else:
            wants = by_mask or (want_mask and bool(strokes or self._finds_mask))
            part, cleaned = not crop.whole, self._keeps_letters and not goes
            made = self._mean_of(
                [
                    self._run(piece, reader, wants, told.of_pass(first + which), timer, part, cleaned, which)
                    for which in range(look.count)
                ]
            )
        into, mask = made.into, made.mask
        shown = _take_off(reader, into, mask, look.marks, told) if goes and mask is not None else mask
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
            sure = math.floor(100 * look.marks.sure) / 100
            chosen = {**chosen, "watermark": sure, "watermark_goes": float(goes)}
            if not look.marks.there and shown is not None:
                shown[...] = 0
        if want_mask and shown is not None:
            paint_mask(shown, strokes)
        fallback = self._engine.fallback_of(self._session.provider, made.provider)
        report = Report(
            self._session.card.name,
            made.provider,
            fallback,
            timer.seconds,
            chosen=chosen,
            warnings=self._warnings(look.marks),
        )
        return crop.result(into, report, shown if want_mask else None)

    def _run(
        self,
        piece: Picture,
        reader: Read,
        wants_mask: bool,
        tell: Progress | None,
        timer: Timer,
        part: bool,
        cleaned: bool,
        which: int,
    ) -> _Made:
        """What the network makes of a picture as ``reader`` shows it, at look number ``which``; ``cleaned``:
        with all its letters."""
        ensemble = self._ensembles[piece.is_gray, wants_mask and self._finds_mask, cleaned]
        ensemble = ensemble.timed(timer).of_looks(1, which)
        into, size = room_like(piece), size_of(piece)
        mask = scratch.zeros((size.height, size.width), np.uint8) if wants_mask else None
        tile = self._engine.tile_for(self._session.card, part=part)
        layout = layout_of(ensemble.card, size, tile)
        run = run_tiled(reader, ensemble, picture_writer(into.colour, mask), layout, tell)
        return _Made(into, mask, run.provider)

    def _mean_of(self, looks: Sequence[_Made]) -> _Made:
        """The mean of what was made at several looks, in place of the first."""
        first = looks[0]
        if len(looks) == 1:
            return first
        pairs: list[tuple[NDArray[Any], list[NDArray[Any]]]]
        pairs = [(first.into.colour, [made.into.colour for made in looks])]
        if first.mask is not None:
            pairs.append((first.mask, [made.told_mask for made in looks]))
        for target, sources in pairs:
            for strip in row_strips(Extent(*target.shape[:2]), _STRIP_PIXELS):
                rows = slice(strip.y, strip.bottom)
                mean = np.mean([source[rows] for source in sources], axis=0, dtype=np.float32)
                target[rows] = mean if target.dtype == np.float32 else np.rint(mean)
        others = [made.provider for made in looks if made.provider != self._session.provider]
        return dataclasses.replace(first, provider=others[0] if others else first.provider)

    def _look(self, picture: Picture, timer: Timer, told: PassProgress, *, keep: bool) -> _Look:
        """What marks a picture has, and what the network made of it.

        Args:
            told: of the looks, as its first passes.
            keep: whether what the network made is to be had again for other regions.
        """
        size = size_of(picture)
        small = not _is_large(size)
        pieces = [cut_picture(picture, at) for at in ([all_of(size)] if small else usual_places(size))]
        readers = [array_reader(seen_colour(piece)) for piece in pieces]

        def seen(which: int) -> list[_Made]:
            made, tell = [], told.of_pass(which)
            for number, (piece, reader) in enumerate(zip(pieces, readers, strict=True)):
                if tell is not None and not small:
                    tell(number, len(pieces))
                within = tell if small else None
                made.append(self._run(piece, reader, True, within, timer, not small, False, which))
            return made

        with unheeded():
            looks = [seen(0)]
            sure = certainty([made.told_mask for made in looks[0]], ONE_LOOK)
            marks, made = Marks(0.0), looks[0][0] if small else None
            if sure >= POSSIBLE:
                looks += map(seen, range(1, _LOOKS))
                least = [
                    np.minimum.reduce([made.told_mask for made in each]) for each in zip(*looks, strict=True)
                ]
                marks = Marks(certainty(least, ALL_LOOKS))
            else:
                told.skip(range(1, _LOOKS))
            if marks.there:
                parts = [self._mean_of(each) for each in zip(*looks, strict=True)]
                shown = [
                    (reader, made.into, made.told_mask) for reader, made in zip(readers, parts, strict=True)
                ]
                marks = read_marks(marks.sure, views_of(shown))
                made = parts[0] if small and marks.goes else None
        count = (_LOOKS if small else _LOOKS_AT_LARGE) if marks.goes else 1
        return _Look(marks, count, made, shared=keep)


@dataclass(frozen=True)
class _Made:
    """What the network made of a picture."""

    into: Picture
    mask: NDArray[np.uint8] | None
    provider: str

    @property
    def told_mask(self) -> NDArray[np.uint8]:
        """The mask, of a network that was asked for one."""
        assert self.mask is not None
        return self.mask

    @property
    def plain(self) -> bool:
        """Whether nothing in it was taken for a mark."""
        return self.mask is not None and not self.mask.any()

    def part(self, bounds: Bounds, *, shared: bool) -> _Made:
        """A part of it; a copy where others may ask for it, too."""
        if not shared and bounds == all_of(size_of(self.into)):
            return self
        pixels = cut(self.into.pixels, bounds).copy()
        return _Made(Picture(pixels, self.into.metadata), cut(self.told_mask, bounds).copy(), self.provider)


@dataclass(frozen=True)
class _Look:
    """What was found in looks at the whole picture."""

    marks: Marks
    count: int = 1
    """The looks whose mean is the result."""
    made: _Made | None = None
    """What the network made of all of it; None where only parts were looked at."""
    shared: bool = False
    """Whether that is kept for other regions."""


def _is_large(size: Extent) -> bool:
    """Whether a picture is looked at in places, not whole, for marks."""
    return size.height * size.width > _SMALL


def _take_off(
    reader: Read, into: Picture, mask: NDArray[np.uint8], marks: Marks, told: PassProgress
) -> NDArray[np.uint8]:
    """Takes marks off, in place of what the network made, square by square; gives where they were."""
    if not marks.trust:
        return mask
    size, least = Extent(*mask.shape), round(RIM * 255)
    before, where = Picture(scratch.copied(into.pixels)), scratch.copied(mask)
    for square in squares_of(size):
        if cut(mask, square.grown(MARGIN).clipped(size)).max(initial=0) < least:
            continue
        scratch.let_go()
        told.end()  # who stops a run is heard between squares
        around = square.grown(MARGIN).clipped(size)
        place = square.within(around)
        clean = take_off(view_of(reader, before, mask, around), marks, place)
        picture = cut(clean.picture, place)
        if into.is_gray:
            picture = luma_of(picture)[..., None]
        cut(into.colour, square)[...] = from_float(picture, into.pixels.dtype)
        cut(where, square)[...] = from_float(cut(clean.mask, place), where.dtype)
    return where
