"""What happens to pictures before someone enlarges them: compression, resizing after it, or noise."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from PIL import Image

Condition = Callable[[Image.Image, random.Random], Image.Image]
"""RGB to RGB of the same size."""

QUALITIES: Final = (30, 50, 60, 75, 85, 90, 95)


def jpeg(image: Image.Image, rng: random.Random, *, quality: int | None = None) -> Image.Image:
    """JPEG with chroma halved; of any quality from 30 to 90 where none is given."""
    return _coded(image, "JPEG", rng.randint(30, 90) if quality is None else quality, subsampling=2)


def twice(image: Image.Image, rng: random.Random) -> Image.Image:
    """JPEG of quality 30 to 75, its blocks moved, then JPEG of quality 75 to 95."""
    first = np.asarray(_coded(image, "JPEG", rng.randint(30, 75), subsampling=2))
    down, across = rng.randint(1, 7), rng.randint(1, 7)
    moved = Image.fromarray(np.pad(first, ((down, 0), (across, 0), (0, 0)), mode="edge"))
    again = _coded(moved, "JPEG", rng.randint(75, 95), subsampling=2)
    return again.crop((across, down, again.width, again.height))


def webp(image: Image.Image, rng: random.Random) -> Image.Image:
    """WebP of quality 40 to 90."""
    return _coded(image, "WEBP", rng.randint(40, 90))


def resized(image: Image.Image, rng: random.Random) -> Image.Image:
    """JPEG of quality 30 to 75 at 1.2 to 2 times the size, brought down."""
    factor = rng.uniform(1.2, 2)
    size = (round(image.width * factor), round(image.height * factor))
    large = image.resize(size, Image.Resampling.BICUBIC)
    coded = _coded(large, "JPEG", rng.randint(30, 75), subsampling=2)
    return coded.resize(image.size, Image.Resampling.BICUBIC)


def noisy(image: Image.Image, rng: random.Random) -> Image.Image:
    """Gaussian noise, of a sigma of 4 to 15 of 255."""
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(4, 15), (*image.size[::-1], 3))
    return Image.fromarray(np.clip(np.rint(np.asarray(image) + noise), 0, 255).astype(np.uint8))


def clean(image: Image.Image, _rng: random.Random) -> Image.Image:
    """As it is."""
    return image


CONDITIONS: Final[dict[str, Condition]] = {
    "clean": clean,
    **{f"jpeg-{quality}": partial(jpeg, quality=quality) for quality in reversed(QUALITIES)},
    "twice": twice,
    "webp": webp,
    "resized": resized,
    "noisy": noisy,
}


def _coded(image: Image.Image, format: str, quality: int, **options: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, format, quality=quality, **options)
    with Image.open(out) as coded:
        return coded.convert("RGB")
