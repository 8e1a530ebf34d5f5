"""Losses between pictures, GAN objectives and the perceptual score LPIPS, by the names recipes give them."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import TrainingError
from ..registry import Registry, from_table
from .adversarial import (
    Adaptive,
    AdaptiveLoss,
    CrossEntropy,
    Hinge,
    Objective,
    RelativisticAverage,
    Wasserstein,
    critic_accuracy,
    gradient_penalty,
)
from .base import (
    INK,
    L1,
    L2,
    Charbonnier,
    Checkerboard,
    ChromaLoss,
    DeltaE,
    Frequency,
    LossValue,
    PictureLoss,
    Psnr,
    Tally,
    TotalVariation,
    WeightedLoss,
    content_loss,
    mask_terms,
)
from .perceptual import FeatureLoss, Lpips, LpipsLoss, LpipsOnnx, StyleLoss, gram_matrix, open_lpips

__all__ = [
    "INK",
    "LOSSES",
    "OBJECTIVES",
    "AdaptiveLoss",
    "Checkerboard",
    "FeatureLoss",
    "LossValue",
    "Lpips",
    "LpipsOnnx",
    "Objective",
    "PictureLoss",
    "Tally",
    "WeightedLoss",
    "build_loss",
    "build_objective",
    "content_loss",
    "critic_accuracy",
    "gradient_penalty",
    "gram_matrix",
    "mask_terms",
    "open_lpips",
]

LOSSES: Registry[type[PictureLoss]] = Registry(
    "loss",
    {
        "l1": L1,
        "l2": L2,
        "charbonnier": Charbonnier,
        "checkerboard": Checkerboard,
        "chroma": ChromaLoss,
        "delta_e": DeltaE,
        "feature": FeatureLoss,
        "frequency": Frequency,
        "lpips": LpipsLoss,
        "psnr": Psnr,
        "style": StyleLoss,
        "tv": TotalVariation,
    },
    aliases={"weave": "checkerboard"},
)

OBJECTIVES: Registry[type[Objective]] = Registry(
    "objective",
    {
        "bce": CrossEntropy,
        "adaptive": Adaptive,
        "hinge": Hinge,
        "wasserstein": Wasserstein,
        "relativistic": RelativisticAverage,
    },
)


def build_loss(spec: Mapping[str, object], where: str = "loss") -> WeightedLoss:
    """The loss of a recipe's table: name -> weight, or name -> ``weight`` (default 1) and options.

    For instance ``{"l1": 1.0, "feature": {"weight": 0.1, "backbone": "squeezenet", "gram": 0.0}}``; see
    :data:`LOSSES`.

    Raises:
        TrainingError: an unknown name ("did you mean"), a senseless option, weights that cannot be loaded,
            or no loss at all.
    """
    if not spec:
        raise TrainingError(f"{where}: name at least one loss of {', '.join(LOSSES)}.")
    losses, weights = {}, {}
    for name, entry in spec.items():
        loss = LOSSES.find(name, where)
        options = dict(entry) if isinstance(entry, Mapping) else {"weight": entry}
        weight = options.pop("weight", 1.0)
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or weight <= 0:
            raise TrainingError(f"{where}.{name}: the weight must be a number above 0, not {weight!r}.")
        weights[name] = float(weight)
        losses[name] = from_table(loss, options, f"{where}.{name}")
    return WeightedLoss(losses, weights)


def build_objective(spec: Mapping[str, object] | str, where: str = "gan") -> Objective:
    """The GAN objective: its name, or a table of ``kind`` and its options; see :data:`OBJECTIVES`.

    Raises:
        TrainingError: an unknown name ("did you mean") or a senseless option.
    """
    options = {"kind": spec} if isinstance(spec, str) else dict(spec)
    objective = OBJECTIVES.find(options.pop("kind", "adaptive"), where)
    return from_table(objective, options, where)
