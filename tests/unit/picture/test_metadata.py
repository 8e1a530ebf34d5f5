"""What travels with the pixels arrives, told by Pillow and by the raw bytes rather than by our own reader."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.unit.picture.samples import (
    MAKER_NOTE,
    THUMBNAIL,
    XMP,
    exif_block,
    gray_profile,
    noise,
    rgb_profile,
    saved,
    smooth,
    with_thumbnail,
)
from unfade.picture import Metadata, Picture, read_picture, write_picture
from unfade.picture.metadata import updated_exif

WITH_EXIF = [".jpg", ".png", ".webp", ".tif"]


def tags(path: Path) -> dict[str, Any]:
    """What Pillow finds in a file's EXIF."""
    exif = Image.open(path).getexif()
    inner, place = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    return {
        "make": exif.get(0x010F),
        "date": exif.get(0x0132),
        "copyright": exif.get(0x8298),
        "orientation": exif.get(0x0112, 1),
        "exposure": inner.get(0x829A),
        "maker note": inner.get(0x927C),
        "size": (inner.get(0xA002), inner.get(0xA003)),
        "lens": inner.get(0xA434),
        "place": (place.get(1), place.get(2)),
    }


EXPECTED = {
    "make": "Unfade Camera Works",
    "date": "2001:02:03 04:05:06",
    "copyright": "(c) nobody",
    "orientation": 1,
    "exposure": 1 / 60,
    "maker note": MAKER_NOTE,
    "lens": "f/1.8 50 mm",
    "place": ("N", (48.0, 12.0, 1.5)),
}


@pytest.mark.parametrize("to", WITH_EXIF)
@pytest.mark.parametrize("source", WITH_EXIF)
def test_exif_survives_from_any_format_to_any(tmp_path: Path, source: str, to: str) -> None:
    """The picture lies on its side (orientation 6) and is enlarged by two on the way."""
    saved(tmp_path / f"in{source}", smooth(24, 32, 3), exif=exif_block(6))
    picture = read_picture(tmp_path / f"in{source}")
    assert picture.pixels.shape == (32, 24, 3)
    large = np.ascontiguousarray(picture.pixels.repeat(2, axis=0).repeat(2, axis=1))
    write_picture(Picture(large, picture.metadata), tmp_path / f"out{to}")
    found = tags(tmp_path / f"out{to}")
    assert found.pop("exposure") == pytest.approx(EXPECTED["exposure"])
    assert found == {**{k: v for k, v in EXPECTED.items() if k != "exposure"}, "size": (48, 64)}
    written = (tmp_path / f"out{to}").read_bytes()
    assert THUMBNAIL not in written
    assert read_picture(tmp_path / f"out{to}").pixels.shape == (64, 48, 3)


@pytest.mark.parametrize("suffix", WITH_EXIF)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_metadata_do_not_disturb_the_pixels(tmp_path: Path, suffix: str, channels: int) -> None:
    icc = gray_profile() if channels < 3 else rgb_profile()
    pixels = smooth(31, 45, channels)
    write_picture(Picture(pixels, Metadata(icc, exif_block(), XMP, (300, 300))), tmp_path / f"a{suffix}")
    Image.open(tmp_path / f"a{suffix}").load()
    read = read_picture(tmp_path / f"a{suffix}")
    if suffix in (".png", ".tif"):
        np.testing.assert_array_equal(read.pixels, pixels)
        assert read.metadata.icc == icc
    assert (read.height, read.width) == (31, 45)
    assert (suffix == ".webp" and channels < 3) or read.metadata.icc == icc


@pytest.mark.parametrize("suffix", WITH_EXIF)
def test_profile_xmp_and_resolution_survive(tmp_path: Path, suffix: str) -> None:
    metadata = Metadata(icc=rgb_profile(), xmp=XMP, dpi=(300.0, 150.0))
    write_picture(Picture(smooth(20, 30, 3), metadata), tmp_path / f"a{suffix}")
    info = Image.open(tmp_path / f"a{suffix}").info
    assert info["icc_profile"] == rgb_profile()
    packet = info.get("xmp") or info["XML:com.adobe.xmp"].encode()
    assert b'dc:format="kept"' in packet
    assert b'tiff:Orientation="1" tiff:ImageWidth="30"' in packet
    assert b"<exif:PixelYDimension>20</exif:PixelYDimension>" in packet
    again = read_picture(tmp_path / f"a{suffix}").metadata
    assert again.icc == rgb_profile()
    assert again.xmp == packet
    assert again.dpi == pytest.approx((300, 150), abs=0.02)
    if suffix != ".webp":  # where it stands in EXIF
        assert info["dpi"] == pytest.approx((300, 150), rel=1e-3)


def test_bmp_keeps_its_resolution(tmp_path: Path) -> None:
    saved(tmp_path / "in.bmp", smooth(8, 8, 3), dpi=(300, 150))
    picture = read_picture(tmp_path / "in.bmp")
    assert picture.metadata.dpi == pytest.approx((300, 150), abs=0.02)
    write_picture(picture, tmp_path / "out.bmp")
    assert Image.open(tmp_path / "out.bmp").info["dpi"] == pytest.approx((300, 150), rel=1e-3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_an_unknown_resolution_stays_unknown(tmp_path: Path, suffix: str) -> None:
    write_picture(Picture(smooth(8, 8, 3)), tmp_path / f"a{suffix}")
    info = Image.open(tmp_path / f"a{suffix}").info
    assert info.get("dpi", (1, 1)) == (1, 1)
    assert read_picture(tmp_path / f"a{suffix}").metadata.dpi is None


def test_resolution_turns_with_the_picture(tmp_path: Path) -> None:
    saved(tmp_path / "a.tif", smooth(8, 12, 3), dpi=(300, 150), tiffinfo={274: 6})
    assert read_picture(tmp_path / "a.tif").metadata.dpi == (150.0, 300.0)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_gray_profile_stays_on_a_gray_picture(tmp_path: Path, suffix: str, channels: int) -> None:
    write_picture(Picture(smooth(8, 8, channels), Metadata(icc=gray_profile())), tmp_path / f"a{suffix}")
    assert Image.open(tmp_path / f"a{suffix}").info["icc_profile"] == gray_profile()
    assert read_picture(tmp_path / f"a{suffix}").metadata.icc == gray_profile()


def test_webp_turns_gray_with_a_profile_into_srgb(tmp_path: Path) -> None:
    pixels = smooth(16, 64, 1)
    write_picture(Picture(pixels, Metadata(icc=gray_profile())), tmp_path / "a.webp", quality=100)
    read = read_picture(tmp_path / "a.webp")
    assert read.metadata.icc is None
    # Gamma 2.2 to sRGB: hardly a difference but in the shadows.
    assert np.abs(read.pixels.astype(int) - pixels).max() <= 10
    assert (read.pixels == read.pixels[..., :1]).all()


@pytest.mark.parametrize(("channels", "profile"), [(3, gray_profile), (1, rgb_profile)])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_profile_that_does_not_fit_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, channels: int, profile: Any
) -> None:
    told = write_picture(Picture(smooth(8, 8, channels), Metadata(icc=profile())), tmp_path / f"a{suffix}")
    assert "icc_profile" not in Image.open(tmp_path / f"a{suffix}").info
    kinds = ("GRAY", "RGB") if channels == 3 else ("RGB", "gray")
    assert told == ("The colour profile is for {}, not for {} pixels, and is left out.".format(*kinds),)
    assert told[0] in caplog.text


def test_an_rgb_profile_on_a_gray_file_is_left_out_on_reading(tmp_path: Path) -> None:
    saved(tmp_path / "a.jpg", smooth(8, 8, 1), icc_profile=rgb_profile())
    assert read_picture(tmp_path / "a.jpg").metadata.icc is None


def test_exif_changes_only_what_must_change() -> None:
    before = exif_block(8).removeprefix(b"Exif\0\0")
    after = updated_exif(before, 4000, 70000)
    assert after is not None
    assert len(after) == len(before) - len(THUMBNAIL)
    changed = [i for i in range(len(after)) if after[i] != before[i]]
    assert len(changed) <= 1 + 2 * 6 + 4  # orientation, two entries (type and value), the link
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + after)
    assert exif[0x0112] == 1
    assert (exif.get_ifd(0x8769)[0xA002], exif.get_ifd(0x8769)[0xA003]) == (4000, 70000)
    assert updated_exif(after, 4000, 70000) == after


def test_a_thumbnail_in_the_middle_is_blanked() -> None:
    before = with_thumbnail(exif_block(3)) + b"something else of the camera's"
    after = updated_exif(before, 10, 10)
    assert after is not None
    assert len(after) == len(before) - len(b"Exif\0\0")
    assert after.endswith(b"something else of the camera's")
    last = before.rindex(THUMBNAIL) - len(b"Exif\0\0")
    assert after[last : last + len(THUMBNAIL)] == bytes(len(THUMBNAIL))


@pytest.mark.parametrize("order", ["II", "MM"])
def test_both_byte_orders(tmp_path: Path, order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "II" else ">"
    exif[0x010F], exif[0x0112] = "Maker of both", 5
    exif.get_ifd(0x8769)[0x829A] = IFDRational(1, 125)
    exif.get_ifd(0x8769)[0x8827] = 400
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    assert block.startswith(order.encode())
    for suffix in WITH_EXIF:
        write_picture(Picture(smooth(9, 9, 3), Metadata(exif=block)), tmp_path / f"a{suffix}")
        found = Image.open(tmp_path / f"a{suffix}").getexif()
        assert (found[0x010F], found.get(0x0112, 1)) == ("Maker of both", 1)
        assert found.get_ifd(0x8769)[0x8827] == 400
        assert found.get_ifd(0x8769)[0x829A] == pytest.approx(1 / 125)


def test_exif_of_a_bigtiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise(9, 9, 3), bigtiff=True, photometric="rgb", metadata=None, software="Maker")
    block = read_picture(path).metadata.exif
    assert block is not None
    exif = Image.Exif()
    exif.load(block)
    assert exif[0x0131] == "Maker"


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Exif\0\0",
        b"II*\0",
        b"II*\0\x08\0\0\0",
        b"rubbish",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\xff\xff\xff\xff",
    ],
)
def test_damaged_exif_is_left_out(tmp_path: Path, block: bytes) -> None:
    assert updated_exif(block, 5, 5) is None
    write_picture(Picture(smooth(8, 8, 3), Metadata(exif=block)), tmp_path / "a.png")
    assert "exif" not in Image.open(tmp_path / "a.png").info


def test_exif_that_points_to_itself_ends(tmp_path: Path) -> None:
    loop = bytearray(b"II*\0\x08\0\0\0\x01\0" + b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" + bytes(4))
    assert updated_exif(bytes(loop), 5, 5) is not None
    write_picture(Picture(smooth(8, 8, 3), Metadata(exif=bytes(loop))), tmp_path / "a.tif")
    assert read_picture(tmp_path / "a.tif").pixels.shape == (8, 8, 3)


def test_exif_too_large_for_jpeg_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x927C] = bytes(70000)
    metadata = Metadata(exif=exif.tobytes())
    with caplog.at_level(logging.WARNING, "unfade"):
        write_picture(Picture(smooth(8, 8, 3), metadata), tmp_path / "a.jpg")
    assert "more than a JPEG file can hold" in caplog.text
    Image.open(tmp_path / "a.jpg").load()
    write_picture(Picture(smooth(8, 8, 3), metadata), tmp_path / "a.png")
    assert len(Image.open(tmp_path / "a.png").getexif().get_ifd(0x8769)[0x927C]) == 70000


def test_a_large_profile_survives(tmp_path: Path) -> None:
    icc = bytearray(rgb_profile()) + bytes(200_000)  # several JPEG segments
    icc[:4] = len(icc).to_bytes(4, "big")
    for suffix in WITH_EXIF:
        write_picture(Picture(smooth(8, 8, 3), Metadata(icc=bytes(icc))), tmp_path / f"a{suffix}")
        assert Image.open(tmp_path / f"a{suffix}").info["icc_profile"] == bytes(icc)


def test_jpeg_is_read_by_strict_readers(tmp_path: Path) -> None:
    """JFIF comes first, EXIF second."""
    write_picture(Picture(smooth(8, 8, 3), Metadata(exif=exif_block(), dpi=(96, 96))), tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    assert data[:11] == b"\xff\xd8\xff\xe0\x00\x10JFIF\0"
    assert data[20:22] == b"\xff\xe1"
    image = Image.open(io.BytesIO(data))
    assert image.info["jfif_density"] == (96, 96)
