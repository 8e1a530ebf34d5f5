"""Painting the picture: only the tiles in view, from the level of the pyramid that the zoom calls for."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from PyQt6.QtCore import QRect, QRectF
from PyQt6.QtGui import QImage, QPainter

from unfade.inference import Bounds
from unfade.picture import Picture
from unfade.ui.canvas.images import Images, Pyramid, Shown, checker, image_of, reduced
from unfade.ui.canvas.scene import Pane
from unfade.ui.canvas.viewport import Viewport
from unfade.ui.preview.grid import Place, bounds_of, level_for, places_in

TILE: Final = 512
"""Pixels a side of a tile of the original, on its level."""
FADE: Final = 0.18
"""Seconds in which a new tile of the result fades in."""

_OVERVIEW_SIDE = 1024
_CRISP = 3.0  # from this magnification on, pixels are shown as squares

SquareImage = Callable[[Place, int], Shown | None]
"""Gives the image of a square of a level of the grid, None while there is none."""


@dataclass(frozen=True, eq=False)
class Original:
    """The picture as it was opened, ready to be painted."""

    pyramid: Pyramid
    overview: QImage
    """All of it, small: what is seen until the tiles have come."""

    @classmethod
    def of(cls, picture: Picture) -> Original:
        """Takes a while for a large picture; to be called in a thread."""
        side = max(picture.width, picture.height)
        factor = 1 << max(0, math.ceil(math.log2(side / _OVERVIEW_SIDE)))
        small = Picture(reduced(picture.pixels, factor), picture.metadata)
        return cls(Pyramid(picture), image_of(small))


class PicturePainter:
    """Paints the original and the result through a viewport."""

    def __init__(self, images: Images) -> None:
        self.images = images
        self.original: Original | None = None

    def set_original(self, original: Original | None) -> None:
        """Paints another picture from now on."""
        self.original = original
        self.images.drop(lambda slot: isinstance(slot, tuple) and slot[0] == "before")

    def paint_before(self, painter: QPainter, viewport: Viewport, pane: Pane) -> None:
        """The original. The painter's unit is a pixel of the screen, as everywhere here."""
        original = self.original
        if original is None:
            return
        picture = original.pyramid.picture
        whole = _rect(Bounds(0, 0, picture.height, picture.width), viewport, pane.origin)
        if picture.has_alpha:
            painter.fillRect(whole, checker())
        level = max(0, math.floor(math.log2(max(1 / viewport.zoom, 1.0))))
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, viewport.zoom * (1 << level) < _CRISP
        )
        span = TILE << level
        seen = pane.seen(viewport)
        for row in range(seen.y // span, -(-seen.bottom // span)):
            for column in range(seen.x // span, -(-seen.right // span)):
                bounds = Bounds(row * span, column * span, span, span).clipped(viewport.extent)
                make = functools.partial(_tile, original.pyramid, level, row, column)
                shown = self.images.image(("before", level, row, column), id(original), make)
                target = _rect(bounds, viewport, pane.origin)
                if shown is not None:
                    painter.drawImage(target, shown.image)
                else:
                    self._paint_overview(painter, original, bounds, target)

    def _paint_overview(self, painter: QPainter, original: Original, bounds: Bounds, target: QRect) -> None:
        picture, overview = original.pyramid.picture, original.overview
        across, down = overview.width() / picture.width, overview.height() / picture.height
        source = QRectF(bounds.x * across, bounds.y * down, bounds.width * across, bounds.height * down)
        painter.drawImage(QRectF(target), overview, source)

    def paint_after(self, painter: QPainter, viewport: Viewport, pane: Pane, square: SquareImage) -> bool:
        """What there is of the result, over the original; gives whether some of it is still fading in."""
        now, fading = time.monotonic(), False
        level = level_for(viewport.visible)
        for shown, target in self._squares(viewport, pane, square, level):
            opacity = min((now - shown.born) / FADE, 1.0)
            fading = fading or opacity < 1
            smooth = target.width() < shown.image.width() * _CRISP
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            if level == 0 and opacity >= 1 and shown.image.hasAlphaChannel():
                painter.fillRect(target, checker())  # the original must not shine through
            painter.setOpacity(opacity)
            painter.drawImage(target, shown.image)
        painter.setOpacity(1.0)
        return fading

    def paint_mask(self, painter: QPainter, viewport: Viewport, pane: Pane, square: SquareImage) -> None:
        """The veil over a watermark."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for shown, target in self._squares(viewport, pane, square, level_for(viewport.visible)):
            painter.drawImage(target, shown.image)

    def _squares(
        self, viewport: Viewport, pane: Pane, square: SquareImage, level: int
    ) -> Iterator[tuple[Shown, QRect]]:
        """The images that there are of what is seen in a pane, and where they belong."""
        extent = viewport.extent
        for place in places_in(pane.seen(viewport), extent, level):
            shown = square(place, level)
            if shown is not None:
                yield shown, _rect(bounds_of(place, extent, level), viewport, pane.origin)


def _tile(pyramid: Pyramid, level: int, row: int, column: int) -> QImage:
    return image_of(pyramid.part(level, Bounds(row * TILE, column * TILE, TILE, TILE)))


def _rect(bounds: Bounds, viewport: Viewport, origin: tuple[int, int]) -> QRect:
    """Whole pixels of the screen, so that neighbours meet without a seam."""
    left, top = viewport.to_screen((bounds.x, bounds.y))
    right, bottom = viewport.to_screen((bounds.right, bounds.bottom))
    x, y = round(left), round(top)
    return QRect(x + origin[0], y + origin[1], max(1, round(right) - x), max(1, round(bottom) - y))
