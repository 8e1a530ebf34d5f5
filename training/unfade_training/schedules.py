"""What changes while a stage goes on: how far it has come, its learning rate, whose step is next, and whether
somebody wants it to end.

A stage goes by steps, or by the clock where a run has only so many minutes. Learning rates are pure functions
of the step: nothing to save, nothing to restore.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from .config import GanConfig, StageConfig
from .errors import TrainingError


def cosine(progress: float) -> float:
    """From 1 to 0 along half a cosine (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def one_cycle(progress: float, rise: float = 0.3, start: float = 1 / 25) -> float:
    """fast.ai's one cycle: a cosine rise from ``start`` to 1 over ``rise`` of the time, then a cosine fall
    to 0.

    Smith & Topin 2018, arXiv:1708.07120.
    """
    if progress < rise:
        return start + (1 - start) * (1 - cosine(progress / rise))
    return cosine((progress - rise) / (1 - rise))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda _: 1.0,
    "cosine": cosine,
    "one_cycle": one_cycle,
}


def rate_at(step: int, steps: int, lr: float, schedule: str, warmup: int = 0) -> float:
    """The learning rate of ``step`` (from 0) of ``steps``; ``one_cycle`` brings its own warm-up.

    Raises:
        TrainingError: the schedule is unknown.
    """
    if schedule not in SCHEDULES:
        raise TrainingError(f"Unknown schedule {schedule!r}; known are {', '.join(sorted(SCHEDULES))}.")
    return rate_of(step / max(steps, 1), step, lr, schedule, warmup)


def rate_of(progress: float, step: int, lr: float, schedule: str, warmup: int = 0) -> float:
    """The learning rate of ``step`` where ``progress`` in [0, 1] says how much lies behind; ``warmup`` is in
    steps."""
    rate = lr * SCHEDULES[schedule](progress)
    if schedule != "one_cycle" and step < warmup:
        rate *= (step + 1) / warmup
    return rate


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

    def validated(self, seconds: float) -> None:
        """One has been made, and took so long."""


class StepPace:
    """As many steps as the recipe says."""

    def __init__(self, config: StageConfig) -> None:
        self.steps, self._every = config.steps, config.validate_every

    def progress(self, done: int) -> float:
        return done / self.steps

    def validates(self, done: int, progress: float) -> bool:  # noqa: ARG002
        return done % self._every == 0

    def validated(self, seconds: float) -> None:
        """No matter: validations come by the steps, so that a run can be repeated."""


MOST_VALIDATING = 0.1
"""Of a stage's time under the clock."""


class ClockPace:
    """As many steps as there is time for, one at least, with as many validations as the recipe's steps would
    bring, but not more than take :data:`MOST_VALIDATING` of the time.

    Args:
        config: of the stage.
        seconds: there are.
        begun: what lies behind already when a run goes on.
        validation: seconds that one is known to take; 0 where none was made yet.
        clock: in seconds.
    """

    steps = None

    def __init__(
        self,
        config: StageConfig,
        seconds: float,
        begun: float = 0.0,
        validation: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._since, self._seconds, self._begun = clock, clock(), seconds, begun
        self._gap = config.validate_every / config.steps
        self._last = begun  # progress at the last validation
        self._first: int | None = None
        self.validated(validation)

    def progress(self, done: int) -> float:
        if self._first is None:
            self._first = done
        if done == self._first:
            return self._begun
        passed = (self._clock() - self._since) / self._seconds if self._seconds > 0 else 1.0
        return min(1.0, self._begun + (1 - self._begun) * passed)

    def validates(self, done: int, progress: float) -> bool:  # noqa: ARG002
        soonest, latest = self._last + max(self._gap, self._least_gap), 1 - self._least_gap
        if not soonest <= progress <= latest:  # the run may end with one
            return False
        self._last = progress
        return True

    def validated(self, seconds: float) -> None:
        left = 1 - self._begun
        self._least_gap = seconds / MOST_VALIDATING / self._seconds * left if self._seconds > 0 else left


def pace_of(
    left: Sequence[StageConfig], until: float | None = None, begun: float = 0.0, validation: float = 0.0
) -> Pace:
    """The pace of the first of the stages that are left.

    Args:
        left: those stages' options; time is shared in proportion to their steps.
        until: when ``time.monotonic()`` has to be over with all of them; None counts steps.
        begun: how much of the first lies behind already.
        validation: seconds that one is known to take.
    """
    if until is None:
        return StepPace(left[0])
    shares = [left[0].steps * (1 - begun), *(config.steps for config in left[1:])]
    seconds = max(0.0, until - time.monotonic()) * shares[0] / max(sum(shares), 1e-9)
    return ClockPace(left[0], seconds, begun, validation)


class Interruption:
    """Ctrl+C, or a polite kill, while a run trains: the step that has begun is finished and saved.

    A second one ends the run at once.
    """

    def __init__(self) -> None:
        self.asked = False

    def _ask(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Signals are taken while this lasts; only a process's main thread can take them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class UpdateSchedule:
    """Whether the critic or the generator of a GAN is updated next.

    fast.ai's ``AdaptiveGANSwitcher`` (course v3, lesson 7), or a fixed ratio.

    Attributes:
        of_critic: whether it is the critic.
    """

    def __init__(self, config: GanConfig) -> None:
        self._config = config
        self.of_critic = True
        self._in_a_row = 0

    def critic_updated(self, loss: float) -> None:
        """The critic has taken a step with this loss."""
        self._in_a_row += 1
        config = self._config
        if config.critic_steps:
            over = self._in_a_row >= config.critic_steps
        else:
            over = loss < config.critic_threshold or self._in_a_row >= config.longest_turn
        if over:
            self.of_critic = False

    def generator_updated(self) -> None:
        """The generator has taken a step: the critic is next."""
        self.of_critic, self._in_a_row = True, 0

    def state(self) -> dict[str, float]:
        """For a checkpoint."""
        return {"of_critic": float(self.of_critic), "moves": self._in_a_row}

    def restore(self, state: Mapping[str, float]) -> None:
        """Take back what :meth:`state` gave."""
        self.of_critic, self._in_a_row = bool(state["of_critic"]), int(state["moves"])
