"""The finest level of a network taken out: at the output's resolution a block costs most and does least.

Without its block the level is linear, and so is a convolution of sub-pixels one level below, which moves no
feature maps of the output's size. It is solved, by least squares, for the whole network's picture, so it also
makes up for what the blocks before it have lost. (The last convolution of a network that keeps all its levels
has nothing to make up for: solved anew, it gave pictures farther from those of the whole one.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.fast_unet import FastUnet
from .elimination import TAPS, convolution_of, eliminate, equations_of

LEVEL = 3
"""Modules of the level in the branch: up, block, and the last convolution, which goes with it."""


def has_finest(network: FastUnet) -> bool:
    """Whether there is a level at the output's resolution above another one."""
    return network.fine is not None and len(network.fine) > LEVEL and isinstance(network.fine[-1], nn.Conv2d)


def take_out_finest(whole: FastUnet, slim: FastUnet, pictures: Sequence[Tensor]) -> float:
    """Put sub-pixels of one convolution in place of the slim network's finest level, in place.

    Args:
        whole: the network whose pictures it is to give.
        slim: the network, for which :func:`has_finest` holds.
        pictures: N C H W each, as the networks get them.

    Returns:
        what is lost of what the branch should add to the picture, as a share of its energy.
    """
    fine = slim.fine
    assert fine is not None
    below = fine[:-LEVEL]

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for picture in pictures:
            features, added, made = _seen(slim, fine, picture)
            wanted = whole(picture) - made + added
            # not the outermost places: a picture in use has a mirrored border, not one of zeros
            yield below(features), F.pixel_unshuffle(wanted, 2)[..., 1:-1, 1:-1]

    equations = equations_of(pairs(), len(pictures), padding=0)
    channels = (len(equations.uu) - 1) // TAPS
    solution = eliminate(equations, channels, [channels])[channels]
    slim.fine = nn.Sequential(*below.children(), convolution_of(solution), nn.PixelShuffle(2))
    return solution.error


def _seen(network: FastUnet, branch: nn.Module, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the branch gets, what it adds, and the network's picture."""
    seen: list[Tensor] = []
    hook = branch.register_forward_hook(lambda _, inputs, output: seen.extend([*inputs, output]))
    try:
        made = network(picture)
    finally:
        hook.remove()
    features, added = seen
    return features, added, made
