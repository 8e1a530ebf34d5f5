"""The loss landscape around trained weights: the loss over two random directions, and its picture.

Li et al., "Visualizing the Loss Landscape of Neural Nets", NeurIPS 2018, section 4
(https://arxiv.org/abs/1712.09913). A network computes the same when one layer's weights are doubled and the
next one's halved, so a plain random direction shows the scale of the weights and not the shape of the loss.
*Filter normalisation* gives each filter of a direction the length of the network's own filter, which makes
pictures of different networks comparable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from ..build import Trained, with_shares
from ..config import GeneratorConfig
from ..data import Batch, PatchDataset, Where, collate
from ..errors import TrainingError
from ..files import output_file
from ..losses import build_loss, content_loss
from ..networks import fold_norms
from . import Lesson

LESSON = Lesson(
    number=10,
    shows="The loss around trained weights, of a network with skips and of the same one without",
    minutes=3,
    command="""\
unfade-train training/lessons/skips.toml --data examples
unfade-train training/lessons/no-skips.toml --data examples
unfade-train look runs/skips/best.safetensors runs/no-skips/best.safetensors --data examples""",
)
LossOf = Callable[[nn.Module], Tensor]
SUFFIXES = (".png", ".webp", ".svg", ".pdf")
HIGHEST = 100.0  # times the lowest loss: what is above has one colour, or the basin would have none
HIGHEST_DECIBELS = 30.0  # above the lowest, the same for losses below 0
LEVELS = 25
COLOURS = "viridis"
ROW_INCHES, DOTS_PER_INCH = 4.0, 110


@dataclass(frozen=True, eq=False)
class Landscape:
    """Losses over a square of weights with the trained ones in its middle.

    Attributes:
        title: of the network.
        axis: coordinates along both directions, rising, 0 in the middle; 1 is as far as each filter is long.
        losses: ``[len(axis), len(axis)]``, the second direction's coordinate first; infinite or NaN where
            the loss is.
    """

    title: str
    axis: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def centre(self) -> float:
        """The loss of the trained weights."""
        middle = len(self.axis) // 2
        return float(self.losses[middle, middle])


def landscape_of(
    trained: Trained,
    data: Sequence[Where],
    *,
    points: int = 25,
    span: float = 1.0,
    seed: int = 0,
    patches: int = 8,
) -> Landscape:
    """The landscape of a checkpoint.

    The loss is the content loss of the recipe's last stage that trains the generator, on the same few
    held-out patches everywhere, made as in training. Norms are folded into the weights first
    (:func:`fold_norms`): the statistics of batch norms stay those that were stored, and a filter counts with
    the length it has in what the network computes.

    Args:
        trained: the checkpoint.
        data: folders of photographs; the recipe's own where empty.
        points: along each direction, odd.
        span: the landscape reaches from ``-span`` to ``span``.
        seed: of directions and patches.
        patches: how many the loss is averaged over.

    Raises:
        TrainingError: the recipe has no such stage, ``points`` or ``span`` make no square, or loss or
            photographs cannot be used.
    """
    if points < 3 or points % 2 == 0:
        raise TrainingError(f"points must be odd and at least 3, so that one is in the middle, not {points}.")
    if not 0 < span < float("inf"):
        raise TrainingError(f"span must be above 0, not {span:g}.")
    recipe, transform = trained.recipe, trained.transform
    stages = [spec for spec in recipe.stage if isinstance(spec, GeneratorConfig)]
    if not stages:
        raise TrainingError(f"{trained.path} comes of a recipe that never trains its generator.")
    spec = stages[-1]
    loss = build_loss(spec.loss, f"{recipe.name}, last [[stage]] of the generator, loss")
    batch = _held_out_batch(trained, data, spec, seed, patches)

    def loss_of(network: nn.Module) -> Tensor:
        output = transform.output(network(batch.picture), batch.target)
        return content_loss(loss, output, batch.target, batch.mask, spec.mask_weight, transform.rgb).total

    axis = np.linspace(-span, span, points)
    losses = scan(fold_norms(trained.generator), loss_of, axis, seed, recipe.name)
    return Landscape(recipe.title, axis, losses)


@torch.inference_mode()
def scan(
    network: nn.Module, loss_of: LossOf, axis: NDArray[np.float64], seed: int = 0, title: str = ""
) -> NDArray[np.float64]:
    """The loss at ``weights + axis[x] * first + axis[y] * second`` as ``[y, x]``.

    ``first`` and ``second`` are :func:`filter_normalised`. The network has its own weights again afterwards.

    Args:
        network: in evaluation mode.
        loss_of: gives a scalar.
        axis: coordinates along both directions.
        seed: of the directions.
        title: what a progress bar is called, where errors are shown on a terminal.
    """
    random = torch.Generator().manual_seed(seed)
    first, second = filter_normalised(network, random), filter_normalised(network, random)
    weights = list(network.parameters())
    start = [weight.clone() for weight in weights]
    losses = np.empty((len(axis), len(axis)))
    console = Console(stderr=True)
    rows = track(range(len(axis)), title, console=console, disable=not console.is_terminal)
    for y in rows:
        for x in range(len(axis)):
            for weight, middle, across, up in zip(weights, start, first, second, strict=True):
                weight.copy_(middle + float(axis[x]) * across + float(axis[y]) * up)
            losses[y, x] = float(loss_of(network))
    for weight, middle in zip(weights, start, strict=True):
        weight.copy_(middle)
    return losses


def filter_normalised(network: nn.Module, random: torch.Generator) -> list[Tensor]:
    """A random direction: a tensor for each parameter of ``network``, in order.

    In parameters of two and more dimensions each filter ``[i]`` is normal noise scaled to the length of the
    network's own filter; in the others (biases, norms) all is 0.
    """
    direction = []
    for weight in network.parameters():
        if weight.dim() < 2:
            direction.append(torch.zeros_like(weight))
            continue
        noise = torch.randn(weight.shape, generator=random)
        length, own = (t.detach().flatten(1).norm(dim=1) for t in (noise, weight))
        direction.append(noise * (own / length).view(-1, *[1] * (weight.dim() - 1)))
    return direction


def _held_out_batch(
    trained: Trained, data: Sequence[Where], spec: GeneratorConfig, seed: int, patches: int
) -> Batch:
    """The patches, as network and loss get them."""
    store, photos = trained.held_out(data)
    degradation = with_shares(trained.degradation, spec.shares)
    how = trained.recipe.data
    dataset = PatchDataset(store, photos, degradation, spec.patch, seed, zoom=how.zoom, upright=how.upright)
    batch = collate([dataset[number] for number in range(patches)])
    return trained.transform.batch(batch.to_unit(torch.device("cpu")))


def write_landscapes(landscapes: Sequence[Landscape], output: Path) -> None:
    """Write a picture with a row for each landscape: filled contours | surface.

    Losses are drawn on one logarithmic scale, from the lowest of all to a hundred times that, so that rows
    can be compared; on a linear one where losses go below 0, as that of PSNR in dB does.

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
    def logarithmic(self) -> bool:
        return self.low > 0

    @property
    def norm(self) -> Normalize:
        return LogNorm(self.low, self.high) if self.logarithmic else Normalize(self.low, self.high)

    @property
    def ticks(self) -> NDArray[np.float64]:
        locator = LogLocator(10, (1, 2, 5)) if self.logarithmic else MaxNLocator(8)
        ticks = np.asarray(locator.tick_values(self.low, self.high))
        return ticks[(ticks >= self.low) & (ticks <= self.high)]

    @property
    def levels(self) -> NDArray[np.float64]:
        """Where contours are drawn."""
        return (np.geomspace if self.logarithmic else np.linspace)(self.low, self.high, LEVELS)

    def height(self, loss: Any) -> Any:
        """On the axis of a surface: those of matplotlib in 3-D have no logarithmic scale."""
        return np.log10(loss) if self.logarithmic else loss


def _common_scale(landscapes: Sequence[Landscape]) -> _Scale:
    losses = np.concatenate([landscape.losses.ravel() for landscape in landscapes])
    losses = losses[np.isfinite(losses)]
    if (losses >= 0).all():
        losses = losses[losses > 0]
    if not len(losses):
        raise TrainingError("There is no landscape to draw: no loss in it is a number other than 0.")
    low, high = float(losses.min()), float(losses.max())
    if low < 0:
        return _Scale(low, min(max(high, 0.9 * low), low + HIGHEST_DECIBELS))
    return _Scale(low, min(max(high, 1.1 * low), HIGHEST * low))


def _draw(figure: Figure, row: int, rows: int, landscape: Landscape, scale: _Scale) -> None:
    losses = np.nan_to_num(landscape.losses, nan=np.inf).clip(scale.low, scale.high)
    x, y = np.meshgrid(landscape.axis, landscape.axis)
    flat = figure.add_subplot(rows, 2, 2 * row + 1)
    levels = scale.levels
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
    colours = ScalarMappable(scale.norm, COLOURS).to_rgba(losses)
    axes.plot_surface(x, y, scale.height(losses), facecolors=colours, rstride=1, cstride=1, linewidth=0.1)
    axes.set_zlim(scale.height(scale.low), scale.height(scale.high))
    axes.set_zticks(scale.height(scale.ticks), [_loss(tick) for tick in scale.ticks])
    axes.locator_params("x", nbins=4)
    axes.locator_params("y", nbins=4)
    axes.view_init(elev=32, azim=-58)
    axes.set_box_aspect((1, 1, 0.75))


def _loss(value: float) -> str:
    return f"{value:.3g}"
