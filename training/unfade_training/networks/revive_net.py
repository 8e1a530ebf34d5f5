"""revive_net: looks at a whole picture, small, and names the tone curves and the colour matrix it needs.

In the manner of image-adaptive look-up tables (Zeng et al., "Learning Image-adaptive 3D Lookup Tables for
High Performance Photo Enhancement in Real-time", TPAMI 2020): a small network predicts the parameters of a
transform, and the transform is applied to the picture at its full size. Here that is the inverse of how dyes
fade: for each channel a black, a white and an exponent are undone, which is a monotone curve, and then lost
saturation, which is a 3x3 matrix. Ten numbers a picture: a network that may name any curve needs far more
photographs to learn that most curves are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision

SIDE = 96
"""Pixels a side that the network looks at, at most."""
COARSE = 3
"""So many of them, a side, are one for the convolutions ..."""
SPARSE = 2
"""... and every so many, a side, count for the quantiles: sorting takes longer than all else."""
KNOTS = 65
"""Of each curve."""
SHARES = (0, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750,
          800, 850, 900, 925, 950, 965, 980, 990, 995, 998, 1000)  # fmt: skip
"""Of the pixels, in thousandths: the quantiles that the network sees of each channel."""
LEAST_RANGE = 0.05
"""Of a channel between its darkest and its brightest value: nearly flat ones are not blown up."""
LEAST_VALUE = 1e-4
"""Below it a curve goes on as a straight line: a power is too steep near 0."""
WAYS = 4
"""In which the network looks at what matters most in a picture."""


class Correction(NamedTuple):
    """What is done to a picture.

    Attributes:
        curves: N 3 K, values of each channel's curve at K even steps from 0 to 1, rising; linear in between.
        matrix: N 3 3, on what the curves give; its rows sum to 1, so that it leaves gray as it is.
    """

    curves: Tensor
    matrix: Tensor


class ReviveNet(nn.Module):
    """N 3 H W in [0, 1] -> the corrected picture, N 3 H W (not clipped).

    Before training each channel is stretched to a little more than its whole range.

    Args:
        channels: of the convolutions, each of which halves the picture.
        hidden: of the layers that join what they saw with the quantiles.
        dropout: of those layers.
    """

    scale = 1

    def __init__(
        self, channels: Sequence[int] = (32, 64, 96, 128), hidden: int = 256, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.exported = Appraisal(channels, hidden, dropout)
        """What a model runs; curves and matrix are applied to the picture by whoever runs it."""

    def forward(self, x: Tensor) -> Tensor:
        return corrected(x, self.correction(x))

    def correction(self, x: Tensor) -> Correction:
        """N 3 H W in [0, 1], the whole picture at any size -> what it needs."""
        seen = F.adaptive_avg_pool2d(x, SIDE) if max(x.shape[-2:]) > SIDE else x
        named = self.exported(seen)
        curves, matrix = named[:, :-9, 0, 0], named[:, -9:, 0, 0]
        return Correction(curves.unflatten(1, (3, -1)), matrix.unflatten(1, (3, 3)))


class Appraisal(nn.Module):
    """The whole picture at :data:`SIDE` pixels a side or less, N 3 h w in [0, 1] -> N 3 K + 9 1 1: the values
    of the curves, channel after channel, and the rows of the matrix (see :class:`Correction`).

    It sees the quantiles of each channel, which a curve moves along with it; how often which colours are
    there together; and, by convolutions and attention, which colours lie where.
    """

    scale = 0
    size_multiple = 1

    def __init__(self, channels: Sequence[int], hidden: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        below = 6
        for index, width in enumerate(channels):
            norm: list[nn.Module] = [nn.GroupNorm(8, width)] if index else []
            layers += [nn.Conv2d(below, width, 3, stride=2, padding=1), *norm, nn.ReLU()]
            below = width
        layers += [nn.Conv2d(below, below, 3, padding=1), nn.GroupNorm(8, below), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.attention = nn.Conv2d(below, WAYS, 1)
        self.colours = nn.Sequential(nn.Conv2d(6, 48, 1), nn.ReLU(), nn.Conv2d(48, 64, 1), nn.ReLU())
        self.join = nn.Sequential(
            nn.Linear(6 * len(SHARES) + (WAYS + 1) * below + 64, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 10),
        )
        last = self.join[-1]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, std=1e-4)
        nn.init.zeros_(last.bias)

    def forward(self, x: Tensor) -> Tensor:
        with full_precision(x):
            x = x.to(self.attention.weight.dtype)
            levels = quantiles(x[..., ::SPARSE, ::SPARSE])  # N 3 Q
            low, high = levels[..., :1], levels[..., -1:]
            reach = (high - low).clamp(min=LEAST_RANGE)
            coarse = F.avg_pool2d(x, COARSE, ceil_mode=True, count_include_pad=False)
            seen = torch.cat([2 * (coarse - low[..., None]) / reach[..., None] - 1, 2 * coarse - 1], dim=1)
            features = self.features(seen)
            where = self.attention(features).flatten(2).softmax(dim=2)  # N WAYS P
            places = features.flatten(2)  # N C P
            noticed = places @ where.transpose(1, 2)
            inputs = [2 * levels - 1, 2 * (levels - low) / reach - 1, noticed]
            common = [places.mean(dim=2), self.colours(seen).mean(dim=(2, 3))]
            named = self.join(torch.cat([*(t.flatten(1) for t in inputs), *common], dim=1))
            black = low - 0.02 + 0.1 * named[:, 0:3, None]
            white = high + 0.02 + 0.1 * named[:, 3:6, None]
            gamma = torch.exp(0.3 * named[:, 6:9, None])
            saturation = torch.exp(-0.15 - 0.3 * named[:, 9:10]).clamp(0.25, 1.6)
            return torch.cat([inverse_curves(black, white, gamma), inverse_matrix(saturation)], dim=1)[
                ..., None, None
            ]


def quantiles(x: Tensor) -> Tensor:
    """N C h w -> N C Q: the values below which :data:`SHARES` of each channel's pixels lie."""
    ordered = x.flatten(2).sort(dim=2).values[:, :, None]
    evenly = F.interpolate(ordered, size=(1, SHARES[-1] + 1), mode="bilinear", align_corners=True)
    return evenly[:, :, 0][..., list(SHARES)]


def inverse_curves(black: Tensor, white: Tensor, gamma: Tensor) -> Tensor:
    """What undoes ``black + (white - black) v ** gamma``: N 3 1 each -> N 3 K, channel after channel."""
    at = torch.linspace(0, 1, KNOTS, dtype=black.dtype, device=black.device)
    linear = (at - black) / (white - black).clamp(min=LEAST_RANGE)
    power = linear.clamp(min=LEAST_VALUE) ** (1 / gamma)
    return (power + (linear - LEAST_VALUE).clamp(max=0)).flatten(1)


def inverse_matrix(saturation: Tensor) -> Tensor:
    """What undoes a mixture of each channel with the mean of all: N 1, the share it kept -> N 9, by rows."""
    gain = 1 / saturation
    own = torch.eye(3, dtype=gain.dtype, device=gain.device).flatten()
    return (1 - gain) / 3 + gain * own


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
