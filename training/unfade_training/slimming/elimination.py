"""Least squares over what a network's 3 x 3 convolution sees, and channels taken out of it one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TAPS = 9
"""Weights of one channel in a kernel of 3 x 3."""
POSITIONS = 40_000
"""Places that are looked at: enough for 1,153 unknowns, those of 128 channels."""
RIDGE = 1e-4
"""Added to the diagonal of the normal equations, in units of its mean: channels may be copies of others."""


@dataclass(frozen=True)
class Equations:
    """Normal equations of a convolution, per place: with the features ``u`` that it sees (taps of all
    channels, channel by channel, and a 1) and the wanted output ``r``.

    Attributes:
        uu: mean of u u^T, float64 (9 C + 1, 9 C + 1).
        ur: mean of u r^T, (9 C + 1, outputs).
        rr: mean of r^T r.
    """

    uu: Tensor
    ur: Tensor
    rr: float


@dataclass(frozen=True)
class Solution:
    """A convolution that sees fewer channels.

    Attributes:
        kept: those that stay.
        weights: (9 C + 1, outputs); 0 for the channels that go.
        error: the mean square that is not explained, as a share of all.
    """

    kept: list[int]
    weights: Tensor
    error: float


def equations_of(pairs: Iterable[tuple[Tensor, Tensor]], batches: int, padding: int = 1) -> Equations:
    """The equations of a convolution of kernel 3.

    Args:
        pairs: what it sees, N C H W, and what it is to give, N outputs H W.
        batches: how many of them there are.
        padding: 0 leaves the outermost places out, and what is to be given there, too.
    """
    generator = torch.Generator().manual_seed(0)
    places = max(1, POSITIONS // batches)
    uu, ur, rr = [], [], []
    for features, wanted in pairs:
        u = F.unfold(features, 3, padding=padding).transpose(1, 2).flatten(0, 1)
        r = wanted.permute(0, 2, 3, 1).flatten(0, 2)
        chosen = torch.randperm(len(u), generator=generator)[:places]
        u = torch.cat([u[chosen], torch.ones(len(chosen), 1)], dim=1)
        r = r[chosen]
        uu.append((u.T @ u).double() / len(chosen))
        ur.append((u.T @ r).double() / len(chosen))
        rr.append(float(r.square().sum()) / len(chosen))
    return Equations(torch.stack(uu).mean(0), torch.stack(ur).mean(0), sum(rr) / len(rr))


def eliminate(
    equations: Equations, channels: int, widths: Sequence[int], fixed: Collection[int] = ()
) -> dict[int, Solution]:
    """Take out channels, each time the one that is missed least; what there is at each of some widths.

    With all channels as the only width it is plain least squares. Those that are ``fixed`` stay.
    """
    uu = equations.uu + RIDGE * equations.uu.diagonal()[:-1].mean() * torch.eye(len(equations.uu)).double()
    inverse = torch.linalg.inv(uu)
    weights = inverse @ equations.ur
    rows = torch.arange(TAPS * channels).view(channels, TAPS)
    kept = list(range(channels))
    solutions = {}
    while True:
        if len(kept) in widths:
            wu = (weights * (equations.uu @ weights)).sum()
            left = float(equations.rr - 2 * (weights * equations.ur).sum() + wu)
            error = max(0.0, left) / equations.rr if equations.rr else 0.0
            solutions[len(kept)] = Solution(list(kept), weights.clone(), error)
        if len(kept) <= min(widths):
            return solutions
        own = rows[kept]
        blocks = inverse[own[:, :, None], own[:, None, :]]
        costs = (weights[own] * torch.linalg.solve(blocks, weights[own])).sum((1, 2))
        costs[[channel in fixed for channel in kept]] = torch.inf
        least = int(costs.argmin())
        out = own[least]
        step = torch.linalg.solve(inverse[out][:, out], torch.cat([inverse[out], weights[out]], dim=1))
        column = inverse[:, out].clone()
        weights -= column @ step[:, len(uu) :]
        inverse -= column @ step[:, : len(uu)]
        inverse[out], inverse[:, out], weights[out] = 0, 0, 0
        kept.pop(least)


def convolution_of(solution: Solution) -> nn.Conv2d:
    """Of the channels that are kept; kernel 3, padding 1."""
    kept, outputs = solution.kept, solution.weights.shape[1]
    kernels = solution.weights[:-1].view(-1, TAPS, outputs)[kept]
    made = nn.Conv2d(len(kept), outputs, 3, padding=1)
    made.weight.copy_(kernels.permute(2, 0, 1).reshape(outputs, len(kept), 3, 3))
    assert made.bias is not None
    made.bias.copy_(solution.weights[-1])
    return made
