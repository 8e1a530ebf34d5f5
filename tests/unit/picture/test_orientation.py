"""Orientation is applied once and never again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.unit.picture.samples import noise, saved
from unfade.picture import Metadata, Picture, read_picture, write_picture
from unfade.picture.metadata import as_stored

# The upright picture of a file whose stored rows are 1 2 3 and 4 5 6, by orientation (EXIF 2.32, 4.6.4).
GOLDEN = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_golden(tmp_path: Path, orientation: int, suffix: str) -> None:
    stored = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)[..., None].repeat(3, axis=2)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == ".webp" else {}
    path = saved(tmp_path / f"a{suffix}", stored, exif=exif.tobytes(), **options)
    picture = read_picture(path)
    assert picture.pixels.flags.c_contiguous
    np.testing.assert_array_equal(picture.pixels[..., 0], GOLDEN[orientation])
    write_picture(picture, path, quality=100)
    np.testing.assert_array_equal(read_picture(path).pixels[..., 0], GOLDEN[orientation])
    upright = ImageOps.exif_transpose(Image.open(path))
    np.testing.assert_array_equal(np.asarray(upright)[..., 0], GOLDEN[orientation])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_as_pillow_turns_it(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.kron(noise(9, 13, 3), np.ones((16, 16, 1), np.uint8))
    path = saved(tmp_path / "a.jpg", pixels, exif=exif.tobytes(), quality=98, subsampling=0)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path))).astype(int)
    read = read_picture(path).pixels
    assert read.shape == expected.shape
    assert np.abs(read - expected).max() <= 2
    write_picture(Picture(read, read_picture(path).metadata), tmp_path / "b.jpg")
    assert Image.open(tmp_path / "b.jpg").getexif()[0x0112] == 1


@pytest.mark.parametrize("orientation", [3, 6])
def test_pictures_of_many_strips(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = noise(900, 40, 3)
    saved(tmp_path / "a.png", pixels, exif=exif.tobytes())
    expected = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, expected)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_nonsense_means_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = noise(5, 9, 3)
    saved(tmp_path / "a.png", pixels, exif=exif.tobytes())
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, pixels)


def test_a_block_given_with_an_orientation_is_written_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    write_picture(Picture(noise(5, 9, 3), Metadata(exif=exif.tobytes())), tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").getexif()[0x0112] == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_view_writes_through(orientation: int) -> None:
    stored = np.array([[1, 2, 3], [4, 5, 6]])[..., None]
    upright = np.zeros((*np.array(GOLDEN[orientation]).shape, 1), int)
    as_stored(upright, orientation)[...] = stored
    np.testing.assert_array_equal(upright[..., 0], GOLDEN[orientation])
