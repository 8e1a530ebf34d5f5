"""Starting the engine that windows and queues work with, and its failures in the user's language."""

from __future__ import annotations

import sys

from PyQt6.QtCore import QCoreApplication

from unfade.service.client import Client, EngineError

translate = QCoreApplication.translate


def start_engine() -> Client:
    """An engine process of this installation. Raises EngineError."""
    return Client(sys.executable)


def sentence_of(error: EngineError) -> str:
    """The sentence to show."""
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
