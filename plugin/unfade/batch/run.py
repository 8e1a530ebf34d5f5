"""Does the jobs of a plan one after the other; a picture that fails is recorded and the next one is done."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from unfade.batch.memory import peak_memory_bytes
from unfade.batch.plan import Job
from unfade.batch.record import Record
from unfade.errors import Cancelled, ModelError, OutputError, UnfadeError
from unfade.filters import Outcome, Ready
from unfade.log import log_file
from unfade.picture import Picture, read_picture, write_picture

logger = logging.getLogger(__name__)

OnProgress = Callable[[int, float], None]
"""Called with (index of the job, how much of it is done in [0, 1]); may raise Cancelled."""


def run(
    jobs: Sequence[Job],
    filter: Ready,
    *,
    quality: int = 95,
    skip_existing: bool = False,
    save_masks: bool = False,
    on_progress: OnProgress | None = None,
    writing: AbstractContextManager[object] | None = None,
) -> Iterator[Record]:
    """Reads, filters and writes each job's picture, and gives its record when it is done or has failed.

    ``save_masks`` writes each outcome's mask beside the result, as NAME.mask.png, and makes the lack of a
    mask a failure. ``writing`` is held while a file is being written, so that whoever ends the process can
    wait for that.
    Raises Cancelled only (from ``on_progress``); every other failure is in the record.
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
                record = _do(job, filter, quality, mask_target, report, writing or nullcontext())
                logger.info("%s", record)
            except Cancelled:
                raise
            except Exception as error:
                record = Record(job.source, job.target, error=_sentence(error, job))
        report(1.0)
        yield record


def _do(
    job: Job,
    filter: Ready,
    quality: int,
    mask_target: Path | None,
    report: Callable[[float], None],
    writing: AbstractContextManager[object],
) -> Record:
    started = time.perf_counter()
    _check_writable(job.target)  # before the minutes of work, not after
    picture = read_picture(job.source)
    outcome = filter(picture, lambda done, total: report(done / max(total, 1)))
    if mask_target is not None and outcome.mask is None:
        raise ModelError(
            f"The model {outcome.model} does not tell where a watermark is, so {job.source} has no mask to "
            "save; leave --save-mask out, or choose another with --model."
        )
    with writing:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        if mask_target is not None and outcome.mask is not None:
            write_picture(Picture(outcome.mask[..., None]), mask_target)
        write_picture(outcome.picture, job.target, format=job.format, quality=quality)
    return _record(job, picture, outcome, time.perf_counter() - started)


def _record(job: Job, picture: Picture, outcome: Outcome, seconds: float) -> Record:
    result = outcome.picture
    megapixels = picture.width * picture.height / 1e6
    return Record(
        input=job.source,
        output=job.target,
        input_size=(picture.width, picture.height),
        output_size=(result.width, result.height),
        seconds=seconds,
        engine_seconds=outcome.engine_seconds,
        megapixels_per_second=megapixels / outcome.engine_seconds if outcome.engine_seconds else None,
        model=outcome.model,
        provider=outcome.provider,
        fallback=outcome.fallback,
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


def _sentence(error: Exception, job: Job) -> str:
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
    kind = type(error).__name__
    return f"{job.source} failed in a way Unfade did not foresee ({kind}); {log_file()} tells more."
