"""What went wrong, as one sentence in the user's language: for whatever fails in the window's threads."""

from __future__ import annotations

import logging

from PyQt6.QtCore import QCoreApplication

from unfade.errors import UnfadeError
from unfade.log import log_file
from unfade.service.client import EngineError

translate = QCoreApplication.translate
_log = logging.getLogger(__name__)


def explain(error: BaseException, about: str) -> str:
    """The sentence to show for a failure, which is noted in the log.

    Errors that are sentences already are about a file, a model or an option that only they name, and stay as
    they are.

    Args:
        error: what was raised.
        about: what was worked on: a file's name, or what the picture is called.
    """
    if isinstance(error, UnfadeError | EngineError):
        _log.warning("%s: %s %s", about, error, getattr(error, "details", ""))
        return _of_engine(error) if isinstance(error, EngineError) else str(error)
    _log.error("%s: unexpected failure", about, exc_info=error)
    if isinstance(error, MemoryError):
        text = translate("Failure", "There is not enough memory for {name}; close other programs.")
        return text.format(name=about)
    text = translate(
        "Failure", "Something went wrong with {name} that Unfade did not foresee ({kind}); {log} tells more."
    )
    return text.format(name=about, kind=type(error).__name__, log=log_file())


def _of_engine(error: EngineError) -> str:
    """Kinds that say all there is to say are translated."""
    if error.kind == "died":
        return translate(
            "Engine",
            "Unfade's engine stopped unexpectedly; try again, with a smaller picture if memory is short.",
        )
    if error.kind == "timeout":
        return translate("Engine", "Unfade's engine gave no sign of life, so it was stopped; try again.")
    if error.kind == "memory":
        return translate(
            "Engine", "There is not enough memory for this picture; close other programs and try again."
        )
    return str(error)
