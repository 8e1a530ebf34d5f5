"""A registry: what recipes and checkpoints can name, by the names that they use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

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
