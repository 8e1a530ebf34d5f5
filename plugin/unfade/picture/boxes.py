"""Boxes, the containers of JPEG 2000, JPEG XL and AVIF (ISO/IEC 14496-12): found in files, and written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PARENTS = frozenset({b"meta", b"iprp", b"ipco", b"jp2h", b"res "})
_VERSIONED = frozenset({b"meta"})  # four bytes of version and flags before what is in them


@dataclass(frozen=True)
class Box:
    """A box that holds no others, and what is in it."""

    kind: bytes
    """Four letters."""
    content: bytes


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes of a file, those inside others in their place, as far as they can be followed."""
    at, end = start, len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        begin = at + 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, begin)
            begin += 8
        stop = end if size == 0 else at + size
        if not begin <= stop <= end:
            return
        if kind in _PARENTS:
            yield from boxes(data, begin + (4 if kind in _VERSIONED else 0), stop)
        else:
            yield Box(kind, data[begin:stop])
        at = stop


def encoded(kind: bytes, content: bytes) -> bytes:
    """A box as it stands in a file."""
    return struct.pack(">I4s", 8 + len(content), kind) + content
