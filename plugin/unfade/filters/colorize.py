"""Colorize: colour for black and white pictures, guided by hints.

A network predicts the chroma of the whole picture at its working size, so that colours agree across it
(:mod:`unfade.filters.chroma`). The chroma follows the edges of the luma up to full size, and joins the luma
there strip by strip: lightness stays the original's. Memory beside input and output is that of a few strips,
and the copy in which a picture with transparent pixels is filled.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from unfade.filters.base import Filter, check_ranges, option
from unfade.filters.chroma import check_colouring, predict_chroma
from unfade.filters.ensemble import Timer, model_for
from unfade.filters.hints import HINTS, Hint
from unfade.filters.mix import over, saturated
from unfade.filters.runner import Crop, FilterRunner, Memo, Progress, Report, Result, cut_picture
from unfade.inference import Engine, Extent, row_strips
from unfade.models import Model
from unfade.picture import (
    Enlarged,
    Lightness,
    Metadata,
    Picture,
    Plane,
    as_srgb,
    from_float,
    in_profile,
    is_srgb,
    is_usable,
    scratch,
    srgb_of_lab,
    to_float,
)

_STRIP_PIXELS = 2**16  # planes of a quarter of a megabyte, which stay in the processor's cache
_NETWORK_STRIPS = 140  # strips that take as long as the network: 1.0 s of 3.8 s for 24 megapixels
_CONVERTED_PIXELS = 2**20  # where each strip takes a conversion to be set up
_DEEPER = {np.dtype(np.uint8): np.dtype(np.uint16)}


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
    keeps_colours=False,
    gives_colour=True,
    by_values=False,
)


class Colorizer(FilterRunner):
    """Colorize with its model open.

    The result is RGB, with the picture's alpha and lightness; colours that it has already are ignored. It has
    the picture's profile, in which it is blended with the picture, so that at strength 0 no colour moves; but
    a gray profile does not fit it, and what becomes of such a picture is sRGB. The chroma of a region is that
    of the whole picture, which is therefore its input crop.
    """

    by_values = COLORIZE.by_values

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
        source = cut_picture(piece, region)
        into, icc = _empty_rgb(source), _profile_to_convert(source)
        pixels = _STRIP_PIXELS if icc is None else _CONVERTED_PIXELS
        strips = row_strips(Extent(region.height, region.width), pixels)
        total = _NETWORK_STRIPS + len(strips)
        if progress is not None:
            progress(0, total)
        chroma = predict_chroma(self._session, piece, self._options.hints, timer, memo)
        planes = chroma.planes.enlarged(chroma.step)
        for done, strip in enumerate(strips, start=_NETWORK_STRIPS):
            scratch.let_go()
            if progress is not None:
                progress(done, total)
            own = Picture(source.pixels[strip.y : strip.bottom], Metadata(icc))
            colours = self._coloured(own, planes, (region.y + strip.y, region.x))
            for channel, plane in enumerate(colours):
                into.pixels[strip.y : strip.bottom, :, channel] = from_float(plane, into.pixels.dtype)
        if progress is not None:
            progress(total, total)
        fallback = self._engine.fallback_of(self._session.provider, chroma.provider)
        report = Report(self._session.card.name, chroma.provider, fallback, timer.seconds)
        return Result(into, crop.output, crop.exact, None, report)

    def _coloured(self, own: Picture, planes: Enlarged, at: tuple[int, int]) -> tuple[Plane, ...]:
        """Some rows of the result, R, G and B in [0, 1].

        Args:
            own: those rows, with their profile where they have to be converted to sRGB.
            planes: the chroma of the whole picture.
            at: where the rows begin in it, down and across.
        """
        gray, icc = own.is_gray, own.metadata.icc
        # Converted to sRGB and back, 8 bits would be rounded three times.
        seen = own if icc is None else as_srgb(own, _DEEPER.get(own.pixels.dtype))
        light = _lightness(seen.pixels.dtype, gray).of(seen.colour)
        rgb: tuple[Plane, ...] = srgb_of_lab(light, *planes.at(*at, light))
        if icc is not None and not gray:
            back = in_profile(Picture(np.stack(rgb, axis=-1)), icc)
            rgb = tuple(np.moveaxis(back.pixels, -1, 0))
        rgb = saturated(rgb, self._options.saturation)
        if self._options.strength == 1:
            return rgb
        under = np.moveaxis(to_float((seen if gray else own).colour), -1, 0)
        return tuple(
            over(plane, below, self._options.strength) for plane, below in zip(rgb, itertools.cycle(under))
        )


@functools.cache
def _lightness(dtype: np.dtype[Any], gray: bool) -> Lightness:
    return Lightness(dtype, gray=gray)


def _profile_to_convert(picture: Picture) -> bytes | None:
    """The picture's profile; None where that is sRGB's, or cannot be used, so that it is taken for sRGB."""
    icc, gray = picture.metadata.icc, picture.is_gray
    return None if icc is None or not is_usable(icc, gray) or is_srgb(icc, gray) else icc


def _empty_rgb(source: Picture) -> Picture:
    """Room for the result: the alpha is there, and a profile that will be true of it."""
    pixels = scratch.empty((source.height, source.width, 4 if source.has_alpha else 3), source.pixels.dtype)
    if source.alpha is not None:
        pixels[..., 3] = source.alpha
    metadata = source.metadata
    if metadata.icc is not None and (source.is_gray or not is_usable(metadata.icc, False)):
        metadata = dataclasses.replace(metadata, icc=None)
    return Picture(pixels, metadata)
