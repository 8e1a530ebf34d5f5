"""The loss of a mask: where something was drawn over a picture."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ..device import full_precision


def mask_terms(found: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """Cross-entropy and soft Dice of a mask, both about 0 to 1.

    Most of a picture has no mark, and cross-entropy alone is content with an empty mask; Dice (Milletari et
    al., "V-Net", 2016) counts the overlap and does not care how much is empty. The target is the mark's
    opacity, which for faint marks is small, so what is asked for is whether there is any ink at all.

    Args:
        found: ``[N, 1, H, W]`` in [0, 1].
        wanted: the same, opacity.
    """
    with full_precision(found):
        found, inked = found.float(), (wanted > INK).float()
        overlap = (found * inked).sum((1, 2, 3))
        size = found.sum((1, 2, 3)) + inked.sum((1, 2, 3))
        return {
            "bce": F.binary_cross_entropy(found, inked),
            "dice": (1 - (2 * overlap + SMOOTH) / (size + SMOOTH)).mean(),
        }


INK = 0.05
"""Opacity from which on a pixel counts as marked: below it nobody sees the mark."""
SMOOTH = 100.0
"""Pixels added to both sides of Dice, so that a picture without a mark asks for an empty mask, gently."""
