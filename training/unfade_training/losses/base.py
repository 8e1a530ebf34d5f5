"""What a loss is: named terms in float32, the weighted sum of several, and that of a picture with its mask.

Differences of bfloat16 pictures are mostly rounding, and their means lose more still, so every loss casts to
float32 first (:mod:`unfade_training.device`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision

INK = 0.05
"""Opacity from which on a pixel counts as marked: below it nobody sees the mark."""
SMOOTH = 100.0
"""Pixels added to both sides of Dice, so that a picture without a mark asks for an empty mask, gently."""


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


def content_loss(
    loss: WeightedLoss,
    output: Tensor,
    target: Tensor,
    mask: Tensor | None,
    mask_weight: float,
    rgb: Callable[[Tensor], Tensor],
) -> LossValue:
    """The loss of a picture and, where the network has one as a further output, of its mask.

    Args:
        loss: of the pictures.
        output: ``[N, C (+ 1), H, W]``, the picture's channels first.
        target: ``[N, C, H, W]``.
        mask: ``[N, 1, H, W]``, where something was drawn; None where nothing can have been.
        mask_weight: of :func:`mask_terms`.
        rgb: see :class:`WeightedLoss`.
    """
    channels = target.shape[1]
    value: LossValue = loss(output[:, :channels], target, rgb)
    if output.shape[1] == channels or mask is None:
        return value
    terms = {
        f"mask/{name}": mask_weight * term for name, term in mask_terms(output[:, channels:], mask).items()
    }
    total = value.total + sum(terms.values())
    return LossValue(total, {**value.terms, **{name: term.detach() for name, term in terms.items()}})


def mask_terms(found: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """Cross-entropy and soft Dice of a mask, both about 0 to 1.

    Most of a picture has no mark, and cross-entropy alone is content with an empty mask; Dice (Milletari et
    al., "V-Net", 2016) counts the overlap and does not care how much is empty. The target is the mark's
    opacity, which for faint marks is small, so what is asked for is whether there is any ink at all. Where
    the opacity is above 0 and at most :data:`INK` either answer is right, and counts in neither.

    Args:
        found: ``[N, 1, H, W]`` in [0, 1].
        wanted: the same, opacity.
    """
    with full_precision(found):
        inked, judged = (wanted > INK).float(), ((wanted > INK) | (wanted <= 0)).float()
        found = found.float() * judged
        overlap = (found * inked).sum((1, 2, 3))
        size = found.sum((1, 2, 3)) + inked.sum((1, 2, 3))
        return {
            "bce": F.binary_cross_entropy(found, inked),  # 0 where neither counts
            "dice": (1 - (2 * overlap + SMOOTH) / (size + SMOOTH)).mean(),
        }
