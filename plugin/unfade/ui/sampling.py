"""What colour the picture is at a place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unfade.filters import LUMA
from unfade.inference import Bounds, Extent
from unfade.picture import Picture, as_srgb, to_float
from unfade.ui.canvas.viewport import Point

_AROUND = 2  # pixels: one alone may be grain


def luma_at(picture: Picture, point: Point) -> float:
    """How bright the picture is around a place of it: a gray sRGB value in [0, 1]."""
    return float(_mean_at(picture, point) @ LUMA.ravel())


def colour_at(picture: Picture, point: Point) -> str:
    """The picture's colour around a place of it, as "#rrggbb"."""
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in _mean_at(picture, point))


def _mean_at(picture: Picture, point: Point) -> NDArray[np.float32]:
    """sRGB in [0, 1], of shape (3,)."""
    near = Bounds(int(point[1]), int(point[0]), 1, 1).grown(_AROUND)
    near = near.clipped(Extent(picture.height, picture.width))
    pixels = np.ascontiguousarray(picture.pixels[near.y : near.bottom, near.x : near.right])
    mean = to_float(as_srgb(Picture(pixels, picture.metadata)).colour).mean(axis=(0, 1))
    return np.broadcast_to(mean, 3)
