"""Bitmaps: BMP files read and written; TGA, ICO and Netpbm files read."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import scratch
from unfade.picture.colour import linear_profile
from unfade.picture.picture import (
    CheckSize,
    Decoded,
    Metadata,
    Notes,
    from_bits,
    from_float,
    from_pillow,
    peak_of,
    with_dtype,
)

_ALPHA_BITFIELDS = 6
_BITFIELDS = (3, _ALPHA_BITFIELDS)  # compressions: masks say where each channel's bits are
_INFO_SIZE = 40
_WINDOWS_SIZES = (
    12,
    _INFO_SIZE,
    52,
    56,
    108,
    124,
)  # of info headers, and OS/2's first; its second has 16 to 64
_EMBEDDED = {4: "JPEG", 5: "PNG"}  # compressions of files for printers
_MOST_COLOURS = 4096  # of a palette that is merely too large; more is damage
_HUFFMAN, _RLE24 = 3, 4  # OS/2's compressions of those numbers
_INCHES_A_METRE = 100 / 2.54
_STRIP_PIXELS = 2**20
_TGA_HEAD, _TGA_RUNS = 18, 8  # bytes of the header; the bit of its kind that says that there are run lengths
_CHANNELS = {b"1": 1, b"2": 1, b"3": 3, b"4": 1, b"5": 1, b"6": 3, b"f": 1, b"F": 3}
_TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*([^\s#]+)")
_HEAD_BYTES = 65536


def _bmp(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    # Not Image.open: its limit of pixels is not ours, and process-wide.
    from PIL.BmpImagePlugin import BmpImageFile

    with path.open("rb") as file:
        stream: BinaryIO = file
        head = stream.read(70)
        if not head.startswith((b"BM", b"BA")):
            stream = io.BytesIO(_with_file_header(head, file) + file.read())
            head = stream.read(70)
        elif _is_rare(head):
            if head.startswith(b"BA") and any(head[6:10]):  # where the next one is
                notes.add("Only the first of its pictures is used.")
            stream = io.BytesIO(_plain_bmp(file, path, check_size))
            head = stream.read(70)
        if _has_masks(head):
            masked = _MaskedBmp(head)
            check_size(masked.width, masked.height)
            return Decoded(masked.read_pixels(stream), Metadata(dpi=masked.dpi))
        stream.seek(0)
        return from_pillow(BmpImageFile(stream), check_size)


class _MaskedBmp:
    """A BMP file of 16 or 32 bits a pixel whose channels lie where masks say.

    Pillow knows some such masks, and none that have alpha in 16 bits.
    """

    def __init__(self, head: bytes) -> None:
        """Takes the first 70 bytes of a file of which :func:`_has_masks` is true. Raises ValueError."""
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

    def read_pixels(self, stream: BinaryIO) -> NDArray[Any]:
        """The pixels, HWC, each channel scaled from its bits to 8, or to 16 where one has more.

        Raises ValueError if the file is cut short.
        """
        used = self.width * self._depth // 8
        stride = (used + 3) // 4 * 4
        dtype = np.uint16 if max(mask.bit_count() for mask in self._masks) > 8 else np.uint8
        white = peak_of(dtype)
        pixels = scratch.empty((self.height, self.width, len(self._masks)), dtype)
        stream.seek(self._start)
        for y in range(len(pixels)):
            line = stream.read(stride)
            if len(line) < used:
                raise ValueError("the file is cut short")
            values = np.frombuffer(line, f"<u{self._depth // 8}", count=self.width)
            row = pixels[y if self._from_top else -1 - y]
            for channel, mask in enumerate(self._masks):
                lowest = mask & -mask or 1
                row[:, channel] = np.rint((values & mask) // lowest * (white / (mask // lowest or 1)))
        return pixels


def _has_masks(head: bytes) -> bool:
    """Whether the file that begins with these 70 bytes tells its channels by masks."""
    return len(head) >= 70 and head[30] in _BITFIELDS and head[14] >= 40


def _is_rare(head: bytes) -> bool:
    """Whether a file is of OS/2, or has 2 bits a pixel, too many colours or another picture in it."""
    if head.startswith(b"BA"):
        return True
    size, _, _, _, depth, compression = struct.unpack_from("<IiiHHI", head.ljust(70, b"\0"), 14)
    if size not in _WINDOWS_SIZES:
        return bool(size >= 16)
    if size < _INFO_SIZE:
        return False
    (colours,) = struct.unpack_from("<I", head.ljust(70, b"\0"), 46)
    return depth == 2 or compression in _EMBEDDED or (depth <= 8 and 1 << depth < colours <= _MOST_COLOURS)


def _plain_bmp(stream: BinaryIO, path: Path, check_size: CheckSize) -> bytes:
    """A rare BMP file as one of Windows' with a header of 40 bytes; the first picture of OS/2's arrays.

    Raises:
        PictureError: for one with Huffman codes, or another format's file in it.
        ValueError, struct.error: if it is cut short.
    """
    stream.seek(0)
    data = stream.read()
    first = 14 if data.startswith(b"BA") else 0  # where its file header begins
    start, size = struct.unpack_from("<II", data, first + 10)
    info = data[first + 14 : first + 14 + min(size, _INFO_SIZE)].ljust(_INFO_SIZE, b"\0")
    if size == 12:
        width, height, _, depth = struct.unpack_from("<4xHHHH", info)
        compression, entry, given, density = 0, 3, 0, [0, 0]
    else:
        width, height, _, depth, compression, *density, given = struct.unpack_from("<4xiiHHI4xiiI", info)
        entry = 4
    check_size(width, abs(height))
    if compression in _EMBEDDED and size in _WINDOWS_SIZES:
        raise PictureError(
            f"{path} is a BMP file that holds a {_EMBEDDED[compression]} file; save it as PNG."
        )
    if compression == _HUFFMAN:
        raise PictureError(f"{path} is a BMP file of OS/2 with Huffman codes, which Unfade cannot read.")
    colours = min(given or 1 << depth, 1 << depth) if depth <= 8 else 0
    palette = data[first + 14 + size : first + 14 + size + entry * colours]
    if entry == 3:
        colours = len(palette) // 3
        palette = b"".join(palette[3 * i : 3 * i + 3] + b"\0" for i in range(colours))
    pixels = data[start:]
    if depth == 2:
        stride, rows = (width + 15) // 16 * 4, abs(height)
        packed = np.frombuffer(pixels, np.uint8, stride * rows).reshape(rows, stride, 1)
        indices = (packed >> np.array([6, 4, 2, 0], np.uint8) & 3).reshape(rows, -1)
        pixels, depth = indices[:, : (width + 3) // 4 * 4].tobytes(), 8
    elif compression == _RLE24 and depth == 24:
        pixels, compression = _without_rle24(pixels, width, abs(height)), 0
    plain = struct.pack(
        "<IiiHHIIiiII", _INFO_SIZE, width, height, 1, depth, compression, 0, *density, colours, 0
    )
    begin = 14 + len(plain) + len(palette)
    return struct.pack("<2sIHHI", b"BM", begin + len(pixels), 0, 0, begin) + plain + palette + pixels


def _without_rle24(packed: bytes, width: int, height: int) -> bytes:
    """Rows of 24-bit pixels, padded to 4 bytes, from OS/2's run lengths; what they leave out is black.

    Raises ValueError if they are cut short.
    """
    rows = np.zeros((height, (3 * width + 3) // 4 * 4), np.uint8)
    x = y = at = 0
    while y < height:
        if at + 4 > len(packed) and packed[at : at + 2] != b"\0\1":
            raise ValueError("the file is cut short")
        count, value = packed[at], packed[at + 1]
        at += 2
        if count:  # a run of one colour, whose first byte was the value
            colour = packed[at - 1 : at + 2]
            at += 2
            run = np.frombuffer(colour * count, np.uint8)
        elif value == 0:  # the row ends
            x, y = 0, y + 1
            continue
        elif value == 1:  # the picture ends
            break
        elif value == 2:  # so many pixels to the right, and rows up
            x, y = x + packed[at], y + packed[at + 1]
            at += 2
            continue
        else:  # so many colours
            run = np.frombuffer(packed[at : at + 3 * value], np.uint8)
            at += (3 * value + 1) // 2 * 2
        room = rows[y, 3 * x : 3 * width]
        room[: len(run)] = run[: len(room)]
        x += len(run) // 3
    return rows.tobytes()


def _with_file_header(head: bytes, stream: BinaryIO) -> bytes:
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


def _tga(path: Path, check_size: CheckSize, _notes: Notes) -> Decoded:
    from PIL.TgaImagePlugin import TgaImageFile

    with path.open("rb") as stream:
        head = stream.read(_TGA_HEAD)
        stream.seek(0)
        try:
            decoded = from_pillow(TgaImageFile(stream), check_size)
        except (OSError, SyntaxError):
            # Runs that go on in the next row, and palettes of 15 and 16 bits, are not known to Pillow.
            decoded = from_pillow(TgaImageFile(io.BytesIO(_plain_tga(stream, check_size))), check_size)
    if head[17] & 0x0F or decoded.pixels.shape[2] not in (2, 4) or decoded.pixels[..., -1].any():
        return decoded  # many writers of alpha leave out to say so
    return Decoded(np.ascontiguousarray(decoded.pixels[..., :-1]), decoded.metadata)


def _plain_tga(stream: BinaryIO, check_size: CheckSize) -> bytes:
    """The same TGA file without run lengths, with a palette of 24 bits a colour. Raises ValueError."""
    stream.seek(0)
    head = bytearray(stream.read(_TGA_HEAD))
    _, colours, depth = struct.unpack_from("<HHB", head, 3)
    width, height = struct.unpack_from("<HH", head, 12)
    check_size(width, height)
    stream.seek(head[0], 1)
    palette = stream.read(colours * ((depth + 7) // 8)) if head[1] else b""
    if depth in (15, 16) and palette:
        packed = np.frombuffer(palette, "<u2")[:, None] >> (0, 5, 10) & 31
        palette, head[7] = from_bits(packed, 5, np.uint8).tobytes(), 24
    if head[2] & _TGA_RUNS:
        head[2] &= ~_TGA_RUNS
        pixels = _without_runs(stream.read(), (head[16] + 7) // 8, width * height)
    else:
        pixels = stream.read()
    head[0] = 0
    return bytes(head) + palette + pixels


def _without_runs(packed: bytes, size: int, count: int) -> bytes:
    """So many pixels, of `size` bytes each, from TGA's run lengths. Raises ValueError if it is cut short."""
    out, at, wanted = bytearray(), 0, size * count
    while len(out) < wanted:
        if at >= len(packed):
            raise ValueError("the file is cut short")
        number = (packed[at] & 0x7F) + 1
        if packed[at] & 0x80:
            out += packed[at + 1 : at + 1 + size] * number
            at += 1 + size
        else:
            out += packed[at + 1 : at + 1 + size * number]
            at += 1 + size * number
    return bytes(out[:wanted])


def _ico(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    from PIL.IcoImagePlugin import IcoImageFile

    with path.open("rb") as stream:
        if stream.read(4)[2] == 2:
            from PIL.CurImagePlugin import CurImageFile

            stream.seek(0)
            return from_pillow(CurImageFile(stream), check_size)
        stream.seek(0)
        image = IcoImageFile(stream)
        if (count := len(image.info.get("sizes", ()))) > 1:
            notes.add(f"Only the largest of its {count} pictures is used.")
        return from_pillow(image, check_size)


def _netpbm(path: Path, check_size: CheckSize, _notes: Notes) -> Decoded:
    with path.open("rb") as stream:
        header = netpbm_header(stream)
        check_size(header.width, header.height)
        pixels = _netpbm_pixels(stream, header)
    if pixels.dtype == np.float32:  # by custom, light as it is
        return Decoded(pixels, Metadata(icc=linear_profile(pixels.shape[2] == 1)))
    return Decoded(pixels)


class _NetpbmHeader:
    """What stands before the pixels of a Netpbm file."""

    def __init__(self, head: bytes) -> None:
        """Raises ValueError for a header that makes no sense."""
        self.kind = head[1:2]
        if self.kind == b"7":
            self.start = head.index(b"ENDHDR\n") + 7
            fields = dict(
                line.split(maxsplit=1)
                for line in head[3 : self.start].splitlines()
                if line[:1] != b"#" and b" " in line
            )
            self.width, self.height = int(fields[b"WIDTH"]), int(fields[b"HEIGHT"])
            self.channels, self.peak = int(fields[b"DEPTH"]), int(fields[b"MAXVAL"])
        else:
            numbers, at = [], 2
            for _ in range(2 if self.kind in b"14" else 3):
                token = _TOKEN.match(head, at)
                if token is None:
                    raise ValueError("the header is cut short")
                numbers.append(token[1])
                at = token.end()
            self.start = at + 1
            self.width, self.height = int(numbers[0]), int(numbers[1])
            self.channels = _CHANNELS[self.kind]
            self.scale = float(numbers[2]) if self.kind in b"fF" else 0.0
            self.peak = 1 if self.kind in b"14fF" else int(numbers[2])
        if min(self.width, self.height) < 1 or not 1 <= self.channels <= 4 or not 1 <= self.peak <= 65535:
            raise ValueError("no such picture")


def netpbm_header(stream: BinaryIO) -> _NetpbmHeader:
    """The header of the file open in `stream`. Raises ValueError."""
    stream.seek(0)
    return _NetpbmHeader(stream.read(_HEAD_BYTES))


def _netpbm_pixels(stream: BinaryIO, header: _NetpbmHeader) -> NDArray[np.generic]:
    """The pixels, HWC, scaled to 8 bits, or to 16 where there are more; floats as they are.

    Raises:
        ValueError: if the file is cut short.
    """
    shape = (header.height, header.width, header.channels)
    count = header.height * header.width * header.channels
    stream.seek(header.start)
    if header.kind in b"fF":
        order = "<" if header.scale < 0 else ">"
        rows = np.frombuffer(_exactly(stream, 4 * count), f"{order}f4").reshape(shape)
        return np.ascontiguousarray(rows[::-1], np.float32)
    if header.kind == b"4":
        stride = (header.width + 7) // 8
        packed = np.frombuffer(_exactly(stream, stride * header.height), np.uint8)
        bits = np.unpackbits(packed.reshape(header.height, stride), axis=1)[:, : header.width]
        return ((1 - bits) * np.uint8(255))[..., None]
    if header.kind in b"123":
        text = re.sub(rb"#[^\n]*", b"", stream.read())
        if header.kind == b"1":
            text = re.sub(rb"([01])", rb"\1 ", text)
        values = np.array(text.split()[:count], np.uint32)
        if values.size < count:
            raise ValueError("the file is cut short")
    else:
        size = 1 if header.peak < 256 else 2
        values = np.frombuffer(_exactly(stream, size * count), f">u{size}")
    if header.kind == b"1":
        values = 1 - values
    values = np.minimum(values, header.peak)
    dtype = np.dtype(np.uint8 if header.peak < 256 else np.uint16)
    if header.peak != peak_of(dtype):
        return from_float(values / header.peak, dtype).reshape(shape)
    return values.astype(dtype).reshape(shape)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ValueError("the file is cut short")
    return data


DECODERS: Mapping[str, Callable[[Path, CheckSize, Notes], Decoded]] = MappingProxyType(
    {"bmp": _bmp, "tga": _tga, "ico": _ico, "netpbm": _netpbm}
)
"""By name of the format. They raise OSError, ValueError or SyntaxError for files that are damaged."""
