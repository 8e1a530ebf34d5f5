"""The canvas widget: a scene, kept in line with the document, and Qt's events handed to who knows of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication, QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from unfade.inference import Bounds, Extent
from unfade.ui.canvas.frame import FramePainter, Original, PicturePainter
from unfade.ui.canvas.input import Gestures, press_key
from unfade.ui.canvas.scene import Compare, Point, Scene, Viewport
from unfade.ui.canvas.tools import Tool, Toolbox, ToolId
from unfade.ui.commands import Command, Key, Menu, choice
from unfade.ui.document import Change, Document, filter_with
from unfade.ui.language import Words
from unfade.ui.preview.live import LivePreview
from unfade.ui.theme import colours_of

translate = QCoreApplication.translate

_ZOOM_STEP = 2**0.5
_FRAME = 16  # milliseconds between paintings while something fades in


def _has_picture(canvas: Canvas) -> bool:
    return canvas.viewport is not None


class Canvas(QWidget):
    """The picture, before and after.

    Signals:
        view_changed: zoom, position or mode are others now.
        returned: a tool that was lent is taken away, by Esc or for another one.
    """

    view_changed = pyqtSignal()
    returned = pyqtSignal()

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
        self._document, self._preview, self._painter = document, preview, painter
        self._scene = Scene()
        self._toolbox = Toolbox(tools)
        self._frame = FramePainter(document, preview.results, painter, self._toolbox)
        self._gestures = Gestures(self._scene, self._toolbox, self)
        self._fading = False
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(_FRAME)
        self._fade.timeout.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        words = Words(self)
        words.put(lambda: translate("Canvas", "Picture, before and after"), self.setAccessibleName)
        words.put(
            lambda: translate(
                "Canvas",
                "Arrow keys move the picture; with a tool, a crosshair. Enter uses the tool there.",
            ),
            self.setAccessibleDescription,
        )
        document.subscribe(self._document_changed)
        preview.changed.connect(self.update)
        painter.images.ready.connect(self.update)

    # What is shown

    @property
    def viewport(self) -> Viewport | None:
        """The window onto the picture; None without one."""
        return self._scene.viewport

    @property
    def settled(self) -> bool:
        """Whether the last frame showed all that there is: no image is still being made or fading in."""
        return not self._fading and not self._painter.images.busy

    def set_original(self, original: Original | None) -> None:
        """Shows a picture, all of it, or none."""
        self._gestures.cancel()
        self._painter.set_original(original)
        self._measure()
        self._scene.crosshair = None
        self._scene.viewport = None
        if original is not None:
            picture = original.pyramid.picture
            extent = Extent(picture.height, picture.width)
            self._scene.viewport = Viewport(extent, self._scene.view_size, 1.0, (0, 0)).fit()
        self._view_moved()

    def show_part(self, part: Bounds) -> None:
        """Shows a part of the picture as large as it can be with something around it, at most at 1:1."""
        viewport = self._scene.viewport
        if viewport is None:
            return
        zoom = min(1.0, viewport.size.width / (1.5 * part.width), viewport.size.height / (1.5 * part.height))
        if zoom > viewport.fit_zoom:
            middle = (part.x + part.width / 2, part.y + part.height / 2)
            self.set_viewport(dataclasses.replace(viewport, zoom=zoom, centre=middle, fitted=False))

    def set_viewport(self, viewport: Viewport) -> None:
        """Shows another part of the picture."""
        self._scene.viewport = viewport
        self._view_moved()

    @property
    def mode(self) -> Compare:
        """How before and after are shown together."""
        return self._scene.mode

    @choice(
        lambda canvas: canvas.mode,
        Command(
            "view_result",
            (Menu.VIEW, 2, 1),
            "&Result only",
            "Show the result alone.",
            ("R",),
            value=Compare.RESULT,
            tool_bar=(4, 1, "Result"),
        ),
        Command(
            "view_split",
            (Menu.VIEW, 2, 2),
            "&Split view",
            "Show before and after in one picture, with a divider to drag.",
            ("S",),
            value=Compare.SPLIT,
            tool_bar=(4, 2, "Split"),
        ),
        Command(
            "view_side",
            (Menu.VIEW, 2, 3),
            "Side &by side",
            "Show before and after next to each other.",
            ("D",),
            value=Compare.SIDE,
            tool_bar=(4, 3, "Side by side"),
        ),
    )
    def set_mode(self, mode: Compare) -> None:
        """Shows them otherwise."""
        self._scene.mode = mode
        self._resize_viewport()

    @property
    def divider(self) -> float:
        """Where the split view's divider is, as a share of the width."""
        return self._scene.divider

    def set_divider(self, share: float) -> None:
        """Moves the divider."""
        self._scene.divider = min(max(share, 0.0), 1.0)
        self.update()

    @Command(
        "view_before",
        (Menu.VIEW, 2, 4),
        "Before, while &held",
        "Show the original for as long as the key is held down.",
        ("B",),
        enabled=_has_picture,
        value=True,
        auto_repeat=False,
        tool_bar=(4, 4, "Hold: before"),
    )
    def hold_before(self, held: bool) -> None:
        """Shows the original everywhere, until told otherwise."""
        if held != self._scene.before_held:
            self._scene.before_held = held
            self.update()

    @Command(
        "loupe",
        (Menu.VIEW, 3, 1),
        "&Loupe",
        "Enlarge what is under the pointer, before and after.",
        ("L",),
        enabled=_has_picture,
        checkable=True,
        tool_bar=(5, 1, ""),
    )
    def set_loupe(self, on: bool) -> None:
        """Shows the loupe at the pointer."""
        self._scene.loupe = on
        self.update()

    @property
    def mask_shown(self) -> bool:
        """Whether it is shown where a filter found something, and what is painted."""
        return self._scene.mask_shown

    @Command(
        "show_mask",
        (Menu.VIEW, 3, 2),
        "&Mask overlay",
        "Show in colour what was found or painted over.",
        ("M",),
        checkable=True,
        checked=lambda canvas: canvas.mask_shown,
    )
    def set_mask_shown(self, on: bool) -> None:
        """Shows where a filter found something, and what is painted."""
        self._scene.mask_shown = on
        self.update()

    def shows_result(self, place: Point) -> bool:
        """Whether the result, not the original, is what is seen at a place of the picture."""
        return self._scene.viewport is not None and self._scene.shows_result(place)

    # Tools

    @property
    def tool(self) -> ToolId:
        """What the left button does."""
        return self._toolbox.chosen

    @choice(
        lambda canvas: canvas.tool,
        Command(
            "tool_pan",
            (Menu.FILTER, 3, 1),
            "Move &picture",
            "Drag to move the picture about.",
            ("H",),
            value=ToolId.PAN,
        ),
        Command(
            "tool_hint",
            (Menu.FILTER, 3, 2),
            "Colour &hints",
            "Click to place a colour hint, drag to move it, double-click for its colour.",
            ("C",),
            value=ToolId.HINT,
        ),
        Command(
            "tool_mark",
            (Menu.FILTER, 3, 3),
            "&Mark to fill in",
            "Paint over a watermark, or damage, to have it filled in.",
            ("W",),
            value=ToolId.MARK,
        ),
        Command(
            "tool_keep",
            (Menu.FILTER, 3, 4),
            "&Keep original",
            "Paint over what is to stay as it is.",
            ("K",),
            value=ToolId.KEEP,
        ),
    )
    def choose_tool(self, tool: ToolId) -> None:
        """Changes what the left button does, and switches the tool's filter on."""
        if tool.option is not None:
            name = self._document.painted if tool.option == "strokes" else filter_with(tool.option)
            self._document.change(self._document.state.switched(name, True))
        self.set_tool(tool)

    def set_tool(self, tool: ToolId) -> None:
        """Changes what the left button does."""
        self._gestures.cancel()
        self._toolbox.chosen = tool
        if self._toolbox.lent is not None:
            self.lend(None)
            self.returned.emit()
        self._scene.crosshair = None
        self._update_cursor()
        self.update()

    def lend(self, tool: Tool | None) -> None:
        """Has the left button, and Enter, do something else for a while; None ends that."""
        self._toolbox.lent = tool
        self._update_cursor()
        self.update()

    # Zoom

    @Command(
        "zoom_in",
        (Menu.VIEW, 1, 1),
        "Zoom &in",
        "Show the picture larger.",
        (Key.ZoomIn, "Ctrl+="),
        enabled=_has_picture,
        value=1,
        tool_bar=(3, 4, "+"),
    )
    @Command(
        "zoom_out",
        (Menu.VIEW, 1, 2),
        "Zoom &out",
        "Show the picture smaller.",
        (Key.ZoomOut,),
        enabled=_has_picture,
        value=-1,
        tool_bar=(3, 3, "−"),
    )
    def zoom_by(self, steps: int) -> None:
        """Zooms in (or out, with negative steps) around the middle."""
        if self.viewport is not None:
            self.set_viewport(self.viewport.zoomed(self.viewport.zoom * _ZOOM_STEP**steps))

    @Command(
        "zoom_actual",
        (Menu.VIEW, 1, 3),
        "&Actual pixels",
        "Show one pixel of the result as one pixel of the screen.",
        ("1", "Ctrl+1"),
        enabled=_has_picture,
        tool_bar=(3, 2, "1:1"),
    )
    def zoom_actual(self) -> None:
        """One pixel of the result on one of the screen."""
        scene = self._scene
        if scene.viewport is not None:
            at = None if scene.pointer is None else scene.to_view(scene.pointer)
            self.set_viewport(scene.viewport.zoomed(self._document.state.scale, at))

    @Command(
        "zoom_fit",
        (Menu.VIEW, 1, 4),
        "&Fit in window",
        "Show the whole picture.",
        ("0", "Ctrl+0"),
        enabled=_has_picture,
        tool_bar=(3, 1, "Fit"),
    )
    def zoom_fit(self) -> None:
        """All of the picture."""
        if self.viewport is not None:
            self.set_viewport(self.viewport.fit())

    # Qt's events

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """A frame; another one soon while something fades in."""
        self._measure()
        painter = QPainter(self)
        loupe = self._scene.loupe and self._gestures.dragged is None
        colours = colours_of(self.palette())
        focused = self.hasFocus()
        self._fading = self._frame.paint(painter, self._scene, colours, loupe=loupe, focused=focused)
        if self._fading:
            self._fade.start()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begins to drag."""
        if event is not None and self.viewport is not None:
            self._gestures.press(event)
            self._update_cursor()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drags on."""
        if event is not None and self.viewport is not None:
            self._gestures.move(event)
            self._update_cursor()
            if self._scene.loupe or self._toolbox.tool is not None:
                self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Lets go."""
        self._gestures.release()
        self._update_cursor()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Zooms, or uses the tool."""
        if event is not None and self.viewport is not None:
            self._gestures.double_click(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zooms or moves."""
        if event is not None and self.viewport is not None:
            event.accept()
            self._gestures.wheel(event)

    def event(self, event: QEvent | None) -> bool:
        """Pinching zooms."""
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch and self.viewport:
            self._gestures.pinch(event)
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent | None) -> None:
        """The loupe and the brush go with the pointer."""
        self._scene.pointer = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Arrows move, Enter uses the tool, Space grabs the picture, Esc gives a lent tool back."""
        if event is None or self.viewport is None:
            super().keyPressEvent(event)
            return
        if event.key() == Qt.Key.Key_Space:
            self._gestures.space = True
        elif event.key() == Qt.Key.Key_Escape and self._toolbox.lent is not None:
            self.lend(None)
            self.returned.emit()
        elif not press_key(event, self._scene, self._toolbox, self):
            super().keyPressEvent(event)
        self._update_cursor()
        self.update()

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """Space lets go."""
        if event is not None and event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._gestures.space = False
            self._update_cursor()
        super().keyReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keeps showing all of the picture, or what is in the middle."""
        self._resize_viewport()

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Shows the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Hides it."""
        super().focusOutEvent(event)
        self._gestures.space = False
        self.update()

    # In line with screen, document and preview

    def _measure(self) -> None:
        """Takes note of the canvas' size in pixels of its screen, which may be another screen now."""
        ratio = self.devicePixelRatioF()
        self._scene.ratio = ratio
        self._scene.size = Extent(max(1, round(self.height() * ratio)), max(1, round(self.width() * ratio)))

    def _resize_viewport(self) -> None:
        self._measure()
        if self._scene.viewport is not None:
            self._scene.viewport = self._scene.viewport.resized(self._scene.view_size)
            self._view_moved()
        self.update()

    def _update_cursor(self) -> None:
        shape = self._gestures.cursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def _document_changed(self, change: Change) -> None:
        if change is Change.STATE:
            needed = self.tool.option
            if needed is not None and not self._document.state.takes(needed):
                self.set_tool(ToolId.PAN)
            self._tell_view()
        self.update()

    def _view_moved(self) -> None:
        self._tell_view()
        self.view_changed.emit()
        self.update()

    def _tell_view(self) -> None:
        """The preview works on what is in view."""
        viewport = self._scene.viewport
        if viewport is not None and self._document.extent == viewport.extent:
            density = self._document.state.scale / viewport.zoom
            self._preview.set_view(viewport.visible, density)
