"""``python -m unfade``: the command line, and ``serve`` as editors start it.

They wait for it, so it does without the command line's libraries, which take two fifths of the start
(``bench/round_trip_gimp.py`` tells it).
"""

from __future__ import annotations

import contextlib
import sys
from typing import NoReturn

from unfade.errors import UsageError


def main() -> int:
    """Runs what the arguments of this process say, and gives the exit code."""
    if sys.argv[1:] == ["serve"]:
        with contextlib.suppress(UsageError):  # the command line has it too, and a sentence for it
            _serve()
    from unfade.cli import main as command_line

    return command_line()


def _serve() -> NoReturn:
    """``unfade serve`` with no options; UsageError where there are no pipes."""
    from unfade.inference import Engine
    from unfade.log import start_logging
    from unfade.service import serve
    from unfade.service.server import SERVICE_TILE

    start_logging()
    serve(Engine(usual_tile=SERVICE_TILE))


if __name__ == "__main__":
    sys.exit(main())
