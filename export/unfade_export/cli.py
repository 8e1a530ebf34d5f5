"""``unfade-export``: a checkpoint in, a checked ONNX model out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unfade.errors import UnfadeError
from unfade.models import Tiling, Variant, half_precision_file
from unfade_training.errors import TrainingError, missing_package

from . import ExportError

if TYPE_CHECKING:
    from .export import Report

_File = click.Path(path_type=Path)
_output = click.option("--output", "-o", type=_File, required=True, help="The model to write.")
_OF_A_NETWORK = (
    click.option("--fp16", is_flag=True, help="Write a float16 variant beside it, for CUDA."),
    click.option(
        "--static",
        metavar="WIDTHxHEIGHT",
        help="Fix the size that goes in, for compilers and hardware that want one; pictures are cut into it.",
    ),
    click.option("--install", is_flag=True, help="Add it to your own models, too."),
    click.option("--photo", type=_File, help="A photograph to prove exact tiling on, in place of noise."),
)


def _of_a_network(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both kinds of checkpoints have."""
    for option in reversed(_OF_A_NETWORK):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def app() -> None:
    """Turns checkpoints into ONNX models with a card, checked. A checkpoint alone means run."""


@app.command()
@click.argument("checkpoint", type=_File)
@_output
@click.option("--compact", is_flag=True, help="Store weights in half precision: half the file.")
@click.option("--int8", is_flag=True, help="Store weights in 8 bits: a quarter of the file.")
@_of_a_network
def run(
    checkpoint: Path,
    output: Path,
    compact: bool,
    int8: bool,
    fp16: bool,
    static: str | None,
    install: bool,
    photo: Path | None,
) -> None:
    """Export CHECKPOINT, of unfade-train, check the model against it, and write it with its card."""
    from .export import export_checkpoint

    report = export_checkpoint(
        checkpoint, output, fp16=fp16, compact=compact, int8=int8, **_size_and_photo(static, photo)
    )
    _finish(report, output, install=install)


@app.command()
@click.argument("checkpoint", type=_File)
@_output
@click.option("--licence", default="", help="A note on the model's licence, for its card.")
@click.option(
    "--variant",
    type=click.Choice([variant.value for variant in Variant]),
    help="How it was trained; unless given, gan for models that enlarge.",
)
@_of_a_network
def community(
    checkpoint: Path,
    output: Path,
    licence: str,
    variant: str | None,
    fp16: bool,
    static: str | None,
    install: bool,
    photo: Path | None,
) -> None:
    """Export a community CHECKPOINT that spandrel recognises, with a card: ESRGAN, Compact, SPAN, SwinIR,
    DAT... (.safetensors, .pth)."""
    from .community import UNKNOWN_LICENCE, export_community

    report = export_community(
        checkpoint,
        output,
        licence=licence or UNKNOWN_LICENCE,
        variant=None if variant is None else Variant(variant),
        fp16=fp16,
        **_size_and_photo(static, photo),
    )
    _finish(report, output, install=install)


@app.command()
@click.argument("first", type=_File)
@click.argument("second", type=_File)
@_output
@click.option(
    "--weight", default=0.5, show_default=True, help="Of the second: 0 gives the first, 1 the second."
)
def blend(first: Path, second: Path, output: Path, weight: float) -> None:
    """Write a model between FIRST and SECOND (.onnx, of the same network): their weights, interpolated."""
    from .export import blend_models

    card = blend_models(first, second, weight, output)
    click.echo(f"{card.name} -> {output}")


def _size_and_photo(static: str | None, photo: Path | None) -> dict[str, Any]:
    from .export import load_photo
    from .interface import parse_size

    return {
        "static": None if static is None else parse_size(static),
        "photo": None if photo is None else load_photo(photo),
    }


def _finish(report: Report, output: Path, *, install: bool) -> None:
    show_report(report, output)
    if install:
        from unfade.models.library import add_model

        click.echo(f"added to your models: {add_model(output, replace=True).path}")


def show_report(report: Report, output: Path) -> None:
    """Print what was exported and measured, as a table."""
    from rich.console import Console
    from rich.table import Table

    card = report.card
    table = Table(title=f"{card.name} -> {output}", show_header=False)
    table.add_row("task", f"{card.task} x{card.scale}, {card.variant.value}")
    if card.parameters is not None:
        table.add_row("parameters", f"{card.parameters:,}")
    if card.macs_per_pixel is not None:
        table.add_row("MACs per input pixel", f"{card.macs_per_pixel:,}")
    table.add_row("file", f"{report.size / 1e6:.2f} MB")
    table.add_row("outputs", ", ".join(f"{o.name} ({o.channels} x {o.colour_space})" for o in card.outputs))
    table.add_row("tiling", _tiling(report))
    if card.fixed_size is None:
        table.add_row("size multiple", str(card.size_multiple))
    else:
        table.add_row("only size", f"{card.fixed_size[1]}x{card.fixed_size[0]}")
    for parity in report.parity:
        table.add_row(f"parity at {parity.width}x{parity.height}", f"{parity.difference:.1e}")
    if report.tiling_difference is not None:
        table.add_row("tiles against whole", f"{report.tiling_difference:.1e}")
    if report.half is not None:
        worst = max(parity.difference for parity in report.half.parity)
        table.add_row("float16 against float32", f"{worst:.1e}, at most, at the same sizes")
        table.add_row("float16 file", f"{half_precision_file(output).name}, {report.half.size / 1e6:.2f} MB")
    table.add_row("speed here", f"{report.megapixels_per_second:.2f} input MP/s on the CPU")
    table.add_row("licence", card.licence)
    Console().print(table)


def _tiling(report: Report) -> str:
    card = report.card
    if card.tiling is Tiling.WHOLE:
        return f"whole, at {card.working_size} px"
    if card.tiling is Tiling.BLEND:
        return f"blended, overlaps of {2 * card.halo} px"
    return f"exact, halo {card.halo} px (an impulse was seen {report.reach} px away)"


def main() -> None:
    """Entry point: whatever fails is one sentence and exit code 1."""
    logging.basicConfig(level=logging.ERROR)
    arguments = sys.argv[1:]
    if arguments and arguments[0] not in ("-h", "--help", *app.commands):
        arguments = ["run", *arguments]
    try:
        app(arguments)
    except (ExportError, TrainingError, UnfadeError) as error:
        click.echo(f"unfade-export: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("unfade"):
            raise
        click.echo(f"unfade-export: {missing_package(error, 'export')}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
