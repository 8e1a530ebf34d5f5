"""How many channels each block should keep, by what is lost in the network's output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..networks.fast_unet import FastUnet
from .blocks import equations_between, narrow, seen_by
from .elimination import TAPS, eliminate

STEP = 16
"""Channels inside a block come in multiples of it: what ONNX Runtime computes at once with AVX-512 (8 with
AVX2)."""


@dataclass(frozen=True)
class Cost:
    """What a block costs, and what is lost with fewer channels inside it.

    Attributes:
        work: multiplications of one channel, in units that are the same for all blocks of a network.
        errors: width -> mean square of what changes in the network's output; 0 for all its channels.
    """

    work: int
    errors: Mapping[int, float]


@torch.no_grad()
def costs_of(network: FastUnet, pictures: Sequence[Tensor], step: int = STEP) -> list[Cost]:
    """Of each block, in the order in which they run: each alone is made narrower, and the output compared.

    Args:
        network: a trained one; it stays as it is.
        pictures: N C H W each, as the network gets them.
        step: between the widths that are tried.
    """
    wanted = [network(picture) for picture in pictures]
    costs = []
    for block in network.running_blocks():
        own, width = (block.conv1, block.conv2), block.conv1.out_channels
        solutions = eliminate(
            equations_between(network, block, network, block, pictures), width, _steps(width, step)
        )
        errors = {width: 0.0}
        for narrower in sorted(solutions, reverse=True):
            narrow(block, solutions[narrower])
            changed = sum(float(F.mse_loss(network(x), y)) for x, y in zip(pictures, wanted, strict=True))
            errors[narrower] = max(changed / len(pictures), *errors.values())
            block.conv1, block.conv2 = own
        places = seen_by(network, block, pictures[0][:1]).hidden.shape[-2:].numel()
        costs.append(Cost(2 * TAPS * block.conv1.in_channels * places, errors))
    return costs


def allot(costs: Sequence[Cost], share: float) -> list[int]:
    """How many channels each block should keep for a share of the work of all of them.

    The narrower block that costs least for the work it saves is taken, again and again, as if errors of the
    blocks were independent of each other.
    """
    chosen = [max(cost.errors) for cost in costs]
    most = share * _work(costs, chosen)
    while _work(costs, chosen) > most:
        options = [
            ((error - cost.errors[chosen[i]]) / ((chosen[i] - width) * cost.work), i, width)
            for i, cost in enumerate(costs)
            for width, error in cost.errors.items()
            if width < chosen[i]
        ]
        if not options:
            break
        _, i, width = min(options)
        chosen[i] = width
    return chosen


def _work(costs: Sequence[Cost], widths: Sequence[int]) -> int:
    return sum(width * cost.work for width, cost in zip(widths, costs, strict=True))


def _steps(width: int, step: int) -> list[int]:
    """The narrower widths that are worth their while; a block of few channels may be halved."""
    step = step if width > step else max(1, width // 2)
    return list(range(step, width, step))
