"""The kinds of pictures found in files: palettes, CMYK, 1 bit, odd TIFFs, several frames."""

from __future__ import annotations

import logging
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.unit.picture.samples import noise, saved, smooth
from unfade.errors import PictureError
from unfade.picture import Metadata, read_picture, write_picture


def palette_picture() -> tuple[Image.Image, NDArray[np.uint8]]:
    """A picture of 16 colours, and its colours as RGB."""
    indices = np.arange(20 * 32, dtype=np.uint8).reshape(20, 32) % 16
    colours = noise(1, 16, 3)[0]
    image = Image.fromarray(indices, "P")
    image.putpalette(colours.tobytes())
    return image, colours[indices]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_palettes_become_rgb(tmp_path: Path, suffix: str) -> None:
    image, rgb = palette_picture()
    image.save(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read_picture(tmp_path / f"a{suffix}").pixels, rgb)


def test_a_palette_with_transparency_becomes_rgba(tmp_path: Path) -> None:
    image, rgb = palette_picture()
    alpha = bytes([0, 128, *[255] * 14])
    image.save(tmp_path / "a.png", transparency=alpha)
    pixels = read_picture(tmp_path / "a.png").pixels
    np.testing.assert_array_equal(pixels[..., :3], rgb)
    np.testing.assert_array_equal(pixels[..., 3], np.frombuffer(alpha, np.uint8)[np.asarray(image)])


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_one_bit_becomes_black_and_white(tmp_path: Path, suffix: str) -> None:
    bits = noise(21, 35, 1)[..., 0] > 127
    Image.fromarray(bits).save(tmp_path / f"a{suffix}")
    pixels = read_picture(tmp_path / f"a{suffix}").pixels
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, bits[..., None] * np.uint8(255))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_colour_becomes_alpha(tmp_path: Path, channels: int) -> None:
    pixels = noise(9, 12, channels) // 64 * 64
    key = tuple(int(v) for v in pixels[4, 4])
    saved(tmp_path / "a.png", pixels, transparency=key if channels == 3 else key[0])
    read = read_picture(tmp_path / "a.png").pixels
    np.testing.assert_array_equal(read[..., :-1], pixels)
    np.testing.assert_array_equal(read[..., -1] == 0, (pixels == key).all(axis=2))


def test_interlaced_png_and_progressive_jpeg(tmp_path: Path) -> None:
    from unfade.picture import vips

    pixels = noise(70, 90, 3)
    image = vips().Image.new_from_memory(pixels.data, 90, 70, 3, "uchar").copy(interpretation="srgb")
    image.pngsave(str(tmp_path / "a.png"), interlace=True)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, pixels)
    saved(tmp_path / "a.jpg", pixels, quality=95, progressive=True)
    difference = read_picture(tmp_path / "a.jpg").pixels.astype(int) - np.asarray(
        Image.open(tmp_path / "a.jpg")
    )
    assert np.abs(difference).max() <= 2


CMYK_COLOURS = {  # what a coated press makes of full cyan, magenta, yellow, black, and of bare paper
    (255, 0, 0, 0): (0, 155, 228),
    (0, 255, 0, 0): (234, 0, 130),
    (0, 0, 255, 0): (255, 240, 0),
    (0, 0, 0, 255): (15, 5, 15),
    (0, 0, 0, 0): (255, 255, 255),
}


def cmyk_patches() -> NDArray[np.uint8]:
    """16-pixel patches of the colours above, 16 x 80 x 4."""
    return np.array([list(CMYK_COLOURS)], np.uint8).repeat(16, axis=0).repeat(16, axis=1)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_becomes_rgb_as_printed(tmp_path: Path, suffix: str) -> None:
    # Into JPEG, Pillow writes Adobe's inverted CMYK.
    options: dict[str, Any] = {"quality": 100} if suffix == ".jpg" else {}
    Image.fromarray(cmyk_patches(), "CMYK").save(tmp_path / f"a{suffix}", **options)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.pixels.shape == (16, 80, 3)
    assert picture.metadata.icc is None  # sRGB now
    expected = np.array(list(CMYK_COLOURS.values()))
    assert np.abs(picture.pixels[8, 8::16].astype(int) - expected).max() <= 16


def test_sixteen_bit_cmyk_stays_deep(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", cmyk_patches().astype(np.uint16) * 257, photometric="separated")
    pixels = read_picture(tmp_path / "a.tif").pixels
    assert pixels.dtype == np.uint16
    expected = np.array(list(CMYK_COLOURS.values())) * 257
    assert np.abs(pixels[8, 8::16].astype(int) - expected).max() <= 16 * 257


def test_cmyk_goes_through_the_profile_it_brings(tmp_path: Path) -> None:
    from unfade.picture import vips

    v = vips()
    rgb = smooth(32, 32, 3)
    image = v.Image.new_from_memory(rgb.data, 32, 32, 3, "uchar").copy(interpretation="srgb")
    image.icc_transform("cmyk").tiffsave(str(tmp_path / "a.tif"))  # with the profile
    assert Image.open(tmp_path / "a.tif").mode == "CMYK"
    assert "icc_profile" in Image.open(tmp_path / "a.tif").info
    inside = np.abs(read_picture(tmp_path / "a.tif").pixels[8:24, 8:24].astype(int) - rgb[8:24, 8:24])
    assert inside.mean() < 12  # what lies within the press's gamut comes back


def test_cmyk_with_a_useless_profile_takes_the_general_one(
    tmp_path: Path,
) -> None:
    image = Image.fromarray(cmyk_patches(), "CMYK")
    image.save(tmp_path / "plain.tif")
    image.save(tmp_path / "bad.tif", icc_profile=b"not a profile" * 20)
    bad = read_picture(tmp_path / "bad.tif")
    np.testing.assert_array_equal(bad.pixels, read_picture(tmp_path / "plain.tif").pixels)
    assert bad.metadata.icc is None


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", None])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff_compressions(tmp_path: Path, compression: str | None, channels: int) -> None:
    pixels = noise(40, 33, channels)
    saved(tmp_path / "a.tif", pixels, compression=compression)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, pixels)


TIFFS: list[tuple[str, NDArray[Any], dict[str, Any]]] = [
    ("big-endian", noise(20, 30, 3, "uint16"), {"byteorder": ">", "photometric": "rgb"}),
    ("bigtiff", noise(20, 30, 3, "uint16"), {"bigtiff": True, "photometric": "rgb"}),
    ("tiles", noise(50, 40, 3, "uint16"), {"tile": (16, 16), "photometric": "rgb"}),
    ("float", noise(20, 30, 3, "float32"), {"photometric": "rgb"}),
    ("half float", noise(20, 30, 3, "float32").astype(np.float16), {"photometric": "rgb"}),
    ("gray float", noise(20, 30, 1, "float32")[..., 0], {"photometric": "minisblack"}),
    (
        "gray and alpha",
        noise(20, 30, 2, "uint16"),
        {"photometric": "minisblack", "extrasamples": ["unassalpha"]},
    ),
]


@pytest.mark.parametrize(("pixels", "options"), [t[1:] for t in TIFFS], ids=[t[0] for t in TIFFS])
def test_tiff_kinds(tmp_path: Path, pixels: NDArray[Any], options: dict[str, Any]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", pixels, metadata=None, **options)
    read = read_picture(tmp_path / "a.tif").pixels
    assert read.dtype == (np.uint16 if pixels.dtype == np.uint16 else np.float32)
    np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)


def test_tiff_planes_and_white_is_zero(tmp_path: Path) -> None:
    pixels = noise(20, 30, 3)
    tifffile.imwrite(
        tmp_path / "p.tif", np.moveaxis(pixels, 2, 0).copy(), photometric="rgb", planarconfig="separate"
    )
    np.testing.assert_array_equal(read_picture(tmp_path / "p.tif").pixels, pixels)
    tifffile.imwrite(tmp_path / "w.tif", pixels[..., 0], photometric="miniswhite")
    np.testing.assert_array_equal(read_picture(tmp_path / "w.tif").pixels, 255 - pixels[..., :1])


def test_premultiplied_tiff_alpha_is_divided_out(tmp_path: Path) -> None:
    straight = noise(20, 30, 4, "uint16")
    straight[..., 3] |= 0x8000
    alpha = straight[..., 3:] / 65535
    premultiplied = straight.copy()
    premultiplied[..., :3] = np.rint(straight[..., :3] * alpha)
    tifffile.imwrite(tmp_path / "a.tif", premultiplied, photometric="rgb", extrasamples=["assocalpha"])
    assert np.abs(read_picture(tmp_path / "a.tif").pixels.astype(int) - straight).max() <= 2


def test_floats_beyond_black_and_white_are_kept(tmp_path: Path) -> None:
    values = np.array([[-1.0, 0.25, 7.0, np.nan, np.inf]], np.float32)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    picture = read_picture(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.pixels[..., 0], [[-1, 0.25, 7, 0, 65504]])
    assert picture.warnings == ()
    assert write_picture(picture, tmp_path / "b.tif") == ()
    np.testing.assert_array_equal(read_picture(tmp_path / "b.tif").pixels, picture.pixels)
    told = write_picture(picture, tmp_path / "b.png")
    assert told == ("Floats are rounded to 16 bits, and values from -1 to 65504 are clipped to 0 to 1.",)
    np.testing.assert_array_equal(
        read_picture(tmp_path / "b.png").pixels[..., 0], [[0, 16384, 65535, 0, 65535]]
    )


def test_32_bit_integers_are_reduced_to_16(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pixels = noise(9, 8, 1, "uint16")
    tifffile.imwrite(tmp_path / "a.tif", pixels[..., 0].astype(np.uint32) << 16, photometric="minisblack")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif").pixels, pixels)
    assert "reduced to 16 bits" in caplog.text


def test_complex_samples_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 8), np.complex64), photometric="minisblack")
    with pytest.raises(PictureError, match=r"a\.tif"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", ["deflate", "zstd"])
@pytest.mark.parametrize(
    ("extra", "alpha"),
    [(["unspecified"] * 3, None), (["unassalpha", "unspecified"], 3), (["unspecified", "unassalpha"], 4)],
)
def test_selections_beside_rgb_are_left_out(
    tmp_path: Path, extra: list[str], alpha: int | None, compression: str, planar: str
) -> None:
    """As Photoshop keeps them; the alpha stays, wherever it is among them."""
    pixels = noise(8, 12, 3 + len(extra))
    stored = np.ascontiguousarray(np.moveaxis(pixels, 2, 0)) if planar == "separate" else pixels
    tifffile.imwrite(
        tmp_path / "a.tif",
        stored,
        photometric="rgb",
        extrasamples=extra,
        planarconfig=planar,
        compression=compression,
    )
    picture = read_picture(tmp_path / "a.tif")
    kept = [0, 1, 2] if alpha is None else [0, 1, 2, alpha]
    np.testing.assert_array_equal(picture.pixels, pixels[..., kept])
    assert picture.warnings == (f"Its further channels ({pixels.shape[2] - len(kept)}) are left out.",)


@pytest.mark.parametrize("compression", ["deflate", "zstd"])
def test_premultiplied_colours_beside_a_selection(tmp_path: Path, compression: str) -> None:
    straight = np.full((8, 8, 3), (200, 100, 40), np.uint8)
    pixels = np.dstack((straight // 2, np.full((8, 8), 128, np.uint8), noise(8, 8, 1)))
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels,
        photometric="rgb",
        extrasamples=["assocalpha", "unspecified"],
        compression=compression,
    )
    read = read_picture(tmp_path / "a.tif").pixels
    assert np.abs(read[..., :3].astype(int) - straight).max() <= 1 and (read[..., 3] == 128).all()


def test_many_channels_of_gray_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", noise(8, 8, 6), photometric="minisblack", extrasamples=["unspecified"] * 5
    )
    with pytest.raises(PictureError, match=r"a\.tif has 6 channels; save it as"):
        read_picture(tmp_path / "a.tif")


def test_planes_that_are_left_out_need_not_be_there(tmp_path: Path) -> None:
    """As libtiff writes them that was not given the last plane."""
    pixels = noise(8, 8, 2)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.ascontiguousarray(np.moveaxis(pixels, 2, 0)),
        photometric="minisblack",
        extrasamples=["unspecified"],
        planarconfig="separate",
    )
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        counts = file.pages.first.tags["StripByteCounts"]
        assert counts.value == (64, 64)
        code = {3: "<H", 4: "<I"}[int(counts.dtype)]
        struct.pack_into(code, data, counts.valueoffset + struct.calcsize(code), 0)
    (tmp_path / "b.tif").write_bytes(data)
    np.testing.assert_array_equal(read_picture(tmp_path / "b.tif").pixels, pixels[..., :1])


@pytest.mark.parametrize(
    ("suffix", "options", "what"),
    [
        (".tif", {}, "3 pages"),
        (".webp", {"lossless": True}, "3 frames"),
        (".png", {}, "3 frames"),
    ],
)
def test_of_several_frames_the_first_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, options: dict[str, Any], what: str
) -> None:
    frames = [Image.fromarray(noise(10, 20, 3, seed=i)) for i in range(3)]
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    with caplog.at_level(logging.WARNING, "unfade"):
        picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, np.asarray(frames[0]))
    assert picture.warnings == (f"Only the first of its {what} is used.",)
    assert [r.getMessage() for r in caplog.records] == [f"{path}: {picture.warnings[0]}"]


@pytest.mark.parametrize(
    ("kind", "suffix"), [("JPEG", ".png"), ("PNG", ".jpg"), ("TIFF", ".bmp"), ("BMP", "")]
)
def test_files_are_read_by_content(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"misnamed{suffix}"
    Image.fromarray(smooth(12, 18, 3)).save(path, kind)
    assert read_picture(path).pixels.shape == (12, 18, 3)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp", ".jpg"])
def test_a_single_pixel(tmp_path: Path, suffix: str) -> None:
    saved(tmp_path / f"a{suffix}", np.full((1, 1, 3), 77, np.uint8))
    assert np.abs(read_picture(tmp_path / f"a{suffix}").pixels.astype(int) - 77).max() <= 2


def test_a_plain_file_has_no_metadata(tmp_path: Path) -> None:
    for suffix in (".png", ".jpg", ".webp", ".bmp"):
        saved(tmp_path / f"a{suffix}", smooth(8, 8, 3))
        metadata = read_picture(tmp_path / f"a{suffix}").metadata
        assert (metadata.icc, metadata.exif, metadata.xmp) == (None, None, None)
        assert suffix == ".bmp" or metadata == Metadata()
