"""Tiles of the result as the screen shows them, put together from what the engine gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from unfade.card import Task
from unfade.filters.part import cut, part_of
from unfade.picture import Kernel, Metadata, Picture, from_float, resize, to_float
from unfade.picture.profile import as_srgb
from unfade.tiling import Bounds, Extent
from unfade.ui.canvas.images import image_of
from unfade.ui.canvas.pyramid import reduced
from unfade.ui.preview.blend import blended
from unfade.ui.preview.cache import Kept
from unfade.ui.preview.grid import Place, bounds_of, in_result
from unfade.ui.preview.plan import Plan, Under


def compose(
    plan: Plan,
    layers: Sequence[Kept],
    picture: Picture,
    bounds: Bounds,
    enlarged: Callable[[], NDArray[Any]],
    reduction: int,
) -> QImage:
    """One tile of the result as the screen shows it.

    Args:
        plan: how the state is shown.
        layers: what there is of ``plan.layers`` for this tile, in their order.
        picture: the source.
        bounds: the tile, in its pixels.
        enlarged: gives the tile of the plain enlargement.
        reduction: how many of the result's pixels one of the image's stands for, a side.
    """
    arrays = [reduced(one.pixels, max(1, reduction // one.reduction)) for one in layers]
    result = arrays.pop(0)
    other = arrays.pop(0) if plan.other is not None else None
    under: NDArray[Any] | None = None
    coloured = Task.COLORIZE in plan.tasks
    if plan.under is Under.LAYER:
        under = arrays.pop(0)
    elif plan.under is Under.SOURCE:
        source = Picture(np.ascontiguousarray(cut(picture.pixels, bounds)), picture.metadata)
        under = reduced((as_srgb(source) if coloured else source).pixels, reduction)
    elif plan.under is Under.ENLARGED and plan.blend.strength < 1:
        under = reduced(enlarged(), reduction)
    mixed = blended(result, plan.blend, other=other, under=under)
    metadata = Metadata() if coloured else Metadata(icc=picture.metadata.icc)
    return image_of(Picture(np.ascontiguousarray(mixed), metadata))


def enlarged_tile(picture: Picture, extent: Extent, place: Place, scale: float) -> NDArray[Any]:
    """A tile of the plain enlargement that Upscale's strength 0 gives."""
    part = part_of([], scale, bounds_of(place, extent), extent)
    piece = to_float(cut(picture.colour, part.piece))
    size = in_result(part.piece, scale)
    large = resize(piece, (size.height, size.width), Kernel.BICUBIC)
    return from_float(cut(large, part.inside), picture.pixels.dtype)
