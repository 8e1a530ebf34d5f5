"""lite_unet: a U-net on EfficientNet-Lite0, quick on a CPU; what Colorize runs.

Encoder maps at strides 32 (or less) to 2 are brought up by PixelShuffle, joined with the next finer map and
mixed by two 3x3 convolutions, down to the output's own stride: chroma is smooth, and predicting it at stride
2 or 4 saves most of the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from .encoders import STRIDES, Encoder
from .hint_spreading import HintSpreading
from .layers import PixelShuffleUp, SigmoidRange, conv_layer, pad_to_multiple
from .norms import Norm

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
