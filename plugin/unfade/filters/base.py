"""What a filter is: options that explain and check themselves, and a way to make it ready for pictures."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from unfade.errors import UsageError
from unfade.filters.part import Part, check_region, cut, cut_picture, has_holes
from unfade.inference import Bounds, Extent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from unfade.inference import Engine
    from unfade.models import Task
    from unfade.picture import Picture

T = TypeVar("T")

OnTile = Callable[[int, int], None]
"""Called with (tiles done, tiles in all) for one picture; may raise :class:`unfade.errors.Cancelled`."""


@dataclass(frozen=True)
class Kind:
    """Values of an option that are more than a word or a number: a JSON list, and a file that holds it.

    A command line takes the file's name; services and recipes take the list itself.
    """

    name: str
    """The word for it in descriptions: "hints", "strokes"."""
    read: Callable[[Any], Any]
    """The option's value from parsed JSON, whatever that is. Raises UsageError."""
    write: Callable[[Any], Any]
    """What :attr:`read` takes, ready for JSON."""


@dataclass(frozen=True)
class Option:
    """How one setting of a filter is explained, to command lines and windows alike, and what it takes."""

    help: str
    low: float | None = None
    high: float | None = None
    kind: Kind | None = None
    """None for what its type says already: bool, int, float, str, or one of them or None."""

    @property
    def limits(self) -> str:
        """The range in words, "" where there is none."""
        return "" if self.low is None or self.high is None else f"from {self.low:g} to {self.high:g}"


def option(
    default: T, help: str, *, low: float | None = None, high: float | None = None, kind: Kind | None = None
) -> T:
    """A dataclass field that carries an :class:`Option`."""
    explained: Any = dataclasses.field(default=default, metadata={"option": Option(help, low, high, kind)})
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
    mask: NDArray[np.uint8] | None = None
    """De-artifact: where a watermark was found, HW, 255 where surely; None from other filters."""


@dataclass(frozen=True)
class PartOutcome:
    """A part of a filtered picture; the picture and the mask of ``outcome`` hold that part alone."""

    outcome: Outcome
    at: Bounds
    """Where it lies in the whole result."""
    exact: bool
    """Whether it equals that part of the whole result (within rounding, where anything is to be seen)."""


class Ready(ABC):
    """A filter with its models open, or a chain of them; called once a picture.

    All that runs a model raises ModelError, DeviceError, OutOfMemory, and what ``on_tile`` raises.
    """

    @abstractmethod
    def __call__(self, picture: Picture, on_tile: OnTile | None = None) -> Outcome:
        """The filtered picture, of the same dtype and with the same metadata."""

    @abstractmethod
    def size(self, extent: Extent) -> Extent:
        """How large the result for a picture of that size is."""

    @abstractmethod
    def plan_part(self, extent: Extent, region: Bounds, *, holes: bool) -> Part:
        """What of a picture of size ``extent`` the part of the result for ``region`` is made from.

        ``holes`` says that there may be fully transparent pixels in the piece.
        """

    @abstractmethod
    def run_part(self, piece: Picture, part: Part, on_tile: OnTile | None = None) -> Outcome:
        """What lies ``part.inside``, from the pixels of ``part.piece``; picture and mask hold that alone."""

    def part(self, picture: Picture, region: Bounds, on_tile: OnTile | None = None) -> PartOutcome:
        """That part of the result which is made of ``region``, in pixels of ``picture``.

        Raises UsageError for a region that is not inside the picture.
        """
        extent = Extent(picture.height, picture.width)
        check_region(region, extent)
        part = self.plan_part(extent, region, holes=False)
        if has_holes(picture, part.piece):
            part = self.plan_part(extent, region, holes=True)
        outcome = self.run_part(cut_picture(picture, part.piece), part, on_tile)
        return PartOutcome(outcome, part.result, part.exact)


def only_inside(outcome: Outcome, part: Part) -> Outcome:
    """The outcome for the whole of ``part.piece``, reduced to what is ``part.inside``."""
    return dataclasses.replace(
        outcome,
        picture=cut_picture(outcome.picture, part.inside),
        mask=None if outcome.mask is None else cut(outcome.mask, part.inside).copy(),
    )


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
    prepare_maskless: Callable[[Any, Engine], Ready] | None = None
    """The same for who does not want the outcomes' masks, in less memory; None where there are no masks."""

    @property
    def name(self) -> str:
        """The word for it on a command line."""
        return self.task.value
