"""Least squares over what a 3 x 3 convolution sees, and channels eliminated from it one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TAPS = 9
"""Weights of one channel in a kernel of 3 x 3."""
POSITIONS = 40_000
"""Positions that are looked at: enough for 1,153 unknowns, those of 128 channels."""
RIDGE = 1e-4
"""Added to the diagonal of the normal equations, in units of its mean: channels may be copies of others."""


@dataclass(frozen=True)
class NormalEquations:
    """Normal equations of a convolution, per position: with the features ``u`` that it sees (taps of all
    channels, channel by channel, and a 1) and the wanted output ``r``.

    Attributes:
        uu: mean of u u^T, float64 (9 C + 1, 9 C + 1).
        ur: mean of u r^T, (9 C + 1, outputs).
        rr: mean of r^T r.
    """

    uu: Tensor
    ur: Tensor
    rr: float

    @property
    def channels(self) -> int:
        """C."""
        return (len(self.uu) - 1) // TAPS


@dataclass(frozen=True)
class Solution:
    """A convolution that sees fewer channels.

    Attributes:
        kept: the channels that stay.
        weights: (9 C + 1, outputs); 0 for the channels that go.
        error: the mean square that is not explained, as a share of all.
    """

    kept: list[int]
    weights: Tensor
    error: float

    def convolution(self) -> nn.Conv2d:
        """It, on the channels that are kept alone; kernel 3, padding 1."""
        kept, outputs = self.kept, self.weights.shape[1]
        kernels = self.weights[:-1].view(-1, TAPS, outputs)[kept]
        made = nn.Conv2d(len(kept), outputs, 3, padding=1)
        made.weight.copy_(kernels.permute(2, 0, 1).reshape(outputs, len(kept), 3, 3))
        assert made.bias is not None
        made.bias.copy_(self.weights[-1])
        return made


def normal_equations(
    pairs: Iterable[tuple[Tensor, Tensor]], batches: int, padding: int = 1
) -> NormalEquations:
    """The normal equations of a convolution of kernel 3.

    Args:
        pairs: what it sees, N C H W, and what it is to give, N outputs H W.
        batches: how many pairs there are.
        padding: 0 leaves the outermost positions out, and what is to be given there, too.
    """
    generator = torch.Generator().manual_seed(0)
    positions = max(1, POSITIONS // batches)
    uu, ur, rr = [], [], []
    for features, wanted in pairs:
        u = F.unfold(features, 3, padding=padding).transpose(1, 2).flatten(0, 1)
        r = wanted.permute(0, 2, 3, 1).flatten(0, 2)
        chosen = torch.randperm(len(u), generator=generator)[:positions]
        u = torch.cat([u[chosen], torch.ones(len(chosen), 1)], dim=1)
        r = r[chosen]
        uu.append((u.T @ u).double() / len(chosen))
        ur.append((u.T @ r).double() / len(chosen))
        rr.append(float(r.square().sum()) / len(chosen))
    return NormalEquations(torch.stack(uu).mean(0), torch.stack(ur).mean(0), sum(rr) / len(rr))


def eliminate(
    equations: NormalEquations, widths: Sequence[int], fixed: Collection[int] = ()
) -> dict[int, Solution]:
    """Take out channels, each time the one that is missed least.

    With all channels as the only width it is plain least squares.

    Args:
        equations: of the convolution.
        widths: numbers of channels at which a solution is wanted.
        fixed: channels that stay.
    """
    uu = equations.uu + RIDGE * equations.uu.diagonal()[:-1].mean() * torch.eye(len(equations.uu)).double()
    inverse = torch.linalg.inv(uu)
    weights = inverse @ equations.ur
    rows = torch.arange(TAPS * equations.channels).view(-1, TAPS)
    kept = list(range(equations.channels))
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


class _Seen(Exception):
    """All modules have run; what comes after them is of no interest."""


def activations(network: nn.Module, picture: Tensor, *modules: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """(input, output) of some modules when a network gets a picture.

    Args:
        network: runs until all the modules have.
        picture: N C H W, as the network gets it.
        modules: of one input each; the network itself may be one of them.
    """
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen[module] = inputs[0], output
        if len(seen) == len(modules):
            raise _Seen

    hooks = [module.register_forward_hook(note) for module in modules]
    try:
        network(picture)
    except _Seen:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return [seen[module] for module in modules]
