"""A part of the result is that part of the whole result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unfade
from tests.models import Network, make_card
from tests.unit.service.conftest import picture, pixels_of, shape_of
from unfade.card import ModelCard, Tiling
from unfade.service.client import Client, EngineError
from unfade.service.region import part_of
from unfade.tiling import Bounds, Extent


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
    filled=st.booleans(),
)
def test_the_piece_holds_the_part(
    extent: Extent,
    shares: tuple[float, ...],
    scale: float,
    passes: list[tuple[int, int]],
    filled: bool,
) -> None:
    y, x = int(shares[0] * (extent.height - 1)), int(shares[1] * (extent.width - 1))
    height, width = 1 + int(shares[2] * (extent.height - y - 1)), 1 + int(shares[3] * (extent.width - x - 1))
    region = Bounds(y, x, height, width)
    cards = [card(2, halo, multiple) for halo, multiple in passes]
    part = part_of(cards, scale, region, extent, filled=filled)
    piece, inside = part.piece, part.inside
    margin = passes[0][0] + 4 + (128 if filled else 0)
    for begin, end, first, last, size in (
        (y, region.bottom, piece.y, piece.bottom, extent.height),
        (x, region.right, piece.x, piece.right, extent.width),
    ):
        assert 0 <= first <= begin < end <= last <= size
        assert first == 0 or begin - first >= margin
        assert last == size or last - end >= margin
        assert first % passes[0][1] == 0
    assert (inside.height, inside.width) == (part.result.height, part.result.width)
    for low, high, length in (
        (inside.y, inside.bottom, piece.height),
        (inside.x, inside.right, piece.width),
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
    assert part_of([card(2, 9, 4, tiling)], scale, Bounds(5, 6, 7, 8), extent).exact == exact


def steps(a: Any, b: Any) -> float:
    """The largest difference in 8-bit steps."""
    peak = 1.0 if a.dtype == np.float32 else np.iinfo(a.dtype).max
    return float(np.abs(a.astype(float) - b).max()) * 255 / peak


REGIONS = [(0, 0, 40, 50), (111, 93, 33, 61), (260, 170, 60, 50), (0, 0, 320, 220)]


@pytest.mark.parametrize("scale", [2, 1, 1.5, 3, 4])
@pytest.mark.parametrize(
    ("channels", "depth", "strength"), [(3, "u8", 1), (1, "u16", 0.5), (4, "float32", 1)]
)
def test_parts_of_the_whole(engine: Client, channels: int, depth: str, strength: float, scale: float) -> None:
    source = picture(320, 220, channels, depth)
    options = {"model": "net", "scale": scale, "strength": strength}
    whole = unfade.upscale(source, scale, model="net", strength=strength, device="cpu").pixels
    engine.store("layer", *shape_of(source), source)
    for region in REGIONS:
        result = engine.submit_stored("upscale", options, "layer", region=region).result()
        assert result.exact
        y, x, height, width = result.region
        begin, end = (y, x), (y + height, x + width)
        assert begin == tuple(int(number * scale + 0.5) for number in region[:2])
        assert end == tuple(int(sum(region[axis::2]) * scale + 0.5) for axis in (0, 1))
        assert steps(pixels_of(result), whole[y : y + height, x : x + width]) <= 1


def test_a_part_of_a_picture_with_holes(engine: Client) -> None:
    source = picture(500, 420, 4)
    source[..., 3] = 255
    source[100:260, 90:300, 3] = 0  # colours there come from around it
    source[350:355, 30:35, 3] = 0
    whole = unfade.upscale(source, 2, model="net", device="cpu").pixels
    engine.store("layer", *shape_of(source), source)
    for region in ((80, 70, 50, 60), (240, 280, 90, 90), (340, 20, 30, 40), (150, 150, 20, 20)):
        result = engine.submit_stored("upscale", {"model": "net"}, "layer", region=region).result()
        y, x, height, width = result.region
        expected, got = whole[y : y + height, x : x + width], pixels_of(result)
        assert np.array_equal(got[..., 3], expected[..., 3])
        seen = expected[..., 3] > 0
        assert not seen.any() or steps(got[seen], expected[seen]) <= 1


def test_a_part_where_the_scale_does_not_divide_the_picture(engine: Client) -> None:
    source = picture(101, 77)
    result = engine.apply(
        "upscale", {"scale": 1.7, "model": "net"}, *shape_of(source), source, region=(50, 30, 51, 47)
    )
    assert not result.exact
    assert result.region == (85, 51, 87, 80)
    whole = unfade.upscale(source, 1.7, model="net", device="cpu").pixels
    assert pixels_of(result).shape == whole[85:, 51:].shape


def test_a_part_outside_the_picture(engine: Client) -> None:
    source = picture(20, 30)
    with pytest.raises(EngineError, match="must lie inside the picture, which has 30 x 20 pixels"):
        engine.apply("upscale", {}, *shape_of(source), source, region=(10, 0, 11, 30))
