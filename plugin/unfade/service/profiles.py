"""The colour profile of a picture that was sent: its result comes back with values of the same profile.

Most filters work on values whatever they mean, and the profile stays true. Colorize works in sRGB and gives
sRGB, so what it gives is converted back; in between, 8-bit pictures have 16 bits, so that nothing is rounded
twice. What Colorize makes of a gray picture is sRGB: a gray profile does not fit it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.models import Task
from unfade.picture import Picture, from_float, from_srgb, is_srgb, to_float
from unfade.recipe import Recipe


def deepened(picture: Picture, recipe: Recipe) -> Picture:
    """The picture at 16 bits where it has 8 and will be converted there and back; else itself."""
    icc = picture.metadata.icc
    colours = any(step.filter.task is Task.COLORIZE for step in recipe.steps)
    if icc is None or not colours or picture.pixels.dtype != np.uint8 or is_srgb(icc, picture.is_gray):
        return picture
    return Picture(picture.pixels * np.uint16(257), picture.metadata)


def returned(result: Picture, sent: Picture) -> NDArray[Any]:
    """The result's pixels with values of the profile and of the depth that the picture was sent with."""
    pixels, icc = result.pixels, sent.metadata.icc
    if icc is not None and result.metadata.icc is None and result.is_gray == sent.is_gray:
        converted = from_srgb(result.colour, icc)
        if converted is not None:
            pixels = np.ascontiguousarray(
                np.concatenate((converted, pixels[..., converted.shape[2] :]), axis=2)
            )
    if pixels.dtype == sent.pixels.dtype:
        return pixels
    return from_float(to_float(pixels), sent.pixels.dtype)
