"""``unfade-export``: a checkpoint in, a checked ONNX model out."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unfade.errors import UnfadeError
from unfade.models import Variant
from unfade_training.errors import TrainingError

from .errors import ExportError

if TYPE_CHECKING:
    from .build import Report

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turns checkpoints into ONNX models with a card, checked. A checkpoint alone means run.",
)

_Output = Annotated[Path, typer.Option("--output", "-o", help="The model to write.", show_default=False)]
_Half = Annotated[bool, typer.Option("--fp16", help="Write a float16 variant beside it, for CUDA.")]
_Install = Annotated[bool, typer.Option("--install", help="Add it to your own models, too.")]
_Static = Annotated[
    str | None,
    typer.Option(
        metavar="WIDTHxHEIGHT",
        help="Fix the size that goes in, for compilers and hardware that want one; pictures are cut into it.",
        show_default=False,
    ),
]
_Photo = Annotated[
    Path | None, typer.Option(help="A photograph to prove exact tiling on, in place of noise.")
]


@app.command()
def run(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of unfade-train.", show_default=False)],
    output: _Output,
    fp16: _Half = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="Store weights in half precision: half the file.")
    ] = False,
    static: _Static = None,
    install: _Install = False,
    photo: _Photo = None,
) -> None:
    """Export CHECKPOINT, check the model against it, and write it with its card."""
    from .export import export_checkpoint
    from .photo import load_photo
    from .static import parse_size

    size = None if static is None else parse_size(static)
    pixels = None if photo is None else load_photo(photo)
    report = export_checkpoint(checkpoint, output, fp16=fp16, compact=compact, static=size, photo=pixels)
    _finish(report, output, install)


@app.command()
def community(
    checkpoint: Annotated[
        Path, typer.Argument(help="ESRGAN, Compact, SPAN, SwinIR, DAT... (.safetensors, .pth).")
    ],
    output: _Output,
    licence: Annotated[str, typer.Option(help="A note on the model's licence, for its card.")] = "",
    variant: Annotated[
        Variant | None,
        typer.Option(
            help="How it was trained; unless given, gan for models that enlarge.", show_default=False
        ),
    ] = None,
    fp16: _Half = False,
    static: _Static = None,
    install: _Install = False,
    photo: _Photo = None,
) -> None:
    """Export a community CHECKPOINT that spandrel recognises, with a card."""
    from .community import UNKNOWN_LICENCE, export_community
    from .photo import load_photo
    from .static import parse_size

    report = export_community(
        checkpoint,
        output,
        licence=licence or UNKNOWN_LICENCE,
        variant=variant,
        fp16=fp16,
        static=None if static is None else parse_size(static),
        photo=None if photo is None else load_photo(photo),
    )
    _finish(report, output, install)


@app.command()
def blend(
    first: Annotated[Path, typer.Argument(help="A model (.onnx).", show_default=False)],
    second: Annotated[Path, typer.Argument(help="Another of the same network.", show_default=False)],
    output: _Output,
    weight: Annotated[float, typer.Option(help="Of the second: 0 gives the first, 1 the second.")] = 0.5,
) -> None:
    """Write a model between FIRST and SECOND: their weights, interpolated."""
    from .blend import blend_models

    card = blend_models(first, second, weight, output)
    typer.echo(f"{card.name} -> {output}")


def _finish(report: Report, output: Path, install: bool) -> None:
    from .table import show

    show(report, output)
    if install:
        from unfade.models.library import add_model

        typer.echo(f"added to your models: {add_model(output, replace=True).path}")


def main() -> None:
    """Entry point: whatever fails is one sentence and exit code 1."""
    logging.basicConfig(level=logging.ERROR)
    arguments = sys.argv[1:]
    commands = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    if arguments and not {"-h", "--help", *commands} & {arguments[0]}:
        arguments = ["run", *arguments]
    try:
        app(arguments)
    except (ExportError, TrainingError, UnfadeError) as error:
        typer.echo(f"unfade-export: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
