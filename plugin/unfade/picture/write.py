"""Writing pictures to files."""

from __future__ import annotations

import logging
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from unfade import memory
from unfade.errors import OutputError
from unfade.paths import whole_or_absent
from unfade.picture import scratch, tiff
from unfade.picture.colour import ICC_FIELD, embedded_to_srgb, with_profile
from unfade.picture.formats import OUTPUT_FORMATS, Format, format_named, format_of_suffix
from unfade.picture.metadata import HeadRewriter, jpeg_head, metadata_for, png_head, webp_with_exif
from unfade.picture.picture import Metadata, Picture, peak_of, to_vips, vips, with_dtype

_log = logging.getLogger(__name__)

_KEPT = "icc|xmp"  # EXIF is ours to write
_NO_DPI = 72.0  # what readers assume; TIFF must state something
_CLASSIC_TIFF_LIMIT = 4_000_000_000
_INCHES_A_METRE = 100 / 2.54
_STRIP_PIXELS = 2**20


def write_picture(picture: Picture, path: Path, *, format: str | None = None, quality: int = 95) -> None:
    """Writes a picture with its metadata, whole or not at all.

    The file is written beside its final name, flushed to the disk, and renamed.

    - PNG and TIFF hold everything: alpha, 8 and 16 bits (TIFF also 32-bit floats; PNG rounds those to 16).
    - JPEG, WebP and BMP are 8-bit: deeper pictures are rounded. JPEG has no alpha: it is laid on white.
    - WebP knows no gray (it is written as RGB, sRGB if it had a profile) and no resolution. BMP holds no
      metadata but the resolution.
    - EXIF and XMP are made true for the written size and orientation; a profile that does not fit the pixels
      (a gray one on RGB) is left out.

    Args:
        picture: what to write.
        path: the final name; a file there is replaced.
        format: a name in OUTPUT_FORMATS; by default the suffix of `path` decides.
        quality: 1 to 100, for JPEG (from 90 without chroma subsampling) and WebP (100 is lossless).

    Raises:
        OutputError: if the format is unknown or cannot hold so large a picture, or writing fails.
    """
    path = Path(path)
    kind = _format_for(path, format)
    if not 1 <= quality <= 100:
        raise OutputError(f"{path} is not written: quality must be between 1 and 100, not {quality}.")
    _check_side(path, kind, picture.width, picture.height)
    metadata = metadata_for(picture.metadata, picture.width, picture.height, gray=picture.is_gray, path=path)
    with whole_or_absent(path) as stream:
        if kind.name == "bmp":
            _write_bmp(picture.pixels, metadata, stream)
        else:
            _write_with_vips(picture, metadata, kind, quality, path, stream)


def check_output(path: Path, width: int, height: int, *, samples: int = 3, format: str | None = None) -> None:
    """Refuses a file that cannot be written, before the time is spent that its pixels take.

    Args:
        path, format: as for :func:`write_picture`.
        width, height: of the picture to come.
        samples: bytes a pixel.

    Raises:
        OutputError: the folder cannot be written or has hardly any room, the name is taken by something that
            is no file, or the format holds no picture of that size.
    """
    kind = _format_for(path, format)
    check_writable(path)
    _check_side(path, kind, width, height)
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    needed = round(width * height * samples * kind.least_share)
    if shutil.disk_usage(folder).free < needed:
        raise OutputError(
            f"{path} cannot be written: there is no room for its {width} x {height} pixels, which take "
            f"{needed / 1e6:.0f} MB at least; free some space or choose another folder."
        )


def check_writable(path: Path) -> None:
    """Raises OutputError where a file of that name cannot come into being. Makes nothing."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder, so no picture can be written there; choose another name.")
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written because {folder} is not a folder; choose another place.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"{path} cannot be written because {folder} may not be written to; choose another place."
        )


def _check_side(path: Path, kind: Format, width: int, height: int) -> None:
    if max(width, height) > kind.max_side:
        raise OutputError(
            f"{path} cannot be written: a {kind.title} file holds at most {kind.max_side} pixels a side, and "
            f"this picture has {width} x {height}; choose PNG or TIFF."
        )


def _format_for(path: Path, name: str | None) -> Format:
    kind = format_of_suffix(path) if name is None else format_named(name)
    if kind is None:
        what = f'"{path.suffix}"' if name is None and path.suffix else f'"{name}"' if name else "no suffix"
        raise OutputError(
            f"{path} cannot be written: {what} is not a format that Unfade writes; "
            f"use one of {', '.join(OUTPUT_FORMATS)}."
        )
    return kind


def _write_with_vips(
    picture: Picture, metadata: Metadata, kind: Format, quality: int, path: Path, stream: BinaryIO
) -> None:
    image = _with_metadata(_as_vips(picture, kind, path), metadata)
    if kind.name == "png":
        # Filters are chosen row by row; level 3 is as small as 6 on photographs, in half the time.
        head = HeadRewriter(stream, png_head(metadata.exif, metadata.dpi))
        _save(image.pngsave_target, head, compression=3, filter="all")
    elif kind.name == "jpeg":
        head = HeadRewriter(stream, jpeg_head(metadata.exif, metadata.dpi))
        _save(image.jpegsave_target, head, Q=quality)
    elif kind.name == "webp":
        encoded = _webp(image, quality, path)
        if metadata.exif:
            encoded = webp_with_exif(encoded, metadata.exif, picture.width, picture.height, picture.has_alpha)
        stream.write(encoded)
    else:
        _save(
            image.tiffsave_target,
            stream,
            compression="deflate",
            # Many readers do not know the predictor for floats.
            predictor="none" if image.format == "float" else "horizontal",
            bigtiff=picture.pixels.nbytes > _CLASSIC_TIFF_LIMIT,
        )
        if metadata.exif:
            tiff.add_exif(stream, metadata.exif)


def _as_vips(picture: Picture, kind: Format, path: Path) -> Any:
    """The picture as a libvips image of the depth to be written, converted as it is read, row by row."""
    image = to_vips(picture.pixels)
    if picture.pixels.dtype == np.float32 and not kind.floats:
        lowest, highest = float(picture.colour.min()), float(picture.colour.max())
        if lowest < 0 or highest > 1:
            _log.warning("%s: values from %g to %g are clipped to 0 to 1.", path, lowest, highest)
    if picture.has_alpha and not kind.alpha:
        image = image.cast("float").flatten(background=picture.peak, max_alpha=picture.peak)
    format, peak = "uchar", peak_of(np.uint8)
    if kind.deep and picture.pixels.dtype != np.uint8:
        floats = kind.floats and picture.pixels.dtype == np.float32
        format, peak = ("float", 1.0) if floats else ("ushort", peak_of(np.uint16))
    if image.format != format:
        image = (image * (peak / picture.peak)).rint().cast(format)
    deep = format == "ushort"
    if picture.is_gray:
        return image.copy(interpretation="grey16" if deep else "b-w")
    return image.copy(interpretation="rgb16" if deep else "srgb")


def _with_metadata(image: Any, metadata: Metadata) -> Any:
    across, down = metadata.dpi or (_NO_DPI, _NO_DPI)
    image = image.copy(xres=across / 25.4, yres=down / 25.4)
    if metadata.icc:
        image = with_profile(image, metadata.icc)
    if metadata.xmp:
        image.set_type(vips().GValue.blob_type, "xmp-data", metadata.xmp)
    return image


def _save(save: Any, stream: BinaryIO | HeadRewriter, **options: Any) -> None:
    """Runs a vips save operation into a Python stream.

    Raises:
        OSError: what the stream raised, or what libvips says went wrong.
    """
    failure: list[OSError] = []

    def guarded(call: Callable[..., Any], failed: Any) -> Callable[..., Any]:
        """The call as libvips wants it: an exception cannot pass through C."""

        def guard(*arguments: Any) -> Any:
            try:
                return call(*arguments)
            except OSError as error:
                failure.append(error)
                return failed

        return guard

    v = vips()
    target = v.TargetCustom()

    def write(data: Any) -> int:
        scratch.let_go()
        return stream.write(bytes(data))

    target.on_write(guarded(write, -1))
    if not isinstance(stream, HeadRewriter):  # TIFF goes back to its header
        target.on_read(guarded(stream.read, b""))
        target.on_seek(guarded(stream.seek, -1))
    memory.require(memory.NATIVE)
    try:
        save(target, keep=_KEPT, **options)
    except v.Error as error:
        raise failure[0] if failure else OSError(_first_line(error)) from error
    if failure:
        raise failure[0]


def _webp(image: Any, quality: int, path: Path) -> bytes:
    """A WebP file without EXIF; libwebp keeps all of it in memory."""
    v = vips()
    if image.bands < 3 and image.get_typeof(ICC_FIELD):  # WebP has no gray for the profile to describe
        image = embedded_to_srgb(image)
    memory.require(memory.NATIVE)
    try:
        return bytes(image.webpsave_buffer(Q=quality, lossless=quality == 100, keep=_KEPT))
    except v.Error as error:
        _log.info("%s: %s", path, error)
        raise OutputError(
            f"{path} cannot be written: the WebP encoder fails on this picture; choose PNG or JPEG."
        ) from error


def _write_bmp(pixels: NDArray[Any], metadata: Metadata, stream: BinaryIO) -> None:
    """Writes HWC pixels, rounded to 8 bits a sample: gray as a palette, RGB in 24 bits, with alpha in 32."""
    if metadata.icc:
        _log.warning("BMP cannot hold the colour profile; it is left out.")
    height, width, channels = pixels.shape
    depth = {1: 8, 2: 32, 3: 24, 4: 32}[channels]
    stride = (width * depth // 8 + 3) // 4 * 4
    size = stride * height
    pixels_per_metre = [round(d * _INCHES_A_METRE) for d in metadata.dpi] if metadata.dpi else [0, 0]
    colours = 256 if depth == 8 else 0
    alpha = depth == 32
    # BITMAPINFOHEADER, or BITMAPV4HEADER where masks say which byte is alpha (3: BI_BITFIELDS).
    info = struct.pack(
        "<IiiHHIIiiII",
        108 if alpha else 40,
        width,
        height,
        1,
        depth,
        3 if alpha else 0,
        size & 0xFFFFFFFF,
        *pixels_per_metre,
        colours,
        colours,
    )
    if alpha:
        info += struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    palette = b"".join(bytes((i, i, i, 0)) for i in range(colours))
    start = 14 + len(info) + len(palette)
    stream.write(struct.pack("<2sIHHI", b"BM", min(start + size, 0xFFFFFFFF), 0, 0, start) + info + palette)
    order = {1: [0], 2: [0, 0, 0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    rows = max(1, _STRIP_PIXELS // width)
    for end in range(height, 0, -rows):  # bottom row first
        strip = pixels[max(end - rows, 0) : end][::-1]
        strip = with_dtype(strip, np.uint8)
        padded = np.zeros((len(strip), stride), np.uint8)
        scratch.let_go()
        padded[:, : width * depth // 8] = strip[..., order].reshape(len(strip), -1)
        stream.write(padded.data)


def _first_line(error: Exception) -> str:
    """The part of a libvips message that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[min(1, len(lines) - 1)]
