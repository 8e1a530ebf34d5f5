"""A small picture with what degradations touch: smooth light, hard edges, fine texture, colours."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """HWC uint8 RGB, 420 x 420."""
    rng = np.random.default_rng(7)
    light = Image.fromarray(rng.integers(40, 216, (7, 7, 3), dtype=np.uint8)).resize(
        (420, 420), Image.Resampling.BICUBIC
    )
    draw = ImageDraw.Draw(light)
    for _ in range(60):
        x, y, r = rng.integers(0, 420), rng.integers(0, 420), rng.integers(4, 40)
        draw.ellipse((x, y, x + r, y + r), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    texture = rng.normal(0, 5, (420, 420, 1))
    return np.clip(np.asarray(light) + texture, 0, 255).astype(np.uint8)
