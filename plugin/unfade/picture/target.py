"""Whether a picture can be written, known before the time is spent that its pixels take."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from unfade.errors import OutputError
from unfade.picture.formats import OUTPUT_FORMATS, Format, format_named, written_format_of_suffix

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
