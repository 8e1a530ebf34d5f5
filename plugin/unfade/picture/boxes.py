"""Boxes, the containers of JPEG 2000, JPEG XL and AVIF (ISO/IEC 14496-12): found in files, and written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PARENTS = frozenset({b"meta", b"iprp", b"ipco", b"jp2h", b"res "})
_PROPERTIES = frozenset({b"ispe", b"pixi", b"av1C", b"colr", b"clap", b"irot", b"imir"})
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


def properties(data: bytes) -> list[Box]:
    """The properties of a HEIC or AVIF file's main picture, in their order (ISO/IEC 23008-12: ipma says which
    of the boxes in ipco are whose); those of all its pictures where none is the main one.
    """
    found = list(boxes(data))
    kinds = [box.kind for box in found]
    shared = [box for box in found if box.kind in _PROPERTIES]
    if b"pitm" not in kinds or b"ipma" not in kinds:
        return shared
    main, ipma = (found[kinds.index(kind)].content for kind in (b"pitm", b"ipma"))
    try:
        item = int.from_bytes(main[4 : 8 if main[0] else 6], "big")
        wide, (count,) = ipma[3] & 1, struct.unpack_from(">I", ipma, 4)
        at = 8
        for _ in range(count):
            size = 4 if ipma[0] else 2
            owner, number = int.from_bytes(ipma[at : at + size], "big"), ipma[at + size]
            at += size + 1
            step = 2 if wide else 1
            indices = [
                int.from_bytes(ipma[at + i : at + i + step], "big") for i in range(0, number * step, step)
            ]
            at += number * step
            if owner == item:
                order = _inside(data, b"ipco")
                return [
                    order[n - 1] for i in indices if 0 < (n := i & (0x7FFF if wide else 0x7F)) <= len(order)
                ]
    except (IndexError, struct.error):
        pass
    return shared


def _inside(data: bytes, parent: bytes) -> list[Box]:
    """The boxes inside the first one of that kind."""
    at = data.find(parent)
    (size,) = struct.unpack_from(">I", data, at - 4) if at >= 4 else (0,)
    return list(boxes(data, at + 4, min(at - 4 + size, len(data)))) if size else []


def encoded(kind: bytes, content: bytes) -> bytes:
    """A box as it stands in a file."""
    return struct.pack(">I4s", 8 + len(content), kind) + content
