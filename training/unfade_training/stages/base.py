"""A stage, and the loop that runs one: schedule, checkpoints, validation, early end, reports."""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from ..errors import TrainingError
from ..memory import PeakMemory
from .learner import Learner
from .spec import StageSpec

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..pace import Pace
    from ..recipe import Recipe
    from ..run import Run

LOG_EVERY = 50


class Stage(ABC):
    """One kind of stage. A recipe's stages are built before anything is decoded or trained, so that what is
    wrong with them is told at once.

    Attributes:
        spec_type: its options in a recipe.
        trains_critic: whether the run needs a critic.
        spec: the options.
        learners: the networks it trains; filled by :meth:`start`.
    """

    spec_type: ClassVar[type[StageSpec]] = StageSpec
    trains_critic: ClassVar[bool] = False

    def __init__(self, spec: StageSpec, recipe: Recipe, where: str) -> None:  # noqa: ARG002
        """Build losses and check options; TrainingError begins with ``where``."""
        self.spec: Any = spec
        self.learners: list[Learner] = []

    @abstractmethod
    def start(self, run: Run, resumed: Checkpoint | None) -> None:
        """Set up the learners, from a checkpoint in the middle of this stage if there is one."""

    @abstractmethod
    def step(self, batch: Any, step: int) -> Mapping[str, Tensor]:
        """One optimizer step; the scalars to log."""

    @property
    def judged(self) -> nn.Module | None:
        """The network to validate; None where the generator stands still."""
        return None

    def tensors(self) -> Mapping[str, Mapping[str, Tensor]]:
        """Parts of a checkpoint besides the networks and optimizers."""
        return {}

    def state(self) -> Mapping[str, float]:
        """Numbers that a resume needs."""
        return {}

    def restore(self, state: Mapping[str, float]) -> None:  # noqa: B027 - not every stage has a state
        """Take back what :meth:`state` gave."""

    def finished(self) -> bool:
        """Whether the aim is reached before the last step."""
        return False

    def finish(self) -> None:  # noqa: B027 - a stage may have nothing to tidy up
        """After the last step: leave the run's networks as the next stage wants them."""


def run_stage(run: Run, stage: Stage, resumed: Checkpoint | None, pace: Pace) -> int:
    """Train one stage to its end; the steps that were taken, those before a resume included."""
    spec: StageSpec = stage.spec
    memory = PeakMemory(run.fabric.device)
    stage.start(run, resumed)
    done = 0
    run.judge.start_stage()
    if resumed is not None:
        done = int(resumed.state["step"])
        run.judge.restore(resumed.state)
        stage.restore(resumed.state.get("stage_state", {}))

    def save() -> None:
        tensors: dict[str, Mapping[str, Tensor]] = {**run.tensors(), **stage.tensors()}
        state: dict[str, Any] = {"stage_state": dict(stage.state()), "progress": progress}
        for learner in stage.learners:
            tensors.update(learner.tensors())
            state.update(learner.state())
        run.save_last(tensors, done, state)

    def look() -> float:
        # Processes must end, validate and save together, so one of them looks at the clock.
        now = pace.progress(done)
        return now if pace.steps else float(run.fabric.broadcast(now))

    steps = pace.steps
    run.reporter.start_stage(f"{run.recipe.name}: {spec.kind}", steps, done)
    batches = run.batches(spec, done, steps or sys.maxsize)
    progress = look()
    while progress < 1 and not stage.finished() and not run.judge.gave_up(spec.patience):
        batch = next(batches)  # before the seed: a loader draws a random number when it begins
        # Dropout and random points are functions of the step, as patches are: a resume draws the same.
        torch.manual_seed(hash((run.recipe.seed, run.finished_stages, done, run.fabric.global_rank)))
        rates = [learner.set_rate(done, progress) for learner in stage.learners]
        terms = stage.step(batch, done)
        done += 1
        progress = look()
        validating = pace.validates(done, progress) or progress >= 1
        saving = validating or run.save_due()
        together = validating or done % LOG_EVERY == 0  # whether a save is due, each process knows for itself
        if together or saving:
            mean = stage.learners[0].mean if together else float
            _log(run, {name: mean(term) for name, term in terms.items()}, rates[0], done)
        run.reporter.advance()
        if validating and stage.judged is not None:
            run.validate(stage.judged, done, f"{spec.kind} {done}" + (f"/{steps}" if steps else ""))
        if saving:
            save()
    stage.finish()
    if progress < 1 or not steps:
        run.reporter.say(f"{spec.kind} ends after {done} " + (f"of {steps} steps" if steps else "steps"))
    peaks = memory.read()
    run.reporter.scalars(
        {f"memory/{name}": value for name, value in peaks.items()}, run.finished_steps + done
    )
    shown = ", ".join(f"{value:.0f} MB {name}" for name, value in peaks.items())
    run.reporter.say(f"{spec.kind}: peak memory {shown}")
    return done


def _log(run: Run, values: Mapping[str, float], rate: float, done: int) -> None:
    """Report the terms of a step.

    Raises:
        TrainingError: one of them is not finite; what comes of such a step must not be saved.
    """
    for name, value in values.items():
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss {name!r} is not finite any more at step {done}: lower the learning rate or clip "
                "gradients. The last checkpoint is kept."
            )
    total = run.finished_steps + done
    run.reporter.scalars({**{f"train/{n}": v for n, v in values.items()}, "train/lr": rate}, total)
    run.reporter.detail(", ".join(f"{name} {value:.4f}" for name, value in list(values.items())[:3]))
