"""Writing pictures to files."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from unfade.errors import OutputError
from unfade.paths import whole_or_absent
from unfade.picture import exif, xmp
from unfade.picture._vips import vips
from unfade.picture.bmp import write_bmp
from unfade.picture.colour import ICC_FIELD, matching_profile, without_profile
from unfade.picture.container import HeadRewriter, jpeg_head, png_head, webp_with_exif
from unfade.picture.formats import OUTPUT_FORMATS, Format, format_named, format_of_suffix
from unfade.picture.picture import Metadata, Picture

_log = logging.getLogger(__name__)

_KEPT = "icc|xmp"  # EXIF is ours to write
_NO_DPI = 72.0  # what readers assume; TIFF must state something
_CLASSIC_TIFF_LIMIT = 4_000_000_000


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
    if max(picture.width, picture.height) > kind.max_side:
        raise OutputError(
            f"{path} cannot be written: a {kind.title} file holds at most {kind.max_side} pixels a side, and "
            f"this picture has {picture.width} x {picture.height}; choose PNG or TIFF."
        )
    metadata = _true_metadata(picture, path)
    with whole_or_absent(path) as stream:
        if kind.name == "bmp":
            _write_bmp(picture, metadata, stream)
        else:
            _write_with_vips(picture, metadata, kind, quality, path, stream)


def _format_for(path: Path, name: str | None) -> Format:
    kind = format_of_suffix(path) if name is None else format_named(name)
    if kind is None:
        what = f'"{path.suffix}"' if name is None and path.suffix else f'"{name}"' if name else "no suffix"
        raise OutputError(
            f"{path} cannot be written: {what} is not a format that Unfade writes; "
            f"use one of {', '.join(OUTPUT_FORMATS)}."
        )
    return kind


def _true_metadata(picture: Picture, path: Path) -> Metadata:
    """The metadata as it is to be written."""
    m = picture.metadata
    return Metadata(
        icc=matching_profile(m.icc, picture.is_gray, path),
        exif=exif.updated(m.exif, picture.width, picture.height) if m.exif else None,
        xmp=xmp.updated(m.xmp, picture.width, picture.height) if m.xmp else None,
        dpi=m.dpi,
    )


def _write_bmp(picture: Picture, metadata: Metadata, stream: BinaryIO) -> None:
    if metadata.icc:
        _log.warning("BMP cannot hold the colour profile; it is left out.")
    write_bmp(stream, picture.pixels, metadata.dpi)


def _write_with_vips(
    picture: Picture, metadata: Metadata, kind: Format, quality: int, path: Path, stream: BinaryIO
) -> None:
    image = _with_metadata(_as_vips(picture, kind.deep, kind.alpha, kind.name == "tiff"), metadata)
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
            exif.add_to_tiff(stream, metadata.exif)


def _as_vips(picture: Picture, deep: bool, alpha: bool, floats: bool = False) -> Any:
    """The picture as a vips image at the depth to be written, converted as it is read, row by row."""
    pixels = picture.pixels
    height, width, bands = pixels.shape
    formats = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}
    image = vips().Image.new_from_memory(pixels.data, width, height, bands, formats[pixels.dtype.name])
    if picture.has_alpha and not alpha:
        image = image.cast("float").flatten(background=picture.peak, max_alpha=picture.peak)
    target = (
        np.dtype(np.uint8)
        if not deep or pixels.dtype == np.uint8
        else np.dtype(np.float32 if floats and pixels.dtype == np.float32 else np.uint16)
    )
    if image.format != formats[target.name]:
        peak = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}[target.name]
        image = (image * (peak / picture.peak)).rint().cast(formats[target.name])
    gray = {"uint8": "b-w", "uint16": "grey16", "float32": "b-w"}[target.name]
    colour = {"uint8": "srgb", "uint16": "rgb16", "float32": "srgb"}[target.name]
    return image.copy(interpretation=gray if picture.is_gray else colour)


def _with_metadata(image: Any, metadata: Metadata) -> Any:
    across, down = metadata.dpi or (_NO_DPI, _NO_DPI)
    image = image.copy(xres=across / 25.4, yres=down / 25.4)
    blob = vips().GValue.blob_type
    if metadata.icc:
        image.set_type(blob, ICC_FIELD, metadata.icc)
    if metadata.xmp:
        image.set_type(blob, "xmp-data", metadata.xmp)
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
    target.on_write(guarded(lambda data: stream.write(bytes(data)), -1))
    if not isinstance(stream, HeadRewriter):  # TIFF goes back to its header
        target.on_read(guarded(stream.read, b""))
        target.on_seek(guarded(stream.seek, -1))
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
        image = image.icc_transform("srgb", embedded=True, intent="relative", black_point_compensation=True)
        image = without_profile(image)
    try:
        return bytes(image.webpsave_buffer(Q=quality, lossless=quality == 100, keep=_KEPT))
    except v.Error as error:
        _log.info("%s: %s", path, error)
        raise OutputError(
            f"{path} cannot be written: the WebP encoder fails on this picture; choose PNG or JPEG."
        ) from error


def _first_line(error: Exception) -> str:
    """The part of a libvips message that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[min(1, len(lines) - 1)]
