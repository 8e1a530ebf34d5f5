"""What pointer, wheel, touchpad and keys do on the canvas: move and zoom, drag the divider, use the tool."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QInputDevice, QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent

from unfade.ui.canvas.scene import Point, Scene, Viewport
from unfade.ui.canvas.tools import Toolbox

_WHEEL_STEP = 2 ** (1 / 3)  # three notches double the size

_PAN_STEP = 64  # device-independent pixels an arrow key moves the picture ...
_CROSS_STEP = 8  # ... or the crosshair
_DIVIDER_STEP = 0.05
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Dragged(Enum):
    """What moves with the pointer."""

    DIVIDER = auto()
    PICTURE = auto()
    TOOL = auto()


class Movable(Protocol):
    """What gestures and keys move: the canvas."""

    def set_viewport(self, viewport: Viewport) -> None: ...
    def set_divider(self, share: float) -> None: ...
    def zoom_actual(self) -> None: ...
    def zoom_fit(self) -> None: ...


class Gestures:
    """Follows the pointer. Called only while there is a picture."""

    def __init__(self, scene: Scene, toolbox: Toolbox, canvas: Movable) -> None:
        self._scene, self._toolbox, self._canvas = scene, toolbox, canvas
        self._last: Point = (0.0, 0.0)
        self.dragged: Dragged | None = None
        self.space = False
        """Whether the space bar is down, which grabs the picture with any tool."""

    def press(self, event: QMouseEvent) -> None:
        """Begins to drag: the divider, the picture, or with the tool."""
        scene, tool = self._scene, self._toolbox.tool
        scene.pointer = self._last = _point(event.position())
        scene.crosshair = None
        self.dragged = self._grabbed(event)
        if self.dragged is Dragged.TOOL and tool is not None:
            tool.press(scene.to_picture(scene.pointer), scene.reach)

    def move(self, event: QMouseEvent) -> None:
        """Drags on."""
        scene, at, tool = self._scene, _point(event.position()), self._toolbox.tool
        scene.pointer = at
        if self.dragged is Dragged.DIVIDER:
            self._canvas.set_divider(at[0] * scene.ratio / scene.size.width)
        elif self.dragged is Dragged.PICTURE and scene.viewport is not None:
            across, down = ((at[i] - self._last[i]) * scene.ratio for i in (0, 1))
            self._canvas.set_viewport(scene.viewport.moved(across, down))
        elif self.dragged is Dragged.TOOL and tool is not None:
            tool.drag(scene.to_picture(at))
        self._last = at

    def release(self) -> None:
        """Lets go."""
        dragged, self.dragged = self.dragged, None
        tool = self._toolbox.tool
        if dragged is Dragged.TOOL and tool is not None:
            tool.release()

    def cancel(self) -> None:
        """What is dragged is let go of, and nothing is done with it."""
        self.dragged = None
        if self._toolbox.tool is not None:
            self._toolbox.tool.cancel()

    def double_click(self, event: QMouseEvent) -> None:
        """With a tool, its own; else all of the picture or 1:1."""
        scene, tool = self._scene, self._toolbox.tool
        if event.button() is not Qt.MouseButton.LeftButton or scene.viewport is None:
            return
        if tool is not None:
            self.dragged = Dragged.TOOL
            tool.double_click(scene.to_picture(_point(event.position())), scene.reach)
        elif scene.viewport.fitted:
            self._canvas.zoom_actual()
        else:
            self._canvas.zoom_fit()

    def wheel(self, event: QWheelEvent) -> None:
        """A wheel zooms around the pointer; two fingers on a touchpad move, with Ctrl they zoom."""
        viewport, device = self._scene.viewport, event.device()
        assert viewport is not None
        touchpad = device is not None and device.type() == QInputDevice.DeviceType.TouchPad
        if touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            ratio, moved = self._scene.ratio, event.pixelDelta()
            if moved.isNull():
                moved = event.angleDelta()
            self._canvas.set_viewport(viewport.moved(moved.x() * ratio, moved.y() * ratio))
        else:
            self._zoom(viewport, _WHEEL_STEP ** (event.angleDelta().y() / 120), event.position())

    def pinch(self, event: QNativeGestureEvent) -> None:
        """Two fingers apart or together."""
        assert self._scene.viewport is not None
        self._zoom(self._scene.viewport, 1 + event.value(), event.position())

    @property
    def cursor(self) -> Qt.CursorShape:
        """What the pointer looks like now."""
        scene, tool = self._scene, self._toolbox.tool
        over = self.dragged is None and scene.pointer is not None and scene.on_divider(scene.pointer)
        if self.dragged is Dragged.DIVIDER or over:
            return Qt.CursorShape.SplitHCursor
        if self.dragged is Dragged.PICTURE:
            return Qt.CursorShape.ClosedHandCursor
        if self.space or (tool is None and scene.viewport is not None):
            return Qt.CursorShape.OpenHandCursor
        return Qt.CursorShape.ArrowCursor if tool is None else tool.cursor

    def _zoom(self, viewport: Viewport, factor: float, at: QPointF) -> None:
        self._canvas.set_viewport(viewport.zoomed(viewport.zoom * factor, self._scene.to_view(_point(at))))

    def _grabbed(self, event: QMouseEvent) -> Dragged | None:
        left = event.button() is Qt.MouseButton.LeftButton
        if left and self._scene.on_divider(_point(event.position())):
            return Dragged.DIVIDER
        if event.button() is Qt.MouseButton.MiddleButton or self.space:
            return Dragged.PICTURE
        if not left:
            return None
        return Dragged.PICTURE if self._toolbox.tool is None else Dragged.TOOL


def _point(position: QPointF) -> Point:
    return position.x(), position.y()


def press_key(event: QKeyEvent, scene: Scene, toolbox: Toolbox, canvas: Movable) -> bool:
    """Does what a key stands for while there is a picture; False for keys that mean nothing here."""
    viewport, tool, key = scene.viewport, toolbox.tool, Qt.Key(event.key())
    if viewport is None:
        return False
    modifiers = event.modifiers()
    if key in _ARROWS and modifiers & Qt.KeyboardModifier.ControlModifier:
        canvas.set_divider(scene.divider + _ARROWS[key][0] * _DIVIDER_STEP)
    elif key in _ARROWS:
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if tool is None:
            across, down = (way * _PAN_STEP * scene.ratio * (4 if shift else 1) for way in _ARROWS[key])
            canvas.set_viewport(viewport.moved(-across, -down))
        else:
            _move_crosshair(scene, viewport, _ARROWS[key], 1 if shift else _CROSS_STEP)
    elif key in _ENTER and tool is not None and not modifiers & ~Qt.KeyboardModifier.KeypadModifier:
        scene.crosshair = scene.crosshair or viewport.centre
        tool.press(scene.crosshair, scene.reach)
        tool.release()
    else:
        return False
    return True


def _move_crosshair(scene: Scene, viewport: Viewport, way: tuple[int, int], step: float) -> None:
    step *= scene.ratio / viewport.zoom
    x, y = scene.crosshair or viewport.centre
    extent = viewport.extent
    scene.crosshair = (
        min(max(x + way[0] * step, 0.0), extent.width - 0.5),
        min(max(y + way[1] * step, 0.0), extent.height - 0.5),
    )
