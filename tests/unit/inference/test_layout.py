"""Layouts: what every one of them promises, and a few worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfade.inference import (
    Bounds,
    Engine,
    Extent,
    Tile,
    TileLayout,
    layout_of,
    least_tile,
    mirrored,
    plan,
    row_strips,
)
from unfade.models import ModelCard, Tensor, Tiling, Variant


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
    # Edges of the padded picture: a border of at least 8 pixels all around, on the multiple.
    first = -math.ceil(8 / multiple) * multiple
    bottom, right = (first + math.ceil((side - 2 * first) / multiple) * multiple for side in (height, width))
    times_covered = np.zeros((height, width), np.int64)
    tiles = list(layout)
    assert len(tiles) == len(layout)
    for tile in tiles:
        window, core = tile.window, tile.core
        # One shape, on the multiple, inside the padded picture.
        assert Extent(window.height, window.width) == layout.window
        assert all(value % multiple == 0 for value in (window.y, window.x, window.height, window.width))
        assert window.y >= first and window.x >= first
        assert window.bottom <= bottom and window.right <= right
        # The core keeps its distance from edges that are not the padded picture's.
        assert core.height > 0 and core.width > 0
        assert window.y == first or core.y - window.y >= halo
        assert window.x == first or core.x - window.x >= halo
        assert window.bottom == bottom or window.bottom - core.bottom >= halo
        assert window.right == right or window.right - core.right >= halo
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
        assert smaller.tile >= least_tile(layout.halo, layout.multiple)
        smaller = smaller.smaller()
    assert len(sides) <= 10


@pytest.mark.parametrize(
    ("extent", "halo", "multiple", "tile", "tiles", "window"),
    [
        (Extent(1, 1), 9, 8, 256, 1, Extent(24, 24)),
        # A border of 8 on every side, and the multiple.
        (Extent(833, 1008), 20, 4, 1024, 1, Extent(852, 1024)),
        # Two windows: the fewest, and no larger than two need to be: (1616 + 40) / 2.
        (Extent(833, 1600), 20, 4, 1024, 2, Extent(852, 828)),
        (Extent(4000, 6000), 20, 4, 1024, 5 * 7, Extent(836, 896)),
        # No room for anything but halo: enlarged to one multiple of core.
        (Extent(100, 10), 20, 4, 16, 19, Extent(44, 28)),
    ],
)
def test_by_hand(extent: Extent, halo: int, multiple: int, tile: int, tiles: int, window: Extent) -> None:
    layout = plan(extent, halo, multiple, tile)
    assert (len(layout), layout.window) == (tiles, window)


def test_tiles_by_hand() -> None:
    layout = plan(Extent(4, 20), halo=3, multiple=4, tile=28)
    assert list(layout) == [
        Tile(Bounds(-8, -8, 20, 24), Bounds(0, 0, 4, 10)),
        Tile(Bounds(-8, 4, 20, 24), Bounds(0, 10, 4, 10)),
    ]


def test_windows_with_nothing_but_border_are_left_out() -> None:
    layout = plan(Extent(1, 20), halo=0, multiple=4, tile=4)
    assert layout.columns.starts == (0, 4, 8, 12, 16)
    assert layout.columns.cuts == (0, 4, 8, 12, 16, 20)
    assert len(layout.rows.starts) == 1


A, B = Bounds(0, 0, 4, 6), Bounds(2, 5, 9, 3)


def test_rectangles() -> None:
    assert A.overlaps(B) and B.overlaps(A)
    assert not A.overlaps(Bounds(4, 0, 1, 1)) and not A.overlaps(Bounds(0, 6, 1, 1))
    assert A.common(B) == Bounds(2, 5, 2, 1)
    assert A.united(B) == Bounds(0, 0, 11, 8)
    assert B.within(Bounds(1, 2, 20, 20)) == Bounds(1, 3, 9, 3)
    assert A.grown(2) == Bounds(-2, -2, 8, 10)
    assert A.grown(2).clipped(Extent(5, 7)) == Bounds(0, 0, 5, 7)


@pytest.mark.parametrize("pixels", [1, 30, 1000])
def test_strips_are_all_rows(pixels: int) -> None:
    strips = row_strips(Extent(17, 10), pixels)
    assert [row for strip in strips for row in range(strip.y, strip.bottom)] == list(range(17))
    assert all((strip.x, strip.width) == (0, 10) for strip in strips)


@pytest.mark.parametrize("length", [1, 2, 7, 50])
def test_mirrored_is_what_numpy_calls_symmetric(length: int) -> None:
    side = np.arange(length)
    expected = np.pad(side, (9, 13), mode="symmetric")
    np.testing.assert_array_equal(mirrored(-9, length + 13, length), expected)


@pytest.mark.parametrize(
    ("extent", "halo", "multiple"), [(Extent(0, 5), 1, 1), (Extent(5, 0), 1, 1), (Extent(5, 5), -1, 1)]
)
def test_impossible(extent: Extent, halo: int, multiple: int) -> None:
    with pytest.raises(ValueError, match="impossible layout"):
        plan(extent, halo, multiple, 64)


def card_with(halo: int, multiple: int) -> ModelCard:
    pixels = (Tensor("x", 3, (0.0, 1.0), "sRGB"),)
    return ModelCard(
        "far", "Far", "upscale", 2, Variant.FAITHFUL, pixels, pixels, multiple, halo, Tiling.EXACT
    )


def computed(layout: TileLayout) -> int:
    """Input pixels that the network is run on, all windows together."""
    return len(layout) * layout.window.height * layout.window.width


@given(
    st.builds(Extent, st.integers(1, 3000), st.integers(1, 3000)),
    st.integers(0, 160),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.integers(1, 2000),
)
def test_no_tile_costs_more_than_four_times_the_picture(
    extent: Extent, halo: int, multiple: int, tile: int
) -> None:
    layout = layout_of(card_with(halo, multiple), extent, tile)
    while layout is not None:
        sides = (-(-(side + 2 * 16) // multiple) * multiple for side in (extent.height, extent.width))
        padded_rows, padded_columns = (
            side + multiple * len(axis.starts)  # windows are rounded up to the multiple
            for side, axis in zip(sides, (layout.rows, layout.columns), strict=True)
        )
        assert computed(layout) <= 4 * padded_rows * padded_columns
        layout = layout.smaller()


def test_a_small_tile_in_figures() -> None:
    """It was 1,440 windows of 88 pixels that gave away 2 each: 7 million pixels for 19,200."""
    card, extent = card_with(halo=43, multiple=2), Extent(120, 160)
    assert computed(plan(extent, 43, 2, 64)) > 200 * 160 * 120
    layout = layout_of(card, extent, 64)
    assert (len(layout), layout.tile) == (2, 172)
    assert computed(layout) < 2.5 * 160 * 120
    assert layout.smaller() is None
    note = Engine(tile=64).tile_note(card)
    assert note is not None and "Tiles of 64 pixels" in note and "tiles of 172 are used" in note
    assert Engine(tile=172).tile_note(card) is None and Engine().tile_note(card) is None
