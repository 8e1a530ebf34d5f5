"""Critic pre-training: real photographs against what the generator makes, the lesson's second stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..data import Batch
from ..losses import AdaptiveLoss, LossValue, critic_accuracy
from .base import Stage
from .learner import Learner
from .spec import StageSpec

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..recipe import Recipe
    from ..run import Run

MEMORY = 0.95  # of the average that ``accuracy`` is compared with: about the last 20 steps


@dataclass(frozen=True)
class CriticOptions(StageSpec):
    """Options of a ``critic`` stage.

    Attributes:
        accuracy: the stage ends when the critic's share of right verdicts, averaged over about 20 steps, has
            reached this; 0 means never.
    """

    accuracy: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.accuracy < 1:
            raise ValueError(f"accuracy must be at least 0 and below 1, not {self.accuracy:g}.")


class CriticStage(Stage):
    """Trains the critic as a classifier (:class:`AdaptiveLoss`); the generator stands still.

    The generator's pictures are made anew for each step, which costs a third of a step of its own training
    and gives the critic more to see than a folder of them made beforehand.
    """

    spec_type = CriticOptions
    trains_critic = True
    spec: CriticOptions

    def __init__(self, spec: CriticOptions, recipe: Recipe, where: str) -> None:
        super().__init__(spec, recipe, where)
        self.loss = AdaptiveLoss()
        self.accuracy = 0.0

    def start(self, run: Run, resumed: Checkpoint | None) -> None:
        self.fabric, self.coding, self.maker = run.fabric, run.coding, run.generator.eval()
        critic = run.require_critic()
        self.critic = Learner(run.fabric, critic.train(), self.spec, prefix="critic_", resumed=resumed)
        self.learners = [self.critic]

    def step(self, batch: Batch, step: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        terms = self.critic.learn(batch, self._loss)
        now = self.critic.mean(terms["critic/accuracy"])
        self.accuracy = MEMORY * self.accuracy + (1 - MEMORY) * now
        return terms

    def _loss(self, batch: Batch) -> LossValue:
        real = batch.target
        with torch.no_grad(), self.fabric.autocast():
            fake = self.coding.fake(self.maker(batch.picture), real)
        # One pass for both kinds: spectral norm takes one step of its power iteration a pass.
        logits = self.critic.forward(torch.cat([real, fake]))
        truth = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))]).to(logits.device)
        total: Tensor = self.loss(logits, truth)
        accuracy = critic_accuracy(logits[: len(real)], logits[len(real) :])
        return LossValue(total, {"critic/loss": total.detach(), "critic/accuracy": accuracy})

    def finished(self) -> bool:
        return 0 < self.spec.accuracy <= self.accuracy

    def state(self) -> Mapping[str, float]:
        return {"accuracy": self.accuracy}

    def restore(self, state: Mapping[str, float]) -> None:
        self.accuracy = state["accuracy"]
