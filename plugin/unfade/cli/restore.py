"""The commands that restore pictures: one for each registered filter, made from its options, and ``run``."""

from __future__ import annotations

import dataclasses
import os
import threading
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from unfade import batch
from unfade.batch import Plan, Record
from unfade.cli.running import Display, interruptible
from unfade.errors import UsageError
from unfade.filters import FILTERS, Filter, Ready, option_of
from unfade.inference import Device, Engine
from unfade.paths import read_json
from unfade.picture import OUTPUT_FORMATS
from unfade.recipe import RECIPE_SUFFIX, read_recipe


class _Number(click.ParamType):  # type: ignore[type-arg]  # older clicks have no type arguments
    """A number, said to be one in so many words."""

    def __init__(self, kind: type[int] | type[float]) -> None:
        self.name = "number"
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._kind(value)
        except (TypeError, ValueError):
            whole = "whole " if self._kind is int else ""
            self.fail(f"{value!r} is no {whole}number.", param, ctx)


_TYPES: dict[type, Any] = {int: _Number(int), float: _Number(float), str: str, bool: bool}


@dataclass(frozen=True)
class RunOptions:
    """What all of them take: files, the engine's settings, and how results are written."""

    output: str | None
    format: str | None
    quality: int
    recursive: bool
    skip_existing: bool
    json: bool
    device: str
    tile: int | None
    threads: int | None

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise UsageError(f"quality must be a number from 1 to 100, not {self.quality}.")


_PICTURES = click.Argument(
    ["inputs"], metavar="INPUT...", type=click.Path(path_type=Path), nargs=-1, required=True
)
_RECIPE = click.Argument(["recipe"], metavar="RECIPE", type=click.Path(path_type=Path))
_RUN_OPTIONS = [
    click.Option(
        ["-o", "--output"],
        metavar="OUTPUT",
        help="Where results go: a file for one input file, else a folder.",
    ),
    click.Option(
        ["--format"],
        metavar="|".join(OUTPUT_FORMATS),
        help="Format of the results in a folder; each picture's own when left out.",
    ),
    click.Option(
        ["--quality"],
        type=_TYPES[int],
        default=95,
        show_default=True,
        metavar="1..100",
        help="Quality of JPEG and WebP results.",
    ),
    click.Option(["-r", "--recursive"], is_flag=True, help="Look into the folders inside folders too."),
    click.Option(["--skip-existing"], is_flag=True, help="Leave out pictures whose result is there."),
    click.Option(["--json"], is_flag=True, help="Print one JSON record a picture."),
    click.Option(
        ["--device"],
        default="auto",
        show_default=True,
        metavar="DEVICE",
        help="auto, cpu, cuda, cuda:N, coreml or directml.",
    ),
    click.Option(
        ["--tile"],
        type=_TYPES[int],
        metavar="N",
        help="Largest side of a tile in pixels; small ones need less memory.",
    ),
    click.Option(["--threads"], type=_TYPES[int], metavar="N", help="CPU threads; all cores when left out."),
]


def filter_names() -> list[str]:
    """The commands that the registry makes."""
    return [filter.name for filter in FILTERS]


def filter_command(name: str) -> click.Command | None:
    """The command of the filter of that name; None where there is no such filter."""
    filter = next((filter for filter in FILTERS if filter.name == name), None)
    if filter is None:
        return None
    own = dataclasses.fields(filter.options)

    def command(inputs: tuple[Path, ...], save_mask: bool = False, **values: Any) -> int:
        options = filter.options(**{field.name: _value(field, values.pop(field.name)) for field in own})
        prepare = (not save_mask and filter.prepare_maskless) or filter.prepare
        return _run_pictures(
            lambda engine: prepare(options, engine), inputs, RunOptions(**values), save_masks=save_mask
        )

    parameters = [_PICTURES, *_own_options(filter), *_RUN_OPTIONS]
    return click.Command(name, callback=command, params=parameters, help=filter.summary)


def _own_options(filter: Filter) -> Iterator[click.Option]:
    types = typing.get_type_hints(filter.options)
    for field in dataclasses.fields(filter.options):
        explained = option_of(field)
        flag = f"--{field.name.replace('_', '-')}"
        ranged = explained.low is not None and explained.high is not None
        metavar = f"{explained.low:g}..{explained.high:g}" if ranged else field.name.upper()
        (type_,) = {*(typing.get_args(types[field.name]) or (types[field.name],))} & {*_TYPES} or {str}
        if explained.kind is not None:
            yield click.Option([flag], metavar="FILE", help=explained.help)
        elif type_ is bool:
            yield click.Option(
                [f"{flag}/--no-{flag[2:]}"], default=field.default, show_default=True, help=explained.help
            )
        else:
            yield click.Option(
                [flag],
                type=_TYPES[type_],
                default=field.default,
                show_default=field.default is not None,
                metavar=metavar,
                help=explained.help,
            )
    if filter.prepare_maskless is not None:
        help = "Write NAME.mask.png beside each result: where a watermark was found."
        yield click.Option(["--save-mask"], is_flag=True, help=help)


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


def _run(recipe: Path, inputs: tuple[Path, ...], **values: Any) -> int:
    chain = read_recipe(recipe)
    return _run_pictures(lambda engine: chain.prepare(engine, masks=False), inputs, RunOptions(**values))


run = click.Command(
    "run",
    callback=_run,
    params=[_RECIPE, _PICTURES, *_RUN_OPTIONS],
    help=f"Run the filters of a recipe (*{RECIPE_SUFFIX}), one after the other.",
)


def _run_pictures(
    prepare: Callable[[Engine], Ready],
    inputs: tuple[Path, ...],
    run_options: RunOptions,
    *,
    save_masks: bool = False,
) -> int:
    """Runs what ``prepare`` opens over the pictures, and gives the exit code. Raises UnfadeErrors."""
    output = run_options.output
    plan = batch.plan(
        inputs,
        None if output is None else Path(output),
        format=run_options.format,
        recursive=run_options.recursive,
        into_folder=output is not None and output.endswith(("/", os.sep)),
    )
    engine = Engine(Device.parse(run_options.device), threads=run_options.threads, tile=run_options.tile)
    writing = threading.Lock()
    with Display([job.source.name for job in plan.jobs], as_json=run_options.json) as display:
        return interruptible(
            lambda: _work(lambda: prepare(engine), plan, run_options, save_masks, display, writing), writing
        )


def _work(
    prepare: Callable[[], Ready],
    plan: Plan,
    run_options: RunOptions,
    save_masks: bool,
    display: Display,
    writing: threading.Lock,
) -> int:
    failed = len(plan.failures)
    for failure in plan.failures:
        display.show(Record(failure.source, None, error=str(failure.error)))
    if plan.jobs:
        records = batch.run(
            plan.jobs,
            prepare(),
            quality=run_options.quality,
            skip_existing=run_options.skip_existing,
            save_masks=save_masks,
            on_progress=display.update,
            writing=writing,
        )
        for record in records:
            display.show(record)
            failed += not record.ok
    count = len(plan.jobs) + len(plan.failures)
    if failed and count > 1:
        display.note(f"{failed} of {count} pictures failed; the others are done.")
    return 1 if failed else 0
