"""One sub-command for each registered filter, made from the filter's own options."""

from __future__ import annotations

import dataclasses
import inspect
import os
import threading
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from unfade import batch
from unfade.batch import Plan, Record
from unfade.cli.interrupt import interruptible
from unfade.cli.progress import Display
from unfade.engine import Device, Engine
from unfade.errors import UsageError
from unfade.filters import FILTERS, Filter, option_of
from unfade.picture import OUTPUT_FORMATS


def add_filters(app: typer.Typer) -> None:
    """Gives the application a command for every filter there is."""
    for filter in FILTERS:
        app.command(filter.name, help=filter.summary)(_command(filter))


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """What every filter's command takes: files, the engine's settings, and how results are written."""

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


_INPUTS = typer.Argument(..., metavar="INPUT", show_default=False, help="Pictures, or folders of pictures.")
_RUN_OPTIONS: dict[str, Any] = {
    "output": typer.Option(
        None,
        "--output",
        "-o",
        metavar="OUTPUT",
        help="Where results go: a file for one input file, else a folder.",
    ),
    "format": typer.Option(
        None,
        metavar="|".join(OUTPUT_FORMATS),
        help="Format of the results in a folder; each picture's own when left out.",
    ),
    "quality": typer.Option(95, metavar="1..100", help="Quality of JPEG and WebP results."),
    "recursive": typer.Option(False, "--recursive", "-r", help="Look into the folders inside folders too."),
    "skip_existing": typer.Option(False, "--skip-existing", help="Leave out pictures whose result is there."),
    "json": typer.Option(False, "--json", help="Print one JSON record a picture."),
    "device": typer.Option(
        "auto", metavar="DEVICE", help="auto, cpu, cuda, cuda:N, coreml or directml."
    ),
    "tile": typer.Option(
        None, metavar="N", help="Largest side of a tile in pixels; small ones need less memory."
    ),
    "threads": typer.Option(None, metavar="N", help="CPU threads; all cores when left out."),
}  # fmt: skip


def _command(filter: Filter) -> Callable[..., int]:
    """A function that typer can read: one keyword for each option of the filter, then those of RunOptions."""
    own = [field.name for field in dataclasses.fields(filter.options)]

    def command(**values: Any) -> int:
        inputs = values.pop("inputs")
        options = filter.options(**{name: values.pop(name) for name in own})
        return _run(filter, options, inputs, RunOptions(**values))

    kinds = typing.get_type_hints(RunOptions)
    parameters = [
        _parameter("inputs", list[Path], _INPUTS),
        *_own_parameters(filter),
        *(_parameter(name, kinds[name], option) for name, option in _RUN_OPTIONS.items()),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _own_parameters(filter: Filter) -> Iterator[inspect.Parameter]:
    kinds = typing.get_type_hints(filter.options)
    for field in dataclasses.fields(filter.options):
        explained = option_of(field)
        ranged = explained.low is not None and explained.high is not None
        metavar = f"{explained.low:g}..{explained.high:g}" if ranged else field.name.upper()
        option = typer.Option(field.default, metavar=metavar, help=explained.help)
        yield _parameter(field.name, kinds[field.name], option)


def _parameter(name: str, kind: Any, option: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)


def _run(filter: Filter, options: Any, inputs: list[Path], run_options: RunOptions) -> int:
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
    names = [job.source.name for job in plan.jobs]
    with Display(names, as_json=run_options.json) as display:
        return interruptible(
            lambda: _work(filter, options, plan, engine, run_options, display, writing), writing
        )


def _work(
    filter: Filter,
    options: Any,
    plan: Plan,
    engine: Engine,
    run_options: RunOptions,
    display: Display,
    writing: threading.Lock,
) -> int:
    failed = len(plan.failures)
    for failure in plan.failures:
        display.show(Record(failure.source, None, error=str(failure.error)))
    if plan.jobs:
        ready = filter.prepare(options, engine)
        records = batch.run(
            plan.jobs,
            ready,
            quality=run_options.quality,
            skip_existing=run_options.skip_existing,
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
