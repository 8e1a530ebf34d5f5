"""Image file directories: the tagged structure that TIFF files and EXIF blocks share (TIFF 6.0, BigTIFF)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

EXIF_IFD = 0x8769
GPS_IFD = 0x8825
INTEROP_IFD = 0xA005
CHILDREN = frozenset({EXIF_IFD, GPS_IFD, INTEROP_IFD})
"""Tags whose value is the offset of a further directory."""

_LONG = 4
_LONG8 = 16
_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_WORDS = _SIZES | {5: 4, 10: 4}  # what byte order turns round: a rational is two words
_MAX_ENTRIES = 4096
_MAX_VALUES = 64 * 2**20  # bytes, all entries of a directory together
_OFFSET_KINDS = (_LONG, 13, _LONG8, 18)  # LONG, IFD and their wide forms


class MalformedError(ValueError):
    """The bytes are not a directory that can be followed."""


@dataclass(frozen=True)
class Layout:
    """How numbers are written: the byte order, and the wide offsets of BigTIFF."""

    order: str
    """ "<" or ">", as the struct module has it."""
    big: bool = False

    @property
    def count(self) -> struct.Struct:
        """The number of entries before them."""
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def offset(self) -> struct.Struct:
        """An offset, and the room for a value inside an entry."""
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def head(self) -> struct.Struct:
        """An entry's tag, type and count, before its value."""
        return struct.Struct(self.order + ("HHQ" if self.big else "HHI"))


@dataclass(frozen=True)
class Entry:
    """One tag. Where `children` are given, the value is their offset and is worked out on writing."""

    tag: int
    kind: int
    count: int
    value: bytes
    """In the byte order of the layout it was read with; with `raw`, the value field as it stands."""
    children: tuple[Entry, ...] = ()
    raw: bool = False

    def reordered(self) -> Entry:
        """The same in the other byte order."""
        size = _WORDS[self.kind]
        value = b"".join(self.value[i : i + size][::-1] for i in range(0, len(self.value), size))
        return Entry(self.tag, self.kind, self.count, value, tuple(c.reordered() for c in self.children))


@dataclass(frozen=True)
class Slot:
    """Where an entry lies, for changing it in place."""

    position: int
    tag: int
    kind: int
    count: int


def read_header(stream: BinaryIO) -> tuple[Layout, int]:
    """The layout of a TIFF file or EXIF block, and the offset of its first directory.

    Raises:
        MalformedError: if it does not begin like one.
    """
    stream.seek(0)
    head = stream.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        raise MalformedError("no byte order mark")
    (magic,) = struct.unpack_from(order + "H", head, 2)
    if magic == 42:
        return Layout(order), struct.unpack_from(order + "I", head, 4)[0]
    if magic == 43 and len(head) == 16:
        return Layout(order, big=True), struct.unpack_from(order + "Q", head, 8)[0]
    raise MalformedError("no TIFF magic number")


def slots(stream: BinaryIO, layout: Layout, offset: int) -> tuple[list[Slot], int]:
    """The entries of the directory at `offset`, and the position of the link to the next directory.

    Raises:
        MalformedError: if the directory is not wholly there.
    """
    (count,) = layout.count.unpack(_read(stream, offset, layout.count.size))
    if count > _MAX_ENTRIES:
        raise MalformedError(f"a directory of {count} entries")
    size = layout.head.size + layout.offset.size
    start = offset + layout.count.size
    body = _read(stream, start, count * size)
    found = [Slot(start + i, *layout.head.unpack_from(body, i)) for i in range(0, len(body), size)]
    return found, start + len(body)


def read_entries(stream: BinaryIO, layout: Layout, offset: int, depth: int = 0) -> Iterator[Entry]:
    """The entries of the directory at `offset` with their values; those that cannot be followed are left out.

    Raises:
        MalformedError: if the directory itself is not wholly there.
    """
    room = _MAX_VALUES
    seen: set[int] = set()
    for slot in slots(stream, layout, offset)[0]:
        size = _SIZES.get(slot.kind, 0) * slot.count
        if not 0 < size <= room or slot.tag in seen:
            continue
        room -= size
        seen.add(slot.tag)
        try:
            at = slot.position + layout.head.size
            if size > layout.offset.size:
                (at,) = layout.offset.unpack(_read(stream, at, layout.offset.size))
            value = _read(stream, at, size)
            if slot.tag not in CHILDREN:
                yield Entry(slot.tag, slot.kind, slot.count, value)
            elif depth < 2 and slot.kind in _OFFSET_KINDS and slot.count == 1:
                child = int.from_bytes(value, "little" if layout.order == "<" else "big")
                children = tuple(read_entries(stream, layout, child, depth + 1))
                if children:
                    yield Entry(slot.tag, _LONG, 1, b"", children)
        except MalformedError:
            continue


def raw_entries(stream: BinaryIO, layout: Layout, offset: int) -> list[Entry]:
    """The entries of the directory at `offset` as they stand, for a directory elsewhere in the same file."""
    entries = []
    for slot in slots(stream, layout, offset)[0]:
        value = _read(stream, slot.position + layout.head.size, layout.offset.size)
        entries.append(Entry(slot.tag, slot.kind, slot.count, value, raw=True))
    return entries


def directory_bytes(entries: list[Entry], layout: Layout, base: int) -> bytes:
    """A directory of `entries` that will lie at offset `base` (even), then their values and children."""
    entries = sorted(entries, key=lambda entry: entry.tag)
    room = layout.offset.size
    table = layout.count.pack(len(entries))
    tail = b""
    after = base + layout.count.size + len(entries) * (layout.head.size + room) + room
    for entry in entries:
        kind, field = entry.kind, entry.value
        if entry.children:
            kind = _LONG8 if layout.big else _LONG
            field = layout.offset.pack(after + len(tail))
            tail += directory_bytes(list(entry.children), layout, after + len(tail))
        elif not entry.raw and len(field) > room:
            field = layout.offset.pack(after + len(tail))
            tail += entry.value
        tail += bytes(len(tail) % 2)  # offsets are even
        table += layout.head.pack(entry.tag, kind, entry.count) + field.ljust(room, b"\0")
    return table + bytes(room) + tail


def _read(stream: BinaryIO, offset: int, size: int) -> bytes:
    stream.seek(offset)
    data = stream.read(size)
    if len(data) != size:
        raise MalformedError("it points beyond its end")
    return data
