"""``unfade-export``: a checkpoint in, a checked ONNX model out."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unfade_training.errors import TrainingError

from .errors import ExportError

if TYPE_CHECKING:
    from .export import Report

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def run(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of unfade-train.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model to write.", show_default=False)],
) -> None:
    """Export CHECKPOINT, check the model against it, and write it with its card."""
    from .export import export_checkpoint

    report = export_checkpoint(checkpoint, output)
    _show(report, output)


def _show(report: Report, output: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    card = report.card
    table = Table(title=f"{card.name} -> {output}", show_header=False)
    table.add_row("task", f"{card.task.value} x{card.scale}, {card.variant.value}")
    table.add_row("parameters", f"{card.parameters:,}")
    table.add_row("MACs per input pixel", f"{card.macs_per_pixel:,}")
    table.add_row("file", f"{report.size / 1e6:.2f} MB")
    table.add_row("halo", f"{card.halo} px (an impulse was seen {report.reach} px away)")
    table.add_row("size multiple", str(card.size_multiple))
    for parity in report.parity:
        table.add_row(f"parity at {parity.width}x{parity.height}", f"{parity.difference:.1e}")
    table.add_row("tiles against whole", f"{report.tiling_difference:.1e}")
    table.add_row("speed here", f"{report.megapixels_per_second:.2f} input MP/s on the CPU")
    Console().print(table)


def main() -> None:
    """Entry point: whatever fails is one sentence and exit code 1."""
    logging.basicConfig(level=logging.ERROR)
    try:
        app()
    except (ExportError, TrainingError) as error:
        typer.echo(f"unfade-export: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
