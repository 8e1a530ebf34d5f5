"""Reading pictures from files."""

from __future__ import annotations

import dataclasses
import functools
import io
import logging
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import bitmaps, boxes, jpeg, png, read_tiff, scratch, tiff
from unfade.picture.colour import ICC_FIELD, as_gray_or_rgb, profile_of_png
from unfade.picture.formats import HEAD_BYTES, Format, foreign_kind, format_of_content
from unfade.picture.jxl import read_jxl
from unfade.picture.metadata import (
    LYING,
    as_stored,
    iptc_of,
    metadata_for,
    orientation_of,
    resolution_of,
)
from unfade.picture.picture import (
    CheckSize,
    Decoded,
    Metadata,
    Notes,
    Picture,
    dtype_of,
    finite,
    from_pillow,
    strips,
    to_vips,
    vips,
)

_log = logging.getLogger(__name__)

DEFAULT_MAX_PIXELS = 400_000_000
"""Pictures of more pixels are refused: most often they are small files made to fill the memory."""

_DECODERS = {
    **bitmaps.DECODERS,
    **boxes.DECODERS,
    "jxl": read_jxl,
}  # of formats that libvips does not read here
_BY_ROWS = frozenset({"png", "jpeg", "tiff"})
_SUSPECT_PIXELS, _SUSPECT_RATIO = 16_000_000, 10_000  # pixels a byte: PNG packs at most 8,256
_GIF_XMP = b"!\xff\x0bXMP DataXMP"


def read_picture(path: Path, *, page: int | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> Picture:
    """The picture in a file of any of :data:`~unfade.picture.formats.FORMATS`, upright, whatever its name.

    Kept as they are: 8 and 16 bits, 32-bit floats (also above 1 and below 0), gray, RGB, alpha, ICC
    profile. Palettes and fewer bits become 8 bits, 10 to 14 become 16; CMYK, Lab and YCbCr become sRGB;
    numbers of 32 bits that hold those of 8 or 16 are scaled to their white. Colours that a file tells by
    other means than a profile become a profile. What is lost or guessed stands in ``Picture.warnings``.
    Memory beside the pixels is a few strips, except for what the decoders themselves need: libwebp and
    interlaced PNG the picture once more, progressive JPEG its coefficients; formats of other decoders than
    libvips, and odd TIFF files, the picture once or twice more.

    Args:
        path: the file.
        page: which page of a TIFF file, or frame of a GIF or WebP file, from 0; by default the first, of a
            TIFF file the first that is no thumbnail.
        max_pixels: refuse larger pictures, by their header, before pixels are decoded.

    Raises:
        PictureError: if there is no such file, or no picture in it that can be read whole.
    """
    path = Path(path)
    kind = _format_of(path)
    notes = Notes(path)
    try:
        if kind.name in _DECODERS:
            _check_page(page, 1, path)
            return _decoded(path, kind, max_pixels, notes)
        return _read_with_vips(path, kind, page, max_pixels, notes)
    except MemoryError:
        raise PictureError(f"{path} does not fit into the memory of this computer.") from None
    except ImportError as error:
        raise PictureError(
            f"{path} is a {kind.title} file, and {error.name or 'a package'} is missing that reads those; "
            "install Unfade anew."
        ) from error
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror or error}.") from error


def page_count(path: Path) -> int:
    """How many pages of a TIFF file, or frames of a GIF or WebP file, :func:`read_picture` can be asked for.

    Raises:
        PictureError: if there is no such file, or it is no picture.
    """
    path = Path(path)
    kind = _format_of(path)
    try:
        if kind.name == "tiff":
            with path.open("rb") as stream:
                return max(1, len(read_tiff.whole_pages(tiff.pages(stream))))
        if kind.name in ("gif", "webp"):
            return _integer(_loaded(path, kind), "n-pages", 1)
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror or error}.") from error
    except vips().Error as error:
        raise _damaged(path, kind) from error
    return 1


def _format_of(path: Path) -> Format:
    """The format by content; anything that is not a readable picture file raises."""
    try:
        if path.is_dir():
            raise PictureError(f"{path} is a folder, not a picture; name a file in it.")
        if path.exists() and not path.is_file():
            raise PictureError(f"{path} is not a file; name a picture file.")
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
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
        what = foreign_kind(head)
        if what is not None:
            raise PictureError(f"{path} is {what}.")
        raise PictureError(f"{path} is not a picture that Unfade can read; convert it to PNG or TIFF.")
    return kind


def _check_size(path: Path, kind: Format, width: int, height: int, max_pixels: int) -> None:
    """Raises PictureError for more pixels than may be, and for hardly any bytes that claim many.

    The latter not where rows are decoded one after the other, which takes no memory.
    """
    if width * height > max_pixels:
        raise PictureError(
            f"{path} claims {width} x {height} pixels ({width * height / 1e6:.0f} megapixels), more than the "
            f"limit of {max_pixels / 1e6:g} megapixels; crop or reduce it, or raise the limit."
        )
    size = path.stat().st_size
    if kind.name not in _BY_ROWS and width * height > max(_SUSPECT_PIXELS, _SUSPECT_RATIO * size):
        raise PictureError(
            f"{path} claims {width} x {height} pixels and has {size} bytes, as files have that are made to "
            "fill the memory; if it is yours, save it as PNG."
        )


def _damaged(path: Path, kind: Format) -> PictureError:
    return PictureError(
        f"{path} is a damaged or incomplete {kind.title} file; get a fresh copy of the picture."
    )


def _decoded(path: Path, kind: Format, max_pixels: int, notes: Notes) -> Picture:
    """A picture of a format that libvips does not read."""
    try:
        found = _DECODERS[kind.name](
            path, lambda width, height: _check_size(path, kind, width, height, max_pixels), notes
        )
    except (PictureError, ImportError):
        raise
    except Exception as error:  # each decoder has its own
        _log.info("%s: %s", path, error)
        raise _damaged(path, kind) from error
    return _upright(found, notes)


def _upright(found: Decoded, notes: Notes) -> Picture:
    pixels, metadata = found.pixels, found.metadata
    metadata = dataclasses.replace(metadata, dpi=metadata.dpi or resolution_of(metadata.exif))
    orientation = found.orientation or orientation_of(metadata.exif, metadata.xmp)
    pixels = finite(pixels)
    if orientation != 1:
        height, width, bands = pixels.shape
        upright = scratch.empty(
            (width, height, bands) if orientation in LYING else pixels.shape, pixels.dtype
        )
        as_stored(upright, orientation)[:] = pixels
        pixels = upright
    return _finished(pixels, metadata, orientation, notes)


@dataclass(frozen=True)
class _Opened:
    """A file whose header libvips has read."""

    image: Any
    metadata: Metadata = Metadata()  # noqa: RUF009 - frozen
    """As the file has it; without a profile where the image carries it."""
    orientation: int = 1


def _read_with_vips(path: Path, kind: Format, page: int | None, max_pixels: int, notes: Notes) -> Picture:
    def check_size(width: int, height: int) -> None:
        _check_size(path, kind, width, height, max_pixels)

    def decoded(opener: _Opener) -> tuple[_Opened, NDArray[Any]]:
        opened = opener(path, kind, page, check_size, notes)
        image = _known_samples(as_gray_or_rgb(opened.image, notes), path)
        icc = opened.metadata.icc or _blob(image, ICC_FIELD)
        opened = dataclasses.replace(opened, metadata=dataclasses.replace(opened.metadata, icc=icc))
        return opened, _pixels(image, opened.orientation)

    scratch.require(scratch.NATIVE)
    try:
        try:
            opened, pixels = decoded(_OPENERS[kind.name])
        except vips().Error as error:
            if kind.name not in _LENIENT:
                raise
            _log.info("%s: %s", path, error)
            opened, pixels = decoded(_LENIENT[kind.name])
    except PictureError:
        raise
    except (
        vips().Error,
        ValueError,
        ArithmeticError,
        RuntimeError,
        LookupError,
        TypeError,
        struct.error,
    ) as error:
        _log.info("%s: %s", path, error)
        raise _damaged(path, kind) from error
    return _finished(pixels, opened.metadata, opened.orientation, notes)


def _open_png(path: Path, kind: Format, page: int | None, check_size: CheckSize, notes: Notes) -> _Opened:
    with path.open("rb") as stream:
        chunks = png.read_chunks(stream)
    image = _loaded(path, kind)
    check_size(image.width, image.height)
    _one_of(chunks.frames, "frames", notes)
    _check_page(page, 1, path)
    metadata = Metadata(
        icc=profile_of_png(chunks.short, image.bands < 3, notes) or chunks.icc,
        exif=chunks.exif,
        xmp=chunks.xmp,
        dpi=chunks.dpi or resolution_of(chunks.exif),
        iptc=chunks.iptc,
        texts=chunks.texts,
    )
    return _Opened(image, metadata, orientation_of(chunks.exif, chunks.xmp))


def _open_jpeg(path: Path, kind: Format, page: int | None, check_size: CheckSize, notes: Notes) -> _Opened:
    with path.open("rb") as stream:
        found = jpeg.segments(stream, notes)
    image = _loaded(path, kind)
    check_size(image.width, image.height)
    _check_page(page, 1, path)
    metadata = Metadata(
        exif=found.exif,
        xmp=found.xmp,
        dpi=found.dpi or resolution_of(found.exif),
        iptc=found.iptc,
        texts=(("Comment", found.comment),) if found.comment else (),
    )
    return _Opened(image, metadata, orientation_of(found.exif, found.xmp))


def _open_jpeg_without_end(
    path: Path, kind: Format, page: int | None, check_size: CheckSize, notes: Notes
) -> _Opened:
    """A JPEG file that lacks nothing but the marker at its end."""
    opened = _open_jpeg(path, kind, page, check_size, notes)
    # The decoder warns of pixels that it makes up.
    image = vips().Image.jpegload_buffer(path.read_bytes() + jpeg.END, access="sequential", fail_on="warning")
    notes.add("The marker at its end is missing; the picture is whole.")
    return dataclasses.replace(opened, image=image)


def _open_tiff(
    path: Path,
    kind: Format,
    page: int | None,
    check_size: CheckSize,
    notes: Notes,
    *,
    alone: bool = False,
) -> _Opened:
    with path.open("rb") as stream:
        found = read_tiff.page_of(tiff.pages(stream), page, notes)
        if found is None:
            image = _loaded(path, kind)
            check_size(image.width, image.height)
            return _Opened(image)
        check_size(found.first(tiff.WIDTH, 0), found.first(tiff.LENGTH, 0))
        xmp = tiff.block_of(stream, found, tiff.XMP)
        captions = tiff.block_of(stream, found, tiff.IPTC) or tiff.block_of(stream, found, tiff.PHOTOSHOP)
        metadata = Metadata(
            exif=tiff.exif_of(stream, found),
            xmp=xmp,
            dpi=tiff.resolution(found.tags),
            iptc=iptc_of(captions) if captions else None,
        )
    for sentence, tags in tiff.LEFT_OUT.items():
        if tags & found.present:
            notes.add(sentence)
    orientation = found.first(tiff.ORIENTATION, 0) or orientation_of(None, xmp)
    return _Opened(read_tiff.opened(path, found, notes, alone=alone), metadata, orientation)


def _open_other(path: Path, kind: Format, page: int | None, check_size: CheckSize, notes: Notes) -> _Opened:
    """WebP and GIF."""
    image = _loaded(path, kind)
    check_size(image.width, image.height)
    frames = _integer(image, "n-pages", 1)
    _check_page(page, frames, path)
    if page is None:
        _one_of(frames, "frames", notes)
    else:
        image = _loaded(path, kind, page)
    exif, xmp = _blob(image, "exif-data"), _blob(image, "xmp-data")
    if kind.name == "gif":
        data = path.read_bytes()
        _gif_frame(data, page, check_size)
        xmp = _xmp_of_gif(data)
        if image.bands == 3:
            image = _clear_around(image, gif_frames(data)[: (page or 0) + 1])
    comment = str(image.get("gif-comment")) if image.get_typeof("gif-comment") else ""
    metadata = Metadata(
        exif=exif, xmp=xmp, dpi=resolution_of(exif), texts=(("Comment", comment),) if comment else ()
    )
    return _Opened(image, metadata, orientation_of(exif, xmp))


def _open_gif_without_end(
    path: Path, _kind: Format, page: int | None, check_size: CheckSize, notes: Notes
) -> _Opened:
    """A GIF file that lacks nothing but the end of its blocks, by Pillow."""
    data = path.read_bytes()
    frame = _gif_frame(data, page, check_size)
    if frame is None:
        raise ValueError("no GIF")
    decoded = from_pillow(frame, check_size)
    notes.add("The end of its blocks is missing; the picture is whole.")
    return _Opened(to_vips(decoded.pixels), Metadata(xmp=_xmp_of_gif(data)))


def _gif_frame(data: bytes, page: int | None, check_size: CheckSize) -> Any | None:
    """A frame as a Pillow image; None for a file that Pillow does not know.

    Raises:
        ValueError: pixels are missing up to that frame, which libvips makes black.
    """
    from PIL import GifImagePlugin, Image

    try:
        file = GifImagePlugin.GifImageFile(io.BytesIO(data))
    except (SyntaxError, OSError, EOFError, Image.DecompressionBombError):
        return None
    check_size(*file.size)
    try:
        file.seek(page or 0)
        file.load()
    except Image.DecompressionBombError:  # larger than Pillow likes, and not than we do
        return None
    except (OSError, EOFError) as error:
        raise ValueError(str(error)) from error
    return file


def _clear_around(image: Any, frames: Sequence[tuple[int, int, int, int]]) -> Any:
    """The image with alpha 0 where no frame (left, top, width, height) is; libvips makes that black."""
    v, size = vips(), (image.width, image.height)
    seen = v.Image.black(*size)
    for left, top, width, height in frames:
        seen |= v.Image.black(width, height).invert().embed(left, top, *size)
    return image if seen.min() else image.bandjoin(seen)


def gif_frames(data: bytes) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of each frame of a GIF file, as far as its blocks can be followed."""
    found = []
    at = 13 + _colours_after(data, 10)
    while data[at : at + 1] in (b"!", b",") and at + 10 <= len(data):
        if data[at] == ord(","):
            found.append(struct.unpack_from("<HHHH", data, at + 1))
            at += 11 + _colours_after(data, at + 9)
        else:
            at += 2
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return found


def _colours_after(data: bytes, flags: int) -> int:
    """Bytes of a GIF's colour table, by the flags at that place."""
    return 3 << (data[flags] & 7) + 1 if data[flags] & 0x80 else 0


def _xmp_of_gif(data: bytes) -> bytes | None:
    """The packet in a GIF's application extension, up to the trailer that ends it for other readers."""
    begin, end = data.find(_GIF_XMP) + len(_GIF_XMP), data.find(b"\x01\xff\xfe\xfd")
    return data[begin:end] if len(_GIF_XMP) <= begin < end else None


_Opener = Callable[[Path, Format, int | None, CheckSize, Notes], _Opened]
_OPENERS: dict[str, _Opener] = {
    "png": _open_png,
    "jpeg": _open_jpeg,
    "tiff": _open_tiff,
    "webp": _open_other,
    "gif": _open_other,
}
_LENIENT: dict[str, _Opener] = {
    "gif": _open_gif_without_end,
    "jpeg": _open_jpeg_without_end,
    "tiff": functools.partial(_open_tiff, alone=True),
}
"""For files of which the others say that they are damaged: they may be so where no pixels are."""


def _loaded(path: Path, kind: Format, page: int | None = None) -> Any:
    """A libvips image of a file, to be read once from top to bottom. Raises pyvips.Error."""
    # A source, not a file name: libvips would take "[...]" in a name for options. Names need not be text.
    load = getattr(vips().Image, f"{kind.name}load_source")
    source = vips().Source.new_from_file(os.fsencode(path))
    return load(source, access="sequential", fail_on="error", **({"page": page} if page else {}))


def _check_page(page: int | None, count: int, path: Path) -> None:
    if page is not None and not 0 <= page < count:
        raise PictureError(f"{path} has no page {page + 1}; it has {count}.")


def _one_of(count: int, what: str, notes: Notes) -> None:
    if count > 1:
        notes.add(f"Only the first of its {count} {what} is used.")


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


def _pixels(image: Any, orientation: int) -> NDArray[Any]:
    """The pixels, upright, HWC, decoded from top to bottom a strip at a time."""
    dtype = dtype_of(image)
    height, width, bands = image.height, image.width, image.bands
    shape = (width, height, bands) if orientation in LYING else (height, width, bands)
    pixels = scratch.empty(shape, dtype)
    stored = as_stored(pixels, orientation)
    for y, strip in strips(image, dtype):
        stored[y : y + len(strip)] = finite(strip)
        scratch.let_go()
    return pixels


def _finished(pixels: NDArray[Any], metadata: Metadata, orientation: int, notes: Notes) -> Picture:
    """The upright picture with metadata that are true of it."""
    height, width, channels = pixels.shape
    if metadata.dpi and orientation in LYING:
        metadata = dataclasses.replace(metadata, dpi=metadata.dpi[::-1])
    metadata = metadata_for(metadata, width, height, gray=channels < 3, notes=notes)
    return Picture(pixels, metadata, notes.sentences)


def _integer(image: Any, field: str, default: int) -> int:
    return int(image.get(field)) if image.get_typeof(field) else default


def _blob(image: Any, field: str) -> bytes | None:
    return bytes(image.get(field)) if image.get_typeof(field) else None
