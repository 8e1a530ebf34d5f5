"""The loss landscape around trained weights: the loss over two random directions through them.

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

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from .build import Trained, with_shares
from .config import GeneratorConfig
from .data import Batch, PatchDataset, collate
from .errors import TrainingError
from .losses import build_loss, content_loss
from .networks import fold_norms

LossOf = Callable[[nn.Module], Tensor]


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
    data: Sequence[Path],
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
    trained: Trained, data: Sequence[Path], spec: GeneratorConfig, seed: int, patches: int
) -> Batch:
    """The patches, as network and loss get them."""
    store, photos = trained.held_out(data, max(1, trained.recipe.data.holdout))
    degradation = with_shares(trained.degradation, spec.shares)
    how = trained.recipe.data
    dataset = PatchDataset(store, photos, degradation, spec.patch, seed, zoom=how.zoom, upright=how.upright)
    batch = collate([dataset[number] for number in range(patches)])
    return trained.transform.batch(batch.to_unit(torch.device("cpu")))
