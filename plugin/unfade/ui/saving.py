"""What saving a picture takes, without widgets: the choices, a name to suggest, and what is refused."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QCoreApplication

from unfade.inference import Extent
from unfade.paths import is_folder, is_there
from unfade.picture import (
    Encoding,
    Format,
    Picture,
    format_named,
    format_of_suffix,
    from_float,
    to_float,
    write_picture,
)

translate = QCoreApplication.translate

FORMATS = ("png", "jpeg", "webp", "tiff", "avif", "jxl")
"""What is offered, the safest first; names as in ``unfade.picture.OUTPUT_FORMATS``."""


LOSSY = ("jpeg", "webp", "avif", "jxl")
"""Those of them that have a quality."""


@dataclass(frozen=True)
class SaveChoice:
    """Where and how to save."""

    path: Path
    format: str
    """One of :data:`FORMATS`."""
    quality: int = 95
    """1 to 100, for the formats of :data:`LOSSY`."""
    deep: bool = False
    """16 bits a channel, where the picture has them and the format can hold them."""
    keep_exif: bool = True
    """Whether EXIF and XMP go along. The colour profile always does."""
    subsampling: bool | None = None
    """Whether JPEG keeps colour at half the resolution; None for below quality 90 alone."""
    compression: int = 3
    """0 to 9, for PNG."""
    dpi: int | None = None
    """Pixels an inch, for print; None for those of the picture."""

    def to_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {**dataclasses.asdict(self), "path": str(self.path)}

    @classmethod
    def from_json(cls, raw: Any) -> SaveChoice:
        """The inverse. Raises TypeError or ValueError for anything else."""
        choice = cls(**{**raw, "path": Path(raw["path"])})
        kinds = {
            "format": str,
            "quality": int,
            "deep": bool,
            "keep_exif": bool,
            "subsampling": bool | None,
            "compression": int,
            "dpi": int | None,
        }
        if choice.format not in FORMATS or not all(
            isinstance(getattr(choice, name), kind) for name, kind in kinds.items()
        ):
            raise ValueError("no choice of how to save")
        return choice


def format_for(name: str) -> Format:
    """The format of this name, which must be one there is."""
    found = format_named(name)
    assert found is not None, name
    return found


def suggested_path(
    source: Path | None, filters: Sequence[str], format: str, taken: Callable[[Path], bool] = is_there
) -> Path:
    """A name beside the source that tells what was done and is not taken: "cat-upscale.png"."""
    folder = source.parent if source else Path.home()
    stem = source.stem if source else translate("SaveDialog", "picture")
    stem = "-".join([stem, *dict.fromkeys(filters)])
    return free_name(folder / (stem + format_for(format).suffixes[0]), taken)


def with_suffix(path: Path, format: str) -> Path:
    """The name with a suffix of this format: its own if it fits, else in place of another format's."""
    kind = format_for(format)
    if path.suffix.lower() in kind.suffixes:
        return path
    stem = path.stem if format_of_suffix(path) else path.name  # "1.5x" is no suffix
    return path.with_name(stem + kind.suffixes[0])


def refusal(choice: SaveChoice, extent: Extent | None) -> str | None:
    """A sentence on why this cannot be saved so; None where nothing speaks against it. Makes nothing."""
    if not choice.path.name:
        return translate("SaveDialog", "Give the file a name.")
    if not is_folder(choice.path.parent):
        text = translate("SaveDialog", "The folder {folder} does not exist; choose another.")
        return text.format(folder=choice.path.parent)
    if _is_too_long(choice.path):
        return translate("SaveDialog", "The name is too long; give the file a shorter one.")
    if is_folder(choice.path):
        text = translate("SaveDialog", "{name} is a folder; give the file another name.")
        return text.format(name=choice.path.name)
    if not os.access(choice.path.parent, os.W_OK | os.X_OK):
        text = translate("SaveDialog", "The folder {folder} may not be written to; choose another.")
        return text.format(folder=choice.path.parent)
    kind = format_for(choice.format)
    if extent and max(extent.width, extent.height) > kind.max_side:
        text = translate(
            "SaveDialog",
            "A {format} file holds at most {most} pixels a side, and this picture has {width} × {height}; "
            "choose PNG or TIFF.",
        )
        return text.format(format=kind.title, most=kind.max_side, width=extent.width, height=extent.height)
    return None


def prepared(picture: Picture, choice: SaveChoice) -> Picture:
    """The picture as it is to be written: its depth and its metadata."""
    metadata = picture.metadata
    if not choice.keep_exif:
        metadata = dataclasses.replace(metadata, exif=None, xmp=None)
    if choice.dpi is not None:
        metadata = dataclasses.replace(metadata, dpi=(float(choice.dpi), float(choice.dpi)))
    pixels = picture.pixels
    wanted = np.uint16 if choice.deep and format_for(choice.format).deep else np.uint8
    if pixels.dtype != wanted:
        pixels = from_float(to_float(pixels), wanted)
    return Picture(pixels, metadata)


def write_as(picture: Picture, choice: SaveChoice) -> tuple[str, ...]:
    """Writes a picture as chosen, whole or not at all, and gives sentences on what the format could not hold.

    Raises OutputError.
    """
    encoding = Encoding(choice.quality, choice.subsampling, choice.compression)
    return write_picture(prepared(picture, choice), choice.path, format=choice.format, encoding=encoding)


def _is_too_long(path: Path) -> bool:
    try:
        path.lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def free_name(path: Path, taken: Callable[[Path], bool] = is_there) -> Path:
    """The path itself, or the first of "cat-2.png", "cat-3.png" and so on that is not taken."""
    free, number = path, 2
    while taken(free):
        free, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
    return free
