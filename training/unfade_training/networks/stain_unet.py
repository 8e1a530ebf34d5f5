"""stain_unet: looks at a whole picture, small, and names its stains: where they are, how opaque and of what
colour.

What lies under a translucent stain of opacity a and colour c is seen as ``(1 - a) x + a c``, and comes back
as ``(y - a c) / (1 - a)`` (the compositing equation of Porter and Duff 1984, solved for what is beneath).
That keeps what shines through, of which a fill knows nothing. Opacity and colour change slowly but for a
stain's edge, so they are named in a small copy and applied to the picture at its full size, as revive_net's
curves are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision
from .encoder_unets import LiteUnet

LEAST = 0.12
"""Of the picture that has to shine through: of less JPEG has left nothing."""
RARE = -3.0
"""Logit of mask and opacity before training."""
_LOOK: Mapping[str, Any] = {"encoder": "efficientnet-lite0-near", "deepest": 16, "widths": (96, 64, 32)}


class Stains(NamedTuple):
    """What is named of a picture, N C H W in [0, 1].

    Attributes:
        mask: 1 channel, how surely there is a stain.
        opacity: 1 channel.
        colour: 3 channels, sRGB; where there is no stain it says nothing.
    """

    mask: Tensor
    opacity: Tensor
    colour: Tensor


class StainUnet(nn.Module):
    """N 3 H W in [0, 1], the whole picture at a small size -> N 5 H W: the picture with its stains taken off
    (not clipped), and behind it the mask in [0, 1] of where they are, and their opacity.

    Args:
        weights: of the encoder; see :class:`LiteUnet`.
        look: further options of that :class:`LiteUnet`.
    """

    scale = 1
    mask = True
    in_channels = 3

    def __init__(self, weights: str | Path | None = None, *, look: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.exported = StainMaps(weights, **{**_LOOK, **(look or {})})
        """What a model runs; the stains are taken off at full size by whoever runs it."""
        self.size_multiple = self.exported.size_multiple

    def forward(self, x: Tensor) -> Tensor:
        found = self.stains(x)
        # the picture's loss moves the colour alone: in doubt it wants less of a stain than there is
        held = found._replace(opacity=found.opacity.detach())
        with full_precision(x):
            return torch.cat([without(x.float(), held), found.mask, found.opacity], dim=1)

    def stains(self, x: Tensor) -> Stains:
        """N 3 H W in [0, 1] -> what is named of it."""
        return Stains(*self.exported(x).split((1, 1, 3), dim=1))


class StainMaps(nn.Module):
    """N 3 H W in [0, 1] -> N 5 H W in [0, 1]: the channels of :class:`Stains`, one behind the other.

    Mask and opacity have the input's resolution, as sub-pixels; the colour half of it, enlarged.
    """

    scale = 1

    def __init__(self, weights: str | Path | None = None, **look: Any) -> None:
        super().__init__()
        self.unet = LiteUnet(weights, **look, out_channels=11, output_stride=2)
        self.size_multiple = self.unet.size_multiple
        head = self.unet.head
        assert head.bias is not None
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        nn.init.constant_(head.bias[:8], RARE)

    def forward(self, x: Tensor) -> Tensor:
        named = self.unet(x)
        with full_precision(x):
            fine, colour = named[:, :8].float(), named[:, 8:].float()
            colour = F.interpolate(colour, scale_factor=2.0, mode="bilinear", align_corners=False)
            logits = torch.cat([F.pixel_shuffle(fine, 2), colour], dim=1)
            return logits[..., : x.shape[-2], : x.shape[-1]].sigmoid()


def without(x: Tensor, stains: Stains) -> Tensor:
    """N 3 H W with the stains taken off, so far as anything is seen through them; not clipped."""
    seen = (1 - stains.opacity).clamp(min=LEAST)
    return (x - stains.opacity * stains.colour) / seen
