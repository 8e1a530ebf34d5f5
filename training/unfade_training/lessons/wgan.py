"""Pictures from noise: a Wasserstein GAN, as in fast.ai's 2019 lesson 7. ``python -m
unfade_training.lessons.wgan mnist.npz``, or a folder of pictures instead of the file.

A generator makes a picture of a hundred random numbers. A critic gives each picture a score, high for real
ones, and the difference of both kinds' mean scores says how far the generated pictures are from the real
ones (Arjovsky et al., "Wasserstein GAN", ICML 2017). That holds for a critic whose score cannot change fast,
which is what the clipped weights are for, and that has learnt more than the generator, which is why it takes
five steps for each one of the generator's.

Source: https://github.com/fastai/course-v3, ``nbs/dl1/lesson7-wgan.ipynb``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from ..data import PhotoStore
from ..errors import TrainingError
from ..files import check_folder, make_folder
from ..losses import build_objective
from ..networks import count_parameters
from ..networks.blocks import conv_layer
from ..networks.norms import Norm
from . import Lesson
from .mnist import load_digits
from .showing import (
    FILE,
    LessonCommand,
    Panel,
    output_option,
    seed_option,
    threads_option,
    write_curves,
    write_sheet,
)

LESSON = Lesson(
    number=6,
    shows="Pictures from noise: a generator and a critic with clipped weights",
    minutes=6.3,
    command="python -m unfade_training.lessons.wgan mnist.npz",
)
NOISE = 100
RATE, BETAS = 2e-4, (0.0, 0.99)  # no momentum: the opponent moves
CRITIC_STEPS, CLIP = 5, 0.01
BATCH = 64
SHOWN = 12  # pictures in a row of the sheet
ROWS = 6  # of the sheet, at even distances on a logarithmic scale: at first much changes


def make_generator(side: int, channels: int, width: int) -> nn.Sequential:
    """N 100 1 1 of noise -> N channels side side in [-1, 1]; transposed convolutions double 4 pixels until
    they are ``side``."""
    doublings = side.bit_length() - 3  # 4 -> side
    wide = width * 2 ** (doublings - 1)
    layers = [*_up(NOISE, wide, stride=1, padding=0)]
    for _ in range(doublings - 1):
        layers += _up(wide, wide // 2)
        wide //= 2
    return nn.Sequential(*layers, nn.ConvTranspose2d(wide, channels, 4, 2, 1), nn.Tanh())


def _up(inputs: int, outputs: int, stride: int = 2, padding: int = 1) -> tuple[nn.Module, ...]:
    # A kernel of 4 at stride 2 lays as many strokes on each pixel, or there would be a checkerboard.
    conv = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)
    return conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)


def make_critic(side: int, channels: int, width: int) -> nn.Sequential:
    """N channels side side in [-1, 1] -> N scores: the generator the other way round."""
    layers: list[nn.Module] = [conv_layer(channels, width, 4, 2, norm=Norm.NONE, leaky=0.2)]
    for _ in range(side.bit_length() - 4):
        layers.append(conv_layer(width, width * 2, 4, 2, leaky=0.2))
        width *= 2
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 4, bias=False), nn.Flatten(0))


@dataclass
class Game:
    """What came of it.

    Attributes:
        generator, critic: trained.
        steps: of the generator, at which losses were noted.
        generator_loss: ``-mean D(G(z))``.
        critic_loss: ``mean D(G(z)) - mean D(x)``: minus the distance that the critic sees.
        sheets: what the same noise became, a row each; the last is that of the end.
    """

    generator: nn.Module
    critic: nn.Module
    steps: list[int] = field(default_factory=list)
    generator_loss: list[float] = field(default_factory=list)
    critic_loss: list[float] = field(default_factory=list)
    sheets: list[Tensor] = field(default_factory=list)


def play(pictures: Tensor, steps: int, width: int, seed: int = 0) -> Game:
    """Let generator and critic play.

    Args:
        pictures: ``[N, C, S, S]`` in [-1, 1], S a power of two from 16.
        steps: of the generator; the critic takes five times as many.
        width: channels of the convolutions at half of the pictures' size.
        seed: of weights and noise.
    """
    torch.manual_seed(seed)
    channels, side = pictures.shape[1], pictures.shape[-1]
    generator, critic = make_generator(side, channels, width), make_critic(side, channels, width)
    for network in (generator, critic):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    objective = build_objective({"kind": "wasserstein", "gradient_penalty": 0.0, "clip": CLIP}, "wgan")
    optimizers = [torch.optim.Adam(each.parameters(), RATE, BETAS) for each in (generator, critic)]
    shown = torch.randn(SHOWN, NOISE, 1, 1)
    when = {0, *np.geomspace(max(1, steps // 60), steps, ROWS - 1).round().astype(int).tolist()}
    real = _batches(pictures)
    game = Game(generator, critic)
    console = Console(stderr=True)
    for step in track(range(steps + 1), "playing", console=console, disable=not console.is_terminal):
        if step in when:
            game.sheets.append(_samples(generator, shown))
        if step == steps:
            break
        for _ in range(CRITIC_STEPS):
            with torch.no_grad():
                fake = generator(torch.randn(BATCH, NOISE, 1, 1))
            critic_loss = objective.critic(critic(next(real)), critic(fake))
            _descend(critic_loss, optimizers[1])
            objective.after_critic_step(critic)  # clips
        generator_loss = objective.generator(critic(generator(torch.randn(BATCH, NOISE, 1, 1))))
        _descend(generator_loss, optimizers[0])
        game.steps.append(step + 1)
        game.generator_loss.append(generator_loss.item())
        game.critic_loss.append(critic_loss.item())
    return game


def _batches(pictures: Tensor) -> Iterator[Tensor]:
    """Batches without end, each picture once in a round."""
    while True:
        for chosen in torch.split(torch.randperm(len(pictures)), BATCH):
            if len(chosen) == min(BATCH, len(pictures)):
                yield pictures[chosen]


def _descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()


@torch.inference_mode()
def _samples(generator: nn.Module, noise: Tensor) -> Tensor:
    """Pictures in [0, 1], with the batch norms' own statistics."""
    generator.eval()
    made: Tensor = generator(noise).clone()
    generator.train()
    return made / 2 + 0.5


def load_pictures(data: Path, side: int, cache: Path) -> Tensor:
    """``[N, 1, side, side]`` of a file of digits, or ``[N, 3, side, side]`` of a folder of pictures, of each
    its middle square; in [-1, 1].

    Raises:
        TrainingError: there are no pictures, or fewer than a batch of them.
    """
    if data.suffix == ".npz":
        digits = load_digits(data).images  # 28 x 28, black at the borders
        found = (
            F.interpolate(F.pad(digits, [2] * 4), side, mode="area") if side != 32 else F.pad(digits, [2] * 4)
        )
    else:
        store = PhotoStore.open([data], cache, min_side=side)
        squares = [
            np.asarray(ImageOps.fit(Image.fromarray(store.pixels(photo)), (side, side)))
            for photo in store.photos
        ]
        found = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2) / 255
        found = torch.cat([found, found.flip(3)])  # mirrored
    if len(found) < BATCH:
        raise TrainingError(f"{data} has {len(found)} pictures; at least {BATCH} are wanted.")
    return found * 2 - 1


def smoothed(values: Sequence[float], memory: float = 0.98) -> list[float]:
    """A moving average, corrected for its beginning."""
    total, shown = 0.0, []
    for number, value in enumerate(values, 1):
        total = memory * total + (1 - memory) * value
        shown.append(total / (1 - memory**number))
    return shown


@click.command("wgan", cls=LessonCommand)
@click.argument("data", type=FILE)
@output_option("runs/wgan")
@click.option(
    "--side", type=click.Choice(["16", "32", "64"]), default="32", show_default=True, help="Pixels."
)
@click.option("--steps", type=click.IntRange(1), default=1500, show_default=True, help="Of the generator.")
@click.option("--width", type=click.IntRange(1), default=16, show_default=True, help="Of both networks.")
@seed_option
@threads_option
def main(data: Path, output: Path, side: str, steps: int, width: int, seed: int, threads: int) -> None:
    """Learn to make pictures like those in DATA, an .npz file of digits or a folder of pictures."""
    torch.set_num_threads(threads)
    check_folder(output)
    pictures = load_pictures(data, int(side), output.parent / "cache")
    make_folder(output)
    began = time.process_time()
    game = play(pictures, steps, width, seed)
    took = time.process_time() - began
    write_sheet(
        [list(sheet) for sheet in game.sheets], output / "samples.webp", enlarge=2 if side != "64" else 1
    )
    losses = {"generator": game.generator_loss, "critic": game.critic_loss}
    curves = {name: (game.steps, smoothed(values)) for name, values in losses.items()}
    write_curves([Panel("Losses, smoothed", curves, "step of the generator")], output / "losses.webp")
    click.echo(
        f"{len(pictures):,} pictures, generator {count_parameters(game.generator):,} weights, critic "
        f"{count_parameters(game.critic):,}"
    )
    window = max(1, steps // 20)
    for name, values in losses.items():
        first, last = (float(np.mean(part)) for part in (values[:window], values[-window:]))
        click.echo(f"{name:10} {first:7.3f} to {last:7.3f}  (means of the first and the last {window} steps)")
    click.echo(f"{took / 60:.1f} CPU minutes; {output / 'samples.webp'}, {output / 'losses.webp'}")


if __name__ == "__main__":
    main(prog_name="python -m unfade_training.lessons.wgan")
