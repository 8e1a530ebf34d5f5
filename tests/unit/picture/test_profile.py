"""Pixels through their colour profile to sRGB."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.picture.samples import PEAK, display_p3, gray_profile, noise, rgb_profile, smooth
from unfade.picture import Metadata, Picture, as_srgb, from_float, in_profile, read_picture, to_float

DPI = (72.0, 72.0)


@pytest.mark.parametrize("icc", [None, rgb_profile()])
def test_srgb_stays_as_it_is(icc: bytes | None) -> None:
    picture = Picture(noise(5, 6, 3), Metadata(icc=icc))
    assert as_srgb(picture) is picture


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2])
def test_gray_of_another_curve(dtype: str, channels: int) -> None:
    """The sample profile has a gamma of 2.2."""
    source = Picture(smooth(16, 24, channels, dtype), Metadata(icc=gray_profile(), dpi=DPI))
    result = as_srgb(source)
    assert result.metadata == Metadata(dpi=DPI)
    assert (result.pixels.dtype, result.pixels.shape) == (source.pixels.dtype, source.pixels.shape)
    linear = to_float(source.colour).astype(np.float64) ** 2.2
    expected = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    steps = np.abs(to_float(result.colour) - expected) * 255
    assert steps.max() <= (1 if dtype == "uint8" else 0.6)  # the profile's table is coarse at black
    assert steps.mean() < (0.5 if dtype == "uint8" else 0.05)
    assert apart_from_source(result, source) > 1 / 255
    if channels == 2:
        np.testing.assert_array_equal(result.alpha, source.alpha)


def apart_from_source(result: Picture, source: Picture) -> float:
    return float(np.abs(to_float(result.colour) - to_float(source.colour)).max())


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_wider_gamut(dtype: str) -> None:
    """Display P3 has sRGB's curve and white: gray stays, and its reds are redder than sRGB's."""
    floats = np.array([[[0.5, 0.5, 0.5, 1], [0.7, 0.4, 0.3, 0.5], [1, 0, 0, 0]]], np.float32)
    source = Picture(from_float(floats, dtype), Metadata(icc=display_p3()))
    result = as_srgb(source)
    np.testing.assert_array_equal(result.alpha, source.alpha)
    gray, brown, red = to_float(result.colour)[0]
    np.testing.assert_allclose(gray, 0.5, atol=1.1 / 255)
    # Linear P3 -> linear sRGB (W3C, CSS Color 4).
    matrix = np.array(
        [[1.2249402, -0.2249402, 0], [-0.0420570, 1.0420570, 0], [-0.0196376, -0.0786361, 1.0982736]]
    )
    linear = matrix @ (((np.array([0.7, 0.4, 0.3]) + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(brown, 1.055 * linear ** (1 / 2.4) - 0.055, atol=2 / 255)
    np.testing.assert_allclose(red, (1, 0, 0), atol=1 / 255)
    assert PEAK[dtype] >= result.pixels.max()


def test_a_profile_of_other_pixels_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for channels, icc in ((1, rgb_profile()), (3, gray_profile()), (3, b"nothing")):
        picture = Picture(noise(4, 4, channels), Metadata(icc=icc, dpi=DPI))
        result = as_srgb(picture)
        assert result.metadata == Metadata(dpi=DPI)
        np.testing.assert_array_equal(result.pixels, picture.pixels)
    assert "are taken for sRGB" in caplog.text


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_into_a_profile_and_back_with_one_rounding(dtype: str, gray: bool, alpha: bool) -> None:
    """8 bits come back as they were, as what lies between has 16."""
    icc = gray_profile() if gray else display_p3()
    pixels = from_float(0.35 + 0.2 * smooth(40, 50, (1 if gray else 3) + alpha, "float32"), dtype)
    source = Picture(pixels, Metadata(icc=icc, dpi=DPI))
    there = as_srgb(source, np.uint16 if dtype == "uint8" else None)
    assert there.metadata == Metadata(dpi=DPI)
    assert there.pixels.dtype == ("uint16" if dtype == "uint8" else dtype)
    assert apart_from_source(there, source) > (1 if gray else 3) / 255
    back = in_profile(there, icc, dtype)
    assert (back.metadata, back.pixels.dtype) == (source.metadata, dtype)
    apart = np.abs(to_float(back.pixels) - to_float(source.pixels)).max() * 255
    assert apart <= (0 if dtype == "uint8" else 0.3 if gray else 0.1)


def test_into_a_profile_that_is_srgb_or_of_other_pixels() -> None:
    picture = Picture(noise(5, 6, 3, "uint16"), Metadata(dpi=DPI))
    assert in_profile(picture, None) is picture
    assert in_profile(picture, gray_profile()) is picture
    assert in_profile(picture, b"nothing") is picture
    named = in_profile(picture, rgb_profile())
    assert named.metadata == Metadata(icc=rgb_profile(), dpi=DPI)
    np.testing.assert_array_equal(named.pixels, picture.pixels)
    shallow = in_profile(picture, None, np.uint8)
    np.testing.assert_array_equal(shallow.pixels, from_float(to_float(picture.pixels), np.uint8))


def test_a_profile_of_rgb_beside_cmyk_is_left_out_with_a_word(tmp_path: Path) -> None:
    inks = Image.new("CMYK", (8, 8), (60, 60, 60, 60))
    inks.save(tmp_path / "a.jpg", icc_profile=display_p3())
    inks.save(tmp_path / "b.jpg")
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.warnings == ("The colour profile is not for CMYK pixels; a general one takes its place.",)
    np.testing.assert_array_equal(picture.pixels, read_picture(tmp_path / "b.jpg").pixels)
