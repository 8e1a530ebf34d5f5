"""Which pictures of a folder are colour photographs: Colorize must not learn from charts and old prints."""

from __future__ import annotations

import numpy as np

LEAST_COLOURFULNESS = 8.0
"""Below lie black-and-white and toned pictures; see :func:`colourfulness`."""
MOST_FLATNESS = 0.6
"""Above lie drawings, charts and screenshots; see :func:`flatness`."""


def is_colour_photo(pixels: np.ndarray) -> bool:
    """Whether an HWC uint8 picture looks like a photograph in colour."""
    return colourfulness(pixels[::2, ::2]) >= LEAST_COLOURFULNESS and flatness(pixels) <= MOST_FLATNESS


def colourfulness(pixels: np.ndarray) -> float:
    """Of HWC RGB in 0..255: 0 for gray, 30 to 60 for an ordinary photograph.

    Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003, M^(3).
    """
    r, g, b = np.moveaxis(pixels.astype(np.float32), -1, 0)
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def flatness(pixels: np.ndarray) -> float:
    """Share of pixels that equal their right neighbour: noise and JPEG keep it low in photographs."""
    return float((pixels[:, 1:] == pixels[:, :-1]).all(axis=-1).mean())
