"""What commands that restore pictures share: their options, and the run itself."""

from __future__ import annotations

import inspect
import os
import threading
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import typer

from unfade import batch
from unfade.batch import Plan, Record
from unfade.cli.interrupt import interruptible
from unfade.cli.progress import Display
from unfade.errors import UsageError
from unfade.filters import Runner
from unfade.inference import Device, Engine
from unfade.picture import OUTPUT_FORMATS

Open: TypeAlias = Callable[[Engine], Runner]
"""Finds and opens the models."""


@dataclass(frozen=True)
class RunOptions:
    """What they all take: files, the engine's settings, and how results are written."""

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
        "auto", "--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:N, coreml or directml."
    ),
    "tile": typer.Option(
        None, metavar="N", help="Largest side of a tile in pixels; small ones need less memory."
    ),
    "threads": typer.Option(None, metavar="N", help="CPU threads; all cores when left out."),
}  # fmt: skip


def flags(name: str, kind: Any) -> tuple[str, ...]:
    """How an option is typed, said in so many words: typer 0.27 took ``metavar="MODEL"`` for ``--MODEL``."""
    typed = name.replace("_", "-")
    return (f"--{typed}/--no-{typed}",) if kind is bool else (f"--{typed}",)


def keyword(name: str, kind: Any, option: Any) -> inspect.Parameter:
    """A parameter of a command, as typer reads it."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)


PICTURES = keyword(
    "inputs",
    list[Path],
    typer.Argument(..., metavar="INPUT", show_default=False, help="Pictures, or folders of pictures."),
)


def run_command(
    function: Callable[[list[Path], Mapping[str, Any], RunOptions], int],
    parameters: Sequence[inspect.Parameter],
) -> Callable[..., int]:
    """A function that typer can read: these parameters, PICTURES among them, then those of RunOptions.

    ``function`` gets the pictures, the values of the parameters by name, and the options of the run.
    """

    def command(**values: Any) -> int:
        run_options = RunOptions(**{name: values.pop(name) for name in _RUN_OPTIONS})
        return function(values.pop("inputs"), values, run_options)

    kinds = typing.get_type_hints(RunOptions)
    every = [*parameters, *(keyword(name, kinds[name], option) for name, option in _RUN_OPTIONS.items())]
    command.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    return command


def run_pictures(
    opened: Open, inputs: list[Path], run_options: RunOptions, *, save_masks: bool = False
) -> int:
    """Runs what ``opened`` opens over the pictures, and gives the exit code. Raises UnfadeErrors."""
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
            lambda: _work(lambda: opened(engine), plan, run_options, save_masks, display, writing),
            writing,
        )


def _work(
    opened: Callable[[], Runner],
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
            opened(),
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
