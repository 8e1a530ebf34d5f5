"""Reading pictures from files."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import tiff
from unfade.picture.colour import ICC_FIELD, as_gray_or_rgb
from unfade.picture.formats import TITLES, Format, format_of_content
from unfade.picture.metadata import metadata_for
from unfade.picture.picture import Metadata, Picture, dtype_of, vips

_log = logging.getLogger(__name__)

DEFAULT_MAX_PIXELS = 400_000_000
"""Pictures of more pixels are refused: most often they are small files made to fill the memory."""

_STRIP_BYTES = 2**20
_LYING = frozenset({5, 6, 7, 8})  # orientations whose stored picture lies on its side
# Pixels per mm that libvips reports where a file states none (PNG, WebP and TIFF, JPEG).
_DEFAULT_RESOLUTIONS = (0.0, 2.834, 1.0, 72 / 25.4)


def read_picture(path: Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Picture:
    """The picture in a PNG, JPEG, WebP, TIFF or BMP file, upright, whatever the file is called.

    Kept as they are: 8 and 16 bits, 32-bit floats (clipped to [0, 1]), gray, RGB, alpha, ICC profile.
    Palettes and 1-bit pictures become 8 bits, CMYK and Lab become sRGB. Of several pages the first is read.
    Memory beside the pixels is a few strips, except for what the decoders themselves need: libwebp and
    interlaced PNG the picture once more, progressive JPEG its coefficients, BMP (Pillow) 4 bytes a pixel.

    Args:
        path: the file.
        max_pixels: refuse larger pictures, by their header, before pixels are decoded.

    Raises:
        PictureError: if there is no such file, or no picture in it that can be read whole.
    """
    path = Path(path)
    kind = _format_of(path)
    try:
        if kind.name == "bmp":
            return _read_bmp(path, kind, max_pixels)
        return _read_with_vips(path, kind, max_pixels)
    except MemoryError:
        raise PictureError(f"{path} does not fit into the memory of this computer.") from None
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror or error}.") from error


def _format_of(path: Path) -> Format:
    """The format by content; anything that is not a readable picture file raises."""
    try:
        if path.is_dir():
            raise PictureError(f"{path} is a folder, not a picture; name a file in it.")
        if path.exists() and not path.is_file():
            raise PictureError(f"{path} is not a file; name a picture file.")
        with path.open("rb") as stream:
            head = stream.read(12)
    except FileNotFoundError:
        raise PictureError(f"{path} does not exist; check the name and the folder.") from None
    except PermissionError:
        raise PictureError(f"{path} may not be read; give yourself permission to read it.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise PictureError(
            f"{path} cannot be opened: {getattr(error, 'strerror', None) or error}; check the name."
        ) from error
    if not head:
        raise PictureError(f"{path} is empty (0 bytes); get a fresh copy of the picture.")
    kind = format_of_content(head)
    if kind is None:
        raise PictureError(f"{path} is not a picture that Unfade can read; convert it to {TITLES}.")
    return kind


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise PictureError(
            f"{path} claims {width} x {height} pixels ({width * height / 1e6:.0f} megapixels), more than the "
            f"limit of {max_pixels / 1e6:g} megapixels; crop or reduce it, or raise the limit."
        )


def _damaged(path: Path, kind: Format) -> PictureError:
    return PictureError(
        f"{path} is a damaged or incomplete {kind.title} file; get a fresh copy of the picture."
    )


def _read_bmp(path: Path, kind: Format, max_pixels: int) -> Picture:
    """A BMP file, which libvips does not know."""
    # Not Image.open: its limit of pixels is not ours, and process-wide.
    from PIL.BmpImagePlugin import BmpImageFile

    with path.open("rb") as stream:
        try:
            image = BmpImageFile(stream)
            _check_size(path, image.width, image.height, max_pixels)
            dpi = image.info.get("dpi", (0, 0))
            known = (round(dpi[0], 2), round(dpi[1], 2)) if min(dpi) > 0 else None
            return Picture(_decode_with_pillow(image), Metadata(dpi=known))
        except (OSError, SyntaxError, ValueError, struct.error, IndexError) as error:
            raise _damaged(path, kind) from error


def _decode_with_pillow(image: Any) -> NDArray[np.uint8]:
    """The pixels of a Pillow image as 8-bit gray, RGB or RGBA, HWC. Raises OSError if they are cut short."""
    mode = {"1": "L", "L": "L", "RGBA": "RGBA"}.get(image.mode, "RGB")
    bands = len(mode)
    image.load()
    pixels = np.empty((image.height, image.width, bands), np.uint8)
    rows = max(1, _STRIP_BYTES // image.width)
    for y in range(0, image.height, rows):
        end = min(y + rows, image.height)
        strip = image.crop((0, y, image.width, end)).convert(mode)
        pixels[y:end] = np.asarray(strip).reshape(end - y, image.width, bands)
    return pixels


def _read_with_vips(path: Path, kind: Format, max_pixels: int) -> Picture:
    v = vips()
    try:
        # A source, not a file name: libvips would take "[...]" in a name for options. Names need not be text.
        source = v.Source.new_from_file(os.fsencode(path))
        load = getattr(v.Image, f"{kind.name}load_source")
        # "error", not "truncated": that lets cut-off plain TIFFs pass. Mere warnings are passed over.
        image = load(source, access="sequential", fail_on="error")
        _check_size(path, image.width, image.height, max_pixels)
        _warn_of_further_frames(image, path, kind)
        orientation = _integer(image, "orientation", 1)
        image = _known_samples(as_gray_or_rgb(image, path), path)
        pixels = _decode(image, orientation)
    except v.Error as error:
        _log.info("%s: %s", path, error)
        raise _damaged(path, kind) from error
    return Picture(pixels, _metadata(image, pixels, orientation, path, kind))


def _known_samples(image: Any, path: Path) -> Any:
    """The image with samples and channels that a Picture can hold."""
    if image.format == "uint":
        _log.warning("%s: 32-bit integers are reduced to 16 bits.", path)
        image = (image >> 16).cast("ushort")
    if image.format not in ("uchar", "ushort", "float"):
        raise PictureError(
            f"{path} has samples of a kind that Unfade cannot read ({image.format}); "
            "save it with 8 or 16 bits a channel."
        )
    if image.bands > 4:
        raise PictureError(
            f"{path} has {image.bands} channels; save it as gray or RGB, with or without alpha."
        )
    return image


def _decode(image: Any, orientation: int) -> NDArray[Any]:
    """The pixels, upright, HWC, decoded from top to bottom a strip at a time."""
    dtype = dtype_of(image)
    height, width, bands = image.height, image.width, image.bands
    shape = (width, height, bands) if orientation in _LYING else (height, width, bands)
    pixels: NDArray[Any] = np.empty(shape, dtype)
    stored = as_stored(pixels, orientation)
    region = vips().Region.new(image)
    rows = min(256, max(16, _STRIP_BYTES // (width * bands * dtype.itemsize)))
    for y in range(0, height, rows):
        count = min(rows, height - y)
        strip = np.frombuffer(region.fetch(0, y, width, count), dtype).reshape(count, width, bands)
        stored[y : y + count] = _clipped(strip) if dtype == np.float32 else strip
    return pixels


def as_stored(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of an upright picture (HWC) laid out as a file of that EXIF orientation stores it.

    Writing stored rows into the view turns the picture upright without a second copy of it. Values other than
    2 to 8 mean upright.
    """
    if orientation in _LYING:
        upright = upright.swapaxes(0, 1)
    if orientation in (3, 4, 6, 7):
        upright = upright[::-1]
    if orientation in (2, 3, 7, 8):
        upright = upright[:, ::-1]
    return upright


def _clipped(strip: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(np.nan_to_num(strip, nan=0.0), 0.0, 1.0)


def _metadata(image: Any, pixels: NDArray[Any], orientation: int, path: Path, kind: Format) -> Metadata:
    height, width, channels = pixels.shape
    # Files hold whole pixels a metre or fractions of an inch: 299.9994 was 300 once.
    across, down = round(image.xres * 25.4, 2), round(image.yres * 25.4, 2)
    dpi: tuple[float, float] | None = (across, down)
    if not image.get_typeof("resolution-unit") and image.xres in _DEFAULT_RESOLUTIONS:
        dpi = None
    elif orientation in _LYING:
        dpi = (down, across)
    exif = _tiff_exif(path) if kind.name == "tiff" else _blob(image, "exif-data")
    found = Metadata(icc=_blob(image, ICC_FIELD), exif=exif, xmp=_blob(image, "xmp-data"), dpi=dpi)
    return metadata_for(found, width, height, gray=channels < 3, path=path)


def _tiff_exif(path: Path) -> bytes | None:
    with path.open("rb") as stream:
        return tiff.exif_of(stream)


def _warn_of_further_frames(image: Any, path: Path, kind: Format) -> None:
    frames = _integer(image, "n-pages", 1)
    if kind.name == "png":
        with path.open("rb") as stream:
            frames = _apng_frames(stream)
    if frames > 1:
        what = "pages" if kind.name == "tiff" else "frames"
        _log.warning("%s has %d %s; only the first is used.", path, frames, what)


def _apng_frames(stream: BinaryIO) -> int:
    """The number of frames an animated PNG announces before its pixels; 1 for others."""
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        if name == b"acTL":
            return int.from_bytes(stream.read(4), "big")
        if name == b"IDAT":
            break
        stream.seek(size + 4, 1)
    return 1


def _integer(image: Any, field: str, default: int) -> int:
    return int(image.get(field)) if image.get_typeof(field) else default


def _blob(image: Any, field: str) -> bytes | None:
    return bytes(image.get(field)) if image.get_typeof(field) else None
