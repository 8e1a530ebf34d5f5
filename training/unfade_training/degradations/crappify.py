"""The lesson's crappify: small, badly compressed, and with a number written on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .base import Degradation, Degraded, Mask, Pixels
from .codecs import jpeg
from .downscale import check_scale, middle
from .draws import chance, check_between, check_range, integer

MARGIN = 8  # input pixels: a JPEG block, so that blocks begin anywhere in the patch
TEXT_SIZE = 11  # pixels: about the size of the bitmap font the lesson wrote with


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

    scale: int = 1
    shrink: int = 2
    quality: tuple[int, int] = (10, 70)
    text_share: float = 1.0

    def __post_init__(self) -> None:
        check_scale(self.scale)
        if self.shrink < 1 or self.shrink % self.scale:
            raise ValueError(f"shrink must be a multiple of the scale {self.scale}, not {self.shrink}.")
        check_range("quality", self.quality, 1, 100)
        check_between("text_share", self.text_share, 0, 1)

    @property
    def margin(self) -> int:
        return MARGIN * self.shrink

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        image = Image.fromarray(pixels)
        # A patch of odd size has a rest that the division would stretch: it stays in the margin.
        width, height = image.width // self.shrink, image.height // self.shrink
        image = image.crop((0, 0, width * self.shrink, height * self.shrink))
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        top, left = integer(rng, (0, MARGIN - 1)), integer(rng, (0, MARGIN - 1))
        image = image.crop((left, top, width, height))
        quality = integer(rng, self.quality)
        if chance(rng, self.text_share):
            # As in the lesson the text begins anywhere in the upper left quarter of what is seen.
            x = integer(rng, (0, (width - 2 * MARGIN) // 2)) + MARGIN - left
            y = integer(rng, (0, (height - 2 * MARGIN) // 2)) + MARGIN - top
            draw = ImageDraw.Draw(image)
            draw.text((x, y), str(quality), fill=(255, 255, 255), font=ImageFont.load_default(TEXT_SIZE))
        image = jpeg(image, quality)
        enlarge = self.shrink // self.scale
        if enlarge > 1:
            size = (image.width * enlarge, image.height * enlarge)
            image = image.resize(size, Image.Resampling.BILINEAR)
        found = middle(image, (MARGIN - top) * enlarge, (MARGIN - left) * enlarge, target, self.scale)
        return Degraded(found, target)
