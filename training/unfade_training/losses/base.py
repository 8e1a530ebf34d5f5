"""What all losses between two pictures have in common: named terms, and float32 inside mixed precision.

Differences of bfloat16 pictures are mostly rounding, and their means lose more still, so every loss casts to
float32 first (:mod:`unfade_training.device`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn


class PictureLoss(nn.Module, ABC):
    """How far a generated picture is from its target, as one or more named terms whose sum is the loss.

    Attributes:
        of_rgb: whether the pictures must be sRGB, as people see them. The others take what the colour
            transform of the task has losses compare (:meth:`.ColourTransform.targets`), which for Colorize
            is Lab.
    """

    of_rgb: ClassVar[bool] = False

    @abstractmethod
    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Name -> scalar, weights applied.

        A loss of one term calls it ``""``, so that the recipe's name for the loss is the term's name.

        Args:
            output: ``[N, C, H, W]``, what the generator made.
            target: ``[N, C, H, W]``, what it should have made.
        """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The sum of :meth:`terms`: a float32 scalar."""
        return torch.stack(list(self.terms(output, target).values())).sum()
