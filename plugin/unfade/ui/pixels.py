"""The engine's results as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from unfade.picture import Metadata, Picture
from unfade.service.client import Result

_TYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype(np.uint8),
    "u16": np.dtype(np.uint16),
    "float32": np.dtype(np.float32),
}
DEPTHS = {dtype: name for name, dtype in _TYPES.items()}
"""The service's names for the types pixels have."""


def as_picture(result: Result, metadata: Metadata) -> Picture:
    """The result with the metadata of what it was made from; it shares the result's memory."""
    pixels = np.frombuffer(result.pixels, _TYPES[result.depth])
    return Picture(pixels.reshape(result.height, result.width, result.channels), metadata)
