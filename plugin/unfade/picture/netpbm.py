"""Netpbm's files: PBM, PGM, PPM and PAM of 1 to 16 bits, plain and raw, and PFM of floats."""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.picture.picture import from_float, peak_of

_CHANNELS = {b"1": 1, b"2": 1, b"3": 3, b"4": 1, b"5": 1, b"6": 3, b"f": 1, b"F": 3}
_TOKEN = re.compile(rb"(?:\s|#[^\n]*\n)*([^\s#]+)")
_HEAD_BYTES = 65536


class Header:
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


def read_header(stream: BinaryIO) -> Header:
    """The header of the file open in `stream`. Raises ValueError."""
    stream.seek(0)
    return Header(stream.read(_HEAD_BYTES))


def read_pixels(stream: BinaryIO, header: Header) -> NDArray[np.generic]:
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
