"""Synthetic pictures and files for the tests of unfade.picture."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import IFDRational

PEAK = {"uint8": 255, "uint16": 65535, "float32": 1}
THUMBNAIL = b"\xff\xd8" + b"an old thumbnail" * 9 + b"\xff\xd9"
MAKER_NOTE = b"maker's own" * 5
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="kept" tiff:Orientation="6" tiff:ImageWidth="7">'
    b"<exif:PixelYDimension>9</exif:PixelYDimension></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def noise(height: int, width: int, channels: int, dtype: str = "uint8", seed: int = 0) -> NDArray[Any]:
    """HWC noise over the whole range."""
    values = np.random.default_rng(seed).random((height, width, channels))
    if dtype == "float32":
        return values.astype(np.float32)
    return np.asarray(np.rint(values * PEAK[dtype]), dtype)


def smooth(height: int, width: int, channels: int, dtype: str = "uint8") -> NDArray[Any]:
    """HWC gradients, which lossy formats keep well."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [(x / width), (y / height), (x + y) / (width + height), 0.5 + 0.5 * x / width]
    values = np.stack(planes[:channels], axis=2)
    if dtype == "float32":
        return values.astype(np.float32)
    return np.asarray(np.rint(values * PEAK[dtype]), dtype)


def exif_block(orientation: int = 1) -> bytes:
    """A camera's EXIF (with the "Exif" prefix): make, lens, maker note, place, dimensions, thumbnail."""
    exif = Image.Exif()
    exif[0x010F] = "Unfade Camera Works"
    exif[0x0112] = orientation
    exif[0x0132] = "2001:02:03 04:05:06"
    exif[0x8298] = "(c) nobody"
    inner = exif.get_ifd(0x8769)
    inner[0x829A] = IFDRational(1, 60)
    inner[0x927C] = MAKER_NOTE
    inner[0xA002], inner[0xA003] = 11, 12
    inner[0xA434] = "f/1.8 50 mm"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (48.0, 12.0, 1.5)
    return with_thumbnail(exif.tobytes())


def with_thumbnail(block: bytes) -> bytes:
    """The block with a second directory that holds a thumbnail."""
    body = bytearray(block.removeprefix(b"Exif\0\0"))
    order = "little" if body[:2] == b"II" else "big"

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)  # type: ignore[arg-type]

    first = int.from_bytes(body[4:8], order)  # type: ignore[arg-type]
    count = int.from_bytes(body[first : first + 2], order)  # type: ignore[arg-type]
    body += bytes(len(body) % 2)
    second = len(body)
    body[first + 2 + 12 * count : first + 6 + 12 * count] = number(second, 4)
    data = second + 2 + 2 * 12 + 4
    body += number(2, 2)
    body += number(0x201, 2) + number(4, 2) + number(1, 4) + number(data, 4)
    body += number(0x202, 2) + number(4, 2) + number(1, 4) + number(len(THUMBNAIL), 4)
    body += number(0, 4) + THUMBNAIL
    return b"Exif\0\0" + bytes(body)


@functools.cache  # it holds the second it was made in
def rgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def display_p3() -> bytes:
    """A profile of more colours than sRGB has."""
    profile: bytes = pyvips.Operation.call("profile_load", "p3")
    return profile


def gray_profile() -> bytes:
    """A gray profile (gamma 2.2, D50), written by hand: neither Pillow nor the tests ship one."""
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + (0x0233).to_bytes(2, "big") + bytes(2)
    white = b"XYZ " + bytes(4) + b"".join(v.to_bytes(4, "big") for v in (0xF6D6, 0x10000, 0xD32D))
    text = b"Unfade test gray\0"
    description = b"desc" + bytes(4) + len(text).to_bytes(4, "big") + text + bytes(79)
    description += bytes(-len(description) % 4)
    blocks = {b"desc": description, b"wtpt": white, b"kTRC": curve}
    at = 128 + 4 + 12 * len(blocks)
    table, data = len(blocks).to_bytes(4, "big"), b""
    for name, content in blocks.items():
        table += name + (at + len(data)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        data += content
    size = at + len(data)
    head = size.to_bytes(4, "big") + b"lcms" + bytes.fromhex("02400000") + b"mntrGRAYXYZ "
    head += bytes.fromhex("07D100010001000000000000") + b"acsp"
    head += bytes(28) + b"".join(v.to_bytes(4, "big") for v in (0xF6D6, 0x10000, 0xD32D))
    return head.ljust(128, b"\0") + table + data


def saved(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    """`path`, written by Pillow from HWC uint8."""
    Image.fromarray(np.squeeze(pixels, 2) if pixels.shape[2] == 1 else pixels).save(path, **options)
    return path


def encoded(pixels: NDArray[Any], kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.squeeze(pixels)).save(stream, kind, **options)
    return stream.getvalue()
