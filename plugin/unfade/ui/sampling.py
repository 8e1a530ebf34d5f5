"""What colour the picture is at a place."""

from __future__ import annotations

import numpy as np

from unfade.filters.generator import LUMA
from unfade.picture import Picture, to_float
from unfade.picture.profile import as_srgb
from unfade.tiling import Bounds, Extent
from unfade.ui.canvas.viewport import Point

_AROUND = 2  # pixels: one alone may be grain


def luma_at(picture: Picture, point: Point) -> float:
    """How bright the picture is around a place of it: a gray sRGB value in [0, 1]."""
    near = Bounds(int(point[1]), int(point[0]), 1, 1).grown(_AROUND)
    near = near.clipped(Extent(picture.height, picture.width))
    pixels = np.ascontiguousarray(picture.pixels[near.y : near.bottom, near.x : near.right])
    shown = as_srgb(Picture(pixels, picture.metadata))
    mean = to_float(shown.colour).mean(axis=(0, 1))
    return float(mean[0]) if shown.is_gray else float(mean @ LUMA.ravel())
