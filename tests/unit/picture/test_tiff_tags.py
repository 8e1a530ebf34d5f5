"""TIFF files whose tags say what libvips does not take from them: colours, channels, pages, ranges."""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.unit.picture.samples import noise, smooth
from unfade.errors import PictureError
from unfade.picture import read_picture, write_picture

Tags = dict[int, tuple[str, Sequence[float]]]


def page(pixels: NDArray[Any] | bytes, tags: Tags, width: int = 64, height: int = 48) -> tuple[bytes, Tags]:
    data = pixels if isinstance(pixels, bytes) else pixels.tobytes()
    basic: Tags = {256: ("H", [width]), 257: ("H", [height]), 259: ("H", [1]), 278: ("H", [height])}
    return data, {**basic, 273: ("I", [0]), 279: ("I", [len(data)]), **tags}


def write_tiff(path: Path, *pages: tuple[bytes, Tags]) -> Path:
    """A little-endian TIFF of pages of one strip each, uncompressed."""
    kinds = {"B": 1, "H": 3, "I": 4, "f": 11}
    out = bytearray(b"II*\0" + bytes(4))
    link = 4
    for data, tags in pages:
        strip = len(out)
        out += data + bytes(len(data) % 2)
        entries = b""
        for tag, (code, values) in sorted(tags.items()):
            value = struct.pack(f"<{len(values)}{code}", *([strip] if tag == 273 else values))
            if len(value) > 4:
                at = len(out)
                out += value + bytes(len(value) % 2)
                value = struct.pack("<I", at)
            entries += struct.pack("<HHI", tag, kinds[code], len(values)) + value.ljust(4, b"\0")
        struct.pack_into("<I", out, link, len(out))
        out += struct.pack("<H", len(tags)) + entries
        link = len(out)
        out += bytes(4)
    path.write_bytes(out)
    return path


def apart(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.abs(a.astype(np.float64) - b).max())


RGB_TAGS: Tags = {258: ("H", [8, 8, 8]), 262: ("H", [2]), 277: ("H", [3])}
YCBCR_TAGS: Tags = {258: ("H", [8, 8, 8]), 262: ("H", [6]), 277: ("H", [3]), 530: ("H", [1, 1])}
FLOAT_GRAY: Tags = {258: ("H", [32]), 262: ("H", [1]), 277: ("H", [1]), 339: ("H", [3])}


def ycbcr(rgb: NDArray[np.uint8], peak: int = 255) -> NDArray[Any]:
    """Rec. 601 in the full range, as JFIF has it, of 8-bit RGB."""
    matrix = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
    half = (peak + 1) // 2
    values = rgb / 255 * peak @ np.array(matrix).T + (0, half, half)
    return np.clip(np.rint(values), 0, peak).astype(np.uint8 if peak == 255 else np.uint16)


def test_ycbcr_with_full_size_chroma(tmp_path: Path) -> None:
    rgb = smooth(48, 64, 3)
    read = read_picture(write_tiff(tmp_path / "a.tif", page(ycbcr(rgb), YCBCR_TAGS))).pixels
    assert read.shape == rgb.shape and read.dtype == np.uint8
    assert apart(read, rgb) <= 2
    pillow = np.asarray(Image.fromarray(ycbcr(rgb), "YCbCr").convert("RGB"))
    assert apart(read, pillow) <= 2


def test_ycbcr_of_sixteen_bits(tmp_path: Path) -> None:
    rgb = smooth(48, 64, 3)
    tags = {**YCBCR_TAGS, 258: ("H", [16] * 3)}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(ycbcr(rgb, 65535), tags))).pixels
    assert read.dtype == np.uint16
    assert apart(read / 257, rgb) <= 0.02


def test_ycbcr_by_its_own_coefficients_and_range(tmp_path: Path) -> None:
    """Rec. 709 in the range of video: luma from 16 to 235, chroma from 16 to 240."""
    rgb = smooth(48, 64, 3)
    red, green, blue = 0.2126, 0.7152, 0.0722
    r, g, b = np.moveaxis(rgb / 255, 2, 0)
    y = red * r + green * g + blue * b
    cb, cr = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
    video = np.rint(np.stack((16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr), 2)).astype(np.uint8)
    tags: Tags = {**YCBCR_TAGS, 529: ("f", [red, green, blue]), 532: ("f", [16, 235, 128, 240, 128, 240])}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(video, tags))).pixels
    assert apart(read, rgb) <= 3


def test_subsampled_ycbcr_gets_no_alpha(tmp_path: Path) -> None:
    rgb = np.kron(smooth(24, 32, 3), np.ones((2, 2, 1), np.uint8))
    y = ycbcr(rgb)
    luma = y[..., 0].reshape(24, 2, 32, 2).swapaxes(1, 2).reshape(24, 32, 4)
    packed = np.concatenate((luma, y[::2, ::2, 1:]), axis=2)
    tags: Tags = {**YCBCR_TAGS, 530: ("H", [2, 2])}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(packed, tags))).pixels
    assert read.shape == (48, 64, 3)
    assert apart(read, rgb) <= 3


@pytest.mark.parametrize("dtype", ["float32", "uint32"])
def test_cmyk_of_wide_samples_is_that_of_8_bits(tmp_path: Path, dtype: str) -> None:
    patches = np.eye(4, dtype=np.uint8)[[0, 1, 2, 3]].repeat(16, axis=0)[None].repeat(48, axis=0) * 200
    shared: Tags = {262: ("H", [5]), 277: ("H", [4])}
    eight = write_tiff(tmp_path / "8.tif", page(patches, {**shared, 258: ("H", [8] * 4)}))
    wide = patches / np.float32(255) if dtype == "float32" else patches.astype(np.uint32) * 0x01010101
    tags: Tags = {**shared, 258: ("H", [32] * 4), 339: ("H", [3 if dtype == "float32" else 1] * 4)}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(wide.astype(dtype), tags))).pixels
    assert read.dtype == np.uint16 and read.shape == (48, 64, 3)
    assert apart(read / 257, read_picture(eight).pixels) <= 2


def test_other_inks_than_cmyk_are_refused(tmp_path: Path) -> None:
    tags: Tags = {258: ("H", [8] * 4), 262: ("H", [5]), 277: ("H", [4]), 332: ("H", [2])}
    with pytest.raises(PictureError, match="other inks than CMYK"):
        read_picture(write_tiff(tmp_path / "a.tif", page(noise(48, 64, 4), tags)))


@pytest.mark.parametrize("white", [255, 65535])
@pytest.mark.parametrize("whole", [True, False])
def test_floats_in_the_range_of_integers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, white: int, whole: bool
) -> None:
    values = smooth(48, 64, 1, "float32") * np.float32(white - 1)
    values = np.rint(values) if whole else values
    read = read_picture(write_tiff(tmp_path / "a.tif", page(values, FLOAT_GRAY))).pixels
    np.testing.assert_allclose(read, values / np.float32(white), rtol=1e-6)
    assert f"{white} is taken for white" in caplog.text


def test_scene_linear_floats_are_kept(tmp_path: Path) -> None:
    values = smooth(48, 64, 1, "float32") * np.float32(1.5) - np.float32(0.1)
    read = read_picture(write_tiff(tmp_path / "a.tif", page(values, FLOAT_GRAY)))
    np.testing.assert_array_equal(read.pixels, values)
    assert read.warnings == ()


def test_whole_floats_of_highlights_are_light(tmp_path: Path) -> None:
    values = np.zeros((48, 64, 1), np.float32)
    values[:4, :4, 0] = np.arange(16).reshape(4, 4)
    read = read_picture(write_tiff(tmp_path / "a.tif", page(values, FLOAT_GRAY)))
    np.testing.assert_array_equal(read.pixels, values)


@pytest.mark.parametrize("compression", [1, 4])
@pytest.mark.parametrize("wrong", ["another page", "the unit of its resolution", "its name"])
def test_what_is_wrong_beside_a_page_does_not_matter(tmp_path: Path, wrong: str, compression: int) -> None:
    """As in scans whose second page is of old-style JPEG: libtiff's error there was taken for damage."""
    pixels = (smooth(48, 64, 1) > 100).astype(np.uint8) * 255
    path = tmp_path / "one.tif"
    method = "group4" if compression == 4 else "raw"
    Image.fromarray(pixels[..., 0]).convert("1").save(path, compression=method)
    with tifffile.TiffFile(path) as file:
        first = file.pages.first
        strip = path.read_bytes()[first.dataoffsets[0] :][: first.databytecounts[0]]
        photometric = int(first.photometric)
    tags: Tags = {
        258: ("H", [1]),
        259: ("H", [compression]),
        262: ("H", [photometric]),
        277: ("H", [1]),
    }
    pages = [page(strip, tags)]
    if wrong == "another page":
        pages.append(page(b"x", {**YCBCR_TAGS, 259: ("H", [6]), 513: ("I", [8]), 514: ("I", [1])}))
    elif wrong == "its name":
        pages[0][1][269] = ("f", [1.5])
    else:
        pages[0][1][296] = ("H", [12291])
    picture = read_picture(write_tiff(tmp_path / "a.tif", *pages))
    np.testing.assert_array_equal(picture.pixels, pixels)
    if compression == 4:
        cut = (tmp_path / "a.tif").read_bytes().replace(strip, strip[:-30] + bytes(30))
        (tmp_path / "b.tif").write_bytes(cut)
        with pytest.raises(PictureError, match="damaged or incomplete TIFF"):
            read_picture(tmp_path / "b.tif")


def test_a_fax_that_does_not_say_what_is_white(tmp_path: Path) -> None:
    pixels = (smooth(48, 64, 1) > 100).astype(np.uint8) * 255
    path = tmp_path / "a.tif"
    Image.fromarray(pixels[..., 0]).convert("1").save(path, compression="group4")
    data = path.read_bytes()
    entry = struct.pack("<HHI", 262, 3, 1)
    with tifffile.TiffFile(path) as file:
        black = int(file.pages.first.photometric) == 1
    assert data.count(entry) == 1
    path.write_bytes(data.replace(entry, struct.pack("<HHI", 65000, 3, 1)))
    np.testing.assert_array_equal(read_picture(path).pixels, 255 - pixels if black else pixels)


def test_much_light_is_light(tmp_path: Path) -> None:
    values = smooth(48, 64, 1, "float32") * np.float32(10)
    read = read_picture(write_tiff(tmp_path / "a.tif", page(values, FLOAT_GRAY)))
    np.testing.assert_array_equal(read.pixels, values)
    assert read.warnings == ()


def test_that_a_place_on_the_map_is_lost_is_told(tmp_path: Path) -> None:
    tags: Tags = {**RGB_TAGS, 0x830E: ("f", [1, 1, 0])}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(noise(48, 64, 3), tags)))
    assert read.warnings == ("Its place on the map is left out.",)


def test_senseless_coefficients_are_passed_over(tmp_path: Path) -> None:
    rgb = smooth(48, 64, 3)
    tags: Tags = {**YCBCR_TAGS, 529: ("f", [0, 0, 0]), 532: ("f", [0, 0, 128, 128, 128, 128])}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(ycbcr(rgb), tags))).pixels
    assert apart(read, rgb) <= 2


@pytest.mark.parametrize(("dtype", "peak"), [("uint8", 255), ("uint16", 65535)])
def test_integers_of_32_bits_that_hold_small_numbers(tmp_path: Path, dtype: str, peak: int) -> None:
    pixels = noise(48, 64, 1, dtype)
    pixels[0, 0] = peak
    tags: Tags = {258: ("H", [32]), 262: ("H", [1]), 277: ("H", [1])}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(pixels.astype(np.uint32), tags))).pixels
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize(("channels", "photometric"), [(2, 1), (4, 2)])
def test_a_channel_of_no_stated_meaning_is_no_alpha(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, channels: int, photometric: int
) -> None:
    pixels = noise(48, 64, channels)
    pixels[..., -1] = 0
    tags: Tags = {
        258: ("H", [8] * channels),
        262: ("H", [photometric]),
        277: ("H", [channels]),
        338: ("H", [0]),
    }
    read = read_picture(write_tiff(tmp_path / "a.tif", page(pixels, tags))).pixels
    np.testing.assert_array_equal(read, pixels[..., :-1])
    assert "is not marked as alpha and is left out" in caplog.text


@pytest.mark.parametrize("kind", [(254, 1), (255, 2), (254, 4)])
def test_a_thumbnail_or_mask_before_the_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: tuple[int, int]
) -> None:
    small, large = noise(12, 16, 3), noise(48, 64, 3, seed=1)
    first = page(small, {**RGB_TAGS, kind[0]: ("I" if kind[0] == 254 else "H", [kind[1]])}, 16, 12)
    path = write_tiff(tmp_path / "a.tif", first, page(large, {**RGB_TAGS, 254: ("I", [0])}))
    with caplog.at_level(logging.WARNING, "unfade"):
        np.testing.assert_array_equal(read_picture(path).pixels, large)
    assert caplog.text == ""
    alone = write_tiff(tmp_path / "b.tif", first)
    np.testing.assert_array_equal(read_picture(alone).pixels, small)


def test_metadata_come_from_the_page_that_is_read(tmp_path: Path) -> None:
    def described(text: bytes, size: int, seed: int, reduced: int) -> tuple[bytes, Tags]:
        return page(
            noise(size, size, 3, seed=seed),
            {**RGB_TAGS, 254: ("I", [reduced]), 315: ("B", list(text))},
            size,
            size,
        )

    path = write_tiff(tmp_path / "a.tif", described(b"small\0", 8, 0, 1), described(b"large\0", 24, 1, 0))
    block = read_picture(path).metadata.exif
    assert block is not None and b"large" in block and b"small" not in block


def test_pages_that_lead_round_in_a_circle(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", page(noise(48, 64, 3), RGB_TAGS))
    data = bytearray(path.read_bytes())
    data[-4:] = data[4:8]
    path.write_bytes(data)
    try:
        assert read_picture(path).pixels.shape == (48, 64, 3)
    except PictureError as error:
        assert "damaged" in str(error)


@pytest.mark.parametrize(
    "tags", [{50706: ("B", [1, 4, 0, 0])}, {262: ("H", [32803])}, {254: ("I", [1]), 330: ("I", [8])}]
)
def test_raw_photographs_are_refused_as_such(tmp_path: Path, tags: Tags) -> None:
    """Their thumbnail would be read."""
    path = write_tiff(tmp_path / "a.dng", page(noise(48, 64, 3), {**RGB_TAGS, **tags}))
    with pytest.raises(PictureError, match="is a RAW photograph of a camera; develop it first"):
        read_picture(path)


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        (0x935C, "Its Photoshop layers are left out."),
        (0xA480, "GDAL's notes are left out."),
        (0xA481, "GDAL's notes are left out."),
    ],
)
def test_what_would_not_be_true_of_a_result_is_left_out_and_told(
    tmp_path: Path, tag: int, sentence: str
) -> None:
    """Photoshop shows the layers of a TIFF file in place of its picture."""
    tags: Tags = {**RGB_TAGS, tag: ("B", list(b"a block of its own"))}
    read = read_picture(write_tiff(tmp_path / "a.tif", page(noise(48, 64, 3), tags)))
    assert read.warnings == (sentence,)
    write_picture(read, tmp_path / "b.tif")
    assert b"a block of its own" not in (tmp_path / "b.tif").read_bytes()


def without(tags: Tags, *names: int) -> Tags:
    return {name: value for name, value in tags.items() if name not in names}


def test_three_channels_of_no_stated_meaning_are_rgb(tmp_path: Path) -> None:
    pixels = noise(48, 64, 3)
    read = read_picture(write_tiff(tmp_path / "a.tif", page(pixels, without(RGB_TAGS, 262))))
    np.testing.assert_array_equal(read.pixels, pixels)
    assert read.warnings == (
        "It does not say what its channels are; they are taken for red, green and blue.",
    )


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ({258: ("H", [8] * 4), 277: ("H", [4])}, "does not say what its 4 channels are"),
        (without(YCBCR_TAGS, 262), "does not say what its 3 channels are"),
        ({**RGB_TAGS, 258: ("H", [1, 1, 1]), 259: ("H", [4])}, "packs several channels as fax does one"),
        ({**RGB_TAGS, 259: ("H", [6]), 512: ("H", [14])}, "holds a rare kind of JPEG"),
    ],
)
def test_kinds_that_are_not_read_are_named(tmp_path: Path, tags: Tags, what: str) -> None:
    path = write_tiff(tmp_path / "a.tif", page(noise(48, 64, 4).tobytes(), tags))
    with pytest.raises(PictureError, match=what):
        read_picture(path)


def test_fewer_channels_than_colours_are_damage(tmp_path: Path) -> None:
    path = write_tiff(
        tmp_path / "a.tif", page(noise(48, 64, 1), {**RGB_TAGS, 258: ("H", [8]), 277: ("H", [1])})
    )
    with pytest.raises(PictureError, match="is a damaged or incomplete TIFF file"):
        read_picture(path)


def test_a_directory_beyond_any_file_is_damage(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**63 - 2**40) + bytes(50))
    with pytest.raises(PictureError, match="is a damaged or incomplete TIFF file"):
        read_picture(tmp_path / "a.tif")
