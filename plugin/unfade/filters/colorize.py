"""Colorize: colour for black and white pictures, guided by hints.

A network predicts the chroma of the whole picture at its working size, so that colours agree across it
(:mod:`unfade.filters.chroma`). The chroma follows the edges of the luma up to full size, and joins the luma
there strip by strip: lightness stays the original's. Memory beside input and output is that of a few strips,
the copy in which a picture with transparent pixels is filled, and the one in sRGB of a picture with another
profile.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.chroma import check_colouring, predict_chroma
from unfade.filters.ensemble import Timer, model_for
from unfade.filters.hints import HINTS, Hint
from unfade.filters.mix import over, saturated
from unfade.filters.runner import Crop, FilterRunner, Memo, Progress, Report, Result, cut_picture
from unfade.inference import Bounds, Engine, Extent, row_strips
from unfade.models import Model
from unfade.picture import Enlarged, Lightness, Picture, as_srgb, from_float, scratch, srgb_of_lab, to_float

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
        codec=HINTS,
    )
    model: str | None = option(None, "A model to use in place of the installed one: name or path.")

    def __post_init__(self) -> None:
        check_ranges(self)


def open_colorize(options: ColorizeOptions, engine: Engine) -> Colorizer:
    """Finds and opens the model. Raises ModelError, DeviceError, OutOfMemory."""
    return Colorizer(options, engine, model_for(COLORIZE, options.model))


COLORIZE = Filter(
    name="colorize",
    title="Colorize",
    summary="Colour black and white pictures; colours they have already are ignored.",
    purpose="colouring",
    Options=ColorizeOptions,
    live_options=("strength", "saturation"),
    open=open_colorize,
    gives_colour=True,
)


class Colorizer(FilterRunner):
    """Colorize with its model open.

    The result is RGB, with the picture's alpha and lightness; colours that it has already are ignored. A
    picture with a profile other than sRGB's is converted to sRGB; a gray profile is left out, as it does not
    fit the result. The chroma of a region is that of the whole picture, which is therefore its input crop.
    """

    in_srgb = True

    def __init__(self, options: ColorizeOptions, engine: Engine, model: Model) -> None:
        """Opens the model. Raises ModelError for one of another shape."""
        self._options = options
        self._engine = engine
        self._session = engine.session(model.path)
        check_colouring(self._session.card)

    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,  # noqa: ARG002 - there is none
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        timer, region = Timer(), crop.inner
        strips = row_strips(Extent(region.height, region.width), _STRIP_PIXELS)
        chroma = predict_chroma(self._session, piece, self._options.hints, timer, memo)
        if progress is not None:
            progress(1, 1 + len(strips))
        source = as_srgb(cut_picture(piece, region))
        into = _empty_rgb(source)
        lightness = Lightness(source.pixels.dtype, gray=source.is_gray)
        planes = chroma.planes.enlarged(chroma.step)
        for done, strip in enumerate(strips, start=2):
            scratch.let_go()
            self._merge(source, into, strip, lightness, planes, region)
            if progress is not None:
                progress(done, 1 + len(strips))
        fallback = self._engine.fallback_of(self._session.provider, chroma.provider)
        report = Report(self._session.card.name, chroma.provider, fallback, timer.seconds)
        return Result(into, crop.output, crop.exact, None, report)

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
        for channel, plane in enumerate(saturated(srgb_of_lab(light, a, b), self._options.saturation)):
            if self._options.strength < 1:
                original = to_float(colour[..., 0 if source.is_gray else channel])
                plane = over(plane, original, self._options.strength)
            into.pixels[strip.y : strip.bottom, :, channel] = from_float(plane, into.pixels.dtype)


def _empty_rgb(source: Picture) -> Picture:
    """Room for the result: the alpha is there, and a profile that will be true of it."""
    pixels = scratch.empty((source.height, source.width, 4 if source.has_alpha else 3), source.pixels.dtype)
    if source.alpha is not None:
        pixels[..., 3] = source.alpha
    metadata = source.metadata
    return Picture(pixels, dataclasses.replace(metadata, icc=None) if source.is_gray else metadata)
