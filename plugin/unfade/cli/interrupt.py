"""Ctrl+C that answers at once and leaves nothing half-written.

A Python signal handler waits for the main thread to come back from C code, which a tile on a slow computer
keeps busy for seconds. So the work runs in a second thread while the main thread only waits. Results touch
the disk in one place alone, while ``writing`` is held; at any other moment the process can simply end.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Generic, TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.1  # Windows delivers Ctrl+C only between waits


class Interrupted(Exception):
    """The user, or the system, asked the process to stop, and no file is being written."""


class _Work(Generic[T], threading.Thread):
    """A thread that keeps what its function gave or raised."""

    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__(
            name="unfade-work", daemon=True
        )  # daemon: an interrupted process does not wait for it
        self._function = function
        self._results: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._function())
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]


def interruptible(function: Callable[[], T], writing: threading.Lock) -> T:
    """Runs the function in a thread and gives its result or raises its error.

    Raises Interrupted on SIGINT or SIGTERM, holding ``writing``: no file is being written, and none will be.
    The function may still be running, so the process has to end soon, with ``os._exit``.
    """
    work = _Work(function)
    with _stop_signals() as stopped:
        work.start()
        while work.is_alive():
            work.join(POLL_SECONDS)
            if stopped.is_set():
                writing.acquire()
                raise Interrupted
    return work.result()


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    stopped = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        logging.getLogger(__name__).info("stopped by signal %d", number)
        stopped.set()

    if threading.current_thread() is not threading.main_thread():
        yield stopped  # signals belong to the main thread; whoever embeds the command line stops it himself
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
