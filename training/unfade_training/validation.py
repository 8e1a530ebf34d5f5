"""Held-out photographs, degraded once, and the scores of the generator on them.

PSNR follows the super-resolution papers: BT.601 luma in 16..235, ``scale`` pixels cut from every border.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .data.patches import to_unit
from .data.photos import Photo, PhotoStore
from .degradations import Degradation


@dataclass(frozen=True)
class Pair:
    """A degraded picture and its truth: CHW uint8, the target ``scale`` times larger."""

    name: str
    degraded: Tensor
    target: Tensor


def validation_pairs(
    store: PhotoStore, photos: Sequence[Photo], degradation: Degradation, side: int = 384
) -> list[Pair]:
    """The middle of each photograph, at most ``side`` target pixels square, degraded with a seed from
    its name."""
    pairs = []
    for photo in photos:
        margin = degradation.margin
        step = 8 * degradation.scale
        height, width = (min(side, (n - 2 * margin) // step * step) for n in (photo.height, photo.width))
        if min(height, width) <= 0:
            continue
        top, left = (photo.height - height) // 2 - margin, (photo.width - width) // 2 - margin
        pixels = store.pixels(photo)[top : top + height + 2 * margin, left : left + width + 2 * margin]
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(photo.name.encode()).digest()[:8], "big"))
        crop = np.ascontiguousarray(pixels)
        pair = degradation.apply(crop, rng)
        pairs.append(
            Pair(
                photo.name,
                torch.from_numpy(np.ascontiguousarray(pair.picture.transpose(2, 0, 1))),
                torch.from_numpy(np.ascontiguousarray(pair.target.transpose(2, 0, 1))),
            )
        )
    return pairs


@torch.inference_mode()
def restore(network: nn.Module, degraded: Tensor, device: torch.device | str = "cpu") -> Tensor:
    """CHW uint8 -> CHW uint8: edge-pads to the network's size multiple, runs in float32, cuts and rounds."""
    multiple = int(getattr(network, "size_multiple", 1))
    height, width = degraded.shape[-2:]
    x = F.pad(
        to_unit(degraded[None].to(device)), (0, -width % multiple, 0, -height % multiple), mode="replicate"
    )
    y = network(x)
    scale = y.shape[-1] // x.shape[-1]
    y = y[0, :, : height * scale, : width * scale]
    result: Tensor = y.float().clamp(0, 1).mul(255).round().to(torch.uint8).cpu()
    return result


def luma(rgb: Tensor) -> Tensor:
    """CHW RGB in 0..255 -> HW float64 BT.601 luma in 16..235, as MATLAB's ``rgb2ycbcr``."""
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64)
    return 16 + torch.einsum("chw,c->hw", rgb.double(), weights) / 255


def psnr_y(result: Tensor, target: Tensor, border: int) -> float:
    """PSNR of the luma in dB of two CHW uint8 RGB pictures, ``border`` pixels cut."""
    difference = luma(result) - luma(target)
    if border:
        difference = difference[border:-border, border:-border]
    return float(10 * torch.log10(255**2 / difference.square().mean().clamp(min=1e-10)))


def validate(
    network: nn.Module, pairs: Sequence[Pair], scale: int, device: torch.device | str
) -> dict[str, float]:
    """Mean scores over the pairs: ``psnr_y`` in dB."""
    scores = [psnr_y(restore(network, p.degraded, device), p.target, scale) for p in pairs]
    return {"psnr_y": sum(scores) / len(scores)}
