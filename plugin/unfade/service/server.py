"""``unfade serve``: one thread reads requests, one runs filters, one writes replies.

The reading thread never waits for a filter, so that a cancel is answered at once; the filter itself stops
after the tile it is at. Nothing is left behind when the process ends, so it ends without waiting.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader
from types import FrameType
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from unfade import __version__
from unfade.errors import Cancelled, UnfadeError, UsageError
from unfade.inference import Engine, provider_label
from unfade.log import log_file
from unfade.picture import Picture
from unfade.service.channel import Outbox, take_standard_streams
from unfade.service.jobs import Job, Jobs, Upload, kind_of
from unfade.service.listing import listing
from unfade.service.profiles import deepened, returned
from unfade.service.protocol import (
    MAX_HEADER,
    MAX_PAYLOAD,
    MAX_PIXELS,
    PROTOCOL,
    STRIPE,
    BrokenFrame,
    Image,
    read_header,
)
from unfade.service.requests import (
    Apply,
    Cancel,
    Forget,
    List,
    Pixels,
    Request,
    Shutdown,
    Store,
    id_of,
    parse_request,
)

logger = logging.getLogger(__name__)

SERVICE_TILE: Final = 512
"""Half the side of the command line's tiles: a filter stops, and progress shows, four times as often."""
MOST_STORED: Final = 8

_DONE, _FAILED, _INTERRUPTED = 0, 1, 130
_DRAIN_SECONDS = 1.0
_DISCARD = 1 << 16


def serve(engine: Engine) -> NoReturn:
    """Serves frames on stdin and stdout, and ends the process when they end.

    Its exit code is 0 after ``shutdown`` or at the end of stdin, 1 after a frame that is none or when the
    client stops reading, 130 on SIGTERM or SIGINT. Raises UsageError where stdin or stdout is no pipe.
    """
    source, sink = take_standard_streams()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    outbox = Outbox(sink, on_broken=lambda: _end(_FAILED, "the client stopped reading"))
    outbox.start()
    outbox.post(hello())
    server = Server(engine, outbox)
    threading.Thread(target=server.work, name="unfade-work", daemon=True).start()
    try:
        reason = server.read(source)
    except BrokenFrame as error:
        outbox.post({"type": "error", "id": None, "kind": "protocol", "message": str(error)})
        outbox.drain(_DRAIN_SECONDS)
        _end(_FAILED, str(error))
    except Exception as error:
        logger.exception("unexpected failure")
        outbox.post({"type": "error", "id": None, "kind": "internal", "message": _unforeseen(error)})
        outbox.drain(_DRAIN_SECONDS)
        _end(_FAILED, "unexpected failure")
    _end(_DONE, reason)


def hello() -> dict[str, Any]:
    """The first frame."""
    return {
        "type": "hello",
        "protocol": PROTOCOL,
        "version": __version__,
        "order": sys.byteorder,
        "max_header": MAX_HEADER,
        "max_payload": MAX_PAYLOAD,
        "max_pixels": MAX_PIXELS,
        "log": str(log_file()),
    }


def _on_signal(number: int, _frame: FrameType | None) -> None:
    _end(_INTERRUPTED, f"signal {number}")


def _end(code: int, reason: str) -> NoReturn:
    """Ends the process without waiting for a network that may be in the middle of a tile."""
    logger.info("the service ends: %s", reason)
    logging.shutdown()
    os._exit(code)


def _unforeseen(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory for this picture: close other programs, or choose a smaller part."
    return (
        f"Something went wrong that Unfade did not foresee ({type(error).__name__}); {log_file()} tells more."
    )


class Server:
    """Requests in, replies out."""

    def __init__(self, engine: Engine, outbox: Outbox) -> None:
        self._engine = engine
        self._outbox = outbox
        self._jobs = Jobs()
        self._stored: dict[str, Picture] = {}
        self._clerk = ThreadPoolExecutor(1, "unfade-clerk")

    def read(self, stream: BufferedReader) -> str:
        """Takes requests until the stream ends or one asks to shut down, and says which.

        Raises BrokenFrame.
        """
        while True:
            frame = read_header(stream)
            if frame is None:
                return "the end of its input"
            header, payload = frame
            try:
                request = parse_request(header)
                if isinstance(request, Pixels):
                    payload = self._receive(request, stream, payload)
                elif isinstance(request, Shutdown):
                    self._stop(self._jobs.all(), "cancelled", "The filter was stopped.")
                    self._outbox.post({"type": "result", "id": request.id})
                    self._outbox.drain(_DRAIN_SECONDS)
                    return "it was asked to"
                else:
                    self._take(request)
            except (UnfadeError, MemoryError) as error:
                if isinstance(error, BrokenFrame):
                    raise
                self._fail(id_of(header), error)
            discard(stream, payload)

    def work(self) -> NoReturn:
        """Runs jobs, one after the other, for ever."""
        while True:
            self._run(self._jobs.take())

    def _take(self, request: Request) -> None:
        if isinstance(request, Apply | Store):
            self._begin(request)
        elif isinstance(request, List):
            self._clerk.submit(self._list, request.id)
        elif isinstance(request, Forget):
            self._stored.pop(request.picture, None)
            self._outbox.post({"type": "result", "id": request.id})
        elif isinstance(request, Cancel):
            wanted = [job for job in self._jobs.all() if request.id in (None, job.request.id)]
            self._stop(wanted, "cancelled", "The filter was stopped.")

    def _begin(self, request: Apply | Store) -> None:
        if self._jobs.find(request.id) is not None:
            # An answer with this id would be taken for that of the request that has it.
            self._outbox.post(
                {
                    "type": "error",
                    "id": None,
                    "kind": "usage",
                    "message": f"The id {request.id} belongs to an unfinished request.",
                }
            )
            return
        picture = None
        if isinstance(request, Apply) and request.picture is not None:
            picture = self._stored.get(request.picture)
            if picture is None:
                raise UsageError(f"No picture is stored under the name {request.picture!r}.")
        if isinstance(request, Store) and len(self._stored.keys() - {request.picture}) >= MOST_STORED:
            raise UsageError(f"{MOST_STORED} pictures are stored already; forget one.")
        upload = None if request.image is None else Upload(request.image)
        job = Job(request, upload=upload, picture=picture)
        if job.lane is not None:
            self._stop(self._jobs.in_lane(job.lane), "superseded", "A newer request took its place.")
        self._jobs.add(job)
        if upload is None:
            self._jobs.ready(job)

    def _receive(self, request: Pixels, stream: BufferedReader, payload: int) -> int:
        """Takes in a stripe, and gives how many of its bytes are left unread."""
        job = self._jobs.find(request.id)
        upload = None if job is None else job.upload
        if job is None or upload is None:
            return payload  # of a request that was refused or stopped while its pixels were on the way
        if payload > upload.missing:
            self._reply_error(job, UsageError("There are more pixels than the image's size says."))
            return payload
        try:
            upload.receive(stream, payload)
        except MemoryError as error:  # after reading, while the stripe is being converted
            self._reply_error(job, error)
            return 0
        if upload.missing == 0:
            picture = job.arrived()
            if isinstance(job.request, Store):
                self._stored[job.request.picture] = picture
                if self._jobs.finish(job):
                    self._outbox.post({"type": "result", "id": job.request.id})
            else:
                self._jobs.ready(job)
        return 0

    def _list(self, id: int) -> None:
        try:
            self._outbox.post({"type": "result", "id": id, **listing(self._engine)})
        except Exception as error:
            self._fail(id, error)

    def _run(self, job: Job) -> None:
        try:
            job.check()
            self._apply(job)
        except Cancelled:
            self._reply_error(job, Cancelled("The filter was stopped."))
        except Exception as error:
            self._reply_error(job, error)

    def _apply(self, job: Job) -> None:
        request, picture = job.request, job.arrived()
        assert isinstance(request, Apply)
        started = time.perf_counter()
        ready = request.recipe.prepare(self._engine)
        source = deepened(picture, request.recipe)
        job.check()
        part = None
        if request.region is None:
            outcome = ready(source, self._on_tile(job))
        else:
            part = ready.part(source, request.region, self._on_tile(job))
            outcome = part.outcome
        pixels = returned(outcome.picture, picture)
        image = Image.of(pixels, request.image.order if request.image else sys.byteorder)
        header: dict[str, Any] = {
            "type": "result",
            "id": request.id,
            "image": image.header,
            "pixels": image.size,
            "mask": outcome.mask is not None,
            "exact": part is None or part.exact,
            "model": outcome.model,
            "provider": outcome.provider,
            "provider_label": provider_label(outcome.provider),
            "fallback": outcome.fallback,
            "engine_seconds": round(outcome.engine_seconds, 3),
            "seconds": round(time.perf_counter() - started, 3),
        }
        if part is not None:
            at = part.at
            header["region"] = {"y": at.y, "x": at.x, "height": at.height, "width": at.width}
        job.check()
        if request.lane is None:  # a preview asks for a part many times a second
            text = "%s on %s took %.3f s, %.3f of them the network"
            logger.info(text, outcome.model, outcome.provider, header["seconds"], header["engine_seconds"])
        self._outbox.post(header)
        self._send(job, "pixels", pixels, swapped=image.swapped)
        if outcome.mask is not None:
            self._send(job, "mask", outcome.mask)
        self._jobs.finish(job)

    def _on_tile(self, job: Job) -> Callable[[int, int], None]:
        def on_tile(done: int, total: int) -> None:
            job.check()
            self._outbox.post({"type": "progress", "id": job.request.id, "done": done, "total": total})

        return on_tile

    def _send(self, job: Job, kind: str, samples: NDArray[Any], *, swapped: bool = False) -> None:
        flat = np.ascontiguousarray(samples).reshape(-1)
        step = STRIPE // flat.itemsize
        for first in range(0, flat.size, step):
            job.check()
            stripe = flat[first : first + step]
            if swapped:
                stripe = stripe.byteswap()
            self._outbox.send({"type": kind, "id": job.request.id}, stripe.view(np.uint8).data)

    def _stop(self, jobs: list[Job], kind: str, message: str) -> None:
        for job in jobs:
            if self._jobs.finish(job):
                self._outbox.post({"type": "error", "id": job.request.id, "kind": kind, "message": message})

    def _reply_error(self, job: Job, error: Exception) -> None:
        if self._jobs.finish(job):
            self._fail(job.request.id, error)

    def _fail(self, id: int | None, error: Exception) -> None:
        message = str(error) if isinstance(error, UnfadeError) else _unforeseen(error)
        if kind_of(error) == "internal":
            logger.error("unexpected failure", exc_info=error)
        else:
            logger.info("request %s failed: %s", id, message)
        self._outbox.post({"type": "error", "id": id, "kind": kind_of(error), "message": message})


def discard(stream: BufferedReader, count: int) -> None:
    """Reads so many bytes and forgets them. Raises BrokenFrame where the stream ends first."""
    while count:
        got = len(stream.read(min(count, _DISCARD)))
        if not got:
            raise BrokenFrame("The frames end inside a picture.")
        count -= got
