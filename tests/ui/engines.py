"""Engines for windows under test: one process that many windows share, or one of a window's own.

To start an engine takes a second of the processor, so a test has one of its own only where its subject is an
engine's start, end or death.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
from pathlib import Path
from typing import Any, cast

from unfade.service.client import Client, EngineError, Job


def connect(models: Path | None = None) -> Client:
    """An engine process on the CPU; ``models`` is the folder of its own models, else as in this process."""
    environment = {} if models is None else {"UNFADE_MODELS": str(models)}
    return Client(sys.executable, ["--device", "cpu", "--threads", "1"], environment=environment)


class Lease:
    """One user's share of an engine: a Client whose pictures and lanes have names of their own.

    Closing it stops what it asked for and forgets what it stored, and leaves the process to the others.
    """

    def __init__(self, engine: Client, number: int) -> None:
        self._engine, self._number = engine, number
        self._stored: set[str] = set()
        self._jobs: list[Job] = []
        self._closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def _own(self, name: str) -> str:
        if self._closed:
            raise EngineError("Unfade's engine was closed.", "closed")
        return f"{self._number}/{name}"

    def store(self, name: str, *image: Any, **more: Any) -> None:
        own = self._own(name)
        self._stored.add(own)
        self._engine.store(own, *image, **more)

    def forget(self, name: str) -> None:
        own = self._own(name)
        self._engine.forget(own)
        self._stored.discard(own)

    def submit_stored(self, filter: Any, options: Any, name: str, *, lane: str | None, **more: Any) -> Job:
        lane = None if lane is None else self._own(lane)
        job = self._engine.submit_stored(filter, options, self._own(name), lane=lane, **more)
        self._jobs.append(job)
        return job

    def close(self) -> None:
        self._closed = True
        for job in self._jobs:
            if job.id in self._engine._jobs:
                job.cancel()
        for name in tuple(self._stored):
            with contextlib.suppress(EngineError):  # it may have died
                self._engine.forget(name)
        self._stored.clear()


class SharedEngine:
    """One engine process for all who ask, started with the first of them, and again if it has died."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._client: Client | None = None
        self._numbers = itertools.count(1)
        self._starting = threading.Lock()

    @property
    def client(self) -> Client:
        """The engine itself."""
        with self._starting:
            if self._client is None or not self._client.alive:
                self._client = connect(self._models)
            return self._client

    def lend(self) -> Client:
        """A share of it."""
        return cast(Client, Lease(self.client, next(self._numbers)))

    def close(self) -> None:
        """Ends it."""
        if self._client is not None:
            self._client.close()
