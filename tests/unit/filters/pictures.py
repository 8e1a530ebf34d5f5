"""Pictures and comparisons that the filters' tests share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.inference import Device, Engine
from unfade.picture import Kernel, Picture, from_float, resize, to_float


def engine(tile: int | None = None) -> Engine:
    """One on the CPU, with windows of that size."""
    return Engine(Device.CPU, threads=1, tile=tile)


def picture(*shape: int, dtype: str = "uint8", seed: int = 0) -> Picture:
    """Smooth colours with a little noise, as photographs have."""
    random = np.random.default_rng(seed)
    height, width, channels = shape
    coarse = random.random((max(2, height // 8), max(2, width // 8), channels), np.float32)
    smooth = resize(coarse, (height, width), Kernel.BILINEAR)
    noisy = smooth + random.normal(0, 0.02, smooth.shape)
    return Picture(np.ascontiguousarray(from_float(noisy, dtype)))


def apart(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Largest difference, in parts of white."""
    return float(np.abs(to_float(a).astype(np.float64) - to_float(b)).max())
