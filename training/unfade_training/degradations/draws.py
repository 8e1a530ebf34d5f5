"""The vocabulary of degradations: random draws, and annotations that say which values an option may have.

Ranges are (low, high) with both ends included, shares are probabilities, and tables of shares are relative
weights by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar, get_type_hints

import numpy as np

from ..errors import did_you_mean

T = TypeVar("T")


@dataclass(frozen=True)
class Within:
    """Annotation of an option that is a number, or a range [from, to], within these bounds."""

    low: float
    high: float


@dataclass(frozen=True)
class Shares:
    """Annotation of an option that is a table of shares of these names."""

    known: Collection[str]


Share: TypeAlias = Annotated[float, Within(0, 1)]
Scale: TypeAlias = Annotated[int, Within(1, 8)]


def check_options(options: object) -> None:
    """Check the annotated fields of a dataclass.

    Raises:
        ValueError: a value is not :class:`Within` its bounds, or its :class:`Shares` make no sense.
    """
    for name, rule in _rules(type(options)):
        value = getattr(options, name)
        if isinstance(rule, Shares):
            check_shares(name, value, rule.known)
        elif isinstance(value, tuple):
            check_range(name, value, rule.low, rule.high)
        else:
            check_between(name, value, rule.low, rule.high)


def _rules(kind: type) -> tuple[tuple[str, Within | Shares], ...]:
    """The annotations of a class's fields, by name."""
    return tuple(
        (name, rule)
        for name, hint in get_type_hints(kind, include_extras=True).items()
        for rule in getattr(hint, "__metadata__", ())
        if isinstance(rule, (Within, Shares))
    )


def chance(rng: np.random.Generator, share: float) -> bool:
    """True in ``share`` of the draws."""
    return bool(rng.random() < share)


def uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A number between the bounds."""
    return float(rng.uniform(*bounds))


def log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A number between two positive bounds; each doubling is as likely."""
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))


def integer(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    """A whole number between the bounds."""
    return int(rng.integers(bounds[0], bounds[1] + 1))


def offset(rng: np.random.Generator, block: int) -> tuple[int, int]:
    """(rows, columns) of less than a block: where in a patch a codec's blocks begin."""
    top, left = rng.integers(block, size=2)
    return int(top), int(left)


def choose(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of the options, all as likely."""
    return options[int(rng.integers(len(options)))]


def pick(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """One of the names, by relative weight."""
    at = rng.random() * sum(shares.values())
    for name, share in shares.items():
        at -= share
        if at < 0:
            return name
    return max(shares, key=lambda name: shares[name])  # rounding left a rest


def check_range(name: str, bounds: tuple[float, float], low: float, high: float) -> None:
    """ValueError unless ``low <= bounds[0] <= bounds[1] <= high``."""
    if not low <= bounds[0] <= bounds[1] <= high:
        raise ValueError(
            f"{name} must be a range [from, to] within {low:g} and {high:g}, not {list(bounds)}."
        )


def check_between(name: str, value: float, low: float, high: float) -> None:
    """ValueError unless ``low <= value <= high``."""
    if not low <= value <= high:
        raise ValueError(f"{name} must be between {low:g} and {high:g}, not {value:g}.")


def check_shares(name: str, shares: Mapping[str, float], known: Collection[str]) -> None:
    """ValueError unless all names are known, no share is negative and they do not sum to 0."""
    for key in shares:
        if key not in known:
            raise ValueError(f"{name} knows no {key!r}{did_you_mean(key, known)}")
    if any(share < 0 for share in shares.values()) or sum(shares.values()) <= 0:
        raise ValueError(f"{name} must be shares of 0 or more that do not sum to 0, not {dict(shares)}.")
