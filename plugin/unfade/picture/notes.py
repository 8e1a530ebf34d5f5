"""What a person should be told of a picture that was read or written all the same."""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger(__name__)


class Notes:
    """Sentences on what was lost, guessed or left out of one file, in the order in which it happened.

    Each goes to the log too, with the file's name before it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """A sentence, with a capital and a full stop; once is enough."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)
            _log.warning("%s: %s", self.path, sentence)

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(self._sentences)
