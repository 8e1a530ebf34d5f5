"""Critics: networks that tell generated pictures from real ones, patch by patch.

A critic gives one logit a patch (N 1 h w), high for real. Spectral norm keeps it from running away from the
generator.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import TrainingError
from .blocks import SelfAttention, conv_layer, pad_to_multiple, res_block
from .encoders import STRIDES, Encoder
from .norms import Norm

_LEAKY = 0.2


class Critic(nn.Module):
    """The lesson's critic: N in_channels H W in [0, 1] -> N 1 h w logits, h = H / 2**(blocks + 1) - 3 and w
    alike.

    A strided convolution, a dense residual block, then ``blocks`` strided convolutions that double the width
    each.

    Args:
        width: channels after the first convolution. The lesson's 128 is for GPUs.
        blocks: strided convolutions after the dense block. With 3, one logit sees about 160 pixels, and
            pictures are at least 64 pixels wide and high.
        dropout: of whole channels, half of it before the dense block.
        self_attention: after the first of the ``blocks``.

    Source: fastai 1.0 ``vision/gan.py`` (gan_critic).
    """

    def __init__(
        self,
        in_channels: int = 3,
        width: int = 64,
        blocks: int = 3,
        dropout: float = 0.15,
        self_attention: bool = True,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.min_size = 4 * 2 ** (blocks + 1)
        layers: list[nn.Module] = [
            _conv(in_channels, width, stride=2),
            nn.Dropout2d(dropout / 2),
            res_block(width, dense=True, norm=Norm.SPECTRAL, leaky=_LEAKY),
        ]
        width *= 2
        for index in range(blocks):
            layers += [
                nn.Dropout2d(dropout),
                _conv(width, width * 2, stride=2, attention=self_attention and index == 0),
            ]
            width *= 2
        layers.append(conv_layer(width, 1, 4, norm=Norm.SPECTRAL, active=False, padding=0, bias=False))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[-2:]) < self.min_size:
            height, width = x.shape[-2:]
            raise TrainingError(
                f"The critic needs patches of at least {self.min_size} x {self.min_size} pixels, "
                f"not {width} x {height}."
            )
        return cast(Tensor, self.layers(x * 2 - 1))


def _conv(inputs: int, outputs: int, stride: int, attention: bool = False) -> nn.Sequential:
    # 4x4 at stride 2: every pixel is seen by the same number of kernels, so the gradient has no checkerboard
    return conv_layer(inputs, outputs, 4, stride, norm=Norm.SPECTRAL, leaky=_LEAKY, attention=attention)


class PretrainedCritic(nn.Module):
    """A critic on the features of a pretrained encoder: N 3 H W in [0, 1] -> N 1 ceil(H/s) ceil(W/s) logits.

    Each tap goes through a small convolution of its own and is averaged down to the coarsest tap's stride s;
    two convolutions judge the sum. A frozen encoder is quick to train on and still passes the gradient to
    the generator (Sauer et al. 2021, https://arxiv.org/abs/2111.01007).

    Args:
        encoder: efficientnet-lite0, resnet18 or resnet34.
        weights: ``"imagenet"``, a file or a URL for the encoder; None starts at random.
        frozen: whether the encoder stays as it is.
        strides: which of the encoder's maps are looked at, from 2, 4, 8, 16, 32.
        width: channels of the judging convolutions.
        self_attention: before the last convolution.
    """

    size_multiple = 32

    def __init__(
        self,
        encoder: str = "efficientnet-lite0",
        weights: str | Path | None = None,
        *,
        frozen: bool = True,
        strides: Sequence[int] = (4, 8, 16),
        width: int = 64,
        self_attention: bool = False,
    ) -> None:
        super().__init__()
        if not strides or not set(strides) <= set(STRIDES):
            raise ValueError(f"strides are some of {', '.join(map(str, STRIDES))}, not {list(strides)}")
        self.encoder = Encoder(encoder, weights, deepest=max(strides))
        self.in_channels = self.encoder.in_channels
        self.strides = tuple(sorted(strides))
        self._taps = tuple(STRIDES.index(stride) for stride in self.strides)
        self.looks = nn.ModuleList(
            conv_layer(self.encoder.tap_channels[tap], width, norm=Norm.SPECTRAL, leaky=_LEAKY)
            for tap in self._taps
        )
        self.attention = SelfAttention(width) if self_attention else nn.Identity()
        self.judge = nn.Sequential(
            conv_layer(width, width, norm=Norm.SPECTRAL, leaky=_LEAKY),
            conv_layer(width, 1, norm=Norm.SPECTRAL, active=False),
        )
        if frozen:
            self.encoder.freeze()

    def forward(self, x: Tensor) -> Tensor:
        coarsest = self.strides[-1]
        height, width = (-(-side // coarsest) for side in x.shape[-2:])
        maps = self.encoder(pad_to_multiple(x, self.size_multiple))
        seen = [
            F.avg_pool2d(look(maps[tap]), coarsest // stride)
            for look, tap, stride in zip(self.looks, self._taps, self.strides, strict=True)
        ]
        total = torch.stack(seen).sum(0)
        return cast(Tensor, self.judge(self.attention(total)))[..., :height, :width]
