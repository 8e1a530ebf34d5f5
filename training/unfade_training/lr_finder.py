"""The learning rate finder: train with a rate that rises every step, and look where the loss falls fastest.

Smith 2015, arXiv:1506.01186, as fast.ai has it: the loss is smoothed, and the search ends when it blows up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .config import Recipe
from .data import Where
from .device import ANY, Machine
from .errors import TrainingError, count_of
from .files import output_file
from .train import batches, resume, set_up, start_stage, training_step

STEPS = 100
SKIPPED = 10  # first steps: the weights have hardly moved, and what the loss does there is chance
SMOOTHING = 0.9
SLOPE_WIDTH = 5.0  # standard deviation, in steps, of the Gaussian that the slope is judged through
BLOWN_UP = 3.0  # a rise by so many times the size of the smallest loss so far


@dataclass(frozen=True)
class Finding:
    """What the search saw.

    Attributes:
        rates: learning rates, rising.
        losses: smoothed loss after the step at each of them.
        suggestion: the rate to train with.
        judged: the losses, smoothed both ways, that the suggestion comes from; those of the first steps and
            beyond the lowest are left out.
    """

    rates: Sequence[float]
    losses: Sequence[float]
    suggestion: float
    judged: Sequence[float]


def find_rate(
    recipe: Recipe, folder: Path, data: Sequence[Where], machine: Machine = ANY, *, number: int = 1
) -> Finding:
    """Search the learning rate of the recipe's stage ``number`` (from 1), from the recipe's first weights.

    Raises:
        TrainingError: as :func:`unfade_training.train.train`; there is no such stage, or it has two learning
            rates.
    """
    if not 1 <= number <= len(recipe.stage):
        raise TrainingError(
            f"{recipe.name} has {count_of(len(recipe.stage), 'stage')}; there is no stage {number}."
        )
    with set_up(recipe, folder, data, machine, reports=False) as run:
        resume(run, None)
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

    The suggestion is the rate where the loss, smoothed over its neighbours at both sides, falls most steeply
    over the logarithm of the rate; the first steps do not count.

    Raises:
        TrainingError: the loss never fell.
    """
    rates: list[float] = []
    seen: list[float] = []
    losses: list[float] = []
    average = 0.0
    for number in range(steps):
        rate = lowest * (highest / lowest) ** (number / (steps - 1))
        loss = step(rate)
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        smooth = average / (1 - SMOOTHING ** (number + 1))
        if not math.isfinite(loss) or (losses and smooth > min(losses) + BLOWN_UP * abs(min(losses))):
            break
        rates.append(rate)
        seen.append(loss)
        losses.append(smooth)
    judged = _smoothed(np.array(seen[SKIPPED:]))
    lowest_at = int(np.argmin(judged)) if len(judged) else 0
    if lowest_at < 3:
        raise TrainingError(
            f"No learning rate between {lowest:g} and {highest:g} makes the loss fall; look at data and loss."
        )
    judged = judged[: lowest_at + 1]
    slopes = np.gradient(judged, np.log(np.array(rates[SKIPPED : SKIPPED + len(judged)])))
    return Finding(rates, losses, rates[SKIPPED + int(np.argmin(slopes))], judged.tolist())


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """By a Gaussian, without lag: at the ends over what there is."""
    distance = np.arange(len(values))[:, None] - np.arange(len(values))
    weights = np.exp(-0.5 * (distance / SLOPE_WIDTH) ** 2)
    smoothed: NDArray[np.float64] = weights @ values / weights.sum(1)
    return smoothed


def write_plot(finding: Finding, output: Path) -> None:
    """A PNG: smoothed loss over the logarithm of the learning rate; beside it, dark, what was judged, with
    the suggestion marked where that falls most steeply.

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
    draw.text((x + 6, pad), f"steepest fall: {finding.suggestion:.2g}", fill="#c00000", font=font)
    curve = [place(r, v) for r, v in zip(finding.rates, finding.losses, strict=True)]
    draw.line(curve, fill="#9db8e0", width=2)
    judged = [place(r, v) for r, v in zip(finding.rates[SKIPPED:], finding.judged, strict=False)]
    draw.line(judged, fill="#1f4e9c", width=4)
    at = judged[finding.rates.index(finding.suggestion) - SKIPPED]
    draw.ellipse([at[0] - 6, at[1] - 6, at[0] + 6, at[1] + 6], fill="#c00000")
    draw.text((width / 2, height - 16), "learning rate", fill="black", font=font, anchor="mm")
    draw.text((left, 4), "loss", fill="black", font=font, anchor="mt")
    with output_file(output) as out:
        image.save(out, "PNG")
