"""What a PNG says of its colours in other chunks than an ICC profile becomes a profile."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.unit.picture.samples import encoded, noise, rgb_profile, smooth
from unfade.picture import Picture, as_srgb, read_picture, to_float, write_picture

SRGB_POINTS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
ADOBE_POINTS = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(path: Path, pixels: NDArray[Any], *chunks: bytes, **options: Any) -> Path:
    """A PNG by Pillow with chunks behind its header."""
    data = encoded(pixels, "PNG", **options)
    path.write_bytes(data[:33] + b"".join(chunks) + data[33:])
    return path


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(points: tuple[int, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *points))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("gamma", [1.0, 0.55])
def test_gamma_becomes_a_profile(tmp_path: Path, channels: int, gamma: float) -> None:
    """The same light as an sRGB picture, by another exponent."""
    srgb = to_float(smooth(24, 32, channels))
    light = np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)
    if channels in (2, 4):
        light[..., -1] = srgb[..., -1] ** (1 / gamma)
    coded = np.rint(light**gamma * 255).astype(np.uint8)
    read = read_picture(png(tmp_path / "a.png", coded, gama(gamma)))
    np.testing.assert_array_equal(read.pixels, coded)
    assert read.metadata.icc is not None
    seen = as_srgb(Picture(read.pixels, read.metadata), np.uint16)
    bright = srgb[..., :1] > 0.35  # 8 bits of linear light are coarse in the dark
    difference = np.abs(to_float(seen.colour) - srgb[..., : seen.colour.shape[2]]) * 255
    assert (
        difference[
            np.broadcast_to(bright, difference.shape) & (light[..., : difference.shape[2]] > 0.1)
        ].max()
        < 2
    )
    write_picture(read, tmp_path / "b.png")
    assert Image.open(tmp_path / "b.png").info["icc_profile"] == read.metadata.icc


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [gama(0.45455)],
        [gama(0.45455), chrm(SRGB_POINTS)],
        [chrm(SRGB_POINTS)],
        [chunk(b"sRGB", b"\0"), gama(1.0), chrm(ADOBE_POINTS)],
        [chunk(b"cICP", bytes([1, 13, 0, 1])), gama(1.0)],
        [gama(0)],
        [chunk(b"gAMA", b"")],
        [chunk(b"cHRM", bytes(32))],
        [chunk(b"cHRM", b"\xff" * 32)],
    ],
)
def test_srgb_and_nonsense_get_none(tmp_path: Path, chunks: list[bytes]) -> None:
    pixels = noise(8, 9, 3)
    read = read_picture(png(tmp_path / "a.png", pixels, *chunks))
    np.testing.assert_array_equal(read.pixels, pixels)
    assert read.metadata.icc is None


def as_srgb_by_formula(linear: NDArray[np.float64], matrix: list[list[float]]) -> NDArray[np.float64]:
    light = np.clip(linear @ np.array(matrix).T, 0, 1)
    encoded: NDArray[np.float64] = np.where(
        light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light
    )
    return encoded


def test_chromaticities_become_a_profile(tmp_path: Path) -> None:
    """Adobe RGB by its primaries and gamma."""
    pixels = smooth(24, 32, 3)
    read = read_picture(png(tmp_path / "a.png", pixels, gama(1 / 2.19921875), chrm(ADOBE_POINTS)))
    matrix = [[1.39836, -0.39836, 0], [0, 1, 0], [0, -0.04293, 1.04293]]  # linear Adobe RGB -> linear sRGB
    expected = as_srgb_by_formula((pixels / 255) ** 2.19921875, matrix)
    assert np.abs(to_float(as_srgb(read, np.uint16).pixels) - expected).max() * 255 < 1


def test_display_p3_by_number(tmp_path: Path) -> None:
    pixels = noise(40, 50, 3)
    read = read_picture(png(tmp_path / "a.png", pixels, chunk(b"cICP", bytes([12, 13, 0, 1]))))
    values = pixels / 255
    linear = np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    # Linear P3 -> linear sRGB (W3C, CSS Color 4).
    matrix = [[1.2249402, -0.2249402, 0], [-0.0420570, 1.0420570, 0], [-0.0196376, -0.0786361, 1.0982736]]
    shown = to_float(as_srgb(read, np.uint16).pixels)
    assert np.abs(shown - as_srgb_by_formula(linear, matrix)).max() * 255 < 1


def test_which_chunk_counts(tmp_path: Path) -> None:
    pixels = noise(8, 9, 3)
    p3 = chunk(b"cICP", bytes([12, 13, 0, 1]))
    embedded = read_picture(png(tmp_path / "a.png", pixels, gama(1.0), icc_profile=rgb_profile()))
    assert embedded.metadata.icc == rgb_profile()
    numbered = read_picture(png(tmp_path / "b.png", pixels, p3, icc_profile=rgb_profile()))
    assert numbered.metadata.icc not in (None, rgb_profile())


@pytest.mark.parametrize("numbers", [(9, 16, 0, 1), (9, 18, 0, 1), (2, 2, 0, 1), (12, 13, 0, 0)])
def test_unknown_colours_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, numbers: tuple[int, ...]
) -> None:
    with caplog.at_level(logging.WARNING, "unfade"):
        read = read_picture(png(tmp_path / "a.png", noise(8, 9, 3), chunk(b"cICP", bytes(numbers))))
    assert read.metadata.icc is None
    assert "are not known and are left as they are" in caplog.text


def test_made_profiles_are_read_by_others(tmp_path: Path) -> None:
    read = read_picture(png(tmp_path / "a.png", noise(8, 9, 3), chunk(b"cICP", bytes([9, 8, 0, 1]))))
    assert read.metadata.icc is not None
    profile = ImageCms.ImageCmsProfile(io.BytesIO(read.metadata.icc)).profile
    assert profile.profile_description == "Colours of the file"
    assert profile.version >= 4
    # Adapted to D50: that of Rec. 2020's red, as ICC's own profile has it.
    np.testing.assert_allclose(profile.red_colorant[0], (0.6734, 0.2790, -0.0019), atol=0.001)
