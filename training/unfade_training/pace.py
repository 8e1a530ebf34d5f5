"""How far a stage has come: counted in steps, or by the clock where a run has only so many minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from .stages.spec import StageSpec


class Pace(Protocol):
    """What a stage goes by.

    Attributes:
        steps: how many it takes, or None where nobody knows.
    """

    @property
    def steps(self) -> int | None: ...

    def progress(self, done: int) -> float:
        """The share that lies behind after ``done`` steps; the stage ends at 1."""

    def validates(self, done: int, progress: float) -> bool:
        """Whether a validation is due after ``done`` steps; to be asked once after each."""


class StepPace:
    """As many steps as the recipe says."""

    def __init__(self, spec: StageSpec) -> None:
        self.steps, self._every = spec.steps, spec.validate_every

    def progress(self, done: int) -> float:
        return done / self.steps

    def validates(self, done: int, progress: float) -> bool:  # noqa: ARG002
        return done % self._every == 0


class ClockPace:
    """As many steps as there is time for, one at least, with as many validations as the recipe's steps would
    bring.

    Args:
        spec: of the stage.
        seconds: there are.
        begun: what lies behind already when a run goes on.
        clock: in seconds.
    """

    steps = None

    def __init__(
        self,
        spec: StageSpec,
        seconds: float,
        begun: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._since, self._seconds, self._begun = clock, clock(), seconds, begun
        self._gap = spec.validate_every / spec.steps
        self._next = begun + self._gap
        self._first: int | None = None

    def progress(self, done: int) -> float:
        if self._first is None:
            self._first = done
        if done == self._first:
            return self._begun
        passed = (self._clock() - self._since) / self._seconds if self._seconds > 0 else 1.0
        return min(1.0, self._begun + (1 - self._begun) * passed)

    def validates(self, done: int, progress: float) -> bool:  # noqa: ARG002
        if progress < self._next:
            return False
        self._next = progress + self._gap
        return True


def pace_of(left: Sequence[StageSpec], until: float | None = None, begun: float = 0.0) -> Pace:
    """The pace of the first of the stages that are left.

    Args:
        left: those stages' options; time is shared in proportion to their steps.
        until: when ``time.monotonic()`` has to be over with all of them; None counts steps.
        begun: how much of the first lies behind already.
    """
    if until is None:
        return StepPace(left[0])
    shares = [left[0].steps * (1 - begun), *(spec.steps for spec in left[1:])]
    return ClockPace(left[0], max(0.0, until - time.monotonic()) * shares[0] / max(sum(shares), 1e-9), begun)
