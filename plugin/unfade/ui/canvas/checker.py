"""What is seen through transparent pixels."""

from __future__ import annotations

import functools

from PyQt6.QtGui import QBrush, QColor, QImage, QPainter

_SIDE = 8


@functools.cache
def checker() -> QBrush:
    """A brush of light squares; of an image, not a pixmap, for it is also used in threads."""
    tile = QImage(2 * _SIDE, 2 * _SIDE, QImage.Format.Format_RGB32)
    tile.fill(QColor("#ffffff"))
    painter = QPainter(tile)
    for x, y in ((0, 0), (_SIDE, _SIDE)):
        painter.fillRect(x, y, _SIDE, _SIDE, QColor("#cccccc"))
    painter.end()
    return QBrush(tile)
