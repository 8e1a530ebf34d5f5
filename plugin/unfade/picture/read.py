"""Reading pictures from files."""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade import memory
from unfade.errors import PictureError
from unfade.picture import scratch, tiff
from unfade.picture.colour import ICC_FIELD, as_gray_or_rgb, profile_of_png, ycbcr_to_rgb
from unfade.picture.formats import TITLES, Format, format_of_content
from unfade.picture.metadata import metadata_for, png_chunks
from unfade.picture.picture import LARGEST_FLOAT, Metadata, Picture, dtype_of, vips

_log = logging.getLogger(__name__)

DEFAULT_MAX_PIXELS = 400_000_000
"""Pictures of more pixels are refused: most often they are small files made to fill the memory."""

_STRIP_BYTES = 2**20
_BMP_ALPHA_BITFIELDS = 6
_BMP_BITFIELDS = (3, _BMP_ALPHA_BITFIELDS)  # compressions: masks say where each channel's bits are
_LYING = frozenset({5, 6, 7, 8})  # orientations whose stored picture lies on its side
# Pixels per mm that libvips reports where a file states none (PNG, WebP and TIFF, JPEG).
_DEFAULT_RESOLUTIONS = (0.0, 2.834, 1.0, 72 / 25.4)


def read_picture(path: Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Picture:
    """The picture in a PNG, JPEG, WebP, TIFF or BMP file, upright, whatever the file is called.

    Kept as they are: 8 and 16 bits, 32-bit floats (also above 1 and below 0), gray, RGB, alpha, ICC profile.
    Palettes and 1-bit pictures become 8 bits; CMYK, Lab and YCbCr become sRGB; numbers of 32 bits that hold
    those of 8 or 16 are scaled to their white. Of several pages the first is read that is no thumbnail.
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
            head = stream.read(70)
            if len(head) == 70 and head[30] in _BMP_BITFIELDS and head[14] >= 40:
                return _read_masked_bmp(path, stream, head, max_pixels)
            stream.seek(0)
            image = BmpImageFile(stream)
            _check_size(path, image.width, image.height, max_pixels)
            dpi = image.info.get("dpi", (0, 0))
            known = (round(dpi[0], 2), round(dpi[1], 2)) if min(dpi) > 0 else None
            return Picture(_decode_with_pillow(image), Metadata(dpi=known))
        except (OSError, SyntaxError, ValueError, struct.error, IndexError) as error:
            raise _damaged(path, kind) from error


def _read_masked_bmp(path: Path, stream: BinaryIO, head: bytes, max_pixels: int) -> Picture:
    """A BMP file of 16 or 32 bits a pixel whose channels lie where masks say, each scaled from its bits to 8.

    Pillow knows some such masks, and none that have alpha in 16 bits.

    Raises:
        OSError, ValueError: if it is cut short, or makes no sense.
    """
    start, size, width, height, _, depth, compression = struct.unpack_from("<10xIIiiHHI", head)
    across, down = struct.unpack_from("<ii", head, 38)
    masks = struct.unpack_from("<4I", head, 54)
    if not (size >= 56 or compression == _BMP_ALPHA_BITFIELDS) or not masks[3]:
        masks = masks[:3]
    if depth not in (16, 32) or width < 1 or height == 0 or not all(0 < mask < 1 << depth for mask in masks):
        raise ValueError("no such BMP file")
    _check_size(path, width, abs(height), max_pixels)
    stride = (width * depth // 8 + 3) // 4 * 4
    pixels = scratch.empty((abs(height), width, len(masks)), np.uint8)
    stream.seek(start)
    for y in range(len(pixels)):
        line = stream.read(stride)
        if len(line) < width * depth // 8:
            raise OSError("the file is cut short")
        values = np.frombuffer(line, f"<u{depth // 8}", count=width)
        row = pixels[y if height < 0 else -1 - y]
        for channel, mask in enumerate(masks):
            lowest = mask & -mask
            row[:, channel] = np.rint((values & mask) // lowest * (255 / (mask // lowest)))
    known = (round(across * 0.0254, 2), round(down * 0.0254, 2)) if min(across, down) > 0 else None
    return Picture(pixels, Metadata(dpi=known))


def _decode_with_pillow(image: Any) -> NDArray[np.uint8]:
    """The pixels of a Pillow image as 8-bit gray, RGB or RGBA, HWC. Raises OSError if they are cut short."""
    mode = {"1": "L", "L": "L", "RGBA": "RGBA"}.get(image.mode, "RGB")
    bands = len(mode)
    image.load()
    pixels = scratch.empty((image.height, image.width, bands), np.uint8)
    rows = max(1, _STRIP_BYTES // image.width)
    for y in range(0, image.height, rows):
        end = min(y + rows, image.height)
        strip = image.crop((0, y, image.width, end)).convert(mode)
        pixels[y:end] = np.asarray(strip).reshape(end - y, image.width, bands)
        scratch.let_go()
    return pixels


def _read_with_vips(path: Path, kind: Format, max_pixels: int) -> Picture:
    v = vips()
    memory.require(memory.NATIVE)
    page, chunks = None, dict[bytes, bytes]()
    if kind.name == "tiff":
        page = _page_of(path)
    elif kind.name == "png":
        with path.open("rb") as stream:
            chunks = png_chunks(stream)
    options = {"page": page.index} if page else {}

    def opened() -> Any:
        # A source, not a file name: libvips would take "[...]" in a name for options. Names need not be text.
        source = v.Source.new_from_file(os.fsencode(path))
        load = getattr(v.Image, f"{kind.name}load_source")
        # "error", not "truncated": that lets cut-off plain TIFFs pass. Mere warnings are passed over.
        return load(source, access="sequential", fail_on="error", **options)

    try:
        image = opened()
        _check_size(path, image.width, image.height, max_pixels)
        # An animated PNG tells the number of its frames in acTL.
        frames = int.from_bytes(chunks.get(b"acTL", b"")[:4], "big") or _integer(image, "n-pages", 1)
        if page is None and frames > 1:
            _log.warning("%s has %d frames; only the first is used.", path, frames)
        orientation = _integer(image, "orientation", 1)
        if image.format in ("float", "uint"):
            image = _scaled(image, _white_of(opened(), path), path)
        if page is not None:
            image = _colours_of_page(image, page, path)
        image = _known_samples(as_gray_or_rgb(image, path), path)
        pixels = _decode(image, orientation)
    except v.Error as error:
        _log.info("%s: %s", path, error)
        raise _damaged(path, kind) from error
    icc = profile_of_png(chunks, pixels.shape[2] < 3, path) or _blob(image, ICC_FIELD)
    exif = _blob(image, "exif-data")
    if kind.name == "tiff":
        with path.open("rb") as stream:
            exif = tiff.exif_of(stream, page)
    return Picture(pixels, _metadata(image, pixels, orientation, path, icc, exif))


def _page_of(path: Path) -> tiff.Page | None:
    """The page of a TIFF file to read: the first that is no thumbnail and no mask. None if none is found."""
    with path.open("rb") as stream:
        pages = tiff.pages(stream)
    if not pages:
        return None
    whole = [page for page in pages if page.is_whole_picture]
    if any(page.is_raw for page in pages) or (not whole and pages[0].has_children):
        raise PictureError(f"{path} is a RAW photograph of a camera; develop it first, and give the result.")
    if len(whole) > 1:
        _log.warning("%s has %d pages; only the first is used.", path, len(whole))
    return whole[0] if whole else pages[0]


def _colours_of_page(image: Any, page: tiff.Page, path: Path) -> Any:
    """The image with what libvips does not take from the tags: YCbCr, and channels that are no alpha."""
    samples = page.first(tiff.SAMPLES_PER_PIXEL, 1)
    if page.compression == tiff.OLD_JPEG and page.is_tiled:
        raise PictureError(
            f"{path} is compressed as old-style JPEG in tiles, which Unfade cannot read; "
            "save it with another compression."
        )
    if page.photometric == tiff.SEPARATED and page.first(tiff.INK_SET, 1) != 1:
        raise PictureError(f"{path} has other inks than CMYK; save it as RGB.")
    if page.photometric == tiff.YCBCR and page.first(tiff.PLANAR_CONFIG, 1) == 2:  # libvips mixes up the rows
        raise PictureError(
            f"{path} holds YCbCr in separate planes, which Unfade cannot read; save it as RGB."
        )
    if page.photometric == tiff.YCBCR and samples == 3:
        if image.bands == 4:  # decoded by libtiff, with an alpha that the file has not
            return image.extract_band(0, n=3)
        if page.compression != tiff.JPEG:
            return ycbcr_to_rgb(
                image, page.tags.get(tiff.YCBCR_COEFFICIENTS), page.tags.get(tiff.REFERENCE_BLACK_WHITE)
            )
    if len(page.extra_samples) == 1 and page.extra_samples[0] == 0 and image.bands == samples:
        _log.warning("%s: its last channel is not marked as alpha and is left out.", path)
        return image.extract_band(0, n=image.bands - 1)
    return image


def _white_of(image: Any, path: Path) -> float:
    """The value that stands for white in samples of 32 bits, integers or floats: 1, 255, 65535 or 2**32 - 1.

    Found in the values, as no tag tells it: programs write pictures of 8 and 16 bits as wider numbers.
    """
    integers = image.format == "uint"
    dtype = np.dtype(np.uint32 if integers else np.float32)
    lowest, highest, total, whole = 0.0, 0.0, 0.0, True
    for _, strip in _strips(image, dtype):
        known = strip if integers else np.nan_to_num(strip, nan=0.0, posinf=0.0, neginf=0.0)
        lowest, highest = min(lowest, float(known.min())), max(highest, float(known.max()))
        total += float(known.sum(dtype=np.float64))
        whole = whole and (integers or not (known % 1).any())
    mean = total / (image.width * image.height * image.bands)
    # Scene-linear light has highlights above 1, and is 1 at most on the mean.
    if integers or (highest > 1 and lowest >= 0 and (whole or mean > 1)):
        for white in (255.0, 65535.0):
            if highest <= white:
                _log.warning("%s: its 32-bit numbers end at %g; %g is taken for white.", path, highest, white)
                return white
        if integers:
            return 2.0**32 - 1
    return 1.0


def _scaled(image: Any, white: float, path: Path) -> Any:
    """The image with samples that pictures have: integers of 32 bits in 8 or 16, floats in [0, 1]."""
    if image.format == "float":
        scaled = image if white == 1 else image / white
        # The press's profile knows integers alone.
        return (scaled * 65535).rint().cast("ushort") if image.interpretation == "cmyk" else scaled
    if white == 255:
        return image.cast("uchar")
    if white == 65535:
        return image.cast("ushort")
    _log.warning("%s: 32-bit integers are reduced to 16 bits.", path)
    return (image >> 16).cast("ushort")


def _known_samples(image: Any, path: Path) -> Any:
    """The image with samples and channels that a Picture can hold."""
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
    pixels = scratch.empty(shape, dtype)
    stored = as_stored(pixels, orientation)
    for y, strip in _strips(image, dtype):
        stored[y : y + len(strip)] = _finite(strip) if dtype == np.float32 else strip
        scratch.let_go()
    return pixels


def _strips(image: Any, dtype: np.dtype[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The rows of a libvips image from top to bottom, as (first row, strip HWC)."""
    height, width, bands = image.height, image.width, image.bands
    region = vips().Region.new(image)
    rows = min(256, max(16, _STRIP_BYTES // (width * bands * dtype.itemsize)))
    for y in range(0, height, rows):
        count = min(rows, height - y)
        yield y, np.frombuffer(region.fetch(0, y, width, count), dtype).reshape(count, width, bands)


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


def _finite(strip: NDArray[np.float32]) -> NDArray[np.float32]:
    """Floats with no NaN and no infinity, and with alpha in [0, 1]; colours above 1 and below 0 stay."""
    strip = np.nan_to_num(strip, nan=0.0, posinf=LARGEST_FLOAT, neginf=-LARGEST_FLOAT)
    if strip.shape[2] in (2, 4):
        np.clip(strip[..., -1], 0, 1, out=strip[..., -1])
    return strip


def _metadata(
    image: Any, pixels: NDArray[Any], orientation: int, path: Path, icc: bytes | None, exif: bytes | None
) -> Metadata:
    height, width, channels = pixels.shape
    # Files hold whole pixels a metre or fractions of an inch: 299.9994 was 300 once.
    across, down = round(image.xres * 25.4, 2), round(image.yres * 25.4, 2)
    dpi: tuple[float, float] | None = (across, down)
    if not image.get_typeof("resolution-unit") and image.xres in _DEFAULT_RESOLUTIONS:
        dpi = None
    elif orientation in _LYING:
        dpi = (down, across)
    found = Metadata(icc=icc, exif=exif, xmp=_blob(image, "xmp-data"), dpi=dpi)
    return metadata_for(found, width, height, gray=channels < 3, path=path)


def _integer(image: Any, field: str, default: int) -> int:
    return int(image.get(field)) if image.get_typeof(field) else default


def _blob(image: Any, field: str) -> bytes | None:
    return bytes(image.get(field)) if image.get_typeof(field) else None
