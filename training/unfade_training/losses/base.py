"""Losses between two pictures: named terms in float32, and their weighted sum.

Differences of bfloat16 pictures are mostly rounding, and their means lose more still, so every loss casts to
float32 first (:mod:`unfade_training.precision`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn


class PictureLoss(nn.Module, ABC):
    """How far a generated picture is from its target, as one or more named terms whose sum is the loss.

    Attributes:
        of_rgb: whether the pictures must be sRGB in [0, 1]. The others take the colour space in which the
            task compares pictures, which for Colorize is Lab.
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


class LossValue(NamedTuple):
    """A loss and what it is made of.

    Attributes:
        total: float32 scalar to call ``backward()`` on.
        terms: name (``l1``, ``feature/gram_1``) -> detached scalar, weights applied; they sum to ``total``.
    """

    total: Tensor
    terms: dict[str, Tensor]


class WeightedLoss(nn.Module):
    """``sum_k weight_k * loss_k(output, target)``."""

    def __init__(self, losses: Mapping[str, PictureLoss], weights: Mapping[str, float]) -> None:
        super().__init__()
        self.losses = nn.ModuleDict(losses)
        self.weights = dict(weights)

    def forward(
        self, output: Tensor, target: Tensor, rgb: Callable[[Tensor], Tensor] = lambda picture: picture
    ) -> LossValue:
        """The weighted sum.

        Args:
            output: ``[N, C, H, W]``, what the generator made.
            target: ``[N, C, H, W]``, what it should have made.
            rgb: turns either into ``[N, 3, H, W]`` sRGB, for the losses that need it.
        """
        terms: dict[str, Tensor] = {}
        compared = shown = output, target
        if any(loss.of_rgb for loss in self.losses.values()):
            shown = rgb(output), rgb(target)
        for name, loss in self.losses.items():
            assert isinstance(loss, PictureLoss)
            for part, value in loss.terms(*(shown if loss.of_rgb else compared)).items():
                terms[f"{name}/{part}" if part else name] = self.weights[name] * value
        total = torch.stack(list(terms.values())).sum()
        return LossValue(total, {name: value.detach() for name, value in terms.items()})
