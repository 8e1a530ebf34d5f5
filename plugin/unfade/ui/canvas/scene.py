"""What the canvas shows, and how: zoom, position and panes, in numbers alone, without a widget.

Places in the picture are source pixels, the first pixel's centre at 0.5. Places on the canvas come in Qt's
device-independent pixels; the viewport counts in the screen's own, so that 1:1 means that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from unfade.inference import Bounds, Extent

LARGEST_ZOOM: Final = 64.0
LARGEST_FIT: Final = 4.0
"""The zoom to which small pictures are enlarged to fill the window: what the filters enlarge by at most."""
_SMALLEST_SIDE = 16  # pixels of the screen that the shown picture must keep

Point = tuple[float, float]
"""x, y."""


@dataclass(frozen=True)
class Viewport:
    """A window onto a picture."""

    extent: Extent
    """Of the picture."""
    size: Extent
    """Of the window, in pixels of the screen."""
    zoom: float
    """Pixels of the screen for one of the picture."""
    centre: Point
    """The place of the picture that is in the middle."""
    fitted: bool = False
    """Whether it follows the window's size, to show all of the picture."""

    def to_screen(self, point: Point) -> Point:
        """Where a place of the picture is on the screen."""
        x = (point[0] - self.centre[0]) * self.zoom + self.size.width / 2
        return x, (point[1] - self.centre[1]) * self.zoom + self.size.height / 2

    def to_picture(self, point: Point) -> Point:
        """Which place of the picture is at a place of the screen."""
        x = (point[0] - self.size.width / 2) / self.zoom + self.centre[0]
        return x, (point[1] - self.size.height / 2) / self.zoom + self.centre[1]

    @property
    def visible(self) -> Bounds:
        """The pixels of the picture that are seen, wholly or in part; at least one."""
        return self.seen_in(Bounds(0, 0, self.size.height, self.size.width))

    def seen_in(self, area: Bounds) -> Bounds:
        """The same for a part of the window, in pixels of the screen."""
        left, top = self.to_picture((area.x, area.y))
        right, bottom = self.to_picture((area.right, area.bottom))
        y, height = _inside(top, bottom, self.extent.height)
        x, width = _inside(left, right, self.extent.width)
        return Bounds(y, x, height, width)

    @property
    def fit_zoom(self) -> float:
        """The zoom that shows all of the picture as large as it can be."""
        across = self.size.width / self.extent.width
        return min(across, self.size.height / self.extent.height, LARGEST_FIT)

    def fit(self) -> Viewport:
        """All of the picture."""
        middle = (self.extent.width / 2, self.extent.height / 2)
        return replace(self, zoom=self.fit_zoom, centre=middle, fitted=True)

    def zoomed(self, zoom: float, around: Point | None = None) -> Viewport:
        """Another zoom; the place of the picture at ``around`` (on the screen; the middle) stays there."""
        around = around or (self.size.width / 2, self.size.height / 2)
        smallest = min(_SMALLEST_SIDE / min(self.extent.height, self.extent.width), self.fit_zoom)
        zoom = min(max(zoom, smallest), max(LARGEST_ZOOM, self.fit_zoom))
        x, y = self.to_picture(around)
        centre = (
            x - (around[0] - self.size.width / 2) / zoom,
            y - (around[1] - self.size.height / 2) / zoom,
        )
        return replace(self, zoom=zoom, centre=centre, fitted=False)._kept_in()

    def moved(self, across: float, down: float) -> Viewport:
        """The picture moved by so many pixels of the screen."""
        centre = (self.centre[0] - across / self.zoom, self.centre[1] - down / self.zoom)
        return replace(self, centre=centre, fitted=False)._kept_in()

    def resized(self, size: Extent) -> Viewport:
        """For a window of another size."""
        if size == self.size:
            return self
        other = replace(self, size=size)
        return other.fit() if self.fitted else other._kept_in()

    def _kept_in(self) -> Viewport:
        """Not moved beyond where the picture's edge is in the middle of the window."""
        x = min(max(self.centre[0], 0.0), float(self.extent.width))
        y = min(max(self.centre[1], 0.0), float(self.extent.height))
        return replace(self, centre=(x, y))


def _inside(begin: float, end: float, length: int) -> tuple[int, int]:
    first = min(max(math.floor(begin), 0), length - 1)
    return first, max(min(math.ceil(end), length) - first, 1)


HIT: Final = 11
"""Device-independent pixels around a hint in which it is grabbed."""
_GRIP = 7  # device-independent pixels around the divider in which it is grabbed


class Compare(Enum):
    """The modes, by the ids of their commands."""

    RESULT = "view_result"
    """The result alone."""
    SPLIT = "view_split"
    """One picture, before on the left of a divider, after on its right."""
    SIDE = "view_side"
    """The same place twice."""


@dataclass(frozen=True)
class Pane:
    """A part of the canvas, in pixels of the screen."""

    area: Bounds
    """What it covers."""
    origin: tuple[int, int]
    """(x, y) of the corner of the window onto the picture; equal panes show equal places."""
    after: bool
    """Whether it shows the result."""

    def seen(self, viewport: Viewport) -> Bounds:
        """The pixels of the picture that are seen in it."""
        x, y = self.origin
        return viewport.seen_in(Bounds(self.area.y - y, self.area.x - x, self.area.height, self.area.width))


def view_size(mode: Compare, size: Extent) -> Extent:
    """The size of the window onto the picture on a canvas of that size."""
    return Extent(size.height, max(1, size.width // 2)) if mode is Compare.SIDE else size


def panes(mode: Compare, size: Extent, divider: float, *, before: bool) -> list[Pane]:
    """What is painted where.

    Args:
        mode: the mode.
        size: of the canvas.
        divider: where the divider of the split view is, as a share of the width.
        before: show the original everywhere.
    """
    whole = Bounds(0, 0, size.height, size.width)
    if mode is Compare.SIDE:
        half = view_size(mode, size).width
        left = Pane(Bounds(0, 0, size.height, half), (0, 0), False)
        rest = Bounds(0, half, size.height, size.width - half)
        return [left, Pane(rest, (half, 0), not before)]
    if before:
        return [Pane(whole, (0, 0), False)]
    if mode is Compare.RESULT:
        return [Pane(whole, (0, 0), True)]
    at = min(max(round(divider * size.width), 0), size.width)
    found = [
        Pane(Bounds(0, 0, size.height, at), (0, 0), False),
        Pane(Bounds(0, at, size.height, size.width - at), (0, 0), True),
    ]
    return [pane for pane in found if pane.area.width]


@dataclass
class Scene:
    """The window onto the picture, how before and after share it, and where the pointer is."""

    size: Extent = field(default_factory=lambda: Extent(1, 1))
    """Of the canvas, in pixels of the screen."""
    ratio: float = 1.0
    """Pixels of the screen for a device-independent one."""
    viewport: Viewport | None = None
    """None without a picture."""
    mode: Compare = Compare.SPLIT
    divider: float = 0.5
    """Where the divider of the split view is, as a share of the width."""
    before_held: bool = False
    """Whether the original is shown everywhere, for as long as a key is held."""
    loupe: bool = False
    mask_shown: bool = False
    pointer: Point | None = None
    """Where it is on the canvas."""
    crosshair: Point | None = None
    """The place in the picture where the keyboard uses a tool."""

    @property
    def view_size(self) -> Extent:
        """The size of the window onto the picture, in pixels of the screen."""
        return view_size(self.mode, self.size)

    @property
    def panes(self) -> list[Pane]:
        """What is painted where."""
        return panes(self.mode, self.size, self.divider, before=self.before_held)

    @property
    def reach(self) -> float:
        """How near counts as on something, in pixels of the picture."""
        assert self.viewport is not None
        return HIT * self.ratio / self.viewport.zoom

    def to_view(self, position: Point) -> Point:
        """A place on the canvas in the window onto the picture, whichever pane it is on."""
        x, y = position[0] * self.ratio, position[1] * self.ratio
        half = self.view_size.width
        return (x - half, y) if self.mode is Compare.SIDE and x >= half else (x, y)

    def to_picture(self, position: Point) -> Point:
        """A place on the canvas in the picture."""
        assert self.viewport is not None
        return self.viewport.to_picture(self.to_view(position))

    @property
    def place(self) -> Point | None:
        """The place in the picture at which a tool would be used now."""
        if self.crosshair is not None:
            return self.crosshair
        return None if self.pointer is None or self.viewport is None else self.to_picture(self.pointer)

    def shows_result(self, place: Point) -> bool:
        """Whether the result is what is seen at a place of the picture (side by side: by the pointer)."""
        assert self.viewport is not None
        x = self.viewport.to_screen(place)[0]
        if self.mode is Compare.SIDE and (self.crosshair is not None or self.pointer is None):
            return not self.before_held
        if self.mode is Compare.SIDE and self.pointer is not None:
            x = self.pointer[0] * self.ratio
        return any(pane.after and pane.area.x <= x < pane.area.right for pane in self.panes)

    def on_divider(self, position: Point) -> bool:
        """Whether a place on the canvas is where the divider is grabbed."""
        if self.mode is not Compare.SPLIT or self.before_held:
            return False
        return abs(position[0] * self.ratio - self.divider * self.size.width) <= _GRIP * self.ratio
