"""What the canvas shows, and how: its state without a widget.

Places on the canvas come in Qt's device-independent pixels; the viewport counts in pixels of the screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from unfade.inference import Bounds, Extent
from unfade.ui.canvas.viewport import Point, Viewport

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
