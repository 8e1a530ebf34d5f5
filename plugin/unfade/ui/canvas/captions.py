"""What lies over the picture: which side is which, the divider with its grip, the frame of the focus."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from unfade.ui.canvas.compare import Pane
from unfade.ui.design import Space

translate = QCoreApplication.translate

_GRIP_RADIUS = 13


def paint_captions(painter: QPainter, panes: Sequence[Pane], ratio: float) -> None:
    """ "Before" and "After" in the upper corners of their panes, where there is room.

    Args:
        painter: its unit is a device-independent pixel, as everywhere here.
        panes: those to be named; their areas are in pixels of the screen.
        ratio: pixels of the screen for a device-independent one.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    metrics = painter.fontMetrics()
    for pane in panes:
        text = translate("Canvas", "After") if pane.after else translate("Canvas", "Before")
        width, height = metrics.horizontalAdvance(text) + 2 * Space.S, metrics.height() + Space.XS
        left, right = pane.area.x / ratio, pane.area.right / ratio
        if right - left < width + 2 * Space.M:
            continue
        box = QRectF(right - Space.M - width if left else Space.M, Space.M, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setPen(QColor("white"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_divider(painter: QPainter, foot: QPointF, *, grip: bool, line: QColor) -> None:
    """The line between two panes, down to ``foot``; over the picture it is white, and has a grip."""
    x, height = foot.x(), foot.y()
    if not grip:
        painter.setPen(QPen(line, 1.5))
        painter.drawLine(QPointF(x, 0), foot)
        return
    for colour, width in ((QColor(0, 0, 0, 110), 3.0), (QColor("white"), 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, 0), foot)
    middle = height / 2
    painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
    painter.setBrush(QColor("white"))
    painter.drawEllipse(QPointF(x, middle), _GRIP_RADIUS, _GRIP_RADIUS)
    painter.setPen(QPen(QColor("#404040"), 1.8, cap=Qt.PenCapStyle.RoundCap))
    for side in (-1, 1):
        tip = QPointF(x + side * 8, middle)
        painter.drawLine(tip, QPointF(x + side * 4, middle - 4))
        painter.drawLine(tip, QPointF(x + side * 4, middle + 4))


def paint_focus(painter: QPainter, area: QRectF, colour: QColor) -> None:
    """The frame around what has the keyboard."""
    painter.setPen(QPen(colour, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(1, 1, -1, -1))
