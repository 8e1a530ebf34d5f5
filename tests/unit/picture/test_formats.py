"""Formats that are read through other decoders than libvips, and AVIF and JPEG XL, which are written too."""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import pillow_jxl
import pytest
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image

from tests.unit.picture.samples import XMP, display_p3, exif_block, noise, saved, smooth
from unfade.errors import PictureError
from unfade.picture import Metadata, Picture, page_count, read_picture, to_srgb, write_picture
from unfade.picture.boxes import boxes
from unfade.picture.colour import made_profile
from unfade.picture.jxl import Colours, is_animated, with_colours


def apart(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.abs(a.astype(np.float64) - b).max())


def test_heic_of_a_phone(tmp_path: Path) -> None:
    """Display P3, EXIF with an orientation that the decoder has applied already, and XMP."""
    pixels = smooth(48, 64, 3)
    image = Image.fromarray(pixels)
    pillow_heif.from_pillow(image).save(
        tmp_path / "a.heic",
        quality=-1,
        chroma=444,
        exif=exif_block(1)[6:],
        xmp=XMP.replace(b'tion="6"', b'tion="1"'),
        icc_profile=display_p3(),
        matrix_coefficients=0,
    )
    picture = read_picture(tmp_path / "a.heic")
    assert apart(picture.pixels, pixels) <= 3
    assert picture.metadata.icc == display_p3()
    assert picture.metadata.xmp is not None and b'dc:format="kept"' in picture.metadata.xmp
    write_picture(picture, tmp_path / "b.jpg")
    assert Image.open(tmp_path / "b.jpg").getexif()[0x010F] == "Unfade Camera Works"


def test_heic_lying_on_its_side_is_turned_once(tmp_path: Path) -> None:
    pixels = smooth(48, 64, 3)
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.jpg", quality=95, exif=exif)
    pillow_heif.register_heif_opener()
    Image.open(tmp_path / "a.jpg").save(tmp_path / "a.heic", quality=95)
    picture = read_picture(tmp_path / "a.heic")
    assert apart(picture.pixels, np.rot90(pixels, -1)) <= 12


@pytest.mark.parametrize("bits", [10, 12])
def test_heic_of_10_bits_stays_deep(tmp_path: Path, bits: int) -> None:
    values = smooth(48, 64, 3, "uint16")
    file = pillow_heif.from_bytes(mode="RGB;16", size=(64, 48), data=values.tobytes())
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    file.save(tmp_path / "a.heic", quality=-1, chroma=444)
    picture = read_picture(tmp_path / "a.heic")
    assert picture.pixels.dtype == np.uint16
    assert apart(picture.pixels, values) <= 65535 / 2**bits * 4
    assert len(np.unique(picture.pixels)) > 256


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_jpeg_xl_gives_back_every_sample(tmp_path: Path, dtype: str, channels: int) -> None:
    pixels = noise(37, 53, channels, dtype)
    metadata = Metadata(exif=exif_block()[6:], xmp=XMP, dpi=(300.0, 300.0))
    assert write_picture(Picture(pixels, metadata), tmp_path / "a.jxl", quality=100) == ()
    picture = read_picture(tmp_path / "a.jxl")
    assert picture.pixels.dtype == dtype
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.metadata.icc is None
    assert picture.metadata.exif is not None and b"Unfade Camera Works" in picture.metadata.exif
    assert picture.metadata.xmp is not None and b'dc:format="kept"' in picture.metadata.xmp


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_jpeg_xl_looks_the_same_to_others(tmp_path: Path, dtype: str) -> None:
    pixels = smooth(48, 64, 3, dtype)
    write_picture(Picture(pixels), tmp_path / "a.jxl", quality=100)
    _, info, data, icc, _ = pillow_jxl.Decoder(num_threads=1)((tmp_path / "a.jxl").read_bytes())
    shown = to_srgb(np.frombuffer(data, np.uint8).reshape(48, 64, 3), bytes(icc))
    assert info.mode == "RGB" and shown is not None
    assert apart(shown, pixels / (257 if dtype == "uint16" else 1)) <= 1


def profile(primaries: tuple[float, ...], curve: tuple[float, ...], gray: bool = False) -> bytes:
    return made_profile((0.3127, 0.3290, *primaries), curve, gray)


ADOBE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
WIDE = (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
PROFILES = {
    "P3": display_p3(),
    "Adobe": profile(ADOBE, (2.19921875,)),
    "linear": profile(P3, (1.0,)),
    "wide": profile(WIDE, (1.8,)),
}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("quality", [100, 97])
def test_jpeg_xl_keeps_profiles(tmp_path: Path, name: str, dtype: str, channels: int, quality: int) -> None:
    """Saturated colours that sRGB has not, and every shade; others see the same colours as we do."""
    icc, pixels = PROFILES[name], smooth(48, 64, channels, dtype)
    pixels[:8, :8, :3] = np.array([[np.iinfo(dtype).max, 0, 0]], dtype)
    pixels[8:16, :8, :3] = np.array([[0, np.iinfo(dtype).max, 0]], dtype)
    assert write_picture(Picture(pixels, Metadata(icc=icc)), tmp_path / "a.jxl", quality=quality) == ()
    read = read_picture(tmp_path / "a.jxl")
    assert read.pixels.dtype == dtype and read.metadata.icc is not None
    if quality == 100:
        np.testing.assert_array_equal(read.pixels, pixels)
    else:
        assert np.abs(read.pixels[8:] / read.peak - pixels[8:] / read.peak).mean() < 1.5 / 255
    again, expected = (
        to_srgb(p.colour, p.metadata.icc or b"") for p in (read, Picture(read.pixels, Metadata(icc=icc)))
    )
    assert again is not None and expected is not None
    assert np.abs(again / read.peak - expected / read.peak).max() <= 2.5 / 255


@pytest.mark.parametrize("channels", [1, 2])
def test_jpeg_xl_keeps_gray_profiles(tmp_path: Path, channels: int) -> None:
    icc = profile(P3, (2.2,), gray=True)
    pixels = smooth(48, 64, channels, "uint16")
    assert write_picture(Picture(pixels, Metadata(icc=icc)), tmp_path / "a.jxl", quality=100) == ()
    read = read_picture(tmp_path / "a.jxl")
    np.testing.assert_array_equal(read.pixels, pixels)
    own, kept = (to_srgb(pixels[..., :1], p) for p in (icc, read.metadata.icc or b""))
    assert own is not None and kept is not None
    assert apart(own, kept) <= 257


def test_jpeg_xl_of_a_profile_with_other_curves_becomes_srgb(tmp_path: Path) -> None:
    """Rec. 709's curve, which is neither an exponent nor sRGB's."""
    icc = profile(P3, (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081))
    pixels = smooth(48, 64, 3, "uint16")
    (told,) = write_picture(Picture(pixels, Metadata(icc=icc)), tmp_path / "a.jxl", quality=100)
    assert told.startswith("The colours are converted to sRGB, as JPEG XL cannot say")
    expected, read = to_srgb(pixels, icc), read_picture(tmp_path / "a.jxl")
    assert expected is not None and read.metadata.icc is None
    assert apart(read.pixels, expected) <= 1


def test_headers_of_jpeg_xl_that_are_not_rewritten() -> None:
    data = bytes(imagecodecs.jpegxl_encode(noise(20, 30, 3), lossless=True))
    colours = Colours.of(display_p3(), False)
    assert colours is not None
    changed = with_colours(data, colours, 8)
    with pytest.raises(ValueError, match="colours of its own"):
        with_colours(changed, colours, 8)
    with pytest.raises(ValueError, match="cut short"):
        with_colours(data[:4], colours, 8)


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpeg_xl_of_few_bits_has_its_white(tmp_path: Path, bits: int, channels: int) -> None:
    values = np.rint(smooth(48, 64, channels, "float32") * (2**bits - 1)).astype(np.uint16)
    data = imagecodecs.jpegxl_encode(np.squeeze(values), lossless=True, bitspersample=bits)
    (tmp_path / "a.jxl").write_bytes(data)
    read = read_picture(tmp_path / "a.jxl").pixels
    np.testing.assert_array_equal(read, np.rint(values * (65535 / (2**bits - 1))))


@pytest.mark.parametrize("quality", [50, 95])
def test_lossy_jpeg_xl_is_near(tmp_path: Path, quality: int) -> None:
    pixels = smooth(48, 64, 3)
    write_picture(Picture(pixels), tmp_path / "a.jxl", quality=quality)
    read = read_picture(tmp_path / "a.jxl").pixels
    assert np.abs(read.astype(int) - pixels).mean() <= (4 if quality == 50 else 1)


def test_jpeg_xl_of_floats(tmp_path: Path) -> None:
    values = smooth(20, 30, 3, "float32")
    (tmp_path / "a.jxl").write_bytes(imagecodecs.jpegxl_encode(values, lossless=True))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.jxl").pixels, values)


@pytest.mark.parametrize("frames", [False, True])
@pytest.mark.parametrize("intrinsic", [False, True])
def test_that_a_jpeg_xl_file_has_frames_stands_in_its_header(frames: bool, intrinsic: bool) -> None:
    """Height 8, as wide; fields beyond the default: orientation, the size meant, preview, animation."""
    square = "100000100"
    bits = square + "01000" + ("1" + square if intrinsic else "0") + "0" + str(int(frames))
    header = int(bits[::-1], 2).to_bytes(8, "little")
    assert is_animated(b"\xff\x0a" + header) is frames
    assert not is_animated(bytes(imagecodecs.jpegxl_encode(noise(20, 30, 3), lossless=True)))


@pytest.mark.parametrize("size", [(8, 16), (300, 200), (9, 16), (1, 1), (513, 40)])
def test_jpeg_xl_says_its_size_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    write_picture(Picture(noise(*size, 3)), tmp_path / "a.jxl", quality=100)
    with pytest.raises(PictureError, match=rf"claims {size[1]} x {size[0]} pixels"):
        read_picture(tmp_path / "a.jxl", max_pixels=size[0] * size[1] - 1)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_avif_is_near(tmp_path: Path, channels: int) -> None:
    pixels = smooth(48, 64, channels)
    metadata = Metadata(icc=display_p3() if channels > 2 else None, exif=exif_block()[6:], xmp=XMP)
    assert write_picture(Picture(pixels, metadata), tmp_path / "a.avif") == ()
    picture = read_picture(tmp_path / "a.avif")
    assert apart(picture.pixels, pixels) <= 8
    assert picture.metadata.icc == metadata.icc
    assert picture.metadata.exif is not None and b"Unfade Camera Works" in picture.metadata.exif
    assert picture.metadata.xmp is not None and b'dc:format="kept"' in picture.metadata.xmp


def test_avif_of_10_bits_has_its_white(tmp_path: Path) -> None:
    values = smooth(48, 64, 3, "uint16")
    (tmp_path / "a.avif").write_bytes(imagecodecs.avif_encode(values >> 6, bitspersample=10, level=100))
    picture = read_picture(tmp_path / "a.avif")
    assert picture.pixels.dtype == np.uint16
    assert apart(picture.pixels, values) <= 65535 / 1023 * 4
    white = np.full((16, 16, 3), 1023, np.uint16)
    (tmp_path / "b.avif").write_bytes(imagecodecs.avif_encode(white, bitspersample=10, level=100))
    assert (read_picture(tmp_path / "b.avif").pixels == 65535).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_avif_keeps_12_bits(tmp_path: Path, dtype: str, channels: int) -> None:
    pixels = smooth(48, 64, channels, dtype)
    icc = display_p3() if channels > 2 else None
    metadata = Metadata(icc=icc, exif=exif_block()[6:], xmp=XMP, dpi=(300.0, 300.0))
    told = write_picture(Picture(pixels, metadata), tmp_path / "a.avif", quality=100)
    rounded = (
        "Floats are rounded to 12 bits." if dtype == "float32" else "16 bits a channel are rounded to 12."
    )
    assert told == (rounded,)
    picture = read_picture(tmp_path / "a.avif")
    assert picture.pixels.dtype == np.uint16
    colours = pixels if channels > 2 else pixels[..., [0, 0, 0, 1][: channels + 2]]
    white = 1 if dtype == "float32" else 65535
    assert apart(picture.pixels, colours.astype(np.float64) / white * 65535) <= 65535 / 4095 / 2 + 1
    assert picture.metadata.icc == icc
    assert picture.metadata.exif is not None and b"Unfade Camera Works" in picture.metadata.exif
    assert picture.metadata.xmp is not None and b'dc:format="kept"' in picture.metadata.xmp
    assert Image.open(tmp_path / "a.avif").getexif()[0x010F] == "Unfade Camera Works"


def with_property(data: bytes, kind: bytes, content: bytes) -> bytes:
    """An AVIF file whose main picture, the first one, has a further property."""
    box = struct.pack(">I4s", 8 + len(content), kind) + content
    ipma = data.index(b"ipma")
    own = ipma + 4 + 4 + 4 + 2  # version and flags, number of entries, item
    (size,) = struct.unpack_from(">I", data, ipma - 4)
    count = len(list(boxes(data, data.index(b"ipco") + 4, ipma - 4)))
    entry = data[ipma + 4 : own] + bytes([data[own] + 1]) + data[own + 1 : own + 1 + data[own]]
    entry += bytes([0x80 | count + 1]) + data[own + 1 + data[own] : ipma - 4 + size]
    out = bytearray(data[: ipma - 4] + box + struct.pack(">I", size + 1) + b"ipma" + entry)
    out += data[ipma - 4 + size :]
    grown = len(out) - len(data)
    for parent, by in ((b"meta", grown), (b"iprp", grown), (b"ipco", len(box))):
        at = data.index(parent) - 4
        struct.pack_into(">I", out, at, struct.unpack_from(">I", data, at)[0] + by)
    iloc = data.index(b"iloc") + 8
    assert data[iloc - 4] == 0 and data[iloc] == 0x44
    at = iloc + 4
    for _ in range(struct.unpack_from(">H", data, iloc + 2)[0]):
        (extents,) = struct.unpack_from(">H", data, at + 4)
        at += 6
        for _ in range(extents):
            struct.pack_into(">I", out, at, struct.unpack_from(">I", data, at)[0] + grown)
            at += 8
    return bytes(out)


@pytest.mark.parametrize("channels", [3, 4])
def test_avif_is_cropped_and_turned_as_its_boxes_say(tmp_path: Path, channels: int) -> None:
    """A clean aperture of 24 by 16, its middle 8 to the right and 4 up, then a quarter turn to the left."""
    pixels = smooth(48, 64, channels)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "AVIF", quality=100, subsampling="4:4:4")
    data = stream.getvalue()
    data = with_property(data, b"clap", struct.pack(">IIIIiIiI", 24, 1, 16, 1, 8, 1, -4, 1))
    data = with_property(data, b"irot", b"\x01")
    (tmp_path / "a.avif").write_bytes(data)
    read = read_picture(tmp_path / "a.avif").pixels
    assert apart(read, np.rot90(pixels[12:28, 28:52])) <= 8


def test_avif_that_breaks_a_rule_is_read_as_others_do(tmp_path: Path) -> None:
    """Alpha's item without its size: libavif refuses the file, libheif and browsers do not."""
    pixels = smooth(48, 64, 4)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "AVIF", quality=100, subsampling="4:4:4")
    data = bytearray(stream.getvalue())
    at = data.index(b"ipma") + 12
    at += 3 + data[at + 2] + 3  # past the main item's properties, to the first of alpha's
    data[at] = data[at + 1]
    with pytest.raises(SyntaxError):
        AvifImagePlugin.AvifImageFile(io.BytesIO(bytes(data)))
    (tmp_path / "a.avif").write_bytes(data)
    assert apart(read_picture(tmp_path / "a.avif").pixels, pixels) <= 8


def test_avif_of_several_frames(tmp_path: Path) -> None:
    frames = [Image.fromarray(smooth(48, 64, 3) // (i + 1)) for i in range(3)]
    frames[0].save(tmp_path / "a.avif", save_all=True, append_images=frames[1:], quality=100)
    picture = read_picture(tmp_path / "a.avif")
    assert apart(picture.pixels, np.asarray(frames[0])) <= 8
    assert picture.warnings == ("Only the first of its 3 frames is used.",)


@pytest.mark.parametrize("suffix", [".jp2", ".j2k"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_2000(tmp_path: Path, suffix: str, dtype: str, channels: int) -> None:
    pixels = noise(40, 50, channels, dtype)
    codec = suffix[1:]
    data = imagecodecs.jpeg2k_encode(np.squeeze(pixels), codecformat=codec, reversible=True, level=0)
    (tmp_path / f"a{suffix}").write_bytes(data)
    np.testing.assert_array_equal(read_picture(tmp_path / f"a{suffix}").pixels, pixels)


def test_jpeg_2000_of_12_bits_is_scaled_to_white(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (40, 50), dtype=np.uint16)
    data = imagecodecs.jpeg2k_encode(values, bitspersample=12, reversible=True, level=0)
    (tmp_path / "a.jp2").write_bytes(data)
    read = read_picture(tmp_path / "a.jp2").pixels[..., 0]
    np.testing.assert_array_equal(read, np.rint(values / 4095 * 65535))


# 24 x 16 pixels in sYCC, chroma of half the resolution, of 8 and of 12 bits; pixels in planes by OpenJPEG's
# `opj_compress -i t.raw -o a.jp2 -F 24,16,3,8,u@1x1:2x2:2x2 -mct 0 -n 2`.
SUBSAMPLED = {
    8: (
        "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAEAAAABgAAwcHAAAAAAAPY29scgEAAAAA"
        "ABIAAAFxanAyY/9P/1EALwAAAAAAGAAAABAAAAAAAAAAAAAAABgAAAAQAAAAAAAAAAAAAwcBAQcCAgcCAv9SAAwAAAABAAEEBAAB"
        "/1wAB0BASEhQ/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4w/5AACgAAAAAA9gAB/5PPtSBGSCdBaQoPJY/G"
        "YFdeXavYG1SP99QN1dNhxQHF0BQ2s5AaKQoocs1q37Fp44htRs1MNThcAZ+W4ooeSspFCWu32D/fRjrbM6/H1CgScxzjLlKMuhlw"
        "r5cjUyTHeYx17c+0WBIVRHUESSneUDaHUeXIM0TY8dmANZPAOmwHwrQArEsk4hWq9F6ljxWlSylS5q5kfZuDGVf+OW24z9p9/3BC"
        "PwAzFoUmdMIMK7OMNh9JwBLA+QLACMAZjPaKbwOCTz+/HNxKwPkFQPkEwAlALGKH8cYK7Cs87x78QItCtuxYNwlxXpHP/9k="
    ),
    12: (
        "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAEAAAABgAAwsHAAAAAAAPY29scgEAAAAA"
        "ABIAAAHHanAyY/9P/1EALwAAAAAAGAAAABAAAAAAAAAAAAAAABgAAAAQAAAAAAAAAAAAAwsBAQsCAgsCAv9SAAwAAAABAAEEBAAB"
        "/1wAB0BgaGhw/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4w/5AACgAAAAABTAAB/5PP5exGSCdBaQoPJY/G"
        "YAQAa29gbU9yxPyLRvhTLSLQmhdC4fGtaMGpHWsRhWAqmPh3J/Ha0vOX9G+SYFE9cif+9to4Tkb7Lxd3fp3nKn2kLjQmDbCWoSF+"
        "Xy5HnCSZszba/uFzhH1hfPvVOaJ9zMGRgzwLSLnM4Um7Jm0IfH/H7EIScxzjLlKMKz3hA/QIPFTg9T3x/NqdBfTplbK07M4YhZ/P"
        "5IwSFUR1BEkp3k6/aP9iQaizq8uawR+oPtKhRiLlTwOT58/S38A+oSgPtHYABWBLJVTtt2BK0cQbEtVnEv2I559S5q6Fb7nBWZLr"
        "5kzyOfzi4ikuLtXxDELO+vam7wlwD0XLY7QcLz4wF8AfOIgfgEQACMAsW8m1rJtyaQOCUeLN8WivHmu/wH2g0B9oOCxauM5ElwOC"
        "0anc8bf/2Q=="
    ),
}


@pytest.mark.parametrize("bits", [8, 12])
def test_jpeg_2000_of_subsampled_colours(tmp_path: Path, bits: int) -> None:
    y, x = np.mgrid[:16, :24]
    rgb = np.clip(np.stack((40 + 8 * x, 200 - 9 * y, 60 + 4 * x + 5 * y), 2), 0, 255)
    (tmp_path / "a.jp2").write_bytes(base64.b64decode(SUBSAMPLED[bits]))
    picture = read_picture(tmp_path / "a.jp2")
    assert np.abs(picture.pixels * (255 / picture.peak) - rgb).mean() < 3.5


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_jpeg_2000_of_sycc(tmp_path: Path, dtype: str) -> None:
    pixels = smooth(40, 50, 3, dtype)
    peak = np.iinfo(dtype).max
    matrix = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    ycc = pixels @ matrix.T + (0, (peak + 1) / 2, (peak + 1) / 2)
    data = imagecodecs.jpeg2k_encode(
        np.clip(np.rint(ycc), 0, peak).astype(dtype), colorspace="SYCC", mct=False, reversible=True, level=0
    )
    (tmp_path / "a.jp2").write_bytes(data)
    assert apart(read_picture(tmp_path / "a.jp2").pixels, pixels) <= 8


def test_gif_of_several_frames(tmp_path: Path) -> None:
    frames = [Image.fromarray(noise(10, 20, 1, seed=i)[..., 0]) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], comment=b"made here")
    picture = read_picture(tmp_path / "a.gif")
    assert apart(picture.pixels[..., :1], np.asarray(frames[0])[..., None]) == 0
    assert picture.warnings == ("Only the first of its 3 frames is used.",)
    assert page_count(tmp_path / "a.gif") == 3
    third = read_picture(tmp_path / "a.gif", page=2)
    assert apart(third.pixels[..., :1], np.asarray(frames[2])[..., None]) == 0
    assert third.warnings == ()
    with pytest.raises(PictureError, match="has no page 4; it has 3"):
        read_picture(tmp_path / "a.gif", page=3)


def gif(frames: list[tuple[int, int, int, int]], transparent: bool) -> bytes:
    """40 x 30 pixels; frames (left, top, width, height) of the second of two colours."""
    data = b"GIF89a" + struct.pack("<HHBBB", 40, 30, 0x80, 0, 0) + bytes((9, 8, 7, 200, 100, 50))
    for left, top, width, height in frames:
        stream = io.BytesIO()
        one = Image.new("P", (width, height), 1)
        one.putpalette((9, 8, 7, 200, 100, 50))
        one.save(stream, "GIF", optimize=False)
        alone = stream.getvalue()
        pixels = alone[alone.index(struct.pack("<cHHHH", b",", 0, 0, width, height)) + 10 :]
        data += b"!\xf9\x04" + bytes((1 if transparent else 0, 0, 0, 0, 0))
        data += b"," + struct.pack("<HHHHB", left, top, width, height, 0) + pixels.removesuffix(b";")
    return data + b";"


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("frames", [[(4, 3, 20, 10)], [(0, 0, 40, 10), (30, 5, 10, 25)]])
def test_gif_is_clear_where_no_frame_is(
    tmp_path: Path, frames: list[tuple[int, int, int, int]], transparent: bool
) -> None:
    (tmp_path / "a.gif").write_bytes(gif(frames, transparent))
    pixels = read_picture(tmp_path / "a.gif", page=len(frames) - 1).pixels
    seen = np.zeros((30, 40), bool)
    for left, top, width, height in frames:
        seen[top : top + height, left : left + width] = True
    assert (pixels[seen] == (200, 100, 50, 255)).all()
    assert not pixels[~seen][:, 3].any()


def test_gif_whose_frames_fill_it_has_no_alpha(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(gif([(0, 0, 40, 15), (0, 15, 40, 15)], False))
    assert read_picture(tmp_path / "a.gif", page=1).pixels.shape == (30, 40, 3)


@pytest.mark.parametrize("peak", [1, 15, 255, 1000, 65535])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("plain", [True, False])
def test_netpbm(tmp_path: Path, peak: int, channels: int, plain: bool) -> None:
    values = np.random.default_rng(0).integers(0, peak + 1, (12, 10, channels))
    kind = {(True, 1): 2, (True, 3): 3, (False, 1): 5, (False, 3): 6}[plain, channels]
    data = f"P{kind}\n# a comment\n10 12\n{peak}\n".encode()
    data += (
        " ".join(map(str, values.ravel())).encode()
        if plain
        else values.astype(">u2" if peak > 255 else "u1").tobytes()
    )
    (tmp_path / "a.ppm").write_bytes(data)
    read = read_picture(tmp_path / "a.ppm").pixels
    white = 65535 if peak > 255 else 255
    assert read.dtype == (np.uint16 if peak > 255 else np.uint8)
    np.testing.assert_array_equal(read, np.rint(values / peak * white))


@pytest.mark.parametrize("plain", [True, False])
def test_pbm_is_black_where_it_is_one(tmp_path: Path, plain: bool) -> None:
    bits = noise(7, 11, 1)[..., 0] > 127
    body = (
        "".join("01"[int(b)] for b in bits.ravel()).encode() if plain else np.packbits(bits, axis=1).tobytes()
    )
    (tmp_path / "a.pbm").write_bytes((b"P1" if plain else b"P4") + b"\n11 7\n" + body)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.pbm").pixels[..., 0], np.where(bits, 0, 255))


def test_pam_has_alpha(tmp_path: Path) -> None:
    pixels = noise(7, 11, 4)
    head = b"P7\nWIDTH 11\nHEIGHT 7\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    (tmp_path / "a.pam").write_bytes(head + pixels.tobytes())
    np.testing.assert_array_equal(read_picture(tmp_path / "a.pam").pixels, pixels)


@pytest.mark.parametrize(("order", "scale"), [("<f4", b"-1.0"), (">f4", b"1.0")])
def test_pfm_is_light_from_below(tmp_path: Path, order: str, scale: bytes) -> None:
    values = smooth(7, 11, 3, "float32") * np.float32(2)
    (tmp_path / "a.pfm").write_bytes(b"PF\n11 7\n" + scale + b"\n" + values[::-1].astype(order).tobytes())
    picture = read_picture(tmp_path / "a.pfm")
    np.testing.assert_array_equal(picture.pixels, values)
    assert picture.metadata.icc is not None
    half = to_srgb(np.full((1, 1, 3), 0.5, np.float32), picture.metadata.icc)
    assert half is not None and apart(half, np.full(3, 0.7354)) < 0.001  # linear


@pytest.mark.parametrize("rle", [None, "tga_rle"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tga(tmp_path: Path, rle: str | None, channels: int) -> None:
    pixels = noise(9, 14, channels)
    saved(tmp_path / "a.tga", pixels, compression=rle)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tga").pixels, pixels)


@pytest.mark.parametrize("empty", [True, False])
def test_tga_of_32_bits_whose_descriptor_knows_no_alpha(tmp_path: Path, empty: bool) -> None:
    """The fourth byte is alpha unless it is 0 everywhere: games' icons have it and do not say so."""
    pixels = noise(9, 14, 4)
    pixels[..., 3] *= not empty
    data = bytearray(saved(tmp_path / "a.tga", pixels).read_bytes())
    data[17] &= 0xF0
    (tmp_path / "a.tga").write_bytes(data)
    expected = pixels[..., :3] if empty else pixels
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tga").pixels, expected)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tga_of_runs_that_go_on_in_the_next_row(tmp_path: Path, channels: int) -> None:
    pixels = np.repeat(noise(1, 9, channels), 14, axis=1).reshape(9, 14, channels)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    stored = pixels[..., order].reshape(-1, channels)
    packed = b"".join(
        bytes([0x80 | 20]) + stored[i].tobytes()
        if (stored[i : i + 21] == stored[i]).all()
        else bytes([20]) + stored[i : i + 21].tobytes()
        for i in range(0, len(stored), 21)
    )
    kind = 11 if channels == 1 else 10
    head = struct.pack(
        "<BBB5xHHHHBB", 0, 0, kind, 0, 0, 14, 9, 8 * channels, 0x20 | (8 if channels == 4 else 0)
    )
    (tmp_path / "a.tga").write_bytes(head + packed)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tga").pixels, pixels)


def test_tga_with_a_palette_of_15_bits(tmp_path: Path) -> None:
    colours = noise(1, 200, 3)[0] >> 3
    indices = np.random.default_rng(1).integers(0, 200, (9, 14), dtype=np.uint8)
    packed = (colours.astype(np.uint16) << (10, 5, 0)).sum(axis=1).astype("<u2")
    head = struct.pack("<BBBHHBHHHHBB", 0, 1, 1, 0, 200, 15, 0, 0, 14, 9, 8, 0x20)
    (tmp_path / "a.tga").write_bytes(head + packed.tobytes() + indices.tobytes())
    read = read_picture(tmp_path / "a.tga").pixels
    np.testing.assert_array_equal(read, np.rint(colours[indices] * (255 / 31)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_dib_is_a_bmp_without_its_first_14_bytes(tmp_path: Path, channels: int) -> None:
    pixels = noise(9, 14, channels)
    write_picture(Picture(pixels), tmp_path / "a.bmp")
    (tmp_path / "a.dib").write_bytes((tmp_path / "a.bmp").read_bytes()[14:])
    np.testing.assert_array_equal(
        read_picture(tmp_path / "a.dib").pixels, read_picture(tmp_path / "a.bmp").pixels
    )


def test_ico_gives_its_largest(tmp_path: Path) -> None:
    pixels = noise(48, 48, 4)
    Image.fromarray(pixels).save(tmp_path / "a.ico", sizes=[(16, 16), (48, 48)])
    picture = read_picture(tmp_path / "a.ico")
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.warnings == ("Only the largest of its 2 pictures is used.",)


def as_bytes(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(noise(64, 64, 3)).save(stream, kind)
    return stream.getvalue()


def heic_bytes() -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(noise(64, 64, 3))).save(stream, format="HEIF")
    return stream.getvalue()


CUT = {
    ".heic": heic_bytes,
    ".jxl": lambda: imagecodecs.jpegxl_encode(noise(64, 64, 3), lossless=True),
    ".jp2": lambda: imagecodecs.jpeg2k_encode(noise(64, 64, 3, "uint16"), reversible=True, level=0),
    ".ppm": lambda: b"P6\n64 64\n255\n" + noise(64, 64, 3).tobytes(),
    ".tga": lambda: as_bytes("TGA"),
    ".gif": lambda: as_bytes("GIF"),
    ".avif": lambda: as_bytes("AVIF"),
}


@pytest.mark.parametrize("suffix", list(CUT))
def test_a_file_cut_short_is_damaged(tmp_path: Path, suffix: str) -> None:
    data = bytes(CUT[suffix]())
    (tmp_path / f"a{suffix}").write_bytes(data)
    assert read_picture(tmp_path / f"a{suffix}").pixels.shape[:2] == (64, 64)
    (tmp_path / f"a{suffix}").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(PictureError, match="damaged or incomplete"):
        read_picture(tmp_path / f"a{suffix}")


def test_boxes_that_lead_nowhere() -> None:
    assert list(boxes(b"\0\0\0\x04free")) == []
    assert list(boxes(b"\0\0\1\0free")) == []
    assert [box.kind for box in boxes(b"\0\0\0\x08free\0\0\0\0last...")] == [b"free", b"last"]
