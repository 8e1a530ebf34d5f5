"""Scores of a finished picture against the true one, both CHW uint8 RGB."""

from __future__ import annotations

import torch
from torch import Tensor

from .colour import CHROMA, rgb_to_lab
from .data import photos
from .losses import INK


def luma(rgb: Tensor) -> Tensor:
    """CHW RGB in 0..255 -> HW float64 BT.601 luma in 16..235, as MATLAB's ``rgb2ycbcr``."""
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64)
    return 16 + torch.einsum("chw,c->hw", rgb.double(), weights) / 255


def psnr_y(result: Tensor, target: Tensor, border: int) -> float:
    """PSNR of the luma in dB, ``border`` pixels cut: how papers on super-resolution score."""
    difference = luma(result) - luma(target)
    if border:
        difference = difference[border:-border, border:-border]
    return float(10 * torch.log10(255**2 / difference.square().mean().clamp(min=1e-10)))


def delta_e(result: Tensor, target: Tensor) -> float:
    """Mean CIE 1976 colour difference: the distance in L*a*b*."""
    scale = torch.tensor([100, CHROMA, CHROMA]).view(1, 3, 1, 1)
    a, b = (rgb_to_lab(picture[None] / 255) * scale for picture in (result, target))
    return float((a - b).norm(dim=1).mean())


def colourfulness(picture: Tensor) -> float:
    """Of a CHW uint8 RGB picture: see :func:`unfade_training.data.photos.colourfulness`."""
    return photos.colourfulness(picture.permute(1, 2, 0).numpy())


def overlap(found: Tensor, wanted: Tensor) -> float:
    """Intersection over union of two uint8 masks; 1 where both are empty."""
    a, b = found > 127, wanted > 255 * INK
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0
