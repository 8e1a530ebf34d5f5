"""Colours as a picker deals with them: chroma to choose, at a lightness that is given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unfade.picture import Plane, in_gamut, lab_of_srgb, srgb_of_lab


class Chroma(NamedTuple):
    """What a colour is without its lightness: CIELAB's a* and b*."""

    a: float
    b: float


def lightness_of(luma: float) -> float:
    """L* (0 to 100) of a gray sRGB value in [0, 1]."""
    return float(lab_of_srgb(np.full(3, luma))[0])


def chroma_of(colour: str) -> Chroma:
    """a* and b* of "#rrggbb"."""
    _, a, b = lab_of_srgb(np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]))
    return Chroma(float(a), float(b))


def shown_at(lightness: float, a: Plane, b: Plane) -> NDArray[np.bool_]:
    """Which of these a* and b* sRGB can show at a lightness."""
    return in_gamut(np.full_like(a, lightness / 100), a, b)


def colours_at(lightness: float, a: Plane, b: Plane) -> NDArray[np.float32]:
    """``[..., 3]`` sRGB in [0, 1] of these a* and b*, or of the most saturated colours of their hues that
    sRGB can show."""
    return np.stack(srgb_of_lab(np.full_like(a, lightness / 100), a, b), axis=-1)


def fitted(chroma: Chroma, lightness: float) -> Chroma:
    """The chroma, or where sRGB cannot show it at this lightness, the largest of that hue."""
    _, a, b = lab_of_srgb(_colour(chroma, lightness))
    return Chroma(float(a), float(b))


def colour_at(chroma: Chroma, lightness: float) -> str:
    """ "#rrggbb" of the chroma at a lightness, fitted into sRGB."""
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in _colour(chroma, lightness))


def _colour(chroma: Chroma, lightness: float) -> NDArray[np.float32]:
    a, b = (np.array([value], np.float32) for value in chroma)
    rgb: NDArray[np.float32] = colours_at(lightness, a, b)[0]
    return rgb
