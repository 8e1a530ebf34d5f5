"""The chunks of PNG files: metadata read from them, and put into an encoder's file."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from unfade.picture.metadata import as_resources, iptc_of
from unfade.picture.picture import Metadata

_SIGNATURE_SIZE = 8
_MOST = 64 * 2**20  # bytes of a chunk, and of what is unpacked from one
_INCHES_A_METRE = 100 / 2.54
_XMP = "XML:com.adobe.xmp"
_RAW = "Raw profile type "  # ImageMagick's and exiftool's way of putting blocks into text
_PIXELS = frozenset({b"IDAT", b"fdAT"})


@dataclass(frozen=True)
class Chunks:
    """What stands beside the pixels of a PNG file, before and after them."""

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    icc: bytes | None = None
    """From text alone; an iCCP chunk is libvips' affair."""
    texts: tuple[tuple[str, str], ...] = ()
    """Keywords and texts."""
    dpi: tuple[float, float] | None = None
    """None where the unit is not known."""
    frames: int = 1
    short: Mapping[bytes, bytes] = field(default_factory=dict)
    """The chunks of up to 64 bytes, by name."""


def read_chunks(stream: BinaryIO) -> Chunks:
    """The chunks of a PNG file, as far as they can be followed; the last of a name counts."""
    found: dict[bytes, bytes] = {}
    texts: dict[str, bytes] = {}
    at = _SIGNATURE_SIZE
    while len(head := stream.read(8) if stream.seek(at) else b"") == 8:
        size, name = struct.unpack(">I4s", head)
        if name in (b"tEXt", b"zTXt", b"iTXt") and size <= _MOST:
            keyword, text = _text(name, stream.read(size))
            if keyword:
                texts.setdefault(keyword, text)
        elif name not in _PIXELS and (size <= 64 or name == b"eXIf") and size <= _MOST:
            found[name] = stream.read(size)
        elif name == b"iCCP":
            found[name] = b""
        at += size + 12
    raw = {
        keyword.removeprefix(_RAW): block
        for keyword in [k for k in texts if k.startswith(_RAW)]
        if (block := _unhexed(texts.pop(keyword))) is not None
    }
    xmp = texts.pop(_XMP, None) or raw.get("xmp")
    exif = found.pop(b"eXIf", None) or raw.get("exif") or raw.get("APP1")
    if exif and exif.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        xmp, exif = xmp or exif.split(b"\0", 1)[1], None
    records = raw.get("iptc") or raw.get("8bim")
    dpi = None
    if len(unit := found.get(b"pHYs", b"")) == 9 and unit[8] == 1:
        across, down = (round(value / _INCHES_A_METRE, 2) for value in struct.unpack_from(">II", unit))
        dpi = (across, down) if across and down else None
    return Chunks(
        exif=exif,
        xmp=xmp,
        iptc=iptc_of(records) if records else None,
        icc=raw.get("icc") or raw.get("icm"),
        texts=tuple((keyword, _decoded(text)) for keyword, text in texts.items()),
        dpi=dpi,
        frames=int.from_bytes(found.get(b"acTL", b"")[:4], "big") or 1,
        short=found,
    )


def with_metadata(head: bytes, metadata: Metadata) -> bytes | None:
    """The beginning of an encoder's PNG file with metadata before the pixels; None while these are not in it.

    The colour profile and XMP are the encoder's affair.
    """
    out = head[:_SIGNATURE_SIZE]
    at = _SIGNATURE_SIZE
    while len(head) >= at + 8:
        size, name = struct.unpack_from(">I4s", head, at)
        if name == b"IDAT":
            return out + _metadata_chunks(metadata) + head[at:]
        if len(head) < at + size + 12:
            break
        if name != b"pHYs":
            out += head[at : at + size + 12]
        at += size + 12
    return None


def _metadata_chunks(metadata: Metadata) -> bytes:
    chunks = b""
    if metadata.dpi is not None:
        chunks += _chunk(b"pHYs", struct.pack(">IIB", *(round(d * _INCHES_A_METRE) for d in metadata.dpi), 1))
    if metadata.exif is not None:
        chunks += _chunk(b"eXIf", metadata.exif)
    if metadata.iptc is not None:
        records = as_resources(metadata.iptc)
        lines = "\n".join(records.hex()[i : i + 72] for i in range(0, 2 * len(records), 72))
        packed = zlib.compress(f"\niptc\n{len(records):8}\n{lines}\n".encode())
        chunks += _chunk(b"zTXt", f"{_RAW}iptc".encode() + b"\0\0" + packed)
    for keyword, text in metadata.texts:
        chunks += _chunk(b"iTXt", keyword.encode("latin-1", "replace")[:79] + bytes(5) + text.encode())
    return chunks


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _text(name: bytes, data: bytes) -> tuple[str, bytes]:
    """Keyword and text (in UTF-8) of a text chunk; no keyword for one that cannot be read."""
    keyword, _, rest = data.partition(b"\0")
    packed, latin = name == b"zTXt", name != b"iTXt"
    if name == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif packed:
        rest = rest[1:]
    if packed:
        try:
            rest = zlib.decompressobj().decompress(rest, _MOST)
        except zlib.error:
            return "", b""
    word = keyword.decode("latin-1")
    return word, rest.decode("latin-1").encode() if latin and not word.startswith(_RAW) else rest


def _unhexed(text: bytes) -> bytes | None:
    """The block in a raw profile: a newline, its name, its size, and its bytes as hexadecimal digits.

    What follows them is passed over (libavif leaves some of its memory there); None where digits are missing.
    """
    parts = re.match(rb"\s*[^\n]*\n\s*(\d+)\s([\s0-9a-fA-F]*)", text)
    digits = b"".join(parts[2].split()).decode() if parts else ""
    size = int(parts[1]) if parts else 0
    return bytes.fromhex(digits[: 2 * size]) if 0 < 2 * size <= len(digits) else None


def _decoded(text: bytes) -> str:
    return text.decode(errors="replace")
