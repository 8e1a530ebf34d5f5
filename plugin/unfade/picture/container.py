"""Metadata put into encoded JPEG, PNG and WebP streams, byte for byte as it came.

libvips would take EXIF apart and write it anew, which moves maker notes and adds tags of its own.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Callable
from typing import BinaryIO

from unfade.picture.exif import PREFIX

_log = logging.getLogger(__name__)

Rewrite = Callable[[bytes], "bytes | None"]
"""Takes a file's first bytes and gives what to write instead; None while it needs to see more."""

_PNG_SIGNATURE_SIZE = 8
_WEBP_ALPHA, _WEBP_EXIF = 0x10, 0x08


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
        size = 2 + len(PREFIX) + len(exif)
        if size <= 0xFFFF:
            segments += b"\xff\xe1" + struct.pack(">H", size) + PREFIX + exif
        else:
            _log.warning(
                "The EXIF data (%d bytes) is more than a JPEG file can hold and is left out.", len(exif)
            )

    def rewrite(head: bytes) -> bytes | None:
        return head[:2] + segments + head[2:] if len(head) >= 2 else None

    return rewrite


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
