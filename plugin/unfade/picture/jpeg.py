"""The segments of JPEG files: metadata read from them, and put before an encoder's picture."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from unfade.picture import tiff
from unfade.picture.metadata import RESOURCES_PREFIX, as_resources, iptc_of, left_out
from unfade.picture.picture import Metadata, Notes

END = b"\xff\xd9"
"""The marker after the picture."""

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_ICC, _MPF = b"ICC_PROFILE\0", b"MPF\0"
_MP_ENTRIES = 0xB002
_MOST_PICTURES = 16
_HEAD = 16_384  # bytes of what lies beside, within which it says what it is
_APP0, _APP1, _APP2, _APP13, _COMMENT, _SCAN = 0xE0, 0xE1, 0xE2, 0xED, 0xFE, 0xDA
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xDA)})
_LONGEST = 0xFFFF - 2
_PER_INCH = {1: 1.0, 2: 2.54}  # JFIF's units


@dataclass(frozen=True)
class Segments:
    """What stands before the pixels of a JPEG file; its ICC profile is libvips' affair."""

    exif: bytes | None
    xmp: bytes | None
    iptc: bytes | None
    comment: str | None
    dpi: tuple[float, float] | None
    """By JFIF; None where it gives no unit."""


def segments(stream: BinaryIO, notes: Notes) -> Segments:
    """The metadata of a JPEG file.

    Where an EXIF block is longer than a segment, others go on with it; a second block of its own is left out.
    """
    exif, xmp, resources, comment, dpi = b"", None, b"", None, None
    more, names, further = False, b"", list[int]()
    for marker, content, at in _segments(stream):
        if marker == _APP1 and content.startswith(_EXIF):
            part = content[len(_EXIF) :]
            if not exif or part[:4] not in (b"II*\0", b"MM\0*"):
                exif += part
        elif marker == _APP1 and content.startswith(_XMP):
            xmp = xmp or content[len(_XMP) :]
        elif marker == _APP1 and content.startswith(_MORE_XMP):
            more = True
        elif marker == _APP2:
            names += content[:_HEAD] if not content.startswith(_ICC) else b""
            further.extend(at + offset for offset in _further_pictures(content))
        elif marker == _APP13 and content.startswith(RESOURCES_PREFIX):
            resources += content[len(RESOURCES_PREFIX) :]
        elif marker == _COMMENT and content.strip(b"\0 "):
            comment = comment or _text(content.rstrip(b"\0"))
        elif marker == _APP0 and content.startswith(b"JFIF\0") and len(content) >= 12:
            unit, across, down = struct.unpack_from(">BHH", content, 7)
            if unit in _PER_INCH and across and down:
                dpi = (across * _PER_INCH[unit], down * _PER_INCH[unit])
    if more:
        notes.add("XMP data beyond the first 64 KB are left out.")
    for at in further:
        stream.seek(at)
        names += stream.read(_HEAD)
    for sentence in left_out(names + (xmp or b"")):
        notes.add(sentence)
    return Segments(exif or None, xmp, iptc_of(resources), comment, dpi)


def head(metadata: Metadata, notes: Notes) -> bytes:
    """What goes after the first marker of an encoder's JPEG file: JFIF, EXIF, XMP, IPTC, comment.

    What is longer than a segment is left out, with a note.
    """
    dpi = metadata.dpi
    unit, densities = (1, [max(1, min(round(d), 0xFFFF)) for d in dpi]) if dpi else (0, [1, 1])
    found = _segment(_APP0, struct.pack(">5sHBHHBB", b"JFIF\0", 0x0101, unit, *densities, 0, 0))
    comment = dict(metadata.texts).get("Comment", "").encode()
    for marker, content, what in (
        (_APP1, _EXIF + metadata.exif if metadata.exif else b"", "EXIF data"),
        (_APP1, _XMP + metadata.xmp if metadata.xmp else b"", "XMP data"),
        (
            _APP13,
            RESOURCES_PREFIX + as_resources(metadata.iptc) if metadata.iptc else b"",
            "IPTC data",
        ),
        (_COMMENT, comment, "comment"),
    ):
        if len(content) > _LONGEST:
            notes.add(
                f"The {what} ({len(content)} bytes) are more than a JPEG file can hold and are left out."
            )
        elif content:
            found += _segment(marker, content)
    return found


def _further_pictures(content: bytes) -> list[int]:
    """Where further pictures begin, from the content of an APP2 segment on (CIPA DC-007, Multi-Picture)."""
    if not content.startswith(_MPF):
        return []
    stream = io.BytesIO(content[len(_MPF) :])
    order = "<" if content[len(_MPF) :].startswith(b"II") else ">"
    found = []
    for directory in tiff.pages(stream)[:1]:
        entries = tiff.block_of(stream, directory, _MP_ENTRIES) or b""
        for at in range(0, len(entries) - 15, 16)[:_MOST_PICTURES]:
            (offset,) = struct.unpack_from(f"{order}I", entries, at + 8)
            found += [len(_MPF) + offset] if offset else []  # without one it is the first
    return found


def _segments(stream: BinaryIO) -> list[tuple[int, bytes, int]]:
    """Markers, contents and where these begin, up to the picture, as far as they can be followed, whatever
    lies between."""
    found = []
    stream.seek(2)
    while lead := stream.read(1):
        if lead != b"\xff":
            continue
        while (marker := stream.read(1)) == b"\xff":  # fill bytes
            pass
        if not marker or marker[0] == _SCAN:
            break
        if marker[0] in _WITHOUT_LENGTH:
            continue
        size = int.from_bytes(stream.read(2), "big") - 2
        if size < 0:
            break
        at = stream.tell()
        found.append((marker[0], stream.read(size), at))
    return found


def _segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
