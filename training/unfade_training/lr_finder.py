"""The learning rate finder: train with a rate that rises every step, and look where the loss falls fastest.

Smith 2015, arXiv:1506.01186, as fast.ai has it: the loss is smoothed, and the search ends when it blows up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .config import Recipe
from .device import ANY, Machine
from .errors import TrainingError
from .files import output_file
from .train import batches, resume, set_up, start_stage, training_step

STEPS = 100
SMOOTHING = 0.9
BLOWN_UP = 4.0  # times the smallest loss so far


@dataclass(frozen=True)
class Finding:
    """What the search saw.

    Attributes:
        rates: learning rates, rising.
        losses: smoothed loss after the step at each of them.
        suggestion: the rate to train with.
    """

    rates: Sequence[float]
    losses: Sequence[float]
    suggestion: float


def find_rate(
    recipe: Recipe, folder: Path, data: Sequence[Path], machine: Machine = ANY, *, number: int = 1
) -> Finding:
    """Search the learning rate of the recipe's stage ``number`` (from 1), from the recipe's first weights.

    Raises:
        TrainingError: as :func:`unfade_training.train.train`; there is no such stage, or it has two learning
            rates.
    """
    if not 1 <= number <= len(recipe.stage):
        raise TrainingError(f"{recipe.name} has {len(recipe.stage)} stages; there is no stage {number}.")
    with set_up(recipe, folder, data, machine, reports=False) as run:
        resume(run, fresh=True)
        stage = run.stages[number - 1]
        start_stage(run, stage)
        if len(stage.trainables) != 1:
            raise TrainingError(
                f"A {stage.config.kind} stage has two learning rates; search for each in a stage that trains "
                "the network alone."
            )
        trainable = stage.trainables[0]
        given = batches(run, stage.config, 0, STEPS)

        def step(rate: float) -> float:
            trainable.force_rate(rate)
            training_step(run, stage, next(given))
            return float(trainable.loss)

        return search(step)


def search(
    step: Callable[[float], float], *, lowest: float = 1e-6, highest: float = 1.0, steps: int = STEPS
) -> Finding:
    """Call ``step`` with rising learning rates; it gives the loss of a training step.

    The suggestion is the rate where the smoothed loss falls most steeply over the logarithm of the rate.

    Raises:
        TrainingError: the loss never fell.
    """
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    for number in range(steps):
        rate = lowest * (highest / lowest) ** (number / (steps - 1))
        loss = step(rate)
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        smooth = average / (1 - SMOOTHING ** (number + 1))
        if not math.isfinite(loss) or (losses and smooth > BLOWN_UP * min(losses)):
            break
        rates.append(rate)
        losses.append(smooth)
    if len(losses) < 4 or min(losses) >= losses[0]:
        raise TrainingError(
            f"No learning rate between {lowest:g} and {highest:g} makes the loss fall; look at data and loss."
        )
    slopes = np.gradient(np.array(losses), np.log(np.array(rates)))
    return Finding(rates, losses, rates[int(np.argmin(slopes[: int(np.argmin(losses)) + 1]))])


def write_plot(finding: Finding, output: Path) -> None:
    """A PNG: smoothed loss over the logarithm of the learning rate, the suggestion marked.

    Raises:
        TrainingError: it cannot be written.
    """
    width, height, left, bottom, pad = 900, 540, 80, 50, 20
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(15)
    low, high = math.log10(finding.rates[0]), math.log10(finding.rates[-1])
    floor, ceiling = min(finding.losses), max(finding.losses[: max(2, len(finding.losses) // 2)])
    ceiling = floor + 1.3 * (ceiling - floor)

    def place(rate: float, loss: float) -> tuple[float, float]:
        x = left + (math.log10(rate) - low) / (high - low) * (width - left - pad)
        y = height - bottom - (loss - floor) / (ceiling - floor) * (height - bottom - 2 * pad)
        return x, max(y, pad)

    for power in range(math.ceil(low), math.floor(high) + 1):
        x, _ = place(10.0**power, floor)
        draw.line([(x, pad), (x, height - bottom)], fill="#dddddd")
        draw.text((x, height - bottom + 8), f"1e{power}", fill="black", font=font, anchor="mt")
    for share in range(5):
        loss = floor + (ceiling - floor) * share / 4
        _, y = place(finding.rates[0], loss)
        draw.line([(left, y), (width - pad, y)], fill="#eeeeee")
        draw.text((left - 8, y), f"{loss:.4g}", fill="black", font=font, anchor="rm")
    x, _ = place(finding.suggestion, floor)
    draw.line([(x, pad), (x, height - bottom)], fill="#c00000", width=2)
    draw.text((x + 6, pad), f"{finding.suggestion:.2g}", fill="#c00000", font=font)
    curve = [place(r, v) for r, v in zip(finding.rates, finding.losses, strict=True)]
    draw.line(curve, fill="#1f4e9c", width=3)
    draw.text((width / 2, height - 16), "learning rate", fill="black", font=font, anchor="mm")
    draw.text((left, 4), "loss", fill="black", font=font, anchor="mt")
    with output_file(output) as out:
        image.save(out, "PNG")
