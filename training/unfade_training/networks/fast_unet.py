"""``fast_unet``: a small fully convolutional U-net without a pretrained encoder, made for laptop CPUs.

Encoder and decoder are EDSR residual blocks, levels are joined by 2x2 strided convolutions on the way down
and by sub-pixel convolutions on the way up, skips are added (a sum costs nothing, a concatenation costs a
convolution). The network predicts what is to be added to the bilinear enlargement of its input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import ResidualBlock, SubPixelUp, icnr_, residual_stack


class FastUnet(nn.Module):
    """N, in_channels, H, W -> N, out_channels, H * scale, W * scale; RGB in [0, 1] in and out (not clipped).

    H and W must be multiples of :attr:`size_multiple`.

    Args:
        scale: enlargement: 1, 2 or 4.
        channels: feature channels of each level, the input's resolution first. Multiples of 16 suit AVX-512
            kernels of ONNX Runtime, multiples of 32 suit AMX training.
        encoder: residual blocks of each level on the way down; the last entry is the bottom of the U.
        decoder: residual blocks of each level on the way up (one entry fewer), the input's resolution first.
        in_channels: channels of the input.
        out_channels: channels of the picture that comes out; where they equal ``in_channels`` the bilinear
            enlargement of the input is added to it.
        fine: channels of a residual block at each doubling on the way to the output's resolution, or none.
            What they make is added to what the tail makes of the features. The sub-pixels of one convolution
            cannot see one another, and where texture is asked of them they make a checkerboard; these can.
            With an entry fewer than there are doublings, the last doubling is a sub-pixel convolution.
        unshuffle: 2 has the U begin at half the input's resolution, with squares of 2 x 2 pixels as
            channels: a quarter of the work for the same channels.
        hidden: channels inside each residual block, in the order in which they run (down, up, fine); those of
            its level where left out. :mod:`unfade_training.pruning` finds how few each can do with.
        skips: False cuts the skips of the U and the shortcuts of its residual blocks, with the very same
            weights: for the loss landscape with and without them (:mod:`unfade_training.lessons.landscape`).
            What is predicted stays the difference to the enlarged input.
    """

    def __init__(
        self,
        scale: int = 2,
        channels: Sequence[int] = (32, 64, 96),
        encoder: Sequence[int] = (2, 2, 2),
        decoder: Sequence[int] = (2, 2),
        in_channels: int = 3,
        out_channels: int = 3,
        fine: Sequence[int] = (),
        unshuffle: int = 1,
        hidden: Sequence[int] = (),
        skips: bool = True,
    ) -> None:
        super().__init__()
        if len(encoder) != len(channels) or len(decoder) != len(channels) - 1:
            raise ValueError(
                f"{len(channels)} levels take {len(channels)} encoder and {len(channels) - 1} decoder entries"
            )
        enlarge = scale * unshuffle
        if fine and enlarge // 2 ** len(fine) not in (1, 2):
            raise ValueError(f"fine takes one entry for each doubling on the way to {enlarge} times the size")
        usual = [
            *(width for width, blocks in zip(channels, encoder, strict=True) for _ in range(blocks)),
            *(channels[level] for level in reversed(range(len(decoder))) for _ in range(decoder[level])),
            *fine,
        ]
        if hidden and len(hidden) != len(usual):
            raise ValueError(f"hidden takes one entry for each of the {len(usual)} residual blocks")
        if any(width < 1 for width in hidden):
            raise ValueError("hidden: a residual block has at least 1 channel inside")
        inside = iter(hidden or usual)
        self.scale = scale
        self.size_multiple = unshuffle * 2 ** (len(channels) - 1)
        self.skips = skips
        self.residual = in_channels == out_channels
        self.in_channels, self.out_channels = in_channels, out_channels
        self.unshuffle = nn.PixelUnshuffle(unshuffle) if unshuffle > 1 else nn.Identity()
        self.head = nn.Conv2d(in_channels * unshuffle**2, channels[0], 3, padding=1)
        self.encoder = nn.ModuleList(
            residual_stack(c, islice(inside, n), skips) for c, n in zip(channels, encoder, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(c, wider, 2, stride=2) for c, wider in pairwise(channels))
        self.up = nn.ModuleList(SubPixelUp(wider, c) for c, wider in pairwise(channels))
        upward = [  # as they run, from the bottom
            residual_stack(channels[level], islice(inside, decoder[level]), skips)
            for level in reversed(range(len(decoder)))
        ]
        self.decoder = nn.ModuleList(reversed(upward))
        self.tail = nn.Conv2d(channels[0], out_channels * enlarge**2, 3, padding=1)
        icnr_(self.tail.weight, enlarge, gain=0.1)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]
        self.shuffle = nn.PixelShuffle(enlarge) if enlarge > 1 else nn.Identity()
        self.fine = _fine_branch(channels[0], fine, inside, out_channels, enlarge, skips) if fine else None

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(self.unshuffle(x))
        skips = [features]  # the head's own output joins at the very end: a long skip around the whole U
        for level, blocks in enumerate(self.encoder):
            features = blocks(features)
            if level < len(self.down):
                skips.append(features)
                features = self.down[level](features)
        for level in reversed(range(len(self.up))):
            features = self.up[level](features)
            features = self.decoder[level](features + skips[level + 1] if self.skips else features)
        features = features + skips[0] if self.skips else features
        out: Tensor = self.shuffle(self.tail(features))
        if self.fine is not None:
            out = out + self.fine(features)
        return out.float() + self._enlarged(x) if self.residual else out

    def running_blocks(self) -> list[ResidualBlock]:
        """The residual blocks in the order in which a picture goes through them, that of ``hidden``."""
        parts = [*self.encoder, *reversed(self.decoder), *([self.fine] if self.fine is not None else [])]
        return [m for part in parts for m in part.modules() if isinstance(m, ResidualBlock)]

    @property
    def fine_widths(self) -> list[int]:
        """Channels of the branch at each of its residual blocks; those of ``fine``."""
        return [m.conv1.in_channels for m in self.fine or () if isinstance(m, ResidualBlock)]

    def _enlarged(self, x: Tensor) -> Tensor:
        if self.scale == 1:
            return x
        return F.interpolate(x, scale_factor=float(self.scale), mode="bilinear", align_corners=False)


def _fine_branch(
    inputs: int, channels: Sequence[int], hidden: Iterator[int], outputs: int, enlarge: int, shortcut: bool
) -> nn.Sequential:
    """N inputs H W -> N outputs H * enlarge W * enlarge; 0 before training."""
    layers: list[nn.Module] = []
    for below, width in pairwise((inputs, *channels)):
        layers += [SubPixelUp(below, width), ResidualBlock(width, next(hidden), shortcut=shortcut)]
    left = enlarge // 2 ** len(channels)
    last = nn.Conv2d(channels[-1], outputs * left**2, 3, padding=1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    layers.append(last)
    if left > 1:
        layers.append(nn.PixelShuffle(left))
    return nn.Sequential(*layers)
