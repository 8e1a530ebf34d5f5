"""Errors of training as sentences for the person at the screen: what happened, to which file, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TrainingError(Exception):
    """Something asked of the training package cannot be done; the text is shown as it stands."""


def count_of(number: int, noun: str) -> str:
    """``1 stage``, ``2 stages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def missing_package(error: ModuleNotFoundError, extra: str) -> str:
    """A sentence for a library that is not installed: which, and the command that installs the extra."""
    return (
        f"{(error.name or str(error)).partition('.')[0]} is not installed. Unfade is installed with all that "
        f"is needed by: pip install 'unfade[{extra}]' (in a copy of its repository: pip install '.[{extra}]')"
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Gives the end of a sentence for a misspelt ``word``: a guess, or all the ``known`` words.

    Example:
        ``f"There is no network {name!r}{did_you_mean(name, names)}"``
    """
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.55)
    if close:
        return f": did you mean {close[0]!r}?"
    return f"; there are {', '.join(known) or 'none'}."
