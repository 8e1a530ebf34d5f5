"""revive_net: looks at a whole picture, small, and names the tone curves and the colour matrix it needs.

In the manner of image-adaptive look-up tables (Zeng et al., "Learning Image-adaptive 3D Lookup Tables for
High Performance Photo Enhancement in Real-time", TPAMI 2020): a small network predicts the parameters of a
transform, and the transform is applied to the picture at its full size. Here the transform is what fading
is the inverse of: a monotone curve for each channel, then a 3x3 matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision

SIDE = 64
"""Pixels a side that the network itself looks at."""
BINS = 32
"""Of the histograms of each channel."""
LEAST_RANGE = 0.05
"""Of a channel between its darkest and its brightest value: nearly flat ones are not blown up."""
MOSTLY = 2.0
"""Logit of the share of the stretch that is right, before training."""
LEAST_SLOPE = 0.05
"""Of a curve, as a share of the identity's: curves rise everywhere, so that they can be undone."""


class Correction(NamedTuple):
    """What is done to a picture.

    Attributes:
        curves: N 3 K, values of each channel's curve at K even steps from 0 to 1, rising; linear in between.
        matrix: N 3 3, on what the curves give; its rows sum to 1, so that it leaves gray as it is.
    """

    curves: Tensor
    matrix: Tensor


class ReviveNet(nn.Module):
    """N 3 H W in [0, 1] -> the corrected picture, N 3 H W (not clipped). H and W are multiples of 64.

    Before training each channel is stretched to its whole range, nearly.

    Args:
        channels: of the convolutions, each of which halves the picture.
        hidden: of the layer that joins what they saw with the histograms.
        knots: of each curve.
    """

    scale = 1
    size_multiple = SIDE

    def __init__(
        self, channels: Sequence[int] = (24, 48, 64, 96), hidden: int = 128, knots: int = 17
    ) -> None:
        super().__init__()
        self.exported = Appraisal(channels, hidden, knots)
        """What a model runs; curves and matrix are applied to the picture by whoever runs it."""

    def forward(self, x: Tensor) -> Tensor:
        return corrected(x, self.correction(x))

    def correction(self, x: Tensor) -> Correction:
        """N 3 H W in [0, 1], the whole picture at any size -> what it needs."""
        height, width = x.shape[-2:]
        named = self.exported(F.avg_pool2d(x, (height // SIDE, width // SIDE)))
        curves, matrix = named[:, :-9, 0, 0], named[:, -9:, 0, 0]
        return Correction(curves.unflatten(1, (3, -1)), matrix.unflatten(1, (3, 3)))


class Appraisal(nn.Module):
    """The whole picture at about :data:`SIDE` pixels a side, N 3 h w in [0, 1] -> N 3 K + 9 1 1: the values
    of the curves, channel after channel, and the rows of the matrix (see :class:`Correction`).

    It looks at the picture with each channel stretched to its whole range, and says how much of that stretch
    is right, and which curve has to follow. Before training the curves are the stretch, nearly.
    """

    scale = 0
    size_multiple = 1

    def __init__(self, channels: Sequence[int], hidden: int, knots: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        below = 3
        for width in channels:
            layers += [nn.Conv2d(below, width, 3, stride=2, padding=1), nn.ReLU(inplace=True)]
            below = width
        self.features = nn.Sequential(*layers)
        self.join = nn.Sequential(nn.Linear(2 * below + 3 * BINS + 6, hidden), nn.ReLU(inplace=True))
        self.again = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(inplace=True))
        self.ends = nn.Linear(hidden, 6)
        self.curves = nn.Linear(hidden, 3 * knots)
        self.matrix = nn.Linear(hidden, 6)
        for head in (self.ends, self.curves, self.matrix):
            nn.init.normal_(head.weight, std=1e-4)
            nn.init.zeros_(head.bias)
        nn.init.constant_(self.ends.bias, MOSTLY)
        self.knots = knots

    def forward(self, x: Tensor) -> Tensor:
        low, high = x.amin((2, 3)), x.amax((2, 3))
        stretched = (x - low[..., None, None]) / (high - low).clamp(min=LEAST_RANGE)[..., None, None]
        seen = self.features(2 * stretched - 1)
        steps = (step / (BINS - 1) for step in range(BINS))
        histograms = [
            F.relu(1 - (stretched - step).abs() * (BINS - 1)).mean((2, 3)) * BINS**0.5 for step in steps
        ]
        y = self.join(torch.cat([seen.mean((2, 3)), seen.amax((2, 3)), *histograms, low, 1 - high], dim=1))
        y = y + self.again(y)
        with full_precision(x):
            y, low, high = (value.to(self.curves.weight.dtype) for value in (y, low, high))
            # how far the ends of the range are moved outwards, or not at all
            low_part, high_part = self.ends(y).sigmoid().unflatten(1, (2, 3)).unbind(1)
            black, bright = low * low_part, 1 - (1 - high) * high_part
            free = self.curves(y).unflatten(1, (3, self.knots))
            # softplus of this is 1 where the network says 0
            slopes = LEAST_SLOPE + (1 - LEAST_SLOPE) * F.softplus(4 * free[..., 1:] + 0.5413)
            curves = 0.5 * free[..., :1] + self._climbed(slopes, black, bright)
            a, b, c, d, e, f = self.matrix(y).unbind(1)
            matrix = torch.stack([1 - a - b, a, b, c, 1 - c - d, d, e, f, 1 - e - f], dim=1)
            return torch.cat([curves.flatten(1), matrix], dim=1)[..., None, None]

    def _climbed(self, slopes: Tensor, black: Tensor, bright: Tensor) -> Tensor:
        """N 3 K, the integral of the slopes (N 3 K - 1, over what lies between black and bright) from black
        to each knot; beyond both ends it goes on as steep as it was."""
        pieces = self.knots - 1
        evenly = torch.linspace(0, 1, self.knots, dtype=slopes.dtype, device=slopes.device)
        reach = (bright - black).clamp(min=LEAST_RANGE)[..., None]
        at = (evenly - black[..., None]) / reach * pieces  # N 3 K, in pieces
        total = slopes[..., :1] * at.clamp(max=0) + slopes[..., -1:] * (at - pieces).clamp(min=0)
        for piece in range(pieces):
            total = total + slopes[..., piece : piece + 1] * (at - piece).clamp(0, 1)
        return total / pieces


def corrected(x: Tensor, correction: Correction) -> Tensor:
    """The picture after curves and matrix: N 3 H W, not clipped."""
    curves, matrix = correction
    knots = curves.shape[2]
    with full_precision(x):
        at = x.float().clamp(0, 1) * (knots - 1)
        below = at.detach().floor().clamp(max=knots - 2)
        flat = below.long().flatten(2)
        low = torch.gather(curves, 2, flat).view_as(x)
        high = torch.gather(curves, 2, flat + 1).view_as(x)
        toned = low + (high - low) * (at - below)
        n, _, height, width = x.shape
        return torch.bmm(matrix, toned.flatten(2).to(matrix.dtype)).view(n, 3, height, width)
