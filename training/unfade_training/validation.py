"""Held-out photographs, degraded once, and the scores of the generator on them.

At scales above 1 ``scale`` pixels of every border are not scored, as in the papers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .coding import Coding
from .data import PhotoStore, to_unit
from .data.patches import chw_pair
from .data.photos import Photo
from .degradations import Degradation
from .scores import overlap

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
def restore(
    network: nn.Module, degraded: Tensor, coding: Coding, device: torch.device | str = "cpu"
) -> Tensor:
    """CHW uint8 -> CHW uint8, RGB and what else the network gives: edge-pads to the network's size multiple,
    runs in float32, cuts and rounds."""
    multiple = int(getattr(network, "size_multiple", 1))
    height, width = degraded.shape[-2:]
    x = F.pad(
        coding.inputs(to_unit(degraded[None].to(device))),
        (0, -width % multiple, 0, -height % multiple),
        mode="replicate",
    )
    y = coding.picture(network(x), x)
    scale = y.shape[-1] // x.shape[-1]
    y = y[0, :, : height * scale, : width * scale]
    result: Tensor = y.float().clamp(0, 1).mul(255).round().to(torch.uint8).cpu()
    return result


def validate(
    network: nn.Module,
    pairs: Sequence[Pair],
    scale: int,
    coding: Coding,
    device: torch.device | str,
    lpips: Metric | None = None,
) -> dict[str, float]:
    """Mean scores over the pairs: the coding's own; ``lpips`` where the metric is given; ``mask_iou`` of
    the pictures on which something was drawn, where the network gives masks: the others, with nothing to be
    found, would say 1 of a network that finds nothing."""
    rows: dict[str, list[float]] = {}
    for pair in pairs:
        made = restore(network, pair.degraded, coding, device)
        result, mask = made[:3], made[3:]
        for name, value in coding.scores(result, pair.target, scale if scale > 1 else 0).items():
            rows.setdefault(name, []).append(value)
        if lpips is not None:
            with torch.inference_mode():
                distance = lpips(to_unit(result[None]), to_unit(pair.target[None]))
            rows.setdefault("lpips", []).append(float(distance))
        if len(mask) and pair.mask is not None and pair.mask.any():
            rows.setdefault("mask_iou", []).append(overlap(mask, pair.mask))
    return {name: sum(values) / len(values) for name, values in rows.items()}
