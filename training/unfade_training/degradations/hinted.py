"""The input of Colorize: a gray picture and colour hints beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..colour import CHROMA, rgb_to_lab
from .ageing import Ageing
from .base import Degradation, Degraded, Mask, Pixels
from .hints import ColourHints

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
