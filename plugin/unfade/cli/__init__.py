"""The command line: ``unfade upscale | ... | run | models | doctor | install | preview | serve``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line, this process's own where none is given, and gives the exit code.

    Two are answered without the libraries of the others: ``--version``, and ``serve`` as editors start it,
    for they wait for it (``bench/round_trip_gimp.py`` measures it).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        from unfade import __version__

        sys.stdout.write(f"unfade {__version__}\n")
        return 0
    if words == ["serve"]:
        _serve()
    try:
        from unfade.cli.app import run_command_line

        return run_command_line(words)
    except KeyboardInterrupt:  # while it is being imported; later it is foreseen there
        sys.stderr.write("unfade: Interrupted.\n")
        return _INTERRUPTED


def _serve() -> None:
    """Serves until the process ends; returns where there are no pipes, for the sentence about it."""
    from unfade.errors import UsageError
    from unfade.inference import Engine
    from unfade.log import start_logging
    from unfade.service.server import SERVICE_TILE, serve

    start_logging()
    with contextlib.suppress(UsageError):
        serve(Engine(usual_tile=SERVICE_TILE))
