"""Writing pictures to files, and whether one can be written, known before the time is spent on its pixels."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from unfade.errors import OutputError
from unfade.paths import whole_or_absent
from unfade.picture import jpeg, png, scratch, tiff
from unfade.picture.bmp import write_bmp
from unfade.picture.colour import ICC_FIELD, embedded_to_srgb, is_srgb, with_profile
from unfade.picture.encoders import webp_with_exif, write_avif, write_jxl, write_pages
from unfade.picture.formats import OUTPUT_FORMATS, Format, format_named, written_format_of_suffix
from unfade.picture.metadata import exif_with_resolution, metadata_for
from unfade.picture.picture import Metadata, Notes, Picture, peak_of, to_vips, vips

_log = logging.getLogger(__name__)

_SUBSAMPLING = {None: "auto", True: "on", False: "off"}  # libvips' words
_CLASSIC_TIFF_LIMIT = 4_000_000_000
_TITLES = {"icc": "colour profile", "exif": "EXIF", "xmp": "XMP", "iptc": "IPTC", "texts": "texts"}


@dataclass(frozen=True)
class Encoding:
    """How a file is made smaller, where its format leaves a choice."""

    quality: int = 95
    """1 to 100, for JPEG and AVIF, WebP and JPEG XL (100 is lossless)."""
    subsampling: bool | None = None
    """Whether JPEG keeps colour at half the resolution; None for below quality 90 alone."""
    compression: int = 3
    """0 to 9, for PNG, lossless all of them; 3 is as small as 6 on photographs, in half the time."""


def write_picture(
    picture: Picture,
    path: Path,
    *,
    format: str | None = None,
    quality: int = 95,
    encoding: Encoding | None = None,
) -> tuple[str, ...]:
    """Writes a picture with its metadata, whole or not at all.

    The file is written beside its final name, flushed to the disk, and renamed.

    - PNG and TIFF hold everything: alpha, 8 and 16 bits (TIFF also 32-bit floats; PNG rounds those to 16).
    - JPEG, WebP and BMP have 8 bits, AVIF 12 for deeper pictures. JPEG has no alpha: it is laid on white.
    - WebP and AVIF know no gray (it is written as RGB, sRGB if it had a profile). JPEG XL is written in sRGB
      with 8 bits, or in linear light with 16. BMP holds no metadata but the resolution.
    - EXIF and XMP are made true for the written size and orientation; a profile that does not fit the pixels
      (a gray one on RGB) is left out.

    Args:
        picture: what to write.
        path: the final name; a file there is replaced.
        format: a name in OUTPUT_FORMATS; by default the suffix of `path` decides.
        quality: 1 to 100, for JPEG and AVIF (from 90 without chroma subsampling), WebP and JPEG XL (100 is
            lossless).
        encoding: the same and more, in place of it.

    Returns:
        Sentences on what the format could not hold.

    Raises:
        OutputError: if the format is unknown or cannot hold so large a picture, or writing fails.
    """
    path = Path(path)
    kind = format_for(path, format)
    notes = Notes(path)
    encoding = encoding or Encoding(quality)
    quality = encoding.quality
    if not 1 <= quality <= 100:
        raise OutputError(f"{path} is not written: quality must be between 1 and 100, not {quality}.")
    check_side(path, kind, picture.width, picture.height)
    with whole_or_absent(path) as stream:
        encode(picture, kind, encoding, stream, notes)
    return notes.sentences


class PagesWriter:
    """Writes several pictures as the pages of one TIFF file, whole or not at all.

    Each page is encoded as it comes, into a temporary file without a name; :meth:`finish` makes the file.
    """

    def __init__(self, path: Path, *, quality: int = 95, format: str | None = None) -> None:
        """Raises OutputError where the format holds one picture alone."""
        self._path, self._quality = Path(path), quality
        self._kind = format_for(self._path, format)
        if not self._kind.pages:
            raise OutputError(
                f"{path} cannot be written: a {self._kind.title} file holds one page; write TIFF, "
                "or choose a page."
            )
        self._pages: list[BinaryIO] = []
        self._told: dict[str, None] = {}

    def add(self, picture: Picture) -> None:
        """Encodes the next page. Raises OutputError."""
        notes = Notes(self._path)
        try:
            page = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
            self._pages.append(page)
            encode(picture, self._kind, Encoding(self._quality), page, notes)
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written: {error.strerror or error}.") from error
        self._told.update(dict.fromkeys(notes.sentences))

    def finish(self) -> tuple[str, ...]:
        """Writes the file, and gives what it could not hold. Raises OutputError."""
        with whole_or_absent(self._path) as stream:
            write_pages(stream, self._pages)
        return tuple(self._told)

    def close(self) -> None:
        """Gives the temporary files up."""
        for page in self._pages:
            page.close()


def encode(picture: Picture, kind: Format, encoding: Encoding, stream: BinaryIO, notes: Notes) -> None:
    """The picture as a file of that format, into a stream that can be read and sought.

    Raises:
        OutputError: if the encoder fails.
        OSError: if the stream does.
    """
    metadata = metadata_for(
        picture.metadata, picture.width, picture.height, gray=picture.is_gray, notes=notes
    )
    _note_losses(picture, metadata, kind, notes)
    try:
        if kind.name == "bmp":
            write_bmp(picture.pixels, metadata, stream)
        elif kind.name == "avif":
            write_avif(picture, metadata, encoding.quality, stream)
        elif kind.name == "jxl":
            write_jxl(picture, metadata, encoding.quality, stream)
        else:
            _encode_with_vips(picture, metadata, kind, encoding, stream, notes)
    except (vips().Error, RuntimeError, ValueError) as error:
        _log.warning("%s: %s", notes.path, error)
        raise OutputError(
            f"{notes.path} cannot be written: the {kind.title} encoder fails on this picture; "
            f"choose {'TIFF' if kind.name == 'png' else 'PNG'}."
        ) from error


def _note_losses(picture: Picture, metadata: Metadata, kind: Format, notes: Notes) -> None:
    """Notes what a file of the format cannot hold of the picture."""
    pixels, alpha = picture.pixels, picture.alpha
    if pixels.dtype == np.float32 and not kind.floats:
        lowest, highest = float(picture.colour.min()), float(picture.colour.max())
        clipped = f", and values from {lowest:g} to {highest:g} are clipped to 0 to 1"
        beyond = lowest < 0 or highest > 1
        notes.add(f"Floats are rounded to {kind.bits} bits{clipped if beyond else ''}.")
    elif pixels.dtype == np.uint16 and kind.bits < 16:
        notes.add(f"16 bits a channel are rounded to {kind.bits}.")
    if alpha is not None and not kind.alpha and alpha.min() < picture.peak:
        notes.add(f"{kind.title} has no transparency; the picture is laid on white.")
    lost = [title for name, title in _TITLES.items() if getattr(metadata, name) and name not in kind.keeps]
    if kind.name == "jxl" and metadata.icc:
        lost.remove(_TITLES["icc"])
        if not is_srgb(metadata.icc, picture.is_gray):
            notes.add("The colours are converted to sRGB, as JPEG XL is written without a profile.")
    if lost:
        *most, last = lost
        notes.add(f"{kind.title} cannot hold the {', '.join(most) + ' and ' if most else ''}{last}.")


def _encode_with_vips(
    picture: Picture, metadata: Metadata, kind: Format, encoding: Encoding, stream: BinaryIO, notes: Notes
) -> None:
    image = _with_profile_and_xmp(_as_vips(picture, kind), metadata)
    if kind.name == "png":
        head = HeadRewriter(stream, lambda start: png.with_metadata(start, metadata))
        _save(image.pngsave_target, head, keep="icc|xmp", compression=encoding.compression, filter="all")
    elif kind.name == "jpeg":
        segments = jpeg.head(metadata, notes)
        head = HeadRewriter(
            stream, lambda start: start[:2] + segments + start[2:] if len(start) > 1 else None
        )
        mode = _SUBSAMPLING[encoding.subsampling]
        _save(image.jpegsave_target, head, keep="icc", Q=encoding.quality, subsample_mode=mode)
    elif kind.name == "webp":
        encoded = _webp(image, encoding.quality)
        exif = exif_with_resolution(metadata)
        if exif:
            encoded = webp_with_exif(encoded, exif, picture.width, picture.height, picture.has_alpha)
        stream.write(encoded)
    else:
        _save(
            image.tiffsave_target,
            stream,
            keep="icc|xmp",
            compression="deflate",
            # Many readers do not know the predictor for floats.
            predictor="none" if image.format == "float" else "horizontal",
            bigtiff=picture.pixels.nbytes > _CLASSIC_TIFF_LIMIT,
        )
        tiff.add_metadata(stream, metadata.exif, metadata.iptc, metadata.dpi)


def _as_vips(picture: Picture, kind: Format) -> Any:
    """The picture as a libvips image of the depth to be written, converted as it is read, row by row."""
    image = to_vips(picture.pixels)
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


def _with_profile_and_xmp(image: Any, metadata: Metadata) -> Any:
    if metadata.icc:
        image = with_profile(image, metadata.icc)
    if metadata.xmp:
        image = image.copy()
        image.set_type(vips().GValue.blob_type, "xmp-data", metadata.xmp)
    return image


def _webp(image: Any, quality: int) -> bytes:
    """A WebP file without EXIF; libwebp keeps all of it in memory."""
    if image.bands < 3 and image.get_typeof(ICC_FIELD):  # WebP has no gray for the profile to describe
        image = embedded_to_srgb(image)
    scratch.require(scratch.NATIVE)
    return bytes(image.webpsave_buffer(Q=quality, lossless=quality == 100, keep="icc|xmp"))


class HeadRewriter:
    """Passes an encoder's bytes on to a file, with the first of them rewritten."""

    def __init__(self, stream: BinaryIO, rewrite: Callable[[bytes], bytes | None]) -> None:
        """`rewrite` takes the first bytes and gives what to write instead; None while it needs more."""
        self._stream = stream
        self._rewrite: Callable[[bytes], bytes | None] | None = rewrite
        self._held = b""

    def write(self, data: bytes) -> int:
        if self._rewrite is None:
            self._stream.write(data)
        else:
            self._held += data
            head = self._rewrite(self._held)
            if head is not None:
                self._stream.write(head)
                self._rewrite = None
                self._held = b""
        return len(data)


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
    scratch.require(scratch.NATIVE)
    try:
        save(target, **options)
    except v.Error as error:
        if failure:
            raise failure[0] from error
        raise
    if failure:
        raise failure[0]


# Whether a picture can be written

_LEAST_SHARE = {"png": 0.02, "tiff": 0.02, "bmp": 0.25}
"""Bytes of a file for each byte of pixels, less than hardly any picture has in that format."""
_LEAST_LOSSY = 0.005


def check_output(path: Path, width: int, height: int, *, samples: int, format: str | None = None) -> None:
    """Refuses a file that cannot be written.

    Args:
        path, format: as for :func:`unfade.picture.write_picture`.
        width, height: of the picture to come.
        samples: bytes a pixel, in memory.

    Raises:
        OutputError: the folder cannot be written or has hardly any room, the name is taken by something that
            is no file, or the format holds no picture of that size.
    """
    kind = format_for(path, format)
    check_writable(path)
    check_side(path, kind, width, height)
    needed = round(width * height * samples * _LEAST_SHARE.get(kind.name, _LEAST_LOSSY))
    if shutil.disk_usage(_nearest_folder(path)).free < needed:
        raise OutputError(
            f"{path} cannot be written: there is no room for its {width} x {height} pixels, which take "
            f"{needed / 1e6:.0f} MB at least; free some space or choose another folder."
        )


def check_writable(path: Path) -> None:
    """Raises OutputError where a file of that name cannot come into being. Makes nothing."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder, so no picture can be written there; choose another name.")
    folder = _nearest_folder(path)
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written because {folder} is not a folder; choose another place.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"{path} cannot be written because {folder} may not be written to; choose another place."
        )


def _nearest_folder(path: Path) -> Path:
    """The folder that the file is to lie in, or the nearest one above it that is there."""
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def check_side(path: Path, kind: Format, width: int, height: int) -> None:
    """Raises OutputError where the format holds no picture of that size."""
    if max(width, height) > kind.max_side:
        raise OutputError(
            f"{path} cannot be written: a {kind.title} file holds at most {kind.max_side} pixels a side, and "
            f"this picture has {width} x {height}; choose PNG or TIFF."
        )


def format_for(path: Path, name: str | None) -> Format:
    """The format of that name, or of the path's suffix. Raises OutputError where it cannot be written."""
    kind = written_format_of_suffix(path) if name is None else format_named(name)
    if kind is None:
        what = f'"{path.suffix}"' if name is None and path.suffix else f'"{name}"' if name else "no suffix"
        raise OutputError(
            f"{path} cannot be written: {what} is not a format that Unfade writes; "
            f"use one of {', '.join(OUTPUT_FORMATS)}."
        )
    return kind
