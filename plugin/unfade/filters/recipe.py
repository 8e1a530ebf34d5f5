"""Recipes: a chain of filters in a small JSON file.

    {"unfade_recipe": 1, "steps": [{"filter": "deartifact", "options": {"strength": 0.8}},
                                   {"filter": "upscale", "options": {"scale": 2}}]}

The command line (``unfade run``), the service and the window take the same steps. Options left out keep their
defaults; whatever a recipe does not know is refused, for a misspelt option would do nothing, silently.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from unfade.errors import UsageError, did_you_mean
from unfade.filters.base import options_of, read_options
from unfade.filters.pipeline import Step, open_steps
from unfade.filters.registry import find_filter
from unfade.filters.runner import Runner
from unfade.paths import is_file, read_json, whole_or_absent
from unfade.picture import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from unfade.inference import Engine

RECIPE_VERSION: Final = 1
RECIPE_SUFFIX: Final = ".unfade.json"
MOST_STEPS: Final = 16

_VERSION_KEY = "unfade_recipe"


@dataclass(frozen=True)
class Recipe:
    """Filters to be run one after the other. Raises UsageError for none, and for more than 16."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MOST_STEPS:
            raise UsageError(f"A recipe has 1 to {MOST_STEPS} steps, not {len(self.steps)}.")

    def open(self, engine: Engine) -> Runner:
        """Finds and opens the models of all steps.

        Raises ModelError, DeviceError, OutOfMemory, UsageError.
        """
        return open_steps(self.steps, engine)

    def for_any_picture(self) -> Recipe:
        """The recipe without what was painted or placed on one picture (hints, strokes)."""
        return Recipe(tuple(replace(step, options=_without_places(step.options)) for step in self.steps))

    def to_json(self) -> dict[str, Any]:
        """``{"steps": [...]}``, ready for JSON, with the options that are not at their defaults."""
        return {"steps": [step.to_json() for step in self.steps]}

    @classmethod
    def from_json(cls, raw: Any) -> Recipe:
        """The recipe in parsed JSON, ``{"steps": [{"filter", "options"}, ...]}``. Raises UsageError."""
        fields = _object(raw, "A recipe", ("steps",))
        steps = fields.get("steps")
        if not isinstance(steps, list):
            raise UsageError("A recipe needs 'steps', a list of objects with 'filter' and 'options'.")
        if len(steps) > MOST_STEPS:  # before each of them is read
            raise UsageError(f"A recipe has 1 to {MOST_STEPS} steps, not {len(steps)}.")
        return cls(tuple(_step(number, step) for number, step in enumerate(steps, 1)))


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file. Raises UsageError that names the file."""
    if path.suffix.lower() in PICTURE_SUFFIXES and is_file(path):
        raise UsageError(f"{path} is a picture, no recipe of Unfade's; open it as a picture.")
    raw = read_json(path)
    if not isinstance(raw, dict) or _VERSION_KEY not in raw:
        raise UsageError(f"{path} is no recipe of Unfade's: it does not say {_VERSION_KEY!r}.")
    version = raw.pop(_VERSION_KEY)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UsageError(f"{path} cannot be used: {_VERSION_KEY!r} must be a version, such as 1.")
    if version > RECIPE_VERSION:
        raise UsageError(
            f"{path} was made by a newer Unfade (recipes of version {version}); install that one."
        )
    try:
        return Recipe.from_json(raw)
    except UsageError as error:
        raise UsageError(f"{path} cannot be used: {error}") from error


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Writes a recipe, whole or not at all. Raises OutputError."""
    text = json.dumps({_VERSION_KEY: RECIPE_VERSION, **recipe.to_json()}, indent=2, ensure_ascii=False)
    with whole_or_absent(path) as stream:
        stream.write(f"{text}\n".encode())


def _without_places(options: Any) -> Any:
    defaults = {option.name: option.default for option in options_of(type(options)) if option.codec}
    return dataclasses.replace(options, **defaults)


def _step(number: int, raw: Any) -> Step:
    try:
        fields = _object(raw, "A step", ("filter", "options"))
        filter = find_filter(fields.get("filter"))
        return Step(filter, read_options(filter, fields.get("options", {})))
    except UsageError as error:
        raise UsageError(f"Step {number}: {error}") from error


def _object(raw: Any, what: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """A JSON object without other keys than these."""
    if not isinstance(raw, dict):
        raise UsageError(f"{what} must be an object.")
    for key in raw:
        if key not in keys:
            raise UsageError(f"{what} has no {key[:100]!r}{did_you_mean(key, keys)}")
    return raw
