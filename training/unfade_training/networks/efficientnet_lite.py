"""EfficientNet-Lite: the encoders of :mod:`lite_unet`, with the key names of the published PyTorch weights.

Tan and Le 2019, https://arxiv.org/abs/1905.11946; the Lite variant leaves out squeeze-and-excitation and has
ReLU6 for swish, so every output sees a bounded neighbourhood and the network can be tiled.

The weights come from TensorFlow, whose SAME padding at stride 2 is asymmetric *and depends on the input's
size*. Here the
padding is fixed to what TensorFlow does at even sizes: (0, 1) for a 3x3 kernel, (1, 2) for a 5x5 one. It is
therefore TensorFlow's everywhere when height and width are multiples of 32, and other sizes are to be padded
by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
