"""resnet_unet: the U-net of fast.ai's 2019 lesson 7 (its DynamicUnet) on a pretrained encoder, for GPUs.

    picture -> encoder (ResNet) -> BN, two middle convolutions
            -> UnetBlock at strides 16, 8, 4, 2: PixelShuffle up, joined with the encoder's map of that size
            -> PixelShuffle up to the input's size -> last cross: joined with the input
            -> residual block -> 1x1 -> y range

The lesson finds the encoder's joints with forward hooks; here the encoder hands out its maps
(:mod:`encoders`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import SubPixelUp
from .encoders import Encoder
from .layers import (
    MergeLayer,
    PixelShuffleUp,
    SigmoidRange,
    conv_layer,
    pad_to_multiple,
    res_block,
)
from .norms import Norm, with_norm


class UnetBlock(nn.Module):
    """Brings features up by 2, joins them with the skip of that size and mixes both in two 3x3 convolutions.

    (N below h w, N skip 2h 2w) -> N outputs 2h 2w, with outputs = below / 2 + skip, or half of it for
    ``last``.
    """

    def __init__(
        self, below: int, skip: int, *, norm: Norm, blur: bool, last: bool = False, attention: bool = False
    ) -> None:
        super().__init__()
        joined = below // 2 + skip
        self.outputs = joined // 2 if last else joined
        self.up = PixelShuffleUp(below, below // 2, norm=norm, blur=blur)
        self.skip_norm = nn.BatchNorm2d(skip)
        self.conv1 = conv_layer(joined, self.outputs, norm=norm)
        self.conv2 = conv_layer(self.outputs, self.outputs, norm=norm, attention=attention)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        joined = F.relu(torch.cat([self.up(x), self.skip_norm(skip)], dim=1))
        return cast(Tensor, self.conv2(self.conv1(joined)))


class ResnetUnet(nn.Module):
    """N in_channels H W in [0, 1] -> N out_channels H*scale W*scale; any H and W.

    Inside, the picture is padded right and below with its edge to a multiple of 32, and the result is
    cropped.

    Args:
        encoder: resnet34, resnet18 or efficientnet-lite0.
        weights: ``"imagenet"``, a file or a URL for the encoder; None starts at random, as a checkpoint that
            is about to be loaded wants it.
        out_channels: channels of the output.
        scale: 1, 2 or 4; above 1 a sub-pixel convolution at the very end enlarges. The lesson's own way is
            scale 1 on a picture that was enlarged before.
        norm: of the decoder: weight (the lesson's), spectral, batch or none.
        self_attention: after the block at stride 8. The network can then not be tiled.
        blur: 2x2 mean after each PixelShuffle but the last, which the lesson leaves sharp.
        last_cross: whether the input joins the last features.
        bottle: half the width inside the last residual block.
        y_range: (low, high) of a sigmoid at the end; None leaves the output free. A sigmoid flattens towards
            its ends, so pictures in [0, 1] want some room: (-0.2, 1.2).
        luma, extra_channels: see :class:`Encoder`.

    With ``self_attention`` and ``y_range`` on top of the defaults this is what the lesson's
    ``unet_learner(resnet34, blur=True, norm_type=NormType.Weight, self_attention=True, last_cross=True)``
    builds, parameter for parameter. Three things differ on purpose, none of them in number: batch norm, where
    it is chosen, stands before its activation (so that it folds into the convolution); attention names as key
    what fastai calls query and the other way round, as the paper has it; the input is a picture in [0, 1],
    normalised inside.

    Source: https://github.com/fastai/course-v3 (lesson 7), fastai 1.0 ``vision/models/unet.py``.
    """

    size_multiple = 32

    def __init__(
        self,
        encoder: str = "resnet34",
        weights: str | Path | None = None,
        *,
        out_channels: int = 3,
        scale: int = 1,
        norm: str = "weight",
        self_attention: bool = False,
        blur: bool = True,
        last_cross: bool = True,
        bottle: bool = False,
        y_range: Sequence[float] | None = None,
        luma: bool = False,
        extra_channels: int = 0,
    ) -> None:
        super().__init__()
        kind = Norm.named(norm)
        self.scale = scale
        self.encoder = Encoder(encoder, weights, luma=luma, extra_channels=extra_channels)
        self.in_channels, self.out_channels = self.encoder.in_channels, out_channels
        *skips, width = self.encoder.tap_channels
        self.middle = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            conv_layer(width, width * 2, norm=kind),
            conv_layer(width * 2, width, norm=kind),
        )
        self.blocks = nn.ModuleList()
        for depth, skip in enumerate(reversed(skips)):
            last = depth == len(skips) - 1
            attention = self_attention and depth == len(skips) - 3
            block = UnetBlock(width, skip, norm=kind, blur=blur, last=last, attention=attention)
            self.blocks.append(block)
            width = block.outputs
        self.up = PixelShuffleUp(width, width, norm=kind)
        self.cross = MergeLayer(dense=True) if last_cross else None
        self.last: nn.Module = nn.Identity()
        if last_cross:
            width += self.encoder.normalised_channels
            self.last = res_block(width, bottle=bottle, norm=kind)
        self.head = _head(width, out_channels, scale, kind)
        self.y_range = nn.Identity() if y_range is None else SigmoidRange(*y_range)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = self.encoder.normalise(pad_to_multiple(x, self.size_multiple))
        *skips, y = self.encoder.taps_of(x)
        y = self.middle(y)
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            y = block(y, skip)
        y = self.up(y)
        if self.cross is not None:
            y = self.cross(y, x.to(y.dtype))
        y = cast(Tensor, self.y_range(self.head(self.last(y))))
        return y[..., : height * self.scale, : width * self.scale]


def _head(inputs: int, outputs: int, scale: int, norm: Norm) -> nn.Module:
    """1x1 convolution to the output, or to the sub-pixels of an enlarged one."""
    if scale not in (1, 2, 4):
        raise ValueError(f"scale is 1, 2 or 4, not {scale}")
    if scale > 1:
        up = SubPixelUp(inputs, outputs, scale)
        with_norm(up[0], norm)
        return up
    return conv_layer(inputs, outputs, 1, norm=Norm.NONE if norm is Norm.BATCH else norm, active=False)
