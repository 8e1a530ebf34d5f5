"""A filter's options as JSON: described for dialogs, and read from requests."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

from unfade.errors import UsageError, did_you_mean
from unfade.filters import Filter, option_of

_LONGEST_TEXT = 4096
_KINDS = {bool: "bool", int: "int", float: "float", str: "str"}
_WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


def describe_options(filter: Filter) -> list[dict[str, Any]]:
    """One record for each option: name, type, optional, default, low, high, help.

    ``type`` is "bool", "int", "float" or "str"; ``optional`` says that null may be given; ``low`` and
    ``high`` are null where there is no range.
    """
    records = []
    for field in dataclasses.fields(filter.options):
        kind, optional = _kind(filter, field.name)
        explained = option_of(field)
        records.append(
            {
                "name": field.name,
                "type": kind,
                "optional": optional,
                "default": field.default,
                "low": explained.low,
                "high": explained.high,
                "help": explained.help,
            }
        )
    return records


def read_options(filter: Filter, raw: Any) -> Any:
    """The filter's options object from a JSON object; what is left out keeps its default.

    Raises UsageError for unknown names, values of another type and values out of range.
    """
    if not isinstance(raw, dict):
        raise UsageError("'options' must be an object.")
    names = [field.name for field in dataclasses.fields(filter.options)]
    for name in raw:
        if name not in names:
            raise UsageError(f"The filter {filter.name} has no option {name!r}{did_you_mean(name, names)}")
    return filter.options(**{name: _value(filter, name, value) for name, value in raw.items()})


def _kind(filter: Filter, name: str) -> tuple[str, bool]:
    """The type's name, and whether None is one of the values."""
    hint = _hints(filter)[name]
    choices = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    (kind,) = (choice for choice in choices if choice is not type(None))
    return _KINDS[kind], type(None) in choices


def _hints(filter: Filter) -> Mapping[str, Any]:
    return typing.get_type_hints(filter.options)


def _value(filter: Filter, name: str, value: Any) -> Any:
    kind, optional = _kind(filter, name)
    if value is None and optional:
        return None
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53:
        return float(value)
    fits = isinstance(value, {word: cls for cls, word in _KINDS.items()}[kind])
    if not fits or (isinstance(value, bool) and kind != "bool"):
        raise UsageError(f"{name} must be {_WORDS[kind]}{' or null' if optional else ''}.")
    if isinstance(value, str) and (len(value) > _LONGEST_TEXT or not value.isprintable()):
        raise UsageError(f"{name} must be at most {_LONGEST_TEXT} printable characters.")
    return value
