"""Which input crop a region of a result needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models import Network, make_card
from unfade.errors import UsageError
from unfade.filters.runner import check_region, crop_for
from unfade.inference import Bounds, Extent
from unfade.models import ModelCard, Tiling


def card(scale: int, halo: int, multiple: int, tiling: Tiling = Tiling.EXACT) -> ModelCard:
    network = Network()
    output = network.nearest(network.input, scale)
    return make_card(network, output, halo=halo, size_multiple=multiple, tiling=tiling)


lengths = st.integers(1, 3000)


@given(
    extent=st.builds(Extent, lengths, lengths),
    shares=st.tuples(*[st.floats(0, 1)] * 4),
    scale=st.floats(1, 4) | st.sampled_from([1.5, 2, 3, 4]),
    passes=st.lists(st.tuples(st.integers(0, 70), st.sampled_from([1, 2, 4, 8, 12])), min_size=1, max_size=2),
    transparent=st.booleans(),
)
def test_the_crop_holds_the_region(
    extent: Extent,
    shares: tuple[float, ...],
    scale: float,
    passes: list[tuple[int, int]],
    transparent: bool,
) -> None:
    y, x = int(shares[0] * (extent.height - 1)), int(shares[1] * (extent.width - 1))
    height, width = 1 + int(shares[2] * (extent.height - y - 1)), 1 + int(shares[3] * (extent.width - x - 1))
    region = Bounds(y, x, height, width)
    cards = [card(2, halo, multiple) for halo, multiple in passes]
    crop = crop_for(cards, scale, region, extent, transparent=transparent)
    piece, inner = crop.input, crop.inner
    margin = passes[0][0] + 4 + (128 if transparent else 0)
    for begin, end, first, last, size in (
        (y, region.bottom, piece.y, piece.bottom, extent.height),
        (x, region.right, piece.x, piece.right, extent.width),
    ):
        assert 0 <= first <= begin < end <= last <= size
        assert first == 0 or begin - first >= margin
        assert last == size or last - end >= margin
        assert first % passes[0][1] == 0
    assert (inner.height, inner.width) == (crop.output.height, crop.output.width)
    for low, high, length in (
        (inner.y, inner.bottom, piece.height),
        (inner.x, inner.right, piece.width),
    ):
        assert 0 <= low < high <= max(1, int(length * scale + 0.5))


@pytest.mark.parametrize(
    ("scale", "extent", "tiling", "exact"),
    [
        (2, Extent(301, 203), Tiling.EXACT, True),
        (1.5, Extent(300, 200), Tiling.EXACT, True),
        (1.5, Extent(301, 200), Tiling.EXACT, False),
        (1.7, Extent(300, 200), Tiling.EXACT, True),
        (1.23456, Extent(300, 200), Tiling.EXACT, False),
        (2, Extent(300, 200), Tiling.BLEND, False),
    ],
)
def test_what_is_exact(scale: float, extent: Extent, tiling: Tiling, exact: bool) -> None:
    assert crop_for([card(2, 9, 4, tiling)], scale, Bounds(5, 6, 7, 8), extent).exact == exact


@pytest.mark.parametrize(
    "region",
    [Bounds(-1, 0, 5, 5), Bounds(0, -1, 5, 5), Bounds(0, 0, 0, 5), Bounds(0, 16, 5, 5), Bounds(8, 0, 3, 5)],
)
def test_a_region_that_is_none(region: Bounds) -> None:
    check_region(Bounds(0, 0, 10, 20), Extent(10, 20))
    with pytest.raises(UsageError, match="The region must "):
        check_region(region, Extent(10, 20))
