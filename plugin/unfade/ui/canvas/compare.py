"""How before and after are shown together: which part of the canvas shows which of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from unfade.inference import Bounds, Extent
from unfade.ui.canvas.viewport import Viewport


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
