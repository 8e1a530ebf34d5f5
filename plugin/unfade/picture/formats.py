"""The file formats: their names, suffixes, signatures and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True)
class Format:
    """What a file format can hold."""

    name: str
    title: str
    """As written in messages."""
    suffixes: tuple[str, ...]
    """Lower case, the customary one first."""
    signatures: tuple[bytes, ...]
    """How a file begins; a "." stands for any byte."""
    max_side: int
    """Longest side in pixels."""
    least_share: float = 0.02
    """Bytes of a file for each byte of pixels that it holds: what hardly any picture is smaller than."""
    deep: bool = False
    """Whether 16 bits a sample can be written."""
    floats: bool = False
    """Whether 32-bit floats can be written."""
    alpha: bool = True
    """Whether alpha can be written."""


FORMATS: tuple[Format, ...] = (
    Format("png", "PNG", (".png", ".apng"), (b"\x89PNG\r\n\x1a\n",), 2**31 - 1, deep=True),
    Format(
        "jpeg",
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        (b"\xff\xd8\xff",),
        65500,
        least_share=0.005,
        alpha=False,
    ),
    Format("webp", "WebP", (".webp",), (b"RIFF....WEBP",), 16383, least_share=0.005),
    Format(
        "tiff",
        "TIFF",
        (".tif", ".tiff"),
        (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        2**31 - 1,
        deep=True,
        floats=True,
    ),
    Format("bmp", "BMP", (".bmp", ".dib"), (b"BM",), 2**31 - 1, least_share=0.25),
)

PICTURE_SUFFIXES: frozenset[str] = frozenset(suffix for f in FORMATS for suffix in f.suffixes)
"""Suffixes (lower case, with the dot) of the files a folder run looks at."""

OUTPUT_FORMATS: Mapping[str, str] = MappingProxyType({f.name: f.suffixes[0] for f in FORMATS})
"""Names of the formats that can be written, with the suffix each gets."""

TITLES = ", ".join(f.title for f in FORMATS[:-1]) + f" or {FORMATS[-1].title}"
"""The formats as a list for messages."""

_ALIASES = {"jpg": "jpeg", "tif": "tiff"}


def format_named(name: str) -> Format | None:
    """The format called `name` ("jpg" and "tif" are understood too), whatever its case; None if unknown."""
    name = name.lower().lstrip(".")
    name = _ALIASES.get(name, name)
    return next((f for f in FORMATS if f.name == name), None)


def format_of_suffix(path: Path) -> Format | None:
    """The format that the suffix of `path` stands for, whatever its case; None if unknown."""
    suffix = path.suffix.lower()
    return next((f for f in FORMATS if suffix in f.suffixes), None)


def format_of_content(head: bytes) -> Format | None:
    """The format of a file that begins with `head` (12 bytes are enough); None if unknown."""
    for f in FORMATS:
        for signature in f.signatures:
            begins = head[: len(signature)]
            if len(begins) == len(signature) and all(
                s in (b, ord(".")) for b, s in zip(begins, signature, strict=True)
            ):
                return f
    return None
