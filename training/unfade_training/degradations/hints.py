"""The input of Colorize: a gray picture and a few small patches of true chroma, as a user would set them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray

from ..colour import CHROMA, rgb_to_lab
from .ageing import Ageing
from .base import Degradation, Degraded, Mask, Pixels, Share, Within, chance, check_options, integer

Planes = NDArray[np.float32]


@dataclass(frozen=True)
class ColourHints:
    """Hints at random places (Zhang et al., "Real-Time User-Guided Image Colorization", SIGGRAPH 2017, 3.2).

    Attributes:
        probability: of the geometric distribution that the number of hints is drawn from: 0 hints with this
            probability, and ``1 / probability - 1`` on average.
        none_share: how many pictures get no hint at all, besides: the network must do without as well.
        full_share: how many get the colours of every pixel, so that it learns to pass them on.
        sizes: side of a hint in pixels.
        centred_share: how many of the hints lie near the middle (normal, deviation a quarter of the side),
            where subjects are; the others lie anywhere.
    """

    probability: float = 0.125
    none_share: Share = 0.25
    full_share: Share = 0.01
    sizes: Annotated[tuple[int, int], Within(1, 99)] = (1, 9)
    centred_share: Share = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError(f"probability must be above 0 and at most 1, not {self.probability:g}.")
        check_options(self)

    def sample(self, ab: Planes, rng: np.random.Generator) -> Planes:
        """Hints for one picture.

        Args:
            ab: HW2 float32, the true chroma in any units.
            rng: the only source of randomness.

        Returns:
            HW3 float32: a and b in the same units where there is a hint (the mean of its patch) and 0
            elsewhere, and the mask, 1 where there is a hint.
        """
        height, width = ab.shape[:2]
        hints = np.zeros((height, width, 3), np.float32)
        if chance(rng, self.none_share):
            return hints
        if chance(rng, self.full_share):
            hints[..., :2], hints[..., 2] = ab, 1
            return hints
        for _ in range(int(rng.geometric(self.probability)) - 1):
            y, x = self._place(height, width, rng)
            side = integer(rng, self.sizes)
            top, left = max(0, y - side // 2), max(0, x - side // 2)
            patch = (
                slice(top, min(height, y - side // 2 + side)),
                slice(left, min(width, x - side // 2 + side)),
            )
            hints[patch][..., :2] = ab[patch].mean((0, 1))
            hints[patch][..., 2] = 1
        return hints

    def _place(self, height: int, width: int, rng: np.random.Generator) -> tuple[int, int]:
        if not chance(rng, self.centred_share):
            return int(rng.integers(height)), int(rng.integers(width))
        y, x = (int(np.clip(rng.normal(side / 2, side / 4), 0, side - 1)) for side in (height, width))
        return y, x


NEUTRAL = 128
"""The byte that stands for a* or b* of 0; a step is one unit of Lab."""


@dataclass(frozen=True)
class Hinted(Degradation):
    """Hints of the target's colours beside what another degradation makes.

    ``picture`` is HW4 uint8: gray, a* + 128, b* + 128 and the hints' mask (0 or 255).

    Attributes:
        inner: gives HW1 gray pictures.
        hints: where hints are, and how many.
    """

    inner: Degradation
    hints: ColourHints

    @property
    def scale(self) -> int:  # type: ignore[override]
        return self.inner.scale

    @property
    def margin(self) -> int:
        return self.inner.margin

    def held_out(self) -> Hinted:
        """Plain gray without hints: what is asked is the colours that the network comes up with itself, and
        an aged picture's lightness would count in every score."""
        return Hinted(Ageing(clean_share=1), ColourHints(none_share=1))

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        made = self.inner.apply(crop, rng)
        rgb = torch.tensor(made.target).permute(2, 0, 1)[None] / 255
        ab = (rgb_to_lab(rgb)[0, 1:] * CHROMA).permute(1, 2, 0).numpy()
        hints = self.hints.sample(ab, rng)
        bytes_ = np.empty((*hints.shape[:2], 4), np.uint8)
        bytes_[..., :1] = made.picture
        bytes_[..., 1:3] = np.clip(np.rint(hints[..., :2]) + NEUTRAL, 0, 255)
        bytes_[..., 3] = hints[..., 2] * 255
        return Degraded(bytes_, made.target)
