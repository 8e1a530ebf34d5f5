"""The eyedropper: takes a colour from the picture."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from unfade.ui.canvas.viewport import Point, Viewport

_RADIUS = 16.0  # device-independent pixels; the disc stands beside the pointer, which must not hide it
_AWAY = 26.0


class Eyedropper:
    """Shows the colour under the pointer, and takes it where the button is let go."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, colour_at: Callable[[Point], str | None], taken: Callable[[str], None]) -> None:
        """
        Args:
            colour_at: the colour at a place of the picture, as "#rrggbb"; None beside it.
            taken: is called with the colour.
        """
        self._colour_at, self._taken = colour_at, taken
        self._at: Point | None = None

    def press(self, at: Point, reach: float) -> None:
        self._at = at

    def drag(self, at: Point) -> None:
        self._at = at

    def release(self) -> None:
        at, self._at = self._at, None
        colour = None if at is None else self._colour_at(at)
        if colour is not None:
            self._taken(colour)

    def double_click(self, at: Point, reach: float) -> None:
        self.press(at, reach)

    def paint(self, painter: QPainter, viewport: Viewport, ratio: float, pointer: Point | None) -> None:
        colour = None if pointer is None else self._colour_at(pointer)
        if pointer is None or colour is None:
            return
        x, y = viewport.to_screen(pointer)
        centre, radius = QPointF(x + _AWAY * ratio, y - _AWAY * ratio), _RADIUS * ratio
        painter.setBrush(QColor(colour))
        for ring, width in (("black", 4 * ratio), ("white", 2 * ratio)):
            painter.setPen(QPen(QColor(ring), width))
            painter.drawEllipse(centre, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
