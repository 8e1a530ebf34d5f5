"""Formats that libvips does not read here: decoded by Pillow, libheif, libavif, libjxl and OpenJPEG."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import bmp, netpbm, scratch
from unfade.picture.boxes import Box, boxes, properties
from unfade.picture.colour import is_srgb, linear_profile, profile_of_code_points, ycbcr_to_rgb
from unfade.picture.formats import Format
from unfade.picture.metadata import orientation_of
from unfade.picture.picture import Metadata, Notes, from_bits, from_vips, to_vips

_STRIP_BYTES = 2**20
_SIZ = b"\xff\x4f\xff\x51"  # how a JPEG 2000 codestream begins
_SYCC = 18
_TGA_HEAD, _TGA_RUNS = 18, 8  # bytes of the header; the bit of its kind that says that there are run lengths
_AVIF_PIXELS = 2**28  # libavif's limit
_MOST_UNPACKED = 2**24  # bytes of metadata
_JXL_CONTAINER = b"\0\0\0\x0cJXL "

CheckSize = Callable[[int, int], None]
"""Called with width and height before pixels are decoded; raises for a picture that is too large."""


@dataclass(frozen=True)
class Decoded:
    """What a decoder gives: pixels as stored (HWC, 8 or 16 bits, or floats), and the file's metadata."""

    pixels: NDArray[Any]
    metadata: Metadata = Metadata()  # noqa: RUF009 - frozen
    orientation: int | None = None
    """How the pixels lie, as EXIF has it; None where EXIF or XMP is to be asked."""


def decode(path: Path, kind: Format, check_size: CheckSize, notes: Notes) -> Decoded:
    """The picture in a BMP, TGA, ICO, HEIC, JPEG XL, JPEG 2000 or Netpbm file.

    Raises:
        OSError, ValueError, RuntimeError, SyntaxError: if it is damaged or cut short.
    """
    return _DECODERS[kind.name](path, check_size, notes)


def _bmp(path: Path, check_size: CheckSize, _notes: Notes) -> Decoded:
    # Not Image.open: its limit of pixels is not ours, and process-wide.
    from PIL.BmpImagePlugin import BmpImageFile

    with path.open("rb") as file:
        stream: BinaryIO = file
        head = stream.read(70)
        if not head.startswith(b"BM"):
            stream = io.BytesIO(bmp.with_file_header(head, file) + file.read())
            head = stream.read(70)
        if bmp.has_masks(head):
            masked = bmp.MaskedBmp(head)
            check_size(masked.width, masked.height)
            return Decoded(masked.read_pixels(stream), Metadata(dpi=masked.dpi))
        stream.seek(0)
        return _from_pillow(BmpImageFile(stream), check_size)


def _tga(path: Path, check_size: CheckSize, _notes: Notes) -> Decoded:
    from PIL.TgaImagePlugin import TgaImageFile

    with path.open("rb") as stream:
        head = stream.read(_TGA_HEAD)
        stream.seek(0)
        try:
            decoded = _from_pillow(TgaImageFile(stream), check_size)
        except (OSError, SyntaxError):
            # Runs that go on in the next row, and palettes of 15 and 16 bits, are not known to Pillow.
            decoded = _from_pillow(TgaImageFile(io.BytesIO(_plain_tga(stream, check_size))), check_size)
    if head[17] & 0x0F or decoded.pixels.shape[2] not in (2, 4):
        return decoded
    return Decoded(np.ascontiguousarray(decoded.pixels[..., :-1]), decoded.metadata)  # the byte means nothing


def _plain_tga(stream: BinaryIO, check_size: CheckSize) -> bytes:
    """The same TGA file without run lengths, with a palette of 24 bits a colour. Raises ValueError."""
    stream.seek(0)
    head = bytearray(stream.read(_TGA_HEAD))
    _, colours, depth = struct.unpack_from("<HHB", head, 3)
    width, height = struct.unpack_from("<HH", head, 12)
    check_size(width, height)
    stream.seek(head[0], 1)
    palette = stream.read(colours * ((depth + 7) // 8)) if head[1] else b""
    if depth in (15, 16) and palette:
        packed = np.frombuffer(palette, "<u2")[:, None] >> (0, 5, 10) & 31
        palette, head[7] = from_bits(packed, 5, np.uint8).tobytes(), 24
    if head[2] & _TGA_RUNS:
        head[2] &= ~_TGA_RUNS
        pixels = _without_runs(stream.read(), (head[16] + 7) // 8, width * height)
    else:
        pixels = stream.read()
    head[0] = 0
    return bytes(head) + palette + pixels


def _without_runs(packed: bytes, size: int, count: int) -> bytes:
    """So many pixels, of `size` bytes each, from TGA's run lengths. Raises ValueError if it is cut short."""
    out, at, wanted = bytearray(), 0, size * count
    while len(out) < wanted:
        if at >= len(packed):
            raise ValueError("the file is cut short")
        number = (packed[at] & 0x7F) + 1
        if packed[at] & 0x80:
            out += packed[at + 1 : at + 1 + size] * number
            at += 1 + size
        else:
            out += packed[at + 1 : at + 1 + size * number]
            at += 1 + size * number
    return bytes(out[:wanted])


def _ico(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    from PIL.IcoImagePlugin import IcoImageFile

    with path.open("rb") as stream:
        if stream.read(4)[2] == 2:
            from PIL.CurImagePlugin import CurImageFile

            stream.seek(0)
            return _from_pillow(CurImageFile(stream), check_size)
        stream.seek(0)
        image = IcoImageFile(stream)
        if (count := len(image.info.get("sizes", ()))) > 1:
            notes.add(f"Only the largest of its {count} pictures is used.")
        return _from_pillow(image, check_size)


def _from_pillow(image: Any, check_size: CheckSize) -> Decoded:
    """A Pillow image as 8-bit gray, RGB or RGBA. Raises OSError if it is cut short."""
    check_size(image.width, image.height)
    dpi = image.info.get("dpi", (0, 0))
    known = (round(dpi[0], 2), round(dpi[1], 2)) if min(dpi) > 0 else None
    mode = {"1": "L", "L": "L", "LA": "LA", "RGBA": "RGBA"}.get(image.mode, "RGB")
    if image.mode == "P" and "transparency" in image.info:
        mode = "RGBA"
    bands = len(mode)
    image.load()
    pixels = scratch.empty((image.height, image.width, bands), np.uint8)
    rows = max(1, _STRIP_BYTES // image.width)
    for y in range(0, image.height, rows):
        end = min(y + rows, image.height)
        strip = image.crop((0, y, image.width, end)).convert(mode)
        pixels[y:end] = np.asarray(strip).reshape(end - y, image.width, bands)
        scratch.let_go()
    return Decoded(pixels, Metadata(dpi=known))


def _netpbm(path: Path, check_size: CheckSize, _notes: Notes) -> Decoded:
    with path.open("rb") as stream:
        header = netpbm.read_header(stream)
        check_size(header.width, header.height)
        pixels = netpbm.read_pixels(stream, header)
    if pixels.dtype == np.float32:  # by custom, light as it is
        return Decoded(pixels, Metadata(icc=linear_profile(pixels.shape[2] == 1)))
    return Decoded(pixels)


def _heic(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    import pillow_heif

    data = path.read_bytes()
    file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    image = file[file.primary_index]
    check_size(*image.size)
    if len(file) > 1:
        notes.add(f"Only the main one of its {len(file)} pictures is used.")
    pixels = np.asarray(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    info: dict[str, Any] = image.info
    icc = info.get("icc_profile") or colours_of(properties(data), pixels.shape[2] < 3, notes)
    exif, xmp = info.get("exif"), info.get("xmp")
    # libheif has turned it already.
    return Decoded(np.ascontiguousarray(pixels), Metadata(icc=icc, exif=exif, xmp=xmp), orientation=1)


def _avif(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    """By libavif: through Pillow, but for the pixels of more than 8 bits, which it has not."""
    import imagecodecs
    from PIL.AvifImagePlugin import AvifImageFile

    data = path.read_bytes()
    own = properties(data)
    sides = [struct.unpack_from(">II", box.content, 4) for box in own if box.kind == b"ispe"]
    for width, height in sides[:1]:
        check_size(width, height)
        if width * height > _AVIF_PIXELS:
            raise PictureError(
                f"{path} has {width} x {height} pixels, more than AVIF's decoder takes; save it as TIFF."
            )
    image = AvifImageFile(io.BytesIO(data))
    check_size(*image.size)
    if image.n_frames > 1:
        notes.add(f"Only the first of its {image.n_frames} frames is used.")
    depth = _av1_depth(data)
    # Of several frames imagecodecs decodes all, and asked for one it writes beyond its memory.
    if depth > 8 and image.n_frames == 1:
        pixels = imagecodecs.avif_decode(data)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    else:
        pixels = _from_pillow(image, check_size).pixels
    if any(box.kind == b"pixi" and box.content[4:5] == b"\1" for box in own) and pixels.shape[2] > 2:
        pixels = pixels[..., :: 3 if pixels.shape[2] == 4 else 4]  # gray, which Pillow makes RGB
    for box in own:
        if box.kind == b"clap":
            pixels = _clean_aperture(pixels, box.content)
    if pixels.dtype == np.uint16:
        pixels = from_bits(pixels, depth, np.uint16)
    icc = image.info.get("icc_profile") or colours_of(own, pixels.shape[2] < 3, notes)
    exif, xmp = image.info.get("exif"), image.info.get("xmp")
    turned = orientation_of(exif, None)  # by the file's boxes: Pillow sets it to that
    return Decoded(np.ascontiguousarray(pixels), Metadata(icc=icc, exif=exif, xmp=xmp), turned)


def _av1_depth(data: bytes) -> int:
    """Bits a sample by the flags of AV1's configuration: 8, 10 or 12."""
    flags = next((box.content[2] for box in boxes(data) if box.kind == b"av1C"), 0)
    return 12 if flags & 0x20 else 10 if flags & 0x40 else 8


def _clean_aperture(pixels: NDArray[Any], content: bytes) -> NDArray[Any]:
    """What a clap box leaves of a picture: width, height, and how far its middle is off, as fractions."""
    width, across, height, down, right, by_right, lower, by_lower = struct.unpack(">IIIIiIiI", content[:32])
    wide, high = width / across, height / down
    x = (pixels.shape[1] - wide) / 2 + right / by_right
    y = (pixels.shape[0] - high) / 2 + lower / by_lower
    left, top = max(0, round(x)), max(0, round(y))
    cropped = pixels[top : round(y + high), left : round(x + wide)]
    if 0 in cropped.shape:
        raise ValueError("a clean aperture outside of the picture")
    return cropped


def colours_of(own: Sequence[Box], gray: bool, notes: Notes) -> bytes | None:
    """A profile for the numbers in a HEIC's or AVIF's colour box; None for sRGB, and beside a profile."""
    for box in own:
        if box.kind == b"colr" and box.content[:4] in (b"prof", b"rICC"):
            return None
        if box.kind == b"colr" and box.content[:4] == b"nclx" and len(box.content) >= 10:
            primaries, curve = struct.unpack_from(">HH", box.content, 4)
            # Stills with video's numbers for sRGB's primaries are sRGB's to everybody who shows them.
            return (
                None
                if primaries == 1 and curve in (1, 6)
                else profile_of_code_points(primaries, curve, gray, notes)
            )
    return None


def _jxl(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    import imagecodecs
    from pillow_jxl import Decoder

    data = path.read_bytes()
    check_size(*_jxl_size(data))
    pixels = imagecodecs.jpegxl_decode(data, index=0)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.dtype == np.float16:
        pixels = pixels.astype(np.float32)
    _, _, shown, icc, _ = Decoder(num_threads=1)(data)  # with 8 bits, and the profile
    if pixels.dtype == np.uint16:
        bits = _depth_beside(pixels, np.frombuffer(shown, np.uint8))
        pixels = from_bits(np.minimum(pixels, 2**bits - 1), bits, np.uint16)
    gray = pixels.shape[2] < 3
    blocks: dict[bytes, bytes] = {}
    for box in boxes(data) if data.startswith(_JXL_CONTAINER) else ():
        name, content = box.kind, box.content
        packed = name == b"brob"
        if packed:
            name, content = content[:4], content[4:]
        if name not in (b"Exif", b"xml ") or name in blocks:
            continue
        try:
            # With a limit: a thousand bytes may unpack to a gigabyte.
            blocks[name] = (
                bytes(imagecodecs.brotli_decode(content, out=_MOST_UNPACKED)) if packed else content
            )
        except RuntimeError:
            notes.add("Its packed metadata cannot be read and are left out.")
    block = blocks.get(b"Exif", b"")
    exif, xmp = block[4 + int.from_bytes(block[:4], "big") :] or None, blocks.get(b"xml ")
    icc = None if not icc or is_srgb(bytes(icc), gray) else bytes(icc)
    # libjxl has turned it already.
    return Decoded(np.ascontiguousarray(pixels), Metadata(icc=icc, exif=exif, xmp=xmp), orientation=1)


def _depth_beside(deep: NDArray[np.uint16], shown: NDArray[np.uint8]) -> int:
    """How many bits samples have that are `shown` with 8, or gray with 16: their decoder does not say."""
    if len(shown) == 2 * deep.size:
        shown = (shown.view(np.uint16) >> 8).astype(np.uint8)
    if len(shown) != deep.size:
        return 16
    step = max(1, deep.size // 100_000)
    some, wanted = deep.reshape(-1)[::step].astype(np.float32), shown[::step].astype(np.float32)
    return min(range(16, 8, -1), key=lambda bits: float(np.abs(some * (255 / (2**bits - 1)) - wanted).mean()))


def _jxl_size(data: bytes) -> tuple[int, int]:
    """Width and height by the codestream's header (ISO/IEC 18181-1, SizeHeader)."""
    if data.startswith(_JXL_CONTAINER):
        parts = [(box.kind, box.content) for box in boxes(data)]
        data = next(
            (
                content[4:] if kind == b"jxlp" else content
                for kind, content in parts
                if kind in (b"jxlc", b"jxlp")
            ),
            b"",
        )
    bits = int.from_bytes(data[2:18], "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & ((1 << count) - 1)
        bits >>= count
        return value

    def side(small: bool) -> int:
        return 8 * (take(5) + 1) if small else take((9, 13, 18, 30)[take(2)]) + 1

    small = bool(take(1))
    height = side(small)
    ratio = take(3)
    across, down = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio]
    return (side(small) if ratio == 0 else height * across // down), height


def _jpeg2000(path: Path, check_size: CheckSize, _notes: Notes) -> Decoded:
    import imagecodecs
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

    data = path.read_bytes()
    at = data.index(_SIZ) + 4  # Lsiz, Rsiz, Xsiz, Ysiz, XOsiz, YOsiz, ... Csiz, then each component
    right, lower, left, top = struct.unpack_from(">4I", data, at + 4)
    check_size(right - left, lower - top)
    (channels,) = struct.unpack_from(">H", data, at + 36)
    depths = [(data[at + 38 + 3 * i] & 0x7F) + 1 for i in range(channels)]
    # A codestream alone has no boxes.
    found = list(boxes(data)) if not data.startswith(_SIZ) else []
    colours = next((box.content for box in found if box.kind == b"colr"), b"")
    icc = colours[3:] if colours[:1] in (b"\x02", b"\x03") else None
    xmp_id = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    exif_id = b"JpgTiffExif->JP2"
    blocks = {box.content[:16]: box.content[16:] for box in found if box.kind == b"uuid"}
    if max(depths) <= 8:
        decoded = _from_pillow(Jpeg2KImageFile(io.BytesIO(data)), check_size)
        pixels, dpi = decoded.pixels, decoded.metadata.dpi
    else:
        pixels, dpi = imagecodecs.jpeg2k_decode(data), None
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        pixels = from_bits(pixels, max(depths), np.uint16)
        if struct.unpack_from(">I", colours.ljust(7, b"\0"), 3)[0] == _SYCC and icc is None:
            pixels = from_vips(ycbcr_to_rgb(to_vips(np.ascontiguousarray(pixels))))
    metadata = Metadata(icc=icc, xmp=blocks.get(xmp_id), exif=blocks.get(exif_id), dpi=dpi)
    return Decoded(np.ascontiguousarray(pixels), metadata)


_DECODERS: dict[str, Callable[[Path, CheckSize, Notes], Decoded]] = {
    "bmp": _bmp,
    "tga": _tga,
    "ico": _ico,
    "netpbm": _netpbm,
    "heic": _heic,
    "avif": _avif,
    "jxl": _jxl,
    "jpeg2000": _jpeg2000,
}

DECODED = frozenset(_DECODERS)
"""Names of the formats that are read here."""
