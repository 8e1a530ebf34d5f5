"""The commands that run filters: one for each registered filter, made from its options, and ``run``.

``-`` is a picture from standard input, or the result to standard output. Both pass through files in a
temporary folder, as decoders and encoders go back and forth.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from unfade import batch
from unfade.batch import Plan, Record
from unfade.cli.running import Display, Unprintable, interruptible, is_terminal
from unfade.errors import OutputError, UsageError
from unfade.filters import (
    RECIPE_SUFFIX,
    Filter,
    Option,
    Runner,
    all_filters,
    find_filter,
    options_of,
    read_recipe,
)
from unfade.inference import Device, Engine
from unfade.paths import is_folder, read_json
from unfade.picture import OUTPUT_FORMATS, format_named

STREAM = "-"
_INPUT, _OUTPUT = "standard input", "standard output"


class Streams:
    """The inputs and the output of a run, with files in place of streams while it is entered.

    Attributes:
        inputs: the pictures to read.
        output: where results go; None if that is not said.
    """

    def __init__(self, inputs: Sequence[Path], output: str | None, format: str | None) -> None:
        """Raises UsageError for streams that cannot be used so."""
        self.inputs, self.output = tuple(inputs), output
        self._reads = sum(str(path) == STREAM for path in inputs)
        self.writes = output == STREAM
        if self._reads > 1:
            raise UsageError("Standard input (-) holds one picture; name it once.")
        if self._reads and (sys.stdin is None or is_terminal(sys.stdin)):
            raise UsageError("Standard input (-) is the keyboard, or closed; pipe a picture into it.")
        if self.writes:
            if len(inputs) != 1 or is_folder(inputs[0]):
                raise UsageError("Standard output (-o -) takes one result; name one picture.")
            if format is None or format_named(format) is None:
                names = ", ".join(OUTPUT_FORMATS)
                raise UsageError(f"For standard output (-o -) name the format with --format: {names}.")
            if sys.stdout is None or is_terminal(sys.stdout):
                raise UsageError(
                    "Standard output (-o -) is the terminal, or closed; send it to a file or a program."
                )
        self._format = format
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._names: dict[str, str] = {}

    def __enter__(self) -> Streams:
        if not (self._reads or self.writes):
            return self
        self._folder = tempfile.TemporaryDirectory(prefix="unfade-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        if self._reads:
            file = folder / "stdin"
            try:
                with file.open("wb") as stream:
                    shutil.copyfileobj(sys.stdin.buffer, stream)
            except OSError as error:
                self._folder.cleanup()
                raise OutputError(
                    f"Standard input cannot be kept in {folder.parent}: {error.strerror or error}; "
                    "name another folder by the variable TMPDIR."
                ) from error
            self.inputs = tuple(file if str(path) == STREAM else path for path in self.inputs)
            self._names[str(file)] = _INPUT
        if self.writes:
            kind = format_named(self._format or "")
            assert kind is not None
            self.output = str(folder / f"stdout{kind.suffixes[0]}")
            self._names[self.output] = _OUTPUT
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def named(self, record: Record) -> Record:
        """The record as the user knows the files; what was written goes to standard output."""
        if not self._names:
            return record
        if self.writes and record.ok and self.output is not None:
            try:
                with Path(self.output).open("rb") as stream:
                    shutil.copyfileobj(stream, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                raise
            except OSError as why:
                raise Unprintable.because(why) from why
        error, warnings = record.error, record.warnings
        for path, name in self._names.items():
            error = error and error.replace(path, name)
            warnings = tuple(sentence.replace(path, name) for sentence in warnings)
        return dataclasses.replace(
            record,
            input=Path(STREAM) if str(record.input) in self._names else record.input,
            output=Path(STREAM) if str(record.output) in self._names else record.output,
            error=error,
            warnings=warnings,
        )


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


class _Pages(click.ParamType):  # type: ignore[type-arg]
    """The number of a page, from 1, or "all"."""

    name = "pages"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "all" or isinstance(value, int):
            return value
        if not value.isdecimal() or int(value) < 1:
            self.fail(f"{value!r} is neither a page's number nor all.", param, ctx)
        return int(value)


_TYPES: dict[str, Any] = {"int": _Number(int), "float": _Number(float), "str": str}


@dataclass(frozen=True)
class RunOptions:
    """What all of them take: files, the engine's settings, and how results are written."""

    output: str | None
    format: str | None
    quality: int
    pages: int | Literal["all"] | None
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
        help="Where results go: a file for one input file, else a folder; - is standard output.",
    ),
    click.Option(
        ["--format"],
        metavar="|".join(OUTPUT_FORMATS),
        help="Format of the results in a folder or on standard output; each picture's own when left out.",
    ),
    click.Option(
        ["--quality"],
        type=_TYPES["int"],
        default=95,
        show_default=True,
        metavar="1..100",
        help="Quality of JPEG, WebP, AVIF and JPEG XL results.",
    ),
    click.Option(
        ["--pages"],
        type=_Pages(),
        metavar="all|N",
        help="Of several pages: all of them, into one TIFF file, or page N; the first when left out.",
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
        type=_TYPES["int"],
        metavar="N",
        help="Largest side of a tile in pixels; small ones need less memory.",
    ),
    click.Option(
        ["--threads"], type=_TYPES["int"], metavar="N", help="CPU threads; all cores when left out."
    ),
]


def filter_names() -> list[str]:
    """The commands that the registry makes."""
    return [filter.name for filter in all_filters()]


def filter_command(name: str) -> click.Command | None:
    """The command of the filter of that name; None where there is no such filter."""
    if name not in filter_names():
        return None
    filter = find_filter(name)

    def command(inputs: tuple[Path, ...], save_mask: bool = False, **values: Any) -> int:
        own = options_of(filter.Options)
        options = filter.Options(**{option.name: _value(option, values.pop(option.name)) for option in own})
        return _run_pictures(
            lambda engine: filter.open(options, engine), inputs, RunOptions(**values), save_masks=save_mask
        )

    parameters = [_PICTURES, *_own_options(filter), *_RUN_OPTIONS]
    return click.Command(name, callback=command, params=parameters, help=filter.summary)


def _own_options(filter: Filter) -> Iterator[click.Option]:
    for option in options_of(filter.Options):
        flag = f"--{option.name.replace('_', '-')}"
        ranged = option.low is not None and option.high is not None
        metavar = f"{option.low:g}..{option.high:g}" if ranged else option.name.upper()
        if option.codec is not None:
            yield click.Option([flag], metavar="FILE", help=option.help)
        elif option.type == "bool":
            both = [f"{flag}/--no-{flag[2:]}"]
            yield click.Option(both, default=option.default, show_default=True, help=option.help)
        else:
            yield click.Option(
                [flag],
                type=_TYPES[option.type],
                default=option.default,
                show_default=option.default is not None,
                metavar=metavar,
                help=option.help,
            )
    if filter.mask is not None:
        help = f"Write NAME.mask.png beside each result: {filter.mask}."
        yield click.Option(["--save-mask"], is_flag=True, help=help)


def _value(option: Option, given: Any) -> Any:
    """The option's value: what is given, or what is in the file that is named. Raises UsageError."""
    if option.codec is None:
        return given
    if given is None:
        return option.default
    path = Path(given)
    raw = read_json(path)
    try:
        return option.codec.read(raw)
    except UsageError as error:
        raise UsageError(f"{path} cannot be used: {error}") from error


def _run(recipe: Path, inputs: tuple[Path, ...], **values: Any) -> int:
    return _run_pictures(read_recipe(recipe).open, inputs, RunOptions(**values))


run = click.Command(
    "run",
    callback=_run,
    params=[_RECIPE, _PICTURES, *_RUN_OPTIONS],
    help=f"Run the filters of a recipe (*{RECIPE_SUFFIX}), one after the other.",
)


def _run_pictures(
    open_on: Callable[[Engine], Runner],
    inputs: tuple[Path, ...],
    run_options: RunOptions,
    *,
    save_masks: bool = False,
) -> int:
    """Runs what ``open_on`` opens over the pictures, and gives the exit code. Raises UnfadeErrors."""
    streams = Streams(inputs, run_options.output, run_options.format)
    if streams.writes and run_options.json:
        raise UsageError("Standard output takes the picture (-o -) or the records (--json), not both.")
    if streams.writes and save_masks:
        raise UsageError("Standard output takes the picture alone (-o -); with --save-mask name a file.")
    with streams:
        output = streams.output
        plan = batch.plan(
            streams.inputs,
            None if output is None else Path(output),
            format=run_options.format,
            recursive=run_options.recursive,
            into_folder=output is not None and output.endswith(("/", os.sep)),
        )
        engine = Engine(Device.parse(run_options.device), threads=run_options.threads, tile=run_options.tile)
        writing = threading.Lock()
        names = [job.source.name for job in plan.jobs]
        with Display(names, as_json=run_options.json, result_on_stdout=streams.writes) as display:
            return interruptible(
                lambda: _work(
                    lambda: open_on(engine), engine, plan, run_options, save_masks, streams, display, writing
                ),
                writing,
            )


def _work(
    opened: Callable[[], Runner],
    engine: Engine,
    plan: Plan,
    run_options: RunOptions,
    save_masks: bool,
    streams: Streams,
    display: Display,
    writing: threading.Lock,
) -> int:
    failed = len(plan.failures)
    for failure in plan.failures:
        display.show(Record(failure.source, None, error=str(failure.error)))
    if plan.jobs:
        runner = opened()
        if engine.enlarged_tile is not None:
            display.note(engine.enlarged_tile)
        records = batch.run(
            plan.jobs,
            runner,
            quality=run_options.quality,
            skip_existing=run_options.skip_existing,
            save_masks=save_masks,
            pages=run_options.pages,
            on_progress=display.update,
            writing=writing,
        )
        for record in records:
            display.show(streams.named(record))
            failed += not record.ok
    count = len(plan.jobs) + len(plan.failures)
    if failed and count > 1:
        display.note(f"{failed} of {count} pictures failed; the others are done.")
    return 1 if failed else 0
