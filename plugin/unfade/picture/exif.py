"""EXIF blocks: made true for the pixels they travel with, taken from TIFF files and put into them.

In JPEG, PNG and WebP a block lies in one piece. It is changed in place, byte for byte, so that whatever we do
not understand (maker notes hold offsets of their own) stays valid.
"""

from __future__ import annotations

import io
import logging
import struct
from typing import BinaryIO

from unfade.picture import ifd

_log = logging.getLogger(__name__)

PREFIX = b"Exif\0\0"
"""What JPEG puts before the block."""

_ORIENTATION = 0x0112
_SIDES = {0x0100: "width", 0x0101: "height", 0xA002: "width", 0xA003: "height"}
_THUMBNAIL_OFFSET, _THUMBNAIL_SIZE = 0x0201, 0x0202
_SHORT, _LONG = 3, 4

# What a TIFF's own directory says about the photograph rather than about the file's structure.
_DESCRIPTIVE = frozenset(
    {
        0x010E,  # ImageDescription
        0x010F,  # Make
        0x0110,  # Model
        0x0131,  # Software
        0x0132,  # DateTime
        0x013B,  # Artist
        0x013C,  # HostComputer
        0x4746,  # Rating
        0x4749,  # RatingPercent
        0x8298,  # Copyright
        *range(0x9C9B, 0x9CA0),  # XPTitle, XPComment, XPAuthor, XPKeywords, XPSubject
        ifd.EXIF_IFD,
        ifd.GPS_IFD,
    }
)


def updated(block: bytes, width: int, height: int) -> bytes | None:
    """The block for an upright picture of `width` x `height` pixels.

    Orientation becomes 1, pixel dimensions (where the block has them) become the picture's, and the thumbnail
    goes, as it shows the picture before. All else keeps its place and bytes.
    A leading "Exif\\0\\0" is taken off.

    Returns:
        The block, or None (with a warning in the log) if it is not well formed.
    """
    block = block.removeprefix(PREFIX)
    stream = io.BytesIO(block)
    out = bytearray(block)
    try:
        layout, first = ifd.read_header(stream)
        if layout.big:
            raise ifd.MalformedError("BigTIFF has no place here")
        slots, link = ifd.slots(stream, layout, first)
        _drop_thumbnail(out, stream, layout, link)
        for slot in slots:
            if slot.tag == ifd.EXIF_IFD:
                slots = slots + ifd.slots(stream, layout, _value(block, layout, slot))[0]
        for slot in slots:
            if slot.tag == _ORIENTATION:
                _set(out, layout, slot, 1)
            elif slot.tag in _SIDES and slot.count == 1:
                _set(out, layout, slot, width if _SIDES[slot.tag] == "width" else height)
    except (ifd.MalformedError, struct.error) as error:
        _log.warning("The EXIF data is damaged (%s) and is left out.", error)
        return None
    return bytes(out)


def from_tiff(stream: BinaryIO) -> bytes | None:
    """The EXIF block of a TIFF file: its EXIF and GPS directories and descriptive tags; None without any."""
    try:
        layout, first = ifd.read_header(stream)
        entries = [e for e in ifd.read_entries(stream, layout, first) if e.tag in _DESCRIPTIVE]
    except ifd.MalformedError:
        return None
    if not entries:
        return None
    mark, layout = (b"II", ifd.Layout("<")) if layout.order == "<" else (b"MM", ifd.Layout(">"))
    head = mark + struct.pack(layout.order + "HI", 42, 8)
    return head + ifd.directory_bytes(entries, layout, len(head))


def add_to_tiff(stream: BinaryIO, block: bytes) -> None:
    """Puts an EXIF block into the TIFF file open in `stream` (for reading and writing).

    A new first directory is appended, which refers to the pixels as the old one did, and the file's header is
    pointed to it.
    """
    source = io.BytesIO(block)
    source_layout, source_first = ifd.read_header(source)
    entries = [e for e in ifd.read_entries(source, source_layout, source_first) if e.tag in _DESCRIPTIVE]
    layout, first = ifd.read_header(stream)
    if layout.order != source_layout.order:
        entries = [e.reordered() for e in entries]
    new = {e.tag for e in entries}
    entries += [e for e in ifd.raw_entries(stream, layout, first) if e.tag not in new]
    end = stream.seek(0, io.SEEK_END)
    stream.write(bytes(end % 2))
    stream.write(ifd.directory_bytes(entries, layout, end + end % 2))
    stream.seek(8 if layout.big else 4)
    stream.write(layout.offset.pack(end + end % 2))


def _drop_thumbnail(out: bytearray, stream: BinaryIO, layout: ifd.Layout, link: int) -> None:
    """Unlinks the second directory and blanks its JPEG, or cuts it off where it lies at the block's end."""
    if link + 4 > len(out):  # some writers leave the link out
        return
    (second,) = layout.offset.unpack_from(out, link)
    layout.offset.pack_into(out, link, 0)
    if second == 0:
        return
    try:
        slots, _ = ifd.slots(stream, layout, second)
    except ifd.MalformedError:
        return
    found = {slot.tag: _value(out, layout, slot) for slot in slots}
    start, size = found.get(_THUMBNAIL_OFFSET), found.get(_THUMBNAIL_SIZE, 0)
    if start is None or start < second:
        return
    end = min(start + size, len(out))
    if len(out) - end < 2:
        del out[start:]
    else:
        out[start:end] = bytes(end - start)


def _value(block: bytes | bytearray, layout: ifd.Layout, slot: ifd.Slot) -> int:
    kind = "H" if slot.kind == _SHORT else "I"
    return int(struct.unpack_from(layout.order + kind, block, slot.position + 8)[0])


def _set(out: bytearray, layout: ifd.Layout, slot: ifd.Slot, value: int) -> None:
    """Writes a whole number into an entry of one value, as a LONG where it does not fit a SHORT."""
    kind = _SHORT if slot.kind == _SHORT and value <= 0xFFFF else _LONG
    field = struct.pack(layout.order + ("H2x" if kind == _SHORT else "I"), value)
    out[slot.position + 2 : slot.position + 12] = struct.pack(layout.order + "HI", kind, 1) + field
