"""Building blocks of generators and critics: convolutions, residual and dense blocks, attention, upsampling.

Those of fast.ai's 2019 lesson 7 (:func:`conv_layer`, :func:`res_block`, :class:`PixelShuffleUp`) can be
normalised; :class:`ResidualBlock` and :class:`SubPixelUp` are not, pad with zeros inside, and keep to
operators that ONNX Runtime fuses on a CPU (a convolution followed by a ReLU is one kernel there).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .norms import Norm, with_norm


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
        shortcut: False leaves ``x +`` out, for comparisons. The second convolution then starts at the gain
            that keeps the variance, because nothing else carries the signal.
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
    """Turn the residual blocks that have no trained weight at all into the identity, in place.

    A network that takes over the weights of a shallower one then computes exactly what that one did, and its
    additional blocks learn from there (Chen et al. 2016, "Net2Net", arXiv:1511.05641): the second
    convolution becomes zero, the first stays random, so that both get a gradient after one step.

    Args:
        network: whose weights were taken over.
        untrained: names of its parameters that stayed as initialised.

    Returns:
        How many blocks that were.
    """
    silenced = 0
    for name, module in network.named_modules():
        if isinstance(module, ResidualBlock) and module.shortcut:
            own = {f"{name}.{parameter}" for parameter, _ in module.named_parameters()}
            if own <= set(untrained):
                nn.init.zeros_(module.conv2.weight)
                silenced += 1
    return silenced


class SelfAttention(nn.Module):
    """x + gamma * attention(x): N C H W -> N C H W, every position looking at every other (SAGAN, Zhang et
    al. 2018, arXiv:1805.08318).

    gamma starts at 0, so a new layer is the identity. A network with this layer sees the whole picture and
    cannot be tiled exactly. Cost and memory grow with (H W)²: put it where the feature map is small.

    Args:
        channels: at least 8.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 8:
            raise ValueError(f"self-attention takes at least 8 channels, not {channels}")

        def project(width: int) -> nn.Conv2d:
            return with_norm(nn.Conv2d(channels, width, 1, bias=False), Norm.SPECTRAL)

        self.query = project(channels // 8)
        self.key = project(channels // 8)
        self.value = project(channels)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        # N C H W -> N 1 HW C; SAGAN does not scale the scores
        query, key, value = (
            layer(x).flatten(2).transpose(1, 2).unsqueeze(1) for layer in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        return x + self.gamma * mixed.squeeze(1).transpose(1, 2).reshape(x.shape)


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
