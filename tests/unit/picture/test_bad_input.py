"""Whatever cannot be read is refused in one sentence that names the file and says what to do."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import AsNobody
from tests.unit.picture.samples import encoded, exif_block, noise, smooth
from unfade.errors import PictureError
from unfade.picture import PICTURE_SUFFIXES, read_picture
from unfade.picture.boxes import encoded as encoded_box


def refusal(path: Path, **options: int) -> str:
    """The message with which a file is refused: one line that names it and ends as a sentence."""
    with pytest.raises(PictureError) as caught:
        read_picture(path, **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_missing_file(tmp_path: Path) -> None:
    assert "does not exist; check the name" in refusal(tmp_path / "gone.png")
    assert "does not exist; check the name" in refusal(tmp_path / "no folder" / "gone.png")


def test_folder(tmp_path: Path) -> None:
    assert "is a folder, not a picture; name a file in it" in refusal(tmp_path)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert "is empty (0 bytes); get a fresh copy" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"This is no picture.\n", "is not a picture that Unfade can read; convert it to PNG or TIFF"),
        (b"x", "is not a picture that Unfade can read; convert it to PNG or TIFF"),
        (b"\0" * 5000, "is not a picture that Unfade can read; convert it to PNG or TIFF"),
        (b"GIF89a", "is a damaged or incomplete GIF file; get a fresh copy of the picture"),
        (b"%PDF-1.7", "is a PDF document; export its pages as PNG or TIFF"),
        (b"RIFFxxxxWAVEfmt ", "is sound or another kind of media; give a picture"),
        (b"8BPS\0\1", "is a Photoshop document; save a copy as PNG or TIFF"),
        (b"gimp xcf v011\0", "is a document of GIMP; open it there, or save a copy as PNG or TIFF"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "is a RAW photograph of a camera; develop it first"),
        (b"FUJIFILMCCD-RAW 0201", "is a RAW photograph of a camera; develop it first"),
        (b"IIU\0\x18\0\0\0", "is a RAW photograph of a camera; develop it first"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "is a film; save the frame as PNG"),
        (b"<?xml version='1.0'?>\n<svg width='5'/>", "is an SVG drawing; save a copy as PNG or TIFF"),
        (b"<!DOCTYPE html><html>", "is a web page, not the picture on it; save the picture itself"),
        (b"PK\3\4" + bytes(26) + b"mimetypeapplication/x-krita", "is a document of Krita; save a copy"),
        (
            b"CI\x1a\0\0\0" + bytes(8) + b"\x0c\0\0\0",
            "is an icon or a pointer of OS/2, which Unfade cannot read",
        ),
        (b"v/1\1\2\0\0\0", "is an OpenEXR picture; convert it to TIFF"),
    ],
)
@pytest.mark.parametrize("suffix", [".png", ".jpg", ""])
def test_other_content(tmp_path: Path, content: bytes, what: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path} {what}")


def test_name_with_a_null_byte() -> None:
    with pytest.raises(PictureError):
        read_picture(Path("a\0b.png"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert "is not a file; name a picture file" in refusal(tmp_path / "a.png")


def test_no_permission(open_folder: Path, as_nobody: AsNobody) -> None:
    path = open_folder / "a.png"
    path.write_bytes(encoded(smooth(8, 8, 3), "PNG"))
    path.chmod(0)
    with as_nobody():
        assert "may not be read; give yourself permission" in refusal(path)


KINDS = {
    "jpg": lambda: encoded(noise(60, 70, 3), "JPEG"),
    "progressive.jpg": lambda: encoded(noise(60, 70, 3), "JPEG", progressive=True),
    "png": lambda: encoded(noise(60, 70, 3), "PNG"),
    "webp": lambda: encoded(noise(60, 70, 3), "WEBP"),
    "lossless.webp": lambda: encoded(noise(60, 70, 3), "WEBP", lossless=True),
    "tif": lambda: encoded(noise(60, 70, 3), "TIFF"),
    "lzw.tif": lambda: encoded(noise(60, 70, 3), "TIFF", compression="tiff_lzw"),
    "deflate.tif": lambda: encoded(noise(60, 70, 3), "TIFF", compression="tiff_adobe_deflate"),
    "bmp": lambda: encoded(noise(60, 70, 3), "BMP"),
    "gray.bmp": lambda: encoded(noise(60, 70, 1), "BMP"),
}


@pytest.mark.parametrize("keep", [0.99, 0.6, 0.2, 0.01])
@pytest.mark.parametrize("kind", KINDS)
def test_truncated_files(tmp_path: Path, kind: str, keep: float) -> None:
    data = KINDS[kind]()
    path = tmp_path / f"a.{kind}"
    path.write_bytes(data[: max(13, int(len(data) * keep))])
    assert "is a damaged or incomplete" in refusal(path)


def test_libvips_keeps_quiet_on_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(KINDS["tif"]()[:6000])
    code = (
        "import sys, pathlib, unfade.errors, unfade.picture\n"
        "try: unfade.picture.read_picture(pathlib.Path(sys.argv[1]))\n"
        "except unfade.errors.PictureError: pass"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_jpeg_with_rubbish_between_its_segments_is_read(tmp_path: Path) -> None:
    data = KINDS["jpg"]()
    (tmp_path / "b.jpg").write_bytes(data + b"appended by some camera")
    (tmp_path / "c.jpg").write_bytes(data[:20] + bytes(5) + data[20:])
    for name in ("b.jpg", "c.jpg"):
        assert read_picture(tmp_path / name).pixels.shape == (60, 70, 3)


def test_a_png_with_a_wrong_checksum(tmp_path: Path) -> None:
    data = bytearray(encoded(noise(60, 70, 3), "PNG"))
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    assert "is a damaged or incomplete PNG file; get a fresh copy" in refusal(tmp_path / "a.png")


def bomb_png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(99)))
        + chunk(b"IEND", b"")
    )


def bomb_bmp(width: int, height: int) -> bytes:
    return struct.pack(
        "<2sIHHIIiiHHIIiiII", b"BM", 100, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0
    ) + bytes(46)


@pytest.mark.parametrize("make", [bomb_png, bomb_bmp])
def test_bombs_are_refused_by_their_header(tmp_path: Path, make: Callable[[int, int], bytes]) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(make(60_000, 50_000))
    message = refusal(path)
    assert (
        "claims 60000 x 50000 pixels (3000 megapixels), more than the limit of 400 megapixels; crop"
        in message
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_of_pixels_is_adjustable(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(KINDS[kind]())
    assert read_picture(path, max_pixels=60 * 70).pixels.shape[:2] == (60, 70)
    assert "claims 70 x 60 pixels" in refusal(path, max_pixels=60 * 70 - 1)


@settings(max_examples=150)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4),
    end=st.floats(0, 1),
    early=st.booleans(),
)
def test_whatever_the_bytes_a_picture_or_a_sentence(
    kind: str, changes: list[tuple[float, int]], end: float, early: bool
) -> None:
    data = bytearray(KINDS[kind]())
    reach = 200 if early else len(data)  # headers break in more ways than pixels
    for where, value in changes:
        data[int(where * (reach - 1))] = value
    data = data[: max(1, int(end * len(data)))] if end < 0.5 else data
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        path.write_bytes(data)
        try:
            picture = read_picture(path, max_pixels=10**6)
        except PictureError as error:
            assert str(path) in str(error)
        else:
            assert picture.pixels.dtype in (np.uint8, np.uint16, np.float32)


@settings(max_examples=100)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_exif_never_hides_the_picture(changes: list[tuple[float, int]]) -> None:
    block = bytearray(exif_block(1))
    for where, value in changes:
        at = 6 + int(where * (len(block) - 7))
        block[at] = value
    pixels = smooth(8, 8, 3)
    with tempfile.TemporaryDirectory() as folder:
        for kind, suffix in (("PNG", "png"), ("TIFF", "tif")):
            path = Path(folder) / f"a.{suffix}"
            path.write_bytes(encoded(pixels, "PNG", exif=bytes(block)))
            picture = read_picture(path)
            assert sorted(picture.pixels.ravel()) == sorted(pixels.ravel()), kind


def test_suffixes_looked_for() -> None:
    assert {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"} <= PICTURE_SUFFIXES


def test_few_bytes_that_claim_many_pixels(tmp_path: Path) -> None:
    """Refused by the header, in a format whose decoder holds all of the picture."""
    data = bytearray(imagecodecs.jpeg2k_encode(noise(16, 16, 3), codecformat="j2k", level=0))
    struct.pack_into(">II", data, 8, 5000, 5000)
    (tmp_path / "a.j2k").write_bytes(data)
    assert f"claims 5000 x 5000 pixels and has {len(data)} bytes" in refusal(tmp_path / "a.j2k")


def test_metadata_that_unpack_to_a_multiple(tmp_path: Path) -> None:
    pixels = noise(16, 16, 3)
    bomb = bytes(imagecodecs.brotli_encode(bytes(2**25), level=1))
    data = encoded_box(b"JXL ", b"\r\n\x87\n") + encoded_box(b"ftyp", b"jxl " + bytes(4) + b"jxl ")
    data += encoded_box(b"jxlc", bytes(imagecodecs.jpegxl_encode(pixels, lossless=True)))
    (tmp_path / "a.jxl").write_bytes(data + encoded_box(b"brob", b"xml " + bomb))
    picture = read_picture(tmp_path / "a.jxl")
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.metadata.xmp is None
    assert picture.warnings == ("Its packed metadata cannot be read and are left out.",)
