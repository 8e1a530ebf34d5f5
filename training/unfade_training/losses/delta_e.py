"""How different two pictures look in colour: the CIE 1976 difference."""

from __future__ import annotations

import torch
from torch import Tensor

from ..colour import CHROMA, rgb_to_lab
from .base import PictureLoss


class DeltaE(PictureLoss):
    """``mean sqrt(dL^2 + da^2 + db^2) / 100``: N 3 H W sRGB in [0, 1], what is beyond counts as clipped and
    as far as it is beyond.

    Args:
        epsilon: rounds the square root off near 0.
    """

    of_rgb = True

    def __init__(self, epsilon: float = 1e-3) -> None:
        super().__init__()
        self.epsilon = epsilon

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        output, target = output.float(), target.float()
        inside = output.clamp(0, 1)
        weights = torch.tensor([1.0, CHROMA / 100, CHROMA / 100], device=output.device).view(1, 3, 1, 1)
        # the gradient of Lab is steep near black, and none beyond the range: plain distance there
        difference = (rgb_to_lab(inside.clamp(min=1e-3)) - rgb_to_lab(target.clamp(min=1e-3))) * weights
        distance = (difference.square().sum(1) + self.epsilon**2).sqrt().mean()
        return {"": distance, "beyond": (output - inside).abs().mean()}
