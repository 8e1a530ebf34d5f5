"""Does the jobs of a plan one after the other; a picture that fails is recorded and the next one is done."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from unfade.batch.plan import Job
from unfade.errors import Cancelled, ModelError, OutputError, UnfadeError
from unfade.filters import Result, Runner
from unfade.log import unforeseen
from unfade.picture import Picture, read_picture, write_picture

logger = logging.getLogger(__name__)

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
        if self.input_size and self.output_size:
            words.append("{}x{} -> {}x{}".format(*self.input_size, *self.output_size))
        if self.seconds is not None:
            words.append(f"{self.seconds:.1f} s")
        if self.megapixels_per_second is not None:
            words.append(f"{self.megapixels_per_second:.2f} megapixels/s")
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
) -> Iterator[Record]:
    """Reads, filters and writes each job's picture, and gives its record when it is done or has failed.

    Args:
        runner: an opened filter or recipe, here or behind a service.
        quality: 1 to 100, for JPEG and WebP.
        skip_existing: leaves out jobs whose result is there.
        save_masks: writes each result's mask beside it, as NAME.mask.png, and makes the lack of a mask a
            failure.
        on_progress: told how far it is, also before the picture is read and before it is filtered.
        writing: held while a file is being written, so that whoever ends the process can wait for that.
        explain: what a failure is called.

    Raises:
        Cancelled: from ``on_progress``; every other failure is in the record, unless ``explain`` raises it.
    """
    for index, job in enumerate(jobs):

        def report(share: float, index: int = index) -> None:
            if on_progress is not None:
                on_progress(index, share)

        report(0.0)
        if skip_existing and job.target.exists():
            record = Record(job.source, job.target, skipped=True)
        else:
            try:
                mask_target = _mask_target(job, jobs) if save_masks else None
                record = _do(job, runner, quality, mask_target, report, writing or nullcontext())
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
    quality: int,
    mask_target: Path | None,
    report: Callable[[float], None],
    writing: AbstractContextManager[object],
) -> Record:
    started = time.perf_counter()
    _check_writable(job.target)  # before the minutes of work, not after
    picture = read_picture(job.source)
    report(0.0)
    result = runner.run(
        picture,
        want_mask=mask_target is not None,
        progress=lambda done, total: report(done / max(total, 1)),
    )
    if mask_target is not None and result.mask is None:
        raise ModelError(
            f"The model {result.report.model} does not tell where a watermark is, so {job.source} has no "
            "mask to save; leave --save-mask out, or choose another with --model."
        )
    with writing:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        if mask_target is not None and result.mask is not None:
            write_picture(Picture(result.mask[..., None]), mask_target)
        write_picture(result.picture, job.target, format=job.format, quality=quality)
    return _record(job, picture, result, time.perf_counter() - started)


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
        peak_memory_bytes=peak_memory_bytes(),
    )


def _mask_target(job: Job, jobs: Sequence[Job]) -> Path:
    """Where the job's mask goes. Raises OutputError where that is a picture of this run."""
    target = job.target.with_name(f"{job.target.stem}.mask.png")
    if any(target.resolve() in (other.source.resolve(), other.target.resolve()) for other in jobs):
        raise OutputError(f"{target} is a picture of this run, so no mask goes there; rename that picture.")
    return target


def _check_writable(target: Path) -> None:
    """Raises OutputError where the target cannot come into being. Makes nothing."""
    if target.is_dir():
        raise OutputError(f"{target} is a folder, so no picture can be written there; choose another name.")
    folder = target.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise OutputError(
            f"{target} cannot be written because {folder} is not a folder; choose another place."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"{target} cannot be written because {folder} may not be written to; choose another place."
        )


def peak_memory_bytes() -> int:
    """Peak resident set size of the process in bytes, from its start until now (it never goes down)."""
    if sys.platform == "win32":
        return _peak_on_windows()
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux and the BSDs KiB


def _peak_on_windows() -> int:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of psapi.h."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
            ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.K32GetProcessMemoryInfo.argtypes = (wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD)
    kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return int(counters.PeakWorkingSetSize)
