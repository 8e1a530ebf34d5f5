"""Self-attention over positions, as in SAGAN (Zhang et al. 2018, https://arxiv.org/abs/1805.08318)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .norms import Norm, with_norm


class SelfAttention(nn.Module):
    """x + gamma * attention(x): N C H W -> N C H W, every position looking at every other.

    gamma starts at 0, so a new layer is the identity. A network with this layer sees the whole picture and
    cannot be tiled exactly. Cost and memory grow with (H W)²: put it where the feature map is small.

    Args:
        channels: at least 8.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 8:
            raise ValueError(f"self-attention takes at least 8 channels, not {channels}")

        def project(width: int) -> nn.Conv2d:
            return with_norm(nn.Conv2d(channels, width, 1, bias=False), Norm.SPECTRAL)

        self.query = project(channels // 8)
        self.key = project(channels // 8)
        self.value = project(channels)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        # N C H W -> N 1 HW C; SAGAN does not scale the scores
        query, key, value = (
            layer(x).flatten(2).transpose(1, 2).unsqueeze(1) for layer in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        return x + self.gamma * mixed.squeeze(1).transpose(1, 2).reshape(x.shape)
