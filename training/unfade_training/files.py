"""Files that are whole or absent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import TrainingError


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``path`` for writing, and rename it to ``path`` once the block has ended
    well.

    A killed process or a full disk leaves what was at ``path`` before untouched.
    """
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


def _umask() -> int:
    """What this process takes away from new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
