"""What the queue knows and may do, without widgets: items, their states, which comes next; that in words too.

    waiting -> running -> done | failed
    waiting, running -> cancelled
    failed, cancelled -> waiting (retry);  running -> waiting (the engine died under it: once more)

A picture is there either because its folder was added, to be run with the recipe of the start; or because the
window saves it: that one has its steps and its file already, and does not wait for the start.

Used from one thread. Time is passed in, in seconds, so that tests need not wait.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QCoreApplication

from unfade.batch import FALLBACK_FORMAT, pictures_in
from unfade.paths import is_folder, is_there
from unfade.picture import Picture, format_named, written_format_of_suffix
from unfade.ui.language import fixed, time_left
from unfade.ui.saving import SaveChoice, free_name

translate = QCoreApplication.translate

MOST_ATTEMPTS = 2
"""How often a picture is begun before the engine's end under it counts as its failure."""


class ItemState(Enum):
    """Where an item is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Output:
    """Where results go."""

    folder: Path
    format: str | None = None
    """A name in ``OUTPUT_FORMATS``; None keeps each picture's own (PNG where that cannot be written)."""
    quality: int = 95
    """1 to 100, for JPEG and WebP."""

    def target(self, item: Item, taken: Collection[Path]) -> Path:
        """The file for an item's result: never one that exists or is taken."""
        own = written_format_of_suffix(item.source)
        format = self.format or (own.name if own else FALLBACK_FORMAT)
        kind = format_named(format)
        assert kind is not None, format
        suffix = item.source.suffix if own is kind else kind.suffixes[0]
        path = self.folder / item.below / (item.source.stem + suffix)
        return free_name(path, lambda name: name in taken or is_there(name))


Make = Callable[[Callable[[float], object]], Picture]
"""Makes a result of what is there already, telling how much is done in [0, 1]; what that raises ends it."""


@dataclass(frozen=True)
class Save:
    """A picture of the window that is to be saved."""

    choice: SaveChoice
    picture: Picture | None = None
    """The picture itself, where it is in memory."""
    make: Make | None = None
    """Makes the result of what the preview has; None where networks have to run."""


@dataclass
class Item:
    """One picture of the queue. Only the queue changes it."""

    id: int
    source: Path
    below: Path = Path()
    """The folder below the one that was dropped, kept in the output."""
    state: ItemState = ItemState.WAITING
    share: float = 0.0
    """How much of it is done, in [0, 1]."""
    target: Path | None = None
    """The result's file; there when it is done."""
    sentence: str | None = None
    """Why it failed; of a picture that is done, what was lost or guessed on the way."""
    steps: list[dict[str, Any]] = field(default_factory=list)
    """The recipe's steps it runs with."""
    attempts: int = 0
    seconds: float | None = None
    """What it took."""
    save: Save | None = None
    """What the window saves; None for a picture that was added."""
    held: bool = False
    """Whether it is one of last time, which waits for the start."""

    @property
    def unfinished(self) -> bool:
        """Whether there is something to be done yet."""
        return self.state in (ItemState.WAITING, ItemState.RUNNING)

    @property
    def name(self) -> str:
        """What it is called: what is saved by its file, what was added by its own."""
        return self.source.name if self.save is None else self.save.choice.path.name


class Queue:
    """The pictures in order, at most one of them running.

    Args:
        on_change: called with the item that has changed; with None when items came, went, or all may have.
    """

    def __init__(self, on_change: Callable[[Item | None], None] = lambda _item: None) -> None:
        self.items: list[Item] = []
        self.active = False
        """Whether waiting pictures are being worked on: False before the start and while paused."""
        self.paused = False
        """Whether it was the user who stopped it before all was done."""
        self._on_change = on_change
        self._next_id = 1
        self._began = 0.0

    # Filling and emptying

    def add(self, paths: Iterable[Path], *, leave_out: Path) -> list[Item]:
        """Adds files as they are, and of folders every picture in them, but those in ``leave_out``.

        A picture that waits already is not added twice. Gives the new items.
        """
        waiting = {item.source for item in self.items if item.save is None and item.unfinished}
        new = []
        for path in paths:
            if is_folder(path):
                found = [
                    (file, file.parent.relative_to(path))
                    for file in pictures_in(path, True, leave_out=leave_out)
                ]
            else:
                found = [(path, Path())]
            for source, below in found:
                if source not in waiting:
                    waiting.add(source)
                    new.append(Item(self._next_id, source, below))
                    self._next_id += 1
        self.items += new
        self._on_change(None)
        return new

    def add_save(self, source: Path, steps: Sequence[dict[str, Any]], save: Save) -> Item:
        """Adds a picture of the window. Gives the new item, which is begun before those that were added."""
        item = Item(self._next_id, source, steps=list(steps), save=save, target=save.choice.path)
        self._next_id += 1
        self.items.append(item)
        self._on_change(None)
        return item

    def restore(self, items: Iterable[Item]) -> None:
        """Adds items of last time, which get ids of their own and wait for the start."""
        for item in items:
            item.id, item.held = self._next_id, True
            self._next_id += 1
            self.items.append(item)
        self._on_change(None)

    def remove(self, ids: Collection[int]) -> None:
        """Takes items off the list; the one that is running stays."""
        self.items = [item for item in self.items if item.id not in ids or item.state is ItemState.RUNNING]
        self._on_change(None)

    def item(self, id: int) -> Item:
        """The item of this id. Raises KeyError."""
        for item in self.items:
            if item.id == id:
                return item
        raise KeyError(id)

    # What the user does

    def start(self, steps: Sequence[dict[str, Any]]) -> None:
        """Has all waiting pictures run with these steps; also goes on after a pause."""
        self.active, self.paused = True, False
        for item in self.items:
            if item.state is ItemState.WAITING:
                item.held = False
                if item.save is None:
                    item.steps = list(steps)
        self._on_change(None)

    def pause(self) -> None:
        """Begins no further picture; what runs is finished."""
        self.active, self.paused = False, True
        self._on_change(None)

    def cancel(self, ids: Collection[int]) -> bool:
        """Cancels waiting pictures. True when the running one is among them: its work must be stopped, and
        :meth:`cancelled` called when it has."""
        for item in self.items:
            if item.id in ids and item.state is ItemState.WAITING:
                self._become(item, ItemState.CANCELLED)
        return any(item.id in ids and item.state is ItemState.RUNNING for item in self.items)

    def retry(self, ids: Collection[int]) -> None:
        """Has failed and cancelled pictures wait again."""
        for item in self.items:
            if item.id in ids and item.state in (ItemState.FAILED, ItemState.CANCELLED):
                item.attempts, item.held = 0, False
                self._become(item, ItemState.WAITING)

    # What the worker tells

    def begin(self, output: Output, now: float) -> Item | None:
        """The next picture, now running; None where nothing is to be done."""
        if self.running is not None:
            return None
        waiting = [item for item in self.items if item.state is ItemState.WAITING]
        item = next((item for item in waiting if item.save is not None and not item.held), None)
        if item is None and self.active:
            item = next(iter(waiting), None)
        if item is None:
            if self.active:
                self.active = False
                self._on_change(None)
            return None
        if item.save is None:
            item.target = output.target(item, self.claimed | {other.source for other in self.items})
        item.attempts += 1
        self._began = now
        self._become(item, ItemState.RUNNING)
        return item

    def progress(self, id: int, share: float) -> None:
        """The running picture is so far, in [0, 1]."""
        item = self._running(id)
        item.share = share
        self._on_change(item)

    def finish(self, id: int, now: float, told: str = "") -> None:
        """Its result is written; ``told`` are the warnings of its record."""
        item = self._running(id)
        item.seconds = now - self._began
        item.share = 1.0
        self._become(item, ItemState.DONE, told or None)

    def fail(self, id: int, sentence: str) -> None:
        """There is no result, and the sentence says why."""
        item = self._running(id)
        self._become(item, ItemState.FAILED, sentence)

    def cancelled(self, id: int) -> None:
        """It was stopped."""
        self._become(self._running(id), ItemState.CANCELLED)

    def engine_died(self, id: int, sentence: str) -> None:
        """The engine ended under it: it is run once more, and fails when that happens again."""
        item = self._running(id)
        if item.attempts < MOST_ATTEMPTS:
            self._become(item, ItemState.WAITING)
        else:
            self._become(item, ItemState.FAILED, sentence)

    # What there is to tell

    def together(self, item: Item) -> list[Path]:
        """The pictures that were added and are run, or were, with the same steps as this one, if it was."""
        if item.save is not None:
            return []
        return [
            other.source
            for other in self.items
            if other.save is None and other.steps == item.steps and other.state is not ItemState.CANCELLED
        ]

    @property
    def claimed(self) -> set[Path]:
        """The files that results go to, there or not yet."""
        return {item.target for item in self.items if item.target is not None}

    @property
    def at_work(self) -> list[Item]:
        """What runs, and what will without anybody starting it."""
        return [
            item
            for item in self.items
            if item.state is ItemState.RUNNING
            or (item.state is ItemState.WAITING and (self.active or item.save is not None) and not item.held)
        ]

    @property
    def running(self) -> Item | None:
        """The picture that is being worked on."""
        return next((item for item in self.items if item.state is ItemState.RUNNING), None)

    def count(self, *states: ItemState) -> int:
        """How many pictures are in one of these states."""
        return sum(item.state in states for item in self.items)

    def share(self) -> float:
        """How much of the whole is done, in [0, 1]; cancelled pictures do not count."""
        counted = [item for item in self.items if item.state is not ItemState.CANCELLED]
        if not counted:
            return 0.0
        ended = sum(item.state in (ItemState.DONE, ItemState.FAILED) for item in counted)
        return (ended + sum(item.share for item in counted if item.state is ItemState.RUNNING)) / len(counted)

    def seconds_left(self, now: float) -> float | None:
        """An estimate for what runs and waits, from the pictures done so far; None while nothing is known."""
        running = self.running
        elapsed = now - self._began
        times = [item.seconds for item in self.items if item.seconds is not None]
        known = running is not None and running.share > 0.02  # before that it is all model loading
        whole = elapsed / running.share if running is not None and known else None
        if not times and whole is None:
            return None
        each = sum(times) / len(times) if times else whole or 0.0
        left = each * sum(item is not running for item in self.at_work)
        if running is not None:
            left += max(each - elapsed, 0.0) if whole is None else whole - elapsed
        return left

    def _running(self, id: int) -> Item:
        item = self.item(id)
        assert item.state is ItemState.RUNNING, item
        return item

    def _become(self, item: Item, state: ItemState, sentence: str | None = None) -> None:
        item.state, item.sentence = state, sentence
        if state is not ItemState.DONE:
            item.share = 0.0
            if state is not ItemState.RUNNING and item.save is None:
                item.target = None
            if state in (ItemState.CANCELLED, ItemState.FAILED) and item.save is not None:
                item.save = replace(item.save, make=None)  # the preview may have gone on
        elif item.save is not None:
            item.save = Save(item.save.choice)
        self._on_change(item)


def state_text(item: Item) -> str:
    """How it stands with a picture, in one line."""
    if item.state is ItemState.WAITING:
        return translate("Queue", "Waiting")
    if item.state is ItemState.RUNNING:
        return translate("Queue", "Running: {percent} %").format(percent=int(item.share * 100))
    if item.state is ItemState.DONE and item.target is not None:
        text = translate("Queue", "Done in {seconds} s: {name}")
        text = text.format(seconds=fixed(item.seconds or 0, 1), name=item.target.name)
        return f"{text} · {item.sentence}" if item.sentence else text
    if item.state is ItemState.FAILED:
        # The name stands above it already, and the folder would leave no room for the reason.
        return (item.sentence or "").replace(str(item.source), item.source.name)
    return translate("Queue", "Cancelled")


def summary(queue: Queue, now: float) -> str:
    """The whole queue in one line; "" while it is empty."""
    if not queue.items:
        return ""
    parts = [counts(queue)]
    left = queue.seconds_left(now) if queue.running else None
    if left is not None:
        parts.append(time_left(left))
    if queue.paused:
        parts.append(translate("Queue", "paused"))
    return " · ".join(parts)


def counts(queue: Queue) -> str:
    """How many pictures are done, and how many failed."""
    done, failed = queue.count(ItemState.DONE), queue.count(ItemState.FAILED)
    total = len(queue.items) - queue.count(ItemState.CANCELLED)
    text = translate("Queue", "{done} of {total} done").format(done=done, total=total)
    return f"{text}, {translate('Queue', '{failed} failed').format(failed=failed)}" if failed else text
