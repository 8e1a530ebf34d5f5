"""The loupe: what is under the pointer, four times as large, before and after beside each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen

from unfade.inference import Bounds, Extent
from unfade.ui.canvas.compare import Pane
from unfade.ui.canvas.viewport import Point, Viewport
from unfade.ui.design import Colours, Space

SIDE: Final = 168
"""Device-independent pixels a side of each of the two lenses."""
MAGNIFICATION: Final = 4

_AWAY = 24  # from the pointer, so that it hides nothing

PaintPane = Callable[[QPainter, Viewport, Pane], None]
"""Paints the picture through a viewport: the result, or the original."""


def paint_loupe(
    painter: QPainter,
    viewport: Viewport,
    pointer: Point,
    at: Point,
    canvas: Extent,
    ratio: float,
    colours: Colours,
    paint: PaintPane,
) -> None:
    """Paints the loupe beside the pointer.

    Args:
        painter: its unit is a pixel of the screen.
        viewport: that of the canvas.
        pointer: the place of the picture to enlarge.
        at: where the pointer is on the canvas, in pixels of the screen.
        canvas: its size, in pixels of the screen.
        ratio: pixels of the screen for a device-independent one.
        colours: of the frame.
        paint: paints the picture.
    """
    side = round(SIDE * ratio)
    area = _beside(at, Extent(side, 2 * side), canvas, _AWAY * ratio)
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(area), Space.RADIUS * ratio, Space.RADIUS * ratio)
    lens = Viewport(viewport.extent, Extent(side, side), viewport.zoom * MAGNIFICATION, pointer)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipPath(shape)
    painter.fillRect(area, QColor(colours.canvas))
    for number, after in enumerate((False, True)):
        x, y = area.x() + number * side, area.y()
        painter.save()
        painter.setClipRect(QRect(x, y, side, side), Qt.ClipOperation.IntersectClip)
        paint(painter, lens, Pane(Bounds(y, x, side, side), (x, y), after))
        painter.restore()
    painter.setClipping(False)
    painter.setPen(QPen(QColor(colours.outline), ratio))
    painter.drawPath(shape)
    middle = area.x() + side
    painter.drawLine(middle, area.y(), middle, area.y() + side)
    painter.restore()


def _beside(at: Point, size: Extent, canvas: Extent, away: float) -> QRect:
    """Right of the pointer and below it, or on the other side where there is no room."""
    x = at[0] + away if at[0] + away + size.width <= canvas.width else at[0] - away - size.width
    y = at[1] + away if at[1] + away + size.height <= canvas.height else at[1] - away - size.height
    x = min(max(x, 0), max(canvas.width - size.width, 0))
    y = min(max(y, 0), max(canvas.height - size.height, 0))
    return QRect(round(x), round(y), size.width, size.height)
