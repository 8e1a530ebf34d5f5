"""Squares of the result as the screen shows them, put together from what the engine gave. Safe in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect
from PyQt6.QtGui import QImage, QPainter

from unfade.filters import cut, mixed, plain_enlargement
from unfade.inference import Bounds, Extent
from unfade.picture import Metadata, Picture, as_srgb
from unfade.ui.canvas.images import image_of, reduced
from unfade.ui.preview.cache import Kept
from unfade.ui.preview.grid import Place, bounds_of
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
    coloured = picture.is_gray and result.shape[2] > 2  # which is sRGB, whatever the gray profile was
    if plan.under is Under.LAYER:
        under = arrays.pop(0)
    elif plan.under is Under.SOURCE:
        source = Picture(np.ascontiguousarray(cut(picture.pixels, bounds)), picture.metadata)
        under = reduced((as_srgb(source) if coloured else source).pixels, reduction)
    elif plan.under is Under.ENLARGED and plan.blend.strength < 1:
        under = reduced(enlarged(), reduction)
    shown = mixed(result, plan.blend, other=other, under=under)
    metadata = Metadata() if coloured else Metadata(icc=picture.metadata.icc)
    return image_of(Picture(np.ascontiguousarray(shown), metadata))


def mosaic(
    old: QImage | None,
    bounds: Bounds,
    tiles: Iterable[tuple[Bounds, QImage]],
    density: float,
    backdrop: Callable[[QPainter, QRect], None] | None,
) -> QImage:
    """Many tiles as one image, for seeing them from afar; transparent where there is no tile, and no ``old``.

    Args:
        old: what was shown so far, which stays where there is no tile.
        bounds: what the image stands for, in pixels of the source.
        tiles: their bounds and images.
        density: pixels of the image for one of the source, a side.
        backdrop: fills what shows through tiles; None for tiles without transparency.
    """
    width = max(1, round(bounds.width * density))
    height = max(1, round(bounds.height * density))
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if old is not None:
        painter.drawImage(image.rect(), old)
    if backdrop is None:  # a veil takes the place of the old one
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    for at, tile in tiles:
        inside = at.within(bounds)
        # Both edges are rounded, so that neighbours meet.
        left, top = round(inside.x * density), round(inside.y * density)
        right, bottom = round(inside.right * density), round(inside.bottom * density)
        target = QRect(left, top, max(1, right - left), max(1, bottom - top))
        if backdrop is not None:
            backdrop(painter, target)
        painter.drawImage(target, tile)
    painter.end()
    return image


def enlarged_tile(picture: Picture, extent: Extent, place: Place, scale: float) -> NDArray[Any]:
    """A tile of the plain enlargement that Upscale's strength 0 gives."""
    return plain_enlargement(picture, bounds_of(place, extent), scale)
