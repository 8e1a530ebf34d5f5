"""Repair: scratches, dust, hairs, creases, stains and torn corners found and filled by a network.

Beside the colours the network takes a channel that says where to look: its middle leaves the decision to the
network, a little more or less makes it quicker or slower to see damage. Its second output is the mask of what
it took for damage; where that is 0 and no stain was the picture stays as it was. What is painted over is
filled with what lies around it (:mod:`unfade.filters.strokes`), and the network sees that. What is too large
for a tile is found in the whole picture beforehand: torn corners and blots, which are filled as if painted
over (:mod:`unfade.filters.large_damage`), and translucent stains, which the network sees taken off
(:mod:`unfade.filters.stains`). Memory beside input and output is the mask (a byte a pixel, where it is
wanted), the strokes' surroundings, the copy in which a picture with transparent pixels is filled or one with
stains has lost them, and a few tiles.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.ensemble import Ensemble, LedEnsemble, Timer, finds_mask, looks_option, model_for
from unfade.filters.large_damage import LargeDamage, large_damage, scaled_strokes
from unfade.filters.mix import box_mean, lay_over
from unfade.filters.quality import estimated
from unfade.filters.runner import (
    Crop,
    Earlier,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    all_of,
    crop_for,
    room_like,
    seen_colour,
    size_of,
)
from unfade.filters.stains import (
    Stains,
    find_stains,
    mark_stains,
    open_stain_finder,
    take_off,
)
from unfade.filters.strokes import (
    STROKES,
    Stroke,
    lay_over_original,
    make_patches,
    paint,
    paint_mask,
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
    array_writer,
    layout_of,
    row_strips,
    run_tiled,
)
from unfade.models import Model, Tiling
from unfade.picture import Picture, dilated, scratch, to_float

Seen = Callable[[Bounds], NDArray[np.float32] | None]

_NEUTRAL, _NOWHERE = 0.5, 0.0
"""Of the channel that says where to look."""
_AGREED = 0.008
"""What is added for several looks, a quarter of a logit: they agree on less than one of them finds."""
_SWAY = 0.2
"""What lies between the two ends of the sensitivity."""
_HINT, _FROM, _TO = np.float32(0.5), np.float32(0.5), np.float32(0.9)
"""By how much more is looked for where damage was seen in a smaller copy, and from and to which value of its
mask that grows."""

_NOTHING, _RAMP = np.float32(13), np.float32(13)  # of the mask: up to which the picture stays, and how softly
_MARKED = 127  # a value of the mask that says there is damage
_WIDE = 9  # rows and columns around a pixel that all are marked, in what is wide
_CERTAIN = 0.96  # the least mean of the mask where it says damage, around a pixel of wide damage
_AROUND = 40  # rows and columns that this mean is of
_RIM, _SOFTENED = 5, 4  # pixels around a wide part that stay with it, and over which that ends
_SPECK = np.float32(5 / 255)  # mean difference between a pixel and those around it, where there are specks
_SPECKLED, _FIELD = 0.8, 20  # so much of what is marked, in so many rows and columns, makes a field of specks
UNSURE_REACH = _AROUND + _WIDE + _RIM + _SOFTENED
"""Pixels around one whose mask decides whether it stays as it was."""
_STRIP_PIXELS = 1 << 20
_DRAWN = 0.5  # how surely a drawing, whose level parts are no blots and no paper


@dataclass(frozen=True)
class RepairOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    strength: float = option(1.0, "How much of the result replaces the picture as it was.", low=0, high=1)
    sensitivity: float = option(
        0.5,
        "What counts as damage: from only what is painted over to all that might be some.",
        low=0,
        high=1,
    )
    strokes: tuple[Stroke, ...] = option(
        (),
        'Lines painted on the mask of the damage: a JSON list of {"mode", "radius", "points"}; mode "add" '
        'says that this is to be filled in from around it, "keep" that this stays as it is.',
        codec=STROKES,
    )
    looks: int = looks_option(3, "find the damage: better, and each a fifth slower")
    model: str | None = option(None, "A model to use in place of the installed one: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)


def open_repair(options: RepairOptions, engine: Engine) -> Repairer:
    """Finds and opens the model. Raises ModelError, DeviceError, OutOfMemory."""
    return Repairer(options, engine, model_for(REPAIR, options.model))


REPAIR = Filter(
    name="repair",
    title="Repair",
    summary="Take scratches, dust, hairs, creases and stains off old photographs.",
    purpose="repairing",
    Options=RepairOptions,
    live_options=("strength",),
    open=open_repair,
    mask="where damage was found",
)


class Repairer(FilterRunner):
    """Repair with its model open.

    The result has the size, channels and alpha of the picture. Gray pictures run as RGB and come back as
    luma; colours under alpha 0 stay.
    """

    def __init__(self, options: RepairOptions, engine: Engine, model: Model) -> None:
        """Opens the model. Raises ModelError for one of another shape."""
        self._options = options
        self._engine = engine
        self._session = engine.session(model.path)
        if not finds_mask(self._session.card) or self._session.card.scale != 1:
            raise ModelError(
                f"The model {self._session.card.name} does not tell where damage is; "
                "choose another with --model."
            )
        self._ensembles = {
            gray: Ensemble([self._session], [1.0], gray=gray, mask=True, guided=True)
            for gray in (False, True)
        }
        self.strokes = options.strokes
        self._large, self.stains, self._size = LargeDamage(), Stains(), Extent(0, 0)
        self._stain_finder = open_stain_finder(engine) if options.sensitivity else None

    def for_picture(self, picture: Picture, memo: Memo, earlier: Earlier) -> Repairer:
        """With the stains of a photograph known, and its torn corners and blots painted over; strokes of the
        user win."""
        if not self._options.sensitivity:
            return self
        options, kind = self._options, estimated(picture, memo)
        if kind.drawn >= _DRAWN or kind.is_compressed_drawing:
            return self

        demand, finder = _demand(options.sensitivity), self._stain_finder
        twin = copy.copy(self)
        twin._size = earlier.size
        if finder is not None and earlier.keep_colours:
            key = (finder.path, options.sensitivity)
            twin.stains = memo.once("stains", key, lambda: find_stains(finder, picture, self.shown, demand))
        twin._large = memo.once(
            "large damage",
            (self._session.path, options.sensitivity, twin._taken_off),
            lambda: large_damage(picture, twin._mask_of, self.shown, demand),
        )
        if not (twin.stains or twin._large):
            return self
        twin.strokes = (
            *scaled_strokes(twin._large.strokes, size_of(picture), earlier.size),
            *options.strokes,
        )
        return twin

    @property
    def _taken_off(self) -> Hashable:
        """What the picture without its stains depends on beside the picture; None where it has none."""
        if self._stain_finder is None or not self.stains:
            return None
        return self._stain_finder.path, self._options.sensitivity

    def _mask_of(self, picture: Picture) -> NDArray[np.uint8]:
        """The network's mask of a smaller copy of a picture, HW, without its stains."""
        size = size_of(picture)
        piece = take_off(self.shown(picture), self.stains, all_of(size), size)
        found = np.zeros((piece.height, piece.width), np.uint8)
        ensemble = self._ensembles[piece.is_gray].of_masks()
        run_tiled(
            guided_reader(array_reader(seen_colour(piece)), self._options.sensitivity, 1, (), _nothing),
            ensemble,
            array_writer(found[..., None]),
            layout_of(ensemble.card, size, self._engine.tile_for(self._session.card)),
        )
        return found

    def crop(self, size: Extent, region: Bounds, *, transparent: bool) -> Crop:
        card = self._session.card
        reach = region.grown(UNSURE_REACH)
        reach = reach_of_patches(self.strokes, reach, card.halo + card.size_multiple, size)
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
        strokes = tuple(stroke.moved(-crop.input.y, -crop.input.x) for stroke in self.strokes)
        size, timer = size_of(piece), Timer()
        whole = take_off(piece, self.stains, crop.input, self._size)
        into = room_like(piece)
        found = scratch.zeros((size.height, size.width), np.uint8)
        ensemble = LedEnsemble(self._ensembles[piece.is_gray].timed(timer), self._options.looks)
        run = run_tiled(
            guided_reader(
                patched_reader(
                    seen_colour(whole), make_patches(whole, strokes, crop.input, memo, self._taken_off)
                ),
                self._options.sensitivity,
                self._options.looks,
                strokes,
                lambda bounds: self._large.seen(
                    replace(bounds, y=bounds.y + crop.input.y, x=bounds.x + crop.input.x), self._size
                ),
            ),
            ensemble,
            picture_writer(into.colour, found),
            layout_of(ensemble.card, size, self._engine.tile_for(self._session.card, part=not crop.whole)),
            progress,
        )
        mask = scratch.copied(found) if want_mask else None
        leave_unsure(whole, into, found, mask, self._options.sensitivity, strokes)
        lay_over_original(piece, into, self._options.strength, strokes, None)
        if mask is not None:
            mark_stains(mask, self.stains, crop.input, self._size)
            paint_mask(mask, strokes)
        fallback = self._engine.fallback_of(ensemble.provider, run.provider)
        models = [self._session.card.name]
        if whole is not piece and self._stain_finder is not None:
            models.append(self._stain_finder.card.name)
        report = Report(" + ".join(models), run.provider, fallback, timer.seconds)
        return crop.result(into, report, mask)


def leave_unsure(
    picture: Picture,
    into: Picture,
    found: NDArray[np.uint8],
    mask: NDArray[np.uint8] | None,
    sensitivity: float,
    strokes: Sequence[Stroke],
) -> None:
    """Puts the picture back, in place, where the network took something wide and whole for damage and is not
    sure, and to the last bit where it found nothing. Many small specks side by side are not whole.

    Args:
        picture: as it was.
        into: the network's result.
        found: the network's mask, HW.
        mask: a copy of it, in which those parts are cleared; None where none is wanted.
        sensitivity: from the middle on less and less certainty is asked for, at 1 none.
        strokes: what the network saw painted over, and looked for nothing in.
    """
    least = _CERTAIN * _demand(sensitivity)
    for strip in row_strips(size_of(picture), _STRIP_PIXELS):
        scratch.let_go()
        rows = slice(strip.y, strip.bottom)
        goes = np.clip((found[rows].astype(np.float32) - _NOTHING) / _RAMP, 0, 1)
        painted = paint(strokes, strip)
        if painted is not None:
            np.maximum(goes, painted.add > 0, out=goes)
        stays = _unsure(found, picture.colour, strip.y, strip.bottom, least)
        if stays is not None:
            goes *= 1 - stays
            if mask is not None:
                mask[rows] = np.rint(mask[rows] * (1 - stays)).astype(np.uint8)
        lay_over(into.colour[rows], picture.colour[rows], goes[..., None])


def _unsure(
    found: NDArray[np.uint8], colour: NDArray[Any], first: int, last: int, least: float
) -> NDArray[np.float32] | None:
    """The original's share in these rows, HW in [0, 1]; None for nothing of it."""
    top = max(first - UNSURE_REACH, 0)
    near = found[top : last + UNSURE_REACH]
    marked = near > _MARKED
    if not marked.any():
        return None
    wide = ~dilated(~marked, _WIDE)
    if not wide.any():
        return None
    share = marked.astype(np.float32)
    certain = box_mean(near * share, _AROUND) / np.maximum(255 * box_mean(share, _AROUND), 1e-3)
    unsure = wide & (certain < least)
    if not unsure.any():
        return None
    unsure &= ~_field_of_specks(to_float(colour[top : last + UNSURE_REACH]), share)
    if not unsure.any():
        return None
    stays = box_mean(dilated(unsure, _WIDE + _RIM).astype(np.float32), _SOFTENED)
    return np.clip(stays[first - top : last - top], 0, 1)


def _field_of_specks(colour: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where nearly all that is marked is uneven, HW, as dust and sprinkles side by side are: of what is whole
    and wrongly taken for damage (sky, walls, a hat) only the edges are.

    Args:
        colour: of the picture, HWC in [0, 1].
        share: 1 where the mask says damage, 0 elsewhere, HW.
    """
    light = colour.mean(axis=2)
    uneven = box_mean(np.abs(light - box_mean(light, 2)), 3) > _SPECK
    return box_mean(uneven * share, _FIELD) > _SPECKLED * np.maximum(box_mean(share, _FIELD), 1e-3)


def _demand(sensitivity: float) -> float:
    """How much of the usual certainty is asked for."""
    return min(1.0, 2 - 2 * sensitivity)


def _nothing(bounds: Bounds) -> None:
    """What was seen in a smaller copy of the picture, where there is none."""


def guided_reader(plain: Read, sensitivity: float, looks: int, strokes: Sequence[Stroke], seen: Seen) -> Read:
    """A reader of pixels with the channel that says where to look behind them: where damage was seen, and
    nowhere under strokes, where all is as the person wants it.

    Args:
        looks: how many look for damage.
        seen: how surely something was seen in a smaller copy, HW in [0, 1]; None for nothing.
    """
    neutral = _NEUTRAL + (_AGREED if looks > 1 else 0.0)
    look = _NOWHERE if sensitivity == 0 else neutral + _SWAY * (sensitivity - 0.5)

    def read(bounds: Bounds) -> NDArray[np.float32]:
        window = plain(bounds)
        where = np.full((1, 1, *window.shape[2:]), look, np.float32)
        there = seen(bounds)
        if there is not None:
            where += _HINT * np.clip((there - _FROM) / (_TO - _FROM), 0, 1)
        painted = paint(strokes, bounds)
        if painted is not None:
            where *= 1 - np.maximum(painted.add, painted.keep)
        return np.concatenate((window, where), axis=1)

    return read
