"""Revive: faded colours brought back by a tone curve for each channel and a colour matrix.

A small network looks at the whole picture in a few pixels and names both; they are laid on the picture at its
full size and depth (:mod:`unfade.filters.tones`). Gray pictures get tone alone. Memory beside input and
output is that of a few strips.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unfade.errors import Cancelled, ModelError, UnfadeError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.ensemble import Timer, model_for
from unfade.filters.mix import LUMA
from unfade.filters.quality import drawn
from unfade.filters.runner import (
    Crop,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    cut_picture,
    room_like,
    size_of,
)
from unfade.filters.tones import Array, Taste, ToneMap, Toning, extremes_of, lay_tones
from unfade.inference import Engine, check_finite
from unfade.models import Model, ModelCard, Tiling
from unfade.picture import Kernel, Picture, fill_transparent, read_picture, resize, to_float

_WHOLE, _FADED = 0.12, 0.22
"""How much of its range a picture that has not faded leaves empty, at one end of one channel, and one that
may have. Of CID22's training pictures three quarters lie below the second; of the same faded, one in 180."""
_ENDS = (0.005, 0.995)
"""The quantiles that count as the ends of a channel: a speck of dust is white on every print."""
_GLANCE = 512
"""Pixels a side that are looked at, at least: more are no use to a network that sees a tenth of them."""
_RANGED = 256
"""Pixels a side in which the range that a picture uses is looked at: in those of the network thin letters and
twigs are gray, and in all of them scratches are black and white."""
MOST_TONED = 0.0062
"""The greatest :func:`distance_from_tone` of a gray or toned print.

Fourteen of sixteen old photographs lie below, and none of 41 of CID22's, faded or not; but a torn and
yellowed print lies above, and cannot be told from a faded picture of few colours."""
_TONES = 16


@dataclass(frozen=True)
class ReviveOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    strength: float = option(1.0, "How much of the result replaces the picture as it was.", low=0, high=1)
    warmth: float = option(0.0, "Below 0 is colder than the model's result, above 0 warmer.", low=-1, high=1)
    contrast: float = option(
        0.0, "Below 0 is softer than the model's result, above 0 harder.", low=-1, high=1
    )
    saturation: float = option(
        1.0, "How much of the result's colour: from gray to twice as colourful.", low=0, high=2
    )
    same_for_all: bool = option(
        False, "One correction for all pictures of a run, such as a roll of film or an album."
    )
    model: str | None = option(None, "A model to use in place of the installed one: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)


def open_revive(options: ReviveOptions, engine: Engine) -> Reviver:
    """Finds and opens the model. Raises ModelError, DeviceError, OutOfMemory."""
    return Reviver(options, engine, model_for(REVIVE, options.model))


REVIVE = Filter(
    name="revive",
    title="Revive",
    summary="Bring faded colours back.",
    purpose="faded colours",
    Options=ReviveOptions,
    live_options=("strength",),
    open=open_revive,
    keeps_colours=False,
)


class Reviver(FilterRunner):
    """Revive with its model open.

    The result has the size, channels, depth and alpha of the picture. The correction of a region is that of
    the whole picture, which is therefore its input crop.
    """

    def __init__(self, options: ReviveOptions, engine: Engine, model: Model) -> None:
        """Opens the model. Raises ModelError for one of another shape."""
        self._options = options
        self._engine = engine
        self._session = engine.session(model.path)
        self._common: Toning | None = None
        check_reviving(self._session.card)

    def survey(self, sources: Sequence[Path], progress: Progress | None = None) -> None:
        """With ``same_for_all``, names the correction for all these pictures: the mean of theirs."""
        if not self._options.same_for_all:
            return
        found = []
        for number, source in enumerate(sources):
            if progress is not None:
                progress(number, len(sources))
            try:
                found.append(self._named(self.shown(read_picture(source)), Timer()))
            except Cancelled:
                raise
            except UnfadeError:
                continue  # its own turn will tell
        self._common = Toning.mean(found) if found else None

    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,  # noqa: ARG002 - there is none
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        timer, options = Timer(), self._options
        if progress is not None:
            progress(0, 2)
        toning, extremes = self._looked_at(piece, timer, memo)
        if progress is not None:
            progress(1, 2)
        taste = Taste(options.warmth, options.contrast, options.saturation)
        source = cut_picture(piece, crop.inner)
        into = room_like(source)
        lay_tones(
            into.colour,
            source.colour,
            ToneMap(toning, taste, extremes, source.pixels.dtype),
            options.strength,
        )
        if progress is not None:
            progress(2, 2)
        fallback = self._engine.fallback_of(self._session.provider, self._session.provider)
        report = Report(self._session.card.name, self._session.provider, fallback, timer.seconds)
        return Result(into, crop.output, crop.exact, None, report)

    def _looked_at(self, picture: Picture, timer: Timer, memo: Memo | None) -> tuple[Toning, Array]:
        """The correction that the picture gets, and its extremes."""

        memo, size = memo or Memo(), size_of(picture)
        extremes = memo.once("extremes", size, lambda: extremes_of(picture.colour))
        key = (self._session.path, size)
        return self._common or memo.once("toning", key, lambda: self._named(picture, timer)), extremes

    def _named(self, picture: Picture, timer: Timer) -> Toning:
        """What the network names for a picture."""
        side, card = _working_size(self._session.card), self._session.card
        step = max(1, min(picture.height, picture.width) // _GLANCE)
        glance = np.ascontiguousarray(picture.pixels[::step, ::step])
        colour = glance[..., : picture.colour.shape[2]]
        if picture.has_alpha:
            colour = fill_transparent(colour, glance[..., -1])
        colour = np.ascontiguousarray(colour)
        small = to_float(resize(colour, (side, side), Kernel.BILINEAR))
        fed = np.repeat(small, 3, axis=2) if picture.is_gray else small
        started = time.perf_counter()
        results = self._session.run({card.inputs[0].name: np.ascontiguousarray(fed.transpose(2, 0, 1)[None])})
        timer.seconds += time.perf_counter() - started
        curves, matrix = (results[output.name].reshape(3, -1) for output in card.outputs)
        for values in (curves, matrix):
            check_finite(values, card)
        height, width = (min(each, _RANGED) for each in colour.shape[:2])
        ranged = to_float(resize(colour, (height, width), Kernel.BILINEAR))
        chance = _chance_of_fading(ranged) * (1 - drawn(picture))
        toning = Toning(curves, matrix).at(chance)
        # a toned print keeps its tone: what was sepia by choice and what yellowed look the same
        if picture.is_gray:
            return toning.of_tone_alone()
        return toning.of_tone_alone(small) if is_toned(small) else toning


def _chance_of_fading(colour: Array) -> float:
    """From 0 for a picture, HWC in [0, 1], all of whose channels use their whole range, to 1."""
    low, high = np.quantile(colour.reshape(-1, colour.shape[2]), _ENDS, axis=0)
    empty = max(float(low.max()), float((1 - high).max()))
    return min(max((empty - _WHOLE) / (_FADED - _WHOLE), 0.0), 1.0)


def check_reviving(card: ModelCard) -> None:
    """Raises ModelError for a model that does not name tone curves and a matrix."""
    spaces = [output.colour_space for output in card.outputs]
    if (
        spaces != ["tone curves", "colour matrix"]
        or card.outputs[0].channels % 3
        or card.tiling is not Tiling.WHOLE
    ):
        raise ModelError(
            f"The model {card.name} does not name tone curves and a colour matrix; "
            "choose another with --model."
        )


def _working_size(card: ModelCard) -> int:
    assert card.working_size is not None  # every card of a model that runs whole has one
    return card.working_size


def is_toned(colour: Array) -> bool:
    """Whether a small picture, HW3 in [0, 1], has one colour for each brightness: gray, sepia, cyanotype."""
    return distance_from_tone(colour) < MOST_TONED


def distance_from_tone(colour: Array) -> float:
    """How far the colours of HW3 in [0, 1] lie from the mean colour of their brightness, in the mean."""
    luma = colour @ LUMA
    chroma = (colour - luma[..., None]).reshape(-1, 3)
    tones = np.minimum((luma.ravel() * _TONES).astype(int), _TONES - 1)
    counts = np.maximum(np.bincount(tones, minlength=_TONES), 1)
    means = np.stack([np.bincount(tones, plane, _TONES) / counts for plane in chroma.T], axis=-1)
    return float(np.linalg.norm(chroma - means[tones], axis=1).mean())
