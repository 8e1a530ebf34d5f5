"""Pictures and comparisons that the filters' tests share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.filters import Progress, find_filter
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


def filtered(
    name: str, picture: Picture, options: Any, engine: Engine, progress: Progress | None = None
) -> Picture:
    """What the filter of that name makes of the picture."""
    return find_filter(name).open(options, engine).run(picture, progress=progress).picture


def upscale(picture: Picture, *rest: Any, **more: Any) -> Picture:
    return filtered("upscale", picture, *rest, **more)


def deartifact(picture: Picture, *rest: Any, **more: Any) -> Picture:
    return filtered("deartifact", picture, *rest, **more)


def colorize(picture: Picture, *rest: Any, **more: Any) -> Picture:
    return filtered("colorize", picture, *rest, **more)


ORIENTATIONS = [(0, False), (0, True), (2, True), (2, False), (1, False), (1, True), (3, False), (3, True)]
"""Quarter turns, and whether mirrored after them, of the looks of an ensemble, in its order."""


def turned(source: Picture, quarters: int, flipped: bool) -> Picture:
    pixels = np.rot90(source.pixels, quarters)
    return Picture(np.ascontiguousarray(pixels[:, ::-1] if flipped else pixels))


def turned_back(pixels: NDArray[Any], quarters: int, flipped: bool) -> NDArray[Any]:
    return np.rot90(pixels[:, ::-1] if flipped else pixels, -quarters)


def apart(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Largest difference, in parts of white."""
    return float(np.abs(to_float(a).astype(np.float64) - to_float(b)).max())
