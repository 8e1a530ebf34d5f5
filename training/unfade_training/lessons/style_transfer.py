"""Photographs in the style of a picture, by a network trained for that one style: Johnson et al., "Perceptual
Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016, https://arxiv.org/abs/1603.08155.

It is the lesson's feature loss taken apart: *what is where* is told by features that a classifier finds in
the photograph, *how it is painted* by the gram matrices of its features in the style picture. The two styles
are drawn here by a few lines of code, so that nobody's painting is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ..build import open_trained
from ..config import Recipe, parse_recipe, with_overrides
from ..data import to_unit
from ..device import Machine
from ..files import make_folder, output_file
from ..metrics import restore, validation_pairs
from ..registry import Registry
from ..train import train
from . import Lesson
from .showing import FILE, LessonCommand, data_option, output_option, threads_option, write_sheet

LESSON = Lesson(
    number=9,
    shows="Photographs painted in the style of another picture, by feature and gram losses",
    minutes=5,
    command="""\
python -m unfade_training.lessons.style_transfer --data examples
unfade-export runs/style_transfer/mosaic/best.safetensors -o mosaic.onnx""",
)
STYLE_SIDE = 256
OWN_WEIGHT = 0.5  # of a style picture of one's own
ROWS, SHOWN = 3, 160  # photographs of the sheet, and their side

RECIPE = """
name = "style"
title = "A style"
task = "deartifact"       # what the card of a model says that makes RGB of RGB at the same size
seed = 7
compile = false

[network]                 # all of it predicts the difference to the photograph
kind = "fast_unet"
scale = 1
channels = [16, 32, 48]
encoder = [1, 1, 2]
decoder = [1, 1]

[degradation]             # the photograph itself is the input
kind = "clean"

[[stage]]
kind = "generator"
steps = 300
batch = 4
patch = 128
lr = 3e-3
warmup = 10
clip = 1.0
ema = 0.99
validate_every = 300      # no score says which checkpoint is the best painter: the last one is kept
[stage.loss]
tv = 0.5                  # no speckles
[stage.loss.style]
picture = ""
side = 256
content = 4.0
"""


def mosaic(side: int = STYLE_SIDE, seed: int = 0) -> Image.Image:
    """Small tiles of a few strong colours, dark joints between them."""
    rng = np.random.default_rng(seed)
    tiles = (side // 14) ** 2
    centres = rng.random((tiles, 2)) * side
    palette = np.array([[24, 78, 119], [30, 150, 160], [244, 208, 111], [217, 93, 57], [250, 243, 221]])
    y, x = np.mgrid[:side, :side]
    distance = np.full((2, side, side), np.inf)  # to the nearest centre, and to the next one
    nearest = np.zeros((side, side), int)
    for number, (cy, cx) in enumerate(centres):
        away = np.hypot(y - cy, x - cx)
        closer = away < distance[0]
        distance[1] = np.where(closer, distance[0], np.minimum(distance[1], away))
        distance[0] = np.where(closer, away, distance[0])
        nearest[closer] = number
    # neighbours by and large share a colour, as a mosaic's figures do
    wave = np.sin(centres[:, 0] / 31) + np.cos(centres[:, 1] / 23) + rng.normal(0, 0.5, tiles)
    colour = palette[np.clip(np.digitize(wave, [-1, -0.2, 0.5, 1.2]), 0, 4)] + rng.normal(0, 10, (tiles, 3))
    picture = colour[nearest]
    picture[distance[1] - distance[0] < 2.5] = (40, 36, 34)
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def pen(side: int = STYLE_SIDE, seed: int = 0) -> Image.Image:
    """Short strokes of dark ink on paper, crossing where it is dark."""
    rng = np.random.default_rng(seed)
    scale = 3  # drawn large and brought down, for smooth lines
    image = Image.new("RGB", (side * scale, side * scale), (246, 240, 226))
    draw = ImageDraw.Draw(image)
    for _ in range(side * 16):
        x, y = rng.random(2) * side
        dark = np.sin(x / 37) * np.sin(y / 29) + rng.normal(0, 0.25)
        if dark < -0.1:
            continue
        angle = (0.8 if rng.random() < 0.7 or dark < 0.45 else -0.7) + rng.normal(0, 0.08)
        length = rng.uniform(5, 12)
        ends = [(x, y), (x + length * np.cos(angle), y + length * np.sin(angle))]
        ink = tuple(int(each) for each in np.array((38, 40, 66)) + rng.normal(0, 8, 3))
        draw.line([(a * scale, b * scale) for a, b in ends], fill=ink, width=scale)
    return image.resize((side, side), Image.Resampling.LANCZOS)


class Style(NamedTuple):
    """How a style picture is drawn, and what its grams weigh against the photograph's content."""

    draw: Callable[[], Image.Image]
    weight: float


STYLES: Registry[Style] = Registry("style", {"mosaic": Style(mosaic, 1.2), "pen": Style(pen, 0.3)})


def recipe_of(style: str, picture: Path, weight: float, weights: str, steps: int | None = None) -> Recipe:
    """The recipe of one style, whose picture is a file; ``weights`` are the classifier's."""
    overrides: dict[str, object] = {
        "name": style,
        "title": f"Photographs in the style {style!r}",
        "stage.loss.style.picture": str(picture),
        "stage.loss.style.style": weight,
        "stage.loss.style.weights": weights,
    }
    if steps:
        overrides |= {"stage.steps": steps, "stage.validate_every": steps}
    return with_overrides(parse_recipe(RECIPE, "the lesson's recipe"), overrides, style)


@torch.inference_mode()
def painted(checkpoint: Path, data: tuple[Path, ...]) -> tuple[list[Tensor], list[Tensor]]:
    """Held-out photographs ``[3, h, w]`` in [0, 1], and what the checkpoint makes of them."""
    trained = open_trained(checkpoint)
    store, held = trained.held_out(data, ROWS)
    pairs = validation_pairs(store, held, trained.degradation, side=SHOWN)
    made = [restore(trained.generator, pair.degraded, trained.transform)[:3] for pair in pairs]
    return [to_unit(pair.target[None])[0] for pair in pairs], [to_unit(one[None])[0] for one in made]


@click.command("style_transfer", cls=LessonCommand)
@data_option
@click.option("--style", "names", multiple=True, default=tuple(STYLES), help="mosaic or pen. Default: both.")
@click.option("--picture", type=FILE, help="A style picture of your own instead.")
@click.option("--weight", type=float, help="What the style weighs against the content.")
@click.option("--weights", default="", help="File of SqueezeNet's weights; fetched where not given.")
@click.option("--steps", type=click.IntRange(1), help="Of each style; the recipe's where not given.")
@output_option("runs/style_transfer")
@threads_option
def main(
    data: tuple[Path, ...],
    names: tuple[str, ...],
    picture: Path | None,
    weight: float | None,
    weights: str,
    steps: int | None,
    output: Path,
    threads: int,
) -> None:
    """Train a network for each style, and show what they make of held-out photographs: photograph, then each
    style. The networks can be exported by unfade-export."""
    folder = make_folder(output)
    columns: list[list[Tensor]] = []
    styles = {picture.stem: picture} if picture else {name: folder / f"{name}.png" for name in names}
    for name, file in styles.items():
        if picture is None:
            with output_file(file) as out:
                STYLES.find(name).draw().save(out, "PNG")
        own = STYLES[name].weight if picture is None else OWN_WEIGHT
        recipe = recipe_of(name, file, own if weight is None else weight, weights, steps)
        best = train(recipe, folder / name, data, Machine("cpu", 1, threads=threads))
        photographs, made = painted(best, data)
        columns = [*(columns or [photographs]), made]
        click.echo(f"{name}: {best}")
    write_sheet(list(zip(*columns, strict=True)), folder / "sheet.webp")
    click.echo(folder / "sheet.webp")


if __name__ == "__main__":
    main()
