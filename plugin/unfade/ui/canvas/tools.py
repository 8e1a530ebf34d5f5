"""What the pointer does to the picture: places hints, paints the mask, takes a colour, or only moves it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Literal, Protocol

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen

from unfade.filters import Hint, Stroke
from unfade.ui.canvas.scene import Point, Viewport
from unfade.ui.document import Document

MARK_COLOURS: Final = {"add": QColor(230, 0, 126, 110), "keep": QColor(0, 150, 90, 110)}

_HINT_RADIUS = 7.0

_SWATCH_RADIUS = 16.0  # device-independent pixels; the disc stands beside the pointer, which must not hide it
_SWATCH_AWAY = 26.0


class ToolId(Enum):
    """The tools, by the ids of their commands."""

    PAN = "tool_pan"
    HINT = "tool_hint"
    MARK = "tool_mark"
    KEEP = "tool_keep"

    @property
    def option(self) -> str | None:
        """The option of a filter that the tool changes; None for moving the picture."""
        return {ToolId.HINT: "hints", ToolId.MARK: "strokes", ToolId.KEEP: "strokes"}.get(self)


class Tool(Protocol):
    """What a pointer with its left button held does. Places are those of the picture."""

    cursor: Qt.CursorShape

    def press(self, at: Point, reach: float) -> None:
        """The button went down; ``reach`` is how near counts as on it, in pixels of the picture."""

    def drag(self, at: Point) -> None:
        """It moved."""

    def release(self) -> None:
        """The button went up."""

    def cancel(self) -> None:
        """What was begun is not to be ended: its picture has gone, or another tool was chosen."""

    def double_click(self, at: Point, reach: float) -> None:
        """Twice in a row."""

    def paint(self, painter: QPainter, viewport: Viewport, ratio: float, pointer: Point | None) -> None:
        """What it shows over the picture; the painter's unit is a pixel of the screen, ``ratio`` of them to a
        device-independent one."""


class HintTool:
    """Click to place, drag to move, double-click for the colour."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self, document: Document, colour_at: Callable[[Point], str], edit: Callable[[int, bool], None]
    ) -> None:
        """
        Args:
            document: holds the hints.
            colour_at: the colour a new hint begins with.
            edit: is called with a hint that is to get a colour, and whether it is new.
        """
        self._document, self._colour_at, self._edit = document, colour_at, edit
        self._dragged: tuple[int, Hint] | None = None
        self._new = False

    def press(self, at: Point, reach: float) -> None:
        index = self._hit(at, reach)
        self._new = index is None and self._inside(at)
        if self._new:
            index = self._document.add_hint(Hint(at[0], at[1], self._colour_at(at)))
        self._document.select_hint(index)
        self._dragged = None if index is None else (index, self._document.hints[index])

    def drag(self, at: Point) -> None:
        if self._dragged is None or not self._is_there(*self._dragged):
            return
        index, old = self._dragged
        moved = Hint(*self._kept_in(at), old.color)
        if moved != old:
            self._document.replace_hint(index, moved, merge=f"move hint {index}")
            self._dragged = index, moved

    def release(self) -> None:
        dragged, self._dragged = self._dragged, None
        self._document.settle()
        if dragged is not None and self._new and self._is_there(*dragged):
            self._edit(dragged[0], True)

    def cancel(self) -> None:
        self._dragged = None

    def double_click(self, at: Point, reach: float) -> None:
        index = self._hit(at, reach)
        if index is not None:
            self._dragged = None
            self._edit(index, False)

    def paint(self, painter: QPainter, viewport: Viewport, ratio: float, pointer: Point | None) -> None:
        paint_hints(painter, self._document, viewport, ratio)

    def _hit(self, at: Point, reach: float) -> int | None:
        """The topmost hint there."""
        for index in reversed(range(len(self._document.hints))):
            hint = self._document.hints[index]
            if math.hypot(hint.x - at[0], hint.y - at[1]) <= reach:
                return index
        return None

    def _is_there(self, index: int, hint: Hint) -> bool:
        """Whether it is still what is dragged: keys that undo and delete are heard meanwhile."""
        return self._document.hints[index : index + 1] == (hint,)

    def _inside(self, at: Point) -> bool:
        extent = self._document.extent
        return extent is not None and 0 <= at[0] < extent.width and 0 <= at[1] < extent.height

    def _kept_in(self, at: Point) -> Point:
        extent = self._document.extent
        assert extent is not None
        return min(max(at[0], 0.0), float(extent.width)), min(max(at[1], 0.0), float(extent.height))


class BrushTool:
    """Paints strokes on the watermark mask."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self,
        document: Document,
        mode: Literal["add", "keep"],
        radius: Callable[[], float],
        shown: Callable[[], bool],
    ) -> None:
        """
        Args:
            document: holds the strokes.
            mode: what they say.
            radius: gives half the brush's width, in pixels of the picture.
            shown: whether all strokes are to be seen, not only the one that is being painted.
        """
        self._document, self._mode, self._radius, self._shown = document, mode, radius, shown
        self._points: list[Point] = []

    def press(self, at: Point, reach: float) -> None:
        self._points = [at]

    def drag(self, at: Point) -> None:
        if not self._points:
            return
        last = self._points[-1]
        if math.hypot(at[0] - last[0], at[1] - last[1]) >= max(0.5, self._radius() / 4):
            self._points.append(at)

    def release(self) -> None:
        points, self._points = self._points, []
        if points:
            rounded = tuple((round(x, 1), round(y, 1)) for x, y in points)
            self._document.add_stroke(Stroke(self._mode, self._radius(), rounded))

    def cancel(self) -> None:
        self._points = []

    def double_click(self, at: Point, reach: float) -> None:
        self.press(at, reach)

    def paint(self, painter: QPainter, viewport: Viewport, ratio: float, pointer: Point | None) -> None:
        for stroke in self._document.strokes if self._shown() else ():
            _paint_stroke(painter, viewport, stroke.mode, stroke.radius, stroke.points)
        if self._points:
            _paint_stroke(painter, viewport, self._mode, self._radius(), tuple(self._points))
        if pointer is not None:
            centre = QPointF(*viewport.to_screen(pointer))
            reach = self._radius() * viewport.zoom
            for colour, width in (("black", 3 * ratio), ("white", ratio)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawEllipse(centre, reach, reach)


def paint_hints(painter: QPainter, document: Document, viewport: Viewport, ratio: float) -> None:
    """Discs of the hints' colours, ringed so that they are seen on any picture; the chosen one is larger."""
    for index, hint in enumerate(document.hints):
        chosen = index == document.selected_hint
        centre = QPointF(*viewport.to_screen((hint.x, hint.y)))
        radius = (_HINT_RADIUS + 2 * chosen) * ratio
        painter.setBrush(QColor(hint.color))
        painter.setPen(QPen(QColor("black"), (5 if chosen else 3.5) * ratio))
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(QPen(QColor("white"), (2.5 if chosen else 1.5) * ratio))
        painter.drawEllipse(centre, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_stroke(
    painter: QPainter, viewport: Viewport, mode: str, radius: float, points: tuple[Point, ...]
) -> None:
    path = QPainterPath(QPointF(*viewport.to_screen(points[0])))
    for point in points[1:]:
        path.lineTo(QPointF(*viewport.to_screen(point)))
    if len(points) == 1:
        path.lineTo(path.currentPosition() + QPointF(0.01, 0))
    pen = QPen(MARK_COLOURS[mode], 2 * radius * viewport.zoom)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)


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

    def cancel(self) -> None:
        self._at = None

    def double_click(self, at: Point, reach: float) -> None:
        self.press(at, reach)

    def paint(self, painter: QPainter, viewport: Viewport, ratio: float, pointer: Point | None) -> None:
        colour = None if pointer is None else self._colour_at(pointer)
        if pointer is None or colour is None:
            return
        x, y = viewport.to_screen(pointer)
        centre, radius = QPointF(x + _SWATCH_AWAY * ratio, y - _SWATCH_AWAY * ratio), _SWATCH_RADIUS * ratio
        painter.setBrush(QColor(colour))
        for ring, width in (("black", 4 * ratio), ("white", 2 * ratio)):
            painter.setPen(QPen(QColor(ring), width))
            painter.drawEllipse(centre, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)


class Toolbox:
    """Which tool the pointer has: the chosen one, or one that is lent for a moment.

    Moving the picture is none of the tools, and has the id PAN.

    Attributes:
        chosen: the id of the tool that was chosen.
        lent: stands in for it; None for nobody.
    """

    def __init__(self, tools: Mapping[ToolId, Tool]) -> None:
        """``tools`` has one for each id but PAN."""
        self._tools = tools
        self.chosen = ToolId.PAN
        self.lent: Tool | None = None

    @property
    def tool(self) -> Tool | None:
        """What the pointer and Enter use; None where they move the picture."""
        return self.lent or self._tools.get(self.chosen)
