"""Losses by their recipe names, and weighted sums of them whose terms can be logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..errors import TrainingError, did_you_mean
from ..table import from_table
from .adversarial import Adaptive, CrossEntropy, Hinge, Objective, RelativisticAverage, Wasserstein
from .base import PictureLoss
from .chroma import ChromaLoss
from .delta_e import DeltaE
from .feature import FeatureLoss
from .frequency import Frequency
from .lpips import LpipsLoss
from .pixel import L1, L2, Charbonnier, Psnr
from .variation import TotalVariation
from .weave import Weave

LOSSES: dict[str, type[PictureLoss]] = {
    "l1": L1,
    "l2": L2,
    "charbonnier": Charbonnier,
    "chroma": ChromaLoss,
    "delta_e": DeltaE,
    "feature": FeatureLoss,
    "frequency": Frequency,
    "lpips": LpipsLoss,
    "psnr": Psnr,
    "tv": TotalVariation,
    "weave": Weave,
}

OBJECTIVES: dict[str, type[Objective]] = {
    "bce": CrossEntropy,
    "adaptive": Adaptive,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
    "relativistic": RelativisticAverage,
}


class LossValue(NamedTuple):
    """A loss and what it is made of.

    Attributes:
        total: float32 scalar to call ``backward()`` on.
        terms: name (``l1``, ``feature/gram_1``) -> detached scalar, weights applied; they sum to ``total``.
    """

    total: Tensor
    terms: dict[str, Tensor]


class WeightedLoss(nn.Module):
    """``sum_k weight_k * loss_k(output, target)``."""

    def __init__(self, losses: Mapping[str, PictureLoss], weights: Mapping[str, float]) -> None:
        super().__init__()
        self.losses = nn.ModuleDict(losses)
        self.weights = dict(weights)

    def forward(
        self, output: Tensor, target: Tensor, rgb: Callable[[Tensor], Tensor] = lambda picture: picture
    ) -> LossValue:
        """``[N, C, H, W]`` twice -> :class:`LossValue`; ``rgb`` turns them into ``[N, 3, H, W]`` sRGB for the
        losses that want that, where they are not."""
        terms: dict[str, Tensor] = {}
        coded, seen = (output, target), (output, target)
        if any(loss.of_rgb for loss in self.losses.values()):
            seen = rgb(output), rgb(target)
        for name, loss in self.losses.items():
            assert isinstance(loss, PictureLoss)
            for part, value in loss.terms(*(seen if loss.of_rgb else coded)).items():
                terms[f"{name}/{part}" if part else name] = self.weights[name] * value
        total = torch.stack(list(terms.values())).sum()
        return LossValue(total, {name: value.detach() for name, value in terms.items()})


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
        if name not in LOSSES:
            raise TrainingError(f"{where}: there is no loss {name!r}{did_you_mean(name, LOSSES)}")
        options = dict(entry) if isinstance(entry, Mapping) else {"weight": entry}
        weight = options.pop("weight", 1.0)
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or weight <= 0:
            raise TrainingError(f"{where}.{name}: the weight must be a number above 0, not {weight!r}.")
        weights[name] = float(weight)
        losses[name] = from_table(LOSSES[name], options, f"{where}.{name}")
    return WeightedLoss(losses, weights)


def build_objective(spec: Mapping[str, object] | str, where: str = "gan") -> Objective:
    """The adversarial objective: its name, or a table of ``kind`` and its options; see :data:`OBJECTIVES`.

    Raises:
        TrainingError: an unknown name ("did you mean") or a senseless option.
    """
    options = {"kind": spec} if isinstance(spec, str) else dict(spec)
    kind = options.pop("kind", "adaptive")
    if not isinstance(kind, str) or kind not in OBJECTIVES:
        raise TrainingError(f"{where}: there is no objective {kind!r}{did_you_mean(str(kind), OBJECTIVES)}")
    return from_table(OBJECTIVES[kind], options, where)
