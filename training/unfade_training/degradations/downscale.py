"""Clean inputs: a plain down-scale, or at scale 1 the picture itself, which is to be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from .base import Degradation, Degraded, Mask, Pixels
from .draws import check_shares, pick
from .optics import KERNELS, resize


@dataclass(frozen=True)
class Clean(Degradation):
    """An antialiased down-scale and nothing else; at scale 1 nothing at all.

    Attributes:
        scale: how many times smaller the input is.
        kernels: share of each kernel; bicubic alone is the protocol of the super-resolution papers.
    """

    scale: int = 1
    kernels: Mapping[str, float] = field(default_factory=lambda: {"bicubic": 1.0})

    def __post_init__(self) -> None:
        check_scale(self.scale)
        check_shares("kernels", self.kernels, KERNELS)

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
        return Degraded(
            middle(image, self.margin // self.scale, self.margin // self.scale, target, self.scale), target
        )


def check_scale(scale: int) -> None:
    """ValueError for a scale that is no enlargement anybody asks for."""
    if not 1 <= scale <= 8:
        raise ValueError(f"scale must be between 1 and 8, not {scale}.")


def middle(image: Image.Image, top: int, left: int, target: Pixels, scale: int) -> Pixels:
    """The part of a degraded picture that belongs to the target, found at (top, left)."""
    height, width = target.shape[0] // scale, target.shape[1] // scale
    return np.array(image.crop((left, top, left + width, top + height)))
