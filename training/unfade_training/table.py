"""Recipe tables into typed options: unknown names, wrong types and senseless values become one sentence."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import TrainingError, did_you_mean

T = TypeVar("T")


def from_table(factory: Callable[..., T], table: Mapping[str, object], where: str) -> T:
    """Call ``factory`` (a dataclass, or a class with annotated arguments) with the entries of a recipe table.

    Integers are taken where a float is meant, and lists where a tuple is meant; nothing else is converted.

    Args:
        factory: its parameters are the options there are, its annotations their types.
        table: option -> value, as read from TOML.
        where: the table's name in the recipe, for the error's sentence.

    Raises:
        TrainingError: an option that does not exist, lacks, has another type, or that the factory refuses
            (ValueError).
    """
    # nn.Module's own constructor takes *args and **kwargs: those are no options.
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    signature = inspect.signature(factory).parameters
    options = {name: option for name, option in signature.items() if option.kind not in variadic}
    hints = get_type_hints(factory if hasattr(factory, "__dataclass_fields__") else _init(factory))
    for name in table:
        if name not in options:
            raise TrainingError(f"{where}: there is no option {name!r}{did_you_mean(name, options)}")
    for name, option in options.items():
        if option.default is inspect.Parameter.empty and name not in table:
            raise TrainingError(f"{where}: the option {name!r} is missing.")
    try:
        return factory(**{name: _convert(value, hints[name], name) for name, value in table.items()})
    except ValueError as error:
        raise TrainingError(f"{where}: {error}") from error


def _init(factory: Callable[..., object]) -> Callable[..., object]:
    return factory.__init__ if isinstance(factory, type) else factory  # type: ignore[misc]


def _convert(value: object, wanted: Any, name: str) -> object:
    """``value`` as the annotation says, or a ValueError."""
    if wanted is object:  # checked by whoever reads it
        return value
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return _convert_any(value, inner, name)
    if origin is tuple:
        if isinstance(value, (list, tuple)):
            variadic = len(inner) == 2 and inner[1] is Ellipsis
            if variadic or len(value) == len(inner):
                kinds = [inner[0]] * len(value) if variadic else inner
                return tuple(_convert(v, kind, name) for v, kind in zip(value, kinds, strict=True))
        raise ValueError(f"{name} must be a list of {_count(inner)}, not {value!r}.")
    if origin is not None:  # Mapping[str, float]: shares by name
        if isinstance(value, Mapping):
            return {str(key): _convert(v, inner[1], f"{name}.{key}") for key, v in value.items()}
        raise ValueError(f"{name} must be a table, not {value!r}.")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool):
        return value
    raise ValueError(f"{name} must be {_A.get(wanted, wanted.__name__)}, not {value!r}.")


def _convert_any(value: object, kinds: tuple[Any, ...], name: str) -> object:
    """The first of several types that the value fits."""
    if value is None and type(None) in kinds:
        return None
    refused = None
    for kind in kinds:
        if kind is not type(None):
            try:
                return _convert(value, kind, name)
            except ValueError as error:
                refused = refused or error
    raise refused or ValueError(f"{name} cannot be set.")


_A = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _count(inner: tuple[Any, ...]) -> str:
    many = "any number of" if inner[-1] is Ellipsis else str(len(inner))
    return f"{many} {'numbers' if inner[0] in (int, float) else 'texts'}"
