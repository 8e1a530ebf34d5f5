"""Pictures with a colour profile, through the pipe: the result has values of the same profile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import unfade
from tests.models import colouring_model
from tests.unit.picture.samples import display_p3, gray_profile
from tests.unit.service.conftest import picture, pixels_of, shape_of
from unfade.picture import Metadata, Picture, as_srgb, from_float, from_srgb, to_float
from unfade.service.client import Client, EngineError


@pytest.fixture(scope="module")
def tint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that gives every picture the same chroma."""
    return str(colouring_model(tmp_path_factory.mktemp("tint") / "tint.onnx"))


def steps(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The largest difference in 8-bit steps."""
    return float(np.abs(to_float(a) - to_float(b)).max()) * 255


def muted(pixels: NDArray[Any]) -> NDArray[Any]:
    """Colours that both sRGB and Display P3 can show."""
    return from_float(0.35 + to_float(pixels) * 0.2, pixels.dtype)


@pytest.mark.parametrize("depth", ["u8", "u16", "float32"])
def test_values_of_the_profile_go_to_srgb_and_back(depth: str) -> None:
    source = muted(picture(40, 50, 3, depth))
    there = as_srgb(Picture(source, Metadata(icc=display_p3()))).pixels
    assert steps(there, source) > 3
    back = from_srgb(there, display_p3())
    assert back is not None and back.dtype == source.dtype
    assert steps(back, source) <= (1 if depth == "u8" else 0.1)


@pytest.mark.parametrize("depth", ["u8", "u16", "float32"])
def test_colorize_keeps_the_lightness_of_a_profile(engine: Client, tint: str, depth: str) -> None:
    """Gray in Display P3: what comes back is P3, and seen through P3 it is what gray in sRGB becomes."""
    gray = np.repeat(muted(picture(60, 80, 1, depth)), 3, axis=2)
    options = {"model": tint}
    result = engine.apply("colorize", options, *shape_of(gray), gray, icc=display_p3())
    found = pixels_of(result)
    assert found.dtype == gray.dtype and steps(found, gray) > 5
    # sRGB and P3 have one curve and one white, so gray is the same in both.
    plain = unfade.colorize(Picture(gray), model=tint, device="cpu").pixels
    seen = as_srgb(Picture(found, Metadata(icc=display_p3()))).pixels
    assert steps(seen, plain) <= (1.5 if depth == "u8" else 0.6)
    part = engine.apply("colorize", options, *shape_of(gray), gray, icc=display_p3(), region=(10, 20, 30, 40))
    assert steps(pixels_of(part), found[10:40, 20:60]) <= 1
    assert not np.array_equal(found, plain)


@pytest.mark.parametrize("depth", ["u8", "u16", "float32"])
def test_strength_0_gives_the_picture_back(engine: Client, tint: str, depth: str) -> None:
    """Also colours that sRGB cannot show."""
    source = picture(60, 80, 4, depth)
    source[0, 0, :3] = from_float(np.array((0, 1, 0), np.float32), source.dtype)
    options = {"model": tint, "strength": 0}
    result = engine.apply("colorize", options, *shape_of(source), source, icc=display_p3())
    np.testing.assert_array_equal(pixels_of(result), source)


def test_a_gray_profile_is_respected_and_the_colours_are_srgb(engine: Client, tint: str) -> None:
    source = picture(60, 80, 1)
    result = engine.apply("colorize", {"model": tint}, *shape_of(source), source, icc=gray_profile())
    expected = unfade.colorize(Picture(source, Metadata(icc=gray_profile())), model=tint, device="cpu").pixels
    assert (result.channels, result.depth) == (3, "u8")
    assert steps(pixels_of(result), expected) <= 1.5


def test_other_filters_and_profiles_that_cannot_be_used(engine: Client, tint: str) -> None:
    source = picture(20, 30, 3)
    for icc in (display_p3(), b"nothing"):
        result = engine.apply("upscale", {"model": "double"}, *shape_of(source), source, icc=icc)
        np.testing.assert_array_equal(pixels_of(result)[::2, ::2], source)
    result = engine.apply("colorize", {"model": tint}, *shape_of(source), source, icc=b"nothing")
    plain = engine.apply("colorize", {"model": tint}, *shape_of(source), source)
    np.testing.assert_array_equal(pixels_of(result), pixels_of(plain))
    with pytest.raises(EngineError, match="'icc' must be a colour profile in base64"):
        job = engine._request(
            {"type": "apply", "filter": "colorize", "options": {},
             "image": {"height": 1, "width": 1, "channels": 1, "depth": "u8", "icc": "?" }}
        )  # fmt: skip
        job.result()
