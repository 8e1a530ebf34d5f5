"""Building blocks that several generators share: ICNR, sub-pixel upsampling, residual blocks.

All of them pad with zeros inside, are free of normalisation, and keep to operators that ONNX Runtime fuses
on a CPU (a convolution followed by a ReLU is one kernel there).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import torch
from torch import Tensor, nn


def icnr_(weight: Tensor, factor: int, gain: float = 1.0) -> Tensor:
    """Initialise in place the weight of a convolution that feeds ``PixelShuffle(factor)``, and return it.

    All ``factor**2`` sub-pixels of an output channel start from the same kernel, so that at initialisation
    the layer equals a nearest-neighbour enlargement and has no checkerboard (Aitken et al. 2017,
    arXiv:1707.02937).

    Args:
        weight: (out_channels * factor**2, in_channels, kernel, kernel).
        factor: the enlargement of the PixelShuffle that follows.
        gain: scale of the Kaiming-normal kernels.
    """
    out_channels = weight.shape[0] // factor**2
    if out_channels * factor**2 != weight.shape[0]:
        raise ValueError(f"{weight.shape[0]} output channels cannot feed PixelShuffle({factor})")
    kernels = torch.empty(out_channels, *weight.shape[1:])
    nn.init.kaiming_normal_(kernels, nonlinearity="relu")
    with torch.no_grad():
        weight.copy_(kernels.mul_(gain).repeat_interleave(factor**2, dim=0))
    return weight


class SubPixelUp(nn.Sequential):
    """1x1 convolution and PixelShuffle: N, in_channels, H, W -> N, out_channels, H * factor, W * factor.

    Shi et al. 2016 (arXiv:1609.05158), with ICNR initialisation.
    """

    def __init__(self, in_channels: int, out_channels: int, factor: int = 2) -> None:
        conv = nn.Conv2d(in_channels, out_channels * factor**2, 1)
        icnr_(conv.weight, factor)
        nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
        super().__init__(conv, nn.PixelShuffle(factor))


class ResidualBlock(nn.Module):
    """x + conv3x3(relu(conv3x3(x))): N, C, H, W -> the same shape.

    Without normalisation, as in EDSR (Lim et al. 2017, arXiv:1707.02921); the second convolution starts
    small, so that a deep stack begins near the identity and needs no warm-up.

    Args:
        channels: of input and output.
        hidden: channels between the two convolutions; as many where not given.
        shortcut: False leaves ``x +`` out, to see what it is good for. The second convolution then starts at
            the gain that keeps the variance, because nothing else carries the signal.
    """

    def __init__(self, channels: int, hidden: int | None = None, *, shortcut: bool = True) -> None:
        super().__init__()
        self.shortcut = shortcut
        self.conv1 = nn.Conv2d(channels, hidden or channels, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(hidden or channels, channels, 3, padding=1)
        for conv, gain in ((self.conv1, 1.0), (self.conv2, 0.1 if shortcut else 0.5**0.5)):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            conv.weight.data.mul_(gain)
            nn.init.zeros_(conv.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv2(self.act(self.conv1(x)))
        return x + out if self.shortcut else out


def residual_stack(channels: int, hidden: Iterable[int], shortcut: bool = True) -> nn.Sequential:
    """A residual block of ``channels`` channels for each entry of ``hidden``, its channels inside."""
    return nn.Sequential(*(ResidualBlock(channels, inside, shortcut=shortcut) for inside in hidden))


@torch.no_grad()
def silence_untrained_blocks(network: nn.Module, untrained: Collection[str]) -> int:
    """Turn the residual blocks that have no trained weight at all into the identity, in place; their number.

    A network that takes over the weights of a shallower one then computes exactly what that one did, and its
    additional blocks learn from there (Chen et al. 2016, "Net2Net", arXiv:1511.05641): the second
    convolution becomes zero, the first stays random, so that both get a gradient after one step.

    Args:
        network: whose weights were taken over.
        untrained: names of its parameters that stayed as initialised.
    """
    silenced = 0
    for name, module in network.named_modules():
        if isinstance(module, ResidualBlock) and module.shortcut:
            own = {f"{name}.{parameter}" for parameter, _ in module.named_parameters()}
            if own <= set(untrained):
                nn.init.zeros_(module.conv2.weight)
                silenced += 1
    return silenced
