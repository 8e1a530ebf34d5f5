"""The ``unfade`` command: its sub-commands, and that every failure is one sentence and an exit code.

Here too: ``doctor``, ``install``, ``preview`` and ``serve``, which look after an installation or serve
others.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from unfade import __version__
from unfade.cli.running import Interrupted, Unprintable, say
from unfade.errors import UnfadeError, UsageError, did_you_mean
from unfade.log import start_logging, unforeseen

if TYPE_CHECKING:
    from unfade.doctor import Examination

logger = logging.getLogger(__name__)

_COMMANDS: Final = {
    "run": "filtering:run",
    "doctor": "app:doctor",
    "install": "app:install",
    "preview": "app:preview",
    "serve": "app:serve",
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
        if isinstance(error, Unprintable):
            _forget_stdout()
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
    except BrokenPipeError:  # the reader of our results has gone
        _forget_stdout()
        return ExitCode.FAILED
    except Exception as error:
        logger.exception("unexpected failure")
        _say(unforeseen(error))
        return ExitCode.FAILED


def _forget_stdout() -> None:
    """Lets go of what standard output did not take; Python would complain once more when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    say(f"unfade: {sentence}", err=True)


def _usage_sentence(error: click.ClickException) -> str:
    """click's message on one line, with where to read more."""
    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = "unfade" if context is None else context.command_path
    return f"{message}; {command} --help tells what there is."


_MENUS = {"gimp": "Filters > Enhance > Unfade", "krita": "Tools > Scripts > Unfade"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the same as one JSON object.")
def doctor(as_json: bool) -> int:
    """Tell versions, devices and why not the GPU, models, and where the log is."""
    from unfade.doctor import examine

    examination = examine()
    if as_json:
        say(json.dumps(dataclasses.asdict(examination)))
    else:
        for line in _lines(examination):
            say(line)
    return 0 if examination.healthy else 1


def _lines(examination: Examination) -> list[str]:
    lines = ["Versions"]
    lines += [f"  {name:<20} {version}" for name, version in examination.versions.items()]
    lines += ["", "Devices, the first that works is used"]
    for device in examination.devices:
        lines.append(f"  {device.label:<20} {'yes' if device.usable else 'no'}{_aside(device.note)}")
    lines += ["", "Models"]
    for model in examination.models:
        # Why it is not the GPU is told once, above.
        state = f"runs on {model.runs_on}" if model.runs_on else f"cannot be used{_aside(model.note)}"
        lines.append(f"  {model.name:<20} {state}")
    if not examination.models:
        lines.append(f"  none; put .onnx files made by unfade-export into {examination.places['models']}")
    lines += ["", "Places"]
    lines += [f"  {name:<20} {place}" for name, place in examination.places.items()]
    return lines


def _aside(note: str | None) -> str:
    return f", {note}" if note else ""


@click.command()
@click.argument("editor", metavar="gimp|krita")
@click.option("--uninstall", "remove", is_flag=True, help="Take the filters out of the editor again.")
def install(editor: str, remove: bool) -> int:
    """Put the filters into the menus of GIMP 3 or Krita."""
    from unfade import install as installing

    names = [known.value for known in installing.Editor]
    if editor not in names:
        raise UsageError(f"There is no plug-in for {editor!r}{did_you_mean(editor, names)}")
    chosen = installing.Editor(editor)
    machine = installing.Machine()
    profiles = installing.find_profiles(chosen, machine)
    if remove:
        removed = [profile for profile in profiles if installing.uninstall(profile)]
        for profile in removed:
            say(f"{profile.label}: the filters were removed from {profile.folder}.")
        if not removed:
            say(f"There was nothing to remove: no profile of {chosen.title} has Unfade's filters.")
        return 0
    if not profiles:
        raise installing.InstallError(
            f"No {chosen.title} was found: install it, start it once, then type the same command again."
        )
    for profile in profiles:
        done = installing.install(profile)
        say(f"{profile.label}: the filters are in {done.folder}.")
    if installing.sandbox_of(chosen, machine).is_dir():
        say(
            f"{chosen.title} from Flatpak must be allowed to start Unfade's engine outside of its "
            f"sandbox, which lets it start any program of yours; type once: {chosen.allow_flatpak}"
        )
    native = next((profile for profile in profiles if not profile.in_flatpak), None)
    if native is not None:
        answer = installing.ask_editor(native, machine)
        if answer.sees is False:
            raise installing.InstallError(f"{answer.sentence} The log of {chosen.title} tells more.")
        say(answer.sentence)
    say(f"Start {chosen.title} anew and choose {_MENUS[editor]}.")
    say(f"To undo this: unfade install {editor} --uninstall")
    return 0


@click.command()
@click.argument("picture", type=click.Path(path_type=Path), required=False)
@click.option("--filter", metavar="NAME", help="The filter that is on at the start.")
@click.option("--host", is_flag=True, help="Work for an editor, through standard input and output.")
@click.option("--parent", type=int, help="With --host: the editor's window, by the system's number for it.")
def preview(picture: Path | None, filter: str | None, host: bool, parent: int | None) -> int:
    """Open the preview window, with PICTURE in it where one is named."""
    from unfade.ui import check_display, engine_ahead

    check_display()
    engine = engine_ahead()  # before the window's own modules are loaded, which takes as long
    from unfade.ui import app

    return app.run_host(parent, engine) if host else app.run_window(picture, filter, engine)


@click.command()
@click.option(
    "--device",
    metavar="DEVICE",
    default="auto",
    show_default=True,
    help="auto, cpu, cuda, cuda:N, coreml or directml.",
)
@click.option(
    "--tile",
    type=int,
    metavar="N",
    help="Largest side of a tile in pixels; small ones stop sooner. 512, or more for models that see far.",
)
@click.option("--threads", type=int, metavar="N", help="CPU threads; all cores when left out.")
def serve(device: str, tile: int | None, threads: int | None) -> None:
    """Run filters for an editor, through standard input and output (docs/service.md)."""
    from unfade.inference import Device, Engine
    from unfade.service.server import SERVICE_TILE
    from unfade.service.server import serve as serve_frames

    serve_frames(Engine(Device.parse(device), threads=threads, tile=tile, usual_tile=SERVICE_TILE))
