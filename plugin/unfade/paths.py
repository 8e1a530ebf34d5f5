"""Where Unfade keeps things on this computer, files that are whole or absent, and JSON read strictly."""

from __future__ import annotations

import errno
import functools
import importlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import platformdirs

from unfade.errors import OutputError, UsageError

fcntl: Any = None
with suppress(ImportError):  # Windows has none
    fcntl = importlib.import_module("fcntl")

MOST_BYTES = 1 << 20
"""Of a JSON file: a recipe or a list of hints has a few hundred."""
NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows has no quota error
"""Numbers of the errors that mean that a disk is full."""

SCRATCH_VARIABLE = "UNFADE_SCRATCH"
"""An environment variable that may name the folder for scratch files."""

_APP = "unfade"
_PART = (".unfade-", ".part")
_LONG_AGO = 60  # seconds


def data_dir() -> Path:
    """The user's own data: models added by hand."""
    # appauthor=False: without it Windows would get a folder inside a folder of the same name.
    return platformdirs.user_data_path(_APP, appauthor=False)


def models_dir() -> Path:
    """The user's own models, beside those shipped with the program."""
    return data_dir() / "models"


def shipped_models_dir() -> Path:
    """The models that come with the program."""
    return Path(__file__).parent / "models" / "shipped"


def cache_dir() -> Path:
    """What can be made anew at any time: networks that a provider has compiled."""
    return platformdirs.user_cache_path(_APP, appauthor=False)


def scratch_dir() -> Path:
    """Pixels of pictures too large for memory, while they are worked on. Not the system's folder for
    temporary files, which lies in memory on many systems."""
    named = os.environ.get(SCRATCH_VARIABLE)
    return Path(named) if named else cache_dir()


def config_dir() -> Path:
    """Settings."""
    return platformdirs.user_config_path(_APP, appauthor=False)


def log_dir() -> Path:
    """Log files."""
    return platformdirs.user_log_path(_APP, appauthor=False)


# pathlib's own raise where nobody may look, for links in a circle and for users that there are not.


def is_folder(path: Path) -> bool:
    """Whether a folder is there; False, too, where that cannot be found out."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether a file is there; False, too, where that cannot be found out."""
    return os.path.isfile(path)  # noqa: PTH113


def is_there(path: Path) -> bool:
    """Whether anything is there; False, too, where that cannot be found out."""
    return os.path.exists(path)  # noqa: PTH110


def resolved(path: Path) -> Path:
    """The path without links, as far as they lead anywhere."""
    return Path(os.path.realpath(path))


def in_home(path: str | Path) -> Path:
    """The path with a user's folder for "~" or "~name"; as it is where there is no such user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111


@contextmanager
def whole_or_absent(path: Path) -> Iterator[BinaryIO]:
    """A new file to write that takes the name `path` when the block ends well, and is gone otherwise.

    What killed processes left half-written in that folder is removed first. Raises OutputError where the file
    cannot be written.
    """
    final = resolved(path)  # through a link, not over it
    temporary = final.parent / f"{_PART[0]}{secrets.token_hex(6)}{_PART[1]}"
    try:
        if not final.parent.is_dir():
            raise OutputError(
                f"{path} cannot be written: the folder {path.parent} does not exist; create it first."
            )
        if final.exists() and not final.is_file():
            raise OutputError(
                f"{path} cannot be written: something that is not a file has this name; choose another."
            )
        remove_leftovers(final.parent)
        with _locked(temporary) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if fcntl is not None:
                temporary.replace(final)  # while it is locked
        if fcntl is None:
            temporary.replace(final)  # Windows gives an open file no other name
    except OSError as error:
        raise OutputError(_why_not(path, error)) from error
    except MemoryError:
        raise OutputError(f"{path} cannot be written: the memory of this computer is used up.") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Waits for other processes that hold this folder, and holds it: for changes of several files.

    Raises OSError where there is no such folder.
    """
    if fcntl is not None:
        held = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # a file system that cannot lock
                fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)
        return
    msvcrt: Any = importlib.import_module("msvcrt")
    with (folder / ".unfade.lock").open("ab") as stream:
        msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
        yield


@functools.lru_cache(maxsize=1024)
def remove_leftovers(folder: Path) -> None:
    """Removes half-written files whose process is gone; once in the life of this process."""
    parts: list[Path] = []
    with suppress(OSError):  # where nobody may look nothing is written either
        parts = list(folder.glob("*".join(_PART)))
    for part in parts:
        with suppress(OSError):
            if fcntl is None:
                if time.time() - part.stat().st_mtime > _LONG_AGO:
                    part.unlink()  # Windows does not remove what is open
                continue
            with part.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()


def _locked(part: Path) -> BinaryIO:
    """A new file that counts as somebody's until it is closed. Raises OSError."""
    while True:
        stream = part.open("x+b")
        if fcntl is None:
            return stream
        with suppress(OSError):  # where nothing can be locked, nothing is removed either
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if part.exists():  # else it was taken for a leftover before it was locked
            return stream
        stream.close()


def _why_not(path: Path, error: OSError) -> str:
    if error.errno in NO_ROOM:
        return f"{path} cannot be written: there is no room left; free some space or choose another folder."
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return f"{path} cannot be written: no permission to write in {path.parent}; choose another folder."
    return f"{path} cannot be written: {error.strerror or error}; choose another name or folder."


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text, in UTF-8 where it is bytes.

    Raises ValueError for what is no JSON; NaN and Infinity, which Python's reader would take, are none.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises UsageError that names the file."""
    try:
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):  # opening a pipe would wait for ever
            raise UsageError(f"{path} is not a file; name another.")
        with path.open("rb") as stream:
            text = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist; check the name and the folder.") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(text) > MOST_BYTES:
        raise UsageError(f"{path} is larger than {MOST_BYTES >> 20} MiB, so it cannot be what it should be.")
    try:
        return parse_json(text.decode("utf-8-sig"))  # some editors on Windows begin files with a mark
    except ValueError as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{path} is no JSON file{where}; check it in a text editor.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
