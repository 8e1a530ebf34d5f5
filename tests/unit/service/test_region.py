"""A part of the result, through the pipe, is that part of the whole result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import unfade
from tests.unit.service.conftest import picture, pixels_of, shape_of
from unfade.service.client import Client, EngineError


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
