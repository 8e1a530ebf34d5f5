"""What the user marked as watermark, filled in from its surroundings before a network sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.filters.part import cut
from unfade.filters.strokes import Stroke, clusters, paint
from unfade.inference import Bounds, Extent, Read, array_reader
from unfade.picture import Picture, fill_transparent, peak_of, to_float

_SURROUNDINGS = 64  # pixels around a group of strokes that its filling is made of


@dataclass(frozen=True)
class Patch:
    """A rectangle of a picture in which some pixels are replaced."""

    bounds: Bounds
    colour: NDArray[Any]
    """HWC, of the picture's dtype."""
    replaced: NDArray[np.bool_]
    """HW."""


def patch_bounds(strokes: Sequence[Stroke], extent: Extent) -> list[Bounds]:
    """Where patches lie in a picture of that size; each depends on the pixels in it alone."""
    return clusters(strokes, extent, _SURROUNDINGS)


def make_patches(picture: Picture, strokes: Sequence[Stroke]) -> list[Patch]:
    """The patches for the "add" strokes on a picture: smooth colours, without texture.

    Memory grows with what the strokes cover, not with the picture.
    """
    patches = []
    for bounds in patch_bounds(strokes, Extent(picture.height, picture.width)):
        painted = paint(strokes, bounds)
        if painted is None or not painted.add.any():
            continue
        replaced = painted.add > 0
        colour = cut(picture.colour, bounds)
        if picture.alpha is None:
            shown = np.full(replaced.shape, peak_of(colour.dtype), colour.dtype)
        else:
            shown = cut(picture.alpha, bounds).copy()
        shown[replaced] = 0
        filled = fill_transparent(colour, shown)
        if filled is not colour:  # it is where strokes cover all there is
            patches.append(Patch(bounds, filled, replaced))
    return patches


def patched_reader(pixels: NDArray[Any], patches: Sequence[Patch]) -> Read:
    """A reader of HWC pixels as they look with the patches laid on."""
    plain = array_reader(pixels)

    def read(bounds: Bounds) -> NDArray[np.float32]:
        window = plain(bounds)
        touching = [patch for patch in patches if patch.bounds.overlaps(bounds)]
        if touching:
            window = window.copy()  # the plain reader may give a view of the picture
        for patch in touching:
            common = patch.bounds.common(bounds)
            of_patch = common.within(patch.bounds)
            replaced = cut(patch.replaced, of_patch)
            at = common.within(bounds)
            inner = window[0, :, at.y : at.bottom, at.x : at.right]
            inner[:, replaced] = to_float(cut(patch.colour, of_patch)[replaced]).T
        return window

    return read
