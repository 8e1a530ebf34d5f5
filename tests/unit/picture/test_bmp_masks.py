"""BMP files whose channels lie where bit masks say."""

from __future__ import annotations

import struct
from pathlib import Path

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
R8G8B8A8 = (0xFF000000, 0xFF0000, 0xFF00, 0xFF)


def bits_of(mask: int) -> int:
    return bin(mask).count("1")


def bmp(
    values: NDArray[np.uint8], masks: tuple[int, ...], depth: int, *, downwards: bool = False
) -> tuple[bytes, NDArray[np.uint8]]:
    """A file (BITMAPV4HEADER) of RGBA values, and what is left of them at its bits."""
    height, width = values.shape[:2]
    packed = np.zeros((height, width), np.uint64)
    left = np.empty_like(values)
    for channel, mask in enumerate(masks):
        peak = (1 << bits_of(mask)) - 1
        if not mask:
            continue
        level = np.rint(values[..., channel] / 255 * peak).astype(np.uint64)
        packed |= level * np.uint64(mask & -mask)
        left[..., channel] = np.rint(level * (255 / peak))
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
