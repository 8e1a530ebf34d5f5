"""A filter's options as JSON: described for dialogs, read from requests and recipes, and written to them."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

from unfade.errors import UsageError, did_you_mean
from unfade.filters.base import Filter, option_of
from unfade.filters.registry import FILTERS

_LONGEST_TEXT = 4096
_LONGEST_NAME = 100
_KINDS = {bool: "bool", int: "int", float: "float", str: "str"}
_WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


def find_filter(name: Any) -> Filter:
    """The registered filter of that name. Raises UsageError, also for what is no text."""
    filters = {filter.name: filter for filter in FILTERS}
    if not isinstance(name, str) or name not in filters:
        word = name[:_LONGEST_NAME] if isinstance(name, str) else "without a name"
        raise UsageError(f"There is no filter {word!r}{did_you_mean(word, filters)}")
    return filters[name]


def describe_options(filter: Filter) -> list[dict[str, Any]]:
    """One record for each option: name, type, optional, default, low, high, help.

    ``type`` is "bool", "int", "float", "str" or the name of a :class:`unfade.filters.Kind`; ``optional`` says
    that null may be given; ``low`` and ``high`` are null where there is no range.
    """
    records = []
    for field in dataclasses.fields(filter.options):
        explained = option_of(field)
        kind, optional = _kind(filter, field)
        records.append(
            {
                "name": field.name,
                "type": kind,
                "optional": optional,
                "default": _to_json(field, field.default),
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
    fields = {field.name: field for field in dataclasses.fields(filter.options)}
    for name in raw:
        if name not in fields:
            raise UsageError(
                f"The filter {filter.name} has no option {name[:_LONGEST_NAME]!r}{did_you_mean(name, fields)}"
            )
    return filter.options(**{name: _value(filter, fields[name], value) for name, value in raw.items()})


def write_options(options: Any) -> dict[str, Any]:
    """The JSON object that :func:`read_options` makes these options from: all that is not the default."""
    values = ((field, getattr(options, field.name)) for field in dataclasses.fields(options))
    return {field.name: _to_json(field, value) for field, value in values if value != field.default}


def _to_json(field: dataclasses.Field[Any], value: Any) -> Any:
    kind = option_of(field).kind
    return value if kind is None else kind.write(value)


def _kind(filter: Filter, field: dataclasses.Field[Any]) -> tuple[str, bool]:
    """The type's name, and whether None is one of the values."""
    special = option_of(field).kind
    if special is not None:
        return special.name, False
    hint = _hints(filter)[field.name]
    choices = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    (kind,) = (choice for choice in choices if choice is not type(None))
    return _KINDS[kind], type(None) in choices


def _hints(filter: Filter) -> Mapping[str, Any]:
    return typing.get_type_hints(filter.options)


def _value(filter: Filter, field: dataclasses.Field[Any], value: Any) -> Any:
    special = option_of(field).kind
    if special is not None:
        return special.read(value)
    name, (kind, optional) = field.name, _kind(filter, field)
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
