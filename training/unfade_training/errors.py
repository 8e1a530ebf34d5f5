"""Errors of training as sentences for the person at the screen: what happened, to which file, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TrainingError(Exception):
    """Something asked of the training package cannot be done; the text is shown as it stands."""


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
