"""The ``unfade`` command: its sub-commands, and that every failure is one sentence and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from enum import IntEnum
from typing import Annotated, Any

import typer

from unfade import __version__
from unfade.cli.doctor import doctor
from unfade.cli.filters import add_filters
from unfade.cli.install import install
from unfade.cli.interrupt import Interrupted
from unfade.cli.models import models
from unfade.cli.preview import preview
from unfade.cli.run import run
from unfade.cli.serve import serve
from unfade.errors import UnfadeError, UsageError
from unfade.log import start_logging, unforeseen

logger = logging.getLogger(__name__)

# Older typers need click, newer ones carry a copy of it; BadParameter's base is click's UsageError in both.
_CommandLineError: Any = typer.BadParameter.__mro__[1]


class ExitCode(IntEnum):
    """What the shell is told. Scripts depend on it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130


app = typer.Typer(
    help="Restores pictures: enlarges them, cleans them, colours them.",
    add_completion=False,
    rich_markup_mode=None,  # plain help, and rich is only imported for the progress bar
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
add_filters(app)
app.command("run", help="Run the filters of a recipe, one after the other.")(run)
app.add_typer(models, name="models")
app.command("doctor")(doctor)
app.command("install")(install)
app.command("preview")(preview)
app.command("serve")(serve)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"unfade {__version__}")
        raise typer.Exit(ExitCode.DONE)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line and gives the exit code; ends the process itself only when it is interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names need not be text
    start_logging()
    try:
        return int(app(arguments, prog_name="unfade", standalone_mode=False) or ExitCode.DONE)
    except UnfadeError as error:
        logger.warning("%s: %s", type(error).__name__, error)
        _say(str(error))
        return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FAILED
    except _CommandLineError as error:
        _say(_usage_sentence(error))
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        _say("Interrupted.")
        return ExitCode.INTERRUPTED
    except Interrupted:
        # The worker may still be inside the network; it is not waited for, and nothing of it is on the disk.
        _say("Interrupted; every file that was written is whole.")
        sys.stdout.flush()
        sys.stderr.flush()
        logging.shutdown()
        os._exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our results has gone. Python would complain again when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:
        logger.exception("unexpected failure")
        _say(unforeseen(error))
        return ExitCode.FAILED


def _say(sentence: str) -> None:
    typer.echo(f"unfade: {sentence}", err=True)


def _usage_sentence(error: Any) -> str:
    """click's message on one line, with where to read more."""
    message = " ".join(str(error.format_message()).split()).rstrip(".")
    command = error.ctx.command_path if error.ctx is not None else "unfade"
    return f"{message}; {command} --help tells what there is."
