"""JPEG XL (ISO/IEC 18181) read and written: by libjxl, in the file's own colours.

No package at hand lets libjxl's encoder be told a profile. But a codestream says its colours in a few bits of
its header, by white, primaries and curve, of which most profiles of photographs consist; so these are put in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.picture.boxes import boxes, encoded
from unfade.picture.colour import as_srgb, is_srgb
from unfade.picture.lab import srgb_to_linear
from unfade.picture.matrix_profile import MatrixProfile, matrix_profile
from unfade.picture.metadata import exif_with_resolution
from unfade.picture.picture import (
    CheckSize,
    Decoded,
    Metadata,
    Notes,
    Picture,
    from_bits,
    to_float,
    with_dtype,
)

_MOST_UNPACKED = 2**24  # bytes of metadata
_CONTAINER = b"\0\0\0\x0cJXL "
_CODESTREAM = b"\xff\x0a"
_LINEAR, _SRGB = 8, 13  # transfer functions
_RGB, _GRAY, _D65, _CUSTOM, _RELATIVE = 0, 1, 1, 2, 1
_NEAR = 2e-3  # of light, between a profile's curve and one that the format knows
_SRGB_TO_XYZ = np.array(
    [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
)
"""Of light with the white D65 (IEC 61966-2-1)."""


@dataclass(frozen=True)
class Colours:
    """What a codestream says of its colours, beside the white D65."""

    curve: int | float
    """_SRGB, _LINEAR, or the exponent from values to light."""
    primaries: tuple[tuple[float, float], ...] | None
    """Chromaticities of red, green and blue; None for gray."""

    @classmethod
    def of(cls, icc: bytes | None, gray: bool) -> Colours | None:
        """Those of a profile; sRGB's for none; None for one that is not so simple."""
        if icc is None:
            return cls(_SRGB, None if gray else ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)))
        profile = matrix_profile(icc, gray)
        curve = None if profile is None else _simple_curve(profile)
        if profile is None or curve is None:
            return None
        if profile.matrix is None:
            return cls(curve, None)
        xyz = _SRGB_TO_XYZ @ profile.matrix  # adapted to D65
        primaries = tuple(
            (float(x / s), float(y / s)) for x, y, s in zip(xyz[0], xyz[1], xyz.sum(0), strict=True)
        )
        return cls(curve, primaries) if all(-1 < n < 2 for pair in primaries for n in pair) else None

    def write(self, bits: _Bits) -> None:
        """ColourEncoding, as a codestream's header has it."""
        bits.put(0, 1)  # not the default
        bits.put(0, 1)  # no ICC profile
        bits.put_enum(_GRAY if self.primaries is None else _RGB)
        bits.put_enum(_D65)
        if self.primaries is not None:
            bits.put_enum(_CUSTOM)
            for pair in self.primaries:
                for number in pair:
                    bits.put_coordinate(number)
        exponent = self.curve not in (_SRGB, _LINEAR)
        bits.put(exponent, 1)
        if exponent:
            bits.put(round(1e7 / self.curve), 24)
        else:
            bits.put_enum(int(self.curve))
        bits.put_enum(_RELATIVE)


def _simple_curve(profile: MatrixProfile) -> int | float | None:
    """The one curve of all channels, if it is sRGB's, straight, or an exponent."""
    first = profile.curves[0]
    if any(np.abs(curve - first).max() > _NEAR for curve in profile.curves[1:]):
        return None
    values = np.arange(len(first)) / (len(first) - 1)
    if np.abs(first - srgb_to_linear(values.astype(np.float32))).max() <= _NEAR:
        return _SRGB
    middle = len(first) // 2
    exponent = math.log(max(first[middle], 1e-6)) / math.log(values[middle])
    if abs(exponent - 1) < 1e-3:
        return _LINEAR
    known = 1 < exponent < 8 and np.abs(first - values**exponent).max() <= _NEAR
    return exponent if known else None


class _Bits:
    """Bits from the lowest of the first byte on."""

    def __init__(self, data: bytes = b"") -> None:
        self.value, self.at, self._end = int.from_bytes(data, "little"), 0, 8 * len(data)

    def take(self, count: int) -> int:
        """The next bits as a number. Raises ValueError where there are no more."""
        if self.at + count > self._end:
            raise ValueError("the header is cut short")
        found = self.value >> self.at & ((1 << count) - 1)
        self.at += count
        return found

    def take_number(self, *kinds: tuple[int, int]) -> int:
        """A number of one of four kinds: an offset, and how many bits are added to it (U32)."""
        offset, count = kinds[self.take(2)]
        return offset + self.take(count)

    def since(self, start: int) -> tuple[int, int]:
        """The bits from `start` to here, and how many."""
        return self.value >> start & ((1 << self.at - start) - 1), self.at - start

    def put(self, number: int, count: int) -> None:
        self.value |= int(number) << self.at
        self.at += count

    def put_enum(self, number: int) -> None:
        if number < 2:
            self.put(number, 2)
        elif number < 18:
            self.put(2 | number - 2 << 2, 6)
        else:
            raise ValueError("no such number")

    def put_coordinate(self, number: float) -> None:
        """A chromaticity in millionths, signed."""
        whole = round(number * 1e6)
        packed = whole << 1 if whole >= 0 else -whole * 2 - 1
        for kind, (offset, count) in enumerate(((0, 19), (1 << 19, 19), (1 << 20, 20), (1 << 21, 21))):
            if packed < offset + (1 << count):
                self.put(kind, 2)
                self.put(packed - offset, count)
                return
        raise ValueError("no such chromaticity")

    def packed(self) -> bytes:
        return self.value.to_bytes((self.at + 7) // 8, "little")


def read_jxl(path: Path, check_size: CheckSize, notes: Notes) -> Decoded:
    """The picture in a JPEG XL file. Raises OSError, ValueError or RuntimeError where it is damaged."""
    import imagecodecs
    from pillow_jxl import Decoder

    data = path.read_bytes()
    check_size(*size_of(data))
    if is_animated(data):
        notes.add("Only the first of its frames is used.")
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
    for box in boxes(data) if data.startswith(_CONTAINER) else ():
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


def write_jxl(picture: Picture, metadata: Metadata, quality: int, stream: BinaryIO, notes: Notes) -> None:
    """Writes the picture with 8 bits, or with 16 where it has more, in its own colours.

    Quality 100 is lossless. A profile of tables, or of curves of its own, becomes sRGB, and that is told.
    """
    import imagecodecs

    icc, gray = metadata.icc, picture.is_gray
    if icc is not None and is_srgb(icc, gray):
        icc = None
    colours = Colours.of(icc, gray)
    if colours is None:
        picture, icc = as_srgb(Picture(picture.pixels, metadata)), None
        gray = picture.is_gray
        colours = Colours.of(None, gray)
        assert colours is not None
        notes.add("The colours are converted to sRGB, as JPEG XL cannot say such a profile's in few numbers.")
    depth = 8 if picture.pixels.dtype == np.uint8 else 16
    pixels = with_dtype(picture.pixels, np.uint8 if depth == 8 else np.uint16)
    lossless = quality == 100
    if not lossless and not (depth == 8 and colours.curve == _SRGB and (icc is None or gray)):
        pixels = _as_light(pixels, icc, gray)  # for the encoder 8 bits are sRGB's, and floats light
    data = bytes(
        imagecodecs.jpegxl_encode(
            pixels[..., 0] if pixels.shape[2] == 1 else pixels,
            distance=None if lossless else _distance(quality),
            lossless=lossless,
        )
    )
    codestream = with_colours(_codestream(data), colours, depth)
    blocks = b""
    if exif := exif_with_resolution(metadata):
        blocks += encoded(b"Exif", bytes(4) + exif)
    if metadata.xmp:
        blocks += encoded(b"xml ", metadata.xmp)
    if blocks:
        stream.write(encoded(b"JXL ", b"\r\n\x87\n") + encoded(b"ftyp", b"jxl " + bytes(4) + b"jxl "))
        stream.write(encoded(b"jxlc", codestream) + blocks)
    else:
        stream.write(codestream)


def _as_light(pixels: NDArray[Any], icc: bytes | None, gray: bool) -> NDArray[np.float32]:
    """Pixels (HWC) as light of sRGB's primaries, whatever its range; alpha as it is."""
    light = to_float(pixels)
    profile = matrix_profile(icc, gray) if icc is not None else None
    count = 1 if gray else 3
    colour = srgb_to_linear(light[..., :count]) if profile is None else profile.light(light[..., :count])
    return np.concatenate((colour, light[..., count:]), axis=2).astype(np.float32)


def _distance(quality: int) -> float:
    """Butteraugli's distance for a quality as of JPEG, as libjxl has it (JxlEncoderDistanceFromQuality)."""
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality**2 - 23 / 20 * quality + 25


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height by the header of a file. Raises ValueError where it is cut short."""
    return _size(_Bits(_codestream(data)[2:18].ljust(16, b"\0")))


def is_animated(data: bytes) -> bool:
    """Whether the header of a file says that it has several frames; False where it is cut short."""
    bits = _Bits(_codestream(data)[2:64])
    try:
        _size(bits)
        if bits.take(1) or not bits.take(1):  # nothing but the default, or no further fields
            return False
        bits.take(3)  # orientation
        if bits.take(1):
            _size(bits)  # at which it is meant to be shown
        return not bits.take(1) and bool(bits.take(1))  # of files with a preview it is not known
    except ValueError:
        return False


def _codestream(data: bytes) -> bytes:
    """A file's codestream, or the beginning of it."""
    if not data.startswith(_CONTAINER):
        return data
    found = ((b.kind, b.content) for b in boxes(data) if b.kind in (b"jxlc", b"jxlp"))
    return next((content[4:] if kind == b"jxlp" else content for kind, content in found), b"")


def _size(bits: _Bits) -> tuple[int, int]:
    def side(small: int) -> int:
        return 8 * (bits.take(5) + 1) if small else 1 + bits.take_number((0, 9), (0, 13), (0, 18), (0, 30))

    small = bits.take(1)
    height = side(small)
    ratio = bits.take(3)
    across, down = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio]
    return (side(small) if ratio == 0 else height * across // down), height


def with_colours(codestream: bytes, colours: Colours, depth: int) -> bytes:
    """A codestream of libjxl's encoder, with other colours and 8 or 16 bits said in its header.

    Raises ValueError for a header that says more than it does by itself.
    """
    old, new = _Bits(codestream[2:4096]), _Bits()
    _size(old)
    new.put(*old.since(0))
    new.put(0, 2)  # metadata that are not the default, and no further ones
    buffers, extra, perceptual = 1, (0, 2), 1  # of the default
    if not old.take(1):
        if old.take(1):
            raise ValueError("a header of more fields")
        _skip_depth(old)
        buffers = old.take(1)
        start = old.at
        _skip_extra_channels(old)
        extra = old.since(start)
        perceptual = old.take(1)
        _skip_colours(old)
        if old.take(2):
            raise ValueError("a header with extensions")
    if not old.take(1):
        raise ValueError("a header with transformations")
    end = (old.at + 7) // 8
    new.put(0, 1)  # whole numbers ...
    new.put(0 if depth == 8 else 3 | depth - 1 << 2, 2 if depth == 8 else 8)  # ... of so many bits
    new.put(buffers, 1)
    new.put(*extra)
    new.put(perceptual, 1)
    colours.write(new)
    new.put(0, 2)  # no extensions
    new.put(1, 1)  # the usual transformations
    return _CODESTREAM + new.packed() + codestream[2 + end :]


def _skip_depth(bits: _Bits) -> None:
    if bits.take(1):
        bits.take_number((32, 0), (16, 0), (24, 0), (1, 6))
        bits.take(4)
    else:
        bits.take_number((8, 0), (10, 0), (12, 0), (1, 6))


def _skip_extra_channels(bits: _Bits) -> None:
    for _ in range(bits.take_number((0, 0), (1, 0), (2, 4), (1, 12))):
        if bits.take(1):
            continue
        if bits.take_number((0, 0), (1, 0), (2, 4), (18, 6)):
            raise ValueError("a channel that is no alpha")
        _skip_depth(bits)
        bits.take_number((0, 0), (3, 0), (4, 0), (1, 3))
        bits.take(8 * bits.take_number((0, 0), (0, 4), (16, 5), (48, 10)))
        bits.take(1)


def _skip_colours(bits: _Bits) -> None:
    if bits.take(1):
        return
    kinds = ((0, 0), (1, 0), (2, 4), (18, 6))
    if bits.take(1):
        raise ValueError("a header with a profile")
    space = bits.take_number(*kinds)
    whites = 1 if bits.take_number(*kinds) == _CUSTOM else 0
    primaries = 3 if space == _RGB and bits.take_number(*kinds) == _CUSTOM else 0
    if whites or primaries:
        raise ValueError("colours of its own")
    if bits.take(1):
        bits.take(24)
    else:
        bits.take_number(*kinds)
    bits.take_number(*kinds)
