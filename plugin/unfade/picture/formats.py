"""The file formats: names, suffixes, signatures and limits; what files are that are not read, and whether a
picture can be written, known before the time is spent that its pixels take."""

from __future__ import annotations

import math
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from unfade.errors import OutputError
from unfade.paths import is_folder, is_there

HEAD_BYTES = 4096
"""So many of a file's first bytes tell what it is."""

_LEAST_SHARE = {"png": 0.02, "tiff": 0.02, "bmp": 0.25}
"""Bytes of a file for each byte of pixels, less than hardly any picture has in that format."""
_LEAST_LOSSY = 0.005
_ALL = frozenset({"icc", "exif", "xmp", "iptc", "texts", "dpi"})


@dataclass(frozen=True)
class Format:
    """What a file format is called, and what can be written into it."""

    name: str
    title: str
    """As written in messages."""
    suffixes: tuple[str, ...]
    """Lower case, the customary one first."""
    signature: re.Pattern[bytes]
    """How a file begins."""
    max_side: int = 2**31 - 1
    """Longest side in pixels."""
    written: bool = False
    """Whether pictures are written in it, and not only read; what follows tells of those."""
    bits: int = 8
    """The most that are written for a sample, where it is a whole number."""
    floats: bool = False
    """Whether 32-bit floats can be written."""
    alpha: bool = True
    """Whether alpha can be written."""
    keeps: frozenset[str] = _ALL
    """The fields of :class:`Metadata` that can be written."""
    pages: bool = False
    """Whether a file can hold several pictures, each with its own size."""

    @property
    def deep(self) -> bool:
        """Whether more than 8 bits a sample can be written."""
        return self.bits > 8


def _begins(*starts: bytes) -> re.Pattern[bytes]:
    return re.compile(b"|".join(starts), re.DOTALL)


FORMATS: tuple[Format, ...] = (
    Format("png", "PNG", (".png", ".apng"), _begins(rb"\x89PNG\r\n\x1a\n"), written=True, bits=16),
    Format(
        "jpeg",
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        _begins(rb"\xff\xd8(?!\xff\xf7)"),  # not JPEG-LS; other bytes may come before the next marker
        65500,
        written=True,
        alpha=False,
    ),
    Format(
        "webp",
        "WebP",
        (".webp",),
        _begins(rb"RIFF.{4}WEBP"),
        16383,
        written=True,
        keeps=_ALL - {"iptc", "texts"},
    ),
    Format(
        "tiff",
        "TIFF",
        (".tif", ".tiff"),
        _begins(rb"II[*+]\0", rb"MM\0[*+]"),
        written=True,
        bits=16,
        floats=True,
        keeps=_ALL - {"texts"},
        pages=True,
    ),
    Format(
        "bmp",
        "BMP",
        (".bmp", ".dib"),
        # Without its file header from the clipboard: size of the info header, sides, one plane, depth.
        _begins(
            rb"BM",
            rb"BA.{12}BM",
            rb"[\x28\x38\x6c\x7c]\0{3}.{8}\x01\0[\x01\x04\x08\x10\x18\x20]\0[\0-\x06]\0{3}",
        ),
        written=True,
        keeps=frozenset({"dpi"}),
    ),
    Format(
        "avif",
        "AVIF",
        (".avif",),
        _begins(rb".{4}ftypavi[fs]", rb".{4}ftypmif1.{4}(?:.{4}){0,8}?avi[fs]"),
        16384,
        written=True,
        bits=12,
        keeps=_ALL - {"iptc", "texts"},
    ),
    Format(
        "jxl",
        "JPEG XL",
        (".jxl",),
        _begins(rb"\xff\x0a", rb"\0\0\0\x0cJXL \r\n\x87\n"),
        written=True,
        bits=16,
        keeps=_ALL - {"iptc", "texts"},
    ),
    Format("gif", "GIF", (".gif",), _begins(rb"GIF8[79]a")),
    Format(
        "heic",
        "HEIC",
        (".heic", ".heif", ".hif"),
        _begins(rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif[12]|msf1)"),
    ),
    Format(
        "jpeg2000",
        "JPEG 2000",
        (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
        _begins(rb"\0\0\0\x0cjP  \r\n\x87\n", rb"\xff\x4f\xff\x51"),
    ),
    Format(
        "netpbm", "PPM", (".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm"), _begins(rb"P[1-6fF]\s", rb"P7\n")
    ),
    Format("ico", "ICO", (".ico", ".cur"), _begins(rb"\0\0[\x01\x02]\0[\x01-\xff]\0")),
    # Truevision's files have no signature: kinds of palette and picture, then depth and bits of alpha.
    Format(
        "tga",
        "TGA",
        (".tga", ".icb", ".vda", ".vst"),
        _begins(
            rb".[\0\x01](?:[\x01\x09]|[\x02\x0a]|[\x03\x0b])[\0-\xff]{13}[\x08\x0f\x10\x18\x20][\0-\x3f]"
        ),
    ),
)

PICTURE_SUFFIXES: frozenset[str] = frozenset(suffix for f in FORMATS for suffix in f.suffixes)
"""Suffixes (lower case, with the dot) of the files a folder run looks at."""

OUTPUT_FORMATS: Mapping[str, str] = MappingProxyType({f.name: f.suffixes[0] for f in FORMATS if f.written})
"""Names of the formats that can be written, with the suffix each gets."""

_ALIASES = {"jpg": "jpeg", "tif": "tiff", "jpegxl": "jxl"}

_RAW = "a RAW photograph of a camera; develop it first, and give the result"
_EDITORS = "save a copy as PNG or TIFF"
_RARE = "a picture of a kind that Unfade cannot read"
_FOREIGN: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (_begins(pattern), what)
    for pattern, what in (
        (rb".{4}ftypcrx |FUJIFILMCCD-RAW|II\x1a\0\0\0HEAPCCDR|IIR[OS]|MMOR|IIU\0|FOVb|\0MRM", _RAW),
        (rb"8BP[SB]", f"a Photoshop document; {_EDITORS}"),
        (rb"gimp xcf", f"a document of GIMP; open it there, or {_EDITORS}"),
        (rb"PK\x03\x04.{26}mimetypeapplication/x-kr(?:it)?a", f"a document of Krita; {_EDITORS}"),
        (rb"PK\x03\x04.{26}mimetypeimage/openraster", f"an OpenRaster document; {_EDITORS}"),
        (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "an archive; unpack it, and give the pictures in it"),
        (rb"%PDF", "a PDF document; export its pages as PNG or TIFF"),
        (rb"%!PS|\xc5\xd0\xd3\xc6", f"a PostScript document; {_EDITORS}"),
        (rb"\s*(?:<\?xml.*?)?(?:<!--.*?-->\s*)?(?:<!DOCTYPE svg.*?)?<svg", f"an SVG drawing; {_EDITORS}"),
        (rb"\s*(?i:<!doctype html|<html)", "a web page, not the picture on it; save the picture itself"),
        (rb"v/1\x01", "an OpenEXR picture; convert it to TIFF"),
        (rb"#\?(?:RADIANCE|RGBE)", "a Radiance HDR picture; convert it to TIFF"),
        (rb"II\xbc\x01", "a JPEG XR picture; convert it to TIFF"),
        (rb"\xff\xd8\xff\xf7", "a JPEG-LS picture; convert it to PNG or TIFF"),
        (rb"DDS |\xabKTX", "a texture; convert it to PNG"),
        (
            rb"(?:BA.{12})?(?:CI|IC|CP|PT).{12}[\x0c\x28\x40]\0{3}",
            "an icon or a pointer of OS/2, which Unfade cannot read; convert it to PNG",
        ),
        (rb"AT&TFORM", "a DjVu document; export its pages as PNG or TIFF"),
        (rb"SIMPLE  =", "a FITS picture; convert it to TIFF"),
        (rb"qoif|icns|\x01\xda[\0\x01][\x01\x02]|\x59\xa6\x6a\x95", f"{_RARE}; convert it to PNG"),
        (rb"\x0a[\0\x02-\x05]\x01[\x01-\x08]", "a PCX picture; convert it to PNG"),
        (rb".{128}DICM", "a DICOM picture; convert it to TIFF"),
        (rb".{4}ftyp|\x1aE\xdf\xa3|RIFF.{4}AVI |\0\0\x01\xba", "a film; save the frame as PNG"),
        (rb"RIFF.{4}", "sound or another kind of media; give a picture"),
        (rb"version https://git-lfs", "a placeholder of Git LFS; fetch the file itself"),
    )
)


def format_named(name: str) -> Format | None:
    """The format to write that is called `name` ("jpg" and "tif" too), whatever its case; None if unknown."""
    name = name.lower().lstrip(".")
    name = _ALIASES.get(name, name)
    return next((f for f in FORMATS if f.name == name and f.written), None)


def format_of_suffix(path: Path) -> Format | None:
    """The format that the suffix of `path` stands for, whatever its case; None if unknown."""
    suffix = path.suffix.lower()
    return next((f for f in FORMATS if suffix in f.suffixes), None)


def written_format_of_suffix(path: Path) -> Format | None:
    """The same for a file to be written: None too for a format that is only read."""
    found = format_of_suffix(path)
    return found if found is not None and found.written else None


def format_of_content(head: bytes) -> Format | None:
    """The format of a file that begins with `head` (HEAD_BYTES are enough); None if unknown."""
    found = next((f for f in FORMATS if f.signature.match(head)), None)
    # TGA has no signature, and much else looks like it.
    return None if found is not None and found.name == "tga" and foreign_kind(head) else found


def foreign_kind(head: bytes) -> str | None:
    """What a file is that Unfade cannot read, and what to do: "a PDF document; export ..."; else None."""
    return next((what for signature, what in _FOREIGN if signature.match(head)), None)


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
    if _room_in(_nearest_folder(path)) < needed:
        raise OutputError(
            f"{path} cannot be written: there is no room for its {width} x {height} pixels, which take "
            f"{needed / 1e6:.0f} MB at least; free some space or choose another folder."
        )


def check_writable(path: Path) -> None:
    """Raises OutputError where a file of that name cannot come into being. Makes nothing."""
    if is_folder(path):
        raise OutputError(f"{path} is a folder, so no picture can be written there; choose another name.")
    folder = _nearest_folder(path)
    if not is_folder(folder):
        raise OutputError(f"{path} cannot be written because {folder} is not a folder; choose another place.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"{path} cannot be written because {folder} may not be written to; choose another place."
        )


def _room_in(folder: Path) -> float:
    """Free bytes; infinitely many where a file system does not tell, as some of networks and phones."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return math.inf
    return usage.free if usage.total else math.inf


def _nearest_folder(path: Path) -> Path:
    """The folder that the file is to lie in, or the nearest one above it that is there."""
    folder = path.parent
    while not is_there(folder) and folder != folder.parent:
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
