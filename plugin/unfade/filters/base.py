"""What a filter is: options that explain and check themselves, and a way to make it ready for pictures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from unfade.errors import UsageError

if TYPE_CHECKING:
    from unfade.card import Task
    from unfade.engine import Engine
    from unfade.picture import Picture

T = TypeVar("T")

OnTile = Callable[[int, int], None]
"""Called with (tiles done, tiles in all) for one picture; may raise :class:`unfade.errors.Cancelled`."""


@dataclass(frozen=True)
class Option:
    """How one setting of a filter is explained, to command lines and windows alike, and what it takes."""

    help: str
    low: float | None = None
    high: float | None = None

    @property
    def limits(self) -> str:
        """The range in words, "" where there is none."""
        return "" if self.low is None or self.high is None else f"from {self.low:g} to {self.high:g}"


def option(default: T, help: str, *, low: float | None = None, high: float | None = None) -> T:
    """A dataclass field that carries an :class:`Option`."""
    explained: Any = dataclasses.field(default=default, metadata={"option": Option(help, low, high)})
    return explained  # type: ignore[no-any-return]


def option_of(field: dataclasses.Field[Any]) -> Option:
    """The :class:`Option` that a field of an options class carries."""
    found = field.metadata["option"]
    assert isinstance(found, Option)
    return found


def check_ranges(options: Any) -> None:
    """Raises UsageError for the first number of an options object that lies outside its range."""
    for field in dataclasses.fields(options):
        explained, value = option_of(field), getattr(options, field.name)
        if explained.low is None or explained.high is None or value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise UsageError(f"{field.name} must be a number {explained.limits}, not {value!r}.")
        if not explained.low <= value <= explained.high:
            raise UsageError(f"{field.name} must be a number {explained.limits}, not {value:g}.")


@dataclass(frozen=True)
class Outcome:
    """A filtered picture and how it came about."""

    picture: Picture
    model: str
    """Names of the models that ran, joined by " + "."""
    provider: str
    """ONNX Runtime's name of the execution provider that did the work."""
    fallback: str | None
    """A sentence that says why it was not the GPU; None where nothing was given up."""
    engine_seconds: float
    """Time spent running the network on tiles, without reading, writing and resampling."""


class Ready(Protocol):
    """A filter with its models open; called once a picture."""

    def __call__(self, picture: Picture, on_tile: OnTile | None = None) -> Outcome: ...


@dataclass(frozen=True)
class Filter:
    """One entry of the registry: everything a command line or a window needs to offer a filter."""

    task: Task
    summary: str
    """One sentence for menus and help."""
    options: type[Any]
    """A frozen dataclass; every field is made by :func:`option` and the constructor raises UsageError."""
    prepare: Callable[[Any, Engine], Ready]
    """Finds and opens the models for (options, engine). ModelError, DeviceError, UsageError."""

    @property
    def name(self) -> str:
        """The word for it on a command line."""
        return self.task.value
