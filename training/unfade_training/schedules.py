"""Learning rates as pure functions of the step: nothing to save, nothing to restore."""

from __future__ import annotations

import math
from collections.abc import Callable

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
