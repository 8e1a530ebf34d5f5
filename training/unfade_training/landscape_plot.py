"""Loss landscapes as one picture: contours and surface of each, all with the same colours and heights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator
from numpy.typing import NDArray

from .errors import TrainingError
from .files import output_file
from .landscape import Landscape

SUFFIXES = (".png", ".webp", ".svg", ".pdf")
HIGHEST = 100.0  # times the lowest loss: what is above has one colour, or the basin would have none
LEVELS = 25
COLOURS = "viridis"
ROW_INCHES, DOTS_PER_INCH = 4.0, 110


def write_landscapes(landscapes: Sequence[Landscape], output: Path) -> None:
    """Write a picture with a row for each landscape: filled contours | surface.

    Losses are drawn on one logarithmic scale, from the lowest of all to a hundred times that, so that rows
    can be compared.

    Args:
        landscapes: at least one.
        output: PNG, WebP, SVG or PDF, by its suffix.

    Raises:
        TrainingError: the suffix is another, no loss is a positive number, or the picture cannot be written.
    """
    check_name(output)
    scale = _common_scale(landscapes)
    figure = Figure((11, ROW_INCHES * len(landscapes)), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    for row, landscape in enumerate(landscapes):
        _draw(figure, row, len(landscapes), landscape, scale)
    bar = figure.colorbar(
        ScalarMappable(scale.norm, COLOURS),
        ax=figure.axes,
        shrink=0.8,
        extend="max",
        label="loss",
        ticks=FixedLocator(scale.ticks.tolist()),
        format=FuncFormatter(lambda loss, _: _loss(loss)),
    )
    bar.minorticks_off()
    with output_file(output) as out:
        figure.savefig(out, format=output.suffix[1:].lower())


def check_name(output: Path) -> None:
    """TrainingError unless the suffix is that of a picture that can be drawn."""
    if output.suffix.lower() not in SUFFIXES:
        raise TrainingError(f"{output} cannot be drawn; its name must end in {', '.join(SUFFIXES)}.")


class _Scale(NamedTuple):
    """The losses between which colours and heights are told apart."""

    low: float
    high: float

    @property
    def norm(self) -> LogNorm:
        return LogNorm(self.low, self.high)

    @property
    def ticks(self) -> NDArray[np.float64]:
        ticks = np.asarray(LogLocator(10, (1, 2, 5)).tick_values(self.low, self.high))
        return ticks[(ticks >= self.low) & (ticks <= self.high)]


def _common_scale(landscapes: Sequence[Landscape]) -> _Scale:
    losses = np.concatenate([landscape.losses.ravel() for landscape in landscapes])
    losses = losses[np.isfinite(losses) & (losses > 0)]
    if not len(losses):
        raise TrainingError("There is no landscape to draw: no loss in it is a number above 0.")
    low, high = float(losses.min()), float(losses.max())
    return _Scale(low, min(max(high, 1.1 * low), HIGHEST * low))


def _draw(figure: Figure, row: int, rows: int, landscape: Landscape, scale: _Scale) -> None:
    losses = np.nan_to_num(landscape.losses, nan=np.inf).clip(*scale)
    x, y = np.meshgrid(landscape.axis, landscape.axis)
    flat = figure.add_subplot(rows, 2, 2 * row + 1)
    levels = np.geomspace(*scale, LEVELS)
    flat.contourf(x, y, losses, levels, cmap=COLOURS, norm=scale.norm)
    flat.contour(x, y, losses, levels, colors="black", linewidths=0.4, alpha=0.6)
    flat.plot(0, 0, "o", color="white", markeredgecolor="black", markersize=5)
    flat.set_aspect("equal")
    flat.locator_params(nbins=4)
    flat.set_title(f"{landscape.title}: loss {landscape.centre:.4g}", loc="left")
    _draw_surface(figure.add_subplot(rows, 2, 2 * row + 2, projection="3d"), x, y, losses, scale)


def _draw_surface(
    axes: Any, x: NDArray[np.float64], y: NDArray[np.float64], losses: NDArray[np.float64], scale: _Scale
) -> None:
    """``axes`` are 3-D, which have no logarithmic scale of their own: heights are powers of ten."""
    colours = ScalarMappable(scale.norm, COLOURS).to_rgba(losses)
    axes.plot_surface(x, y, np.log10(losses), facecolors=colours, rstride=1, cstride=1, linewidth=0.1)
    axes.set_zlim(np.log10(scale))
    axes.set_zticks(np.log10(scale.ticks), [_loss(tick) for tick in scale.ticks])
    axes.locator_params("x", nbins=4)
    axes.locator_params("y", nbins=4)
    axes.view_init(elev=32, azim=-58)
    axes.set_box_aspect((1, 1, 0.75))


def _loss(value: float) -> str:
    return f"{value:.3g}"
