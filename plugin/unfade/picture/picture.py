"""A picture in memory: pixels, metadata and what was lost; pixels converted between dtypes, to libvips and
back, and from Pillow."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unfade.picture import scratch

_STRIP_BYTES = 2**20
_PEAKS = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}
LARGEST_FLOAT = 65504.0
"""What stands for infinity in pixels: the largest number of 16-bit floats."""

_VIPS_FORMATS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}
_DTYPES = {name: np.dtype(dtype) for dtype, name in _VIPS_FORMATS.items()}


class Notes:
    """Sentences on what was lost, guessed or left out of one file, in the order in which it happened.

    Each goes to the log too, with the file's name before it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """A sentence, with a capital and a full stop; once is enough."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)
            logging.getLogger(__name__).warning("%s: %s", self.path, sentence)

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(self._sentences)


@dataclass(frozen=True)
class Metadata:
    """What travels with the pixels, unchanged unless it must change."""

    icc: bytes | None = None
    """ICC profile of the pixels (a gray profile for gray pictures); None means sRGB, or sRGB's gray."""
    exif: bytes | None = None
    """EXIF block, beginning with its byte order mark ("II" or "MM"); orientation already reset to 1."""
    xmp: bytes | None = None
    """XMP packet."""
    dpi: tuple[float, float] | None = None
    """Horizontal and vertical resolution in pixels per inch; None where the file gives none, or no unit."""
    iptc: bytes | None = None
    """IPTC caption: records of IIM."""
    texts: tuple[tuple[str, str], ...] = ()
    """Keywords and texts of a PNG file; a JPEG's or a GIF's comment has the keyword "Comment"."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: straight (not premultiplied) pixels in display orientation, and their metadata.

    Raises:
        ValueError: if the pixels are not a C-contiguous HWC array of a known dtype (a programming error).
    """

    pixels: NDArray[Any]
    """HWC, C-contiguous; uint8, uint16, or float32 whose white is 1. C: 1 gray, 3 RGB, 2 and 4 with alpha.

    Colours of floats may lie above 1 and below 0 (highlights, colours out of gamut); all are finite.
    """
    metadata: Metadata = field(default_factory=Metadata)
    warnings: tuple[str, ...] = ()
    """Sentences on what was lost or guessed when it was read from a file; of a filter's result, on what was
    asked for and not done."""

    def __post_init__(self) -> None:
        pixels = self.pixels
        if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4) or 0 in pixels.shape:
            raise ValueError(f"pixels must be HWC with 1 to 4 channels, not of shape {pixels.shape}")
        if not pixels.flags.c_contiguous:
            raise ValueError("pixels must be C-contiguous")
        peak_of(pixels.dtype)  # raises for other types

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] in (2, 4)

    @property
    def is_gray(self) -> bool:
        return bool(self.pixels.shape[2] < 3)

    @property
    def colour(self) -> NDArray[Any]:
        """View of the colour channels, HW1 (gray) or HW3 (RGB)."""
        return self.pixels[..., : 1 if self.is_gray else 3]

    @property
    def alpha(self) -> NDArray[Any] | None:
        """View of the alpha channel, HW; None without one."""
        return self.pixels[..., -1] if self.has_alpha else None

    @property
    def peak(self) -> float:
        """The value of white: 255, 65535 or 1.0."""
        return peak_of(self.pixels.dtype)


CheckSize = Callable[[int, int], None]
"""Called with width and height before pixels are decoded; raises for a picture that is too large."""


@dataclass(frozen=True)
class Decoded:
    """What a decoder gives: pixels as stored (HWC, 8 or 16 bits, or floats), and the file's metadata."""

    pixels: NDArray[Any]
    metadata: Metadata = Metadata()
    orientation: int | None = None
    """How the pixels lie, as EXIF has it; None where EXIF or XMP is to be asked."""


def peak_of(dtype: DTypeLike) -> float:
    """The value of white for pixels of `dtype`: 255, 65535 or 1.0.

    Raises:
        ValueError: for a type that pictures do not have.
    """
    try:
        return _PEAKS[np.dtype(dtype)]
    except KeyError:
        raise ValueError(f"pixels must be uint8, uint16 or float32, not {np.dtype(dtype)}") from None


def to_float(array: NDArray[Any]) -> NDArray[np.float32]:
    """uint8, uint16 or float32 pixels of any shape as float32 in [0, 1]; float32 is not copied."""
    if array.dtype == np.float32:
        return array
    out: NDArray[np.float32] = array.astype(np.float32)
    out /= np.float32(peak_of(array.dtype))
    return out


def from_float(array: NDArray[np.floating[Any]], dtype: DTypeLike) -> NDArray[Any]:
    """float pixels in [0, 1] as `dtype` (uint8, uint16, float32).

    Clipped, rounded to nearest, without dither; NaN becomes 0. `from_float(to_float(a), a.dtype)` equals `a`.
    """
    peak = peak_of(dtype)
    out = np.array(array, dtype=np.float32)
    np.fmax(out, np.float32(0), out=out)  # of NaN and 0 it takes 0
    np.fmin(out, np.float32(1), out=out)
    if np.dtype(dtype) == np.float32:
        return out
    np.multiply(out, np.float32(peak), out=out)
    return np.rint(out, out=out).astype(dtype)


def finite(pixels: NDArray[Any]) -> NDArray[Any]:
    """HWC pixels with floats that files and networks can take: NaN becomes 0, infinity LARGEST_FLOAT, and
    alpha is cut off to [0, 1]; colours above 1 and below 0 stay. Integers are given back as they are."""
    if pixels.dtype != np.float32:
        return pixels
    pixels = np.nan_to_num(pixels, nan=0.0, posinf=LARGEST_FLOAT, neginf=-LARGEST_FLOAT)
    if pixels.shape[2] in (2, 4):
        np.clip(pixels[..., -1], 0, 1, out=pixels[..., -1])
    return pixels


def value_range(pixels: NDArray[Any]) -> tuple[float, float]:
    """The lowest and the highest value of HWC or HW pixels."""
    lowest, highest = np.inf, -np.inf
    rows = max(1, _STRIP_BYTES // pixels.shape[1])
    for y in range(0, len(pixels), rows):
        strip = pixels[y : y + rows]
        lowest, highest = min(lowest, float(strip.min())), max(highest, float(strip.max()))
        scratch.let_go()
    return lowest, highest


def from_bits(array: NDArray[Any], bits: int, dtype: DTypeLike) -> NDArray[Any]:
    """Integers of 1 to 16 bits a sample as uint8 or uint16, scaled so that white is white.

    Raises:
        IndexError: if one has more bits.
    """
    peak = peak_of(dtype)
    if 2**bits - 1 == peak:
        return array.astype(dtype, copy=False)
    values = np.rint(np.arange(2**bits) * (peak / (2**bits - 1))).astype(dtype)
    scaled: NDArray[Any] = values[array]
    return scaled


def with_dtype(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Pixels of any shape as `dtype` (uint8, uint16 or float32); `array` itself where it has that dtype."""
    if array.dtype == np.dtype(dtype):
        return array
    return from_float(to_float(array), dtype)


@functools.cache
def vips() -> Any:
    """The pyvips module, imported when the first picture is read or written.

    Its cache of operations is off: it would keep files open and pictures alive. Its log (what libvips says of
    odd files) goes only to those who set up logging, not to the terminal.
    """
    import pyvips

    logging.getLogger("pyvips").addHandler(logging.NullHandler())
    pyvips.cache_set_max(0)
    return pyvips


def to_vips(pixels: NDArray[Any]) -> Any:
    """HWC pixels (C-contiguous) as a libvips image of gray or RGB, sharing their memory."""
    height, width, bands = pixels.shape
    image = vips().Image.new_from_memory(pixels.data, width, height, bands, _VIPS_FORMATS[pixels.dtype.name])
    deep = pixels.dtype == np.uint16
    if bands < 3:
        return image.copy(interpretation="grey16" if deep else "b-w")
    return image.copy(interpretation="rgb16" if deep else "srgb")


def from_vips(image: Any) -> NDArray[Any]:
    """The pixels of a libvips image of 8 or 16 bits or 32-bit floats, HWC (read-only)."""
    flat = np.frombuffer(image.write_to_memory(), dtype_of(image))
    return flat.reshape(image.height, image.width, image.bands)


def from_pillow(image: Any, check_size: CheckSize) -> Decoded:
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


def strips(image: Any, dtype: np.dtype[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The rows of a libvips image from top to bottom, as (first row, strip HWC of that dtype)."""
    height, width, bands = image.height, image.width, image.bands
    region = vips().Region.new(image)
    rows = min(256, max(16, _STRIP_BYTES // (width * bands * dtype.itemsize)))
    for y in range(0, height, rows):
        count = min(rows, height - y)
        yield y, np.frombuffer(region.fetch(0, y, width, count), dtype).reshape(count, width, bands)


def dtype_of(image: Any) -> np.dtype[Any]:
    """The numpy type of a libvips image's samples. Raises KeyError for one that pictures do not have."""
    return _DTYPES[image.format]
