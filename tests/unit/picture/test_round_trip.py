"""What is written is what is read, to the last bit where the format allows it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from tests.unit.picture.samples import PEAK, noise, smooth
from unfade.picture import OUTPUT_FORMATS, Metadata, Picture, read_picture, write_picture

LOSSLESS = [
    (kind, channels, dtype)
    for kind, dtypes in {
        "png": ("uint8", "uint16"),
        "tiff": ("uint8", "uint16", "float32"),
        "bmp": ("uint8",),
    }.items()
    for dtype in dtypes
    for channels in (1, 2, 3, 4)
    if (kind, channels) != ("bmp", 2)
]


@pytest.mark.parametrize(("kind", "channels", "dtype"), LOSSLESS)
def test_lossless_formats_give_back_every_sample(
    tmp_path: Path, kind: str, channels: int, dtype: str
) -> None:
    pixels = noise(37, 53, channels, dtype)
    path = tmp_path / f"a{OUTPUT_FORMATS[kind]}"
    write_picture(Picture(pixels), path)
    picture = read_picture(path)
    assert picture.pixels.dtype == pixels.dtype
    assert picture.pixels.flags.c_contiguous
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.metadata == Metadata()


@settings(max_examples=40)
@given(data=st.data(), case=st.sampled_from(LOSSLESS))
def test_any_picture_survives_lossless_formats(data: st.DataObject, case: tuple[str, int, str]) -> None:
    kind, channels, dtype = case
    height, width = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    elements = st.floats(0, 1, width=32) if dtype == "float32" else st.integers(0, PEAK[dtype])
    pixels = data.draw(arrays.arrays(dtype, (height, width, channels), elements=elements))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{OUTPUT_FORMATS[kind]}"
        write_picture(Picture(pixels), path)
        read = read_picture(path).pixels
    assert read.dtype == pixels.dtype
    np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_other_readers_see_the_same_tiff(tmp_path: Path, channels: int, dtype: str) -> None:
    pixels = noise(20, 31, channels, dtype)
    write_picture(Picture(pixels), tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages.first
        read = page.asarray().reshape(pixels.shape)
        assert [int(e) for e in page.extrasamples] == ([2] if channels in (2, 4) else [])  # not premultiplied
    np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_other_readers_see_the_same_png(tmp_path: Path, channels: int, mode: str) -> None:
    pixels = noise(20, 31, channels)
    write_picture(Picture(pixels), tmp_path / "a.png")
    image = Image.open(tmp_path / "a.png")
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image).reshape(pixels.shape), pixels)


def test_other_readers_see_sixteen_bits_in_png(tmp_path: Path) -> None:
    pixels = noise(20, 31, 1, "uint16")
    write_picture(Picture(pixels), tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), pixels[..., 0])


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_other_readers_see_the_same_bmp(tmp_path: Path, channels: int, mode: str) -> None:
    pixels = noise(5, 7, channels)
    write_picture(Picture(pixels), tmp_path / "a.bmp")
    image = Image.open(tmp_path / "a.bmp")
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image).reshape(pixels.shape), pixels)
    assert (tmp_path / "a.bmp").stat().st_size == int.from_bytes(
        (tmp_path / "a.bmp").read_bytes()[2:6], "little"
    )


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_lossy_formats_stay_close(tmp_path: Path, suffix: str, channels: int, dtype: str) -> None:
    pixels = smooth(64, 80, channels, dtype)
    if channels in (2, 4):
        pixels[..., -1] = PEAK[dtype]
    write_picture(Picture(pixels), tmp_path / f"a{suffix}")
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.pixels.dtype == np.uint8
    assert picture.is_gray == (suffix == ".jpg" and channels < 3)
    colours = 1 if channels < 3 else 3
    expected = pixels[..., :colours].astype(np.float64) / PEAK[dtype] * 255
    assert np.abs(picture.colour - expected).max() < 12
    assert np.abs(picture.colour - expected).mean() < 2
    assert picture.has_alpha is False  # opaque alpha is not stored by WebP


def test_webp_keeps_alpha_and_is_lossless_at_quality_100(tmp_path: Path) -> None:
    pixels = noise(21, 33, 4)
    pixels[..., 3] |= 1  # libwebp is free to change colours under alpha 0
    write_picture(Picture(pixels), tmp_path / "a.webp", quality=100)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.webp").pixels, pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.webp")), pixels)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_quality_is_size(tmp_path: Path, suffix: str) -> None:
    picture = Picture(noise(64, 64, 3))
    sizes = []
    for quality in (20, 60, 95):
        write_picture(picture, tmp_path / f"a{suffix}", quality=quality)
        sizes.append((tmp_path / f"a{suffix}").stat().st_size)
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("channels", [1, 3])
def test_deep_pictures_are_rounded_to_8_bits(tmp_path: Path, channels: int) -> None:
    pixels = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(channels, axis=2)
    write_picture(Picture(np.ascontiguousarray(pixels)), tmp_path / "a.bmp")
    expected = np.rint(pixels / 257).astype(np.uint8)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.bmp").pixels, expected)


def test_floats_are_rounded_to_16_bits_in_png(tmp_path: Path) -> None:
    pixels = noise(20, 30, 3, "float32")
    write_picture(Picture(pixels), tmp_path / "a.png")
    read = read_picture(tmp_path / "a.png").pixels
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, np.rint(pixels * np.float32(65535)))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [2, 4])
def test_jpeg_lays_transparent_pictures_on_white(tmp_path: Path, channels: int, dtype: str) -> None:
    peak = PEAK[dtype]
    pixels = np.zeros((48, 96, channels), dtype)
    pixels[:, 32:64, -1] = peak // 2
    pixels[:, 64:, -1] = peak
    write_picture(Picture(pixels), tmp_path / "a.jpg")
    read = read_picture(tmp_path / "a.jpg").pixels
    for x, value in ((12, 255), (44, 128), (84, 0)):
        assert np.abs(read[24, x].astype(int) - value).max() <= 2


@pytest.mark.parametrize("name", ["A.PNG", "A.TIF", "A.JPEG", "A.WebP", "A.Bmp"])
def test_suffixes_in_any_case(tmp_path: Path, name: str) -> None:
    write_picture(Picture(smooth(16, 16, 3)), tmp_path / name)
    assert read_picture(tmp_path / name).pixels.shape == (16, 16, 3)


@pytest.mark.parametrize("name", ["Übergröße 写真 🖼", "a[page=3]", "a[b", "a,b=c", "%d", "-x", "it's"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp"])
def test_file_names_of_all_kinds(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / (name + suffix)
    write_picture(Picture(smooth(8, 8, 3)), path)
    assert [p.name for p in tmp_path.iterdir()] == [name + suffix]
    assert read_picture(path).pixels.shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("name", "magic"), [("png", b"\x89PNG"), ("jpg", b"\xff\xd8"), ("TIFF", b"II"), ("bmp", b"BM")]
)
def test_a_named_format_wins_over_the_suffix(tmp_path: Path, name: str, magic: bytes) -> None:
    path = tmp_path / "result.out"
    write_picture(Picture(smooth(8, 8, 3)), path, format=name)
    assert path.read_bytes().startswith(magic)
    assert read_picture(path).pixels.shape == (8, 8, 3)


def test_strips_of_a_tall_and_of_a_wide_picture_join(tmp_path: Path) -> None:
    for shape in ((1100, 3, 3), (3, 1100, 3), (700, 2100, 3)):
        pixels = noise(*shape)
        write_picture(Picture(pixels), tmp_path / "a.png")
        np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, pixels)


def test_a_changed_file_is_read_anew_and_no_file_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for value in (10, 200):
        write_picture(Picture(np.full((4, 4, 1), value, np.uint8)), path)
        assert read_picture(path).pixels.max() == value
    descriptors = Path("/proc/self/fd")
    if descriptors.is_dir():
        open_files = [p.readlink() for p in descriptors.iterdir() if p.is_symlink()]
        assert tmp_path not in {p.parent for p in open_files}
