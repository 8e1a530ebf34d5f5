"""What the service keeps between requests: stored pictures, opened recipes, and what was made of pictures.

Pictures are known by an id of their own, so that a further region of one needs no second look: its opened
models, what lies between the steps of its chain, and Colorize's chroma are there already.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from unfade.errors import UsageError
from unfade.filters import Memo, Recipe, Runner
from unfade.inference import Engine
from unfade.models import model_folders
from unfade.picture import Picture

MOST_STORED: Final = 8
MOST_OPENED: Final = 16
"""Recipes kept open: a preview has up to three at a time, each with strokes and without."""


@dataclass(frozen=True)
class Stored:
    """A picture, as it was sent, and what is kept of it."""

    picture: Picture
    """With the ICC profile of its values."""
    memo: Memo


class Cache:
    """Pictures by name and recipes by what they say, for one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._memo = Memo()
        self._ids = itertools.count(1)
        self._stored: dict[str, tuple[int, Stored]] = {}
        self._opened: OrderedDict[Recipe, tuple[Hashable, Runner]] = OrderedDict()
        self._folders = [folder for folder, _ in model_folders()]

    # Pictures

    def check_room(self, name: str) -> None:
        """Raises UsageError where no further picture may be stored under that name."""
        if len(self._stored.keys() - {name}) >= MOST_STORED:
            raise UsageError(f"{MOST_STORED} pictures are stored already; forget one.")

    def store(self, name: str, picture: Picture) -> None:
        """Keeps a picture, in place of the one of that name."""
        self.forget(name)
        id = next(self._ids)
        self._stored[name] = (id, Stored(picture, self._memo.of(id)))

    def stored(self, name: str) -> Stored:
        """The picture of that name. Raises UsageError."""
        if name not in self._stored:
            raise UsageError(f"No picture is stored under the name {name!r}.")
        return self._stored[name][1]

    def passing(self, picture: Picture) -> Stored:
        """A picture that is not stored: only its contents may tell that it came before."""
        return Stored(picture, self._memo)

    def forget(self, name: str) -> None:
        """Lets go of a picture and of all that was made of it."""
        id, _ = self._stored.pop(name, (None, None))
        if id is not None:
            self._memo.forget(id)

    # Recipes

    def runner(self, recipe: Recipe) -> Runner:
        """The recipe, opened; models that came or changed since are seen. Raises what opening it raises."""
        state = self._state_of_models(recipe)
        known, runner = self._opened.get(recipe, (None, None))
        if runner is None or known != state:
            runner = recipe.open(self._engine)
            self._opened[recipe] = (state, runner)
            if len(self._opened) > MOST_OPENED:
                self._opened.popitem(last=False)
        self._opened.move_to_end(recipe)
        return runner

    def _state_of_models(self, recipe: Recipe) -> Hashable:
        """Changes with every file that the recipe's models may be found in."""
        files = [entry for folder in self._folders for entry in _models_in(folder)]
        named = (getattr(step.options, "model", None) for step in recipe.steps)
        return tuple(files), tuple(_state_of(name) for name in named if name)


def _models_in(folder: Path) -> Iterator[Hashable]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".onnx"):
                yield entry.path, _state_of(entry.path)


def _state_of(path: str) -> Hashable:
    try:
        status = os.stat(path)  # noqa: PTH116 - a name that is no path is as good
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size
