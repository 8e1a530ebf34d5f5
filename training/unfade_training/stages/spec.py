"""What all kinds of stages have in common in a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import did_you_mean
from ..schedules import SCHEDULES


@dataclass(frozen=True)
class StageSpec:
    """``[[stage]]``: one stretch of training; the kinds of stages add options of their own.

    Attributes:
        kind: which stage it is; see :mod:`unfade_training.stages`.
        steps: the most optimizer steps.
        batch: patches of a step, over all processes together.
        patch: side of an input patch in pixels. Progressive resizing is several stages of rising ``patch``.
        lr: the highest learning rate.
        schedule: ``cosine`` | ``one_cycle`` | ``constant``.
        warmup: steps of linear warm-up (cosine and constant).
        betas: of Adam.
        weight_decay: decoupled (AdamW); 0 gives plain Adam.
        clip: largest gradient norm; 0 switches clipping off.
        micro_batch: patches that go through the network at once on each process, their gradients
            accumulated over the batch; 0 means all of them. Halved when memory runs out.
        validate_every: steps between validations.
        shares: of the recipe's degradations in this stage, in their order; empty for the recipe's own. What
            needs to be seen whole, like a watermark, is of no use in small patches.
        patience: the stage ends after so many validations in a row without a better score; 0 means never.
    """

    kind: str
    steps: int
    batch: int
    patch: int
    lr: float
    schedule: str = "cosine"
    warmup: int = 100
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip: float = 0.0
    micro_batch: int = 0
    validate_every: int = 1000
    patience: int = 0
    shares: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "patch", "validate_every"):
            at_least(name, getattr(self, name), 1)
        for name in ("warmup", "weight_decay", "clip", "micro_batch", "patience"):
            at_least(name, getattr(self, name), 0)
        above_zero("lr", self.lr)
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"there is no schedule {self.schedule!r}{did_you_mean(self.schedule, SCHEDULES)}"
            )
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas must be at least 0 and below 1, not {list(self.betas)}.")


@dataclass(frozen=True)
class GeneratorOptions(StageSpec):
    """A stage that trains the generator.

    Attributes:
        loss: name -> weight, or a table of ``weight`` and options; see :mod:`unfade_training.losses`.
        mask_weight: of the loss of the mask, where the network has one as a second output.
        teacher: a checkpoint whose pictures are the targets instead of the photographs (Hinton et al. 2015,
            arXiv:1503.02531): for a network that :mod:`unfade_training.pruning` has made smaller. It says
            what it knows better than the photographs do, of which only one of many outcomes is to be seen.
        ema: decay of the moving average of the weights, which is what is validated and exported.
        freeze: parts of the network, by their names in it, that stay as they are.
        freeze_encoder: whether a pretrained encoder stays as it is.
        hold_norms: whether batch norms keep their statistics: what runs from one beginning learn can then be
            averaged without taking them anew.
        drop_features: share of the encoder's feature maps that are left out at random, against learning a
            few photographs by heart (Tompson et al. 2015).
        encoder_lr: learning rate of the encoder's early half as a share of ``lr``; its late half gets the
            geometric mean of both (the lesson's discriminative learning rates).
    """

    loss: Mapping[str, object] = field(default_factory=lambda: {"l1": 1.0})
    mask_weight: float = 1.0
    teacher: str = ""
    ema: float = 0.999
    freeze: tuple[str, ...] = ()
    freeze_encoder: bool = False
    hold_norms: bool = False
    drop_features: float = 0.0
    encoder_lr: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        above_zero("mask_weight", self.mask_weight)
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema must be at least 0 and below 1, not {self.ema:g}.")
        if not 0 < self.encoder_lr <= 1:
            raise ValueError(f"encoder_lr must be above 0 and at most 1, not {self.encoder_lr:g}.")
        if not 0 <= self.drop_features < 1:
            raise ValueError(f"drop_features must be at least 0 and below 1, not {self.drop_features:g}.")


def at_least(name: str, value: float, least: float) -> None:
    """ValueError unless ``value >= least``."""
    if value < least:
        raise ValueError(f"{name} must be at least {least:g}, not {value:g}.")


def above_zero(name: str, value: float) -> None:
    """ValueError unless ``value > 0``."""
    if value <= 0:
        raise ValueError(f"{name} must be above 0, not {value:g}.")
