"""Colours as a picker deals with them: chroma to choose, at a lightness that is given.

The plane is of all that sRGB can show at one lightness, and is chosen from by pointer or arrow keys.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from unfade.picture import Plane, in_gamut, lab_of_srgb, srgb_of_lab
from unfade.ui.theme import colours_of

translate = QCoreApplication.translate


class Chroma(NamedTuple):
    """What a colour is without its lightness: CIELAB's a* and b*."""

    a: float
    b: float


_SIDE = 208
_STEPS = {
    Qt.Key.Key_Left: Chroma(-1, 0),
    Qt.Key.Key_Right: Chroma(1, 0),
    Qt.Key.Key_Up: Chroma(0, 1),
    Qt.Key.Key_Down: Chroma(0, -1),
}
_LONG_STEP = 10


def lightness_of(luma: float) -> float:
    """L* (0 to 100) of a gray sRGB value in [0, 1]."""
    return float(lab_of_srgb(np.full(3, luma))[0])


def chroma_of(colour: str) -> Chroma:
    """a* and b* of "#rrggbb"."""
    _, a, b = lab_of_srgb(np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]))
    return Chroma(float(a), float(b))


def shown_at(lightness: float, a: Plane, b: Plane) -> NDArray[np.bool_]:
    """Which of these a* and b* sRGB can show at a lightness."""
    return in_gamut(np.full_like(a, lightness / 100), a, b)


def colours_at(lightness: float, a: Plane, b: Plane) -> NDArray[np.float32]:
    """``[..., 3]`` sRGB in [0, 1] of these a* and b*, or of the most saturated colours of their hues that
    sRGB can show."""
    return np.stack(srgb_of_lab(np.full_like(a, lightness / 100), a, b), axis=-1)


def fitted(chroma: Chroma, lightness: float) -> Chroma:
    """The chroma, or where sRGB cannot show it at this lightness, the largest of that hue."""
    _, a, b = lab_of_srgb(_colour(chroma, lightness))
    return Chroma(float(a), float(b))


def colour_at(chroma: Chroma, lightness: float) -> str:
    """ "#rrggbb" of the chroma at a lightness, fitted into sRGB."""
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in _colour(chroma, lightness))


def _colour(chroma: Chroma, lightness: float) -> NDArray[np.float32]:
    a, b = (np.array([value], np.float32) for value in chroma)
    rgb: NDArray[np.float32] = colours_at(lightness, a, b)[0]
    return rgb


class ChromaPlane(QWidget):
    """a* from left to right (green to red), b* from bottom to top (blue to yellow).

    Signals:
        moved: the colour under the mark has changed.
        settled: the pointer was let go, or a key moved the mark.
    """

    moved = pyqtSignal()
    settled = pyqtSignal()

    def __init__(self, lightness: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lightness = lightness
        self._window = _window(lightness)
        self._chroma = Chroma(0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(translate("HintPicker", "Colours at this brightness"))
        self.setAccessibleDescription(
            translate("HintPicker", "Arrow keys move the mark; with Shift they move it further.")
        )

    @property
    def chroma(self) -> Chroma:
        """What is under the mark; always a colour that can be shown."""
        return self._chroma

    def set_chroma(self, chroma: Chroma) -> None:
        """Moves the mark, towards gray as far as the colour cannot be shown."""
        self._chroma = fitted(chroma, self._lightness)
        self.update()
        self.moved.emit()

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(_SIDE, _SIDE)

    def position_of(self, chroma: Chroma) -> QPointF:
        """Where a colour is in this widget."""
        left, top, span = self._window
        scale = self.width() / span
        return QPointF((chroma.a - left) * scale, (top - chroma.b) * scale)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The colours, a frame and the mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        colours = colours_of(self.palette())
        pixels = plane_pixels(self._lightness)
        side = pixels.shape[0]
        image = QImage(pixels.tobytes(), side, side, side * 4, QImage.Format.Format_RGBA8888)
        painter.fillRect(self.rect(), QColor(colours.base))
        painter.drawImage(QRectF(self.rect()), image)
        frame = colours.focus if self.hasFocus() else colours.outline
        painter.setPen(QPen(QColor(frame), 2 if self.hasFocus() else 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        centre = self.position_of(self._chroma)
        for colour, width in ((QColor("black"), 4), (QColor("white"), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(centre, 6, 6)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Takes the colour under the pointer."""
        if event and event.button() is Qt.MouseButton.LeftButton:
            self._point_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Follows the pointer."""
        if event and event.buttons() & Qt.MouseButton.LeftButton:
            self._point_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """The choice is made."""
        if event and event.button() is Qt.MouseButton.LeftButton:
            self.settled.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Arrow keys move the mark."""
        step = _STEPS.get(Qt.Key(event.key())) if event else None
        if event is None or step is None:
            super().keyPressEvent(event)
            return
        by = _LONG_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        self.set_chroma(Chroma(self._chroma.a + by * step.a, self._chroma.b + by * step.b))
        self.settled.emit()

    def _point_at(self, position: QPointF) -> None:
        left, top, span = self._window
        scale = span / self.width()
        self.set_chroma(Chroma(left + position.x() * scale, top - position.y() * scale))


@functools.lru_cache(maxsize=8)
def plane_pixels(lightness: float) -> NDArray[np.uint8]:
    """HWC RGBA; transparent where sRGB has no such colour."""
    left, top, span = _window(lightness)
    line = (np.arange(_SIDE, dtype=np.float32) + np.float32(0.5)) * np.float32(span / _SIDE)
    a, b = np.meshgrid(np.float32(left) + line, np.float32(top) - line)
    shown = shown_at(lightness, a, b)
    pixels = np.zeros((_SIDE, _SIDE, 4), np.uint8)
    pixels[shown, :3] = np.rint(colours_at(lightness, a[shown], b[shown]) * 255)
    pixels[shown, 3] = 255
    return pixels


@functools.lru_cache(maxsize=8)
def _window(lightness: float) -> tuple[float, float, float]:
    """The square around all that sRGB shows at this lightness: least a*, largest b*, side."""
    line = np.arange(-120, 121, dtype=np.float32)
    a, b = np.meshgrid(line, line)
    shown = shown_at(lightness, a, b)
    a, b = a[shown], b[shown]
    span = float(max(np.ptp(a), np.ptp(b))) + 6
    return float(a.min() + a.max() - span) / 2, float(b.min() + b.max() + span) / 2, span
