"""The engine that windows and queues work with: starting it, its results as pictures, its failures."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import numpy as np
from PyQt6.QtCore import QCoreApplication

from unfade.picture import Metadata, Picture, is_profile_for
from unfade.service.client import Client, EngineError, Result

translate = QCoreApplication.translate


def start_engine() -> Client:
    """An engine process of this installation. Raises EngineError."""
    return Client(sys.executable)


def sentence_of(error: EngineError) -> str:
    """The sentence to show for an engine's error, which is a kind and an English sentence.

    Kinds that say all there is to say are translated; the others are about a file, a model or an option that
    only their sentence names, and stay as they are.
    """
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


_TYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype(np.uint8),
    "u16": np.dtype(np.uint16),
    "float32": np.dtype(np.float32),
}
DEPTHS = {dtype: name for name, dtype in _TYPES.items()}
"""The service's names for the types pixels have."""


def as_picture(result: Result, metadata: Metadata) -> Picture:
    """The result with the metadata of what it was made from; it shares the result's memory.

    A gray profile does not fit what got colours, which is sRGB.
    """
    pixels = np.frombuffer(result.pixels, _TYPES[result.depth])
    if metadata.icc is not None and not is_profile_for(metadata.icc, result.channels < 3):
        metadata = dataclasses.replace(metadata, icc=None)
    return Picture(pixels.reshape(result.height, result.width, result.channels), metadata)
