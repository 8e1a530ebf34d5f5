"""AVIF and JPEG XL files written by libavif and libjxl, and what other encoders leave out: EXIF in WebP, and
TIFF files of several pages, put together from files of one page each."""

from __future__ import annotations

import io
import shutil
import struct
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from unfade.picture import boxes, scratch, tiff
from unfade.picture.colour import as_srgb, in_profile, linear_profile, with_profile
from unfade.picture.metadata import EXIF_PREFIX, exif_with_resolution
from unfade.picture.picture import Metadata, Picture, to_vips, vips, with_dtype

_WEBP_ALPHA, _WEBP_EXIF = 0x10, 0x08
_AVIF_EFFORT = 2  # a fifth of the time of the usual 4, for files 4 % larger
_FULL_CHROMA = 90  # from this quality on, as for JPEG
_CLASSIC_LIMIT = 4_000_000_000
_OFFSETS = frozenset({0x0111, 0x0144})  # of strips and of tiles
_SUBFILE, _ONE_OF_SEVERAL = 0x00FE, 2


def write_avif(picture: Picture, metadata: Metadata, quality: int, stream: BinaryIO) -> None:
    """Writes the picture with 8 bits a channel, deeper ones with 12, of which quality 100 loses nothing.

    From quality 90 on chroma is not subsampled.
    """
    from PIL import Image

    if picture.is_gray:  # the encoders make RGB of it, which a gray profile does not describe
        picture = as_srgb(Picture(picture.pixels, metadata))
        metadata = picture.metadata
    exif = exif_with_resolution(metadata) or b""
    if picture.pixels.dtype != np.uint8:
        stream.write(_avif_of_12_bits(picture, metadata, exif, quality))
        return
    image = Image.fromarray(picture.pixels[..., 0] if picture.pixels.shape[2] == 1 else picture.pixels)
    image.save(
        stream,
        "AVIF",
        quality=quality,
        subsampling="4:4:4" if quality >= _FULL_CHROMA else "4:2:0",
        exif=exif,
        xmp=metadata.xmp or b"",
        icc_profile=metadata.icc or b"",
    )


def _avif_of_12_bits(picture: Picture, metadata: Metadata, exif: bytes, quality: int) -> bytes:
    """By libvips: Pillow writes 8 bits alone."""
    image = to_vips(with_dtype(picture.pixels, np.uint16))
    image = (image * (4095 / 65535)).rint() * 16  # the encoder takes the upper bits
    image = image.cast("ushort").copy(interpretation="grey16" if picture.is_gray else "rgb16")
    if metadata.icc:
        image = with_profile(image, metadata.icc)
    for field, block in (("exif-data", EXIF_PREFIX + exif if exif else b""), ("xmp-data", metadata.xmp)):
        if block:
            image.set_type(vips().GValue.blob_type, field, block)
    scratch.require(scratch.NATIVE)
    return bytes(
        image.heifsave_buffer(
            compression="av1",
            bitdepth=12,
            Q=quality,
            lossless=quality == 100,
            effort=_AVIF_EFFORT,
            subsample_mode="off" if quality >= _FULL_CHROMA else "on",
            keep="icc|exif|xmp",
        )
    )


def write_jxl(picture: Picture, metadata: Metadata, quality: int, stream: BinaryIO) -> None:
    """Writes the picture with 8 bits in sRGB, or with 16 in linear light of sRGB's primaries.

    That is what the encoder at hand calls pixels of 8 and 16 bits. Quality 100 is lossless.
    """
    import imagecodecs

    picture = as_srgb(Picture(picture.pixels, metadata))
    if picture.pixels.dtype != np.uint8:
        picture = in_profile(picture, linear_profile(picture.is_gray), np.uint16)
    pixels = picture.pixels
    data = bytes(
        imagecodecs.jpegxl_encode(
            pixels[..., 0] if pixels.shape[2] == 1 else pixels,
            distance=None if quality == 100 else _jxl_distance(quality),
            lossless=quality == 100,
        )
    )
    blocks = b""
    if exif := exif_with_resolution(metadata):
        blocks += boxes.encoded(b"Exif", bytes(4) + exif)
    if metadata.xmp:
        blocks += boxes.encoded(b"xml ", metadata.xmp)
    if blocks and data.startswith(b"\xff\x0a"):  # a codestream without a container
        data = (
            boxes.encoded(b"JXL ", b"\r\n\x87\n")
            + boxes.encoded(b"ftyp", b"jxl " + bytes(4) + b"jxl ")
            + boxes.encoded(b"jxlc", data)
        )
    stream.write(data + blocks)


def _jxl_distance(quality: int) -> float:
    """Butteraugli's distance for a quality as of JPEG, as libjxl has it (JxlEncoderDistanceFromQuality)."""
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality**2 - 23 / 20 * quality + 25


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
