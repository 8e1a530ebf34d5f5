"""Down-scaled pictures: clean, as the lesson makes them, and as found on the web; and compression alone, for
De-artifact: JPEG of any quality, saved once or twice, gray, and WebP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .base import (
    Degradation,
    Degraded,
    Mask,
    Pixels,
    Scale,
    Share,
    Within,
    chance,
    integer,
    log_uniform,
    offset,
    pick,
    uniform,
)
from .operations import (
    JPEG_BLOCK,
    WEB_SUBSAMPLING,
    Kernels,
    Quality,
    Subsampling,
    WebpQuality,
    add_noise,
    blur,
    cut,
    jpeg,
    random_jpeg,
    resize,
    sharpen,
    slanted_blur,
    webp,
)

TEXT_SIZE = 11  # pixels: about the size of the bitmap font the lesson wrote with


@dataclass(frozen=True)
class Clean(Degradation):
    """An antialiased down-scale and nothing else; at scale 1 nothing at all.

    Attributes:
        scale: how many times smaller the input is.
        kernels: share of each kernel; bicubic alone is the protocol of the super-resolution papers.
    """

    scale: Scale = 1
    kernels: Kernels = field(default_factory=lambda: {"bicubic": 1.0})

    @property
    def margin(self) -> int:
        """Bicubic's support is 2 input pixels, Lanczos' 3; the fourth keeps the size even."""
        return 4 * self.scale if self.scale > 1 else 0

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        if self.scale == 1:
            return Degraded(target, target)
        image = Image.fromarray(pixels)
        image = resize(image, image.width // self.scale, image.height // self.scale, pick(rng, self.kernels))
        border = self.margin // self.scale
        return Degraded(self._aligned(image, border, border, target), target)


@dataclass(frozen=True)
class Crappify(Degradation):
    """Bilinear down-scale, the JPEG quality drawn on in white, JPEG 10..70 (fast.ai course v3, lesson 7).

    Attributes:
        scale: how many times smaller than the target the input is.
        shrink: how many times smaller the picture is made; where that is more than ``scale``, it is
            enlarged again (bilinear), as for the lesson's network, whose input has the target's size. A
            multiple of ``scale``.
        quality: JPEG quality, drawn evenly.
        text_share: how many of the pictures get the number.
    """

    scale: Scale = 1
    shrink: int = 2
    quality: Quality = (10, 70)
    text_share: Share = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shrink < 1 or self.shrink % self.scale:
            raise ValueError(f"shrink must be a multiple of the scale {self.scale}, not {self.shrink}.")

    @property
    def margin(self) -> int:
        return JPEG_BLOCK * self.shrink

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        image = Image.fromarray(pixels)
        # A patch of odd size has a rest that the division would stretch: it stays in the margin.
        width, height = image.width // self.shrink, image.height // self.shrink
        image = image.crop((0, 0, width * self.shrink, height * self.shrink))
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        top, left = integer(rng, (0, JPEG_BLOCK - 1)), integer(rng, (0, JPEG_BLOCK - 1))
        image = image.crop((left, top, width, height))
        quality = integer(rng, self.quality)
        if chance(rng, self.text_share):
            # As in the lesson the text begins anywhere in the upper left quarter of what is seen.
            x = integer(rng, (0, (width - 2 * JPEG_BLOCK) // 2)) + JPEG_BLOCK - left
            y = integer(rng, (0, (height - 2 * JPEG_BLOCK) // 2)) + JPEG_BLOCK - top
            draw = ImageDraw.Draw(image)
            draw.text((x, y), str(quality), fill=(255, 255, 255), font=ImageFont.load_default(TEXT_SIZE))
        image = jpeg(image, quality)
        enlarge = self.shrink // self.scale
        if enlarge > 1:
            size = (image.width * enlarge, image.height * enlarge)
            image = image.resize(size, Image.Resampling.BILINEAR)
        top, left = (JPEG_BLOCK - top) * enlarge, (JPEG_BLOCK - left) * enlarge
        return Degraded(self._aligned(image, top, left, target), target)


@dataclass(frozen=True)
class SimpleWeb(Degradation):
    """The plain case: a bilinear, antialiased down-scale, then one JPEG.

    Attributes:
        scale: how many times smaller the input is.
        kernels: share of each resize kernel.
        quality: JPEG quality, drawn evenly.
        subsampling: share of each chroma subsampling.
    """

    scale: Scale = 2
    kernels: Kernels = field(default_factory=lambda: {"bilinear": 1.0})
    quality: Quality = (30, 80)
    subsampling: Subsampling = field(default_factory=lambda: {"4:2:0": 1.0})

    @property
    def margin(self) -> int:
        return JPEG_BLOCK * self.scale

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        image = Image.fromarray(pixels)
        width, height = image.width // self.scale, image.height // self.scale
        image = resize(image, width, height, pick(rng, self.kernels))
        top, left = offset(rng, JPEG_BLOCK)
        image = random_jpeg(cut(image, top, left), rng, self.quality, self.subsampling)
        return Degraded(self._aligned(image, JPEG_BLOCK - top, JPEG_BLOCK - left, target), target)


@dataclass(frozen=True)
class Web(Degradation):
    """A picture's way through cameras, editors and sites, in two rounds.

    After Wang et al., "Real-ESRGAN", ICCVW 2021 (second-order degradation), but with the strengths of what
    is really found: no heavy blur, no sinc ringing, no noise that drowns the picture. Round one (camera,
    first upload) is blur, noise, a resize to anything between the target's size and less than the input's,
    and JPEG; round two (the site that shows it) resizes to exactly 1 / ``scale`` of the target, then blur
    or sharpening, noise, and WebP, JPEG, or two JPEGs whose blocks rarely meet.

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

    scale: Scale = 2
    first_round_share: Share = 0.5
    first_size: Annotated[tuple[float, float], Within(0.25, 8)] = (0.7, 2.0)
    first_quality: Quality = (50, 95)
    first_jpeg_share: Share = 0.7
    kernels: Kernels = field(
        default_factory=lambda: {"area": 0.2, "bilinear": 0.3, "bicubic": 0.3, "lanczos": 0.2}
    )
    blur_share: Share = 0.25
    blur_sigma: Annotated[tuple[float, float], Within(0, 4)] = (0.2, 0.9)
    slanted_share: Share = 0.5
    sharpen_share: Share = 0.25
    sharpen_amount: Annotated[tuple[float, float], Within(0, 5)] = (0.2, 1.2)
    noise_share: Share = 0.3
    noise_sigma: Annotated[tuple[float, float], Within(0.1, 100)] = (1.0, 10.0)
    shot_share: Share = 0.5
    gray_noise_share: Share = 0.4
    quality: Quality = (30, 92)
    webp_share: Share = 0.15
    webp_quality: WebpQuality = (30, 90)
    double_share: Share = 0.15
    subsampling: Subsampling = field(default_factory=lambda: dict(WEB_SUBSAMPLING))

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
        return Degraded(self._aligned(image, JPEG_BLOCK - top, JPEG_BLOCK - left, target), target)

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
        top, left = offset(rng, JPEG_BLOCK)
        if chance(rng, self.webp_share):
            return webp(cut(image, top, left), integer(rng, self.webp_quality)), top, left
        if not chance(rng, self.double_share):
            return random_jpeg(cut(image, top, left), rng, self.quality, self.subsampling), top, left
        # Somebody saved, cropped by a few pixels and saved again.
        y, x = (int(v) for v in rng.integers((top + 1, left + 1)))
        image = random_jpeg(cut(image, y, x), rng, self.quality, self.subsampling)
        return random_jpeg(cut(image, top - y, left - x), rng, self.quality, self.subsampling), top, left


MARGIN = 16  # pixels: the block of 4:2:0 JPEG, so that blocks of luma and chroma begin anywhere in the patch


@dataclass(frozen=True)
class Compression(Degradation):
    """JPEG or WebP as people have them: any quality and subsampling, at times compressed twice.

    Attributes:
        quality: JPEG quality, drawn evenly.
        subsampling: share of each chroma subsampling.
        double_share: how many of the JPEGs are saved a second time.
        shifted_share: how many of those were cropped by 0 to 15 pixels in between, so that the blocks of the
            two files rarely meet.
        second_quality: JPEG quality of the second file.
        gray_share: how many are gray JPEGs; their target is gray as well.
        webp_share: how many are WebP.
        webp_quality: quality of those.
    """

    quality: Quality = (5, 95)
    subsampling: Subsampling = field(default_factory=lambda: dict(WEB_SUBSAMPLING))
    double_share: Share = 0.25
    shifted_share: Share = 0.75
    second_quality: Quality = (30, 95)
    gray_share: Share = 0.1
    webp_share: Share = 0.12
    webp_quality: WebpQuality = (5, 90)

    @property
    def margin(self) -> int:
        return MARGIN

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        image = Image.fromarray(pixels)
        gray = chance(rng, self.gray_share)
        if gray:
            image = image.convert("L")
            pixels = np.repeat(np.asarray(image)[..., None], 3, axis=2)
        target = self._middle(pixels)
        top, left = offset(rng, MARGIN)
        if not gray and chance(rng, self.webp_share):
            image = webp(cut(image, top, left), integer(rng, self.webp_quality))
        elif chance(rng, self.double_share):
            y, x = top, left
            if chance(rng, self.shifted_share):
                y, x = (int(v) for v in rng.integers((top + 1, left + 1)))
            image = random_jpeg(cut(image, y, x), rng, self.quality, self.subsampling)
            image = random_jpeg(cut(image, top - y, left - x), rng, self.second_quality, self.subsampling)
        else:
            image = random_jpeg(cut(image, top, left), rng, self.quality, self.subsampling)
        found = self._aligned(image, MARGIN - top, MARGIN - left, target)
        return Degraded(np.repeat(found[..., None], 3, axis=2) if gray else found, target)
