"""BMP files, which libvips does not know: reading through Pillow, writing row by row."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.picture.convert import from_float, to_float

_METRE = 100 / 2.54  # inches
_STRIP_PIXELS = 2**20


def open_bmp(stream: BinaryIO) -> Any:
    """The header of a BMP file as a Pillow image; no pixel is decoded yet.

    Raises:
        OSError, SyntaxError, struct.error: if it is not a BMP file that Pillow knows.
    """
    from PIL.BmpImagePlugin import BmpImageFile

    # Not Image.open: its limit of pixels is not ours, and process-wide.
    return BmpImageFile(stream)


def decode_bmp(image: Any) -> NDArray[np.uint8]:
    """The pixels of an opened BMP file, HWC with 1 (gray), 3 or 4 channels.

    Raises:
        OSError: if the file is cut short.
    """
    mode = {"1": "L", "L": "L", "RGBA": "RGBA"}.get(image.mode, "RGB")
    bands = len(mode) if mode != "L" else 1
    image.load()
    out = np.empty((image.height, image.width, bands), np.uint8)
    rows = max(1, _STRIP_PIXELS // image.width)
    for y in range(0, image.height, rows):
        end = min(y + rows, image.height)
        strip = image.crop((0, y, image.width, end)).convert(mode)
        out[y:end] = np.asarray(strip).reshape(end - y, image.width, bands)
    return out


def bmp_dpi(image: Any) -> tuple[float, float] | None:
    """Resolution in pixels per inch, where the header states one."""
    dpi = image.info.get("dpi", (0, 0))
    return (round(dpi[0], 2), round(dpi[1], 2)) if min(dpi) > 0 else None


def write_bmp(stream: BinaryIO, pixels: NDArray[Any], dpi: tuple[float, float] | None) -> None:
    """Writes HWC pixels, rounded to 8 bits a sample: gray as a palette, RGB in 24 bits, with alpha in 32."""
    height, width, channels = pixels.shape
    depth = {1: 8, 2: 32, 3: 24, 4: 32}[channels]
    stride = (width * depth // 8 + 3) // 4 * 4
    size = stride * height
    pixels_per_metre = [round(d * _METRE) for d in dpi] if dpi else [0, 0]
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
        if strip.dtype != np.uint8:
            strip = from_float(to_float(strip), np.uint8)
        padded = np.zeros((len(strip), stride), np.uint8)
        padded[:, : width * depth // 8] = strip[..., order].reshape(len(strip), -1)
        stream.write(padded.data)
