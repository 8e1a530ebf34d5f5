"""The exponential moving average of a network's weights: what is validated and exported."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Ema:
    """A slow copy of a network.

    Early on the average is short (1 / (step + 10) of the new weights), so that it does not remember the
    initialisation; it lengthens until ``decay`` is reached.

    Attributes:
        module: the averaged network, in eval mode, without gradients.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.module = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self._source = network

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the network's weights after optimizer step ``step`` (from 0).

        Statistics of batch norms are averaged as the weights are: those of today's weights are not those of
        the average, and while weights move fast that shows (watermarks found with an IoU of 0.59, and of 0.62
        once the statistics were taken anew). Other buffers are copied.
        """
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.module.parameters()), list(self._source.parameters()), weight)
        for (name, mine), theirs in zip(self.module.named_buffers(), self._source.buffers(), strict=True):
            if name.endswith(("running_mean", "running_var")):
                mine.lerp_(theirs, weight)
            else:
                mine.copy_(theirs)
