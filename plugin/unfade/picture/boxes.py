"""Files of boxes (ISO/IEC 14496-12): HEIC, AVIF and JPEG 2000 read, AVIF written."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import scratch
from unfade.picture.colour import (
    ICC_FIELD,
    as_srgb,
    profile_of_code_points,
    with_profile,
)
from unfade.picture.metadata import EXIF_PREFIX, GAIN_MAP, exif_with_resolution, left_out, orientation_of
from unfade.picture.picture import (
    CheckSize,
    Decoded,
    Metadata,
    Notes,
    Picture,
    from_bits,
    from_pillow,
    from_vips,
    to_vips,
    vips,
    with_dtype,
)

_log = logging.getLogger(__name__)

_PARENTS = frozenset({b"meta", b"iprp", b"ipco", b"jp2h", b"res "})
_PROPERTIES = frozenset({b"ispe", b"pixi", b"av1C", b"colr", b"clap", b"irot", b"imir"})
_VERSIONED = frozenset({b"meta"})  # four bytes of version and flags before what is in them
_SIZ = b"\xff\x4f\xff\x51"  # how a JPEG 2000 codestream begins
_AVIF_PIXELS = 2**28  # libavif's limit
_AVIF_EFFORT = 2  # a fifth of the time of the usual 4, for files 4 % larger
_FULL_CHROMA = 90  # from this quality on, as for JPEG


@dataclass(frozen=True)
class Box:
    """A box that holds no others, and what is in it."""

    kind: bytes
    """Four letters."""
    content: bytes


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes of a file, those inside others in their place, as far as they can be followed."""
    at, end = start, len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        begin = at + 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, begin)
            begin += 8
        stop = end if size == 0 else at + size
        if not begin <= stop <= end:
            return
        if kind in _PARENTS:
            yield from boxes(data, begin + (4 if kind in _VERSIONED else 0), stop)
        else:
            yield Box(kind, data[begin:stop])
        at = stop


def properties(data: bytes) -> list[Box]:
    """The properties of a HEIC or AVIF file's main picture, in their order (ISO/IEC 23008-12: ipma says which
    of the boxes in ipco are whose); those of all its pictures where none is the main one.
    """
    found = list(boxes(data))
    kinds = [box.kind for box in found]
    shared = [box for box in found if box.kind in _PROPERTIES]
    if b"pitm" not in kinds or b"ipma" not in kinds:
        return shared
    main, ipma = (found[kinds.index(kind)].content for kind in (b"pitm", b"ipma"))
    try:
        item = int.from_bytes(main[4 : 8 if main[0] else 6], "big")
        wide, (count,) = ipma[3] & 1, struct.unpack_from(">I", ipma, 4)
        at = 8
        for _ in range(count):
            size = 4 if ipma[0] else 2
            owner, number = int.from_bytes(ipma[at : at + size], "big"), ipma[at + size]
            at += size + 1
            step = 2 if wide else 1
            indices = [
                int.from_bytes(ipma[at + i : at + i + step], "big") for i in range(0, number * step, step)
            ]
            at += number * step
            if owner == item:
                order = _inside(data, b"ipco")
                return [
                    order[n - 1] for i in indices if 0 < (n := i & (0x7FFF if wide else 0x7F)) <= len(order)
                ]
    except (IndexError, struct.error):
        pass
    return shared


def _tell_of_others(data: bytes, xmp: bytes | None, notes: Notes) -> None:
    """Says what lies beside the main picture: other maps than alpha, a video."""
    names = [xmp or b""]
    for box in boxes(data):
        if box.kind == b"auxC" and b"alpha" not in box.content:
            names.append(box.content)
        elif box.kind == b"iinf" and b"tmap" in box.content:  # a picture derived by a gain map
            names.append(GAIN_MAP)
        elif box.kind == b"mpvd":
            names.append(box.kind)
    for sentence in left_out(b"".join(names)):
        notes.add(sentence)


def _inside(data: bytes, parent: bytes) -> list[Box]:
    """The boxes inside the first one of that kind."""
    at = data.find(parent)
    (size,) = struct.unpack_from(">I", data, at - 4) if at >= 4 else (0,)
    return list(boxes(data, at + 4, min(at - 4 + size, len(data)))) if size else []


def encoded(kind: bytes, content: bytes) -> bytes:
    """A box as it stands in a file."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


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
    _tell_of_others(data, xmp, notes)
    # libheif has turned it already.
    return Decoded(np.ascontiguousarray(pixels), Metadata(icc=icc, exif=exif, xmp=xmp), orientation=1)


def _avif(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    """By libavif: through Pillow, but for the pixels of more than 8 bits, which it has not.

    By libheif where libavif finds a rule broken that the picture does without.
    """
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
    try:
        image = AvifImageFile(io.BytesIO(data))
    except (SyntaxError, RuntimeError) as error:
        _log.info("%s: libavif: %s", path, error)
        try:
            return _by_libheif(data, own, check_size, notes)
        except vips().Error:
            if "Not implemented" not in str(error):
                raise
            raise PictureError(
                f"{path} is an AVIF file put together in a way that Unfade cannot read; save it as PNG."
            ) from error
    check_size(*image.size)
    if image.n_frames > 1:
        notes.add(f"Only the first of its {image.n_frames} frames is used.")
    depth = _av1_depth(data)
    # Of several frames imagecodecs decodes all, and asked for one it writes beyond its memory.
    if depth > 8 and image.n_frames == 1:
        pixels = imagecodecs.avif_decode(data)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    else:
        pixels = from_pillow(image, check_size).pixels
    if any(box.kind == b"pixi" and box.content[4:5] == b"\1" for box in own) and pixels.shape[2] > 2:
        pixels = pixels[..., :: 3 if pixels.shape[2] == 4 else 4]  # gray, which Pillow makes RGB
    for box in own:
        if box.kind == b"clap":
            pixels = _clean_aperture(pixels, box.content)
    if pixels.dtype == np.uint16:
        pixels = from_bits(pixels, depth, np.uint16)
    icc = image.info.get("icc_profile") or colours_of(own, pixels.shape[2] < 3, notes)
    exif, xmp = image.info.get("exif"), image.info.get("xmp")
    _tell_of_others(data, xmp, notes)
    turned = orientation_of(exif, None)  # by the file's boxes: Pillow sets it to that
    return Decoded(np.ascontiguousarray(pixels), Metadata(icc=icc, exif=exif, xmp=xmp), turned)


def _by_libheif(data: bytes, own: Sequence[Box], check_size: CheckSize, notes: Notes) -> Decoded:
    """An AVIF file as libvips reads it. Raises pyvips.Error."""
    image = vips().Image.heifload_buffer(data, fail_on="error")
    check_size(image.width, image.height)
    pixels = from_vips(image)
    if pixels.dtype == np.uint16:  # it leaves the lower bits empty
        bits = int(image.get("bits-per-sample"))
        pixels = from_bits(pixels >> (16 - bits), bits, np.uint16)
    icc, exif, xmp = (
        bytes(image.get(field)) if image.get_typeof(field) else None
        for field in (ICC_FIELD, "exif-data", "xmp-data")
    )
    icc = icc or colours_of(own, pixels.shape[2] < 3, notes)
    return Decoded(np.ascontiguousarray(pixels), Metadata(icc=icc, exif=exif, xmp=xmp), orientation=1)


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
        decoded = from_pillow(Jpeg2KImageFile(io.BytesIO(data)), check_size)
        pixels, dpi = decoded.pixels, decoded.metadata.dpi
    else:
        pixels, dpi = imagecodecs.jpeg2k_decode(data), None
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        pixels = from_bits(pixels, max(depths), np.uint16)  # sYCC is RGB by now
    metadata = Metadata(icc=icc, xmp=blocks.get(xmp_id), exif=blocks.get(exif_id), dpi=dpi)
    return Decoded(np.ascontiguousarray(pixels), metadata)


DECODERS: Mapping[str, Callable[[Path, CheckSize, Notes], Decoded]] = MappingProxyType(
    {"heic": _heic, "avif": _avif, "jpeg2000": _jpeg2000}
)
"""By name of the format. They raise OSError, ValueError or RuntimeError for files that are damaged."""


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
