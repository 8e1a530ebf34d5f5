"""fast.ai's 2019 lesson 7 as programs, each of which reads from top to bottom; some of it is recipes
(``training/lessons``). ``python -m unfade_training.lessons`` lists them all.

A lesson says what it is where it lives:

- a module here has a ``LESSON = Lesson(...)`` beside its docstring,
- a recipe, in ``training/lessons`` or ``training/recipes``, has a table ``[lesson]`` with the same keys, and
  needs no ``command``.

What the modules share (commands that refuse in one sentence, curves, sheets of pictures) is in
:mod:`.showing`.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

from msgspec import Struct

from ..errors import missing_package

if sys.argv[:1] == ["-m"] and find_spec("torch") is None:  # Python is still looking for the lesson to run
    sys.exit(missing_package(ModuleNotFoundError(name="torch"), "train"))


class Lesson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the list of lessons says of one.

    Attributes:
        number: its place in the order in which a reader takes them.
        shows: what there is to be seen, in a line.
        minutes: CPU time of the full run whose figures its page gives, on one thread.
        command: of that run, a line for each of several; a recipe's is ``unfade-train FILE --data examples``
            unless given.
    """

    number: int
    shows: str
    minutes: float | None = None
    command: str = ""
