"""How far colour hints reach, as Unfade's Colorize has it, but differentiable: what an embedding learns from.

The kernel is bilateral (Tomasi and Manduchi 1998): Gaussian in place, lightness, chroma without hints, and
the embedding of the network. The residuals at the hints are interpolated by normalised convolution with it
(Knutsson and Westin 1993). Hints are told cell by cell here, not one by one.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..colour import CHROMA
from ..device import full_precision

NEAR, FEW = 0.6, 10
"""The kernel's standard deviation in place, as a share of the longer side; of more hints than so many each
reaches less far."""
ALIKE = 0.19
"""In lightness, from 0 to 1."""
KIN = 17.0
"""In a* and b* as predicted without hints."""
GAIN, DOUBT = 3.0, 0.11
"""What the network sees of hints counts wholly where the kernel is 1 / GAIN; DOUBT is the weight of no change
beside that of a hint."""
CELL = 4
"""Pixels of the chroma a side, in which all hints are taken for one."""
EMPTY = 1e-6


def at_hints(plain: Tensor, hinted: Tensor, embedding: Tensor, x: Tensor, stride: int) -> Tensor:
    """The chroma that hints make: as :func:`unfade.filters.chroma.at_hints` in the plug-in.

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
    return torch.cat((light / ALIKE, plain * (CHROMA / KIN), embedding), dim=1)


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
    reach = NEAR * min(1.0, math.sqrt(FEW / len(rows))) * max(height, width)
    half = (CELL - 1) / 2
    down = torch.arange(height, device=plain.device)[None] - (rows * CELL + half)[:, None]
    across = torch.arange(width, device=plain.device)[None] - (columns * CELL + half)[:, None]
    apart = ((down / reach) ** 2)[:, :, None] + ((across / reach) ** 2)[:, None]
    apart = apart + ((features[:, None] - at_cells(features * mask)[:, :, None, None]) ** 2).sum(0)
    likeness = torch.exp(-apart / 2)
    unlike = torch.prod((1 - GAIN * likeness).clamp(min=0), dim=0)
    made = hinted + unlike * (plain - hinted)
    residual = at_cells(hints) - at_cells(made * mask)
    return made + (residual[:, :, None, None] * likeness).sum(1) / (DOUBT + likeness.sum(0))
