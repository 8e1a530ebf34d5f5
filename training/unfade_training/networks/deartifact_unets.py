"""deartifact_unets: two U-nets on one picture; one takes compression away, the other what was drawn over it.

One network for both learned neither in the time that one of them takes: a mark pulls thousands of pixels one
way, artifacts pull each its own way. Apart, each learns from the pictures that have something to teach it
(``freeze`` of a stage holds the other), and each has the shape its work asks for: many pixels seen closely,
or letters and words recognised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .fast_unet import FastUnet
from .marks_unet import MarksUnet


class DeartifactUnets(nn.Module):
    """N 3 H W in [0, 1] -> N 4 H W: the picture (not clipped), and behind it the mask in [0, 1] of where
    something was drawn over it.

    H and W must be multiples of :attr:`size_multiple`.

    Args:
        weights: of the encoder that looks for marks; see :class:`LiteUnet`.
        compression: options of the :class:`FastUnet` that cleans.
        marks: options of the :class:`MarksUnet`, which takes marks from what the other has cleaned.
    """

    scale = 1
    mask = True

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
        return torch.cat(self.marks(x, self.compression(x)), dim=1)
