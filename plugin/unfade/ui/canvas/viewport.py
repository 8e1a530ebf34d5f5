"""What of the picture is seen: zoom and position, in numbers alone.

Places in the picture are source pixels, the first pixel's centre at 0.5; places on the screen are the
screen's own pixels (not Qt's device-independent ones), so that 1:1 means that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
