"""``unfade serve``: one thread reads requests, one runs filters, one writes replies.

The reading thread never waits for a filter, so that a cancel is answered at once; the filter itself stops
in the middle of a tile. Nothing is left behind when the process ends, so it ends without waiting.

Between requests pictures and opened recipes are kept. Pictures are known by an id of their own, so that a
further region of one needs no second look: its opened models, what lies between the steps of its chain, and
Colorize's chroma are there already.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import itertools
import logging
import os
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

from unfade.errors import UnfadeError, UsageError
from unfade.filters import (
    RECIPE_VERSION,
    Memo,
    Progress,
    Recipe,
    Runner,
    all_filters,
    describe_options,
    finds_mask,
)
from unfade.inference import Engine, Stop, provider_label
from unfade.models import Model, list_models, model_folders
from unfade.picture import Picture
from unfade.service.connection import Connection, Upload
from unfade.service.protocol import Apply, BrokenFrame, Cancel, Forget, List, Request, Shutdown, Store, Survey

logger = logging.getLogger(__name__)

SERVICE_TILE: Final = 512
"""Half the side of the command line's tiles: progress shows four times as often."""
MOST_JOBS: Final = 16
NICENESS: Final = 5
"""Below the window's priority: a third of its share where both want to run, all where it does not."""

_DONE, _FAILED, _INTERRUPTED = 0, 1, 130
_DRAIN_SECONDS = 1.0
_STOPPED = "The filter was stopped."


def serve(engine: Engine) -> NoReturn:
    """Serves frames on stdin and stdout, and ends the process when they end.

    Its exit code is 0 after ``shutdown`` or at the end of stdin, 1 after a frame that is none or when the
    client stops reading, 130 on SIGTERM or SIGINT. Raises UsageError where stdin or stdout is no pipe.
    """
    _lower_priority()
    connection = Connection.on_standard_streams(lambda: _end(_FAILED, "the client stopped reading"))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    connection.start()
    server = Server(engine, connection)
    threading.Thread(target=server.work, name="unfade-work", daemon=True).start()
    try:
        over = connection.read(server.take)
    except Exception as error:
        connection.fail(None, error)
        connection.drain(_DRAIN_SECONDS)
        _end(_FAILED, str(error) if isinstance(error, BrokenFrame) else "unexpected failure")
    _end(_DONE, "the end of its input" if over else "it was asked to")


def _lower_priority() -> None:
    """Lets the window or editor that waits for this process draw first: a network on all cores made its event
    loop miss up to 150 ms. On Windows the client starts it so."""
    if sys.platform != "win32":
        os.nice(NICENESS)
    if sys.platform == "linux":  # its session is weighed against others as a whole: sched(7), autogroup
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(os.nice(0)), encoding="ascii")


def _on_signal(number: int, _frame: FrameType | None) -> None:
    _end(_INTERRUPTED, f"signal {number}")


def _end(code: int, reason: str) -> NoReturn:
    """Ends the process without waiting for a network that may be in the middle of a tile."""
    logger.info("the service ends: %s", reason)
    logging.shutdown()
    os._exit(code)


class Job:
    """An apply, a store or a survey, from its header to its last reply."""

    def __init__(self, request: Apply | Store | Survey, stored: Stored | None) -> None:
        self.request = request
        self.stored = stored
        """The picture, once all of it is there."""
        self.stop = Stop()
        """Once the client has been told that the request ended."""

    @property
    def supersede(self) -> str | None:
        """Of the jobs with one key only the newest counts."""
        return self.request.supersede if isinstance(self.request, Apply) else None


class Jobs:
    """All unfinished jobs, and the order in which they are run. Safe to use from several threads."""

    def __init__(self) -> None:
        self._open: dict[int, Job] = {}
        self._ready: collections.deque[Job] = collections.deque()
        self._changed = threading.Condition()

    def add(self, job: Job) -> None:
        """Raises UsageError where there are too many already."""
        with self._changed:
            if len(self._open) >= MOST_JOBS:
                raise UsageError(f"{MOST_JOBS} requests are waiting already; wait for one, or cancel one.")
            self._open[job.request.id] = job

    def find(self, id: int) -> Job | None:
        """The unfinished job of that id."""
        with self._changed:
            return self._open.get(id)

    def superseded(self, key: str) -> list[Job]:
        """The unfinished jobs that a newer one with this key takes the place of."""
        with self._changed:
            return [job for job in self._open.values() if job.supersede == key]

    def all(self) -> list[Job]:
        """All unfinished jobs, oldest first."""
        with self._changed:
            return list(self._open.values())

    def ready(self, job: Job) -> None:
        """Queues a job whose pixels are there."""
        with self._changed:
            self._ready.append(job)
            self._changed.notify()

    def take(self) -> Job:
        """Waits for the next job to run."""
        with self._changed:
            while not self._ready:
                self._changed.wait()
            return self._ready.popleft()

    def finish(self, job: Job) -> bool:
        """Ends a job; whoever gets True is the one to send its last reply."""
        with self._changed:
            job.stop.now()
            self._drop_waiting(job)
            if self._open.get(job.request.id) is not job:  # ended before; a newer one may have its id by now
                return False
            del self._open[job.request.id]
            return True

    def _drop_waiting(self, job: Job) -> None:
        kept: Iterable[Job] = (other for other in self._ready if other is not job)
        self._ready = collections.deque(kept)


class Server:
    """What is done about requests: :meth:`take` in the reading thread, the jobs in that of :meth:`work`."""

    def __init__(self, engine: Engine, connection: Connection) -> None:
        self._engine = engine
        self._connection = connection
        self._jobs = Jobs()
        self._cache = Cache(engine)
        self._lister = ThreadPoolExecutor(1, "unfade-list")

    def work(self) -> NoReturn:
        """Runs jobs, one after the other, for ever."""
        while True:
            self.run_next()

    def run_next(self) -> None:
        """Waits for the next job, and runs it."""
        job = self._jobs.take()
        try:
            job.stop.check()
            with job.stop.heeded():
                self._survey(job) if isinstance(job.request, Survey) else self._apply(job)
        except Exception as error:
            self._fail(job, error)

    def take(self, request: Request) -> bool:
        """Does what a request asks for, or has it done; False after the last one. Raises UnfadeErrors."""
        if isinstance(request, Apply | Store | Survey):
            self._begin(request)
        elif isinstance(request, List):
            self._lister.submit(self._list, request.id)
        elif isinstance(request, Forget):
            self._cache.forget(request.picture)
            self._connection.post({"type": "result", "id": request.id})
        elif isinstance(request, Cancel):
            wanted = [job for job in self._jobs.all() if request.id in (None, job.request.id)]
            self._stop(wanted, "cancelled", _STOPPED)
        elif isinstance(request, Shutdown):
            self._stop(self._jobs.all(), "cancelled", _STOPPED)
            self._connection.post({"type": "result", "id": request.id})
            self._connection.drain(_DRAIN_SECONDS)
            return False
        return True

    def _begin(self, request: Apply | Store | Survey) -> None:
        if self._jobs.find(request.id) is not None:
            # An answer with this id would be taken for that of the request that has it.
            message = f"The id {request.id} belongs to an unfinished request."
            self._connection.refuse(None, "usage", message)
            return
        stored = None
        if isinstance(request, Apply) and request.picture is not None:
            stored = self._cache.stored(request.picture)
        if isinstance(request, Store):
            self._cache.check_room(request.picture)
        if isinstance(request, Apply) and request.selection:
            raise UsageError("Only a window takes a selection; the engine is asked for its region.")
        image = None if isinstance(request, Survey) else request.image
        upload = None if image is None else Upload(image)
        job = Job(request, stored)
        if job.supersede is not None:
            older = self._jobs.superseded(job.supersede)
            self._stop(older, "superseded", "A newer request took its place.")
        self._jobs.add(job)
        if upload is None:
            self._jobs.ready(job)
        else:
            self._connection.expect(
                request.id,
                upload,
                lambda picture: self._arrived(job, picture),
                lambda error: self._fail(job, error),
            )

    def _arrived(self, job: Job, picture: Picture) -> None:
        assert not isinstance(job.request, Survey)
        if isinstance(job.request, Store):
            self._cache.store(job.request.picture, picture)
            if self._jobs.finish(job):
                self._connection.post({"type": "result", "id": job.request.id})
        else:
            job.stored = self._cache.passing(picture)
            self._jobs.ready(job)

    def _list(self, id: int) -> None:
        try:
            self._connection.post({"type": "result", "id": id, **listing(self._engine)})
        except Exception as error:
            self._connection.fail(id, error)

    def _survey(self, job: Job) -> None:
        assert isinstance(job.request, Survey)
        self._cache.runner(job.request.recipe).survey(job.request.sources, self._progress_of(job))
        if self._jobs.finish(job):
            self._connection.post({"type": "result", "id": job.request.id})

    def _apply(self, job: Job) -> None:
        request, stored = job.request, job.stored
        assert isinstance(request, Apply) and stored is not None
        started = time.perf_counter()
        runner = self._cache.runner(request.recipe)
        job.stop.check()
        progress = self._progress_of(job)
        result = runner.run(
            stored.picture, region=request.region, want_mask=True, progress=progress, memo=stored.memo
        )
        report = result.report
        header: dict[str, Any] = {
            "id": request.id,
            "exact": result.exact,
            "model": report.model,
            "provider": report.provider,
            "provider_label": provider_label(report.provider),
            "fallback": report.fallback,
            "chosen": dict(report.chosen),
            "proposal": report.recipe,
            "warnings": list(report.warnings),
            "engine_seconds": round(report.engine_seconds, 3),
            "seconds": round(time.perf_counter() - started, 3),
        }
        if request.region is not None:
            header["region"] = dataclasses.asdict(result.at)
        job.stop.check()
        if request.supersede is None:  # a preview asks for a region many times a second
            text = "%s on %s took %.3f s, %.3f of them the network"
            logger.info(text, report.model, report.provider, header["seconds"], header["engine_seconds"])
        order = request.image.order if request.image else sys.byteorder
        pixels, check = result.picture.pixels, job.stop.check
        self._connection.send_result(header, pixels, result.mask, order=order, check=check)
        self._jobs.finish(job)

    def _progress_of(self, job: Job) -> Progress:
        def progress(done: float, total: int) -> None:
            job.stop.check()
            done = round(done, 3)
            self._connection.post({"type": "progress", "id": job.request.id, "done": done, "total": total})

        return progress

    def _stop(self, jobs: Iterable[Job], kind: str, message: str) -> None:
        for job in jobs:
            if self._end_of(job):
                self._connection.refuse(job.request.id, kind, message)

    def _fail(self, job: Job, error: Exception) -> None:
        if self._end_of(job):
            self._connection.fail(job.request.id, error)

    def _end_of(self, job: Job) -> bool:
        """Ends a job; whether the caller is the one to send its last reply."""
        is_first = self._jobs.finish(job)
        if is_first:
            self._connection.drop(job.request.id)
        return is_first


def listing(engine: Engine) -> dict[str, Any]:
    """Filters with their options, models, and which provider runs.

    It opens the models that the first filter runs by default, for only then is the provider known; they are
    open already when the first picture comes.
    """
    trouble = None
    try:
        first = all_filters()[0]
        first.open(first.Options(), engine)
    except UnfadeError as error:
        trouble = str(error)
    provider = engine.provider
    return {
        "recipes": RECIPE_VERSION,
        "filters": [
            {"name": filter.name, "summary": filter.summary, "options": describe_options(filter)}
            for filter in all_filters()
        ],
        "models": [_model(model) for model in list_models()],
        "device": str(engine.device),
        "provider": provider,
        "provider_label": provider and provider_label(provider),
        "fallback": engine.fallback,
        "trouble": trouble,
    }


def _model(model: Model) -> dict[str, Any]:
    card = model.card
    kept = ("name", "title", "scale", "halo", "working_size", "training_data", "licence", "parameters")
    record = {field.name: getattr(card, field.name) for field in dataclasses.fields(card)}
    return {
        **{key: record[key] for key in kept},
        "filter": card.task,
        "variant": card.variant.value,
        "tiling": card.tiling.value,
        "mask": finds_mask(card),
        "source": model.source.value,
        "path": str(model.path),
    }


# What is kept between requests

MOST_STORED: Final = 8
MOST_OPENED: Final = 16
"""Recipes kept open: a preview has up to three at a time, each with strokes and without."""


@dataclass(frozen=True)
class Stored:
    """A picture, as it was sent, and what is kept of it."""

    picture: Picture
    """With the ICC profile of its values."""
    memo: Memo


class Cache:
    """Pictures by name and recipes by what they say, for one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._memo = Memo()
        self._ids = itertools.count(1)
        self._stored: dict[str, tuple[int, Stored]] = {}
        self._opened: OrderedDict[Recipe, tuple[Hashable, Runner]] = OrderedDict()
        self._folders = [folder for folder, _ in model_folders()]

    # Pictures

    def check_room(self, name: str) -> None:
        """Raises UsageError where no further picture may be stored under that name."""
        if len(self._stored.keys() - {name}) >= MOST_STORED:
            raise UsageError(f"{MOST_STORED} pictures are stored already; forget one.")

    def store(self, name: str, picture: Picture) -> None:
        """Keeps a picture, in place of the one of that name."""
        self.forget(name)
        id = next(self._ids)
        self._stored[name] = (id, Stored(picture, self._memo.of(id)))

    def stored(self, name: str) -> Stored:
        """The picture of that name. Raises UsageError."""
        if name not in self._stored:
            raise UsageError(f"No picture is stored under the name {name!r}.")
        return self._stored[name][1]

    def passing(self, picture: Picture) -> Stored:
        """A picture that is not stored: only its contents may tell that it came before."""
        return Stored(picture, self._memo)

    def forget(self, name: str) -> None:
        """Lets go of a picture and of all that was made of it."""
        id, _ = self._stored.pop(name, (None, None))
        if id is not None:
            self._memo.forget(id)

    # Recipes

    def runner(self, recipe: Recipe) -> Runner:
        """The recipe, opened; models that came or changed since are seen. Raises what opening it raises."""
        state = self._state_of_models(recipe)
        known, runner = self._opened.get(recipe, (None, None))
        if runner is None or known != state:
            runner = recipe.open(self._engine)
            self._opened[recipe] = (state, runner)
            if len(self._opened) > MOST_OPENED:
                self._opened.popitem(last=False)
        self._opened.move_to_end(recipe)
        return runner

    def _state_of_models(self, recipe: Recipe) -> Hashable:
        """Changes with every file that the recipe's models may be found in."""
        files = [entry for folder in self._folders for entry in _models_in(folder)]
        named = (getattr(step.options, "model", None) for step in recipe.steps)
        return tuple(files), tuple(_state_of(name) for name in named if name)


def _models_in(folder: Path) -> Iterator[Hashable]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".onnx"):
                yield entry.path, _state_of(entry.path)


def _state_of(path: str) -> Hashable:
    try:
        status = os.stat(path)  # noqa: PTH116 - a name that is no path is as good
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size
