"""deartifact_unets: two U-nets on one picture; one takes compression away, the other what was drawn over it.

One network for both learned neither in the time that one of them takes: a mark pulls thousands of pixels one
way, artifacts pull each its own way. Apart, each learns from the pictures that have something to teach it
(``freeze`` of a stage holds the other), and the marks' part can be coarse: letters are large, and what it
adds passes through a mask.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .fast_unet import FastUnet

RARE = -2.0
"""Logit of the mask before training: few pixels are marked."""


class DeartifactUnets(nn.Module):
    """N 3 H W in [0, 1] -> N 4 H W: the picture (not clipped), and behind it the mask in [0, 1] of where
    something was drawn over it.

    The picture is ``compression(x) + mask * drawing``: the drawing is what takes the mark away, and the mask
    keeps it from what nothing was drawn on. Without the gate, every edge that might belong to a faint letter
    is changed a little. Before training the drawing is 0.

    H and W must be multiples of :attr:`size_multiple`.

    Args:
        compression: options of the :class:`FastUnet` that cleans.
        marks: options of the one that finds and removes marks.
    """

    scale = 1
    mask = True

    def __init__(self, compression: Mapping[str, Any], marks: Mapping[str, Any]) -> None:
        super().__init__()
        self.compression = FastUnet(scale=1, **compression)
        self.marks = FastUnet(scale=1, out_channels=4, **marks)
        self.size_multiple = math.lcm(self.compression.size_multiple, self.marks.size_multiple)
        tail = self.marks.tail
        assert tail.bias is not None
        nn.init.zeros_(tail.weight)
        with torch.no_grad():
            tail.bias.view(4, -1)[3] = RARE

    def forward(self, x: Tensor) -> Tensor:
        drawing, mask = torch.split(self.marks(x).float(), [3, 1], dim=1)
        mask = mask.sigmoid()
        return torch.cat([self.compression(x) + mask * drawing, mask], dim=1)
