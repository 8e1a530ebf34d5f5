"""The finest level of a network taken out or made narrower: where most pixels are a block costs most and does
least.

Without its block the level is linear, and so is a convolution of sub-pixels one level below, which moves no
feature maps of the output's size. It is solved, by least squares, for the whole network's picture, so it also
makes up for what the blocks before it have lost. (The last convolution of a network that keeps all its levels
has nothing to make up for: solved anew, it gave pictures farther from those of the whole one.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.blocks import ResidualBlock, SubPixelUp
from ..networks.fast_unet import FastUnet
from .elimination import TAPS, Solution, convolution_of, eliminate, equations_of
from .watching import watched

LEVEL = 3
"""Modules of the level in the branch: up, block, and the last convolution, which goes with it."""


def has_finest(network: FastUnet) -> bool:
    """Whether there is a level at the output's resolution above another one."""
    return network.fine is not None and len(network.fine) > LEVEL and isinstance(network.fine[-1], nn.Conv2d)


def ends_in_sub_pixels(network: FastUnet) -> bool:
    """Whether the last doubling of the branch is one of sub-pixels of a convolution."""
    return network.fine is not None and isinstance(network.fine[-1], nn.PixelShuffle)


@torch.no_grad()
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
    solution = _solved_last(whole, slim, below, pictures)
    slim.fine = nn.Sequential(*below.children(), convolution_of(solution), nn.PixelShuffle(2))
    return solution.error


@torch.no_grad()
def narrow_finest(whole: FastUnet, slim: FastUnet, pictures: Sequence[Tensor], width: int) -> float:
    """Leave the finest level of the branch, one that ends in sub-pixels, with fewer channels, in place.

    What runs along the level is a sum of linear things, so those channels that stay may be any mixture of
    them. The last convolution is then solved anew as in :func:`take_out_finest`.

    Args:
        whole: the network whose pictures it is to give.
        slim: the network, for which :func:`ends_in_sub_pixels` holds.
        pictures: N C H W each, as the networks get them.
        width: channels that stay.

    Returns:
        what is lost of what the branch should add to the picture, as a share of its energy.
    """
    assert slim.fine is not None
    *below, up, block, last, shuffle = slim.fine
    assert isinstance(up, SubPixelUp) and isinstance(block, ResidualBlock) and isinstance(last, nn.Conv2d)
    features = [watched(slim, block, picture)[1] for picture in pictures]
    level = _level_of(up, block, *_mixture(features, last.weight, width))
    front = nn.Sequential(*below, *level)
    solution = _solved_last(whole, slim, front, pictures)
    slim.fine = nn.Sequential(*front.children(), convolution_of(solution), shuffle)
    return solution.error


def _mixture(features: Sequence[Tensor], kernels: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """The mixtures of channels that a convolution sees most of: principal components, each channel weighed
    by the kernels that it goes through.

    Args:
        features: N C H W each.
        kernels: of the convolution, (outputs, C, 3, 3).

    Returns:
        (width, C) that makes the mixtures, and (C, width) that brings the channels back.
    """
    rows = [f.transpose(0, 1).flatten(1).double() for f in features]
    moments = torch.stack([row @ row.T / row.shape[1] for row in rows]).mean(0)
    taps = kernels.double().transpose(0, 1).flatten(1)
    values, vectors = torch.linalg.eigh(taps @ taps.T)
    root = vectors * values.clamp(min=1e-6 * float(values[-1])).sqrt() @ vectors.T
    most = torch.linalg.eigh(root @ moments @ root)[1][:, -width:]
    return (most.T @ root).float(), torch.linalg.solve(root, most).float()


def _level_of(up: SubPixelUp, block: ResidualBlock, to: Tensor, back: Tensor) -> tuple[nn.Module, nn.Module]:
    """The same level on mixtures of its channels (:func:`_mixture`)."""
    width, channels = to.shape
    conv = cast(nn.Conv2d, up[0])
    mixed = ResidualBlock(width, block.conv1.out_channels)
    mixed_up = SubPixelUp(conv.in_channels, width)
    mixed_conv = cast(nn.Conv2d, mixed_up[0])
    weight = torch.einsum("oc,csi->osi", to, conv.weight.view(channels, 4, -1))
    mixed_conv.weight.copy_(weight.reshape(mixed_conv.weight.shape))
    mixed_conv.bias.copy_((to @ conv.bias.view(channels, 4)).flatten())  # type: ignore[union-attr]
    mixed.conv1.weight.copy_(torch.einsum("hcyx,co->hoyx", block.conv1.weight, back))
    mixed.conv1.bias.copy_(block.conv1.bias)  # type: ignore[union-attr,arg-type]
    mixed.conv2.weight.copy_(torch.einsum("oc,chyx->ohyx", to, block.conv2.weight))
    mixed.conv2.bias.copy_(to @ block.conv2.bias)  # type: ignore[union-attr,operator]
    return mixed_up, mixed


def _solved_last(whole: FastUnet, slim: FastUnet, below: nn.Module, pictures: Sequence[Tensor]) -> Solution:
    """The last convolution of a branch, before two times two sub-pixels, for the whole network's picture.

    Args:
        below: the layers before it.
    """
    fine = slim.fine
    assert fine is not None

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for picture in pictures:
            features, added, made = watched(slim, fine, picture)
            wanted = whole(picture) - made + added
            # not the outermost places: a picture in use has a mirrored border, not one of zeros
            yield below(features), F.pixel_unshuffle(wanted, 2)[..., 1:-1, 1:-1]

    equations = equations_of(pairs(), len(pictures), padding=0)
    channels = (len(equations.uu) - 1) // TAPS
    return eliminate(equations, channels, [channels])[channels]
