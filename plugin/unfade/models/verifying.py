"""Whether the user's own models are still what was added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from unfade import paths
from unfade.errors import ModelError
from unfade.inference import session
from unfade.inference.variants import is_half_variant
from unfade.models.index import checksum, read_index


class State(str, Enum):
    """What became of a model."""

    WHOLE = "whole"
    CHANGED = "changed"
    MISSING = "missing"
    UNKNOWN = "added by hand"
    UNUSABLE = "unusable"

    @property
    def well(self) -> bool:
        return self in (State.WHOLE, State.UNKNOWN)


@dataclass(frozen=True)
class Verdict:
    """On one model: its name (for a file that was never added, the file's stem), and why it is not well."""

    name: str
    state: State
    reason: str = ""


def verify_models() -> list[Verdict]:
    """Compare every file among the user's own models with the checksum it was added with, and load it.

    Raises:
        ModelError: the index is damaged.
    """
    folder = paths.models_dir()
    entries = read_index(folder)
    verdicts: list[Verdict] = []
    known: set[str] = set()
    for name, entry in entries.items():
        known.update(entry.files)
        verdicts.append(_verdict(name, entry.files))
    for path in sorted(folder.glob("*.onnx")):
        if path.name not in known and not is_half_variant(path):
            try:
                session.card_of(path, probing=True)
            except ModelError as error:
                verdicts.append(Verdict(path.stem, State.UNUSABLE, str(error)))
            else:
                verdicts.append(Verdict(path.stem, State.UNKNOWN))
    return sorted(verdicts, key=lambda verdict: verdict.name)


def _verdict(name: str, files: Mapping[str, str]) -> Verdict:
    folder = paths.models_dir()
    for file, digest in files.items():
        path = folder / file
        if not path.is_file():
            return Verdict(name, State.MISSING, f"{path} is gone: add the model again.")
        if checksum(path) != digest:
            return Verdict(name, State.CHANGED, f"{path} is not what was added: add the model again.")
    try:
        session.card_of(folder / next(iter(files)))
    except ModelError as error:
        return Verdict(name, State.UNUSABLE, str(error))
    return Verdict(name, State.WHOLE)
