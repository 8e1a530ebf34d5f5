"""marks_unet: finds what was drawn over a picture, and how to take it off again.

What lies over a picture is a layer of some colour and opacity (Dekel et al., "On the Effectiveness of Visible
Watermarks", CVPR 2017): ``x = (1 - a) y + a c``. So the network need not paint: it names the layer, which is
flat over whole letters, and ``y = x + (1 / (1 - a) - 1) (x - c)`` brings back what shines through, in all
its detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision
from .lite_unet import LiteUnet

MIDDLE_GRAY = 0.5
RARE = -2.0
"""Logit of the mask before training: few pixels are marked."""
DENSEST = 3.0
"""Largest optical density that is taken off: 5 % of the picture shines through, and its noise grows 20 times.
What is denser must be painted."""
ROWS = [1, 3, 1, 3]
"""Channels of the layer: mask, paint, density, colour."""


class MarksUnet(nn.Module):
    """N 3 H W in [0, 1], and the picture to take marks from (N 3 H W) -> (that picture without them, not
    clipped; the mask N 1 H W in [0, 1] of where they are).

    With the mask ``m``, the optical density ``d = -log(1 - a)``, the layer's colour ``c`` and paint ``p`` for
    what a flat layer does not explain (outlines, glows, JPEG), the second picture ``y`` becomes ``y + m ((e^d
    - 1) (y - c) + p)``. The mask keeps all of it from what nothing was drawn on; without that gate every edge
    that might belong to a faint letter is changed a little. Before training ``d`` and ``p`` are 0.

    Args:
        weights: of the encoder; see :class:`LiteUnet`.
        encoder, deepest: see :class:`LiteUnet`.
        widths: channels of the decoder; see :class:`LiteUnet`. The last is at stride 2, from where the layer
            comes by sub-pixels.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        encoder: str = "efficientnet-lite0-near",
        deepest: int = 16,
        widths: Sequence[int] = (96, 64, 64),
    ) -> None:
        super().__init__()
        self.unet = LiteUnet(
            weights,
            encoder=encoder,
            deepest=deepest,
            out_channels=4 * sum(ROWS),
            output_stride=2,
            widths=widths,
        )
        self.size_multiple = self.unet.size_multiple
        head = self.unet.head
        assert head.bias is not None
        nn.init.zeros_(head.weight)
        with torch.no_grad():
            head.bias.view(sum(ROWS), 4)[0] = RARE

    def forward(self, x: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
        layer = F.pixel_shuffle(self.unet(x), 2)[..., : x.shape[-2], : x.shape[-1]]
        with full_precision(x):
            mask, paint, density, colour = torch.split(layer.float(), ROWS, dim=1)
            mask = mask.sigmoid()
            gain = density.clamp(max=DENSEST).exp() - 1
            y = picture.float()
            return y + mask * (gain * (y - (MIDDLE_GRAY + colour)) + paint), mask
