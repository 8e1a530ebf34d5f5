"""TIFF pages that no decoder here puts together: old-style JPEG, and YCbCr with a plane for each channel."""

from __future__ import annotations

import dataclasses
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.picture import scratch, tiff

_STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_COUNTS = 0x0111, 0x0116, 0x0117
_TILE_WIDTH, _TILE_LENGTH, _TILE_OFFSETS, _TILE_COUNTS = 0x0142, 0x0143, 0x0144, 0x0145
_STREAM, _RESTART = 0x0201, 0x0203
_TABLES = 0x0207, 0x0208, 0x0209  # offsets of quantization tables, and of Huffman tables for DC and AC
_SUBSAMPLING_DEFAULT = (2.0, 2.0)
_NONE = 1  # compression

_SOF0, _DHT, _SOI, _EOI, _SOS, _DQT, _DRI, _APP0, _APP14 = (
    0xC0, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xEE,
)  # fmt: skip
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_ADOBE = b"Adobe" + struct.pack(">HHH", 100, 0, 0)  # and then how colours are transformed


@dataclass(frozen=True)
class _Grid:
    """How a page is cut: its parts from left to right and from top to bottom."""

    width: int
    height: int
    across: int
    down: int

    def places(self) -> Iterator[tuple[int, int]]:
        """The left and the upper edge of each part."""
        for y in range(0, self.down, self.height):
            for x in range(0, self.across, self.width):
                yield x, y


def _grid(page: tiff.Page) -> _Grid:
    across, down = page.first(tiff.WIDTH, 0), page.first(tiff.LENGTH, 0)
    if page.is_tiled:
        return _Grid(page.first(_TILE_WIDTH, 0), page.first(_TILE_LENGTH, 0), across, down)
    return _Grid(across, min(page.first(_ROWS_PER_STRIP, down), down), across, down)


def old_jpeg(stream: BinaryIO, page: tiff.Page) -> NDArray[np.uint8]:
    """The pixels of a page of compression 6, HWC, in the colours they are stored in (TIFF 6.0, section 22).

    Tables come from a JPEG stream that the page points to, from the page's own tags, or from each part, as
    the programs that wrote such files had it; so each part becomes a JPEG file of its own.

    Raises:
        ValueError, unfade.picture.tiff.MalformedError, RuntimeError: if it is damaged, or not baseline JPEG.
    """
    import imagecodecs

    grid, channels = _grid(page), page.samples
    begin = page.first(_STREAM, 0)
    shared = _Jpeg.of(_from(stream, begin)) if begin else _Jpeg.of_tags(stream, page)
    tags = (_TILE_OFFSETS, _TILE_COUNTS) if page.is_tiled else (_STRIP_OFFSETS, _STRIP_COUNTS)
    offsets, counts = (tiff.numbers_of(stream, page, tag) for tag in tags)
    # JFIF knows YCbCr alone, whatever the page says of its colours.
    convert = shared.is_jfif and page.photometric == tiff.RGB
    whole = shared.scan and shared.size == (grid.across, grid.down)
    if whole and (not offsets or begin <= offsets[0] <= begin + shared.scan_at):
        return _fitting(imagecodecs.jpeg8_decode(shared.file(convert)), grid.down, grid.across, channels)
    pixels = scratch.empty((grid.down, grid.across, channels), np.uint8)
    for (x, y), offset, count in zip(grid.places(), offsets, counts, strict=True):
        height = grid.height if page.is_tiled else min(grid.height, grid.down - y)
        part = _Jpeg.of_part(_from(stream, offset, count))
        if not shared.scan_head:  # the first part alone has it, in files of Wang's
            shared = dataclasses.replace(shared, scan_head=part.scan_head)
        decoded = imagecodecs.jpeg8_decode(part.completed(shared, grid.width, height).file(convert))
        room = pixels[y : y + height, x : x + grid.width]
        room[:] = _fitting(decoded, *room.shape)
    return pixels


def _fitting(decoded: NDArray[Any], height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """What was decoded, cut to the size wanted. Raises ValueError if it is smaller, or of another kind."""
    decoded = decoded[..., None] if decoded.ndim == 2 else decoded
    found = decoded.shape
    if decoded.dtype != np.uint8 or found[2] != channels or found[0] < height or found[1] < width:
        raise ValueError(f"old-style JPEG of {found}")
    return np.asarray(decoded[:height, :width])


def _from(stream: BinaryIO, offset: int, count: int = -1) -> bytes:
    stream.seek(offset)
    data = stream.read(count)
    if not data or len(data) < count:
        raise ValueError("the file is cut short")
    return data


@dataclass(frozen=True)
class _Jpeg:
    """The segments of a JPEG stream that its pixels need, and what follows its first scan's header."""

    tables: bytes = b""
    """DQT, DHT and DRI segments."""
    frame: bytes = b""
    """The content of SOF0 or its like."""
    scan_head: bytes = b""
    """The content of SOS."""
    scan: bytes = b""
    scan_at: int = 0
    """Where the scan begins in the stream."""
    is_jfif: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height by the frame."""
        height, width = struct.unpack_from(">HH", self.frame, 1) if len(self.frame) >= 6 else (0, 0)
        return width, height

    @classmethod
    def of(cls, data: bytes) -> _Jpeg:
        """A stream that begins with SOI, whole or cut before its scan. Raises ValueError."""
        tables, frame, at, jfif = b"", b"", 2, False
        while at + 4 <= len(data) and data[at] == 0xFF:
            marker, (size,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
            content = data[at + 4 : at + 2 + size]
            at += 2 + size
            if marker in (_DQT, _DHT, _DRI):
                tables += _segment(marker, content)
            elif marker in _FRAMES:
                frame = content
            elif marker == _APP0:
                jfif = jfif or content.startswith(b"JFIF")
            elif marker == _SOS:
                return cls(tables, frame, content, data[at:], at, jfif)
        return cls(tables, frame, is_jfif=jfif)

    @classmethod
    def of_part(cls, data: bytes) -> _Jpeg:
        """A strip or tile: a stream, a scan with its header, or what follows that."""
        if data.startswith(bytes([0xFF, _SOI])):
            return cls.of(data)
        if data.startswith(bytes([0xFF, _SOS])) and len(data) >= 4:
            at = 2 + int.from_bytes(data[2:4], "big")
            return cls(scan_head=data[4:at], scan=data[at:])
        return cls(scan=data)

    @classmethod
    def of_tags(cls, stream: BinaryIO, page: tiff.Page) -> _Jpeg:
        """Tables and frame by the page's own tags, one table of each kind a channel."""
        tables = b""
        for kind, tag in enumerate(_TABLES):
            for channel, offset in enumerate(tiff.numbers_of(stream, page, tag)):
                if kind == 0:
                    tables += _segment(_DQT, bytes([channel]) + _from(stream, offset, 64))
                else:
                    lengths = _from(stream, offset, 16)
                    symbols = _from(stream, offset + 16, sum(lengths))
                    tables += _segment(_DHT, bytes([(kind - 1) << 4 | channel]) + lengths + symbols)
        if interval := page.first(_RESTART, 0):
            tables += _segment(_DRI, struct.pack(">H", interval))
        channels = page.samples
        across, down = page.tags.get(tiff.SUBSAMPLING, _SUBSAMPLING_DEFAULT)[:2]
        luma = int(across) << 4 | int(down) if page.photometric == tiff.YCBCR else 0x11
        frame = b"\x08" + bytes(4) + bytes([channels])
        head = bytes([channels])
        for channel in range(channels):
            frame += bytes([channel + 1, luma if channel == 0 else 0x11, channel])
            head += bytes([channel + 1, channel << 4 | channel])
        return cls(tables, frame, head + bytes([0, 63, 0]))

    def completed(self, shared: _Jpeg, width: int, height: int) -> _Jpeg:
        """The same of that size, with what it lacks from others."""
        frame = self.frame or shared.frame
        frame = frame[:1] + struct.pack(">HH", height, width) + frame[5:]
        return _Jpeg(shared.tables + self.tables, frame, self.scan_head or shared.scan_head, self.scan)

    def file(self, convert: bool) -> bytes:
        """A JPEG file whose channels a decoder leaves as they are, or takes for YCbCr and makes RGB."""
        end = b"" if self.scan.endswith(b"\xff\xd9") else bytes([0xFF, _EOI])
        return b"".join(
            (
                bytes([0xFF, _SOI]),
                _segment(_APP14, _ADOBE + bytes([convert])),
                self.tables,
                _segment(_SOF0, self.frame),
                _segment(_SOS, self.scan_head),
                self.scan + end,
            )
        )


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def page_alone(stream: BinaryIO, page: tiff.Page) -> bytes:
    """The file with one directory alone, of that page, that says nothing but how its pixels are stored.

    Raises:
        unfade.picture.tiff.MalformedError: if the directory cannot be followed.
    """
    layout, _ = tiff.read_header(stream)
    entries = [e for e in tiff.raw_entries(stream, layout, page.offset) if e.tag in _OF_PIXELS]
    stream.seek(0)
    out = bytearray(stream.read())
    out += bytes(len(out) % 2)
    layout.offset.pack_into(out, 8 if layout.big else 4, len(out))
    return bytes(out + tiff.directory_bytes(entries, layout, len(out)))


def planes(stream: BinaryIO, page: tiff.Page) -> tuple[bytes, tuple[int, int]]:
    """A TIFF file whose first pages are the channels of a page of separate planes, each as a gray picture.

    Returns:
        The file, and how many times larger the first channel is than the others, across and down.

    Raises:
        unfade.picture.tiff.MalformedError: if the directory cannot be followed.
    """
    layout, _ = tiff.read_header(stream)
    entries = {entry.tag: entry for entry in tiff.read_entries(stream, layout, page.offset)}
    entries = {tag: entry for tag, entry in entries.items() if tag not in _OF_ALL_CHANNELS}
    across, down = (int(n) for n in page.tags.get(tiff.SUBSAMPLING, _SUBSAMPLING_DEFAULT)[:2])
    counts = tiff.numbers_of(stream, page, _TILE_COUNTS if page.is_tiled else _STRIP_COUNTS)
    if page.compression == _NONE and counts and counts[0] == counts[-1]:  # whatever the tag says
        across = down = 1
    channels = page.samples
    stream.seek(0)
    out = io.BytesIO(stream.read() + bytes(1))
    link, at = 8 if layout.big else 4, out.seek(0, io.SEEK_END) // 2 * 2
    for channel in range(channels):
        own = dict(entries)
        one = {tiff.PHOTOMETRIC: tiff.BLACK_IS_ZERO, tiff.SAMPLES_PER_PIXEL: 1, tiff.PLANAR_CONFIG: 1}
        if channel:
            for tag, factor in (
                (tiff.WIDTH, across), (_TILE_WIDTH, across),
                (tiff.LENGTH, down), (_TILE_LENGTH, down), (_ROWS_PER_STRIP, down),
            ):  # fmt: skip
                if tag in entries:
                    one[tag] = -(-page.first(tag, 0) // factor)
        for tag, number in one.items():
            own[tag] = tiff.Entry(tag, tiff.LONG, 1, struct.pack(layout.order + "I", number))
        for tag in (_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS):
            if tag in entries:
                own[tag] = entries[tag].share(channel, channels)
        if tiff.BITS_PER_SAMPLE in entries:
            own[tiff.BITS_PER_SAMPLE] = entries[tiff.BITS_PER_SAMPLE].share(channel, channels)
        out.seek(link)
        out.write(layout.offset.pack(at))
        out.seek(at)
        out.write(tiff.directory_bytes(list(own.values()), layout, at))
        link = at + layout.count.size + len(own) * (layout.head.size + layout.offset.size)
        at = (out.seek(0, io.SEEK_END) + 1) // 2 * 2
    return out.getvalue(), (across, down)


_OF_PIXELS = frozenset(
    {
        tiff.WIDTH,
        tiff.LENGTH,
        tiff.BITS_PER_SAMPLE,
        tiff.COMPRESSION,
        tiff.PHOTOMETRIC,
        0x010A,  # FillOrder
        _STRIP_OFFSETS,
        tiff.SAMPLES_PER_PIXEL,
        _ROWS_PER_STRIP,
        _STRIP_COUNTS,
        tiff.PLANAR_CONFIG,
        0x0124,  # T4Options
        0x0125,  # T6Options
        0x013D,  # Predictor
        0x0140,  # ColorMap
        _TILE_WIDTH,
        _TILE_LENGTH,
        _TILE_OFFSETS,
        _TILE_COUNTS,
        tiff.INK_SET,
        tiff.EXTRA_SAMPLES,
        tiff.SAMPLE_FORMAT,
        0x015B,  # JPEGTables
        tiff.YCBCR_COEFFICIENTS,
        tiff.SUBSAMPLING,
        tiff.REFERENCE_BLACK_WHITE,
        tiff.ICC,
    }
)

_OF_ALL_CHANNELS = tiff.CHILDREN | {
    tiff.YCBCR_COEFFICIENTS,
    tiff.SUBSAMPLING,
    0x0213,  # YCbCrPositioning
    tiff.REFERENCE_BLACK_WHITE,
    tiff.SAMPLE_FORMAT,
    tiff.EXTRA_SAMPLES,
    tiff.ICC,
}
"""Tags that a gray picture of one channel must not have."""
