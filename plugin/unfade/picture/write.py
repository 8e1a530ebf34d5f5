"""Writing pictures to files."""

from __future__ import annotations

import io
import logging
import shutil
import struct
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from unfade.errors import OutputError, listed
from unfade.paths import whole_or_absent
from unfade.picture import jpeg, png, scratch, tiff
from unfade.picture.bitmaps import write_bmp
from unfade.picture.boxes import write_avif
from unfade.picture.colour import ICC_FIELD, embedded_to_srgb, with_profile
from unfade.picture.formats import Format, check_side, format_for
from unfade.picture.jxl import write_jxl
from unfade.picture.metadata import exif_with_resolution, metadata_for
from unfade.picture.picture import Metadata, Notes, Picture, peak_of, to_vips, value_range, vips

_log = logging.getLogger(__name__)

_SUBSAMPLING = {None: "auto", True: "on", False: "off"}  # libvips' words
_CLASSIC_TIFF_LIMIT = 4_000_000_000
_TIFF_OFFSETS = frozenset({0x0111, 0x0144})  # of strips and of tiles
_SUBFILE, _ONE_OF_SEVERAL = 0x00FE, 2
_WEBP_ALPHA, _WEBP_EXIF = 0x10, 0x08
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
    - WebP and AVIF know no gray (it is written as RGB, sRGB if it had a profile). JPEG XL keeps profiles
      of a matrix and a simple curve; others become sRGB. BMP holds no metadata but the resolution.
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
            _write_pages(stream, self._pages)
        return tuple(self._told)

    def close(self) -> None:
        """Gives the temporary files up."""
        for page in self._pages:
            page.close()


def _write_pages(stream: BinaryIO, pages: Sequence[BinaryIO]) -> None:
    """Writes a TIFF file of the first page of each of the files `pages` (little-endian, not BigTIFF).

    BigTIFF where all of them together need it.

    Raises:
        unfade.picture.tiff.MalformedError: if one of them is no TIFF file.
    """
    total = sum(page.seek(0, io.SEEK_END) for page in pages)
    layout = tiff.Layout("<", big=total > _CLASSIC_TIFF_LIMIT)
    stream.write(b"II+\0\x08\0\0\0" + bytes(8) if layout.big else b"II*\0" + bytes(4))
    link = 8 if layout.big else 4
    for page in pages:
        base = stream.seek(0, io.SEEK_END)
        page.seek(0)
        shutil.copyfileobj(page, stream)
        stream.write(bytes(stream.tell() % 2))
        entries = _moved(page, base, layout)
        at = stream.tell()
        stream.write(tiff.directory_bytes(entries, layout, at))
        stream.seek(link)
        stream.write(layout.offset.pack(at))
        link = at + layout.count.size + len(entries) * (layout.head.size + layout.offset.size)


def _moved(page: BinaryIO, base: int, layout: tiff.Layout) -> list[tiff.Entry]:
    """The entries of the first page of a file that now lies at `base` in another."""
    own, first = tiff.read_header(page)
    entries = []
    for entry in tiff.read_entries(page, own, first):
        if entry.tag == _SUBFILE:
            continue
        if entry.tag in _TIFF_OFFSETS:
            code = "H" if entry.kind == tiff.SHORT else "I"
            offsets = [base + offset for offset in struct.unpack(f"<{entry.count}{code}", entry.value)]
            kind = tiff.LONG8 if layout.big else tiff.LONG
            value = struct.pack(f"<{entry.count}{'Q' if layout.big else 'I'}", *offsets)
            entry = tiff.Entry(entry.tag, kind, entry.count, value)
        entries.append(entry)
    entries.append(tiff.Entry(_SUBFILE, tiff.LONG, 1, struct.pack("<I", _ONE_OF_SEVERAL)))
    return entries


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
            write_jxl(picture, metadata, encoding.quality, stream, notes)
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
        lowest, highest = value_range(picture.colour)
        clipped = f", and values from {lowest:g} to {highest:g} are clipped to 0 to 1"
        beyond = lowest < 0 or highest > 1
        notes.add(f"Floats are rounded to {kind.bits} bits{clipped if beyond else ''}.")
    elif pixels.dtype == np.uint16 and kind.bits < 16:
        notes.add(f"16 bits a channel are rounded to {kind.bits}.")
    if alpha is not None and not kind.alpha and value_range(alpha)[0] < picture.peak:
        notes.add(f"{kind.title} has no transparency; the picture is laid on white.")
    lost = [title for name, title in _TITLES.items() if getattr(metadata, name) and name not in kind.keeps]
    if lost:
        notes.add(f"{kind.title} cannot hold the {listed(lost, 'and')}.")


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
            encoded = _webp_with_exif(encoded, exif, picture.width, picture.height, picture.has_alpha)
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


def _webp_with_exif(encoded: bytes, exif: bytes, width: int, height: int, alpha: bool) -> bytes:
    """The WebP file `encoded` with an EXIF chunk."""
    if encoded[12:16] == b"VP8X":
        flags = encoded[20] | _WEBP_EXIF
        extended = encoded[12:20] + bytes([flags]) + encoded[21:30]
        rest = memoryview(encoded)[30:]
    else:
        flags = _WEBP_EXIF | (_WEBP_ALPHA if alpha else 0)
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        extended = b"VP8X" + struct.pack("<IB3x", 10, flags) + sides
        rest = memoryview(encoded)[12:]
    chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif + bytes(len(exif) % 2)
    size = 4 + len(extended) + len(rest) + len(chunk)
    return b"".join((b"RIFF", struct.pack("<I", size), b"WEBP", extended, rest, chunk))


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
