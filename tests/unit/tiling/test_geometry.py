"""Layouts: what every one of them promises, and a few worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfade.tiling import Bounds, Extent, Tile, TileLayout, plan


def layouts_of(largest: int, tiles: st.SearchStrategy[int]) -> st.SearchStrategy[TileLayout]:
    extents = st.builds(Extent, st.integers(1, largest), st.integers(1, largest))
    return st.builds(
        plan, extents, halo=st.integers(0, 70), multiple=st.sampled_from([1, 2, 4, 8, 16]), tile=tiles
    )


# Not large pictures in tiny tiles: tens of thousands of windows, and nothing new about them.
layouts = layouts_of(100, st.integers(1, 120)) | layouts_of(700, st.integers(100, 800))


@given(layouts)
def test_promises(layout: TileLayout) -> None:
    height, width = layout.extent.height, layout.extent.width
    multiple, halo = layout.multiple, layout.halo
    padded = Extent(math.ceil(height / multiple) * multiple, math.ceil(width / multiple) * multiple)
    times_covered = np.zeros((height, width), np.int64)
    tiles = list(layout)
    assert len(tiles) == len(layout)
    for tile in tiles:
        window, core = tile.window, tile.core
        # One shape, on the multiple, inside the padded picture.
        assert Extent(window.height, window.width) == layout.window
        assert all(value % multiple == 0 for value in (window.y, window.x, window.height, window.width))
        assert window.y >= 0 and window.x >= 0
        assert window.bottom <= padded.height and window.right <= padded.width
        # The core keeps its distance from edges that are not the picture's.
        assert core.height > 0 and core.width > 0
        assert window.y == 0 or core.y - window.y >= halo
        assert window.x == 0 or core.x - window.x >= halo
        assert window.bottom == padded.height or window.bottom - core.bottom >= halo
        assert window.right == padded.width or window.right - core.right >= halo
        times_covered[core.y : core.bottom, core.x : core.right] += 1
    assert (times_covered == 1).all()


@given(layouts)
def test_windows_keep_to_the_tile(layout: TileLayout) -> None:
    room = -(-2 * layout.halo // layout.multiple) * layout.multiple + layout.multiple
    largest = max(layout.tile, room)
    assert layout.window.height <= largest and layout.window.width <= largest


@given(layouts)
def test_smaller_halves_until_there_is_little_but_halo(layout: TileLayout) -> None:
    sides = [max(layout.window.height, layout.window.width)]
    smaller = layout.smaller()
    while smaller is not None:
        sides.append(max(smaller.window.height, smaller.window.width))
        assert sides[-1] <= sides[-2] // 2
        assert sides[-1] - 2 * layout.halo > 0
        smaller = smaller.smaller()
    assert len(sides) <= 10


@pytest.mark.parametrize(
    ("extent", "halo", "multiple", "tile", "tiles", "window"),
    [
        (Extent(1, 1), 9, 8, 256, 1, Extent(8, 8)),
        (Extent(833, 1024), 20, 4, 1024, 1, Extent(836, 1024)),
        # Two windows: the fewest, and no larger than two need to be: (1600 + 40) / 2.
        (Extent(833, 1600), 20, 4, 1024, 2, Extent(836, 820)),
        (Extent(4000, 6000), 20, 4, 1024, 5 * 7, Extent(832, 892)),
        # No room for anything but halo: enlarged to one multiple of core.
        (Extent(100, 10), 20, 4, 16, 15, Extent(44, 12)),
    ],
)
def test_by_hand(extent: Extent, halo: int, multiple: int, tile: int, tiles: int, window: Extent) -> None:
    layout = plan(extent, halo, multiple, tile)
    assert (len(layout), layout.window) == (tiles, window)


def test_tiles_by_hand() -> None:
    layout = plan(Extent(10, 20), halo=3, multiple=4, tile=16)
    assert list(layout) == [
        Tile(Bounds(0, 0, 12, 16), Bounds(0, 0, 10, 10)),
        Tile(Bounds(0, 4, 12, 16), Bounds(0, 10, 10, 10)),
    ]


@pytest.mark.parametrize(
    ("extent", "halo", "multiple"), [(Extent(0, 5), 1, 1), (Extent(5, 0), 1, 1), (Extent(5, 5), -1, 1)]
)
def test_impossible(extent: Extent, halo: int, multiple: int) -> None:
    with pytest.raises(ValueError, match="impossible layout"):
        plan(extent, halo, multiple, 64)
