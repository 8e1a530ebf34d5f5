"""Squares of the result as the screen shows them, put together from what the engine gave. Safe in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect
from PyQt6.QtGui import QImage, QPainter

from unfade.filters import cut, find_filter, lay_over, mixed, plain_enlargement
from unfade.inference import Bounds, Extent
from unfade.picture import Metadata, Picture, as_srgb, is_linear
from unfade.ui.canvas.images import image_of, reduced
from unfade.ui.link import with_metadata
from unfade.ui.preview.plan import Plan, Under
from unfade.ui.preview.tiles import Kept, Place, bounds_of
from unfade.ui.selection import Selection


def compose(
    plan: Plan,
    layers: Sequence[Kept],
    picture: Picture,
    bounds: Bounds,
    enlarged: Callable[[], NDArray[Any]],
    reduction: int,
    limit: Selection | None = None,
) -> QImage:
    """One tile of the result as the screen shows it.

    Args:
        plan: how the state is shown.
        layers: what there is of ``plan.layers`` for this tile, in their order.
        picture: the source.
        bounds: the tile, in its pixels.
        enlarged: gives the tile of the plain enlargement.
        reduction: how many of the result's pixels one of the image's stands for, a side.
        limit: outside of it the source is shown.
    """
    arrays = [reduced(one.pixels, max(1, reduction // one.reduction)) for one in layers]
    if plan.under is Under.SOURCE:
        arrays.append(reduced(cut(picture.pixels, bounds), reduction))
    elif plan.under is Under.ENLARGED:
        arrays.append(reduced(enlarged(), reduction))
    shown = blended(plan, arrays, picture.metadata)
    if limit is not None:
        share = limit.share(bounds)
        if share.min() < 1:
            source = with_metadata(reduced(cut(picture.pixels, bounds), reduction), picture.metadata)
            shown = _limited(shown, source, reduced(share[..., None], reduction))
    return image_of(shown)


def _limited(result: Picture, source: Picture, share: NDArray[np.float32]) -> Picture:
    """The result laid over the source as far as it is selected; ``share`` is HW1 in [0, 1]."""
    if source.is_gray and not result.is_gray:
        source = as_srgb(source)  # as the colours are
    pixels = result.pixels.copy()
    into = Picture(pixels, result.metadata)
    lay_over(into.colour, np.broadcast_to(source.colour, into.colour.shape), share)
    return into


def blended(plan: Plan, arrays: Sequence[NDArray[Any]], metadata: Metadata) -> Picture:
    """A part of the result as its state wants it, with the profile of its values.

    Args:
        plan: how the state is shown.
        arrays: HWC pixels of the part: of the plan's layers in their order, then of what lies under them
            where that is no layer. They become the picture's where there is nothing to blend.
        metadata: of the source.
    """
    result, *rest = (with_metadata(pixels, metadata) for pixels in arrays)
    if not result.is_gray:  # gray that got colours, in sRGB, may lie over gray with a profile
        rest = [as_srgb(each) if each.is_gray else each for each in rest]
    other = rest.pop(0) if plan.other is not None else None
    under = rest.pop(0) if plan.under is not Under.NOTHING else None
    shown = mixed(
        result.pixels,
        plan.blend,
        other=None if other is None else other.pixels,
        under=None if under is None else under.pixels,
        linear=find_filter(plan.filters[-1]).by_values and is_linear(metadata.icc),
    )
    return Picture(np.ascontiguousarray(shown), result.metadata)


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
