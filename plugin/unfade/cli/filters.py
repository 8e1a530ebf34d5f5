"""One sub-command for each registered filter, made from the filter's own options."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from unfade.cli.running import PICTURES, RunOptions, flags, keyword, run_command, run_pictures
from unfade.errors import UsageError
from unfade.filters import FILTERS, Filter, option_of
from unfade.paths import read_json

_SAVE_MASK = "save_mask"


def add_filters(app: typer.Typer) -> None:
    """Gives the application a command for every filter there is."""
    for filter in FILTERS:
        app.command(filter.name, help=filter.summary)(_command(filter))


def _command(filter: Filter) -> Callable[..., int]:
    """A function that typer can read: pictures, the filter's options, then those of every run."""
    own = dataclasses.fields(filter.options)

    def command(inputs: list[Path], values: Mapping[str, Any], run_options: RunOptions) -> int:
        options = filter.options(**{field.name: _value(field, values[field.name]) for field in own})
        save_masks = bool(values.get(_SAVE_MASK))
        prepare = (not save_masks and filter.prepare_maskless) or filter.prepare
        return run_pictures(
            lambda engine: prepare(options, engine), inputs, run_options, save_masks=save_masks
        )

    return run_command(command, [PICTURES, *_own_parameters(filter)])


def _value(field: dataclasses.Field[Any], given: Any) -> Any:
    """The option's value: what is given, or what is in the file that is named. Raises UsageError."""
    kind = option_of(field).kind
    if kind is None:
        return given
    if given is None:
        return field.default
    path = Path(given)
    try:
        return kind.read(read_json(path))
    except UsageError as error:
        if str(error).startswith(given):
            raise
        raise UsageError(f"{path} cannot be used: {error}") from error


def _own_parameters(filter: Filter) -> Iterator[inspect.Parameter]:
    kinds = typing.get_type_hints(filter.options)
    for field in dataclasses.fields(filter.options):
        explained = option_of(field)
        ranged = explained.low is not None and explained.high is not None
        metavar = f"{explained.low:g}..{explained.high:g}" if ranged else field.name.upper()
        if explained.kind is not None:
            option = typer.Option(None, metavar="FILE", help=explained.help)
            yield keyword(field.name, str | None, option)
        else:
            option = typer.Option(
                field.default, *flags(field.name, kinds[field.name]), metavar=metavar, help=explained.help
            )
            yield keyword(field.name, kinds[field.name], option)
    if filter.prepare_maskless is not None:
        help = "Write NAME.mask.png beside each result: where a watermark was found."
        yield keyword(_SAVE_MASK, bool, typer.Option(False, "--save-mask", help=help))
