"""Spreading the colour of a hint to whatever looks like the place it was put on.

Convolutions carry a hint as far as they reach, and no farther than training had them reach; ten hints on a
whole photograph are further apart than that. Here each cell of a coarse feature map looks at all hints at
once and takes the colours of those whose features are like its own, nearer ones first: scaled dot-product
attention (Vaswani et al. 2017, arXiv:1706.03762) with hints as the only keys, and one key more that stands
for "none of them".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision

NOWHERE = -1e4
"""Added to the scores of cells without a hint, whose weight then is 0 in any precision."""
SHARPNESS = 10.0
"""Scores lie within plus and minus this: a softmax of cosines alone would be nearly even."""
NEARNESS = 4.0
"""Before training, how much lower the score of a hint at the other end of the picture is."""


class HintSpreading(nn.Module):
    """N C h w features and N 3 H W hints -> N C h w: what the hints add to the features.

    The hints are a, b and their mask (1 where there is one). H and W are ``stride`` times h and w. What comes
    out is 0 before training, and where no hint is anywhere.

    Args:
        channels: C.
        stride: of the features.
        width: of queries and keys.
    """

    def __init__(self, channels: int, stride: int, width: int = 32) -> None:
        super().__init__()
        self.stride = stride
        self.query = nn.Conv2d(channels, width, 1)
        self.key = nn.Conv2d(channels, width, 1)
        self.none = nn.Parameter(torch.zeros(1))  # score of "none of them"
        self.nearness = nn.Parameter(torch.zeros(1))  # logarithm of how fast scores fall with distance
        self.project = nn.Conv2d(3, channels, 1, bias=False)
        nn.init.zeros_(self.project.weight)

    def forward(self, features: Tensor, hints: Tensor) -> Tensor:
        precise = self.none.dtype  # not bfloat16: places would fall together
        with full_precision(features):
            added: Tensor = self.project(self.spread(features.to(precise), hints.to(precise)))
        return added

    def spread(self, features: Tensor, hints: Tensor) -> Tensor:
        """N 3 h w: a and b of the hints that a cell looks at, times its trust in them, and that trust in
        [0, 1]."""
        present = F.avg_pool2d(hints[:, 2:], self.stride)
        colour = F.avg_pool2d(hints[:, :2] * hints[:, 2:], self.stride) / present.clamp(min=1e-6)
        known = (present > 0).to(colour.dtype)
        scores = self._scores(features) + (1 - known.flatten(1)[:, None]) * NOWHERE
        # One more key, with colour 0 and trust 0.
        none = self.none.expand(scores.shape[0], scores.shape[1], 1)
        weights = torch.cat([scores, none], dim=2).softmax(dim=2)[..., :-1]
        values = torch.cat([colour, torch.ones_like(known)], dim=1).flatten(2).transpose(1, 2)
        return torch.matmul(weights, values).transpose(1, 2).reshape(hints.shape[0], 3, *features.shape[-2:])

    def _scores(self, features: Tensor) -> Tensor:
        """N P P: likeness of each cell (first) to each other (second), less for those farther away."""
        height, width = features.shape[-2:]
        query, key = (F.normalize(conv(features).flatten(2), dim=1) for conv in (self.query, self.key))
        likeness = torch.matmul(query.transpose(1, 2), key) * SHARPNESS
        y = torch.arange(height, device=features.device, dtype=features.dtype)
        x = torch.arange(width, device=features.device, dtype=features.dtype)
        longer = max(height, width)
        places = torch.stack([y[:, None].expand(height, width), x.expand(height, width)]).flatten(1) / longer
        squares = (places**2).sum(0)
        distances = squares[:, None] + squares - 2 * torch.matmul(places.transpose(0, 1), places)
        return likeness - self.nearness.exp() * NEARNESS * distances
