"""Compression alone, for De-artifact: JPEG of any quality, saved once or twice, gray, and WebP."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from .base import Degradation, Degraded, Mask, Pixels
from .draws import Share, chance, integer, offset
from .operations import WEB_SUBSAMPLING, Quality, Subsampling, WebpQuality, cut, random_jpeg, webp

MARGIN = 16  # pixels: the block of 4:2:0 JPEG, so that blocks of luma and chroma begin anywhere in the patch


@dataclass(frozen=True)
class Compression(Degradation):
    """JPEG or WebP as people have them: any quality and subsampling, at times compressed twice.

    Attributes:
        quality: JPEG quality, drawn evenly.
        subsampling: share of each chroma subsampling.
        double_share: how many of the JPEGs are saved a second time.
        shifted_share: how many of those were cropped in between, so that the blocks of the two files do not
            meet.
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
