"""The unfinished queue on disk: it is there again after a crash, or at the next start.

Every window has a file of its own beside the settings, with a lock that ends with its process. A new window
takes over the files of windows that are gone.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from PyQt6.QtCore import QLockFile

from unfade.errors import UnfadeError
from unfade.filters import Recipe
from unfade.paths import parse_json, whole_or_absent
from unfade.picture import Picture, write_picture
from unfade.ui.queue.model import Item, ItemState, Save
from unfade.ui.saving import SaveChoice

_log = logging.getLogger(__name__)

_VERSION: Final = 1
_SUFFIX: Final = ".queue.json"
_KEPT: Final = (ItemState.WAITING, ItemState.RUNNING, ItemState.FAILED)


class QueueStore:
    """Reads what is left of last time, and keeps what there is now, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"{secrets.token_hex(6)}{_SUFFIX}"
        self._lock: QLockFile | None = None
        self._pool = ThreadPoolExecutor(1, "unfade-queue-store")
        self._written: list[dict[str, Any]] = []

    def take_over(self) -> list[Item]:
        """What windows that are gone have left; theirs no longer."""
        items: list[Item] = []
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            lock = _lock_of(path)
            if lock.tryLock(0):
                items += _read(path)
                if items:
                    self.keep(items)
                    self.wait()  # before the only other copy goes
                path.unlink(missing_ok=True)
                lock.unlock()
        return items

    def keep(self, items: Iterable[Item]) -> None:
        """Writes down what is unfinished, unless that is there already."""
        raw = [_write(item) for item in items if item.state in _KEPT and item.source.name]
        if raw == self._written:
            return
        self._written = raw
        if self._lock is None:
            self._make_folder()
            self._lock = _lock_of(self._path)
            self._lock.tryLock(0)
        self._pool.submit(self._save, raw)

    def keep_picture(self, picture: Picture) -> Path:
        """Where a picture that has no file of its own will be, until :meth:`drop_picture`."""
        path = self._folder / f"{secrets.token_hex(6)}.tif"
        self._make_folder()
        self._pool.submit(_quietly, lambda: write_picture(picture, path))
        return path

    def drop_picture(self, path: Path) -> None:
        """Removes it, where it is one of those kept here."""
        if path.parent == self._folder:
            self._pool.submit(_quietly, lambda: path.unlink(missing_ok=True))

    def wait(self) -> None:
        """Returns when all is written."""
        self._pool.submit(lambda: None).result()

    def close(self) -> None:
        """Writes what is left, and leaves it to the next window. May be called again."""
        self._pool.shutdown(wait=True)
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _make_folder(self) -> None:
        _quietly(lambda: self._folder.mkdir(parents=True, exist_ok=True))

    def _save(self, raw: list[dict[str, Any]]) -> None:
        def save() -> None:
            if not raw:
                self._path.unlink(missing_ok=True)
                return
            with whole_or_absent(self._path) as stream:
                stream.write(json.dumps({"unfade_queue": _VERSION, "items": raw}).encode())

        _quietly(save)


def _lock_of(path: Path) -> QLockFile:
    lock = QLockFile(f"{path}.lock")
    lock.setStaleLockTime(0)  # stale only when its process has gone
    return lock


def _quietly(work: Any) -> None:
    """The queue goes on where it cannot be kept; that it cannot is in the log."""
    try:
        work()
    except (OSError, UnfadeError) as error:
        _log.warning("the queue is not kept: %s", error)


def _write(item: Item) -> dict[str, Any]:
    return {
        "source": str(item.source),
        "below": str(item.below),
        "steps": item.steps,
        "save": None if item.save is None else item.save.choice.to_json(),
        "failed": item.sentence if item.state is ItemState.FAILED else None,
    }


def _read(path: Path) -> list[Item]:
    """The items in a file; those that make no sense are left out."""
    try:
        raw = parse_json(path.read_bytes())
        records = raw["items"] if raw["unfade_queue"] == _VERSION else []
    except (OSError, ValueError, TypeError, LookupError) as error:
        _log.warning("%s: %s", path, error)
        return []
    items = []
    for record in records:
        try:
            items.append(_item(record))
        except (UnfadeError, ValueError, TypeError, LookupError) as error:
            _log.warning("%s: %s", path, error)
    return items


def _item(record: dict[str, Any]) -> Item:
    steps = record["steps"]
    if steps:
        Recipe.from_json({"steps": steps})
    save = None if record["save"] is None else Save(SaveChoice.from_json(record["save"]))
    item = Item(0, Path(record["source"]), Path(record["below"]), steps=list(steps), save=save)
    if save is not None:
        item.target = save.choice.path
    if record["failed"] is not None:
        item.state, item.sentence = ItemState.FAILED, str(record["failed"])
    return item
