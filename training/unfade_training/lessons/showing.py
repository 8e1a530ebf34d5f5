"""What the lessons share: commands that refuse in one sentence, curves over time, and sheets of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image
from torch import Tensor

from ..errors import TrainingError
from ..files import output_file

Command = TypeVar("Command", bound=Callable[..., Any])
INCHES, DOTS_PER_INCH = (5.0, 3.4), 100
GAP = 4  # pixels between the pictures of a sheet

FILE = click.Path(path_type=Path)
data_option = click.option(
    "--data",
    type=FILE,
    multiple=True,
    default=("examples",),
    show_default=True,
    help="Folder of photographs, or the word examples for those of the repository; may be given several "
    "times.",
)
seed_option = click.option("--seed", default=0, show_default=True, help="Of weights, order and noise.")
threads_option = click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="CPU threads."
)


def output_option(default: str) -> Callable[[Command], Command]:
    """``--output`` or ``-o``: the folder for pictures, curves and decoded photographs."""
    return click.option(
        "--output", "-o", type=FILE, default=Path(default), show_default=True, help="Folder for the results."
    )


class LessonCommand(click.Command):
    """A command whose TrainingError is one sentence and the exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrainingError as error:
            click.echo(f"{self.name}: {error}", err=True)
            ctx.exit(1)


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Attributes:
        title: what is measured.
        curves: label -> (x, y); labels that begin with ``_`` have no entry in the legend.
        x: what runs along the bottom.
        logarithmic: whether the values are drawn on a logarithmic scale.
        colours: label -> a colour of matplotlib, where curves belong together.
    """

    title: str
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    x: str = "step"
    logarithmic: bool = False
    colours: Mapping[str, str] | None = None


def write_curves(panels: Sequence[Panel], output: Path) -> None:
    """Write a picture with the panels beside each other; its suffix says of which format.

    Raises:
        TrainingError: it cannot be written.
    """
    width, height = INCHES
    figure = Figure((width * len(panels), height), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for label, (x, y) in panel.curves.items():
            axes.plot(x, y, label=label, linewidth=1.4, color=(panel.colours or {}).get(label))
        if panel.logarithmic:
            axes.set_yscale("log")
        axes.set_title(panel.title, loc="left")
        axes.set_xlabel(panel.x)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.grid(alpha=0.3)
        if any(not label.startswith("_") for label in panel.curves):
            axes.legend()
    with output_file(output) as out:
        figure.savefig(out, format=output.suffix[1:].lower())


def write_sheet(rows: Sequence[Sequence[Tensor]], output: Path, enlarge: int = 1) -> None:
    """Write a picture of rows of pictures on gray ground.

    Args:
        rows: of pictures ``[3 or 1, h, w]`` in [0, 1], all of one size.
        output: its suffix says of which format.
        enlarge: each pixel becomes a square of so many.

    Raises:
        TrainingError: it cannot be written.
    """
    height, width = rows[0][0].shape[-2:]
    columns = max(map(len, rows))
    step_y, step_x = height * enlarge + GAP, width * enlarge + GAP
    sheet = np.full((len(rows) * step_y + GAP, columns * step_x + GAP, 3), 40, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            pixels = picture.detach().clamp(0, 1).mul(255).round().byte().expand(3, -1, -1).permute(1, 2, 0)
            large = pixels.numpy().repeat(enlarge, 0).repeat(enlarge, 1)
            top, left = GAP + y * step_y, GAP + x * step_x
            sheet[top : top + large.shape[0], left : left + large.shape[1]] = large
    with output_file(output) as out:
        Image.fromarray(sheet).save(out, format=output.suffix[1:].upper(), quality=75)
