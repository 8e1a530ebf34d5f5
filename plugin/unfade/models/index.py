"""The index of the user's own models: which files were added, from where, and their checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfade.errors import ModelError
from unfade.paths import whole_or_absent

NAME = "index.json"
_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One added model.

    Attributes:
        files: SHA-256 by file name, the model itself first.
        source: the file or address it came from.
    """

    files: Mapping[str, str]
    source: str


def read_index(folder: Path) -> dict[str, Entry]:
    """Entries by model name; none where nothing was ever added.

    Raises:
        ModelError: the index is damaged.
    """
    path = folder / NAME
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {name: _entry(record) for name, record in raw["models"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"The index of your models, {path}, is damaged; delete it and add the models again."
        ) from error


def write_index(folder: Path, entries: Mapping[str, Entry]) -> None:
    """Replace the index. Raises OutputError; the one before is kept then."""
    record = {
        "version": _VERSION,
        "models": {
            name: {"files": dict(entry.files), "source": entry.source}
            for name, entry in sorted(entries.items())
        },
    }
    with whole_or_absent(folder / NAME) as stream:
        stream.write(f"{json.dumps(record, indent=2)}\n".encode())


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _entry(record: Any) -> Entry:
    files = {str(name): str(digest) for name, digest in record["files"].items()}
    if not files or any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
        raise ValueError("files of a model lie in its folder")
    return Entry(files, str(record["source"]))
