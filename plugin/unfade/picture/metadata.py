"""EXIF and XMP: updated for the pixels they travel with, and read for orientation and resolution; IPTC
captions (IIM, version 4), and the resources of Photoshop that carry them in JPEG and PNG files.

An EXIF block lies in one piece in most files. It is changed in place, byte for byte, so that whatever is not
understood here stays valid: maker notes hold offsets of their own. libvips would take the block apart and
write it anew, which moves maker notes and adds tags.
"""

from __future__ import annotations

import dataclasses
import io
import logging
import re
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from numpy.typing import NDArray

from unfade.picture import tiff
from unfade.picture.colour import matching_profile
from unfade.picture.picture import Metadata, Notes

_log = logging.getLogger(__name__)

_LEAST, _MOST = 0.01, 100_000.0  # pixels per inch: what files can hold, and what makes sense

EXIF_PREFIX = b"Exif\0\0"
"""What JPEG puts before the block."""

_ORIENTATION = 0x0112
LYING = frozenset({5, 6, 7, 8})
"""Orientations whose stored picture lies on its side."""
_SIDES = {0x0100: "width", 0x0101: "height", 0xA002: "width", 0xA003: "height"}
_THUMBNAIL_OFFSET, _THUMBNAIL_SIZE = 0x0201, 0x0202

GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1"
"""What ISO 21496-1 calls it."""

_BESIDE = {
    "Its gain map for HDR screens is left out.": (b"hdrgainmap", b"ns.adobe.com/hdr-gain-map/", GAIN_MAP),
    "Its map of depth is left out.": (
        b"ns.google.com/photos/1.0/depthmap/", b"auxid:2", b"aux:disparity", b"aux:depth",
    ),
    "Its maps of parts of the picture (mattes) are left out.": (b"matte",),
    "The short video with it is left out.": (
        b'MotionPhoto="1"', b">1</GCamera:MotionPhoto", b'MicroVideo="1"', b">1</GCamera:MicroVideo", b"mpvd",
    ),
}  # fmt: skip
"""What cameras put into a file beside the picture, by the names that tell of it."""

# In XMP as an attribute, tiff:Orientation="6", or as an element, <tiff:Orientation>6</tiff:Orientation>.
_XMP_PROPERTY = re.compile(
    rb"((?:tiff:(?:Orientation|ImageWidth|ImageLength)|exif:Pixel[XY]Dimension)(?:\s*=\s*[\"']|>)\s*)(\d+)"
)

RESOURCES_PREFIX = b"Photoshop 3.0\0"
"""What a JPEG's APP13 segment puts before resources."""

_MARK = 0x1C  # every record of IIM begins with it
_IPTC_RESOURCE = 0x0404


def metadata_for(metadata: Metadata, width: int, height: int, *, gray: bool, notes: Notes) -> Metadata:
    """The metadata, corrected for an upright picture of `width` x `height` pixels.

    EXIF and XMP are updated (:func:`updated_exif`, :func:`updated_xmp`); what cannot be used for such pixels
    (a profile, a damaged EXIF block) is left out, with a note; a resolution that makes no sense goes.
    """
    exif = updated_exif(metadata.exif, width, height) if metadata.exif else None
    if metadata.exif and exif is None:
        notes.add("The EXIF data are damaged and are left out.")
    return dataclasses.replace(
        metadata,
        icc=matching_profile(metadata.icc, gray, notes),
        exif=exif,
        xmp=updated_xmp(metadata.xmp, width, height) if metadata.xmp else None,
        dpi=metadata.dpi if metadata.dpi and all(_LEAST <= d <= _MOST for d in metadata.dpi) else None,
    )


def updated_exif(block: bytes, width: int, height: int) -> bytes | None:
    """The block for an upright picture of `width` x `height` pixels.

    Orientation becomes 1, pixel dimensions (where the block has them) become the picture's, and the thumbnail
    goes, as it shows the picture before. All else keeps its place and bytes.
    A leading "Exif\\0\\0" is taken off.

    Returns:
        The block, or None if it is not well formed.
    """
    block = block.removeprefix(EXIF_PREFIX)
    stream = io.BytesIO(block)
    out = bytearray(block)
    try:
        layout, first = tiff.read_header(stream)
        if layout.big:
            raise tiff.MalformedError("BigTIFF has no place here")
        slots, link = tiff.slots(stream, layout, first)
        _drop_thumbnail(out, stream, layout, link)
        for slot in slots:
            if slot.tag == tiff.EXIF_IFD:
                slots = slots + tiff.slots(stream, layout, _value(block, layout, slot))[0]
        for slot in slots:
            if slot.tag == _ORIENTATION:
                _set(out, layout, slot, 1)
            elif slot.tag in _SIDES and slot.count == 1:
                _set(out, layout, slot, width if _SIDES[slot.tag] == "width" else height)
        tiff.slots(io.BytesIO(out), *tiff.read_header(io.BytesIO(out)))  # directories may lie upon each other
    except (tiff.MalformedError, struct.error) as error:
        _log.info("damaged EXIF data: %s", error)
        return None
    return bytes(out)


def updated_xmp(packet: bytes, width: int, height: int) -> bytes:
    """The packet for an upright picture of `width` x `height` pixels: orientation 1, its own dimensions."""

    def true_value(match: re.Match[bytes]) -> bytes:
        name = match[1]
        if b"Orientation" in name:
            value = 1
        elif b"Width" in name or b"PixelX" in name:
            value = width
        else:
            value = height
        return name + str(value).encode()

    return _XMP_PROPERTY.sub(true_value, packet)


def orientation_of(exif: bytes | None, xmp: bytes | None) -> int:
    """How the stored picture has to be turned, by EXIF, else by XMP: 1 to 8 as in EXIF; 1 if none says."""
    for found in (_first_values(exif).get(_ORIENTATION, ()) if exif else (), _of_xmp(xmp)):
        if found and 1 <= found[0] <= 8:
            return int(found[0])
    return 1


def as_stored(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of an upright picture (HWC) laid out as a file of that EXIF orientation stores it.

    Writing stored rows into the view turns the picture upright without a second copy of it. Values other than
    2 to 8 mean upright.
    """
    if orientation in LYING:
        upright = upright.swapaxes(0, 1)
    if orientation in (3, 4, 6, 7):
        upright = upright[::-1]
    if orientation in (2, 3, 7, 8):
        upright = upright[:, ::-1]
    return upright


def resolution_of(exif: bytes | None) -> tuple[float, float] | None:
    """Pixels per inch by an EXIF block; None where it does not say, or gives no unit."""
    values = _first_values(exif) if exif else {}
    return tiff.resolution(values)


def left_out(names: bytes) -> list[str]:
    """Sentences on what a file holds beside its picture, by XMP and other names in it."""
    return [sentence for sentence, signs in _BESIDE.items() if any(sign in names for sign in signs)]


def exif_with_resolution(metadata: Metadata) -> bytes | None:
    """The EXIF block for a format with no other place for the resolution; one is made where there is none."""
    if metadata.exif or not metadata.dpi:
        return metadata.exif
    layout = tiff.Layout("<")
    entries = tiff.resolution_entries(layout, metadata.dpi)
    return b"II*\0" + struct.pack("<I", 8) + tiff.directory_bytes(entries, layout, 8)


def _first_values(exif: bytes) -> Mapping[int, tuple[float, ...]]:
    """The numbers in the first directory of an EXIF block."""
    pages = tiff.pages(io.BytesIO(exif.removeprefix(EXIF_PREFIX)))
    return pages[0].tags if pages else {}


def _of_xmp(xmp: bytes | None) -> tuple[int, ...]:
    return tuple(int(match[2]) for match in _XMP_PROPERTY.finditer(xmp or b"") if b"Orientation" in match[1])


def _drop_thumbnail(out: bytearray, stream: BinaryIO, layout: tiff.Layout, link: int) -> None:
    """Unlinks the second directory and blanks its JPEG, or cuts it off where it lies at the block's end."""
    if link + 4 > len(out):  # some writers leave the link out
        return
    (second,) = layout.offset.unpack_from(out, link)
    layout.offset.pack_into(out, link, 0)
    if second == 0:
        return
    try:
        slots, _ = tiff.slots(stream, layout, second)
    except tiff.MalformedError:
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


def _value(block: bytes | bytearray, layout: tiff.Layout, slot: tiff.Slot) -> int:
    kind = "H" if slot.kind == tiff.SHORT else "I"
    return int(struct.unpack_from(layout.order + kind, block, slot.position + 8)[0])


def _set(out: bytearray, layout: tiff.Layout, slot: tiff.Slot, value: int) -> None:
    """Writes a whole number into an entry of one value, as a LONG where it does not fit a SHORT."""
    kind = tiff.SHORT if slot.kind == tiff.SHORT and value <= 0xFFFF else tiff.LONG
    field = struct.pack(layout.order + ("H2x" if kind == tiff.SHORT else "I"), value)
    out[slot.position + 2 : slot.position + 12] = struct.pack(layout.order + "HI", kind, 1) + field


def iptc_of(data: bytes) -> bytes | None:
    """The IIM records in a file's field: as they are, or inside Photoshop's resources; None without any."""
    data = data.removeprefix(RESOURCES_PREFIX)
    if data[:1] == bytes([_MARK]):
        return data
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        (number,) = struct.unpack_from(">H", data, at + 4)
        name = data[at + 6]
        at += 6 + name + 1 + (name + 1) % 2
        if at + 4 > len(data):
            break
        (size,) = struct.unpack_from(">I", data, at)
        content = data[at + 4 : at + 4 + size]
        if number == _IPTC_RESOURCE:
            return content if content[:1] == bytes([_MARK]) else None
        at += 4 + size + size % 2
    return None


def as_resources(records: bytes) -> bytes:
    """IIM records as resources of Photoshop."""
    head = b"8BIM" + struct.pack(">HHI", _IPTC_RESOURCE, 0, len(records))
    return head + records + bytes(len(records) % 2)
