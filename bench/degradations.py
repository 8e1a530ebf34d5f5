"""Milliseconds each degradation takes for one input patch, on one core: ``bench/degradations.py [FOLDER]``.

Two data workers have to feed a CPU trainer with 60 patches a second each: nothing may take more than 16 ms.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from unfade_training.degradations import (
    Ageing,
    Clean,
    ColourHints,
    Compression,
    Crappify,
    SimpleWeb,
    Watermark,
    Web,
)
from unfade_training.degradations.__main__ import photo_files

PATCH, ROUNDS = 128, 150


def main() -> None:
    photo = _photo(Path(sys.argv[1])) if len(sys.argv) > 1 else _synthetic()
    cases = {
        "clean x2": Clean(2),
        "crappify x2": Crappify(scale=2, shrink=2),
        "web-simple x2": SimpleWeb(2),
        "web-simple x4": SimpleWeb(4),
        "web x2": Web(2),
        "web x4": Web(4),
        "compression": Compression(),
        "compression, WebP": Compression(webp_share=1, gray_share=0),
        "watermark": Watermark(),
        "watermark, tiled": Watermark(tiled_share=1, stamp_share=0),
        "ageing": Ageing(clean_share=0),
    }
    print(f"{'input patch of ' + str(PATCH):<20} {'mean ms':>8} {'95 %':>8} {'a second':>9}")
    for name, degradation in cases.items():
        side = PATCH * degradation.scale + 2 * degradation.margin
        crop = np.ascontiguousarray(photo[:side, :side])
        _report(name, [_seconds(degradation.apply, crop, seed) for seed in range(ROUNDS)])
    ab = photo[:PATCH, :PATCH, :2].astype(np.float32)
    _report("colour hints", [_seconds(ColourHints(none_share=0).sample, ab, seed) for seed in range(ROUNDS)])


def _seconds(apply, crop: np.ndarray, seed: int) -> float:
    rng = np.random.default_rng(seed)
    start = time.perf_counter()
    apply(crop, rng)
    return time.perf_counter() - start


def _report(name: str, seconds: list[float]) -> None:
    mean = float(np.mean(seconds))
    print(f"{name:<20} {1e3 * mean:8.2f} {1e3 * np.percentile(seconds, 95):8.2f} {1 / mean:9.0f}")


def _photo(folder: Path) -> np.ndarray:
    for path in photo_files(folder):
        with Image.open(path) as image:
            if min(image.size) >= PATCH * 4:
                enough = PATCH * 4 + 64
                return np.asarray(image.convert("RGB").resize((enough, enough)))
    sys.exit(f"no picture in {folder} has sides of {PATCH * 4} pixels")


def _synthetic() -> np.ndarray:
    """Smooth blobs with grain: about as hard to compress as a photograph."""
    rng = np.random.default_rng(0)
    side = PATCH * 4 + 64
    coarse = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)).resize((side, side))
    return np.clip(np.asarray(coarse) + rng.normal(0, 4, (side, side, 3)), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
