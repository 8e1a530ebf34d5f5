"""JPEG and WebP round trips, as browsers and cameras make them."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from .base import Pixels
from .draws import integer, pick

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
JPEG_BLOCK = 8
WEB_SUBSAMPLING: Mapping[str, float] = {"4:2:0": 0.7, "4:2:2": 0.05, "4:4:4": 0.25}


def jpeg(image: Image.Image, quality: int, subsampling: str = "4:2:0") -> Image.Image:
    """The picture after a JPEG file of that quality (libjpeg's scale). Mode L or RGB.

    Decoding smooths subsampled chroma ("fancy upsampling"), as the viewers that people have do.
    """
    options = {} if image.mode == "L" else {"subsampling": SUBSAMPLINGS.index(subsampling)}
    return _round_trip(image, "JPEG", quality=quality, **options)


def webp(image: Image.Image, quality: int, method: int = 2) -> Image.Image:
    """The picture after a lossy WebP file (VP8, always 4:2:0). Mode RGB.

    ``method`` is the encoder's effort; 2 makes the same kind of damage as the usual 4 in half the time.
    """
    return _round_trip(image, "WEBP", quality=quality, method=method)


def cut(image: Image.Image, top: int, left: int) -> Image.Image:
    """The picture from (top, left) to its end."""
    return image.crop((left, top, image.width, image.height))


def random_jpeg(
    image: Image.Image, rng: np.random.Generator, quality: tuple[int, int], subsampling: Mapping[str, float]
) -> Image.Image:
    """:func:`jpeg` with drawn quality and subsampling."""
    drawn = integer(rng, quality)
    return jpeg(image, drawn, pick(rng, subsampling))


def shifted_jpeg(
    pixels: Pixels,
    rng: np.random.Generator,
    quality: tuple[int, int],
    subsampling: Mapping[str, float],
    margin: int = 2 * JPEG_BLOCK,
) -> Pixels:
    """HWC pixels (1 or 3 channels) after a JPEG whose blocks begin anywhere in the first ``margin`` rows and
    columns; what lies before them stays as it was."""
    top, left = (int(v) for v in rng.integers(margin, size=2))
    image = Image.fromarray(pixels[top:, left:].squeeze(2) if pixels.shape[2] == 1 else pixels[top:, left:])
    found = np.asarray(random_jpeg(image, rng, quality, subsampling))
    changed = pixels.copy()
    changed[top:, left:] = found.reshape(*found.shape[:2], -1)
    return changed


def _round_trip(image: Image.Image, form: str, **options: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    buffer.seek(0)
    decoded = Image.open(buffer)
    decoded.load()
    return decoded if decoded.mode == image.mode else decoded.convert(image.mode)
