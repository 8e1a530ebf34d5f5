"""What the window remembers from one day to the next: typed, and forgiving of what else is in the file."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QByteArray, QSettings

from unfade import paths

RECENT_FILES = 10
RECENT_COLOURS = 12


class Theme(Enum):
    """Which of the two looks the window has."""

    SYSTEM = "system"
    """Whichever the system uses now."""
    LIGHT = "light"
    DARK = "dark"


class Settings:
    """Settings in a file of their own. What is missing or makes no sense there reads as the default.

    Values are kept in memory at once and reach the file when the event loop is idle, or with :meth:`save`.

    Args:
        path: the file; by default ``window.ini`` where the system keeps settings.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.config_dir() / "window.ini"
        self._store = QSettings(str(self.path), QSettings.Format.IniFormat)

    def save(self) -> bool:
        """Writes the file now; False where it cannot be written, which is no reason to stop."""
        self._store.sync()
        return self._store.status() is QSettings.Status.NoError

    # Looks

    @property
    def theme(self) -> Theme:
        """Light, dark or the system's."""
        try:
            return Theme(self._text("theme"))
        except ValueError:
            return Theme.SYSTEM

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._store.setValue("theme", theme.value)

    @property
    def language(self) -> str:
        """A key of ``unfade.ui.language.LANGUAGES``, or "" for the system's."""
        return self._text("language")

    @language.setter
    def language(self, language: str) -> None:
        self._store.setValue("language", language)

    # The window's layout, as Qt packs it

    def layout(self, name: str) -> QByteArray:
        """What a window, a splitter or a header gave :meth:`set_layout` under this name; empty if nothing."""
        value = self._store.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_layout(self, name: str, state: QByteArray) -> None:
        """Keeps a ``saveGeometry()`` or ``saveState()``."""
        self._store.setValue(f"layout/{name}", state)

    # Files

    @property
    def recent_files(self) -> tuple[Path, ...]:
        """Pictures opened of late, the latest first; some may be gone by now."""
        return tuple(Path(name) for name in self._texts("recent/files"))

    def present_recent_files(self) -> tuple[Path, ...]:
        """Those of :attr:`recent_files` that are still there."""
        return tuple(path for path in self.recent_files if paths.is_there(path))

    def add_recent_file(self, path: Path) -> None:
        """Puts a picture at the top of the recent ones."""
        name = str(Path(path).absolute())  # not resolved: links keep the name the user knows
        names = [name, *(other for other in self._texts("recent/files") if other != name)]
        self._write("recent/files", names[:RECENT_FILES])

    def forget_recent_files(self) -> None:
        """Empties the list."""
        self._store.remove("recent/files")

    def folder(self, purpose: str) -> Path:
        """The folder last used for a purpose ("open", "save", "recipe"); at first the user's own."""
        name = self._text(f"folder/{purpose}")
        return Path(name) if name and paths.is_folder(Path(name)) else Path.home()

    def set_folder(self, purpose: str, folder: Path) -> None:
        """Keeps the folder for next time."""
        self._store.setValue(f"folder/{purpose}", str(folder.absolute()))

    def output_folder(self, default: Path) -> Path:
        """Where the queue's results go. It need not exist: it is made with the first result."""
        name = self._text("folder/output")
        return Path(name) if name else default

    def set_output_folder(self, folder: Path) -> None:
        """Keeps the folder for results."""
        self._store.setValue("folder/output", str(folder.absolute()))

    # Filters, hints and saving

    def last_options(self, filter: str) -> dict[str, Any]:
        """The options last used with a filter, by name; some may no longer be valid."""
        found = self._read(f"options/{filter}")
        return found if isinstance(found, dict) else {}

    def set_last_options(self, filter: str, options: Mapping[str, Any]) -> None:
        """Keeps options made of JSON's kinds of values."""
        self._write(f"options/{filter}", dict(options))

    def last_filters(self, default: Collection[str], among: Collection[str]) -> frozenset[str]:
        """The filters that were on last, as far as there are such; ``default`` at first."""
        found = self._read("filters")
        known = [name for name in found if name in among] if isinstance(found, list) else default
        return frozenset(known)

    def set_last_filters(self, names: Collection[str]) -> None:
        """Keeps which filters are on."""
        self._write("filters", sorted(names))

    @property
    def recent_colours(self) -> tuple[str, ...]:
        """Colours given to hints of late as "#rrggbb", the latest first."""
        return tuple(self._texts("recent/colours"))

    def add_recent_colour(self, colour: str) -> None:
        """Puts a colour at the front of the recent ones."""
        colours = [colour, *(other for other in self._texts("recent/colours") if other != colour)]
        self._write("recent/colours", colours[:RECENT_COLOURS])

    def choice(self, name: str, default: str, among: Sequence[str]) -> str:
        """A word the user last chose, if it still is among those there are."""
        found = self._text(f"choice/{name}")
        return found if found in among else default

    def set_choice(self, name: str, word: str) -> None:
        """Keeps a chosen word."""
        self._store.setValue(f"choice/{name}", word)

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number the user last set, if it lies in its range."""
        try:
            found = int(self._text(f"number/{name}"))
        except ValueError:
            return default
        return found if low <= found <= high else default

    def set_number(self, name: str, number: int) -> None:
        """Keeps a whole number."""
        self._store.setValue(f"number/{name}", str(number))

    # The file. Lists and dicts are JSON in it: Qt's own packing of a list of one is a string.

    def _text(self, key: str) -> str:
        value = self._store.value(key)
        return value if isinstance(value, str) else ""

    def _read(self, key: str) -> Any:
        try:
            return json.loads(self._text(key))
        except ValueError:
            return None

    def _texts(self, key: str) -> list[str]:
        found = self._read(key)
        return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []

    def _write(self, key: str, value: Any) -> None:
        self._store.setValue(key, json.dumps(value))
