"""The adversarial stage: generator and critic take turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..data import Batch
from ..losses import LossValue, build_objective, critic_accuracy
from .base import Stage
from .content import Content, GeneratorLearner
from .learner import Learner
from .spec import GeneratorOptions, above_zero, at_least

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..recipe import Recipe
    from ..run import Run


@dataclass(frozen=True)
class GanOptions(GeneratorOptions):
    """Options of a ``gan`` stage. A step trains either the generator or the critic.

    Attributes:
        objective: the game, a name or a table of ``kind`` and options: ``adaptive`` (the lesson's), ``bce``,
            ``hinge``, ``wasserstein``, ``relativistic``.
        adversarial_weight: of the generator's part of the game, beside its ``loss``.
        critic_lr: the critic's highest learning rate; ``lr`` where 0.
        critic_threshold: the lesson's adaptive switch: after each step of the generator the critic trains
            until its loss is below this.
        critic_steps: a fixed ratio instead: so many steps of the critic for each of the generator; 0 means
            the adaptive switch.
        longest_turn: the critic's turn ends after so many steps even if its loss stays above the threshold,
            as it does when the generator is hard to tell from the truth.
    """

    objective: str | Mapping[str, object] = "adaptive"
    adversarial_weight: float = 0.02
    critic_lr: float = 0.0
    critic_threshold: float = 0.65
    critic_steps: int = 0
    longest_turn: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("adversarial_weight", "critic_threshold"):
            above_zero(name, getattr(self, name))
        for name in ("critic_lr", "critic_steps"):
            at_least(name, getattr(self, name), 0)
        at_least("longest_turn", self.longest_turn, 1)
        if self.teacher:
            raise ValueError("teacher is for the kind generator: a critic's opponent learns from the truth.")


class GanStage(Stage):
    """Adversarial training of a generator and a critic that have both been trained alone before."""

    spec_type = GanOptions
    trains_critic = True
    spec: GanOptions

    def __init__(self, spec: GanOptions, recipe: Recipe, where: str) -> None:
        super().__init__(spec, recipe, where)
        self.content = Content(spec, where)
        self.objective = build_objective(spec.objective, f"{where}, objective")
        self.turn = Turn(spec)
        self.generator_steps = 0
        self._terms: dict[str, Tensor] = {}  # the latest of both sides

    def start(self, run: Run, resumed: Checkpoint | None) -> None:
        self.fabric, self.coding = run.fabric, run.coding
        self.content.to(run.fabric.device)
        self.generator = GeneratorLearner(run, self.spec, resumed)
        critic = run.require_critic().train()
        self.critic = Learner(
            run.fabric,
            critic,
            self.spec,
            prefix="critic_",
            lr=self.spec.critic_lr or self.spec.lr,
            resumed=resumed,
        )
        self._trained = [weight for weight in critic.parameters() if weight.requires_grad]
        self.learners = [self.generator, self.critic]

    def step(self, batch: Batch, step: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        if self.turn.of_critic:
            terms = self.critic.learn(batch, self._critic_loss)
            self.objective.after_critic_step(self.critic.network)
            # All processes must take the same turns, so they look at the same loss.
            self.turn.critic_moved(self.critic.mean(terms["critic/loss"]))
        else:
            self._freeze_critic(True)
            terms = self.generator.learn(batch, self._generator_loss)
            self._freeze_critic(False)
            self.generator.ema.update(self.generator_steps)
            self.generator_steps += 1
            self.turn.generator_moved()
        self._terms = {**self._terms, **terms}
        return self._terms

    def _critic_loss(self, batch: Batch) -> LossValue:
        real = batch.target
        with torch.no_grad(), self.fabric.autocast():
            fake = self.coding.fake(self.generator.network(batch.picture), real)
        # One pass for both kinds: spectral norm takes one step of its power iteration a pass.
        of_real, of_fake = self.critic.forward(torch.cat([real, fake])).chunk(2)
        total = self.objective.critic(of_real, of_fake)
        terms = {"critic/loss": total.detach(), "critic/accuracy": critic_accuracy(of_real, of_fake)}
        penalty = self.objective.penalty(self.critic.network, real, fake)
        if penalty is not None:
            total = total + penalty
            terms["critic/penalty"] = penalty.detach()
        return LossValue(total, terms)

    def _generator_loss(self, batch: Batch) -> LossValue:
        output = self.generator.generate(batch)
        value: LossValue = self.content(output, batch, self.coding)
        fake = output[:, : batch.target.shape[1]]
        with self.fabric.autocast():
            of_fake = self.critic.network(fake)
            of_real = self.critic.network(batch.target) if self.objective.relativistic else None
        game = self.spec.adversarial_weight * self.objective.generator(of_fake, of_real)
        return LossValue(value.total + game, {**value.terms, "adversarial": game.detach()})

    def _freeze_critic(self, frozen: bool) -> None:
        """While the generator learns, the critic judges without dropout and gathers no gradients."""
        self.critic.network.train(not frozen)
        for weight in self._trained:
            weight.requires_grad_(not frozen)

    @property
    def judged(self) -> nn.Module:
        return self.generator.ema.module

    def finish(self) -> None:
        self.generator.adopt_average()

    def state(self) -> Mapping[str, float]:
        return {**self.turn.state(), "generator_steps": self.generator_steps}

    def restore(self, state: Mapping[str, float]) -> None:
        self.turn.restore(state)
        self.generator_steps = int(state["generator_steps"])


class Turn:
    """Whose step is next.

    fast.ai's ``AdaptiveGANSwitcher`` (course v3, lesson 7), or a fixed ratio.

    Attributes:
        of_critic: whether it is the critic's.
    """

    def __init__(self, spec: GanOptions) -> None:
        self._spec = spec
        self.of_critic = True
        self._moves = 0

    def critic_moved(self, loss: float) -> None:
        """The critic has taken a step with this loss."""
        self._moves += 1
        wanted, spec = self._spec.critic_steps, self._spec
        if wanted:
            over = self._moves >= wanted
        else:
            over = loss < spec.critic_threshold or self._moves >= spec.longest_turn
        if over:
            self.of_critic = False

    def generator_moved(self) -> None:
        """The generator has taken a step: the critic's turn again."""
        self.of_critic, self._moves = True, 0

    def state(self) -> dict[str, float]:
        """For a checkpoint."""
        return {"of_critic": float(self.of_critic), "moves": self._moves}

    def restore(self, state: Mapping[str, float]) -> None:
        """Take back what :meth:`state` gave."""
        self.of_critic, self._moves = bool(state["of_critic"]), int(state["moves"])
