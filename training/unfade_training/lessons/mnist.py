"""A ResNet by hand on MNIST, in the four steps of fast.ai's 2019 lesson 7: ``python -m
unfade_training.lessons.mnist mnist.npz``.

The networks grow out of one another: a plain stack of convolutions, the same written with ``conv_layer``,
with residual blocks between the convolutions, and with dense ones. All layers are those that the generators
are made of.

Source: https://github.com/fastai/course-v3, ``nbs/dl1/lesson7-resnet-mnist.ipynb``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import click
import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from ..errors import TrainingError
from ..networks import count_parameters
from ..networks.blocks import conv_layer, res_block
from ..registry import Registry
from ..schedules import rate_at
from . import Lesson
from .showing import FILE, LessonCommand, seed_option, threads_option

LESSON = Lesson(
    number=1,
    shows="A ResNet by hand: four networks that grow out of one another learn to read digits",
    minutes=3,
    command="python -m unfade_training.lessons.mnist mnist.npz",
)

CLASSES = 10
TURN, GROW, SLANT, SHIFT = (
    10,
    0.1,
    0.15,
    1 / 7,
)  # degrees, and shares of the size: of half the side for shifts
WIDTHS = (16, 32, 64, 32)  # twice the lesson's: it has six times as many digits to learn from
BATCH, EPOCHS, HELD_OUT = 64, 15, 1000
HIGHEST_RATE = 0.005
SMOOTHING = 0.1


@dataclass(frozen=True, eq=False)
class Digits:
    """Images ``[N, 1, 28, 28]`` float32 in [0, 1] and their labels ``[N]`` int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, held_out: int) -> tuple[Digits, Digits]:
        """(for training, held out), always the same, from all over: MNIST's first half is the cleaner."""
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(0))
        parts = [order[held_out:], order[:held_out]]
        known, held = (Digits(self.images[rows], self.labels[rows]) for rows in parts)
        return known, held


def plain() -> nn.Sequential:
    """Five strided convolutions with batch norm: 28 -> 14 -> 7 -> 4 -> 2 -> 1 pixels a side."""
    a, b, c, d = WIDTHS

    def conv(inputs: int, outputs: int) -> nn.Conv2d:
        return nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)

    return nn.Sequential(
        conv(1, a),  # 14
        nn.BatchNorm2d(a),
        nn.ReLU(),
        conv(a, b),  # 7
        nn.BatchNorm2d(b),
        nn.ReLU(),
        conv(b, c),  # 4
        nn.BatchNorm2d(c),
        nn.ReLU(),
        conv(c, d),  # 2
        nn.BatchNorm2d(d),
        nn.ReLU(),
        conv(d, CLASSES),  # 1
        nn.BatchNorm2d(CLASSES),
        nn.Flatten(),  # N 10 1 1 -> N 10
    )


def refactored() -> nn.Sequential:
    """The very same network: what repeats has a name now."""
    a, b, c, d = WIDTHS
    return nn.Sequential(_half(1, a), _half(a, b), _half(b, c), _half(c, d), *_verdict(d))


def residual() -> nn.Sequential:
    """A residual block after each convolution but the last: eight more layers, and it trains as easily."""
    a, b, c, d = WIDTHS
    return nn.Sequential(
        _half(1, a),
        res_block(a),
        _half(a, b),
        res_block(b),
        _half(b, c),
        res_block(c),
        _half(c, d),
        res_block(d),
        *_verdict(d),
    )


def dense() -> nn.Sequential:
    """Blocks that keep their input beside their output instead of adding it: twice the channels behind
    each."""
    a, b, c, d = WIDTHS
    return nn.Sequential(
        _half(1, a),
        res_block(a, dense=True),
        _half(2 * a, b),
        res_block(b, dense=True),
        _half(2 * b, c),
        res_block(c, dense=True),
        _half(2 * c, d),
        res_block(d, dense=True),
        *_verdict(2 * d),
    )


NETWORKS: Registry[Callable[[], nn.Sequential]] = Registry(
    "network", {"plain": plain, "refactored": refactored, "residual": residual, "dense": dense}
)


def _half(inputs: int, outputs: int) -> nn.Sequential:
    return conv_layer(inputs, outputs, stride=2)


def _verdict(inputs: int) -> tuple[nn.Module, nn.Module]:
    return conv_layer(inputs, CLASSES, stride=2, active=False), nn.Flatten()


def load_digits(path: Path) -> Digits:
    """Digits of an ``.npz`` file with ``images`` (``[N, 28, 28]`` uint8) and ``labels`` (``[N]``, 0 to 9).

    Raises:
        TrainingError: it cannot be read, or holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
    except KeyError as error:
        raise TrainingError(f"{path} has no arrays 'images' and 'labels'.") from error
    except (OSError, ValueError, EOFError, BadZipFile, TypeError, AttributeError) as error:
        raise TrainingError(f"{path} cannot be read as an .npz file of digits.") from error
    if images.dtype != np.uint8 or images.shape != (len(labels), 28, 28) or not _are_digits(labels):
        raise TrainingError(f"{path} holds no digits: images of 28 x 28 bytes are wanted, and labels 0 to 9.")
    return Digits(torch.from_numpy(images)[:, None] / 255, torch.from_numpy(labels.astype(np.int64)))


def _are_digits(labels: np.ndarray) -> bool:
    return labels.ndim == 1 and labels.dtype.kind in "iu" and bool(((labels >= 0) & (labels < CLASSES)).all())


def train(network: nn.Module, digits: Digits, epochs: int = EPOCHS, seed: int = 0) -> None:
    """One cycle of AdamW over ``digits`` in random order, each :func:`bent` a little.

    Cross-entropy against slightly softened labels.
    """
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    batches = len(digits) // BATCH
    console = Console(stderr=True)
    network.train()
    for epoch in track(range(epochs), "training", console=console, disable=not console.is_terminal):
        order = torch.randperm(len(digits), generator=random)
        for number in range(batches):
            rate = rate_at(epoch * batches + number, epochs * batches, HIGHEST_RATE, "one_cycle")
            optimizer.param_groups[0]["lr"] = rate
            chosen = order[number * BATCH : (number + 1) * BATCH]
            logits = network(bent(digits.images[chosen], random))
            loss = F.cross_entropy(logits, digits.labels[chosen], label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()


def bent(images: Tensor, random: torch.Generator) -> Tensor:
    """Each of ``[N, 1, H, W]`` turned, enlarged, slanted and moved at random, as another hand might write it.

    The lesson only moves its digits; with a sixth of them there is more to be made up for.
    """
    turn, grow, slant, right, down = torch.rand(5, len(images), generator=random) * 2 - 1
    angle, size = math.radians(TURN) * turn, 1 + GROW * grow
    placed = torch.stack(
        [
            torch.stack([size * angle.cos(), SLANT * slant - size * angle.sin(), SHIFT * right], dim=1),
            torch.stack([size * angle.sin(), size * angle.cos(), SHIFT * down], dim=1),
        ],
        dim=1,
    )
    grid = F.affine_grid(placed, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


@torch.inference_mode()
def accuracy(network: nn.Module, digits: Digits) -> float:
    """Share of digits that the network names rightly."""
    network.eval()
    return float((network(digits.images).argmax(1) == digits.labels).float().mean())


@click.command("mnist", cls=LessonCommand)
@click.argument("data", type=FILE)
@click.option(
    "--network",
    "names",
    multiple=True,
    default=tuple(NETWORKS),
    help="plain, refactored, residual or dense; may be given several times. Default: all.",
)
@click.option(
    "--epochs", type=click.IntRange(1), default=EPOCHS, show_default=True, help="Passes over the digits."
)
@seed_option
@threads_option
def main(data: Path, names: tuple[str, ...], epochs: int, seed: int, threads: int) -> None:
    """Train the lesson's networks on all digits but a thousand, and test them on those.

    DATA is an .npz file with images and labels.
    """
    torch.set_num_threads(threads)
    networks = {name: NETWORKS.find(name) for name in names}
    digits = load_digits(data)
    if len(digits) < HELD_OUT + BATCH:
        raise TrainingError(f"{data} has {len(digits)} digits; at least {HELD_OUT + BATCH} are wanted.")
    known, held = digits.split(HELD_OUT)
    for name, build in networks.items():
        torch.manual_seed(seed)
        built = build()
        began = time.process_time()
        train(built, known, epochs, seed)
        took = time.process_time() - began
        score = accuracy(built, held)
        click.echo(
            f"{name:10}  {count_parameters(built):7,} weights  {score:.1%} right  {took:.0f} CPU seconds"
        )


if __name__ == "__main__":
    main()
