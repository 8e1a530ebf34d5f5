"""What keys do on the canvas: move picture, divider, or the crosshair at which Enter uses the tool."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent

from unfade.ui.canvas.gestures import Movable
from unfade.ui.canvas.scene import Scene
from unfade.ui.canvas.toolbox import Toolbox
from unfade.ui.canvas.viewport import Viewport

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
