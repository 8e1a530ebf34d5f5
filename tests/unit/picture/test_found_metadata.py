"""Metadata where other programs put them, and what comes back of them after writing."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image, IptcImagePlugin, PngImagePlugin

from tests.unit.picture.samples import XMP, display_p3, encoded, exif_block, noise, rgb_profile, saved, smooth
from unfade.errors import PictureError
from unfade.picture import Metadata, Picture, read_picture, write_picture
from unfade.picture.boxes import encoded as boxed

PIXELS = smooth(12, 20, 3)
IPTC = b"\x1c\x02\x00\x00\x02\x00\x04" + b"\x1c\x02\x05\x00\x07A title" + b"\x1c\x02\x78\x00\x09A caption"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_with(path: Path, before: bytes = b"", after: bytes = b"") -> Path:
    """A PNG with chunks before and after its pixels."""
    plain = encoded(PIXELS, "PNG")
    head, pixels, end = plain[:33], plain[33:-12], plain[-12:]
    path.write_bytes(head + before + pixels + after + end)
    return path


def raw_profile(kind: str, block: bytes) -> bytes:
    """A block as ImageMagick puts it into a PNG."""
    lines = f"\n{kind}\n{len(block):8}\n" + "\n".join(
        block.hex()[i : i + 72] for i in range(0, 2 * len(block), 72)
    )
    return chunk(
        b"zTXt", f"Raw profile type {kind}".encode() + b"\0\0" + zlib.compress(lines.encode() + b"\n")
    )


def jpeg_with(path: Path, *segments: tuple[int, bytes], jfif: bytes | None = None) -> Path:
    """A JPEG with segments in place of Pillow's own."""
    plain = encoded(PIXELS, "JPEG", quality=95)
    size = int.from_bytes(plain[4:6], "big") + 4  # Pillow begins with a JFIF segment
    body = plain[:2] + (plain[2:size] if jfif is None else jfif)
    for marker, content in segments:
        body += bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content
    path.write_bytes(body + plain[size:])
    return path


def jfif(unit: int, across: int, down: int) -> bytes:
    return b"\xff\xe0\0\x10JFIF\0\1\1" + struct.pack(">BHHBB", unit, across, down, 0, 0)


def make(path: Path) -> str | None:
    return Image.open(path).getexif().get(0x010F)


def test_a_raw_profile_with_rubbish_behind_it(tmp_path: Path) -> None:
    """As libavif's tools leave it."""
    block = exif_block(1)
    lines = f'\nExif\n{len(block):08}\n{block.hex()}\n$"\x1d\x1a!#\x91'.encode("latin-1")
    text = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(lines))
    write_picture(read_picture(png_with(tmp_path / "a.png", before=text)), tmp_path / "b.png")
    assert make(tmp_path / "b.png") == "Unfade Camera Works"


@pytest.mark.parametrize("place", ["before", "after", "raw before", "raw after", "raw APP1"])
def test_exif_of_png_wherever_it_stands(tmp_path: Path, place: str) -> None:
    block = exif_block(6)
    where, kind = place.split()[-1], "APP1" if place.endswith("APP1") else "exif"
    found = raw_profile(kind, block) if "raw" in place else chunk(b"eXIf", block[6:])
    path = png_with(tmp_path / "a.png", **{"after" if where == "after" else "before": found})
    picture = read_picture(path)
    assert (picture.height, picture.width) == (20, 12)
    write_picture(picture, tmp_path / "b.png")
    assert make(tmp_path / "b.png") == "Unfade Camera Works"


def test_xmp_and_iptc_of_png_as_text(tmp_path: Path) -> None:
    path = png_with(tmp_path / "a.png", after=raw_profile("xmp", XMP) + raw_profile("iptc", IPTC))
    metadata = read_picture(path).metadata
    assert metadata.xmp is not None and b'dc:format="kept"' in metadata.xmp
    assert metadata.iptc == IPTC


def test_a_profile_of_png_as_text(tmp_path: Path) -> None:
    assert (
        read_picture(png_with(tmp_path / "a.png", raw_profile("icc", display_p3()))).metadata.icc
        == display_p3()
    )


def test_exif_in_two_segments(tmp_path: Path) -> None:
    """Some cameras go on in a second segment; whatever begins anew is another block."""
    block = exif_block(6)
    half = len(block) // 2
    split = jpeg_with(tmp_path / "a.jpg", (0xE1, block[:half]), (0xE1, b"Exif\0\0" + block[half:]))
    other = Image.Exif()
    other[0x010F] = "Another"
    twice = jpeg_with(tmp_path / "b.jpg", (0xE1, block), (0xE1, b"Exif\0\0" + other.tobytes()[6:]))
    for path in (split, twice):
        picture = read_picture(path)
        assert (picture.height, picture.width) == (20, 12)
        write_picture(picture, tmp_path / "c.jpg")
        assert make(tmp_path / "c.jpg") == "Unfade Camera Works"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_orientation_that_stands_in_xmp_alone(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".png":
        png_with(path, chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP))
    elif suffix == ".jpg":
        jpeg_with(path, (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP))
    elif suffix == ".webp":
        saved(path, PIXELS, xmp=XMP)
    else:
        tifffile.imwrite(
            path, PIXELS, photometric="rgb", extratags=[(700, 7, len(XMP), XMP, True)], metadata=None
        )
    picture = read_picture(path)
    assert (picture.height, picture.width) == (20, 12)
    assert picture.metadata.xmp is not None and b'tiff:Orientation="1"' in picture.metadata.xmp


EXIF_300 = Image.Exif()
EXIF_300[0x011A] = EXIF_300[0x011B] = 300.0
EXIF_300[0x0128] = 2


def in_exif(unit: int) -> bytes:
    exif = Image.Exif()
    exif[0x011A] = exif[0x011B] = 300.0
    exif[0x0128] = unit
    return exif.tobytes()


@pytest.mark.parametrize(
    ("head", "exif", "dpi"),
    [
        (jfif(1, 300, 150), None, (300, 150)),
        (jfif(2, 100, 100), None, (254, 254)),
        (jfif(1, 72, 72), None, (72, 72)),
        (jfif(0, 1, 1), None, None),
        (jfif(0, 300, 300), None, None),
        (jfif(0, 1, 1), 2, (300, 300)),
        (jfif(0, 1, 1), 3, (762, 762)),
        (jfif(0, 1, 1), 1, None),
        (b"", 2, (300, 300)),
        (jfif(1, 96, 96), 2, (96, 96)),
    ],
)
def test_resolution_of_jpeg(tmp_path: Path, head: bytes, exif: int | None, dpi: Any) -> None:
    segments = [(0xE1, in_exif(exif))] if exif else []
    assert read_picture(jpeg_with(tmp_path / "a.jpg", *segments, jfif=head)).metadata.dpi == dpi


@pytest.mark.parametrize(
    ("numbers", "dpi"),
    [
        ((11811, 11811, 1), (300, 300)),
        ((2835, 2835, 1), (72.01, 72.01)),
        ((2, 1, 0), None),
        ((0, 0, 1), None),
    ],
)
def test_resolution_of_png(tmp_path: Path, numbers: tuple[int, ...], dpi: Any) -> None:
    path = png_with(tmp_path / "a.png", chunk(b"pHYs", struct.pack(">IIB", *numbers)))
    assert read_picture(path).metadata.dpi == dpi


@pytest.mark.parametrize(("unit", "dpi"), [("inch", (300, 150)), ("centimeter", (762, 381)), ("none", None)])
def test_resolution_of_tiff(tmp_path: Path, unit: str, dpi: Any) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        PIXELS,
        photometric="rgb",
        resolution=(300, 150),
        resolutionunit=unit,
        metadata=None,
    )
    assert read_picture(tmp_path / "a.tif").metadata.dpi == dpi


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".bmp", ".avif", ".jxl"])
@pytest.mark.parametrize("dpi", [(300.0, 150.0), (72.0, 72.0), None])
def test_resolution_comes_back(tmp_path: Path, suffix: str, dpi: tuple[float, float] | None) -> None:
    write_picture(Picture(PIXELS, Metadata(dpi=dpi)), tmp_path / f"a{suffix}")
    found = read_picture(tmp_path / f"a{suffix}").metadata.dpi
    assert found == (None if dpi is None else pytest.approx(dpi, abs=0.02))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".bmp", ".avif", ".jxl"])
@pytest.mark.parametrize("dpi", [(5e6, 5e6), (1e-6, 300.0)])
def test_a_resolution_that_makes_no_sense_goes(tmp_path: Path, suffix: str, dpi: tuple[float, float]) -> None:
    write_picture(Picture(PIXELS, Metadata(dpi=dpi)), tmp_path / f"a{suffix}")
    assert read_picture(tmp_path / f"a{suffix}").metadata.dpi is None


def test_an_absurd_resolution_of_a_file(tmp_path: Path) -> None:
    path = png_with(tmp_path / "a.png", chunk(b"pHYs", struct.pack(">IIB", 0x7FFFFFFF, 0x7FFFFFFF, 1)))
    assert read_picture(path).metadata.dpi is None


def test_webp_resolution_stands_in_exif(tmp_path: Path) -> None:
    saved(tmp_path / "a.webp", PIXELS, exif=in_exif(2))
    assert read_picture(tmp_path / "a.webp").metadata.dpi == (300, 300)


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_iptc_comes_back(tmp_path: Path, suffix: str) -> None:
    resources = b"8BIM\x04\x25\0\0\0\0\0\2xx" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC
    picture = read_picture(jpeg_with(tmp_path / "a.jpg", (0xED, b"Photoshop 3.0\0" + resources)))
    assert picture.metadata.iptc == IPTC
    assert write_picture(picture, tmp_path / f"b{suffix}") == ()
    assert read_picture(tmp_path / f"b{suffix}").metadata.iptc == IPTC
    if suffix != ".png":
        found = IptcImagePlugin.getiptcinfo(Image.open(tmp_path / f"b{suffix}"))
        assert found is not None and found[(2, 120)] == b"A caption"


def test_a_comment_comes_back(tmp_path: Path) -> None:
    saved(tmp_path / "a.jpg", PIXELS, comment="Grüße aus Köln")
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.metadata.texts == (("Comment", "Grüße aus Köln"),)
    for suffix in (".jpg", ".png"):
        assert write_picture(picture, tmp_path / f"b{suffix}") == ()
        assert read_picture(tmp_path / f"b{suffix}").metadata.texts == picture.metadata.texts
    assert Image.open(tmp_path / "b.jpg").info["comment"] == "Grüße aus Köln".encode()


def test_texts_of_png_come_back(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "Ein Bild ü")
    texts.add_text("Author", "me", zip=True)
    texts.add_itxt("Comment", "日本", "ja", "comment")
    saved(tmp_path / "a.png", PIXELS, pnginfo=texts)
    picture = read_picture(tmp_path / "a.png")
    assert set(picture.metadata.texts) == {("Title", "Ein Bild ü"), ("Author", "me"), ("Comment", "日本")}
    assert write_picture(picture, tmp_path / "b.png") == ()
    assert dict(Image.open(tmp_path / "b.png").text) == dict(picture.metadata.texts)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("suffix", "what"),
    [
        (".webp", "WebP cannot hold the IPTC and texts."),
        (".avif", "AVIF cannot hold the IPTC and texts."),
        (".bmp", "BMP cannot hold the colour profile, EXIF, XMP, IPTC and texts."),
        (".jxl", "JPEG XL cannot hold the IPTC and texts."),
    ],
)
def test_what_a_format_cannot_hold_is_told(tmp_path: Path, suffix: str, what: str) -> None:
    metadata = Metadata(
        icc=rgb_profile(), exif=exif_block()[6:], xmp=XMP, iptc=IPTC, texts=(("Comment", "hello"),)
    )
    assert write_picture(Picture(PIXELS, metadata), tmp_path / f"a{suffix}") == (what,)


def test_depth_and_alpha_that_a_format_cannot_hold_are_told(tmp_path: Path) -> None:
    picture = Picture(noise(8, 8, 4, "uint16"))
    assert write_picture(picture, tmp_path / "a.jpg") == (
        "16 bits a channel are rounded to 8.",
        "JPEG has no transparency; the picture is laid on white.",
    )
    assert write_picture(picture, tmp_path / "a.png") == ()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_profiles_with_padding(tmp_path: Path, suffix: str) -> None:
    saved(tmp_path / f"a{suffix}", PIXELS, icc_profile=rgb_profile() + bytes(800))
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.metadata.icc == rgb_profile() and picture.warnings == ()
    for target in (".png", ".jpg", ".tif", ".webp", ".avif"):
        write_picture(picture, tmp_path / f"b{target}")
        assert Image.open(tmp_path / f"b{target}").info["icc_profile"] == rgb_profile()


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp"])
@pytest.mark.parametrize("profile", [b"no profile at all" * 20, rgb_profile()[:300]])
def test_profiles_that_make_no_sense(tmp_path: Path, suffix: str, profile: bytes) -> None:
    saved(tmp_path / f"a{suffix}", PIXELS, icc_profile=profile)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.metadata.icc is None
    assert picture.warnings == ("The colour profile is damaged and is left out.",)


def test_a_jpeg_without_its_last_two_bytes(tmp_path: Path) -> None:
    data = encoded(noise(64, 64, 3), "JPEG", quality=95)
    (tmp_path / "a.jpg").write_bytes(data[:-2])
    picture = read_picture(tmp_path / "a.jpg")
    np.testing.assert_array_equal(picture.pixels, read_from(tmp_path / "b.jpg", data).pixels)
    assert picture.warnings == ("The marker at its end is missing; the picture is whole.",)
    (tmp_path / "c.jpg").write_bytes(data[:-40])
    with pytest.raises(PictureError, match="damaged or incomplete JPEG"):
        read_picture(tmp_path / "c.jpg")


def read_from(path: Path, data: bytes) -> Picture:
    path.write_bytes(data)
    return read_picture(path)


def test_metadata_too_long_for_jpeg_are_told(tmp_path: Path) -> None:
    metadata = Metadata(xmp=XMP + bytes(70_000), iptc=IPTC + bytes(70_000))
    told = write_picture(Picture(PIXELS, metadata), tmp_path / "a.jpg")
    assert [sentence.split(" (")[0] for sentence in told] == ["The XMP data", "The IPTC data"]
    assert Image.open(io.BytesIO((tmp_path / "a.jpg").read_bytes())).size == (20, 12)


def test_xmp_of_a_jpeg_behind_bytes_that_belong_to_nothing(tmp_path: Path) -> None:
    path = jpeg_with(tmp_path / "a.jpg", (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP))
    data = path.read_bytes()
    at = data.index(b"\xff\xe1")
    path.write_bytes(data[:at] + bytes(16) + data[at:])
    assert read_picture(path).metadata.xmp is not None


def test_xmp_of_a_gif(tmp_path: Path) -> None:
    plain = encoded(PIXELS[..., :1], "GIF")
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    extension = b"!\xff\x0bXMP DataXMP" + XMP.replace(b'tion="6"', b'tion="1"') + trailer
    at = plain.index(b",", 13 + 3 * 2 ** ((plain[10] & 7) + 1))
    (tmp_path / "a.gif").write_bytes(plain[:at] + extension + plain[at:])
    packet = read_picture(tmp_path / "a.gif").metadata.xmp
    assert packet is not None and packet.startswith(XMP[:20]) and packet.endswith(XMP[-12:])


def test_a_gif_without_an_end(tmp_path: Path) -> None:
    plain = encoded(PIXELS, "GIF")
    expected = read_from(tmp_path / "a.gif", plain).pixels
    read = read_from(tmp_path / "b.gif", plain[:-2])
    np.testing.assert_array_equal(read.pixels, expected)
    assert read.warnings == ("The end of its blocks is missing; the picture is whole.",)


def test_a_gif_that_lacks_pixels_though_its_blocks_are_whole(tmp_path: Path) -> None:
    plain = encoded(PIXELS, "GIF")
    at, end = 13 + 3 * 2 ** ((plain[10] & 7) + 1) + 11, len(plain) - 2
    while at + plain[at] + 1 < end:  # the last block of the only frame
        at += plain[at] + 1
    cut = plain[:at] + bytes([plain[at] - 9]) + plain[at + 1 : end - 9] + plain[end:]
    with pytest.raises(PictureError, match="damaged or incomplete GIF"):
        read_from(tmp_path / "a.gif", cut)


GAIN_MAP = "Its gain map for HDR screens is left out."
DEPTH = "Its map of depth is left out."
MATTE = "Its maps of parts of the picture (mattes) are left out."
VIDEO = "The short video with it is left out."


def packet(inside: bytes) -> tuple[int, bytes]:
    return 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.replace(b'dc:format="kept"', inside)


@pytest.mark.parametrize(
    ("segment", "sentences"),
    [
        (packet(b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'), (GAIN_MAP,)),
        ((0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)), (GAIN_MAP,)),
        (packet(b'GCamera:MotionPhoto="1"'), (VIDEO,)),
        (packet(b'GCamera:MotionPhoto="0"'), ()),
        (packet(b'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/"'), (DEPTH,)),
        ((0xE2, b"MPF\0II*\0\xff\xff\xff\xff"), ()),
    ],
)
def test_what_lies_beside_a_jpeg_is_told(
    tmp_path: Path, segment: tuple[int, bytes], sentences: tuple[str, ...]
) -> None:
    assert read_picture(jpeg_with(tmp_path / "a.jpg", segment)).warnings == sentences


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_gain_map_that_only_its_own_picture_tells_of(tmp_path: Path, order: str) -> None:
    """As in photographs of an iPhone: a second JPEG after the first (CIPA DC-007)."""

    def multi(offset: int) -> tuple[int, bytes]:
        entries = struct.pack(f"{order}IIIHHIIIHH", 0x030000, 9, 0, 0, 0, 0, 9, offset, 0, 0)
        directory = struct.pack(f"{order}HHHIII", 1, 0xB002, 7, len(entries), 26, 0)
        mark = b"II*\0" if order == "<" else b"MM\0*"
        return 0xE2, b"MPF\0" + mark + struct.pack(f"{order}I", 8) + directory + entries

    path = jpeg_with(tmp_path / "a.jpg", multi(0x7FFF))
    assert read_picture(path).warnings == ()
    first = path.read_bytes()
    begin = first.index(b"MPF\0") + 4
    path = jpeg_with(tmp_path / "a.jpg", multi(len(first) - begin))
    second = jpeg_with(tmp_path / "b.jpg", packet(b'a="urn:com:apple:photo:2020:aux:hdrgainmap"'))
    path.write_bytes(path.read_bytes() + second.read_bytes())
    assert read_picture(path).warnings == (GAIN_MAP,)


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
@pytest.mark.parametrize(
    ("kind", "content", "sentences"),
    [
        (b"auxC", b"urn:com:apple:photo:2020:aux:hdrgainmap\0", (GAIN_MAP,)),
        (b"auxC", b"urn:mpeg:hevc:2015:auxid:2\0", (DEPTH,)),
        (b"auxC", b"urn:com:apple:photo:2019:aux:semanticskinmatte\0", (MATTE,)),
        (b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", ()),
        (b"iinf", boxed(b"infe", bytes(4) + b"tmap"), (GAIN_MAP,)),
        (b"mpvd", b"a film", (VIDEO,)),
    ],
)
def test_what_lies_beside_a_picture_in_boxes_is_told(
    tmp_path: Path, suffix: str, kind: bytes, content: bytes, sentences: tuple[str, ...]
) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".heic":
        pillow_heif.from_pillow(Image.fromarray(PIXELS)).save(path)
    else:
        Image.fromarray(PIXELS).save(path)
    # Decoders pass over boxes of such kinds at a file's end.
    path.write_bytes(path.read_bytes() + boxed(kind, bytes(4) + content))
    assert read_picture(path).warnings == sentences
