"""Pictures as found on the web: shrunk, sharpened, noisy, compressed once or twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from .base import Degradation, Degraded, Mask, Pixels
from .codecs import JPEG_BLOCK, SUBSAMPLINGS, WEB_SUBSAMPLING, cut, random_jpeg, webp
from .downscale import check_scale, middle
from .draws import (
    chance,
    check_between,
    check_range,
    check_shares,
    integer,
    log_uniform,
    pick,
    uniform,
)
from .optics import KERNELS, add_noise, blur, resize, sharpen, slanted_blur


@dataclass(frozen=True)
class SimpleWeb(Degradation):
    """The plain case: a bilinear, antialiased down-scale, then one JPEG.

    Attributes:
        scale: how many times smaller the input is.
        kernels: share of each resize kernel.
        quality: JPEG quality, drawn evenly.
        subsampling: share of each chroma subsampling.
    """

    scale: int = 2
    kernels: Mapping[str, float] = field(default_factory=lambda: {"bilinear": 1.0})
    quality: tuple[int, int] = (30, 80)
    subsampling: Mapping[str, float] = field(default_factory=lambda: {"4:2:0": 1.0})

    def __post_init__(self) -> None:
        check_scale(self.scale)
        check_range("quality", self.quality, 1, 100)
        check_shares("kernels", self.kernels, KERNELS)
        check_shares("subsampling", self.subsampling, SUBSAMPLINGS)

    @property
    def margin(self) -> int:
        return JPEG_BLOCK * self.scale

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        image = Image.fromarray(pixels)
        width, height = image.width // self.scale, image.height // self.scale
        image = resize(image, width, height, pick(rng, self.kernels))
        top, left = (int(v) for v in rng.integers(JPEG_BLOCK, size=2))
        image = random_jpeg(cut(image, top, left), rng, self.quality, self.subsampling)
        return Degraded(middle(image, JPEG_BLOCK - top, JPEG_BLOCK - left, target, self.scale), target)


@dataclass(frozen=True)
class Web(Degradation):
    """A picture's way through cameras, editors and sites, in two rounds.

    After Wang et al., "Real-ESRGAN", ICCVW 2021 (second-order degradation), but with the strengths of what
    is really found: no heavy blur, no sinc ringing, no noise that drowns the picture. Round one (camera,
    first upload) is blur, noise, a resize to anything between the target's size and less than the input's,
    and JPEG; round two (the site that shows it) resizes to exactly 1 / ``scale`` of the target, then blur
    or sharpening, noise, and WebP, JPEG, or two JPEGs whose blocks do not meet.

    Attributes:
        scale: how many times smaller the input is.
        first_round_share: how many pictures go through round one at all.
        first_size: size after round one, relative to the input's; below 1 the picture is enlarged again
            later.
        first_quality: JPEG quality of round one.
        first_jpeg_share: how many are compressed in round one.
        kernels: share of each resize kernel.
        blur_share: how often it is blurred, in each round.
        blur_sigma: deviation in input pixels.
        slanted_share: how many of round two's blurs have a slanted axis, along which they are wider.
        sharpen_share: how often it is sharpened instead, in round two.
        sharpen_amount: 1 adds all of what a small blur takes away.
        noise_share: how often there is noise, in each round.
        noise_sigma: its deviation in levels of 255.
        shot_share: how much of the noise grows with brightness.
        gray_noise_share: how much of the noise is the same in all channels.
        quality: JPEG quality at the end.
        webp_share: how many end as WebP instead.
        webp_quality: quality of those.
        double_share: how many of the JPEGs are cropped and compressed a second time.
        subsampling: share of each chroma subsampling.
    """

    scale: int = 2
    first_round_share: float = 0.5
    first_size: tuple[float, float] = (0.7, 2.0)
    first_quality: tuple[int, int] = (50, 95)
    first_jpeg_share: float = 0.7
    kernels: Mapping[str, float] = field(
        default_factory=lambda: {"area": 0.2, "bilinear": 0.3, "bicubic": 0.3, "lanczos": 0.2}
    )
    blur_share: float = 0.25
    blur_sigma: tuple[float, float] = (0.2, 0.9)
    slanted_share: float = 0.5
    sharpen_share: float = 0.25
    sharpen_amount: tuple[float, float] = (0.2, 1.2)
    noise_share: float = 0.3
    noise_sigma: tuple[float, float] = (1.0, 10.0)
    shot_share: float = 0.5
    gray_noise_share: float = 0.4
    quality: tuple[int, int] = (30, 92)
    webp_share: float = 0.15
    webp_quality: tuple[int, int] = (30, 90)
    double_share: float = 0.15
    subsampling: Mapping[str, float] = field(default_factory=lambda: dict(WEB_SUBSAMPLING))

    def __post_init__(self) -> None:
        check_scale(self.scale)
        for name in (
            "first_round_share",
            "first_jpeg_share",
            "blur_share",
            "slanted_share",
            "sharpen_share",
            "noise_share",
            "shot_share",
            "gray_noise_share",
            "webp_share",
            "double_share",
        ):
            check_between(name, getattr(self, name), 0, 1)
        for name in ("first_quality", "quality"):
            check_range(name, getattr(self, name), 1, 100)
        check_range("webp_quality", self.webp_quality, 0, 100)
        check_range("first_size", self.first_size, 0.25, 8)
        check_range("blur_sigma", self.blur_sigma, 0, 4)
        check_range("sharpen_amount", self.sharpen_amount, 0, 5)
        check_range("noise_sigma", self.noise_sigma, 0.1, 100)
        check_shares("kernels", self.kernels, KERNELS)
        check_shares("subsampling", self.subsampling, SUBSAMPLINGS)

    @property
    def margin(self) -> int:
        return JPEG_BLOCK * self.scale

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        image = Image.fromarray(pixels)
        width, height = image.width // self.scale, image.height // self.scale
        if chance(rng, self.first_round_share):
            image = self._first_round(image, rng, width, height)
        image = resize(image, width, height, pick(rng, self.kernels))
        if chance(rng, self.blur_share):
            image = self._slanted(image, rng)
        elif chance(rng, self.sharpen_share):
            image = sharpen(image, uniform(rng, (0.4, 1.2)), uniform(rng, self.sharpen_amount))
        image = self._noise(image, rng)
        image, top, left = self._last_file(image, rng)
        return Degraded(middle(image, JPEG_BLOCK - top, JPEG_BLOCK - left, target, self.scale), target)

    def _first_round(
        self, image: Image.Image, rng: np.random.Generator, width: int, height: int
    ) -> Image.Image:
        if chance(rng, self.blur_share):
            # The lens blurs the large picture; its deviation is told in input pixels.
            sigma = uniform(rng, self.blur_sigma) * self.scale
            image = blur(image, (sigma, sigma * uniform(rng, (0.6, 1.0))))
        # A size above the target's own would only cost time.
        size = min(log_uniform(rng, self.first_size), float(self.scale))
        image = resize(image, round(width * size), round(height * size), pick(rng, self.kernels))
        image = self._noise(image, rng)
        if chance(rng, self.first_jpeg_share):
            image = random_jpeg(image, rng, self.first_quality, self.subsampling)
        return image

    def _slanted(self, image: Image.Image, rng: np.random.Generator) -> Image.Image:
        sigma = uniform(rng, self.blur_sigma)
        if not chance(rng, self.slanted_share):
            return blur(image, (sigma, sigma))
        return slanted_blur(
            image, (sigma * 1.4, sigma * uniform(rng, (0.3, 1.0))), uniform(rng, (0.0, np.pi))
        )

    def _noise(self, image: Image.Image, rng: np.random.Generator) -> Image.Image:
        if not chance(rng, self.noise_share):
            return image
        sigma, gray = log_uniform(rng, self.noise_sigma), chance(rng, self.gray_noise_share)
        if chance(rng, self.shot_share):
            # As strong as ``sigma`` at the middle gray; a tenth of its variance is there in the dark already.
            return Image.fromarray(
                add_noise(np.asarray(image), rng, sigma * 0.1**0.5, 0.9 * sigma**2 / 128, gray)
            )
        return Image.fromarray(add_noise(np.asarray(image), rng, sigma, 0.0, gray))

    def _last_file(self, image: Image.Image, rng: np.random.Generator) -> tuple[Image.Image, int, int]:
        """The last compression, and how many rows and columns of the margin it has cut away."""
        top, left = (int(v) for v in rng.integers(JPEG_BLOCK, size=2))
        if chance(rng, self.webp_share):
            return webp(cut(image, top, left), integer(rng, self.webp_quality)), top, left
        if not chance(rng, self.double_share):
            return random_jpeg(cut(image, top, left), rng, self.quality, self.subsampling), top, left
        # Somebody saved, cropped by a few pixels and saved again.
        y, x = (int(v) for v in rng.integers((top + 1, left + 1)))
        image = random_jpeg(cut(image, y, x), rng, self.quality, self.subsampling)
        return random_jpeg(cut(image, top - y, left - x), rng, self.quality, self.subsampling), top, left
