"""Encoders with ImageNet weights: ResNet and EfficientNet-Lite, for RGB or gray pictures and extra channels.

ResNet (He et al. 2015, arXiv:1512.03385) has torchvision's key names, so that its published weights load.

EfficientNet-Lite (Tan and Le 2019, arXiv:1905.11946) leaves out squeeze-and-excitation and has ReLU6 for
swish, so every output sees a bounded neighbourhood and the network can be tiled. Its key names are those of
the published PyTorch weights. These come from TensorFlow, whose SAME padding at stride 2 is asymmetric *and
depends on the input's size*. Here the padding is fixed to what TensorFlow does at even sizes: (0, 1) for a
3x3 kernel, (1, 2) for a 5x5 one. It is therefore TensorFlow's everywhere when height and width are multiples
of 32; the caller pads other sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import TrainingError, did_you_mean
from .weights import load_state, load_weights, published_source

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
STRIDES = (2, 4, 8, 16, 32)
"""Of the feature maps."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a skip: N inputs H W -> N outputs ceil(H/stride) ceil(W/stride)."""

    norm_pairs = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Sequential | None = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        skip = x if self.downsample is None else self.downsample(x)
        return cast(Tensor, self.relu(y + skip))


class ResNet(nn.Module):
    """The classifier, or with ``classes=0`` only the encoder.

    Attributes:
        tap_channels: channels of :meth:`taps`, at strides 2, 4, 8, 16 and 32.
    """

    tap_channels = (64, 64, 128, 256, 512)
    norm_pairs = (("conv1", "bn1"),)

    def __init__(self, blocks: tuple[int, int, int, int], classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = _layer(64, 64, blocks[0], 1)
        self.layer2 = _layer(64, 128, blocks[1], 2)
        self.layer3 = _layer(128, 256, blocks[2], 2)
        self.layer4 = _layer(256, 512, blocks[3], 2)
        self._layers: tuple[str, ...] = ("layer1", "layer2", "layer3", "layer4")
        self.fc = nn.Linear(512, classes) if classes else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def truncate(self, taps: int) -> None:
        """Drops all that the first ``taps`` (1 to 5) feature maps do not need."""
        for name in self._layers[taps - 1 :]:
            delattr(self, name)
        self._layers = self._layers[: taps - 1]
        self.fc = None

    def taps(self, x: Tensor) -> list[Tensor]:
        """N C H W (RGB, ImageNet mean and deviation) -> feature maps at strides 2, 4, 8, 16, 32, sizes
        rounded up."""
        found = [self.relu(self.bn1(self.conv1(x)))]
        x = self.maxpool(found[0])
        for name in self._layers:
            x = getattr(self, name)(x)
            found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """N 3 H W (RGB, ImageNet mean and deviation) -> N classes logits, or the stride-32 features."""
        x = self.taps(x)[-1]
        return x if self.fc is None else cast(Tensor, self.fc(torch.mean(x, dim=(2, 3))))


def resnet18(classes: int = 1000, in_channels: int = 3) -> ResNet:
    """11.7 million parameters with its 1000 classes."""
    return ResNet((2, 2, 2, 2), classes, in_channels)


def resnet34(classes: int = 1000, in_channels: int = 3) -> ResNet:
    """21.8 million parameters with its 1000 classes."""
    return ResNet((3, 4, 6, 3), classes, in_channels)


def _layer(inputs: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs) for _ in range(blocks - 1)))


BN_EPSILON = 1e-3
BN_MOMENTUM = 0.01


class _Stage(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expansion: int
    width: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
_SIZES = ((1.0, 1.0), (1.0, 1.1), (1.1, 1.2))
"""By size, 0 to 2: how much wider and how much deeper than Lite0."""
TAPS = ((0, 2, 4, 10, 15), (0, 3, 6, 14, 20), (0, 3, 6, 14, 20))
"""By size: the last block at each stride: 2, 4, 8, 16, 32."""
NEAR_TAPS = (0, 2, 4, 7)
"""Of Lite0: the last blocks where the map at stride 16 is taken before its 5x5 kernels, which see another 96
pixels far; there is none at stride 32."""


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME pads even sizes: N C H W -> N C' ceil(H / stride) ceil(W /
    stride)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        if stride not in (1, 2):
            raise ValueError("the fixed padding is worked out for strides 1 and 2")
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        self._before, self._after = ((kernel - 2) // 2, (kernel - 1) // 2) if stride == 2 else (0, 0)

    def forward(self, x: Tensor) -> Tensor:
        if self._after:
            x = F.pad(x, (self._before, self._after, self._before, self._after))
        return super().forward(x)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BN_EPSILON, momentum=BN_MOMENTUM)


def _rounded(width: float) -> int:
    """The nearest multiple of 8 that takes no more than a tenth away, as the published networks round."""
    nearest = max(8, int(width + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * width else nearest + 8


class MobileBlock(nn.Module):
    """Inverted residual: 1x1 expansion, depthwise k x k, 1x1 projection; skip where the shape stays."""

    norm_pairs = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        self._expand_conv = SameConv2d(inputs, width, 1) if expansion > 1 else None
        self._bn0 = _norm(width) if expansion > 1 else None
        self._depthwise_conv = SameConv2d(width, width, kernel, stride, groups=width)
        self._bn1 = _norm(width)
        self._project_conv = SameConv2d(width, outputs, 1)
        self._bn2 = _norm(outputs)
        self._skips = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """N inputs H W -> N outputs H/stride W/stride."""
        y = x
        if self._expand_conv is not None and self._bn0 is not None:
            y = F.relu6(self._bn0(self._expand_conv(y)))
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = cast(Tensor, self._bn2(self._project_conv(y)))
        return x + y if self._skips else y


class EfficientNetLite(nn.Module):
    """The classifier, or with ``classes=0`` only the encoder.

    Args:
        classes: of the classifier.
        in_channels: of the picture.
        tap_blocks: the blocks whose output are the feature maps, an encoder ends with the last; unless given
            those of :data:`TAPS`.
        size: 0, 1 or 2, for Lite0 to Lite2.

    Attributes:
        tap_channels: channels of :meth:`taps`, at strides 2, 4, 8, 16 and 32.
    """

    norm_pairs = (("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))

    def __init__(
        self,
        classes: int = 1000,
        in_channels: int = 3,
        tap_blocks: Sequence[int] = (),
        size: int = 0,
    ) -> None:
        super().__init__()
        wider, deeper = _SIZES[size]
        self._conv_stem = SameConv2d(in_channels, 32, 3, stride=2)
        self._bn0 = _norm(32)
        blocks: list[MobileBlock] = []
        widths: list[int] = []
        width = 32
        for number, stage in enumerate(_STAGES):
            inside = 0 < number < len(_STAGES) - 1  # the first and the last stage are not made deeper
            repeats = math.ceil(stage.repeats * deeper) if inside else stage.repeats
            outputs = _rounded(stage.width * wider)
            for index in range(repeats):
                stride = stage.stride if index == 0 else 1
                blocks.append(MobileBlock(width, outputs, stage.kernel, stride, stage.expansion))
                width = outputs
                widths.append(width)
        self._tap_blocks = tuple(tap_blocks) or TAPS[size]
        self.tap_channels = tuple(widths[index] for index in self._tap_blocks)
        if not classes:
            del blocks[self._tap_blocks[-1] + 1 :]
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv2d(width, 1280, 1) if classes else None
        self._bn1 = _norm(1280) if classes else None
        self._fc = nn.Linear(1280, classes) if classes else None

    def truncate(self, taps: int) -> None:
        """Drops all that the first ``taps`` feature maps do not need."""
        self._blocks = self._blocks[: self._tap_blocks[taps - 1] + 1]
        self._conv_head = self._bn1 = self._fc = None

    def taps(self, x: Tensor) -> list[Tensor]:
        """N C H W (RGB in [-1, 1]; H and W multiples of 32) -> feature maps at strides 2, 4, 8, 16, 32."""
        x = F.relu6(self._bn0(self._conv_stem(x)))
        found = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in self._tap_blocks:
                found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """N 3 H W (RGB in [-1, 1]; H and W multiples of 32) -> N classes logits, or the stride-32
        features."""
        x = self.taps(x)[-1]
        if self._conv_head is None or self._bn1 is None or self._fc is None:
            return x
        x = F.relu6(self._bn1(self._conv_head(x)))
        return cast(Tensor, self._fc(torch.mean(x, dim=(2, 3))))


@dataclass(frozen=True)
class _Architecture:
    """How an encoder is built and how its weights are taken from the published classifier's.

    Attributes:
        build: takes the number of input channels.
        stem: key of the first convolution's weight.
        head: key prefixes of what an encoder leaves out: the classifier, and what lies behind the last map.
        late: key prefixes of the deeper half, for discriminative learning rates.
        mean, deviation: of the RGB that the published weights were trained on.
    """

    build: Callable[[int], ResNet | EfficientNetLite]
    stem: str
    head: tuple[str, ...]
    late: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def _resnet(build: Callable[[int, int], ResNet]) -> _Architecture:
    return _Architecture(
        lambda channels: build(0, channels),
        "conv1.weight",
        ("fc.",),
        ("layer3.", "layer4."),
        IMAGENET_MEAN,
        IMAGENET_DEVIATION,
    )


def _lite(size: int, near: tuple[int, ...] = ()) -> _Architecture:
    """EfficientNet-Lite of that size, its maps taken where they are published to be, or nearer."""
    last = TAPS[size][-1]
    beyond = range(near[-1] + 1, last + 1) if near else ()
    return _Architecture(
        lambda channels: EfficientNetLite(0, channels, near, size),
        "_conv_stem.weight",
        ("_conv_head.", "_bn1.", "_fc.", *(f"_blocks.{index}." for index in beyond)),
        tuple(f"_blocks.{index}." for index in range(TAPS[size][2] + 1, last + 1)),
        (0.5,) * 3,
        (0.5,) * 3,
    )


_ARCHITECTURES = {
    "resnet18": _resnet(resnet18),
    "resnet34": _resnet(resnet34),
    "efficientnet-lite0": _lite(0),
    "efficientnet-lite0-near": _lite(0, NEAR_TAPS),
    "efficientnet-lite1": _lite(1),
    "efficientnet-lite2": _lite(2),
}


class Encoder(nn.Module):
    """N C H W in [0, 1] -> feature maps at strides 2, 4, 8, 16, 32; H and W multiples of the last.

    Args:
        name: resnet18, resnet34, efficientnet-lite0 to efficientnet-lite2, or efficientnet-lite0-near, which
            has no map at stride 32 and sees half as far at stride 16.
        weights: ``"imagenet"`` for the published weights, or a file or URL of them; None starts at random.
        luma: the picture is one channel. With published weights it gives what the same picture in gray RGB
            gives: the kernels of the three colours are added up where all colours are normalised alike, else
            the channel is repeated.
        extra_channels: further inputs (colour hints and their mask), taken as they are. They have no weights
            in a published file and start at zero, so at first the features are those of the picture alone.
        deepest: stride of the last feature map; what lies deeper is left out.

    Attributes:
        in_channels: 3 or 1, plus ``extra_channels``.
        normalised_channels: channels that the first convolution sees.
        tap_channels: channels of the feature maps.
        drop: share of the feature maps' channels that training leaves out at random.

    Raises:
        TrainingError: an unknown name, or weights that cannot be loaded.
        ValueError: the encoder has no map at that stride.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        name: str,
        weights: str | Path | None = None,
        *,
        luma: bool = False,
        extra_channels: int = 0,
        deepest: int = 32,
    ) -> None:
        super().__init__()
        if name not in _ARCHITECTURES:
            raise TrainingError(f"There is no encoder {name!r}{did_you_mean(name, _ARCHITECTURES)}")
        self._architecture = _ARCHITECTURES[name]
        self._picture_channels = 1 if luma else 3
        self._extra_channels = extra_channels
        uniform = len(set(self._architecture.mean)) == len(set(self._architecture.deviation)) == 1
        self._repeats = luma and not uniform
        inner = 1 if luma and uniform else 3
        self._frozen = False
        self.drop = 0.0
        self.normalised_channels = inner + extra_channels
        self.in_channels = self._picture_channels + extra_channels
        self.body = self._architecture.build(self.normalised_channels)
        channels = self.body.tap_channels
        if deepest not in STRIDES[: len(channels)]:
            raise ValueError(f"the encoder {name} ends at stride {STRIDES[len(channels) - 1]}, not {deepest}")
        self.tap_channels = channels[: STRIDES.index(deepest) + 1]
        # Constants, not weights: left out of the state dict so that its keys are the published ones.
        self.register_buffer("mean", _column(self._architecture.mean[:inner]), persistent=False)
        self.register_buffer("deviation", _column(self._architecture.deviation[:inner]), persistent=False)
        if weights is not None:
            source = published_source(name) if weights == "imagenet" else weights
            state = {k: v for k, v in load_state(source).items() if not k.startswith(self._architecture.head)}
            if self._architecture.stem in state:
                state[self._architecture.stem] = _adapt(state[self._architecture.stem], inner, extra_channels)
            load_weights(self.body, state, source)
        if deepest < STRIDES[-1]:
            self.body.truncate(STRIDES.index(deepest) + 1)

    def normalise(self, x: Tensor) -> Tensor:
        """N C H W in [0, 1] -> what the first convolution sees: N C' H W, mean 0 and deviation 1 by
        ImageNet's count."""
        picture = x[:, : self._picture_channels]
        if self._repeats:
            picture = picture.expand(-1, 3, -1, -1)
        picture = (picture - self.mean) / self.deviation
        return (
            torch.cat([picture, x[:, self._picture_channels :]], dim=1) if self._extra_channels else picture
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.taps_of(self.normalise(x))

    def taps_of(self, normalised: Tensor) -> list[Tensor]:
        """The feature maps of an input that went through :meth:`normalise`."""
        taps = self.body.taps(normalised)
        return [F.dropout2d(tap, self.drop, self.training) for tap in taps] if self.drop else taps

    def freeze(self, frozen: bool = True) -> None:
        """Holds the weights and the statistics of batch norms fixed, or lets them train again.

        A frozen encoder still passes gradients on to its input.
        """
        self._frozen = frozen
        self.body.requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> Encoder:
        super().train(mode)
        if self._frozen:
            self.body.eval()
        return self

    def halves(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The parameters of strides 2 to 8 and of the deeper half, for discriminative learning rates."""
        early: list[nn.Parameter] = []
        late: list[nn.Parameter] = []
        for key, parameter in self.body.named_parameters():
            (late if key.startswith(self._architecture.late) else early).append(parameter)
        return early, late


def parameter_groups(network: nn.Module) -> tuple[list[nn.Parameter], ...]:
    """The parameters as the lesson groups them: early encoder, late encoder, the rest; or all in one group.

    Networks with an :class:`Encoder` as their ``encoder`` have three groups, others one.
    """
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, Encoder):
        return (list(network.parameters()),)
    early, late = encoder.halves()
    inside = {id(parameter) for parameter in (*early, *late)}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in inside]
    return early, late, rest


def _column(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values).view(1, -1, 1, 1)


def _adapt(weight: Tensor, inner: int, extra: int) -> Tensor:
    """Out 3 k k -> out (inner + extra) k k."""
    if inner == 1:
        weight = weight.sum(1, keepdim=True)
    return torch.cat([weight, weight.new_zeros(weight.shape[0], extra, *weight.shape[2:])], dim=1)
