"""BMP files whose channels lie where bit masks say, and rare ones: of OS/2, of 2 bits, of many colours."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.picture.samples import noise
from unfade.errors import PictureError
from unfade.picture import read_picture

A1R5G5B5 = (0x7C00, 0x03E0, 0x001F, 0x8000)
A4R4G4B4 = (0x0F00, 0x00F0, 0x000F, 0xF000)
A8R8G8B8 = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
A2R10G10B10 = (0x3FF00000, 0x000FFC00, 0x000003FF, 0xC0000000)
R11G11B10 = (0xFFE00000, 0x001FFC00, 0x000003FF, 0)
R8G8B8A8 = (0xFF000000, 0xFF0000, 0xFF00, 0xFF)


def bits_of(mask: int) -> int:
    return bin(mask).count("1")


def bmp(
    values: NDArray[np.uint8], masks: tuple[int, ...], depth: int, *, downwards: bool = False
) -> tuple[bytes, NDArray[Any]]:
    """A file (BITMAPV4HEADER) of RGBA values, and what is left of them (16 bits for more than 8)."""
    height, width = values.shape[:2]
    packed = np.zeros((height, width), np.uint64)
    left = np.empty(values.shape, np.uint16 if max(map(bits_of, masks)) > 8 else np.uint8)
    for channel, mask in enumerate(masks):
        peak = (1 << bits_of(mask)) - 1
        if not mask:
            continue
        level = np.rint(values[..., channel] / 255 * peak).astype(np.uint64)
        packed |= level * np.uint64(mask & -mask)
        left[..., channel] = np.rint(level * (np.iinfo(left.dtype).max / peak))
    rows = packed.astype(f"<u{depth // 8}")
    lines = [row.tobytes() + bytes(-row.nbytes % 4) for row in (rows if downwards else rows[::-1])]
    data = b"".join(lines)
    head = struct.pack(
        "<IiiHHIIiiII", 108, width, -height if downwards else height, 1, depth, 3, len(data), 0, 0, 0, 0
    )
    head += struct.pack("<4I", *masks) + b"BGRs" + bytes(48)
    return struct.pack("<2sIHHI", b"BM", 122 + len(data), 0, 0, 122) + head + data, left


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize(
    ("masks", "depth"),
    [(A1R5G5B5, 16), (A4R4G4B4, 16), (A8R8G8B8, 32), (R8G8B8A8, 32), (A2R10G10B10, 32)],
)
def test_alpha_by_mask(tmp_path: Path, masks: tuple[int, ...], depth: int, downwards: bool) -> None:
    data, expected = bmp(noise(7, 9, 4), masks, depth, downwards=downwards)
    (tmp_path / "a.bmp").write_bytes(data)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.bmp").pixels, expected)
    (tmp_path / "b.bmp").write_bytes(data[:-5])
    with pytest.raises(PictureError, match="damaged or incomplete BMP"):
        read_picture(tmp_path / "b.bmp")


def test_masks_without_alpha_give_rgb(tmp_path: Path) -> None:
    data, expected = bmp(noise(7, 9, 4), (0xF800, 0x07E0, 0x001F, 0), 16)
    (tmp_path / "a.bmp").write_bytes(data)
    read = read_picture(tmp_path / "a.bmp").pixels
    assert read.shape == (7, 9, 3)
    assert np.array_equal(read, expected[..., :3])


def test_masks_after_the_oldest_header(tmp_path: Path) -> None:
    """BITMAPINFOHEADER, with the masks of three channels behind it."""
    data, expected = bmp(noise(7, 9, 4), (0x7C00, 0x03E0, 0x001F, 0), 16)
    head = data[:10] + struct.pack("<II", 14 + 40 + 12, 40) + data[18:54] + data[54:66]
    (tmp_path / "a.bmp").write_bytes(head + data[122:])
    np.testing.assert_array_equal(read_picture(tmp_path / "a.bmp").pixels, expected[..., :3])


def test_masks_beside_the_pixels_are_refused(tmp_path: Path) -> None:
    for masks in ((0, 0, 0, 0), (0x1F0000, 0x03E0, 0x001F, 0)):
        data, _ = bmp(noise(7, 9, 4), (0x7C00, 0x03E0, 0x001F, 0), 16)
        (tmp_path / "a.bmp").write_bytes(data[:54] + struct.pack("<4I", *masks) + data[70:])
        with pytest.raises(PictureError, match="damaged or incomplete BMP"):
            read_picture(tmp_path / "a.bmp")


def test_a_channel_without_a_mask_is_black(tmp_path: Path) -> None:
    data, expected = bmp(noise(7, 9, 4), (0x7C00, 0x03E0, 0x001F, 0), 16)
    (tmp_path / "a.bmp").write_bytes(data[:54] + struct.pack("<4I", 0x7C00, 0x03E0, 0, 0) + data[70:])
    read = read_picture(tmp_path / "a.bmp").pixels
    np.testing.assert_array_equal(read[..., :2], expected[..., :2])
    assert not read[..., 2].any()


def test_deep_masks_give_16_bits(tmp_path: Path) -> None:
    data, expected = bmp(noise(7, 9, 4), R11G11B10, 32)
    (tmp_path / "a.bmp").write_bytes(data)
    read = read_picture(tmp_path / "a.bmp").pixels
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, expected[..., :3])


PALETTE = noise(1, 16, 3, seed=2)[0]


def paletted(
    indices: NDArray[np.uint8], depth: int, *, size: int = 40, given: int = 0, entry: int = 4
) -> tuple[bytes, NDArray[np.uint8]]:
    """A file of indices into PALETTE, with an info header of so many bytes, and what it shows."""
    height, width = indices.shape
    colours = given or 1 << depth
    bits = np.unpackbits(indices[..., None], axis=2)[..., 8 - depth :].reshape(height, -1)
    rows = [np.packbits(row).tobytes() for row in bits[::-1]]
    pixels = b"".join(row + bytes(-len(row) % 4) for row in rows)
    if size == 12:
        info = struct.pack("<IHHHH", size, width, height, 1, depth)
    else:
        info = struct.pack("<IiiHHIIiiII", size, width, height, 1, depth, 0, 0, 0, 0, given, 0)[:size]
    table = b"".join(bytes(PALETTE[i % 16][::-1]) + bytes(entry - 3) for i in range(colours))
    start = 14 + size + len(table)
    head = struct.pack("<2sIHHI", b"BM", start + len(pixels), 0, 0, start)
    return head + info.ljust(size, b"\0") + table + pixels, PALETTE[indices]


@pytest.mark.parametrize(
    ("depth", "size", "given"),
    [(4, 16, 0), (4, 64, 0), (4, 66, 0), (4, 24, 0), (2, 40, 0), (2, 64, 0), (8, 40, 300)],
)
def test_palettes_of_rare_files(tmp_path: Path, depth: int, size: int, given: int) -> None:
    indices = np.random.default_rng(0).integers(0, min(16, 1 << depth), (7, 13), dtype=np.uint8)
    data, expected = paletted(indices, depth, size=size, given=given)
    (tmp_path / "a.bmp").write_bytes(data)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.bmp").pixels, expected)
    (tmp_path / "b.bmp").write_bytes(data[:-9])
    with pytest.raises(PictureError, match="damaged or incomplete BMP"):
        read_picture(tmp_path / "b.bmp")


@pytest.mark.parametrize("size", [12, 64])
def test_an_array_of_os2_gives_its_first_picture(tmp_path: Path, size: int) -> None:
    indices = np.random.default_rng(0).integers(0, 16, (7, 13), dtype=np.uint8)
    data, expected = paletted(indices, 4, size=size, entry=3 if size == 12 else 4)
    moved = data[:10] + struct.pack("<I", 14 + struct.unpack_from("<I", data, 10)[0]) + data[14:]
    (tmp_path / "a.bmp").write_bytes(b"BA" + struct.pack("<IIHH", 40, 1000, 0, 0) + moved + bytes(1000))
    picture = read_picture(tmp_path / "a.bmp")
    np.testing.assert_array_equal(picture.pixels, expected)
    assert picture.warnings == ("Only the first of its pictures is used.",)


def os2(compression: int, pixels: bytes, width: int, height: int, depth: int) -> bytes:
    info = struct.pack("<IiiHHI", 64, width, height, 1, depth, compression).ljust(64, b"\0")
    return struct.pack("<2sIHHI", b"BM", 0, 0, 0, 78) + info + pixels


def test_run_lengths_of_24_bits(tmp_path: Path) -> None:
    """A run, colours of their own (an odd number of bytes), a jump up and to the right, and the end."""
    one, two, three = b"\1\2\3", b"\4\5\6", b"\7\x08\x09"
    packed = (
        b"\3" + one + b"\0\3" + two + three + one + b"\0" + b"\0\0" + b"\0\2\1\1" + b"\2" + three + b"\0\1"
    )
    (tmp_path / "a.bmp").write_bytes(os2(4, packed, 6, 4, 24))
    expected = np.zeros((4, 6, 3), np.uint8)  # upside down, and blue first
    expected[0] = np.frombuffer(one * 3 + two + three + one, np.uint8).reshape(6, 3)
    expected[2, 1:3] = list(three)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.bmp").pixels, expected[::-1, :, ::-1])
    (tmp_path / "b.bmp").write_bytes(os2(4, packed[:-3], 6, 4, 24))
    with pytest.raises(PictureError, match="damaged or incomplete BMP"):
        read_picture(tmp_path / "b.bmp")


def test_what_a_bmp_file_can_be_that_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.bmp").write_bytes(os2(3, bytes(40), 16, 16, 1))
    with pytest.raises(PictureError, match=r"a\.bmp is a BMP file of OS/2 with Huffman codes"):
        read_picture(tmp_path / "a.bmp")
    data = bytearray(paletted(np.zeros((4, 4), np.uint8), 8)[0])
    struct.pack_into("<I", data, 30, 5)
    (tmp_path / "b.bmp").write_bytes(data)
    with pytest.raises(PictureError, match=r"b\.bmp is a BMP file that holds a PNG file"):
        read_picture(tmp_path / "b.bmp")
