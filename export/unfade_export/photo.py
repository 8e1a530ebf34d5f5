"""A photograph to prove exact tiling on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unfade.errors import UnfadeError
from unfade.picture import read_picture, to_float

from .checks import Array
from .errors import ExportError


def load_photo(path: Path) -> Array:
    """CHW float32 RGB in [0, 1], gray as three equal channels, alpha left out.

    Raises:
        ExportError: it is not a picture that can be read.
    """
    try:
        pixels = to_float(read_picture(path).pixels)
    except UnfadeError as error:
        raise ExportError(str(error)) from error
    colour = pixels[..., :1].repeat(3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    return np.ascontiguousarray(colour.transpose(2, 0, 1), np.float32)
