"""Colorize: colour for black and white pictures, guided by hints.

A network predicts the chroma of the whole picture at its working size, so that colours agree across it
(:mod:`unfade.filters.chroma`). The chroma follows the edges of the luma up to full size, and joins the luma
there strip by strip: lightness stays the original's. Memory beside input and output is that of a few strips,
the copy in which a picture with holes is filled, and the one in sRGB of a picture with another profile.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.filters.base import Filter, OnTile, Outcome, Ready, check_ranges, option
from unfade.filters.choice import model_for
from unfade.filters.chroma import ChromaPredictor
from unfade.filters.generator import LUMA, Ledger
from unfade.filters.hints import HINTS, Hint
from unfade.filters.part import Part, cut_picture
from unfade.inference import Bounds, Engine, Extent, row_strips
from unfade.models import Model, Task
from unfade.picture import Enlarged, Lightness, Picture, as_srgb, from_float, srgb_of_lab, to_float

_STRIP_PIXELS = 2**16  # planes of a quarter of a megabyte, which stay in the processor's cache


@dataclass(frozen=True)
class ColorizeOptions:
    """What can be set. Raises UsageError for numbers out of range."""

    saturation: float = option(1.0, "0 is gray, 1 the model's colours, 2 twice as much.", low=0, high=2)
    strength: float = option(
        1.0, "0 is the picture as it was, 1 the coloured one, whatever colours it had.", low=0, high=1
    )
    hints: tuple[Hint, ...] = option(
        (),
        'Colours at points of the picture: a JSON list of {"x", "y", "color": "#rrggbb"}, in its pixels.',
        kind=HINTS,
    )
    model: str | None = option(None, "A model to use in place of the installed one: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)


def colorize(
    picture: Picture, options: ColorizeOptions, engine: Engine, on_tile: OnTile | None = None
) -> Picture:
    """The picture in colour: RGB, with its alpha; same size, dtype and lightness.

    Colours that the picture has already are ignored. A picture with a profile other than sRGB's is converted
    to sRGB; a gray profile is left out, as it does not fit the result. Raises UsageError (a hint outside the
    picture), ModelError, DeviceError, OutOfMemory, and what ``on_tile`` raises.
    """
    return prepare(options, engine)(picture, on_tile).picture


def prepare(options: ColorizeOptions, engine: Engine) -> Colorizer:
    """Finds and opens the model. Raises ModelError, DeviceError, OutOfMemory."""
    return Colorizer(options, engine, model_for(Task.COLORIZE, options.model))


class Colorizer(Ready):
    """Colorize with its model open."""

    def __init__(self, options: ColorizeOptions, engine: Engine, model: Model) -> None:
        self._options = options
        self._engine = engine
        self._name = model.card.name
        self._predictor = ChromaPredictor(engine, model.path)

    def __call__(self, picture: Picture, on_tile: OnTile | None = None) -> Outcome:
        return self._colour(picture, Bounds(0, 0, picture.height, picture.width), on_tile, unchanged=False)

    def size(self, extent: Extent) -> Extent:
        return extent

    def plan_part(self, extent: Extent, region: Bounds, *, holes: bool) -> Part:  # noqa: ARG002
        """The chroma of a part is that of the whole picture, which is therefore the piece."""
        return Part(Bounds(0, 0, extent.height, extent.width), region, region, exact=True)

    def run_part(self, piece: Picture, part: Part, on_tile: OnTile | None = None) -> Outcome:
        """As for every filter; what has been predicted for a picture in this memory is used again."""
        return self._colour(piece, part.inside, on_tile, unchanged=True)

    def _colour(
        self, picture: Picture, region: Bounds, on_tile: OnTile | None, *, unchanged: bool
    ) -> Outcome:
        ledger = Ledger()
        strips = row_strips(Extent(region.height, region.width), _STRIP_PIXELS)
        chroma = self._predictor.of(picture, self._options.hints, ledger, unchanged=unchanged)
        if on_tile is not None:
            on_tile(1, 1 + len(strips))
        source = as_srgb(cut_picture(picture, region))
        into = _empty_rgb(source)
        lightness = Lightness(source.pixels.dtype, gray=source.is_gray)
        planes = chroma.planes.enlarged(chroma.step)
        for done, strip in enumerate(strips, start=2):
            self._merge(source, into, strip, lightness, planes, region)
            if on_tile is not None:
                on_tile(done, 1 + len(strips))
        return Outcome(
            picture=into,
            model=self._name,
            provider=chroma.provider,
            fallback=self._engine.fallback_of(self._predictor.provider(), chroma.provider),
            engine_seconds=ledger.seconds,
        )

    def _merge(
        self,
        source: Picture,
        into: Picture,
        strip: Bounds,
        lightness: Lightness,
        planes: Enlarged,
        region: Bounds,
    ) -> None:
        """Colours some rows."""
        colour = source.colour[strip.y : strip.bottom]
        light = lightness.of(colour)
        a, b = planes.at(region.y + strip.y, region.x, light)
        rgb = _saturated(srgb_of_lab(light, a, b), self._options.saturation)
        for channel, plane in enumerate(rgb):
            if self._options.strength < 1:
                original = to_float(colour[..., 0 if source.is_gray else channel])
                plane = original + np.float32(self._options.strength) * (plane - original)
            into.pixels[strip.y : strip.bottom, :, channel] = from_float(plane, into.pixels.dtype)


def _empty_rgb(source: Picture) -> Picture:
    """Room for the result: the alpha is there, and a profile that will be true of it."""
    pixels = np.empty((source.height, source.width, 4 if source.has_alpha else 3), source.pixels.dtype)
    if source.alpha is not None:
        pixels[..., 3] = source.alpha
    metadata = source.metadata
    return Picture(pixels, dataclasses.replace(metadata, icc=None) if source.is_gray else metadata)


def _saturated(rgb: tuple[NDArray[Any], ...], saturation: float) -> tuple[NDArray[Any], ...]:
    """Planes moved away from their luma, or towards it, and cut off at black and white."""
    if saturation == 1:
        return rgb
    luma = sum(plane * weight for plane, weight in zip(rgb, LUMA.ravel(), strict=True))
    return tuple(np.clip(luma + np.float32(saturation) * (plane - luma), 0, 1) for plane in rgb)


COLORIZE = Filter(
    task=Task.COLORIZE,
    summary="Colour black and white pictures; colours they have already are ignored.",
    options=ColorizeOptions,
    prepare=prepare,
)
