"""EXIF and XMP: updated for the pixels they travel with, and put into encoded JPEG, PNG and WebP files.

In these files an EXIF block lies in one piece. It is changed in place, byte for byte, so that whatever is not
understood here stays valid: maker notes hold offsets of their own. libvips would take the block apart and
write it anew, which moves maker notes and adds tags.
"""

from __future__ import annotations

import io
import logging
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from unfade.picture import tiff
from unfade.picture.colour import matching_profile
from unfade.picture.picture import Metadata

_log = logging.getLogger(__name__)

EXIF_PREFIX = b"Exif\0\0"
"""What JPEG puts before the block."""

_ORIENTATION = 0x0112
_SIDES = {0x0100: "width", 0x0101: "height", 0xA002: "width", 0xA003: "height"}
_THUMBNAIL_OFFSET, _THUMBNAIL_SIZE = 0x0201, 0x0202

# In XMP as an attribute, tiff:Orientation="6", or as an element, <tiff:Orientation>6</tiff:Orientation>.
_XMP_PROPERTY = re.compile(
    rb"((?:tiff:(?:Orientation|ImageWidth|ImageLength)|exif:Pixel[XY]Dimension)(?:\s*=\s*[\"']|>)\s*)(\d+)"
)

_PNG_SIGNATURE_SIZE = 8
_WEBP_ALPHA, _WEBP_EXIF = 0x10, 0x08


def metadata_for(metadata: Metadata, width: int, height: int, *, gray: bool, path: Path) -> Metadata:
    """The metadata, corrected for an upright picture of `width` x `height` pixels.

    EXIF and XMP are updated (:func:`updated_exif`, :func:`updated_xmp`); a profile of other pixels (gray
    or RGB) is left out, with a warning in the log that names `path`.
    """
    return Metadata(
        icc=matching_profile(metadata.icc, gray, path),
        exif=updated_exif(metadata.exif, width, height) if metadata.exif else None,
        xmp=updated_xmp(metadata.xmp, width, height) if metadata.xmp else None,
        dpi=metadata.dpi,
    )


def updated_exif(block: bytes, width: int, height: int) -> bytes | None:
    """The block for an upright picture of `width` x `height` pixels.

    Orientation becomes 1, pixel dimensions (where the block has them) become the picture's, and the thumbnail
    goes, as it shows the picture before. All else keeps its place and bytes.
    A leading "Exif\\0\\0" is taken off.

    Returns:
        The block, or None (with a warning in the log) if it is not well formed.
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
    except (tiff.MalformedError, struct.error) as error:
        _log.warning("The EXIF data is damaged (%s) and is left out.", error)
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


Rewrite = Callable[[bytes], "bytes | None"]
"""Takes a file's first bytes and gives what to write instead; None while it needs to see more."""


class HeadRewriter:
    """Passes an encoder's bytes on to a file, with the first of them rewritten."""

    def __init__(self, stream: BinaryIO, rewrite: Rewrite) -> None:
        self._stream = stream
        self._rewrite: Rewrite | None = rewrite
        self._held = b""

    def write(self, data: bytes) -> int:
        if self._rewrite is None:
            self._stream.write(data)
        else:
            self._held += data
            head = self._rewrite(self._held)
            if head is not None:
                self._stream.write(head)
                self._rewrite = None
                self._held = b""
        return len(data)


def jpeg_head(exif: bytes | None, dpi: tuple[float, float] | None) -> Rewrite:
    """A rewrite that puts JFIF (with the resolution) and EXIF segments into a JPEG that has neither."""
    unit, densities = (1, [max(1, min(round(d), 0xFFFF)) for d in dpi]) if dpi else (0, [1, 1])
    segments = b"\xff\xe0" + struct.pack(">H5sHBHHBB", 16, b"JFIF\0", 0x0101, unit, *densities, 0, 0)
    if exif is not None:
        size = 2 + len(EXIF_PREFIX) + len(exif)
        if size <= 0xFFFF:
            segments += b"\xff\xe1" + struct.pack(">H", size) + EXIF_PREFIX + exif
        else:
            _log.warning(
                "The EXIF data (%d bytes) is more than a JPEG file can hold and is left out.", len(exif)
            )

    def rewrite(head: bytes) -> bytes | None:
        return head[:2] + segments + head[2:] if len(head) >= 2 else None

    return rewrite


def png_chunks(stream: BinaryIO) -> dict[bytes, bytes]:
    """The chunks of a PNG file before its pixels, by name: the first 64 KiB of each, the last of a name."""
    found: dict[bytes, bytes] = {}
    at = _PNG_SIGNATURE_SIZE
    while len(head := stream.read(8) if stream.seek(at) else b"") == 8:
        size, name = struct.unpack(">I4s", head)
        if name == b"IDAT":
            break
        found[name] = stream.read(min(size, 1 << 16))
        at += size + 12
    return found


def png_head(exif: bytes | None, dpi: tuple[float, float] | None) -> Rewrite:
    """A rewrite that puts an eXIf chunk before a PNG's pixels, and takes out an unknown resolution."""

    def rewrite(head: bytes) -> bytes | None:
        out = head[:_PNG_SIGNATURE_SIZE]
        at = _PNG_SIGNATURE_SIZE
        while len(head) >= at + 8:
            size, name = struct.unpack_from(">I4s", head, at)
            if name == b"IDAT":
                return out + (_png_chunk(b"eXIf", exif) if exif is not None else b"") + head[at:]
            if len(head) < at + size + 12:
                break
            if name != b"pHYs" or dpi is not None:
                out += head[at : at + size + 12]
            at += size + 12
        return None

    return rewrite


def webp_with_exif(encoded: bytes, exif: bytes, width: int, height: int, alpha: bool) -> bytes:
    """The WebP file `encoded` with an EXIF chunk."""
    if encoded[12:16] == b"VP8X":
        flags = encoded[20] | _WEBP_EXIF
        extended = encoded[12:20] + bytes([flags]) + encoded[21:30]
        rest = memoryview(encoded)[30:]
    else:
        flags = _WEBP_EXIF | (_WEBP_ALPHA if alpha else 0)
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        extended = b"VP8X" + struct.pack("<IB3x", 10, flags) + sides
        rest = memoryview(encoded)[12:]
    chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif + bytes(len(exif) % 2)
    size = 4 + len(extended) + len(rest) + len(chunk)
    return b"".join((b"RIFF", struct.pack("<I", size), b"WEBP", extended, rest, chunk))


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


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
