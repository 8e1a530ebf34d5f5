"""One frame of the canvas: both sides of the picture, marks, loupe, captions, divider, focus.

Of the picture only the tiles in view are painted, from the level of the pyramid that the zoom calls for.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from PyQt6.QtCore import QCoreApplication, QLineF, QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from unfade.inference import Bounds, Extent
from unfade.picture import Picture
from unfade.ui.canvas.images import Images, Pyramid, Shown, checker, image_of, reduced
from unfade.ui.canvas.scene import Compare, Pane, Point, Scene, Viewport
from unfade.ui.canvas.tools import Toolbox, paint_hints
from unfade.ui.document import Document
from unfade.ui.preview.results import Results
from unfade.ui.preview.tiles import Place, bounds_of, level_for, places_in
from unfade.ui.selection import Selection
from unfade.ui.theme import Colours, Space

TILE: Final = 512
"""Pixels a side of a tile of the original, on its level."""
FADE: Final = 0.18
"""Seconds in which a new tile of the result fades in."""

_OVERVIEW_SIDE = 1024
_CRISP = 3.0  # from this magnification on, pixels are shown as squares

SquareImage = Callable[[Place, int], Shown | None]
"""Gives the image of a square of a level of the grid, None while there is none."""


@dataclass(frozen=True, eq=False)
class Original:
    """The picture as it was opened, ready to be painted."""

    pyramid: Pyramid
    overview: QImage
    """All of it, small: what is seen until the tiles have come."""

    @classmethod
    def of(cls, picture: Picture) -> Original:
        """Takes a while for a large picture; to be called in a thread."""
        side = max(picture.width, picture.height)
        factor = 1 << max(0, math.ceil(math.log2(side / _OVERVIEW_SIDE)))
        small = Picture(reduced(picture.pixels, factor), picture.metadata)
        return cls(Pyramid(picture), image_of(small))


class PicturePainter:
    """Paints the original and the result through a viewport."""

    def __init__(self, images: Images) -> None:
        self.images = images
        self.original: Original | None = None

    def set_original(self, original: Original | None) -> None:
        """Paints another picture from now on."""
        self.original = original
        self.images.drop(lambda slot: isinstance(slot, tuple) and slot[0] == "before")

    def paint_before(self, painter: QPainter, viewport: Viewport, pane: Pane) -> None:
        """The original. The painter's unit is a pixel of the screen, as everywhere here."""
        original = self.original
        if original is None:
            return
        picture = original.pyramid.picture
        whole = _rect(Bounds(0, 0, picture.height, picture.width), viewport, pane.origin)
        if picture.has_alpha:
            painter.fillRect(whole, checker())
        level = max(0, math.floor(math.log2(max(1 / viewport.zoom, 1.0))))
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, viewport.zoom * (1 << level) < _CRISP
        )
        span = TILE << level
        seen = pane.seen(viewport)
        for row in range(seen.y // span, -(-seen.bottom // span)):
            for column in range(seen.x // span, -(-seen.right // span)):
                bounds = Bounds(row * span, column * span, span, span).clipped(viewport.extent)
                make = functools.partial(_tile, original.pyramid, level, row, column)
                shown = self.images.image(("before", level, row, column), id(original), make)
                target = _rect(bounds, viewport, pane.origin)
                if shown is not None:
                    painter.drawImage(target, shown.image)
                else:
                    self._paint_overview(painter, original, bounds, target)

    def _paint_overview(self, painter: QPainter, original: Original, bounds: Bounds, target: QRect) -> None:
        picture, overview = original.pyramid.picture, original.overview
        across, down = overview.width() / picture.width, overview.height() / picture.height
        source = QRectF(bounds.x * across, bounds.y * down, bounds.width * across, bounds.height * down)
        painter.drawImage(QRectF(target), overview, source)

    def paint_after(self, painter: QPainter, viewport: Viewport, pane: Pane, square: SquareImage) -> bool:
        """What there is of the result, over the original; gives whether some of it is still fading in."""
        now, fading = time.monotonic(), False
        level = level_for(viewport.visible)
        for shown, target in self._squares(viewport, pane, square, level):
            opacity = min((now - shown.born) / FADE, 1.0)
            fading = fading or opacity < 1
            smooth = target.width() < shown.image.width() * _CRISP
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            if level == 0 and opacity >= 1 and shown.image.hasAlphaChannel():
                painter.fillRect(target, checker())  # the original must not shine through
            painter.setOpacity(opacity)
            painter.drawImage(target, shown.image)
        painter.setOpacity(1.0)
        return fading

    def paint_mask(self, painter: QPainter, viewport: Viewport, pane: Pane, square: SquareImage) -> None:
        """The veil over a watermark."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for shown, target in self._squares(viewport, pane, square, level_for(viewport.visible)):
            painter.drawImage(target, shown.image)

    def _squares(
        self, viewport: Viewport, pane: Pane, square: SquareImage, level: int
    ) -> Iterator[tuple[Shown, QRect]]:
        """The images that there are of what is seen in a pane, and where they belong."""
        extent = viewport.extent
        for place in places_in(pane.seen(viewport), extent, level):
            shown = square(place, level)
            if shown is not None:
                yield shown, _rect(bounds_of(place, extent, level), viewport, pane.origin)


def _tile(pyramid: Pyramid, level: int, row: int, column: int) -> QImage:
    return image_of(pyramid.part(level, Bounds(row * TILE, column * TILE, TILE, TILE)))


def _rect(bounds: Bounds, viewport: Viewport, origin: tuple[int, int]) -> QRect:
    """Whole pixels of the screen, so that neighbours meet without a seam."""
    left, top = viewport.to_screen((bounds.x, bounds.y))
    right, bottom = viewport.to_screen((bounds.right, bounds.bottom))
    x, y = round(left), round(top)
    return QRect(x + origin[0], y + origin[1], max(1, round(right) - x), max(1, round(bottom) - y))


translate = QCoreApplication.translate

_CROSSHAIR = 12  # device-independent pixels from its middle to its ends

_GRIP_RADIUS = 13
_LENS_SIDE = 168  # device-independent pixels, of each of the two lenses
_MAGNIFICATION = 4
_LENS_AWAY = 24  # from the pointer, so that it hides nothing


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
        if mask:
            self._picture.paint_mask(painter, viewport, pane, self._results.mask)

    def _paint_marks(self, painter: QPainter, viewport: Viewport, pane: Pane, scene: Scene) -> None:
        ratio, tool = scene.ratio, self._toolbox.tool
        painter.translate(*pane.origin)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if tool is not None:
            tool.paint(painter, viewport, ratio, scene.place)
        elif self._document.state.takes("hints") and not scene.before_held and not pane.after:
            paint_hints(painter, self._document, viewport, ratio)
        if self._document.limit is not None:
            paint_outline(painter, self._document.limit, viewport, ratio)
        if scene.crosshair is not None:
            x, y = viewport.to_screen(scene.crosshair)
            reach = _CROSSHAIR * ratio
            for colour, width in (("black", 3 * ratio), ("white", ratio)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawLine(QPointF(x - reach, y), QPointF(x + reach, y))
                painter.drawLine(QPointF(x, y - reach), QPointF(x, y + reach))


def paint_outline(painter: QPainter, selection: Selection, viewport: Viewport, ratio: float) -> None:
    """The outline of what is selected, dashed in black and white; the painter's unit is a screen's pixel."""
    seen = viewport.visible.grown(1)
    lines = [
        QLineF(*viewport.to_screen((x, y)), *viewport.to_screen((x2, y2)))
        for x, y, x2, y2 in selection.outline
        if x <= seen.right and x2 >= seen.x and y <= seen.bottom and y2 >= seen.y
    ]
    if not lines:
        return
    for colour, style in (("black", Qt.PenStyle.SolidLine), ("white", Qt.PenStyle.DashLine)):
        painter.setPen(QPen(QColor(colour), ratio, style))
        painter.drawLines(*lines)


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


PaintPane = Callable[[QPainter, Viewport, Pane], None]
"""Paints the picture through a viewport: the result, or the original."""


def paint_loupe(
    painter: QPainter,
    viewport: Viewport,
    pointer: Point,
    at: Point,
    canvas: Extent,
    ratio: float,
    colours: Colours,
    paint: PaintPane,
) -> None:
    """Paints the loupe beside the pointer.

    Args:
        painter: its unit is a pixel of the screen.
        viewport: that of the canvas.
        pointer: the place of the picture to enlarge.
        at: where the pointer is on the canvas, in pixels of the screen.
        canvas: its size, in pixels of the screen.
        ratio: pixels of the screen for a device-independent one.
        colours: of the frame.
        paint: paints the picture.
    """
    side = round(_LENS_SIDE * ratio)
    area = _beside(at, Extent(side, 2 * side), canvas, _LENS_AWAY * ratio)
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(area), Space.RADIUS * ratio, Space.RADIUS * ratio)
    lens = Viewport(viewport.extent, Extent(side, side), viewport.zoom * _MAGNIFICATION, pointer)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipPath(shape)
    painter.fillRect(area, QColor(colours.canvas))
    for number, after in enumerate((False, True)):
        x, y = area.x() + number * side, area.y()
        painter.save()
        painter.setClipRect(QRect(x, y, side, side), Qt.ClipOperation.IntersectClip)
        paint(painter, lens, Pane(Bounds(y, x, side, side), (x, y), after))
        painter.restore()
    painter.setClipping(False)
    painter.setPen(QPen(QColor(colours.outline), ratio))
    painter.drawPath(shape)
    middle = area.x() + side
    painter.drawLine(middle, area.y(), middle, area.y() + side)
    painter.restore()


def _beside(at: Point, size: Extent, canvas: Extent, away: float) -> QRect:
    """Right of the pointer and below it, or on the other side where there is no room."""
    x = at[0] + away if at[0] + away + size.width <= canvas.width else at[0] - away - size.width
    y = at[1] + away if at[1] + away + size.height <= canvas.height else at[1] - away - size.height
    x = min(max(x, 0), max(canvas.width - size.width, 0))
    y = min(max(y, 0), max(canvas.height - size.height, 0))
    return QRect(round(x), round(y), size.width, size.height)
