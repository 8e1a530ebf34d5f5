"""Which picture goes where: inputs expanded, outputs named, and clashes refused before anything runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unfade.errors import PictureError, UsageError
from unfade.picture import OUTPUT_FORMATS, PICTURE_SUFFIXES, format_named, format_of_suffix

FALLBACK_FORMAT = "png"


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
    format = _checked_format(format)
    if len(inputs) == 1 and not inputs[0].is_dir() and not (into_folder or output.is_dir()):
        jobs, failures = _one_file(inputs[0], output, format)
    else:
        if output.is_file() or (not into_folder and _format_of(output) and not output.is_dir()):
            raise UsageError(
                f"{output} names a file, but these inputs need a folder; give --output (-o) a folder's name."
            )
        jobs, failures = _into_folder(inputs, output, format, recursive)
    jobs = list(dict.fromkeys(jobs))  # a file named twice, or beside its own folder, is done once
    _refuse_clashes(jobs)
    return Plan(tuple(jobs), tuple(failures))


def _checked_format(format: str | None) -> str | None:
    if format is None:
        return None
    known = format_named(format)
    if known is None:
        raise UsageError(f"{format} is no format Unfade writes; --format takes {_either(OUTPUT_FORMATS)}.")
    return known.name


def _format_of(path: Path) -> str | None:
    known = format_of_suffix(path)
    return known.name if known else None


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _one_file(source: Path, output: Path, format: str | None) -> tuple[list[Job], list[Failure]]:
    of_suffix = _format_of(output)
    if of_suffix is None and output.suffix:
        suffixes = _either(OUTPUT_FORMATS.values())
        raise UsageError(f"{output} has a file type Unfade does not write; let its name end in {suffixes}.")
    if of_suffix is None and format is None:
        suffixes = _either(OUTPUT_FORMATS.values())
        raise UsageError(
            f"{output} is no folder and has no file type; let its name end in {suffixes}, or give --format."
        )
    if of_suffix is not None and format is not None and of_suffix != format:
        raise UsageError(
            f"{output} and --format {format} contradict each other; change the suffix or leave --format out."
        )
    failure = _missing(source)
    if failure:
        return [], [failure]
    return [Job(source, output, of_suffix or format or FALLBACK_FORMAT)], []


def _into_folder(
    inputs: Sequence[Path], output: Path, format: str | None, recursive: bool
) -> tuple[list[Job], list[Failure]]:
    jobs: list[Job] = []
    failures: list[Failure] = []
    for given in inputs:
        if not given.is_dir():
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
    if source.exists():
        return None
    return Failure(source, PictureError(f"{source} does not exist; check the name and the folder."))


def _no_pictures(folder: Path, recursive: bool) -> PictureError:
    advice = (
        "name another folder"
        if recursive
        else "name another folder, or add --recursive to look into the folders in it"
    )
    return PictureError(f"{folder} has no pictures in it; {advice}.")


def pictures_in(folder: Path, recursive: bool, *, leave_out: Path) -> Iterator[Path]:
    """Pictures by suffix, sorted; no hidden files, and nothing from the output folder: those are results."""
    results = leave_out.resolve()
    inside = results != folder.resolve()
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = sorted(
            name
            for name in folders
            if recursive and not name.startswith(".") and not (inside and (here / name).resolve() == results)
        )
        for name in sorted(names):
            path = here / name
            if path.suffix.lower() in PICTURE_SUFFIXES and not name.startswith(".") and path.is_file():
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
    if path.exists():
        status = path.stat()
        if status.st_ino:
            return f"{status.st_dev}:{status.st_ino}"
    real = os.path.normcase(path.resolve())
    return real.casefold() if sys.platform == "darwin" else real
