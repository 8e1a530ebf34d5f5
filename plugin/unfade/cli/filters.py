"""One sub-command for each registered filter, made from the filter's own options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from unfade.cli.running import PICTURES, RunOptions, flags, keyword, run_command, run_pictures
from unfade.errors import UsageError
from unfade.filters import Filter, Option, all_filters, options_of
from unfade.paths import read_json

_SAVE_MASK = "save_mask"
_TYPES = {"bool": bool, "int": int, "float": float, "str": str}


def add_filters(app: typer.Typer) -> None:
    """Gives the application a command for every filter there is."""
    for filter in all_filters():
        app.command(filter.name, help=filter.summary)(_command(filter))


def _command(filter: Filter) -> Callable[..., int]:
    """A function that typer can read: pictures, the filter's options, then those of every run."""

    def command(inputs: list[Path], values: Mapping[str, Any], run_options: RunOptions) -> int:
        own = options_of(filter.Options)
        options = filter.Options(**{option.name: _value(option, values[option.name]) for option in own})
        save_masks = bool(values.get(_SAVE_MASK))
        return run_pictures(
            lambda engine: filter.open(options, engine), inputs, run_options, save_masks=save_masks
        )

    return run_command(command, [PICTURES, *_own_parameters(filter)])


def _value(option: Option, given: Any) -> Any:
    """The option's value: what is given, or what is in the file that is named. Raises UsageError."""
    if option.codec is None:
        return given
    if given is None:
        return option.default
    path = Path(given)
    try:
        return option.codec.read(read_json(path))
    except UsageError as error:
        if str(error).startswith(given):
            raise
        raise UsageError(f"{path} cannot be used: {error}") from error


def _own_parameters(filter: Filter) -> Iterator[inspect.Parameter]:
    for option in options_of(filter.Options):
        ranged = option.low is not None and option.high is not None
        metavar = f"{option.low:g}..{option.high:g}" if ranged else option.name.upper()
        if option.codec is not None:
            yield keyword(option.name, str | None, typer.Option(None, metavar="FILE", help=option.help))
        else:
            kind: Any = _TYPES[option.type]
            typed = typer.Option(option.default, *flags(option.name, kind), metavar=metavar, help=option.help)
            yield keyword(option.name, kind | None if option.optional else kind, typed)
    if filter.mask is not None:
        help = f"Write NAME.mask.png beside each result: {filter.mask}."
        yield keyword(_SAVE_MASK, bool, typer.Option(False, "--save-mask", help=help))
