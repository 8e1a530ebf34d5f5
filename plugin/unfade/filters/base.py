"""What a filter is: all that a command line, a window or an editor needs to offer it; its options as data.

Options are fields of a frozen dataclass, each made by :func:`option`. Command-line help, the service's
``list``, panels, recipes and editors' dialogs are made from them, and their values are read from JSON and
written to it here.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from unfade.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from unfade.filters.runner import FilterRunner
    from unfade.inference import Engine

T = TypeVar("T")

_LONGEST_TEXT = 4096
_LONGEST_NAME = 100
_TYPES = {"bool": bool, "int": int, "float": float, "str": str}
_options: dict[type[Any], tuple[Option, ...]] = {}  # read once: every options object is checked by them
_WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


@dataclass(frozen=True)
class Filter:
    """One filter: its module makes one, and the registry lists it."""

    name: str
    """The word for it on a command line, in recipes, and on the cards of its models."""
    title: str
    """Its name in menus and on panels: "De-artifact"."""
    summary: str
    """One sentence for menus and help."""
    purpose: str
    """What its models are for: "No model for enlarging is installed"."""
    Options: type[Any]
    """A frozen dataclass whose fields are made by :func:`option`; the constructor raises UsageError."""
    open: Callable[[Any, Engine], FilterRunner]
    """Finds and opens the models for (options, engine). Raises ModelError, DeviceError, UsageError."""
    live_options: tuple[str, ...] = ()
    """Options that only blend full-strength results, as :mod:`unfade.filters.mix` does for them by name."""
    live_for: Callable[[Any, Collection[int]], tuple[str, ...]] | None = None
    """Which of the live options do so for (options, scales that have both a faithful and a GAN model); None
    where all of them always do."""
    gives_colour: bool = False
    """Whether gray pictures come out with colours, in sRGB: an editor has to make room for them."""
    keeps_colours: bool = True
    """Whether what has a colour has about that afterwards, too: else what a later filter finds out about the
    colours of the picture as it was is not true of its result."""
    by_values: bool = True
    """Whether it works on values whatever colours they are, not on those that the profile makes of them."""
    has_models: bool = True
    """Whether there are models for it; those that run others have none of their own."""
    mask: str | None = None
    """What the mask beside its results shows ("where a watermark was found"); None where there is none."""


@dataclass(frozen=True)
class Codec:
    """Values of an option that are more than a word or a number: a JSON list of places in one picture.

    A command line takes the name of a file that holds it; services and recipes take the list itself.
    """

    name: str
    """The word for it in descriptions: "hints", "strokes"."""
    read: Callable[[Any], Any]
    """The option's value from parsed JSON, whatever that is. Raises UsageError."""
    write: Callable[[Any], Any]
    """What :attr:`read` takes, ready for JSON."""


@dataclass(frozen=True)
class Option:
    """One option of a filter, explained."""

    name: str
    type: str
    """"bool", "int", "float", "str", or the name of its codec."""
    optional: bool
    """Whether None is one of its values."""
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    codec: Codec | None = None

    @property
    def limits(self) -> str:
        """The range in words, "" where there is none."""
        return "" if self.low is None or self.high is None else f"from {self.low:g} to {self.high:g}"

    def to_json(self, value: Any) -> Any:
        """The value, ready for JSON."""
        return value if self.codec is None else self.codec.write(value)

    def from_json(self, value: Any) -> Any:
        """The option's value from parsed JSON; its range is the options class's affair. Raises UsageError."""
        if self.codec is not None:
            return self.codec.read(value)
        if value is None and self.optional:
            return None
        whole = isinstance(value, int) and not isinstance(value, bool)
        if self.type == "float" and whole and abs(value) < 1 << 53:
            return float(value)
        if not isinstance(value, _TYPES[self.type]) or (isinstance(value, bool) and self.type != "bool"):
            raise UsageError(f"{self.name} must be {_WORDS[self.type]}{' or null' if self.optional else ''}.")
        if isinstance(value, str) and (len(value) > _LONGEST_TEXT or not value.isprintable()):
            raise UsageError(f"{self.name} must be at most {_LONGEST_TEXT} printable characters.")
        return value


def option(
    default: T, help: str, *, low: float | None = None, high: float | None = None, codec: Codec | None = None
) -> T:
    """A field of an options class.

    Args:
        default: its value where nothing is said.
        help: one sentence for people.
        low, high: the range of a number.
        codec: how it is read from JSON, where its type does not say that already.
    """
    explained = {"help": help, "low": low, "high": high, "codec": codec}
    field: Any = dataclasses.field(default=default, metadata={"option": explained})
    return field  # type: ignore[no-any-return]


def options_of(options_class: type[Any]) -> tuple[Option, ...]:
    """The options that the fields of an options class declare, in their order."""
    if options_class not in _options:
        hints = typing.get_type_hints(options_class)
        fields = dataclasses.fields(options_class)
        _options[options_class] = tuple(_option(field, hints[field.name]) for field in fields)
    return _options[options_class]


def check_ranges(options: Any) -> None:
    """Raises UsageError for the first number of an options object that lies outside its range."""
    for option in options_of(type(options)):
        value = getattr(options, option.name)
        if option.low is None or option.high is None or value is None:
            continue
        kinds = int if option.type == "int" else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or math.isnan(value):
            raise UsageError(f"{option.name} must be {_WORDS[option.type]} {option.limits}, not {value!r}.")
        if not option.low <= value <= option.high:
            raise UsageError(f"{option.name} must be {_WORDS[option.type]} {option.limits}, not {value:g}.")


def describe_options(filter: Filter) -> list[dict[str, Any]]:
    """One record for each option: name, type, optional, default, low, high, help.

    ``type`` is "bool", "int", "float", "str" or the name of a :class:`Codec`; ``optional`` says that null may
    be given; ``low`` and ``high`` are null where there is no range.
    """
    return [
        {
            "name": option.name,
            "type": option.type,
            "optional": option.optional,
            "default": option.to_json(option.default),
            "low": option.low,
            "high": option.high,
            "help": option.help,
        }
        for option in options_of(filter.Options)
    ]


def read_options(filter: Filter, raw: Any) -> Any:
    """The filter's options object from a JSON object; what is left out keeps its default.

    Raises UsageError for unknown names, values of another type and values out of range.
    """
    if not isinstance(raw, dict):
        raise UsageError("'options' must be an object.")
    known = {option.name: option for option in options_of(filter.Options)}
    for name in raw:
        if name not in known:
            raise UsageError(
                f"The filter {filter.name} has no option {name[:_LONGEST_NAME]!r}{did_you_mean(name, known)}"
            )
    return filter.Options(**{name: known[name].from_json(value) for name, value in raw.items()})


def write_options(options: Any) -> dict[str, Any]:
    """The JSON object that :func:`read_options` makes these options from: all that is not the default."""
    values = ((option, getattr(options, option.name)) for option in options_of(type(options)))
    return {option.name: option.to_json(value) for option, value in values if value != option.default}


def _option(field: dataclasses.Field[Any], hint: Any) -> Option:
    explained = field.metadata["option"]
    if explained["codec"] is not None:
        kind, optional = explained["codec"].name, False
    else:
        choices = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        (cls,) = (choice for choice in choices if choice is not type(None))
        kind, optional = cls.__name__, type(None) in choices
    return Option(field.name, kind, optional, field.default, **explained)
