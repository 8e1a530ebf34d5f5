"""Steps of a picture's way: resizing, blur, sharpening, noise, JPEG and WebP, each from and to 8 bits.

8 bits between the steps is what real pictures go through, too, and Pillow does them in C.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Annotated, TypeAlias

import numpy as np
from PIL import Image, ImageFilter

from .base import Pixels, Shares, Within, integer, pick

KERNELS = {
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
JPEG_BLOCK = 8
WEB_SUBSAMPLING: Mapping[str, float] = {"4:2:0": 0.7, "4:2:2": 0.05, "4:4:4": 0.25}

Kernels: TypeAlias = Annotated[Mapping[str, float], Shares(KERNELS)]
Subsampling: TypeAlias = Annotated[Mapping[str, float], Shares(SUBSAMPLINGS)]
Quality: TypeAlias = Annotated[tuple[int, int], Within(1, 100)]
WebpQuality: TypeAlias = Annotated[tuple[int, int], Within(0, 100)]


def resize(image: Image.Image, width: int, height: int, kernel: str) -> Image.Image:
    """Antialiased resize with a kernel of :data:`KERNELS`."""
    return image if image.size == (width, height) else image.resize((width, height), KERNELS[kernel])


def as_gray(pixels: Pixels) -> Pixels:
    """HW3 RGB -> HW3 with the luma of JPEG (ITU-R BT.601) in all channels."""
    return np.repeat(np.asarray(Image.fromarray(pixels).convert("L"))[..., None], 3, axis=2)


def blur(image: Image.Image, sigma: tuple[float, float]) -> Image.Image:
    """Gaussian blur with its own deviation in pixels across and down (0: none)."""
    return image.filter(ImageFilter.GaussianBlur(sigma))


def slanted_blur(image: Image.Image, sigma: tuple[float, float], angle: float) -> Image.Image:
    """Gaussian blur along a slanted axis: two passes of a 5x5 kernel, so deviations up to about 1.7 pixels.

    Args:
        image: mode L or RGB; the 2 outermost pixels of each side stay as they are.
        sigma: deviation along and across the axis, in pixels.
        angle: of the axis, in radians.
    """
    c, s = math.cos(angle), math.sin(angle)
    y, x = np.mgrid[-2:3, -2:3].astype(np.float64)
    # Two passes add their variances.
    along, across = (max(v / math.sqrt(2), 0.2) for v in sigma)
    kernel = np.exp(-((c * x + s * y) ** 2) / (2 * along**2) - (c * y - s * x) ** 2 / (2 * across**2))
    weights = ImageFilter.Kernel((5, 5), (kernel / kernel.sum()).ravel().tolist(), 1)
    return image.filter(weights).filter(weights)


def sharpen(image: Image.Image, radius: float, amount: float) -> Image.Image:
    """Unsharp mask; an ``amount`` of 1 adds all of what a blur of ``radius`` pixels takes away."""
    return image.filter(ImageFilter.UnsharpMask(radius, round(100 * amount), 0))


def add_noise(
    pixels: Pixels, rng: np.random.Generator, sigma: float, shot: float = 0.0, gray: bool = False
) -> Pixels:
    """Noise of variance ``sigma^2 + shot * value`` (the Poisson-Gaussian model of Foi et al. 2008).

    Args:
        pixels: HWC uint8.
        rng: source of the noise.
        sigma: deviation in levels of 255, the same everywhere.
        shot: variance a level, stronger in bright parts.
        gray: the same noise in all channels.
    """
    x = pixels.astype(np.float32)
    shape = (*x.shape[:2], 1) if gray else x.shape
    noise = rng.standard_normal(shape, dtype=np.float32)
    if shot:
        brightness = x.mean(2, keepdims=True) if gray else x
        noise = noise * np.sqrt(sigma**2 + shot * brightness)
    else:
        noise *= np.float32(sigma)
    x += noise
    return np.rint(np.clip(x, 0, 255, out=x), out=x).astype(np.uint8)


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
