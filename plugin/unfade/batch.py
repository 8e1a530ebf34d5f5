"""Files and folders in, files out: which picture goes where, and doing them one after the other.

:func:`plan` refuses what clashes before anything runs; :func:`run` does the jobs, and a picture that fails is
recorded and the next one is done.
"""

from __future__ import annotations

import dataclasses
import errno
import functools
import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unfade.errors import (
    Cancelled,
    ModelError,
    OutputError,
    PictureError,
    UnfadeError,
    UsageError,
    listed,
)
from unfade.filters import Result, Runner, size_of
from unfade.log import unforeseen
from unfade.paths import is_file, is_folder, is_there, remove_leftovers, resolved
from unfade.picture import (
    OUTPUT_FORMATS,
    PICTURE_SUFFIXES,
    PagesWriter,
    Picture,
    check_output,
    check_writable,
    format_named,
    page_count,
    read_picture,
    write_picture,
    written_format_of_suffix,
)
from unfade.picture.scratch import peak_memory_bytes

logger = logging.getLogger(__name__)

FALLBACK_FORMAT = "png"

_NO_SUCH_NAME = (errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP)


@dataclass(frozen=True)
class Job:
    """One picture to read and the file its result goes to."""

    source: Path
    target: Path
    format: str | None = None
    """A key of ``unfade.picture.OUTPUT_FORMATS``; None for what the target's suffix says."""


@dataclass(frozen=True)
class Failure:
    """An input that leads to no job, and the sentence that says why."""

    source: Path
    error: PictureError


@dataclass(frozen=True)
class Plan:
    """What a run will do: the jobs in order, and the inputs that have failed already."""

    jobs: tuple[Job, ...]
    failures: tuple[Failure, ...]


def plan(
    inputs: Sequence[Path],
    output: Path | None,
    *,
    format: str | None = None,
    recursive: bool = False,
    into_folder: bool = False,
) -> Plan:
    """Expands files and folders into jobs.

    One input file goes to the file ``output``, or into it where it is a folder already or ``into_folder``
    says that a folder is meant; anything else goes into the folder ``output``, stems kept, and sub-folders
    kept with ``recursive``. The suffix of an output file decides its format; in folders ``format`` does, else
    the input's own (PNG where that cannot be written).

    UsageError: no output, an unknown format or suffix, two inputs for one output, an output that is an input.
    """
    if output is None:
        raise UsageError("Where the result should go is missing; name a file or a folder with --output (-o).")
    for path in (*inputs, output):
        _check_name(path)
    format = _checked_format(format)
    if len(inputs) == 1 and not is_folder(inputs[0]) and not (into_folder or is_folder(output)):
        jobs, failures = _one_file(inputs[0], output, format)
    else:
        if is_file(output) or (not into_folder and _format_of(output) and not is_folder(output)):
            raise UsageError(
                f"{output} names a file, but these inputs need a folder; give --output (-o) a folder's name."
            )
        jobs, failures = _into_folder(inputs, output, format, recursive)
    jobs = list(dict.fromkeys(jobs))  # a file named twice, or beside its own folder, is done once
    _refuse_clashes(jobs)
    return Plan(tuple(jobs), tuple(failures))


def _check_name(path: Path) -> None:
    """Raises UsageError for a name that the file system cannot have, such as one that is too long."""
    try:
        path.stat()
    except OSError as error:
        if error.errno in _NO_SUCH_NAME:
            raise UsageError(f"{path} cannot be used: {error.strerror}; choose another name.") from error
    except ValueError as error:
        raise UsageError(f"{path!r} cannot be used: {error}; choose another name.") from error


def _checked_format(format: str | None) -> str | None:
    if format is None:
        return None
    known = format_named(format)
    if known is None:
        raise UsageError(
            f"{format} is no format Unfade writes; --format takes {listed(OUTPUT_FORMATS, 'or')}."
        )
    return known.name


def _format_of(path: Path) -> str | None:
    known = written_format_of_suffix(path)
    return known.name if known else None


def _one_file(source: Path, output: Path, format: str | None) -> tuple[list[Job], list[Failure]]:
    of_suffix = _format_of(output)
    if of_suffix is None and output.suffix:
        suffixes = listed(OUTPUT_FORMATS.values(), "or")
        raise UsageError(f"{output} has a file type Unfade does not write; let its name end in {suffixes}.")
    failure = _missing(source)
    if failure:  # said first: a misspelt folder looks like one file that is to go into another
        return [], [failure]
    if of_suffix is None and format is None:
        suffixes = listed(OUTPUT_FORMATS.values(), "or")
        raise UsageError(
            f"{output} is no folder and has no file type; let its name end in {suffixes}, or give --format."
        )
    if of_suffix is not None and format is not None and of_suffix != format:
        raise UsageError(
            f"{output} and --format {format} contradict each other; change the suffix or leave --format out."
        )
    return [Job(source, output, of_suffix or format or FALLBACK_FORMAT)], []


def _into_folder(
    inputs: Sequence[Path], output: Path, format: str | None, recursive: bool
) -> tuple[list[Job], list[Failure]]:
    jobs: list[Job] = []
    failures: list[Failure] = []
    for given in inputs:
        if not is_folder(given):
            failure = _missing(given)
            if failure:
                failures.append(failure)
            else:
                jobs.append(_job(given, output, Path(), format))
            continue
        found = list(pictures_in(given, recursive, leave_out=output))
        if not found:
            failures.append(Failure(given, _no_pictures(given, recursive)))
        jobs.extend(_job(source, output, source.parent.relative_to(given), format) for source in found)
    return jobs, failures


def _job(source: Path, folder: Path, below: Path, format: str | None) -> Job:
    own = _format_of(source)
    chosen = format or own or FALLBACK_FORMAT
    suffix = source.suffix if chosen == own else OUTPUT_FORMATS[chosen]
    return Job(source, folder / below / (source.stem + suffix), chosen)


def _missing(source: Path) -> Failure | None:
    try:
        source.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Failure(source, PictureError(f"{source} does not exist; check the name and the folder."))
    except OSError:  # reading it will tell what is in the way
        pass
    return None


def _no_pictures(folder: Path, recursive: bool) -> PictureError:
    try:
        os.scandir(folder).close()
    except OSError as error:
        return PictureError(f"{folder} cannot be read: {error.strerror}; name another folder.")
    advice = (
        "name another folder"
        if recursive
        else "name another folder, or add --recursive to look into the folders in it"
    )
    return PictureError(f"{folder} has no pictures in it; {advice}.")


def pictures_in(folder: Path, recursive: bool, *, leave_out: Path) -> Iterator[Path]:
    """Pictures by suffix, sorted; no hidden files, and nothing from the output folder: those are results."""
    results = resolved(leave_out)
    inside = results != resolved(folder)
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = sorted(
            name
            for name in folders
            if recursive and not name.startswith(".") and not (inside and resolved(here / name) == results)
        )
        for name in sorted(names):
            path = here / name
            if path.suffix.lower() in PICTURE_SUFFIXES and not name.startswith(".") and is_file(path):
                yield path


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    sources = {_identity(job.source): job.source for job in jobs}
    targets: dict[str, Path] = {}
    for job in jobs:
        target = _identity(job.target)
        if target in sources:
            raise UsageError(
                f"{job.target} is an input, and Unfade does not write over what it reads; "
                "give --output (-o) another name."
            )
        if target in targets:
            raise UsageError(
                f"{targets[target]} and {job.source} would both be written to {job.target}; "
                "rename one of them or give them separate output folders."
            )
        targets[target] = job.source


def _identity(path: Path) -> str:
    """One string for one file: links resolved, and case folded where the file system usually does so."""
    try:
        status = path.stat()
    except OSError:  # not there, or a name that cannot be: writing to it will say so
        pass
    else:
        if status.st_ino:
            return f"{status.st_dev}:{status.st_ino}"
    real = os.path.normcase(resolved(path))
    return real.casefold() if sys.platform == "darwin" else real


OnProgress = Callable[[int, float], None]
"""Called with (index of the job, how much of it is done in [0, 1]); may raise Cancelled."""
Explain = Callable[[Exception, Job], str]
"""Gives the sentence for a failure, or raises what ends the run."""


@dataclass(frozen=True)
class Record:
    """What a run says about one picture, behind ``--json`` and behind the line a person reads.

    Sizes are (width, height); what is not known, because it failed before, is None.

    The field names are the keys of the JSON record, and scripts depend on them.
    """

    input: Path
    output: Path | None
    """Where the result belongs; it is there unless ``error`` says otherwise."""
    input_size: tuple[int, int] | None = None
    output_size: tuple[int, int] | None = None
    seconds: float | None = None
    """Reading, filtering and writing."""
    engine_seconds: float | None = None
    """Running the network alone."""
    megapixels_per_second: float | None = None
    """Megapixels of the input for each second inside the engine."""
    model: str | None = None
    provider: str | None = None
    fallback: str | None = None
    chosen: Mapping[str, float] | None = None
    """Options that were left to the picture, and their values for it."""
    peak_memory_bytes: int | None = None
    """The most memory the process had held by the end of this picture."""
    recipe: list[dict[str, Any]] | None = None
    """The steps that Restore chose, as recipes have them."""
    pages: int | None = None
    """How many pages were done, where several were."""
    warnings: tuple[str, ...] = ()
    """Sentences on what was lost or guessed in reading and writing, or asked for and not done."""
    skipped: bool = False
    """The output was there already, and ``--skip-existing`` was given."""
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the output is there."""
        return self.error is None

    def to_json(self) -> str:
        """One line of JSON with every field; paths as strings, numbers to the sixth decimal."""
        values = dict(vars(self))
        for name, value in values.items():
            if isinstance(value, Path):
                values[name] = str(value)
            elif isinstance(value, float):
                values[name] = round(value, 6)
        return json.dumps(values)

    def to_line(self) -> str:
        """One line for a person; for a failure, its sentence."""
        if self.error is not None:
            return self.error
        if self.skipped:
            return f"{self.output}  was there already"
        words = [f"{self.output}"]
        if self.pages:
            words.append(f"{self.pages} pages")
        if self.input_size and self.output_size:
            words.append("{}x{} -> {}x{}".format(*self.input_size, *self.output_size))
        if self.seconds is not None:
            words.append(f"{self.seconds:.1f} s")
        if self.megapixels_per_second is not None:
            words.append(f"{self.megapixels_per_second:.2f} megapixels/s")
        if self.recipe is not None:
            words.append(", ".join(step["filter"] for step in self.recipe) or "nothing to do")
        return "  ".join(words)


def explain(error: Exception, job: Job) -> str:
    """The sentence for a picture's failure, which is noted in the log."""
    if isinstance(error, UnfadeError):
        logger.warning("%s: %s: %s", job.source, type(error).__name__, error)
        return str(error)
    logger.error("%s failed unexpectedly", job.source, exc_info=error)
    if isinstance(error, MemoryError):
        return (
            f"{job.source} needs more memory than there is; close other programs, or use a smaller picture."
        )
    if isinstance(error, OSError):
        return f"{job.target} was not written: {error.strerror or error}; check the disk and the folder."
    return unforeseen(error, f"{job.source} failed in a way")


def run(
    jobs: Sequence[Job],
    runner: Runner,
    *,
    quality: int = 95,
    skip_existing: bool = False,
    save_masks: bool = False,
    on_progress: OnProgress | None = None,
    writing: AbstractContextManager[object] | None = None,
    explain: Explain = explain,
    pages: int | Literal["all"] | None = None,
    read: Callable[[Path], Picture] = read_picture,
    write: Callable[[Picture, Job], tuple[str, ...]] | None = None,
) -> Iterator[Record]:
    """Reads, filters and writes each job's picture, and gives its record when it is done or has failed.

    Args:
        runner: an opened filter or recipe, here or behind a service.
        quality: 1 to 100, for JPEG, WebP, AVIF and JPEG XL.
        skip_existing: leaves out jobs whose result is there.
        save_masks: writes each result's mask beside it, as NAME.mask.png, and makes the lack of a mask a
            failure.
        on_progress: told how far it is, also before the picture is read and before it is filtered.
        writing: held while a file is being written, so that whoever ends the process can wait for that.
        explain: what a failure is called.
        pages: of files that have several: which one (from 1), or all of them into one TIFF file; by default
            the first.
        read: gives a job's picture, where it may be in memory already.
        write: writes a job's result, whole or not at all, and gives what its format could not hold; for where
            more is to be said than ``quality``.

    Raises:
        Cancelled: from ``on_progress``; every other failure is in the record, unless ``explain`` raises it.
    """

    def write_result(picture: Picture, job: Job) -> tuple[str, ...]:
        return write_picture(picture, job.target, format=job.format, quality=quality)

    if isinstance(pages, int):
        read = functools.partial(read_picture, page=pages - 1)

    for folder in {job.target.parent for job in jobs}:
        remove_leftovers(folder)
    runner.survey([job.source for job in jobs])
    taken = {resolved(path) for job in jobs for path in (job.source, job.target)} if save_masks else set()
    for index, job in enumerate(jobs):

        def report(share: float, index: int = index) -> None:
            if on_progress is not None:
                on_progress(index, share)

        report(0.0)
        held = writing or nullcontext()
        try:
            mask_target = _mask_target(job, taken) if save_masks else None
            if skip_existing and is_there(job.target):
                record = Record(job.source, job.target, skipped=True)
            elif pages == "all" and (count := page_count(job.source)) > 1:
                if mask_target is not None:
                    raise OutputError(
                        f"{job.source} has {count} pages, and one mask is written for a picture; "
                        "choose a page with --pages N."
                    )
                record = _do_pages(job, count, runner, quality, report, held)
            else:
                record = _do(job, runner, read, write or write_result, mask_target, report, held)
            logger.info("%s", record)
        except Cancelled:
            raise
        except Exception as error:
            record = Record(job.source, job.target, error=explain(error, job))
        report(1.0)
        yield record


def _do(
    job: Job,
    runner: Runner,
    read: Callable[[Path], Picture],
    write: Callable[[Picture, Job], tuple[str, ...]],
    mask_target: Path | None,
    report: Callable[[float], None],
    writing: AbstractContextManager[object],
) -> Record:
    started = time.perf_counter()
    check_writable(job.target)  # before the minutes of work, not after
    picture = read(job.source)
    report(0.0)
    _check_fits(job, runner, picture)
    result = runner.run(
        picture,
        want_mask=mask_target is not None,
        progress=lambda done, total: report(done / max(total, 1)),
    )
    if mask_target is not None and result.mask is None:
        raise ModelError(
            f"The model {result.report.model} makes no mask, so {job.source} has none to save; "
            "leave --save-mask out, or choose another with --model."
        )
    with writing:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        if mask_target is not None and result.mask is not None:
            write_picture(Picture(result.mask[..., None]), mask_target)
        told = write(result.picture, job)
    record = _record(job, picture, result, time.perf_counter() - started)
    return dataclasses.replace(record, warnings=_once(picture.warnings + result.report.warnings + told))


def _do_pages(
    job: Job,
    count: int,
    runner: Runner,
    quality: int,
    report: Callable[[float], None],
    writing: AbstractContextManager[object],
) -> Record:
    """All pages of a file into one. The record's sizes are those of the first page."""
    started = time.perf_counter()
    check_writable(job.target)
    records, told = [], dict[str, list[int]]()
    with closing(PagesWriter(job.target, format=job.format, quality=quality)) as writer:
        for index in range(count):

            def on_progress(done: float, total: int, index: int = index) -> None:
                report((index + done / max(total, 1)) / count)

            picture = read_picture(job.source, page=index)
            _check_fits(job, runner, picture)
            result = runner.run(picture, progress=on_progress)
            writer.add(result.picture)
            for sentence in _once(picture.warnings + result.report.warnings):
                told.setdefault(sentence, []).append(index + 1)
            records.append(_record(job, picture, result, 0.0))
        with writing:
            job.target.parent.mkdir(parents=True, exist_ok=True)
            lost = writer.finish()
    engine_seconds = sum(record.engine_seconds or 0.0 for record in records)
    megapixels = sum(math.prod(record.input_size or (0,)) for record in records) / 1e6
    return dataclasses.replace(
        records[0],
        seconds=time.perf_counter() - started,
        engine_seconds=engine_seconds,
        megapixels_per_second=megapixels / engine_seconds if engine_seconds else None,
        fallback=next((record.fallback for record in records if record.fallback), None),
        pages=count,
        warnings=_once((*(f"{_pages(of)}: {sentence}" for sentence, of in told.items()), *lost)),
    )


def _pages(numbers: Sequence[int]) -> str:
    """``Page 3``, or ``Pages 1 to 4 and 7``: of ascending numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return f"Page{'s' if len(numbers) > 1 else ''} {listed(words, 'and')}"


def _check_fits(job: Job, runner: Runner, picture: Picture) -> None:
    """Raises OutputError where the result cannot be written: before the minutes of work, not after."""
    size = runner.output_size(size_of(picture))
    samples = picture.pixels.shape[2] * picture.pixels.itemsize
    check_output(job.target, size.width, size.height, samples=samples, format=job.format)


def _once(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))


def _record(job: Job, picture: Picture, result: Result, seconds: float) -> Record:
    report, megapixels = result.report, picture.width * picture.height / 1e6
    return Record(
        input=job.source,
        output=job.target,
        input_size=(picture.width, picture.height),
        output_size=(result.picture.width, result.picture.height),
        seconds=seconds,
        engine_seconds=report.engine_seconds,
        megapixels_per_second=megapixels / report.engine_seconds if report.engine_seconds else None,
        model=report.model,
        provider=report.provider,
        fallback=report.fallback,
        chosen=dict(report.chosen),
        recipe=report.recipe,
        peak_memory_bytes=peak_memory_bytes(),
    )


def _mask_target(job: Job, taken: set[Path]) -> Path:
    """Where the job's mask goes, which is ``taken`` from now on. Raises OutputError where it is already: by a
    picture of this run, or by the mask of one."""
    target = job.target.with_name(f"{job.target.stem}.mask.png")
    if (real := resolved(target)) in taken:
        raise OutputError(
            f"{target} is a picture of this run, or the mask of one, so no mask goes there; "
            "rename that picture."
        )
    taken.add(real)
    return target
