"""An export's report as a table for the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from unfade.models import Tiling, half_precision_file

from .build import Report


def show(report: Report, output: Path) -> None:
    """Print what was exported and measured."""
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
