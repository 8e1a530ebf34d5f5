"""What a run shows: one progress bar on a terminal, lines for people, JSON for scripts."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from unfade.batch import Record


class Display:
    """Results go to standard output; the bar, notes and failures to standard error.

    The bar appears only where standard error is a terminal: nothing of it ends up in a file or a pipe.
    """

    def __init__(self, names: list[str], *, as_json: bool) -> None:
        """``names`` are those of the pictures, in the order in which they are done."""
        self._names = names
        self._as_json = as_json
        self._told: set[str] = set()
        self._progress: Progress | None = None

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, index: int, share: float) -> None:
        """Picture ``index`` is done to ``share`` (0 to 1). The bar appears with the first call."""
        if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            return
        count = len(self._names)
        if self._progress is None:
            self._progress = _bar(count)
            self._progress.start()
        pictures = f"{index + 1}/{count}" if count > 1 else ""
        self._progress.update(
            self._progress.task_ids[0],
            completed=index + share,
            description=self._names[index],
            pictures=pictures,
        )

    def show(self, record: Record) -> None:
        """One finished or failed picture."""
        if self._as_json:
            self._write(record.to_json(), error=False)
        elif record.ok:
            if record.fallback:
                self.note(record.fallback)
            self._write(record.to_line(), error=False)
        if not record.ok:
            self.note(record.to_line())

    def note(self, sentence: str) -> None:
        """A sentence beside the results; the same one is told once."""
        if sentence not in self._told:
            self._told.add(sentence)
            self._write(f"unfade: {sentence}", error=True)

    def _write(self, text: str, *, error: bool) -> None:
        if self._progress is not None and (error or sys.stdout.isatty()):
            # The bar owns the terminal, so the line has to go above it.
            self._progress.console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)
        else:
            typer.echo(text, err=error)


def _bar(count: int) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    name = TextColumn(
        "{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
    )
    progress = Progress(
        name,
        TextColumn("{task.fields[pictures]}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.add_task("", total=count, pictures="")
    return progress
