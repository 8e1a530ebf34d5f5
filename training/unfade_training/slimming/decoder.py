"""Fewer channels in the last block of a decoder, where it has most pixels.

The block is gone through from its end: what the head can do without, what the second convolution can do
without to give the rest, and so on up to what comes from below. The skip stays whole: its channels cost one
convolution only, and the encoder makes them anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ..networks.encoder_unets import DecoderBlock, LiteUnet
from .elimination import TAPS, Solution, convolution_of, eliminate, equations_of
from .watching import watched


@torch.no_grad()
def narrow_decoder(unet: LiteUnet, pictures: Sequence[Tensor], width: int) -> float:
    """Take channels out of the last decoder block, in place.

    Args:
        unet: a trained one, in eval mode, whose decoder has batch norms.
        pictures: N C H W each, as it gets them.
        width: channels that stay.

    Returns:
        what is lost of what the head should give, as a share of its energy (mean square).
    """
    block = cast(DecoderBlock, unet.blocks[-1])
    up, conv1, conv2 = block.up, block.conv1, block.conv2
    channels = unet.head.in_channels
    wanted = [unet(picture) for picture in pictures]

    head = _solve(_pairs(unet, unet.head, pictures, None), len(pictures), channels, width)
    second = _keep_outputs(conv2, head, unet, pictures, width, channels)
    first = _keep_outputs(conv1, second, unet, pictures, width, channels)
    _keep_rows(up[0], up[1], [4 * c + s for c in first.kept if c < channels for s in range(4)])
    _keep_rows(conv1[0], conv1[1], second.kept)
    _keep_rows(conv2[0], conv2[1], head.kept)
    _replace(conv1[0], conv1[1], first)
    _replace(conv2[0], conv2[1], second)
    solved = convolution_of(head)
    unet.head.weight, unet.head.bias = solved.weight, solved.bias
    unet.head.in_channels = width
    made = [unet(picture) for picture in pictures]
    lost = sum(float((a - b).square().sum()) for a, b in zip(made, wanted, strict=True))
    said = sum(float((b - b.mean((0, 2, 3), keepdim=True)).square().sum()) for b in wanted)
    return lost / said if said else 0.0


def _keep_outputs(
    layer: nn.Sequential, after: Solution, unet: LiteUnet, pictures: Sequence[Tensor], width: int, own: int
) -> Solution:
    """What the layer's convolution needs to see to give the channels that what comes after keeps.

    Args:
        own: channels of the decoder's own at the front of what it sees; those behind them are the skip's.
    """
    convolution, norm = cast(nn.Conv2d, layer[0]), cast(nn.BatchNorm2d, layer[1])
    # a channel weighs what it changes in what comes after
    reach = after.weights[:-1].view(-1, TAPS, after.weights.shape[1]).square().sum((1, 2)).sqrt()[after.kept]
    assert norm.running_var is not None
    scale = norm.weight.abs() / (norm.running_var + norm.eps).sqrt()
    weight = (scale[after.kept].double() * reach).float()
    # one that changes nothing yet must be given, too
    weight = weight.clamp(min=1e-3 * float(weight.max())) if float(weight.max()) > 0 else torch.ones(width)
    pairs = _pairs(unet, convolution, pictures, (after.kept, weight))
    skip = range(own, convolution.in_channels)
    found = _solve(pairs, len(pictures), convolution.in_channels, width + len(skip), fixed=skip)
    return Solution(found.kept, found.weights / weight.double(), found.error)


def _solve(
    pairs: Iterator[tuple[Tensor, Tensor]], batches: int, channels: int, width: int, fixed: Sequence[int] = ()
) -> Solution:
    return eliminate(equations_of(pairs, batches), channels, [width], fixed)[width]


def _pairs(
    unet: LiteUnet, layer: nn.Conv2d, pictures: Sequence[Tensor], outputs: tuple[list[int], Tensor] | None
) -> Iterator[tuple[Tensor, Tensor]]:
    """What a convolution sees and gives, of some of its channels times a weight each."""
    for picture in pictures:
        features, given, _ = watched(unet, layer, picture)
        if outputs is not None:
            kept, weight = outputs
            given = given[:, kept] * weight[:, None, None]
        yield features, given


def _keep_rows(convolution: nn.Module, norm: nn.Module, rows: list[int]) -> None:
    """Leave a convolution and its batch norm with some of their output channels."""
    assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    convolution.weight = nn.Parameter(convolution.weight[rows])
    convolution.out_channels = norm.num_features = len(rows)
    for name in ("weight", "bias"):
        setattr(norm, name, nn.Parameter(getattr(norm, name)[rows]))
    for name in ("running_mean", "running_var"):
        setattr(norm, name, getattr(norm, name)[rows])


def _replace(convolution: nn.Module, norm: nn.Module, solution: Solution) -> None:
    """Put in solved kernels; a convolution before a norm has no bias, so that goes into the norm's mean."""
    assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    solved = convolution_of(solution)
    convolution.weight, convolution.in_channels = solved.weight, solved.in_channels
    assert solved.bias is not None and norm.running_mean is not None
    norm.running_mean -= solved.bias
