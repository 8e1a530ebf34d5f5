"""How a run is shown and stopped: one progress bar, lines or JSON records, and Ctrl+C that answers at once.

A Python signal handler waits for the main thread to come back from C code, which a tile on a slow computer
keeps busy for seconds. So the work runs in a second thread while the main thread only waits. Results touch
the disk in one place alone, while a lock is held; at any other moment the process can simply end.
"""

from __future__ import annotations

import concurrent.futures
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from unfade.errors import OutputError, printable
from unfade.inference import is_noteworthy

if TYPE_CHECKING:
    from rich.progress import Progress

    from unfade.batch import Record

T = TypeVar("T")

_SKIPPED = 0.01  # seconds within which no picture is done that was not there already
_POLL_SECONDS = 0.1  # Windows delivers Ctrl+C only between waits


def say(text: str, *, err: bool = False) -> None:
    """Prints a line in which nothing commands the terminal: names, and what files say, need not be text.

    Raises BrokenPipeError where nobody reads it any more, Unprintable where standard output takes no more.
    """
    try:
        click.echo(printable(text), err=err)
    except BrokenPipeError:
        raise
    except OSError as error:
        if not err:  # else there is nowhere to say so
            raise Unprintable.because(error) from error


class Unprintable(OutputError):
    """Standard output takes no more: its disk is full."""

    @classmethod
    def because(cls, error: OSError) -> Unprintable:
        reason = error.strerror or error
        return cls(f"Standard output cannot be written: {reason}; send the results elsewhere.")


class Interrupted(Exception):
    """The user, or the system, asked the process to stop, and no file is being written."""


def interruptible(function: Callable[[], T], writing: threading.Lock) -> T:
    """Runs the function in a thread and gives its result or raises its error.

    Raises Interrupted on SIGINT or SIGTERM, holding ``writing``: no file is being written, and none will be.
    The function may still be running, so the process has to end soon, with ``os._exit``.
    """
    future: concurrent.futures.Future[T] = concurrent.futures.Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    with _stop_signals() as stopped:
        # A daemon, which an executor's threads are not: an interrupted process does not wait for it.
        threading.Thread(target=work, name="unfade-work", daemon=True).start()
        while not future.done():
            concurrent.futures.wait([future], _POLL_SECONDS)
            if stopped.is_set():
                writing.acquire()
                raise Interrupted
    return future.result()


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


class Display:
    """Results go to standard output; the bar, notes and failures to standard error.

    The bar appears only where standard error is a terminal: nothing of it ends up in a file or a pipe.
    """

    def __init__(self, names: list[str], *, as_json: bool, result_on_stdout: bool = False) -> None:
        """``names`` are those of the pictures, in the order in which they are done.

        With ``result_on_stdout`` the lines go to standard error, as a picture goes to standard output.
        """
        self._result_on_stdout = result_on_stdout
        self._names = names
        self._as_json = as_json
        self._told: set[str] = set()
        self._progress: Progress | None = None
        self._pace = Pace(len(names))

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, index: int, share: float) -> None:
        """Picture ``index`` is done to ``share`` (0 to 1). The bar appears with the first call."""
        if not has_bars():
            return
        count = len(self._names)
        if self._progress is None:
            self._progress = _bar(count, self._pace)
            self._progress.start()
        self._pace.tell(index, share)
        self._progress.update(
            self._progress.task_ids[0],
            completed=index + share,
            description=printable(self._names[index]),
            pictures=f"{index + 1}/{count}" if count > 1 else "",
        )

    def show(self, record: Record) -> None:
        """One finished or failed picture."""
        if self._as_json:
            self._write(record.to_json(), error=False)
        elif record.ok:
            self._write(record.to_line(), error=self._result_on_stdout)
        if record.fallback and is_noteworthy(record.fallback):
            self.note(record.fallback)
        if record.warnings:
            self.note(f"{record.input}: {' '.join(record.warnings)}")
        if not record.ok:
            self.note(record.to_line())

    def note(self, sentence: str) -> None:
        """A sentence beside the results; the same one is told once."""
        if sentence not in self._told:
            self._told.add(sentence)
            self._write(f"unfade: {sentence}", error=True)

    def _write(self, text: str, *, error: bool) -> None:
        if self._progress is not None and (error or is_terminal(sys.stdout)):
            # The bar owns the terminal, so the line has to go above it.
            self._progress.console.print(
                printable(text), markup=False, highlight=False, emoji=False, soft_wrap=True
            )
        else:
            say(text, err=error)


class Pace:
    """How long some pictures will still take: as if all went as fast as the last one that was told of."""

    def __init__(self, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._count, self._clock = count, clock
        self._began = self._told = clock()
        self._done, self._seconds = 0.0, 0.0  # of a picture; 0 while that is not known

    def tell(self, index: int, share: float) -> None:
        """Picture ``index`` is done to ``share``; its time begins when it is at 0 for the last time."""
        self._told, self._done = self._clock(), index + share
        if share == 0:
            self._began = self._told
        elif (elapsed := self._told - self._began) > _SKIPPED:
            self._seconds = elapsed / share

    def left(self) -> float | None:
        """Seconds; None where they are not known yet."""
        if not self._seconds:
            return None
        return max(0.0, self._seconds * (self._count - self._done) - (self._clock() - self._told))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sits at the other end; None is a stream that was closed before the start."""
    return stream is not None and stream.isatty()


def has_bars() -> bool:
    """Whether standard error is a terminal that a progress bar can be drawn on."""
    return is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"


def _bar(count: int, pace: Pace) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
    from rich.table import Column
    from rich.text import Text

    class TimeLeft(ProgressColumn):
        """Rich's own counts from the second tile on, and the time in which models are opened."""

        def render(self, _task: Task) -> Text:
            left = pace.left()
            minutes, seconds = divmod(int(left or 0), 60)
            hours, minutes = divmod(minutes, 60)
            text = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"
            return Text("--:--" if left is None else text, style="progress.remaining")

    name = TextColumn(
        "{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
    )
    progress = Progress(
        name,
        TextColumn("{task.fields[pictures]}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeLeft(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.add_task("", total=count, pictures="")
    return progress
