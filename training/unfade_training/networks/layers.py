"""The building blocks of fast.ai's 2019 lesson 7: convolution layers, residual and dense blocks, U-net
upsampling."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import SelfAttention
from .blocks import icnr_
from .norms import Norm, with_norm


def activation(leaky: float | None = None) -> nn.Module:
    """ReLU, or leaky ReLU with the slope ``leaky``."""
    return nn.ReLU(inplace=True) if leaky is None else nn.LeakyReLU(leaky, inplace=True)


def conv_layer(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    stride: int = 1,
    *,
    norm: Norm = Norm.BATCH,
    active: bool = True,
    leaky: float | None = None,
    padding: int | None = None,
    bias: bool | None = None,
    attention: bool = False,
) -> nn.Sequential:
    """Convolution, batch norm if asked for, activation, self-attention if asked for.

    The lesson has the activation before the batch norm; here the norm comes first, so that it folds into the
    convolution at export.

    Args:
        norm: weight and spectral norm sit on the convolution itself.
        active: whether an activation follows.
        leaky: slope of a leaky ReLU; None is a plain ReLU.
        padding: (kernel - 1) // 2 unless given.
        bias: unless given, there is one where no batch norm follows.
    """
    if bias is None:
        bias = norm is not Norm.BATCH
    conv = nn.Conv2d(
        inputs, outputs, kernel, stride, (kernel - 1) // 2 if padding is None else padding, bias=bias
    )
    nn.init.kaiming_normal_(conv.weight, a=leaky or 0.0)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    layers: list[nn.Module] = [with_norm(conv, norm)]
    if norm is Norm.BATCH:
        layers.append(nn.BatchNorm2d(outputs))
    if active:
        layers.append(activation(leaky))
    if attention:
        layers.append(SelfAttention(outputs))
    return nn.Sequential(*layers)


class MergeLayer(nn.Module):
    """Merges a block's result with its input: their sum, or with ``dense`` their concatenation along
    channels."""

    def __init__(self, dense: bool = False) -> None:
        super().__init__()
        self.dense = dense

    def forward(self, x: Tensor, original: Tensor) -> Tensor:
        return torch.cat([x, original], dim=1) if self.dense else x + original


class SkipSequential(nn.Sequential):
    """A sequence in which each :class:`MergeLayer` is also given the sequence's own input."""

    def forward(self, x: Tensor) -> Tensor:
        original = x
        for layer in self:
            x = layer(x, original) if isinstance(layer, MergeLayer) else layer(x)
        return x


def res_block(
    channels: int,
    dense: bool = False,
    *,
    bottle: bool = False,
    norm: Norm = Norm.BATCH,
    leaky: float | None = None,
) -> SkipSequential:
    """Two 3x3 convolutions and a skip: N C H W -> N C H W, or with ``dense`` N 2C H W.

    Residual: He et al. 2015; dense: Huang et al. 2016.

    Args:
        bottle: the inner width is half of ``channels``.
    """
    inner = channels // 2 if bottle else channels
    return SkipSequential(
        conv_layer(channels, inner, norm=norm, leaky=leaky),
        conv_layer(inner, channels, norm=norm, leaky=leaky),
        MergeLayer(dense),
    )


class Blur(nn.Module):
    """2x2 mean, padded left and above with the edge: N C H W -> N C H W.

    After a PixelShuffle it takes away what is left of a checkerboard (Sugawara et al. 2018,
    arXiv:1806.02658).
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, stride=1)


class PixelShuffleUp(nn.Sequential):
    """1x1 convolution with ICNR, activation, PixelShuffle, blur: N inputs H W -> N outputs H*factor
    W*factor."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        factor: int = 2,
        *,
        norm: Norm = Norm.NONE,
        blur: bool = False,
        leaky: float | None = None,
    ) -> None:
        conv = nn.Conv2d(inputs, outputs * factor**2, 1, bias=norm is not Norm.BATCH)
        icnr_(conv.weight, factor)
        if conv.bias is not None:
            nn.init.zeros_(conv.bias)
        layers: list[nn.Module] = [with_norm(conv, norm)]
        if norm is Norm.BATCH:
            layers.append(nn.BatchNorm2d(outputs * factor**2))
        layers += [activation(leaky), nn.PixelShuffle(factor)]
        if blur:
            layers.append(Blur())
        super().__init__(*layers)


class SigmoidRange(nn.Module):
    """Squeezes any value into (low, high)."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        if not low < high:
            raise ValueError(f"y_range goes from low to high, not from {low} to {high}")
        self.low = low
        self.high = high

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x) * (self.high - self.low) + self.low


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """N C H W -> the same, its last row and column repeated until H and W are multiples of ``multiple``."""
    height, width = x.shape[-2:]
    below, right = -height % multiple, -width % multiple
    return F.pad(x, (0, right, 0, below), mode="replicate") if below or right else x
