"""Which checkpoint is the best, and when more training is of no use: by a held-out score, not by eye."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOWER_IS_BETTER = frozenset({"lpips", "delta_e"})


class Judge:
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

    def look(self, scores: Mapping[str, float]) -> bool:
        """Take in a validation; whether it is the best of the run."""
        merit = -scores[self.score] if self.score in LOWER_IS_BETTER else scores[self.score]
        if merit > self.best_of_stage:
            self.best_of_stage, self.stale = merit, 0
        else:
            self.stale += 1
        better = merit > self.best
        self.best = max(self.best, merit)
        return better

    def gave_up(self, patience: int) -> bool:
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
