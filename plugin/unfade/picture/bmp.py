"""BMP files: those with channel masks read here, the others by Pillow; written here."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.picture import scratch
from unfade.picture.picture import Metadata, with_dtype

_ALPHA_BITFIELDS = 6
_BITFIELDS = (3, _ALPHA_BITFIELDS)  # compressions: masks say where each channel's bits are
_INFO_SIZE = 40
_INCHES_A_METRE = 100 / 2.54
_STRIP_PIXELS = 2**20


class MaskedBmp:
    """A BMP file of 16 or 32 bits a pixel whose channels lie where masks say.

    Pillow knows some such masks, and none that have alpha in 16 bits.
    """

    def __init__(self, head: bytes) -> None:
        """Takes the first 70 bytes of a file of which :func:`has_masks` is true. Raises ValueError."""
        self._start, size, self.width, height, _, self._depth, compression = struct.unpack_from(
            "<10xIIiiHHI", head
        )
        self.height, self._from_top = abs(height), height < 0
        across, down = struct.unpack_from("<ii", head, 38)
        self.dpi = (round(across * 0.0254, 2), round(down * 0.0254, 2)) if min(across, down) > 0 else None
        masks = struct.unpack_from("<4I", head, 54)
        if not (size >= 56 or compression == _ALPHA_BITFIELDS) or not masks[3]:
            masks = masks[:3]
        self._masks = masks
        if (
            self._depth not in (16, 32)
            or self.width < 1
            or height == 0
            or not any(masks)
            or not all(mask < 1 << self._depth for mask in masks)
        ):
            raise ValueError("no such BMP file")

    def read_pixels(self, stream: BinaryIO) -> NDArray[np.uint8]:
        """The pixels, HWC, each channel scaled from its bits to 8. Raises ValueError if it is cut short."""
        used = self.width * self._depth // 8
        stride = (used + 3) // 4 * 4
        pixels = scratch.empty((self.height, self.width, len(self._masks)), np.uint8)
        stream.seek(self._start)
        for y in range(len(pixels)):
            line = stream.read(stride)
            if len(line) < used:
                raise ValueError("the file is cut short")
            values = np.frombuffer(line, f"<u{self._depth // 8}", count=self.width)
            row = pixels[y if self._from_top else -1 - y]
            for channel, mask in enumerate(self._masks):
                lowest = mask & -mask or 1
                row[:, channel] = np.rint((values & mask) // lowest * (255 / (mask // lowest or 1)))
        return pixels


def has_masks(head: bytes) -> bool:
    """Whether the file that begins with these 70 bytes tells its channels by masks."""
    return len(head) >= 70 and head[30] in _BITFIELDS and head[14] >= 40


def with_file_header(head: bytes, stream: BinaryIO) -> bytes:
    """The file header that a DIB, a bitmap as the clipboard has it, goes without: where its pixels begin."""
    size, _, _, _, depth, compression = struct.unpack_from("<IiiHHI", head)
    (colours,) = struct.unpack_from("<I", head, 32)
    masks = {_BITFIELDS[0]: 12, _ALPHA_BITFIELDS: 16}.get(compression, 0) if size == _INFO_SIZE else 0
    colours = colours or (1 << depth if depth <= 8 else 0)
    start = 14 + size + masks + 4 * colours
    end = stream.seek(0, 2)
    stream.seek(0)
    return struct.pack("<2sIHHI", b"BM", 14 + end, 0, 0, start)


def write_bmp(pixels: NDArray[Any], metadata: Metadata, stream: BinaryIO) -> None:
    """Writes HWC pixels, rounded to 8 bits a sample: gray as a palette, RGB in 24 bits, with alpha in 32."""
    height, width, channels = pixels.shape
    depth = {1: 8, 2: 32, 3: 24, 4: 32}[channels]
    stride = (width * depth // 8 + 3) // 4 * 4
    size = stride * height
    pixels_per_metre = [round(d * _INCHES_A_METRE) for d in metadata.dpi] if metadata.dpi else [0, 0]
    colours = 256 if depth == 8 else 0
    alpha = depth == 32
    # BITMAPINFOHEADER, or BITMAPV4HEADER where masks say which byte is alpha (3: BI_BITFIELDS).
    info = struct.pack(
        "<IiiHHIIiiII",
        108 if alpha else 40,
        width,
        height,
        1,
        depth,
        3 if alpha else 0,
        size & 0xFFFFFFFF,
        *pixels_per_metre,
        colours,
        colours,
    )
    if alpha:
        info += struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    palette = b"".join(bytes((i, i, i, 0)) for i in range(colours))
    start = 14 + len(info) + len(palette)
    stream.write(struct.pack("<2sIHHI", b"BM", min(start + size, 0xFFFFFFFF), 0, 0, start) + info + palette)
    order = {1: [0], 2: [0, 0, 0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    rows = max(1, _STRIP_PIXELS // width)
    for end in range(height, 0, -rows):  # bottom row first
        strip = pixels[max(end - rows, 0) : end][::-1]
        strip = with_dtype(strip, np.uint8)
        padded = np.zeros((len(strip), stride), np.uint8)
        scratch.let_go()
        padded[:, : width * depth // 8] = strip[..., order].reshape(len(strip), -1)
        stream.write(padded.data)
