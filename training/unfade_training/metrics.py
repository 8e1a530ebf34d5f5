"""Held-out photographs, degraded once; the generator's scores on them; and what follows from those: which
checkpoint is the best, and when more training is of no use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .colour import CHROMA, delta_e_2000, rgb_to_lab
from .colour_transform import Chroma, ColourTransform, Rgb, Tones
from .data import Pixels, to_unit
from .data import colourfulness as colourfulness_of_pixels
from .data.patches import chw_pair
from .data.photos import Photo
from .degradations import Degradation
from .losses import INK, LossValue, Tally, WeightedLoss

Metric: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Distance of pictures, ``[N, 3, H, W]`` in [0, 1] twice -> ``[N]``."""

LOWER_IS_BETTER = frozenset({"lpips", "delta_e", "delta_e_2000"})


class Pair(NamedTuple):
    """A held-out photograph: CHW uint8, the target ``scale`` times larger, the mask as in training."""

    name: str
    degraded: Tensor
    target: Tensor
    mask: Tensor | None = None


def validation_pairs(
    store: Pixels, photos: Sequence[Photo], degradation: Degradation, side: int = 384
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
    network: nn.Module, degraded: Tensor, transform: ColourTransform, device: torch.device | str = "cpu"
) -> Tensor:
    """CHW uint8 -> CHW uint8, RGB and what else the network gives: edge-pads to the network's size multiple,
    runs in float32, cuts and rounds."""
    multiple = int(getattr(network, "size_multiple", 1))
    height, width = degraded.shape[-2:]
    x = F.pad(
        transform.inputs(to_unit(degraded[None].to(device))),
        (0, -width % multiple, 0, -height % multiple),
        mode="replicate",
    )
    y = transform.picture(network(x), x)
    scale = y.shape[-1] // x.shape[-1]
    y = y[0, :, : height * scale, : width * scale]
    result: Tensor = y.float().clamp(0, 1).mul(255).round().to(torch.uint8).cpu()
    return result


def validate(
    restored: Sequence[Tensor],
    pairs: Sequence[Pair],
    scale: int,
    transform: ColourTransform,
    lpips: Metric | None = None,
) -> dict[str, float]:
    """Mean scores of what :func:`restore` made of the pairs: those of :func:`scores_of`; ``lpips`` where the
    metric is given; those of :func:`mask_scores`, where the network gives masks."""
    rows: dict[str, list[float]] = {}
    for made, pair in zip(restored, pairs, strict=True):
        result, mask = made[:3], made[3:4]
        for name, value in scores_of(result, pair.target, scale, transform).items():
            rows.setdefault(name, []).append(value)
        if lpips is not None:
            with torch.inference_mode():
                distance = lpips(to_unit(result[None]), to_unit(pair.target[None]))
            rows.setdefault("lpips", []).append(float(distance))
        if len(mask) and pair.mask is not None:
            for name, value in mask_scores(mask, pair.mask).items():
                rows.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in rows.items()}


@torch.inference_mode()
def held_out_loss(
    restored: Sequence[Tensor],
    pairs: Sequence[Pair],
    loss: WeightedLoss,
    transform: ColourTransform,
    device: torch.device | str,
) -> dict[str, float]:
    """The loss of training on what :func:`restore` made of the pairs: ``loss`` and its terms as
    ``loss/NAME``, means over the pairs.

    Empty where the task is not made of RGB, whose losses compare what no finished picture holds.
    """
    if not isinstance(transform, Rgb):
        return {}
    tally = Tally()
    for made, pair in zip(restored, pairs, strict=True):
        result, target = (to_unit(picture[None].to(device)) for picture in (made[:3], pair.target))
        value: LossValue = loss(result, target)
        tally.add({"loss": value.total, **{f"loss/{name}": term for name, term in value.terms.items()}})
    return tally.take(float)


def scores_of(result: Tensor, target: Tensor, scale: int, transform: ColourTransform) -> Mapping[str, float]:
    """What a finished picture is scored by, both CHW uint8 RGB: of colour where only chroma was made, else
    the papers' PSNR, at scales above 1 without ``scale`` pixels of every border; both where tones were."""
    if isinstance(transform, Chroma):
        return {"delta_e": delta_e(result, target), "colourfulness": colourfulness(result)}
    psnr = {"psnr_y": psnr_y(result, target, scale if scale > 1 else 0)}
    if not isinstance(transform, Tones):
        return psnr
    return {**psnr, "delta_e_2000": ciede2000(result, target)}


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


def ciede2000(result: Tensor, target: Tensor) -> float:
    """Mean CIEDE2000 colour difference of two CHW uint8 RGB pictures."""
    return float(delta_e_2000(*(rgb_to_lab(picture[None] / 255) for picture in (result, target))).mean())


def colourfulness(picture: Tensor) -> float:
    """Of a CHW uint8 RGB picture: see :func:`unfade_training.data.colourfulness`."""
    return colourfulness_of_pixels(picture.permute(1, 2, 0).numpy())


def mask_scores(found: Tensor, wanted: Tensor) -> dict[str, float]:
    """How two uint8 masks agree, 0 to 1. What the loss of masks does not judge counts in nothing.

    ``mask_iou``, intersection over union, and ``mask_recall`` where something was drawn; ``mask_precision``
    where something was found there; ``mask_false``, the share of pixels, where nothing was drawn: its
    intersection over union would be 1 of a network that finds nothing.
    """
    drawn = wanted > 255 * INK
    marked = (found > 127) & ((wanted == 0) | drawn)
    if not drawn.any():
        return {"mask_false": float(marked.float().mean())}
    both = int((marked & drawn).sum())
    scores = {"mask_iou": both / int((marked | drawn).sum()), "mask_recall": both / int(drawn.sum())}
    return {**scores, "mask_precision": both / int(marked.sum())} if marked.any() else scores


class EarlyStopping:
    """Remembers the best score of the run and of the stage.

    Attributes:
        score: which of the scores counts.
        best: of the run so far, as a merit: higher is better whatever the score.
        best_of_stage: the same for the present stage.
        stale: validations since then.
    """

    def __init__(self, score: str) -> None:
        self.score = score
        self.best = self.best_of_stage = float("-inf")
        self.stale = 0

    def start_stage(self) -> None:
        """A new stage may begin worse than the last one ended, and gets its own patience."""
        self.best_of_stage, self.stale = float("-inf"), 0

    def update(self, scores: Mapping[str, float]) -> bool:
        """Take in a validation; whether it is the best of the run."""
        merit = -scores[self.score] if self.score in LOWER_IS_BETTER else scores[self.score]
        if merit > self.best_of_stage:
            self.best_of_stage, self.stale = merit, 0
        else:
            self.stale += 1
        better = merit > self.best
        self.best = max(self.best, merit)
        return better

    def should_stop(self, patience: int) -> bool:
        """Whether the last ``patience`` validations have brought nothing; 0 is endless patience."""
        return 0 < patience <= self.stale

    def state(self) -> dict[str, float]:
        """For a checkpoint."""
        return {"best": self.best, "best_of_stage": self.best_of_stage, "stale": self.stale}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` gave."""
        self.best = float(state["best"])
        self.best_of_stage = float(state.get("best_of_stage", self.best))
        self.stale = int(state.get("stale", 0))
