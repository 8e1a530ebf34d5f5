"""One frame of the canvas: both sides of the picture, marks, loupe, captions, divider, focus."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRect, QRectF
from PyQt6.QtGui import QColor, QPainter, QPen

from unfade.models import Task
from unfade.ui.canvas.captions import paint_captions, paint_divider, paint_focus
from unfade.ui.canvas.compare import Compare, Pane
from unfade.ui.canvas.loupe import paint_loupe
from unfade.ui.canvas.painting import PicturePainter
from unfade.ui.canvas.scene import Scene
from unfade.ui.canvas.toolbox import Toolbox
from unfade.ui.canvas.tools import paint_hints
from unfade.ui.canvas.viewport import Viewport
from unfade.ui.design import Colours
from unfade.ui.document import Document
from unfade.ui.preview.results import Results

_CROSSHAIR = 12  # device-independent pixels from its middle to its ends


class FramePainter:
    """Paints a :class:`Scene`."""

    def __init__(
        self, document: Document, results: Results, picture: PicturePainter, toolbox: Toolbox
    ) -> None:
        self._document, self._results, self._picture, self._toolbox = document, results, picture, toolbox
        self._fading = False

    def paint(self, painter: QPainter, scene: Scene, colours: Colours, *, loupe: bool, focused: bool) -> bool:
        """Paints a frame; gives whether something is still fading in, so that there should be another soon.

        Args:
            painter: its unit is a device-independent pixel.
            scene: what is shown.
            colours: of what is not picture.
            loupe: whether the loupe may be seen now.
            focused: whether the canvas has the keyboard.
        """
        self._fading = False
        ratio, size, viewport = scene.ratio, scene.size, scene.viewport
        painter.scale(1 / ratio, 1 / ratio)  # from here on in pixels of the screen
        painter.fillRect(0, 0, size.width, size.height, QColor(colours.canvas))
        if viewport is None:
            return False
        self._picture.images.begin_frame()
        shown = scene.panes
        for pane in shown:
            area = pane.area
            painter.save()
            painter.setClipRect(QRect(area.x, area.y, area.width, area.height))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._paint_picture(painter, viewport, pane, mask=scene.mask_shown)
            self._paint_marks(painter, viewport, pane, scene)
            painter.restore()
        painter.save()
        painter.resetTransform()
        captioned = shown if self._document.state.enabled else [pane for pane in shown if not pane.after]
        paint_captions(painter, captioned, ratio)
        if len(shown) == 2:
            foot = QPointF(shown[1].area.x / ratio, size.height / ratio)
            paint_divider(painter, foot, grip=scene.mode is Compare.SPLIT, line=QColor(colours.line))
        painter.restore()
        if loupe and scene.pointer is not None:
            at = (scene.pointer[0] * ratio, scene.pointer[1] * ratio)

            def through(painter: QPainter, lens: Viewport, pane: Pane) -> None:
                self._paint_picture(painter, lens, pane, mask=scene.mask_shown)

            place = scene.to_picture(scene.pointer)
            paint_loupe(painter, viewport, place, at, size, ratio, colours, through)
        painter.resetTransform()
        if focused:
            whole = QRectF(0, 0, size.width / ratio, size.height / ratio)
            paint_focus(painter, whole, QColor(colours.focus))
        return self._fading

    def _paint_picture(self, painter: QPainter, viewport: Viewport, pane: Pane, *, mask: bool) -> None:
        self._picture.paint_before(painter, viewport, pane)
        if not pane.after:
            return
        self._fading |= self._picture.paint_after(painter, viewport, pane, self._results.image)
        if mask and Task.DEARTIFACT in self._document.state.enabled:
            self._picture.paint_mask(painter, viewport, pane, self._results.mask)

    def _paint_marks(self, painter: QPainter, viewport: Viewport, pane: Pane, scene: Scene) -> None:
        ratio, tool = scene.ratio, self._toolbox.tool
        painter.translate(*pane.origin)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if tool is not None:
            tool.paint(painter, viewport, ratio, scene.place)
        elif Task.COLORIZE in self._document.state.enabled and not scene.before_held and not pane.after:
            paint_hints(painter, self._document, viewport, ratio)
        if scene.crosshair is not None:
            x, y = viewport.to_screen(scene.crosshair)
            reach = _CROSSHAIR * ratio
            for colour, width in (("black", 3 * ratio), ("white", ratio)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawLine(QPointF(x - reach, y), QPointF(x + reach, y))
                painter.drawLine(QPointF(x, y - reach), QPointF(x, y + reach))
