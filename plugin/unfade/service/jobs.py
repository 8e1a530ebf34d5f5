"""What is being worked on: pixels on their way in, and the queue in which the newest of a lane wins."""

from __future__ import annotations

import collections
import threading
from collections.abc import Iterable
from io import BufferedReader
from typing import Final

import numpy as np

from unfade.errors import Cancelled, DeviceError, ModelError, OutputError, PictureError, UsageError
from unfade.inference import OutOfMemory
from unfade.picture import Metadata, Picture
from unfade.service.protocol import BrokenFrame, Image
from unfade.service.requests import Apply, Store

MOST_JOBS: Final = 16
_KINDS: Final[dict[type[Exception], str]] = {
    UsageError: "usage",
    PictureError: "picture",
    OutputError: "output",
    ModelError: "model",
    DeviceError: "device",
    OutOfMemory: "memory",
    MemoryError: "memory",
    Cancelled: "cancelled",
    BrokenFrame: "protocol",
}


def kind_of(error: Exception) -> str:
    """The word in an error reply for a program to decide by."""
    return next((kind for cls, kind in _KINDS.items() if isinstance(error, cls)), "internal")


class Upload:
    """A picture that arrives in stripes, written where it will stay.

    Samples are brought into this computer's byte order, floats into [0, 1] (NaN becomes 0), as they come.
    """

    def __init__(self, image: Image) -> None:
        """Raises MemoryError where there is no room for it."""
        self.image = image
        self.pixels = np.empty(image.shape, image.dtype)
        self._flat = self.pixels.reshape(-1)
        self._bytes = self._flat.view(np.uint8).data
        self._received = 0

    @property
    def picture(self) -> Picture:
        """The picture, once nothing is missing."""
        return Picture(self.pixels, Metadata(icc=self.image.icc))

    @property
    def missing(self) -> int:
        """Bytes still to come."""
        return self.image.size - self._received

    def receive(self, stream: BufferedReader, count: int) -> None:
        """Reads so many bytes, at most those missing. Raises BrokenFrame where the stream ends first."""
        first, end = self._received, self._received + count
        while self._received < end:
            got = stream.readinto(self._bytes[self._received : end])
            if not got:
                raise BrokenFrame("The frames end inside a picture.")
            self._received += got
        size = self.image.dtype.itemsize
        samples = self._flat[first // size : end // size]
        if self.image.swapped:
            samples.byteswap(inplace=True)
        if self.image.depth == "float32":
            np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
            np.clip(samples, 0.0, 1.0, out=samples)


class Job:
    """An apply or a store, from its header to its last reply."""

    def __init__(self, request: Apply | Store, *, upload: Upload | None, picture: Picture | None) -> None:
        self.request = request
        self.upload = upload
        self.picture = picture
        self.stopped = False

    @property
    def lane(self) -> str | None:
        """Where only the newest request counts."""
        return self.request.lane if isinstance(self.request, Apply) else None

    def arrived(self) -> Picture:
        """The picture, now that all its pixels are there."""
        if self.upload is not None:
            self.picture, self.upload = self.upload.picture, None
        assert self.picture is not None
        return self.picture

    def check(self) -> None:
        """Raises Cancelled once the client has been told that the request was stopped."""
        if self.stopped:
            raise Cancelled("The filter was stopped.")


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

    def in_lane(self, lane: str) -> list[Job]:
        """The unfinished jobs of a lane."""
        with self._changed:
            return [job for job in self._open.values() if job.lane == lane]

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
            job.stopped = True
            job.upload = None
            self._drop_waiting(job)
            return self._open.pop(job.request.id, None) is not None

    def _drop_waiting(self, job: Job) -> None:
        kept: Iterable[Job] = (other for other in self._ready if other is not job)
        self._ready = collections.deque(kept)
