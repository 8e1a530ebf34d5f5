"""TIFF files of several pages, put together from files of one page each."""

from __future__ import annotations

import io
import shutil
import struct
from collections.abc import Sequence
from typing import BinaryIO

from unfade.picture import tiff

_CLASSIC_LIMIT = 4_000_000_000
_OFFSETS = frozenset({0x0111, 0x0144})  # of strips and of tiles
_SUBFILE, _ONE_OF_SEVERAL = 0x00FE, 2


def write_pages(stream: BinaryIO, pages: Sequence[BinaryIO]) -> None:
    """Writes a TIFF file of the first page of each of the files `pages` (little-endian, not BigTIFF).

    BigTIFF where all of them together need it.

    Raises:
        unfade.picture.tiff.MalformedError: if one of them is no TIFF file.
    """
    total = sum(page.seek(0, io.SEEK_END) for page in pages)
    layout = tiff.Layout("<", big=total > _CLASSIC_LIMIT)
    stream.write(b"II+\0\x08\0\0\0" + bytes(8) if layout.big else b"II*\0" + bytes(4))
    link = 8 if layout.big else 4
    for page in pages:
        base = stream.seek(0, io.SEEK_END)
        page.seek(0)
        shutil.copyfileobj(page, stream)
        stream.write(bytes(stream.tell() % 2))
        entries = _moved(page, base, layout)
        at = stream.tell()
        stream.write(tiff.directory_bytes(entries, layout, at))
        stream.seek(link)
        stream.write(layout.offset.pack(at))
        link = at + layout.count.size + len(entries) * (layout.head.size + layout.offset.size)


def _moved(page: BinaryIO, base: int, layout: tiff.Layout) -> list[tiff.Entry]:
    """The entries of the first page of a file that now lies at `base` in another."""
    own, first = tiff.read_header(page)
    entries = []
    for entry in tiff.read_entries(page, own, first):
        if entry.tag == _SUBFILE:
            continue
        if entry.tag in _OFFSETS:
            code = "H" if entry.kind == tiff.SHORT else "I"
            offsets = [base + offset for offset in struct.unpack(f"<{entry.count}{code}", entry.value)]
            kind = tiff.LONG8 if layout.big else tiff.LONG
            value = struct.pack(f"<{entry.count}{'Q' if layout.big else 'I'}", *offsets)
            entry = tiff.Entry(entry.tag, kind, entry.count, value)
        entries.append(entry)
    entries.append(tiff.Entry(_SUBFILE, tiff.LONG, 1, struct.pack("<I", _ONE_OF_SEVERAL)))
    return entries
