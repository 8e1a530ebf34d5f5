"""Held-out photographs, degraded once, and the scores of the generator on them.

PSNR follows the papers: BT.601 luma in 16..235, and at scales above 1 ``scale`` pixels cut from every border.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .data import PhotoStore, to_unit
from .data.patches import chw_pair
from .data.photos import Photo
from .degradations import Degradation
from .losses import INK

Metric: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Distance of pictures, ``[N, 3, H, W]`` in [0, 1] twice -> ``[N]``."""


class Pair(NamedTuple):
    """A held-out photograph: CHW uint8, the target ``scale`` times larger, the mask as in training."""

    name: str
    degraded: Tensor
    target: Tensor
    mask: Tensor | None = None


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
        pairs.append(Pair(photo.name, *chw_pair(degradation.apply(crop, rng))))
    return pairs


@torch.inference_mode()
def restore(network: nn.Module, degraded: Tensor, device: torch.device | str = "cpu") -> Tensor:
    """CHW uint8 -> CHW uint8, all channels the network gives: edge-pads to the network's size multiple, runs
    in float32, cuts and rounds."""
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


def overlap(found: Tensor, wanted: Tensor) -> float:
    """Intersection over union of two uint8 masks; 1 where both are empty."""
    a, b = found > 127, wanted > 255 * INK
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def validate(
    network: nn.Module,
    pairs: Sequence[Pair],
    scale: int,
    device: torch.device | str,
    lpips: Metric | None = None,
) -> dict[str, float]:
    """Mean scores over the pairs: ``psnr_y`` in dB; ``lpips`` where the metric is given; ``mask_iou`` where
    there are masks."""
    rows: dict[str, list[float]] = {}
    for pair in pairs:
        made = restore(network, pair.degraded, device)
        result, mask = made[:3], made[3:]
        rows.setdefault("psnr_y", []).append(psnr_y(result, pair.target, scale if scale > 1 else 0))
        if lpips is not None:
            with torch.inference_mode():
                distance = lpips(to_unit(result[None]), to_unit(pair.target[None]))
            rows.setdefault("lpips", []).append(float(distance))
        if len(mask) and pair.mask is not None:
            rows.setdefault("mask_iou", []).append(overlap(mask, pair.mask))
    return {name: sum(values) / len(values) for name, values in rows.items()}
