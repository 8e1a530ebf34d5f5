"""Generator training against a target: the first stage of every recipe, and the only one of the faithful
ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..data import Batch
from ..losses import LossValue
from .base import Stage
from .content import Content, GeneratorLearner
from .spec import GeneratorOptions
from .teacher import Teacher

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..recipe import Recipe
    from ..run import Run


class GeneratorStage(Stage):
    """Minimises the stage's loss between the generator's output and the target, or what a teacher makes."""

    spec_type = GeneratorOptions
    spec: GeneratorOptions

    def __init__(self, spec: GeneratorOptions, recipe: Recipe, where: str) -> None:
        super().__init__(spec, recipe, where)
        self.content = Content(spec, where)

    def start(self, run: Run, resumed: Checkpoint | None) -> None:
        self.content.to(run.fabric.device)
        self.coding = run.coding
        self.teacher = Teacher(Path(self.spec.teacher), run) if self.spec.teacher else None
        self.generator = GeneratorLearner(run, self.spec, resumed)
        self.learners = [self.generator]

    def step(self, batch: Batch, step: int) -> Mapping[str, Tensor]:
        terms = self.generator.learn(batch, self._loss)
        self.generator.ema.update(step)
        return terms

    def _loss(self, batch: Batch) -> LossValue:
        if self.teacher is not None:
            batch = self.teacher.taught(batch)
        value: LossValue = self.content(self.generator.generate(batch), batch, self.coding)
        return value

    @property
    def judged(self) -> nn.Module:
        return self.generator.ema.module

    def finish(self) -> None:
        self.generator.adopt_average()
