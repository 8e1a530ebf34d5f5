"""What the plug-ins for GIMP and Krita share: which filters there are, and how pictures pass through them.

`unfade install` copies it beside each plug-in as ``unfade_editor.py``, with the client and with
``unfade.json``, which names the engine and describes its filters. Standard library only, Python 3.9 to 3.14.
Every failure is an :class:`EngineError` whose text is a sentence for the user.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfade_client import Client, EngineError, Result

SETTINGS = "unfade.json"

OnFraction = Callable[..., Any]
"""Called ten times a second with what is done, 0 to 1, or None before that is known; False cancels."""


@dataclass(frozen=True)
class Option:
    """One setting of a filter, as ``list`` of docs/service.md describes it."""

    name: str
    type: str
    optional: bool
    default: Any
    low: float | None
    high: float | None
    help: str


@dataclass(frozen=True)
class Filter:
    """One menu entry."""

    name: str
    title: str
    summary: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Step:
    """One filter of a recipe, with the options that are not left at their defaults."""

    filter: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Pixels:
    """A picture on its way to the engine; ``data`` is bytes, or an iterator of stripes from top to bottom."""

    width: int
    height: int
    channels: int
    depth: str
    data: Any

    @property
    def arguments(self) -> tuple[int, int, int, str, Any]:
        """As the client takes them."""
        return self.width, self.height, self.channels, self.depth, self.data


class Unfade:
    """The installed Unfade, as ``unfade.json`` in the plug-in's folder describes it."""

    def __init__(self, folder: Path) -> None:
        path = folder / SETTINGS
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
            self._command: list[str] = [*settings["command"], "-m", "unfade"]
            self.filters = tuple(_filter(record) for record in settings["filters"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EngineError(f"{path} cannot be read: install Unfade's plug-in again.", "start") from error

    def filter(self, name: str) -> Filter:
        """The filter of that name."""
        found = next((filter for filter in self.filters if filter.name == name), None)
        if found is None:
            raise EngineError(f"This plug-in has no filter {name}: install it again.", "usage")
        return found

    def engine(self) -> Client:
        """Starts the engine, for filters without a window."""
        return Client([*self._command, "serve"])

    def ask(
        self, filter: str, options: Mapping[str, Any], pixels: Pixels, title: str, on_fraction: OnFraction
    ) -> tuple[Result, list[Step]]:
        """What the user made of the pixels in the preview window, and by which steps.

        Raises EngineError of the kind "cancelled" when the window is closed without a result.
        """
        command = [*self._command, "preview", "--host"]
        with Client(command, window=True) as window:
            result = window.apply(
                filter, options, *pixels.arguments, title=title, on_progress=_fractions(on_fraction)
            )
        return result, read_steps(result.recipe) if result.recipe else [Step(filter, options)]

    def factor(self, steps: Sequence[Step]) -> float:
        """How many times as large the steps make a picture."""
        product = 1.0
        for step in steps:
            for option in self.filter(step.filter).options:
                if option.name == "scale":
                    product *= float(step.options.get("scale", option.default))
        return product


def run(
    engine: Client,
    steps: Sequence[Step],
    pixels: Pixels,
    on_fraction: OnFraction,
    region: tuple[int, int, int, int] | None = None,
) -> Result:
    """The pixels after all steps; with a ``region`` (y, x, height, width) only that part of them."""
    arguments = (None, None, *pixels.arguments)
    return engine.apply(*arguments, recipe=_recipe(steps), region=region, on_progress=_fractions(on_fraction))


def read_steps(recipe: Any) -> list[Step]:
    """The steps of a recipe's JSON object."""
    return [Step(step["filter"], step.get("options", {})) for step in recipe["steps"]]


def write_last(steps: Sequence[Step], whole_picture: bool) -> str:
    """What "Repeat last" is to do, as text that the editor keeps."""
    return json.dumps({**_recipe(steps), "whole_picture": whole_picture})


def read_last(text: str) -> tuple[list[Step], bool]:
    """What :func:`write_last` wrote."""
    try:
        last = json.loads(text)
        return read_steps(last), bool(last["whole_picture"])
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(
            "There is nothing to repeat yet: choose one of Unfade's filters first.", "usage"
        ) from error


def _recipe(steps: Sequence[Step]) -> dict[str, Any]:
    return {"steps": [{"filter": step.filter, "options": dict(step.options)} for step in steps]}


def _fractions(on_fraction: OnFraction) -> Callable[[int, int], Any]:
    return lambda done, total: on_fraction(done / total if total else None)


def _filter(record: Mapping[str, Any]) -> Filter:
    options = [
        Option(**{name: option[name] for name in Option.__dataclass_fields__}) for option in record["options"]
    ]
    return Filter(record["name"], record["title"], record["summary"], tuple(options))
