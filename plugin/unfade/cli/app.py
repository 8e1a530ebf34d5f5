"""The ``unfade`` command: its sub-commands, and that every failure is one sentence and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from importlib import import_module
from typing import Final

import click

from unfade import __version__
from unfade.cli.running import Interrupted, say
from unfade.errors import UnfadeError, UsageError, did_you_mean
from unfade.log import start_logging, unforeseen

logger = logging.getLogger(__name__)

_COMMANDS: Final = {
    "run": "filtering:run",
    "doctor": "commands:doctor",
    "install": "commands:install",
    "preview": "commands:preview",
    "serve": "commands:serve",
    "models": "models:models",
}
"""Where each command is, besides those that the filters' registry makes."""


class ExitCode(IntEnum):
    """What the shell is told. Scripts depend on it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130


class _Commands(click.Group):
    """Loads a command when it is named, so that each starts without the libraries of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from unfade.cli.filtering import filter_names

        return [*filter_names(), *_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS:
            module, _, name = _COMMANDS[cmd_name].partition(":")
            command = getattr(import_module(f"unfade.cli.{module}"), name)
            assert isinstance(command, click.Command)
            return command
        from unfade.cli.filtering import filter_command

        return filter_command(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise UsageError(
                f"There is no command {args[0]!r}{did_you_mean(args[0], self.list_commands(ctx))}"
            )
        return super().resolve_command(ctx, args)


@click.command(
    cls=_Commands,
    name="unfade",
    help="Restores pictures: enlarges them, cleans them, colours them.",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--version", is_flag=True, help="Print the version and exit.")
@click.pass_context
def app(context: click.Context, version: bool) -> int | None:
    """Tells the version, or how to use the command where no sub-command is named."""
    if version:
        click.echo(f"unfade {__version__}")
        context.exit(ExitCode.DONE)
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        return ExitCode.USAGE
    return None


def run_command_line(arguments: Sequence[str]) -> int:
    """Runs one command line and gives the exit code; ends the process itself only when it is interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names need not be text
    start_logging()
    try:
        return int(app.main(list(arguments), prog_name="unfade", standalone_mode=False) or ExitCode.DONE)
    except UnfadeError as error:
        logger.warning("%s: %s", type(error).__name__, error)
        _say(str(error))
        return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FAILED
    except click.ClickException as error:
        _say(_usage_sentence(error))
        return ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
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
    say(f"unfade: {sentence}", err=True)


def _usage_sentence(error: click.ClickException) -> str:
    """click's message on one line, with where to read more."""
    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = "unfade" if context is None else context.command_path
    return f"{message}; {command} --help tells what there is."
