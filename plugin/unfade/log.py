"""The log file: what a bug report needs, kept small, in the place the operating system keeps logs."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from unfade import paths

MEBIBYTE = 1 << 20


def log_file() -> Path:
    """Where the log of this user is (it need not exist yet)."""
    return paths.log_dir() / "unfade.log"


def unforeseen(error: BaseException, what: str = "Something went wrong that") -> str:
    """The sentence for a failure that nobody thought of: what happened to what, and where more of it stands.

    Args:
        what: the beginning of the sentence: "photo.jpg failed in a way".
    """
    return f"{what} Unfade did not foresee ({type(error).__name__}); {log_file()} tells more."


def start_logging(level: int = logging.INFO) -> None:
    """Sends what every ``unfade`` logger records to the log file; it rotates at 1 MiB, three old ones stay.

    Where no file can be written the work goes on without a log.
    """
    logger = logging.getLogger("unfade")
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(_handler())
    logger.setLevel(level)
    logging.raiseExceptions = False  # a full disk is no reason to print a traceback over the progress bar


def _handler() -> logging.Handler:
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path,
            maxBytes=MEBIBYTE,
            backupCount=3,
            encoding="utf-8",
            errors="backslashreplace",  # file names need not be text
        )
    except OSError:
        return logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    return handler
