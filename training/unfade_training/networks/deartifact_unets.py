"""``deartifact_unets``: two U-nets on one picture; one removes compression, the other what was drawn over it.

One network for both learned neither in the time that one of them takes: a mark pulls thousands of pixels one
way, artifacts pull each its own way. Apart, each learns from the pictures that have something to teach it
(``freeze`` of a stage holds the other), and each has the shape its work asks for: many pixels seen closely,
or letters and words recognised.

What lies over a picture is a layer of some colour and opacity (Dekel et al., "On the Effectiveness of Visible
Watermarks", CVPR 2017): ``x = (1 - a) y + a c``. So the network need not paint: it names the layer, which is
flat over whole letters, and ``y = x + (1 / (1 - a) - 1) (x - c)`` brings back what shines through, in all its
detail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision
from .encoder_unets import LiteUnet
from .fast_unet import FastUnet

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


class DeartifactUnets(nn.Module):
    """N 3 H W in [0, 1] -> N 7 H W: the picture, the mask in [0, 1] of where something was drawn over it, and
    the picture with what was drawn over it, where that belongs to it. Pictures are not clipped.

    H and W must be multiples of :attr:`size_multiple`.

    Args:
        weights: of the encoder that looks for marks; see :class:`LiteUnet`.
        compression: options of the :class:`FastUnet` that cleans.
        marks: options of the :class:`MarksUnet`, which takes marks from what the other has cleaned.
    """

    scale = 1
    mask = True
    cleaned = True

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        compression: Mapping[str, Any],
        marks: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.compression = FastUnet(scale=1, **compression)
        self.marks = MarksUnet(weights, **marks)
        self.size_multiple = math.lcm(self.compression.size_multiple, self.marks.size_multiple)

    def forward(self, x: Tensor) -> Tensor:
        cleaned = self.compression(x)
        return torch.cat((*self.marks(x, cleaned), cleaned), dim=1)
