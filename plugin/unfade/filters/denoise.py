"""Denoise: film grain and sensor noise taken off by a network that tells their strength from the picture.

What the network takes off is parted into luma and chroma, each with a share of its own, and new grain of the
picture's own kind can be given back (:mod:`unfade.filters.grain`). For another level than the picture's, what
is missing of the noise is added before the network looks, or less of what it takes off is taken. Memory
beside input and output is the copy in which a picture with transparent pixels is filled, and a few tiles.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.ensemble import Ensemble, Timer, looks_option, model_for
from unfade.filters.grain import FULL_LEVEL, Array, Grain, noise_level, white_noise
from unfade.filters.mix import luma_of, over, parted
from unfade.filters.runner import (
    Crop,
    Earlier,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    crop_for,
    cut,
    cut_picture,
    room_like,
    seen_colour,
    size_of,
    squares_over,
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
from unfade.picture import Picture, from_float, scratch, to_float

_STRIP_PIXELS = 2**18
_SAMPLE = 128  # pixels a side of the places where the picture's noise is looked at


@dataclass(frozen=True)
class DenoiseOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    strength: float = option(1.0, "How much of the result replaces the picture as it was.", low=0, high=1)
    luma: float = option(1.0, "How much of the noise in brightness is taken off.", low=0, high=1)
    chroma: float = option(1.0, "How much of the noise in colour is taken off.", low=0, high=1)
    grain: float = option(
        0.0, "How much new grain, of the kind that was there, the result gets.", low=0, high=1
    )
    level: float | None = option(
        None,
        "How strong the noise is taken to be, at most a deviation of 50 in 255; as strong as it looks when "
        "left out.",
        low=0,
        high=1,
    )
    looks: int = looks_option(2)
    model: str | None = option(None, "A model to use in place of the installed one: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)


def open_denoise(options: DenoiseOptions, engine: Engine) -> Denoiser:
    """Finds and opens the model. Raises ModelError, DeviceError, OutOfMemory."""
    return Denoiser(options, engine, model_for(DENOISE, options.model))


DENOISE = Filter(
    name="denoise",
    title="Denoise",
    summary="Take film grain and sensor noise off pictures.",
    purpose="taking noise off",
    Options=DenoiseOptions,
    live_options=("strength", "luma", "chroma", "grain"),
    open=open_denoise,
)


class Denoiser(FilterRunner):
    """Denoise with its model open.

    The result has the size, channels and alpha of the picture. Gray pictures run as RGB and come back as
    luma; colours under alpha 0 stay. Grain and a level of one's own are told from the whole picture, which is
    then the input crop of every region.
    """

    def __init__(self, options: DenoiseOptions, engine: Engine, model: Model) -> None:
        """Opens the model. Raises ModelError for one of another shape."""
        self._options = options
        self._engine = engine
        self._session = engine.session(model.path)
        if self._session.card.scale != 1:
            raise ModelError(
                f"The model {self._session.card.name} changes the size of a picture; "
                "choose another with --model."
            )
        self._ensembles = {gray: Ensemble([self._session], [1.0], gray=gray) for gray in (False, True)}
        self._chosen: Mapping[str, float] = {}

    def for_picture(self, picture: Picture, memo: Memo, earlier: Earlier) -> Denoiser:  # noqa: ARG002
        """Tells how strong the noise of the picture looks, where nobody says how strong it is."""
        if self._options.level is not None:
            return self
        twin = copy.copy(self)
        twin._chosen = {"level": round(self._noise_of(picture, memo, self.shown), 2)}
        return twin

    def crop(self, size: Extent, region: Bounds, *, transparent: bool) -> Crop:
        if self._options.grain > 0 or self._options.level is not None:
            return super().crop(size, region, transparent=transparent)
        card = self._session.card
        piece = crop_for([card], 1.0, region, size, transparent=transparent).input
        return Crop(piece, region.within(piece), region, exact=card.tiling is Tiling.EXACT)

    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,  # noqa: ARG002 - there is none
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        options, timer, memo = self._options, Timer(), memo or Memo()
        # of a whole picture that is there for its statistics alone, only what the region needs is run
        card, size = self._session.card, size_of(piece)
        needed = crop_for([card], 1.0, crop.inner, size, transparent=piece.has_alpha).input
        seen = cut_picture(piece, needed)
        wanted = crop.inner.within(needed)
        level = None
        if options.level is not None:
            level = _Level(options.level, self._noise_of(piece, memo), needed)
        kind = self._kind_of(piece, timer, memo) if options.grain > 0 else None
        into = room_like(seen)
        ensemble = self._ensembles[piece.is_gray].timed(timer).of_looks(options.looks)
        reader = array_reader(seen_colour(seen))
        run = run_tiled(
            reader if level is None else level.reader(reader),
            ensemble,
            array_writer(into.colour),
            layout_of(ensemble.card, size_of(seen), self._engine.tile_for(card, part=not crop.whole)),
            progress,
        )
        place = Bounds(crop.output.y - wanted.y, crop.output.x - wanted.x, 0, 0)
        self._lay(seen, into, kind, 1.0 if level is None else level.share, place)
        fallback = self._engine.fallback_of(ensemble.provider, run.provider)
        report = Report(card.name, run.provider, fallback, timer.seconds, chosen=self._chosen)
        return Result(cut_picture(into, wanted), crop.output, crop.exact, None, report)

    def _lay(self, source: Picture, into: Picture, kind: Grain | None, share: float, place: Bounds) -> None:
        """Lays what the network gives, in place, over the picture it was made from, as the options say.

        Args:
            share: of what was taken off that is to be off.
            place: where ``source`` begins in the picture.
        """
        options = self._options
        luma, chroma = share * options.luma, share * options.chroma
        for strip in row_strips(size_of(source), _STRIP_PIXELS):
            scratch.let_go()
            plain, clean = to_float(cut(source.colour, strip)), to_float(cut(into.colour, strip))
            result = parted(clean, plain, luma, chroma)
            if kind is not None:
                bright = luma_of(clean)
                at = Bounds(place.y + strip.y, place.x, strip.height, strip.width)
                result = result + np.float32(options.grain) * kind.over(bright, at)[..., None]
            if options.strength < 1:
                result = over(result, plain, options.strength)
            if source.alpha is not None:
                hidden = cut(source.alpha, strip) == 0
                result = np.where(hidden[..., None], plain, result)
            cut(into.colour, strip)[...] = from_float(result, into.pixels.dtype)

    def _noise_of(
        self, picture: Picture, memo: Memo, shown: Callable[[Picture], Picture] = lambda seen: seen
    ) -> float:
        """The level of the noise of a picture, as a run gets to see it or made so by ``shown``."""

        def measured() -> float:
            places = [shown(cut_picture(picture, at)) for at in squares_over(size_of(picture), _SAMPLE)]
            return float(np.median([noise_level(to_float(place.colour)) for place in places]))

        return memo.once("noise", size_of(picture), measured)

    def _kind_of(self, picture: Picture, timer: Timer, memo: Memo) -> Grain:
        """The kind of the picture's grain, from a few places of it."""

        def measured() -> Grain:
            places = squares_over(size_of(picture), _SAMPLE)
            pairs = [self._before_and_after(picture, at, timer) for at in places]
            return Grain.of([before for before, _ in pairs], [after for _, after in pairs])

        return memo.once("grain", (self._session.path, size_of(picture)), measured)

    def _before_and_after(self, picture: Picture, at: Bounds, timer: Timer) -> tuple[Array, Array]:
        """Luma of a place, HW, as it is and as the network makes it."""
        needed = crop_for([self._session.card], 1.0, at, size_of(picture)).input
        colour = np.ascontiguousarray(cut(picture.colour, needed))
        clean = np.empty(colour.shape, np.float32)
        ensemble = self._ensembles[picture.is_gray].timed(timer)
        tile = self._engine.tile_for(self._session.card, part=True)
        layout = layout_of(ensemble.card, Extent(*colour.shape[:2]), tile)
        run_tiled(array_reader(colour), ensemble, array_writer(clean), layout)
        inner = at.within(needed)
        before, after = (
            np.ascontiguousarray(luma_of(cut(pixels, inner))) for pixels in (to_float(colour), clean)
        )
        return before, after


@dataclass(frozen=True)
class _Level:
    """The noise is to be taken for stronger, or weaker, than it looks."""

    wanted: float
    found: float
    place: Bounds
    """Of what is read, in the picture."""

    @property
    def share(self) -> float:
        """Of what is taken off that is to be off."""
        return 1.0 if self.wanted >= self.found else self.wanted / self.found

    def reader(self, plain: Read) -> Read:
        """The picture with the noise that it lacks."""
        missing = math.sqrt(max(self.wanted**2 - self.found**2, 0.0)) * FULL_LEVEL
        if missing == 0:
            return plain

        def read(bounds: Bounds) -> NDArray[np.float32]:
            window = plain(bounds)
            at = Bounds(bounds.y + self.place.y, bounds.x + self.place.x, bounds.height, bounds.width)
            noise = white_noise(at, window.shape[1]).transpose(2, 0, 1)[None]
            noisy: NDArray[Any] = np.clip(window + np.float32(missing) * noise, 0, 1)
            return noisy

        return read
