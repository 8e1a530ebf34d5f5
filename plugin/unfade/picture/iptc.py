"""IPTC captions (IIM, version 4), and the resources of Photoshop that carry them in JPEG files."""

from __future__ import annotations

import struct

RESOURCES_PREFIX = b"Photoshop 3.0\0"
"""What a JPEG's APP13 segment puts before resources."""

_MARK = 0x1C  # every record of IIM begins with it
_IPTC_RESOURCE = 0x0404


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
