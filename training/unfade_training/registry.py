"""What recipes can say: names of networks, losses and degradations, and the options of each.

Unknown names, wrong types and senseless values become one sentence. What an option may be is said once, by
its annotation: ``Annotated[float, Meta(gt=0)]``, ``Literal["cosine", "constant"]``, ``tuple[int, ...]``.
msgspec converts; the sentences are made from the same annotations.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from .errors import TrainingError, did_you_mean

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Name -> class. A new network, loss or degradation is one module and one line here.

    Args:
        noun: what an entry is, for errors: ``"loss"``.
        entries: name -> class.
        aliases: names of older recipes and checkpoints -> the present ones. They are found, but not listed.
    """

    def __init__(
        self, noun: str, entries: Mapping[str, T], aliases: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._noun, self._entries, self._aliases = noun, dict(entries), dict(aliases)

    def __getitem__(self, name: str) -> T:
        return self._entries[self._aliases.get(name, name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: object, where: str = "") -> T:
        """The entry of that name.

        Args:
            name: as a recipe gives it.
            where: the table's name in the recipe, for the error's sentence.

        Raises:
            TrainingError: there is none ("did you mean").
        """
        if isinstance(name, str) and name in self:
            return self[name]
        there = f"{where}: there" if where else "There"
        raise TrainingError(f"{there} is no {self._noun} {name!r}{did_you_mean(str(name), self)}")


def from_table(factory: Callable[..., T], table: Mapping[str, object], where: str) -> T:
    """Call ``factory`` (a Struct, a dataclass, or a class with annotated arguments) with the entries of a
    recipe table.

    Integers are taken where a float is meant, and lists where a tuple is meant; nothing else is converted.

    Args:
        factory: its parameters are the options there are, its annotations their types and ranges.
        table: option -> value, as read from TOML.
        where: the table's name in the recipe, for the error's sentence.

    Raises:
        TrainingError: an option that does not exist, lacks, has another type or range, or that the factory
            refuses (ValueError).
    """
    # nn.Module's own constructor takes *args and **kwargs: those are no options.
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    signature = inspect.signature(factory).parameters
    options = {name: option for name, option in signature.items() if option.kind not in variadic}
    for name in table:
        if name not in options:
            raise TrainingError(f"{where}: there is no option {name!r}{did_you_mean(name, options)}")
    for name, option in options.items():
        if option.default is inspect.Parameter.empty and name not in table:
            raise TrainingError(f"{where}: the option {name!r} is missing.")
    hints = get_type_hints(_annotated(factory), include_extras=True)
    try:
        return factory(**{name: _convert(value, hints[name], name, where) for name, value in table.items()})
    except ValueError as error:
        raise TrainingError(f"{where}: {error}") from error


def _annotated(factory: Callable[..., object]) -> Any:
    """What carries the annotations: the class's body of a Struct or a dataclass, else the constructor."""
    by_body = hasattr(factory, "__struct_config__") or hasattr(factory, "__dataclass_fields__")
    return factory.__init__ if isinstance(factory, type) and not by_body else factory  # type: ignore[misc]


def _convert(value: object, wanted: Any, name: str, where: str) -> object:
    """``value`` as the annotation says, or a ValueError that says what the annotation says."""
    if _converts(value, wanted):
        return msgspec.convert(value, wanted)
    if _is_struct(wanted) and isinstance(value, Mapping):
        return from_table(wanted, value, f"{where}, [{name}]")
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin is Annotated and not any(isinstance(meta, msgspec.Meta) for meta in wanted.__metadata__):
        return _convert(value, inner[0], name, where)  # the factory checks what else is annotated
    if origin in (Union, types.UnionType):
        return _convert(value, inner[0], name, where)
    if origin is tuple and isinstance(value, (list, tuple)):
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        if len(kinds) == len(value):
            return tuple(
                _one_of(get_args(kind), each, name, f"{where}, [[{name}]] {number}")
                if _is_struct(*get_args(kind))
                else _convert(each, kind, name, where)
                for number, (each, kind) in enumerate(zip(value, kinds, strict=True), 1)
            )
    if origin in (dict, Mapping) and isinstance(value, Mapping):
        return {key: _convert(each, inner[1], f"{name}.{key}", where) for key, each in value.items()}
    if origin is Literal:
        raise ValueError(f"there is no {name} {value!r}{did_you_mean(str(value), inner)}")
    if origin is Annotated and isinstance(value, (int, float)) and _converts(value, inner[0]):
        raise ValueError(f"{name} must be {_range(wanted)}, not {value:g}.")
    raise ValueError(f"{name} must be {_described(wanted)}, not {value!r}.")


def _one_of(kinds: Sequence[Any], table: Any, name: str, where: str) -> object:
    """A table of the kind that it names, of a tagged union."""
    known = {kind.__struct_config__.tag: kind for kind in kinds}
    if not isinstance(table, Mapping):
        raise TrainingError(f"{where} must be a table, not {table!r}.")
    options = dict(table)
    kind = options.pop(kinds[0].__struct_config__.tag_field, "")
    if not isinstance(kind, str) or kind not in known:
        raise TrainingError(f"{where}: there is no {name} {kind!r}{did_you_mean(str(kind), known)}")
    return from_table(known[kind], options, where)


def _is_struct(*wanted: Any) -> bool:
    return bool(wanted) and all(
        isinstance(kind, type) and issubclass(kind, msgspec.Struct) for kind in wanted
    )


def _converts(value: object, wanted: Any) -> bool:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        return False
    return True


def _range(wanted: Any) -> str:
    """``at least 0 and below 1``"""
    meta = next(meta for meta in wanted.__metadata__ if isinstance(meta, msgspec.Meta))
    bounds = {"at least": meta.ge, "above": meta.gt, "below": meta.lt, "at most": meta.le}
    return " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)


_ONE = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_MANY = {int: "numbers", float: "numbers", str: "texts"}


def _described(wanted: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return _described(inner[0])
    if origin is tuple:
        many = "any number of" if inner[-1] is Ellipsis else str(len(inner))
        kind = get_args(inner[0])[0] if get_origin(inner[0]) is Annotated else inner[0]
        return f"a list of {many} {_MANY.get(kind, 'tables')}"
    return _ONE.get(wanted, "a table")
