"""repair_unets: finds what is damaged in a photograph, and fills it.

Three steps, each of which sees only so far, so that tiles are exact: a U-net on a pretrained encoder names
the damage; a pyramid carries what is whole into it (pull-push, Gortler et al. 1996: normalised means at
coarser and coarser scales, without weights), which is right for hairs and scratches before anything is
learnt; and a small U-net draws the rest, edges and texture, and what shines through stains.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision
from .encoder_unets import LiteUnet
from .fast_unet import FastUnet

RARE = -3.0
"""Logit of the mask before training: little of a picture is damaged."""
SWAY = 32.0
"""Logits between the two ends of the fourth channel: more than any mask is sure of."""
EMPTY = 1e-4
"""Weight below which a mean of the pyramid says nothing."""


class RepairUnets(nn.Module):
    """N 3 H W in [0, 1], or N 4 H W -> N 4 H W: the repaired picture (not clipped), and behind it the mask in
    [0, 1] of what is damaged.

    The fourth channel of the input says where to look: 0.5 leaves the decision to the network, each step of
    0.03 above makes it a little quicker to see damage there, 1 means certainly damaged and 0 certainly not.
    The result is ``x + m (f - x)`` with the fill ``f`` and the mask ``m``: where it is 0 nothing changes. The
    fill sees the picture under the mask, too, and learns what shines through, best where the fourth channel
    tells it what is damage. A mask of several looks, whose logits the channel adds, is sharper: what may be
    damage is to go or to stay, not half of it.

    H and W must be multiples of :attr:`size_multiple`.

    Args:
        weights: of the encoder that looks for damage; see :class:`LiteUnet`.
        find: further options of that :class:`LiteUnet`.
        fill: options of the :class:`FastUnet` that fills.
        levels: of the pyramid; holes of up to ``2 ** (levels + 1)`` pixels are reached.
        doubt: in training, deviation of the logits by which the mask that is filled differs from the one that
            was found, a draw for each picture: so that the fill is right for any sensitivity.
    """

    scale = 1
    mask = True
    in_channels = 4

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        find: Mapping[str, Any],
        fill: Mapping[str, Any],
        levels: int = 5,
        doubt: float = 1.5,
    ) -> None:
        super().__init__()
        self.find = LiteUnet(weights, **{**_FIND, **find}, out_channels=4, output_stride=2)
        self.fill = FastUnet(scale=1, in_channels=7, out_channels=3, **{**_FILL, **fill})
        self.levels, self.doubt = levels, doubt
        self.size_multiple = max(self.find.size_multiple, self.fill.size_multiple, 2**levels)
        head = self.find.head
        assert head.bias is not None
        nn.init.zeros_(head.weight)
        nn.init.constant_(head.bias, RARE)
        nn.init.zeros_(self.fill.tail.weight)  # begins with what the pyramid says

    def forward(self, x: Tensor) -> Tensor:
        x, sway = x[:, :3], x[:, 3:]
        logit = F.pixel_shuffle(self.find(x), 2)[..., : x.shape[-2], : x.shape[-1]].float()
        with full_precision(x):
            if sway.shape[1]:
                logit = logit + SWAY * (sway.float() - 0.5)
            mask = logit.sigmoid()
            seen = logit.detach()  # a mask that the picture's loss moves opens wherever a JPEG can be mended
            if self.training and self.doubt:
                seen = seen + self.doubt * torch.randn(len(x), 1, 1, 1, device=x.device)
            gate = seen.sigmoid()
            base = pull_push(x.float(), _whole(seen, 1), self.levels)
        drawn = self.fill(torch.cat([x, base.to(x.dtype), gate.to(x.dtype)], dim=1))
        with full_precision(x):
            filled = base + drawn.float()
            return torch.cat([x.float() + gate * (filled - x.float()), mask], dim=1)


def _whole(logit: Tensor, radius: int) -> Tensor:
    """How far a pixel and all so near to it are no damage, in (0, 1)."""
    # not 1 - sigmoid: where damage is certain nearly all digits of the difference would be lost
    return (-F.max_pool2d(logit, 2 * radius + 1, 1, radius)).sigmoid()


_FIND: Mapping[str, Any] = {"encoder": "efficientnet-lite0-near", "deepest": 16, "widths": (96, 64, 32)}
_FILL: Mapping[str, Any] = {
    "unshuffle": 2,
    "channels": (32, 48, 64, 96),
    "encoder": (1, 1, 1, 2),
    "decoder": (1, 1, 1),
}


def pull_push(x: Tensor, whole: Tensor, levels: int) -> Tensor:
    """The picture with its holes filled from around them, smoothly.

    Args:
        x: N C H W, the sides multiples of ``2 ** levels``.
        whole: N 1 H W in [0, 1], how far each pixel can be trusted.
        levels: how often the sides are halved.

    Returns:
        ``x`` where ``whole`` is 1; elsewhere, so far as it is not, the mean of what is whole nearby.
    """
    weight = whole * whole
    sums, weights = [x * weight], [weight]
    for _ in range(levels):
        sums.append(F.avg_pool2d(sums[-1], 2))
        weights.append(F.avg_pool2d(weights[-1], 2))
    # The coarsest level looks two of its pixels around, faintly: holes may be larger than one of them.
    total = sums[-1] + EMPTY * F.avg_pool2d(sums[-1], 5, 1, 2)
    weight = weights[-1] + EMPTY * F.avg_pool2d(weights[-1], 5, 1, 2)
    y = total / weight.clamp(min=EMPTY * EMPTY)  # ONNX's optimisers take a sum with so little for nothing
    for total, weight in zip(reversed(sums[:-1]), reversed(weights[:-1]), strict=True):
        y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        y = total + (1 - weight) * y
    return y
