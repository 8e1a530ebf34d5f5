"""Errors as sentences for the person at the screen: what happened, to which file, and what to do.

Whatever reaches a user is an :class:`UnfadeError`; its text is shown as it stands, without a traceback.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, halves of pairs, ends of lines and paragraphs
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST_WORD = 100  # of what was typed; comparing takes quadratic time


class UnfadeError(Exception):
    """Base of all errors that are meant to be read by the user."""

    def __str__(self) -> str:
        return printable(super().__str__())


class UsageError(UnfadeError):
    """What was asked for makes no sense (a scale of 0, an output equal to its input)."""


class PictureError(UnfadeError):
    """A picture could not be read: missing, damaged, too large, or not a picture at all."""


class OutputError(UnfadeError):
    """A result could not be written."""


class ModelError(UnfadeError):
    """A model is unknown, unreadable, of a shape no filter can use, or gave an unusable result."""


class DeviceError(UnfadeError):
    """The device asked for by name cannot run the model here."""


class DisplayError(UnfadeError):
    """There is nothing to show the window on, or nothing to show it with."""


class Cancelled(UnfadeError):
    """The user stopped the work. Raised from a progress callback to stop a running filter."""


def listed(words: Iterable[str], joint: str) -> str:
    """``a, b and c``, where the joint is "and"; at least one word."""
    *most, last = words
    return f"{', '.join(most)} {joint} {last}" if most else last


def printable(text: str) -> str:
    """The text in which what commands a terminal, or turns lines round, is written as an escape.

    Names of files, and what files say of themselves, need not be text.
    """
    if text.isprintable():
        return text
    return "".join(
        one.encode("unicode_escape").decode("ascii")
        if unicodedata.category(one) in _UNSEEN or one in _TURNS
        else one
        for one in text
    )


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """The end of a sentence about an unknown ``word``: the nearest of the ``names``, or all of them."""
    names = list(names)
    near = difflib.get_close_matches(word[:_LONGEST_WORD], names, n=1, cutoff=0.5)
    return f": did you mean {near[0]}?" if near else f": there are {', '.join(names)}."


def first_line(error: BaseException) -> str:
    """The part of a library's message fit for a sentence: one line, without ONNX Runtime's codes."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).strip()
    line = text.splitlines()[0].strip() if text else type(error).__name__
    return line if len(line) <= 200 else line[:197] + "..."
