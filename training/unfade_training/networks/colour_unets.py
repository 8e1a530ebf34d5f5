"""colour_unets: a U-net that colours what it sees closely, and a second look that knows better what is shown.

A small U-net learns edges and hints well, and is often wrong about what a wide part of the picture is. The
second look tells a colour for each 16 x 16 pixels, from deep features of a larger encoder, joined with those
of the whole picture as in Iizuka et al., "Let there be Color!" (SIGGRAPH 2016). Both err in their own way;
their mean errs less.

From the same features comes an embedding: places that are near one another in it are of one kind, and a
colour hint for the one says something of the other. It is learnt by what becomes of hints that are carried
along it (:func:`at_hints`), as Unfade's Colorize does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..colour import CHROMA
from ..device import full_precision
from .blocks import conv_layer, pad_to_multiple
from .encoder_unets import LiteUnet
from .encoders import Encoder

STRIDE = 16
"""Pixels a side for one of the coarse colours."""
USED = (2, 3, 4)
"""The encoder's maps that tell the colour: at strides 8, 16 and 32."""

SIGMA_SPACE, FEW = 0.6, 10
"""The kernel's standard deviation in place, as a share of the longer side; of more hints than so many each
reaches less far."""
SIGMA_LIGHT = 0.19
"""In lightness, from 0 to 1."""
SIGMA_CHROMA = 17.0
"""In a* and b* as predicted without hints."""
GAIN, DAMPING = 3.0, 0.11
"""What the network sees of hints counts wholly where the kernel is 1 / GAIN or more; DAMPING is the weight of
no change beside that of a hint."""
CELL = 4
"""Pixels of the chroma a side, in which all hints are taken for one."""
EMPTY = 1e-6


class CoarseColour(nn.Module):
    """N 1 H W, L* / 100 of whole pictures -> N 2 + embedding H/16 W/16, their a* / 110 and b* / 110, and
    behind them the embedding.

    H and W must be multiples of :attr:`size_multiple`.

    Args:
        weights: of the encoder; see :class:`Encoder`.
        encoder: one of :class:`Encoder`'s that has maps at strides up to 32.
        width: channels of the layers that join its maps.
        dropout: share of their channels that training leaves out.
        embedding: channels of it; 0 for none.
    """

    size_multiple = 32

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        encoder: str = "efficientnet-lite2",
        width: int = 256,
        dropout: float = 0.1,
        embedding: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(encoder, weights, luma=True)
        joined = sum(self.encoder.tap_channels[index] for index in USED) + 1
        self.join = conv_layer(joined, width, 1)
        self.local = conv_layer(width, width)
        self.whole = nn.Conv2d(width, width, 1)
        self.mix = conv_layer(width, width)
        self.dropout = nn.Dropout2d(dropout)
        self.head = nn.Conv2d(width, 2, 1)
        self.embed = nn.Conv2d(width, embedding, 1) if embedding else None

    def forward(self, x: Tensor) -> Tensor:
        maps = self.encoder(x)
        fine, middle, deep = (maps[index] for index in USED)
        deep = F.interpolate(deep, scale_factor=2.0, mode="bilinear")
        seen = (F.avg_pool2d(fine, 2), middle, deep, F.avg_pool2d(x, STRIDE).to(middle.dtype))
        joined = self.join(torch.cat(seen, dim=1))
        local = self.local(joined)
        local = self.dropout(local + self.whole(local.mean((2, 3), keepdim=True)))
        known = self.mix(local) + joined
        colour: Tensor = self.head(known)
        return colour if self.embed is None else torch.cat((colour, self.embed(known)), dim=1)


class ColourUnets(nn.Module):
    """N 4 H W, L* / 100 and the hints' a* / 110, b* / 110 and mask -> N 2 + embedding ceil(H / 2) ceil(W /
    2), a* / 110 and b* / 110, and behind them the embedding; any H and W.

    A picture with hints is left to the U-net, which alone sees them. In training mode a network with an
    embedding gives the chroma that hints make by it, N 2 ceil(H / 2) ceil(W / 2).

    Args:
        weights: of both encoders; see :class:`Encoder`.
        fine: options of the :class:`LiteUnet`, which takes the four channels and gives chroma at stride 2.
        coarse: options of the :class:`CoarseColour`.
        share: of the coarse colours in the mean, 0 to 1.
    """

    size_multiple = CoarseColour.size_multiple
    in_channels, out_channels = 4, 2
    output_stride, scale = 2, 0.5

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        fine: Mapping[str, Any],
        coarse: Mapping[str, Any],
        share: float = 0.5,
    ) -> None:
        super().__init__()
        if not 0 <= share <= 1:
            raise ValueError(f"share is from 0 to 1, not {share}")
        fixed = {"luma": True, "extra_channels": 3, "out_channels": 2, "output_stride": self.output_stride}
        self.fine = LiteUnet(weights, **{**fine, **fixed})
        self.coarse = CoarseColour(weights, **coarse)
        self.share = share

    @property
    def embedding(self) -> int:
        """Channels of the embedding; 0 for none."""
        return 0 if self.coarse.embed is None else self.coarse.embed.out_channels

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = pad_to_multiple(x, self.size_multiple)
        made = self._with_hints(x) if self.training and self.embedding else self._of(x)
        return made[..., : -(-height // self.output_stride), : -(-width // self.output_stride)]

    def _of(self, x: Tensor) -> Tensor:
        """Chroma and embedding of one look."""
        chroma = self.fine(x)
        cells = STRIDE // self.output_stride
        coarse = self.coarse(x[:, :1])
        difference = coarse[:, :2] - F.avg_pool2d(chroma, cells)
        unhinted = 1 - x[:, 3:].amax((2, 3), keepdim=True)
        wide = F.interpolate(
            torch.cat((difference, coarse[:, 2:]), dim=1), scale_factor=float(cells), mode="bilinear"
        )
        mixed = chroma + self.share * unhinted * wide[:, :2]
        return torch.cat((mixed, wide[:, 2:]), dim=1) if self.embedding else mixed

    def _with_hints(self, x: Tensor) -> Tensor:
        """The chroma that hints make of that without them."""
        plain = self._of(torch.cat((x[:, :1], torch.zeros_like(x[:, 1:])), dim=1))
        return at_hints(plain[:, :2], self.fine(x), plain[:, 2:], x, self.output_stride)


def at_hints(plain: Tensor, hinted: Tensor, embedding: Tensor, x: Tensor, stride: int) -> Tensor:
    """The chroma that hints make: as :func:`unfade.filters.hints.at_hints` in the plug-in, differentiable,
    and told cell by cell, not hint by hint: one that lies over several counts for several.

    The kernel is bilateral (Tomasi and Manduchi 1998): Gaussian in place, lightness, chroma without hints,
    and the embedding. The residuals at the hints are interpolated by normalised convolution with it
    (Knutsson and Westin 1993).

    Args:
        plain, hinted: N 2 h w, a* / 110 and b* / 110 without hints, and as a network makes them that sees
            hints.
        embedding: N C h w.
        x: N 4 H W, L* / 100 and the hints' a* / 110, b* / 110 and mask.
        stride: H and W by h and w.

    Returns:
        N 2 h w.
    """
    with full_precision(plain):
        small = F.avg_pool2d(x.float(), stride)
        mask = small[:, 3:]
        features = _features(small[:, :1], plain.float(), embedding.float())
        made = [
            _one(*parts)
            for parts in zip(plain.float(), hinted.float(), features, small[:, 1:3], mask, strict=True)
        ]
        return torch.stack(made)


def _features(light: Tensor, plain: Tensor, embedding: Tensor) -> Tensor:
    """What is compared beside the place, in standard deviations of the kernel."""
    return torch.cat((light / SIGMA_LIGHT, plain * (CHROMA / SIGMA_CHROMA), embedding), dim=1)


def _one(plain: Tensor, hinted: Tensor, features: Tensor, hints: Tensor, mask: Tensor) -> Tensor:
    """Those of one picture, C h w each; ``hints`` are times their mask."""
    weight = F.avg_pool2d(mask[None], CELL)[0, 0]
    rows, columns = torch.nonzero(weight > 0, as_tuple=True)
    if not len(rows):
        return plain

    def at_cells(planes: Tensor) -> Tensor:
        """The mean of C h w planes under each cell's hints, C K."""
        return (F.avg_pool2d(planes[None], CELL)[0] / weight.clamp(min=EMPTY))[:, rows, columns]

    height, width = plain.shape[-2:]
    reach = SIGMA_SPACE * min(1.0, math.sqrt(FEW / len(rows))) * max(height, width)
    half = (CELL - 1) / 2
    down = torch.arange(height, device=plain.device)[None] - (rows * CELL + half)[:, None]
    across = torch.arange(width, device=plain.device)[None] - (columns * CELL + half)[:, None]
    apart = ((down / reach) ** 2)[:, :, None] + ((across / reach) ** 2)[:, None]
    apart = apart + ((features[:, None] - at_cells(features * mask)[:, :, None, None]) ** 2).sum(0)
    likeness = torch.exp(-apart / 2)
    unlike = torch.prod((1 - GAIN * likeness).clamp(min=0), dim=0)
    made = hinted + unlike * (plain - hinted)
    residual = at_cells(hints) - at_cells(made * mask)
    return made + (residual[:, :, None, None] * likeness).sum(1) / (DAMPING + likeness.sum(0))
