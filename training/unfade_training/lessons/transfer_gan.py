"""Does a GAN from pretrained parts learn more quickly and reliably? ``python -m
unfade_training.lessons.transfer_gan --lpips lpips.onnx``

That is what fast.ai's 2019 lesson 7 says of its way: generator alone, critic alone, and only then the game.
Here it is measured. Two recipes for the same small networks take as many steps, each of which trains either
the generator or the critic: one spends some of them on each part alone, the other plays from the first step
on. LPIPS of held-out photographs is taken all along, for several seeds.

The steps are the trainer's own (:mod:`unfade_training.train`), which this module calls.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from ..build import open_trained
from ..config import Recipe, parse_recipe, with_overrides
from ..data import to_unit
from ..device import Machine
from ..files import check_folder
from ..metrics import restore, validation_pairs
from ..train import train
from . import Lesson
from .showing import (
    FILE,
    LessonCommand,
    Panel,
    data_option,
    output_option,
    threads_option,
    write_curves,
    write_sheet,
)

LESSON = Lesson(
    number=11,
    shows="A GAN from pretrained parts against one from scratch: LPIPS over time, three seeds",
    minutes=5.3,
    command="python -m unfade_training.lessons.transfer_gan --data examples --lpips lpips.onnx",
)
VALIDATIONS = 6
SHOWN, SIDE = 3, 160
COLOURS = {"pretrained": "tab:blue", "from scratch": "tab:orange"}

NETWORKS = """
name = "transfer-gan"
title = "A small GAN on crappify"
task = "upscale"
variant = "gan"
judge = "lpips"
compile = false

[network]
kind = "fast_unet"
scale = 1
channels = [16, 32]
encoder = [1, 2]
decoder = [1]

[critic]
kind = "critic"
width = 16
blocks = 2                # pictures of 32 pixels and more
self_attention = false

[degradation]
kind = "crappify"
shrink = 2

[data]
holdout = 5
workers = 0
"""
GENERATOR = """
[[stage]]
kind = "generator"
steps = {steps}
batch = 8
patch = 48
lr = 1e-3
schedule = "constant"
ema = 0.9
loss = {{ l2 = 1.0 }}
validate_every = {every}
"""
CRITIC = """
[[stage]]
kind = "critic"
steps = {steps}
batch = 8
patch = 48
lr = 1e-3
schedule = "constant"
validate_every = {every}
"""
GAME = """
[[stage]]
kind = "gan"
steps = {steps}
batch = 8
patch = 48
lr = 5e-4
schedule = "constant"
betas = [0.0, 0.99]
ema = 0.9
objective = "adaptive"
critic_threshold = 0.65
longest_turn = 5
loss = {{ l2 = 50.0 }}
adversarial_weight = 1.0
validate_every = {every}
"""


def recipes(steps: int) -> dict[str, Recipe]:
    """Both ways with ``steps`` steps, a multiple of 6: a third for the generator alone, a sixth for the
    critic alone and half for the game; or all of them for the game."""
    every = steps // VALIDATIONS
    alone = GENERATOR.format(steps=2 * every, every=every) + CRITIC.format(steps=every, every=every)
    stages = {
        "pretrained": alone + GAME.format(steps=3 * every, every=every),
        "from scratch": GAME.format(steps=6 * every, every=every),
    }
    return {name: parse_recipe(NETWORKS + text, name) for name, text in stages.items()}


class Curve(NamedTuple):
    """LPIPS of what was held out (lower is better), at steps counted over all stages."""

    steps: list[int]
    lpips: list[float]


def curve_of(run: Path) -> Curve:
    """What the trainer has written for TensorBoard, of the latest run in that folder."""
    latest = max((run / "tensorboard").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    events = EventAccumulator(str(latest))
    events.Reload()
    found = events.Scalars("validation/lpips")
    return Curve([event.step for event in found], [event.value for event in found])


def summary(curves: Mapping[str, list[Curve]]) -> list[str]:
    """A line for each way, of means over the seeds: LPIPS at the end with its range, the best on the way
    there, and what was lost again since."""
    lines = []
    for name, several in curves.items():
        ends = [each.lpips[-1] for each in several]
        best = [min(each.lpips) for each in several]
        lines.append(
            f"{name:12} LPIPS {np.mean(ends):.4f} at the end ({min(ends):.4f} to {max(ends):.4f}), "
            f"{np.mean(best):.4f} at its best, {np.mean(ends) - np.mean(best):.4f} lost since"
        )
    return lines


def pictures(runs: Mapping[str, Path], data: tuple[Path, ...]) -> list[list[Tensor]]:
    """A row a held-out photograph: input | what each run makes of it at its best | truth."""
    opened = [open_trained(run / "best.safetensors") for run in runs.values()]
    store, held = opened[0].held_out(data)
    rows = []
    for pair in validation_pairs(store, held[:SHOWN], opened[0].degradation, side=SIDE):
        made = [restore(each.generator, pair.degraded, each.transform) for each in opened]
        rows.append([to_unit(each[None])[0] for each in (pair.degraded, *made, pair.target)])
    return rows


@click.command("transfer_gan", cls=LessonCommand)
@data_option
@output_option("runs/transfer_gan")
@click.option("--lpips", type=FILE, required=True, help="What LPIPS is scored with, as for unfade-train.")
@click.option(
    "--steps", type=click.IntRange(VALIDATIONS), default=480, show_default=True, help="Of each run."
)
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="Runs of each way.")
@threads_option
def main(data: tuple[Path, ...], output: Path, lpips: Path, steps: int, seeds: int, threads: int) -> None:
    """Train a small GAN from pretrained parts and from scratch, and compare what was held out."""
    check_folder(output)
    curves: dict[str, list[Curve]] = {name: [] for name in COLOURS}
    began = time.process_time()
    for seed in range(seeds):
        for name, recipe in recipes(steps).items():
            run = output / f"{name.replace(' ', '-')}-{seed}"
            seeded = with_overrides(recipe, {"seed": seed, "lpips": str(lpips)}, name)
            train(seeded, run, data, Machine("cpu", 1, threads=threads), fresh=True)
            curves[name].append(curve_of(run))
            click.echo(
                f"{name}, seed {seed}: LPIPS {' '.join(f'{value:.3f}' for value in curves[name][-1].lpips)}"
            )
    took = time.process_time() - began
    click.echo("\n".join(summary(curves)))
    lines: dict[str, tuple[list[float], list[float]]] = {}
    colours = {}
    for name, several in curves.items():
        for seed, curve in enumerate(several):
            label = name if seed == 0 else f"_{name} {seed}"
            lines[label], colours[label] = (list(map(float, curve.steps)), curve.lpips), COLOURS[name]
    write_curves([Panel("LPIPS, held out (lower is better)", lines, colours=colours)], output / "lpips.webp")
    runs = {name: output / f"{name.replace(' ', '-')}-0" for name in COLOURS}
    write_sheet(pictures(runs, data), output / "pictures.webp")
    click.echo(f"{took / 60:.1f} CPU minutes; {output / 'lpips.webp'}, {output / 'pictures.webp'}")


if __name__ == "__main__":
    main(prog_name="python -m unfade_training.lessons.transfer_gan")
