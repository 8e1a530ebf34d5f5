"""What the engine's failures are called in the user's language, by their kind.

An engine's error is a kind and an English sentence. Kinds that say all there is to say are translated; the
others are about a file, a model or an option that only their sentence names, and stay as they are.
"""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from unfade.service.client import EngineError

translate = QCoreApplication.translate


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
