"""TIFF files that libvips' libtiff does not decode: odd depths, rare compressions, Lab, tiled planes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.unit.picture.samples import display_p3, noise, smooth
from tests.unit.picture.test_tiff_tags import Tags, page, write_tiff
from unfade.errors import PictureError
from unfade.picture import read_picture
from unfade.picture.colour import is_linear


def packed(values: NDArray[Any], bits: int) -> bytes:
    """Rows of samples of so many bits, each row padded to whole bytes (TIFF 6.0)."""
    rows = values.reshape(len(values), -1).astype(np.int64)
    places = np.arange(bits - 1, -1, -1)
    return np.packbits(
        (rows[..., None] >> places & 1).reshape(len(rows), -1).astype(np.uint8), axis=1
    ).tobytes()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bits", [2, 4, 6, 10, 12, 14, 24])
def test_odd_depths_are_scaled_to_white(tmp_path: Path, bits: int, channels: int) -> None:
    peak = 2**bits - 1
    values = np.random.default_rng(0).integers(0, peak + 1, (48, 64, channels))
    values[0, :2] = [[0], [peak]]
    tags: Tags = {
        258: ("H", [bits] * channels),
        262: ("H", [2 if channels == 3 else 1]),
        277: ("H", [channels]),
    }
    picture = read_picture(write_tiff(tmp_path / "a.tif", page(packed(values, bits), tags)))
    white = 255 if bits <= 8 else 65535
    assert picture.pixels.dtype == (np.uint8 if bits <= 8 else np.uint16)
    np.testing.assert_array_equal(picture.pixels, np.rint(values / peak * white))
    assert bool(picture.warnings) == (bits == 24)


def test_white_is_zero_in_odd_depths(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (48, 64, 1))
    tags: Tags = {258: ("H", [12]), 262: ("H", [0]), 277: ("H", [1])}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(packed(values, 12), tags))).pixels
    np.testing.assert_array_equal(read, 65535 - np.rint(values / 4095 * 65535))


@pytest.mark.parametrize("compression", ["zstd", "lzma", "lerc", "jpeg2000", "jpegxl", "webp"])
def test_rare_compressions(tmp_path: Path, compression: str) -> None:
    pixels = noise(48, 64, 3)
    options: dict[str, Any] = {"compressionargs": {"lossless": True}} if compression == "webp" else {}
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", compression=compression, **options)
    apart = np.abs(read_picture(tmp_path / "a.tif").pixels.astype(int) - pixels)
    assert apart.max() == 0


def test_zstd_with_alpha_profile_and_predictor(tmp_path: Path) -> None:
    pixels = noise(48, 64, 4, "uint16")
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels,
        photometric="rgb",
        compression="zstd",
        predictor=True,
        extrasamples=["unassalpha"],
        iccprofile=display_p3(),
        resolution=(300, 300),
        resolutionunit="inch",
    )
    picture = read_picture(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.metadata.icc == display_p3()
    assert picture.metadata.dpi == (300, 300)


def test_premultiplied_alpha_in_zstd_is_divided_out(tmp_path: Path) -> None:
    straight = noise(20, 30, 4, "uint16")
    straight[..., 3] |= 0x8000
    premultiplied = straight.copy()
    premultiplied[..., :3] = np.rint(straight[..., :3] * (straight[..., 3:] / 65535))
    tifffile.imwrite(
        tmp_path / "a.tif", premultiplied, photometric="rgb", extrasamples=["assocalpha"], compression="zstd"
    )
    assert np.abs(read_picture(tmp_path / "a.tif").pixels.astype(int) - straight).max() <= 2


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_planes_in_tiles(tmp_path: Path, compression: str | None) -> None:
    pixels = noise(48, 64, 3)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.moveaxis(pixels, 2, 0).copy(),
        photometric="rgb",
        planarconfig="separate",
        tile=(16, 16),
        compression=compression,
    )
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, pixels)


def test_a_palette_in_zstd(tmp_path: Path) -> None:
    indices = noise(20, 30, 1)[..., 0]
    colours = noise(1, 256, 3, seed=1)[0]
    tifffile.imwrite(
        tmp_path / "a.tif",
        indices,
        photometric="palette",
        colormap=colours.T.astype(np.uint16) * 257,
        compression="zstd",
    )
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, colours[indices])


def test_floats_of_64_bits(tmp_path: Path) -> None:
    values = smooth(48, 64, 3, "float32").astype(np.float64) * 1.2 - 0.1
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")
    picture = read_picture(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.pixels, values.astype(np.float32))
    assert picture.warnings == ("Floats of 64 bits are rounded to 32.",)


def test_lab_of_8_bits(tmp_path: Path) -> None:
    """As Little CMS has it."""
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(Image.fromarray(smooth(48, 64, 3)), srgb, lab, outputMode="LAB")
    assert image is not None
    image.save(tmp_path / "a.tif")
    apart = np.abs(read_picture(tmp_path / "a.tif").pixels.astype(int) - smooth(48, 64, 3))
    assert apart.mean() <= 1.5 and apart.max() <= 12  # 8 bits of Lab are coarse


@pytest.mark.parametrize("depth", [8, 16])
def test_lab_as_icc_has_it(tmp_path: Path, depth: int) -> None:
    """L*, a* and b* from zero on: gray where a* and b* are in the middle."""
    light = np.linspace(0, 2**depth - 1, 64).repeat(48).reshape(64, 48).T
    middle = np.full_like(light, 128 * 2 ** (depth - 8))
    lab = np.rint(np.dstack((light, middle, middle))).astype(f"uint{depth}")
    tags: Tags = {258: ("H", [depth] * 3), 262: ("H", [9]), 277: ("H", [3])}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(lab, tags))).pixels / (2.0**depth - 1)
    y = np.linspace(0, 100, 64)
    lightness = np.where(y > 8, ((y + 16) / 116) ** 3, y / 903.3)
    gray = np.where(lightness <= 0.0031308, 12.92 * lightness, 1.055 * lightness ** (1 / 2.4) - 0.055)
    assert np.abs(read - gray[None, :, None]).max() <= 2 / 255


@pytest.mark.parametrize("compression", ["zstd", "lzma"])
def test_cut_short_is_damaged_not_black(tmp_path: Path, compression: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", noise(48, 64, 3), photometric="rgb", compression=compression)
    data = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(data[:-2000])
    with pytest.raises(PictureError, match="damaged or incomplete TIFF"):
        read_picture(tmp_path / "a.tif")


def test_strips_that_are_not_there_are_not_made_up(tmp_path: Path) -> None:
    tags: Tags = {258: ("H", [12]), 262: ("H", [1]), 277: ("H", [1]), 257: ("H", [4800]), 278: ("H", [48])}
    with pytest.raises(PictureError, match="damaged or incomplete TIFF"):
        read_picture(write_tiff(tmp_path / "a.tif", page(bytes(64 * 48 * 3 // 2), tags)))


@pytest.mark.parametrize("dtype", ["int16", "int32"])
def test_measurements_below_zero_are_refused_as_such(tmp_path: Path, dtype: str) -> None:
    heights = np.linspace(-40, 3000, 64).astype(dtype).reshape(8, 8)
    tifffile.imwrite(tmp_path / "a.tif", heights, photometric="minisblack")
    with pytest.raises(PictureError, match="holds numbers below zero"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_signed_samples_become_the_picture_they_make(tmp_path: Path, bits: int, channels: int) -> None:
    """Marked as signed by mistake, or with black at the lowest number."""
    pixels = smooth(48, 64, channels, f"uint{bits}")
    photometric = "rgb" if channels == 3 else "minisblack"
    half = pixels.dtype.type(2 ** (bits - 1))
    for name, stored, told in (
        ("marked", pixels.view(f"int{bits}"), "taken for unsigned"),
        ("offset", (pixels ^ half).view(f"int{bits}"), f"{-int(half)} is taken for black"),
    ):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.squeeze(stored), photometric=photometric)
        picture = read_picture(tmp_path / f"{name}.tif")
        np.testing.assert_array_equal(picture.pixels, pixels)
        assert told in picture.warnings[0]


@pytest.mark.parametrize(
    ("dtype", "highest", "white"),
    [
        ("int8", 127, 255),
        ("int16", 255, 255),
        ("int16", 32767, 32767),
        ("int32", 255, 255),
        ("int32", 65535, 65535),
        ("int32", 2**31 - 1, 2**31 - 1),
    ],
)
def test_signed_samples_above_zero(tmp_path: Path, dtype: str, highest: int, white: int) -> None:
    values = np.rint(np.linspace(0, highest, 64)).astype(dtype).reshape(8, 8)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    picture = read_picture(tmp_path / "a.tif")
    np.testing.assert_allclose(picture.pixels[..., 0] / picture.peak, values / white, atol=2e-5)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("rows", [1, 7, 48])
def test_planes_of_gray_and_alpha(tmp_path: Path, dtype: str, rows: int) -> None:
    pixels = noise(48, 64, 2, dtype)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.moveaxis(pixels, 2, 0).copy(),
        photometric="minisblack",
        planarconfig="separate",
        extrasamples=["unassalpha"],
        compression="packbits" if dtype == "uint8" else None,
        rowsperstrip=rows,
    )
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, pixels)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_half_floats(tmp_path: Path, channels: int, planar: str) -> None:
    pixels = noise(48, 64, channels, "float32").astype(np.float16)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.moveaxis(pixels, 2, 0).copy() if planar == "separate" else pixels,
        photometric="rgb",
        planarconfig=planar,
        extrasamples=["unassalpha"] if channels == 4 else None,
        compression="lzw",
    )
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, pixels.astype(np.float32))


def log_luv_row(planes: NDArray[np.uint8]) -> bytes:
    """A row of SGI's run-length code without runs: its bytes from the highest to the lowest."""
    return b"".join(
        bytes([len(part)]) + part.tobytes()
        for plane in planes
        for part in (plane[i : i + 127] for i in range(0, len(plane), 127))
    )


@pytest.mark.parametrize("coloured", [False, True])
def test_logarithmic_light(tmp_path: Path, coloured: bool) -> None:
    """LogL of 16 bits, and LogLuv of 32 (Larson, 1998), of gray: light above white stays above it."""
    light = np.geomspace(0.01, 4, 64)
    log_l = np.floor(256 * (np.log2(light) + 64)).astype(">u2").view(np.uint8).reshape(64, 2).T
    u, v = np.full((2, 64), [[int(410 * 0.19784)], [int(410 * 0.46834)]], np.uint8)
    planes = np.concatenate((log_l, u[None], v[None])) if coloured else log_l
    channels = 3 if coloured else 1
    tags: Tags = {
        258: ("H", [16] * channels),
        259: ("H", [34676]),
        262: ("H", [32845 if coloured else 32844]),
        277: ("H", [channels]),
        339: ("H", [2] * channels),
    }
    picture = read_picture(write_tiff(tmp_path / "a.tif", page(log_luv_row(planes) * 48, tags)))
    assert picture.pixels.dtype == np.float32 and picture.pixels.shape == (48, 64, channels)
    np.testing.assert_allclose(picture.pixels.mean(2)[0], light, rtol=0.03)
    assert is_linear(picture.metadata.icc)


@pytest.mark.parametrize("tile", [None, (32, 32)])
def test_jpeg_of_16_bits(tmp_path: Path, tile: tuple[int, int] | None) -> None:
    pixels = noise(40, 50, 1, "uint16")
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels[..., 0],
        compression="jpeg",
        compressionargs={"lossless": True, "bitspersample": 16},
        tile=tile,
    )
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, pixels)
