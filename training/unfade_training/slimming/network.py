"""A whole network made slimmer, from its first block to its last."""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..networks.fast_unet import FastUnet
from .blocks import equations_between, narrow
from .elimination import eliminate
from .finest import narrow_finest, take_out_finest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Slimmed:
    """One block.

    Attributes:
        name: in the network.
        before: channels inside.
        after: the same, now; 0 where the block is taken out with its level.
        error: what of the block's work is lost, as a share of its energy (mean square).
    """

    name: str
    before: int
    after: int
    error: float


@torch.no_grad()
def slim(
    network: FastUnet, pictures: Sequence[Tensor], widths: Sequence[int], fine: int = 0
) -> list[Slimmed]:
    """Take channels out of the residual blocks, in place.

    Args:
        network: a trained one.
        pictures: N C H W each, as the network gets them.
        widths: how many channels each block keeps, in the order in which they run; not more than it has. 0
            for the last takes it out, with its level (:mod:`.finest`).
        fine: channels that the finest level of the branch then keeps (:func:`narrow_finest`); 0 for all.
    """
    whole = copy.deepcopy(network)
    slimmed = []
    names = {module: name for name, module in network.named_modules()}
    for theirs, ours, width in zip(whole.running_blocks(), network.running_blocks(), widths, strict=True):
        name = names[ours]
        before, error = ours.conv1.out_channels, 0.0
        if width == 0:
            error = take_out_finest(whole, network, pictures)
            log.info("%s is taken out", name)
        elif width < before:
            equations = equations_between(whole, theirs, network, ours, pictures)
            solution = eliminate(equations, before, [width])[width]
            error = solution.error
            narrow(ours, solution)
            log.info("%s has %d channels left", name, width)
        slimmed.append(Slimmed(name, before, width, error))
    if fine:
        before = network.fine_widths[-1]
        slimmed.append(Slimmed("finest level", before, fine, narrow_finest(whole, network, pictures, fine)))
    return slimmed
