"""The canvas widget: paints what is in view, and turns pointer, wheel and keys into moves and tools."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication, QEvent, QPointF, QRect, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFocusEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from unfade.card import Task
from unfade.tiling import Extent
from unfade.ui.canvas.captions import paint_captions, paint_divider, paint_focus
from unfade.ui.canvas.compare import Compare, Pane, panes, view_size
from unfade.ui.canvas.loupe import paint_loupe
from unfade.ui.canvas.painting import Original, PicturePainter
from unfade.ui.canvas.tools import HIT, Tool, ToolId, paint_hints
from unfade.ui.canvas.viewport import Point, Viewport
from unfade.ui.design import colours_of
from unfade.ui.document import Change, Document
from unfade.ui.preview.live import LivePreview

translate = QCoreApplication.translate

_WHEEL_STEP = 2 ** (1 / 3)  # three notches double the size
_ZOOM_STEP = 2**0.5
_PAN_STEP = 64  # device-independent pixels an arrow key moves the picture ...
_CROSS_STEP = 8  # ... or the crosshair, with which tools are used by keyboard
_DIVIDER_STEP = 0.05
_FRAME = 16  # milliseconds between paintings while something fades in
_GRIP = 7  # device-independent pixels around the divider in which it is grabbed
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Canvas(QWidget):
    """The picture, before and after.

    Signals:
        view_changed: zoom, position or mode are others now.
    """

    view_changed = pyqtSignal()

    def __init__(
        self,
        document: Document,
        preview: LivePreview,
        painter: PicturePainter,
        tools: Mapping[ToolId, Tool],
        parent: QWidget | None = None,
    ) -> None:
        """``tools`` has one for each id but that for moving the picture."""
        super().__init__(parent)
        self._document, self._preview, self._painter, self._tools = document, preview, painter, tools
        self._viewport: Viewport | None = None
        self._mode = Compare.SPLIT
        self._divider = 0.5
        self._tool = ToolId.PAN
        self._before_held = False
        self._loupe = False
        self._mask_shown = False
        self._pointer: QPointF | None = None
        self._crosshair: Point | None = None
        self._dragging: str | None = None  # "picture", "divider" or "tool"
        self._last = QPointF()
        self._space = False
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(_FRAME)
        self._fade.timeout.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 180)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(translate("Canvas", "Picture, before and after"))
        self.setAccessibleDescription(
            translate(
                "Canvas",
                "Arrow keys move the picture; with a tool, a crosshair. Enter uses the tool there.",
            )
        )
        document.subscribe(self._document_changed)
        preview.changed.connect(self.update)
        painter.images.ready.connect(self.update)

    # What is shown

    @property
    def viewport(self) -> Viewport | None:
        """The window onto the picture; None without one."""
        return self._viewport

    def set_original(self, original: Original | None) -> None:
        """Shows a picture, all of it, or none."""
        self._painter.set_original(original)
        self._crosshair = None
        if original is None:
            self._viewport = None
        else:
            picture = original.pyramid.picture
            extent = Extent(picture.height, picture.width)
            window = view_size(self._mode, self._size)
            self._viewport = Viewport(extent, window, 1.0, (0, 0)).fit()
        self._view_moved()

    def set_viewport(self, viewport: Viewport) -> None:
        """Shows another part of the picture."""
        self._viewport = viewport
        self._view_moved()

    @property
    def mode(self) -> Compare:
        """How before and after are shown together."""
        return self._mode

    def set_mode(self, mode: Compare) -> None:
        """Shows them otherwise."""
        self._mode = mode
        if self._viewport is not None:
            self._viewport = self._viewport.resized(view_size(mode, self._size))
        self._view_moved()

    @property
    def divider(self) -> float:
        """Where the split view's divider is, as a share of the width."""
        return self._divider

    def set_divider(self, share: float) -> None:
        """Moves the divider."""
        self._divider = min(max(share, 0.0), 1.0)
        self.update()

    def hold_before(self, held: bool) -> None:
        """Shows the original everywhere, until told otherwise."""
        if held != self._before_held:
            self._before_held = held
            self.update()

    @property
    def before_held(self) -> bool:
        """Whether it does."""
        return self._before_held

    def set_loupe(self, on: bool) -> None:
        """Shows the loupe at the pointer."""
        self._loupe = on
        self.update()

    def set_mask_shown(self, on: bool) -> None:
        """Shows where a watermark was found."""
        self._mask_shown = on
        self.update()

    @property
    def tool(self) -> ToolId:
        """What the left button does."""
        return self._tool

    def set_tool(self, tool: ToolId) -> None:
        """Changes what the left button does."""
        self._tool = tool
        self._crosshair = None
        self._update_cursor()
        self.update()

    def zoom_by(self, steps: int) -> None:
        """Zooms in (or out, with negative steps) around the middle."""
        if self._viewport is not None:
            self.set_viewport(self._viewport.zoomed(self._viewport.zoom * _ZOOM_STEP**steps))

    def zoom_actual(self) -> None:
        """One pixel of the result on one of the screen."""
        if self._viewport is not None:
            at = self._to_view(self._pointer) if self._pointer is not None else None
            self.set_viewport(self._viewport.zoomed(self._document.state.scale, at))

    def zoom_fit(self) -> None:
        """All of the picture."""
        if self._viewport is not None:
            self.set_viewport(self._viewport.fit())

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Both sides, marks, loupe."""
        colours = colours_of(self.palette())
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)  # from here on in pixels of the screen
        size = self._size
        painter.fillRect(0, 0, size.width, size.height, QColor(colours.canvas))
        viewport = self._viewport
        if viewport is None:
            return
        self._painter.images.begin_frame()
        shown = panes(self._mode, size, self._divider, before=self._before_held)
        for pane in shown:
            painter.save()
            painter.setClipRect(_rect(pane))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._paint_picture(painter, viewport, pane)
            self._paint_marks(painter, viewport, pane, ratio)
            painter.restore()
        if self._loupe and self._pointer is not None and self._dragging is None:
            at = (self._pointer.x() * ratio, self._pointer.y() * ratio)
            place = viewport.to_picture(self._to_view(self._pointer))
            paint_loupe(painter, viewport, place, at, size, ratio, colours, self._paint_picture)
        painter.resetTransform()
        captioned = shown if self._document.state.enabled else [pane for pane in shown if not pane.after]
        paint_captions(painter, captioned, ratio)
        if len(shown) == 2:
            foot = QPointF(shown[1].area.x / ratio, self.height())
            paint_divider(painter, foot, grip=self._mode is Compare.SPLIT, line=QColor(colours.line))
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), QColor(colours.focus))

    def _paint_picture(self, painter: QPainter, viewport: Viewport, pane: Pane) -> None:
        self._painter.paint_before(painter, viewport, pane)
        if not pane.after:
            return
        if self._painter.paint_after(painter, viewport, pane, self._preview.result_image):
            self._fade.start()
        if self._mask_shown and Task.DEARTIFACT in self._document.state.enabled:
            self._painter.paint_mask(painter, viewport, pane, self._preview.mask_image)

    def _paint_marks(self, painter: QPainter, viewport: Viewport, pane: Pane, ratio: float) -> None:
        painter.translate(*pane.origin)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tool = self._tools.get(self._tool)
        if tool is not None:
            place = self._crosshair
            if place is None and self._pointer is not None:
                place = viewport.to_picture(self._to_view(self._pointer))
            tool.paint(painter, viewport, ratio, place)
        elif Task.COLORIZE in self._document.state.enabled and not self._before_held and not pane.after:
            paint_hints(painter, self._document, viewport, ratio)
        if self._crosshair is not None:
            x, y = viewport.to_screen(self._crosshair)
            for colour, width in (("black", 3 * ratio), ("white", ratio)):
                painter.setPen(QPen(QColor(colour), width))
                reach = 12 * ratio
                painter.drawLine(QPointF(x - reach, y), QPointF(x + reach, y))
                painter.drawLine(QPointF(x, y - reach), QPointF(x, y + reach))

    # The pointer

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begins to drag: the divider, the picture, or with the tool."""
        if event is None or self._viewport is None:
            return
        self._pointer = self._last = event.position()
        self._crosshair = None
        self._dragging = self._grabbed(event)
        if self._dragging == "tool":
            place = self._viewport.to_picture(self._to_view(event.position()))
            self._tools[self._tool].press(place, self._reach)
        self._update_cursor()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drags on."""
        if event is None or self._viewport is None:
            return
        self._pointer = event.position()
        if self._dragging == "divider":
            self.set_divider(event.position().x() / max(self.width(), 1))
        elif self._dragging == "picture":
            moved = (event.position() - self._last) * self.devicePixelRatioF()
            self.set_viewport(self._viewport.moved(moved.x(), moved.y()))
        elif self._dragging == "tool":
            self._tools[self._tool].drag(self._viewport.to_picture(self._to_view(event.position())))
        self._last = event.position()
        self._update_cursor()
        if self._loupe or self._tool is not ToolId.PAN:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Lets go."""
        dragging, self._dragging = self._dragging, None
        if dragging == "tool":
            self._tools[self._tool].release()
        self._update_cursor()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """With a tool, its own; else all of the picture or 1:1."""
        if event is None or self._viewport is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        place = self._viewport.to_picture(self._to_view(event.position()))
        tool = self._tools.get(self._tool)
        if tool is not None:
            self._dragging = "tool"
            tool.double_click(place, self._reach)
        elif self._viewport.fitted:
            self.zoom_actual()
        else:
            self.zoom_fit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """A wheel zooms around the pointer; two fingers on a touchpad move, with Ctrl they zoom."""
        if event is None or self._viewport is None:
            return
        event.accept()
        device = event.device()
        touchpad = device is not None and device.type() == QInputDevice.DeviceType.TouchPad
        if touchpad and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            ratio, moved = self.devicePixelRatioF(), event.pixelDelta()
            if moved.isNull():
                moved = event.angleDelta()
            self.set_viewport(self._viewport.moved(moved.x() * ratio, moved.y() * ratio))
            return
        factor = _WHEEL_STEP ** (event.angleDelta().y() / 120)
        at = self._to_view(event.position())
        self.set_viewport(self._viewport.zoomed(self._viewport.zoom * factor, at))

    def event(self, event: QEvent | None) -> bool:
        """Pinching zooms."""
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch and self._viewport:
            at = self._to_view(event.position())
            self.set_viewport(self._viewport.zoomed(self._viewport.zoom * (1 + event.value()), at))
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent | None) -> None:
        """The loupe and the brush go with the pointer."""
        self._pointer = None
        self.update()

    # Keys

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Arrows move picture, crosshair or divider; Enter uses the tool, Space grabs the picture."""
        if event is None or self._viewport is None or not self._key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """Space lets go."""
        if event is not None and event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._update_cursor()
        super().keyReleaseEvent(event)

    def _key(self, event: QKeyEvent) -> bool:
        assert self._viewport is not None
        key, ratio = Qt.Key(event.key()), self.devicePixelRatioF()
        tool = self._tools.get(self._tool)
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Space:
            self._space = True
            self._update_cursor()
        elif key in _ARROWS and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_divider(self._divider + _ARROWS[key][0] * _DIVIDER_STEP)
        elif key in _ARROWS and tool is None:
            across, down = _ARROWS[key]
            step = _PAN_STEP * ratio * (4 if fine else 1)
            self.set_viewport(self._viewport.moved(-across * step, -down * step))
        elif key in _ARROWS:
            across, down = _ARROWS[key]
            step = (1 if fine else _CROSS_STEP) * ratio / self._viewport.zoom
            x, y = self._crosshair or self._viewport.centre
            extent = self._viewport.extent
            x, y = x + across * step, y + down * step
            self._crosshair = (min(max(x, 0.0), extent.width - 0.5), min(max(y, 0.0), extent.height - 0.5))
            self.update()
        elif key in _ENTER and tool is not None and not event.modifiers():
            self._crosshair = self._crosshair or self._viewport.centre
            tool.press(self._crosshair, self._reach)
            tool.release()
        else:
            return False
        return True

    # The rest

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keeps showing all of the picture, or what is in the middle."""
        if self._viewport is not None:
            self._viewport = self._viewport.resized(view_size(self._mode, self._size))
            self._view_moved()

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Shows the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Hides it."""
        super().focusOutEvent(event)
        self._space = False
        self.update()

    @property
    def _size(self) -> Extent:
        """In pixels of the screen."""
        ratio = self.devicePixelRatioF()
        return Extent(max(1, round(self.height() * ratio)), max(1, round(self.width() * ratio)))

    @property
    def _reach(self) -> float:
        assert self._viewport is not None
        return HIT * self.devicePixelRatioF() / self._viewport.zoom

    def _to_view(self, position: QPointF) -> Point:
        """A place on the widget in the window onto the picture, whichever pane it is on."""
        ratio = self.devicePixelRatioF()
        x, y = position.x() * ratio, position.y() * ratio
        half = view_size(self._mode, self._size).width
        return (x - half, y) if self._mode is Compare.SIDE and x >= half else (x, y)

    def _grabbed(self, event: QMouseEvent) -> str | None:
        if self._on_divider(event.position()) and event.button() is Qt.MouseButton.LeftButton:
            return "divider"
        if event.button() is Qt.MouseButton.MiddleButton or self._space:
            return "picture"
        if event.button() is not Qt.MouseButton.LeftButton:
            return None
        return "picture" if self._tool is ToolId.PAN else "tool"

    def _on_divider(self, position: QPointF) -> bool:
        if self._mode is not Compare.SPLIT or self._before_held:
            return False
        return abs(position.x() - self._divider * self.width()) <= _GRIP

    def _update_cursor(self) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self._dragging == "divider" or (
            self._dragging is None and self._pointer is not None and self._on_divider(self._pointer)
        ):
            shape = Qt.CursorShape.SplitHCursor
        elif self._dragging == "picture":
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space or (self._tool is ToolId.PAN and self._viewport is not None):
            shape = Qt.CursorShape.OpenHandCursor
        elif self._tool in self._tools:
            shape = self._tools[self._tool].cursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def _document_changed(self, change: Change) -> None:
        if change is Change.STATE:
            self._tell_view()
        self.update()

    def _view_moved(self) -> None:
        self._tell_view()
        self.view_changed.emit()
        self.update()

    def _tell_view(self) -> None:
        """The preview works on what is in view."""
        if self._viewport is not None and self._document.extent == self._viewport.extent:
            density = self._document.state.scale / self._viewport.zoom
            self._preview.set_view(self._viewport.visible, density)


def _rect(pane: Pane) -> QRect:
    return QRect(pane.area.x, pane.area.y, pane.area.width, pane.area.height)
