"""Files that are whole or absent."""

from __future__ import annotations

import errno
import glob
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import TrainingError

_LONG_AGO = 600.0  # seconds without a write: whoever began it is gone


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``path`` for writing, and rename it to ``path`` once the block has ended
    well.

    A killed process or a full disk leaves what was at ``path`` before untouched. What killed processes left
    of earlier tries goes once it is old.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LONG_AGO:
                left.unlink()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o666 & ~_umask())  # mkstemp lets only the owner read
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


@contextmanager
def output_file(path: Path) -> Iterator[IO[bytes]]:
    """:func:`atomic_write` of what somebody asked for by name.

    Raises:
        TrainingError: it cannot be written.
    """
    try:
        with atomic_write(path) as out:
            yield out
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror}.") from error


def check_output(path: Path) -> None:
    """Whether a file can be written, asked before the work begins.

    Raises:
        TrainingError: its folder is missing or cannot be written, or a folder has its name.
    """
    parent = path.absolute().parent
    wrong = 0
    if path.is_dir():
        wrong = errno.EISDIR
    elif not parent.is_dir():
        wrong = errno.ENOTDIR if parent.exists() else errno.ENOENT
    elif not os.access(parent, os.W_OK):
        wrong = errno.EACCES
    if wrong:
        raise TrainingError(f"{path} cannot be written: {os.strerror(wrong)}.")


def check_folder(folder: Path) -> None:
    """Whether files can be written into a folder that may have to be made, asked before the work begins.

    Raises:
        TrainingError: it cannot be made, or cannot be written.
    """
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        raise TrainingError(f"The folder {folder} cannot be made: {there} is a file.")
    if not os.access(there, os.W_OK):
        raise TrainingError(f"The folder {folder} cannot be written: {os.strerror(errno.EACCES)}.")


def make_folder(folder: Path) -> Path:
    """The folder, made if missing.

    Raises:
        TrainingError: it cannot be made, or cannot be written.
    """
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # /proc says that it can be written
        raise TrainingError(f"The folder {folder} cannot be made: {error.strerror}.") from error
    return folder


def _umask() -> int:
    """What this process takes away from new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
