"""U-nets on a pretrained encoder: ``resnet_unet``, the lesson's, for GPUs, and ``lite_unet``, quick on a CPU.

Both bring the encoder's maps up by PixelShuffle, join them with the next finer map and mix the two in two 3x3
convolutions:

    picture -> encoder -> (resnet_unet: batch norm, two middle convolutions)
            -> decoder block at strides 16, 8, 4, 2 (resnet_unet), or down to the output's stride (lite_unet)
            -> resnet_unet: PixelShuffle up to the input's size, joined with the input, residual block
            -> output convolution -> y range

The lesson finds the encoder's joints with forward hooks; here the encoder hands out its maps
(:meth:`Encoder.taps_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision
from .blocks import (
    MergeLayer,
    PixelShuffleUp,
    SigmoidRange,
    SubPixelUp,
    conv_layer,
    pad_to_multiple,
    res_block,
)
from .encoders import STRIDES, Encoder
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


SPREAD_AT = 8
"""Stride at which hints are spread."""


class DecoderBlock(nn.Module):
    """(N below h w, N skip 2h 2w) -> N outputs 2h 2w."""

    def __init__(self, below: int, skip: int, outputs: int, *, norm: Norm, attention: bool = False) -> None:
        super().__init__()
        self.up = PixelShuffleUp(below, outputs, norm=norm)
        self.conv1 = conv_layer(outputs + skip, outputs, norm=norm)
        self.conv2 = conv_layer(outputs, outputs, norm=norm, attention=attention)

    @property
    def width(self) -> int:
        """Channels of what comes out."""
        return cast(nn.Conv2d, self.conv2[0]).out_channels

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        y = self.up(x)
        return cast(Tensor, self.conv2(self.conv1(torch.cat([y, skip.to(y.dtype)], dim=1))))


class LiteUnet(nn.Module):
    """N in_channels H W -> N out_channels ceil(H / output_stride) ceil(W / output_stride); any H and W.

    The decoder ends at the output's own stride: chroma is smooth, and predicting it at stride 2 or 4 saves
    most of the work.

    The picture's channels are in [0, 1] (RGB, or with ``luma`` one of gray or L*/100), extra channels about
    in [-1, 1]. Inside, the input is padded right and below with its edge to a multiple of ``deepest``, and
    the result is cropped.

    Args:
        weights: ``"imagenet"``, a file or a URL for the encoder; None starts at random, as a checkpoint that
            is about to be loaded wants it.
        deepest: stride of the encoder's last map: 32, or less for a network that sees less far and is tiled
            with less of a halo; H and W are padded to multiples of it.
        out_channels: channels of the output.
        output_stride: 1, 2, 4, 8 or 16, and less than ``deepest``: how much smaller the output is than the
            input.
        widths: channels of the decoder at strides 16 (or half of ``deepest``), 8, 4, 2, 1, as many as
            ``output_stride`` needs (more are ignored).
        norm: of the decoder: batch, weight, spectral or none.
        self_attention: in the decoder's first block. The network can then not be tiled.
        y_range: (low, high) of a sigmoid at the end; None leaves the output free.
        luma, extra_channels: see :class:`Encoder`.
        spread_hints: the last three of the extra channels are colour hints with their mask, and
            :class:`HintSpreading` joins at stride 8. The network then sees the whole picture.
        encoder: one of :class:`Encoder`'s.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        deepest: int = 32,
        out_channels: int = 3,
        output_stride: int = 1,
        widths: Sequence[int] = (128, 96, 64, 48, 32),
        norm: str = "batch",
        self_attention: bool = False,
        y_range: Sequence[float] | None = None,
        luma: bool = False,
        extra_channels: int = 0,
        encoder: str = "efficientnet-lite0",
        spread_hints: bool = False,
    ) -> None:
        super().__init__()
        if spread_hints and (extra_channels < 3 or not output_stride <= SPREAD_AT < deepest):
            raise ValueError(
                "spread_hints takes three extra_channels and a decoder that passes through stride "
                f"{SPREAD_AT}"
            )
        kind = Norm.named(norm)
        if deepest not in STRIDES[1:]:
            raise ValueError(f"deepest is 4, 8, 16 or 32, not {deepest}")
        shallower = (1, *STRIDES[: STRIDES.index(deepest)])
        if output_stride not in shallower:
            *most, last = map(str, shallower)
            raise ValueError(f"output_stride is {', '.join(most)} or {last}, not {output_stride}")
        self.size_multiple = deepest
        self.output_stride = output_stride
        self.scale = 1 / output_stride
        self.encoder = Encoder(encoder, weights, luma=luma, extra_channels=extra_channels, deepest=deepest)
        self.in_channels, self.out_channels = self.encoder.in_channels, out_channels
        *taps, below = self.encoder.tap_channels
        skips = dict(zip(shallower, [self.encoder.normalised_channels, *taps], strict=True))
        strides = [stride for stride in reversed(shallower) if stride >= output_stride]
        if len(widths) < len(strides):
            raise ValueError(
                f"an output stride of {output_stride} takes {len(strides)} widths, not {len(widths)}"
            )
        self.blocks = nn.ModuleList()
        for depth, (stride, width) in enumerate(zip(strides, widths, strict=False)):
            attention = self_attention and depth == 0
            self.blocks.append(DecoderBlock(below, skips[stride], width, norm=kind, attention=attention))
            below = width
        self._spread_after = strides.index(SPREAD_AT) if spread_hints else -1
        self.spreading = HintSpreading(widths[self._spread_after], SPREAD_AT) if spread_hints else None
        head = nn.Conv2d(below, out_channels, 3, padding=1)
        nn.init.kaiming_normal_(head.weight).data.mul_(0.1)  # starts near the middle of the range
        nn.init.zeros_(head.bias)  # type: ignore[arg-type]
        self.head = head
        self.y_range = nn.Identity() if y_range is None else SigmoidRange(*y_range)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = self.encoder.normalise(pad_to_multiple(x, self.size_multiple))
        *skips, y = self.encoder.taps_of(x)
        for depth, (block, skip) in enumerate(zip(self.blocks, reversed([x, *skips]), strict=False)):
            y = block(y, skip)
            if depth == self._spread_after and self.spreading is not None:
                y = y + self.spreading(y, x[:, -3:])
        y = cast(Tensor, self.y_range(self.head(y)))
        return y[..., : -(-height // self.output_stride), : -(-width // self.output_stride)]


NOWHERE = -1e4
"""Added to the scores of cells without a hint, whose weight then is 0 in any precision."""
SHARPNESS = 10.0
"""Scores lie within plus and minus this: a softmax of cosines alone would be nearly even."""
NEARNESS = 4.0
"""Before training, how much lower the score of a hint at the other end of the picture is."""


class HintSpreading(nn.Module):
    """Attention of features to colour hints: N C h w features and N 3 H W hints -> N C h w, to be added.

    Convolutions carry a hint no farther than their receptive field; ten hints on a whole photograph are
    further apart than that. Here each cell of a coarse feature map looks at all hints at once and takes the
    colours of those whose features are like its own, nearer ones first: scaled dot-product attention (Vaswani
    et al. 2017, arXiv:1706.03762) with hints as the only keys, and one key more for "none of them".

    The hints are a, b and their mask (1 where there is one). H and W are ``stride`` times h and w. What comes
    out is 0 before training, and where no hint is anywhere.

    Args:
        channels: C.
        stride: of the features.
        width: of queries and keys.
    """

    def __init__(self, channels: int, stride: int, width: int = 32) -> None:
        super().__init__()
        self.stride = stride
        self.query = nn.Conv2d(channels, width, 1)
        self.key = nn.Conv2d(channels, width, 1)
        self.none = nn.Parameter(torch.zeros(1))  # score of "none of them"
        self.nearness = nn.Parameter(torch.zeros(1))  # logarithm of how fast scores fall with distance
        self.project = nn.Conv2d(3, channels, 1, bias=False)
        nn.init.zeros_(self.project.weight)

    def forward(self, features: Tensor, hints: Tensor) -> Tensor:
        precise = self.none.dtype  # not bfloat16: places would fall together
        with full_precision(features):
            added: Tensor = self.project(self.spread(features.to(precise), hints.to(precise)))
        return added

    def spread(self, features: Tensor, hints: Tensor) -> Tensor:
        """N 3 h w: a and b of the hints that a cell looks at, times its trust in them, and that trust in
        [0, 1]."""
        present = F.avg_pool2d(hints[:, 2:], self.stride)
        colour = F.avg_pool2d(hints[:, :2] * hints[:, 2:], self.stride) / present.clamp(min=1e-6)
        known = (present > 0).to(colour.dtype)
        scores = self._scores(features) + (1 - known.flatten(1)[:, None]) * NOWHERE
        # One more key, with colour 0 and trust 0.
        none = self.none.expand(scores.shape[0], scores.shape[1], 1)
        weights = torch.cat([scores, none], dim=2).softmax(dim=2)[..., :-1]
        values = torch.cat([colour, torch.ones_like(known)], dim=1).flatten(2).transpose(1, 2)
        return torch.matmul(weights, values).transpose(1, 2).reshape(hints.shape[0], 3, *features.shape[-2:])

    def _scores(self, features: Tensor) -> Tensor:
        """N P P: likeness of each cell (first) to each other (second), less for those farther away."""
        height, width = features.shape[-2:]
        query, key = (F.normalize(conv(features).flatten(2), dim=1) for conv in (self.query, self.key))
        likeness = torch.matmul(query.transpose(1, 2), key) * SHARPNESS
        y = torch.arange(height, device=features.device, dtype=features.dtype)
        x = torch.arange(width, device=features.device, dtype=features.dtype)
        longer = max(height, width)
        places = torch.stack([y[:, None].expand(height, width), x.expand(height, width)]).flatten(1) / longer
        squares = (places**2).sum(0)
        distances = squares[:, None] + squares - 2 * torch.matmul(places.transpose(0, 1), places)
        return likeness - self.nearness.exp() * NEARNESS * distances
