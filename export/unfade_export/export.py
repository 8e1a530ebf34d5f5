"""From a checkpoint to an ONNX file that has passed every check, or to no file at all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from unfade.card import ModelCard, Task, Tensor, Tiling, Variant
from unfade_training.building import build_generator, scale_of
from unfade_training.checkpoint import Checkpoint, load_checkpoint, load_weights
from unfade_training.files import atomic_write
from unfade_training.networks import (
    count_parameters,
    fold_norms,
    macs_per_pixel,
    receptive_radius,
)
from unfade_training.recipe import Recipe, parse_recipe

from .checks import Parity, check_exact_tiling, check_parity, cpu_session, probe_reach
from .errors import ExportError
from .graph import to_onnx


@dataclass(frozen=True)
class Report:
    """What was exported, and what was measured of it.

    Attributes:
        card: as written into the file.
        size: of the file in bytes.
        parity: PyTorch against ONNX Runtime.
        reach: how far an impulse was seen, in input pixels; at most the card's halo.
        tiling_difference: tiles against the whole picture, in units of the output's range.
        megapixels_per_second: input megapixels ONNX Runtime runs in a second on this machine's CPU.
    """

    card: ModelCard
    size: int
    parity: list[Parity]
    reach: int
    tiling_difference: float
    megapixels_per_second: float


def export_checkpoint(checkpoint: Path, output: Path) -> Report:
    """Rebuild the generator of ``checkpoint`` from its recipe, export and check it, and write it to
    ``output``.

    Raises:
        TrainingError: the checkpoint is missing, damaged, or does not fit its recipe.
        ExportError: a check failed, or the file cannot be written; nothing is left behind.
    """
    if output.suffix != ".onnx":
        raise ExportError(f"The output {output} must end in .onnx.")
    loaded = load_checkpoint(checkpoint)
    recipe = parse_recipe(loaded.recipe, f"the recipe in {checkpoint}")
    network = _rebuild(loaded, recipe, checkpoint)
    channels, multiple = int(getattr(network, "in_channels", 3)), int(getattr(network, "size_multiple", 1))
    scale = scale_of(network)
    card = _card(recipe, network, scale, multiple, loaded)
    model = to_onnx(
        network,
        channels=channels,
        size_multiple=multiple,
        input_name=card.inputs[0].name,
        output_name=card.outputs[0].name,
        metadata=card.to_metadata(),
    )
    session = cpu_session(model)
    parity = check_parity(network, session, channels, multiple)
    reach = probe_reach(session, channels, multiple, scale, card.halo)
    side = 4 * card.halo + 37  # odd, so that padding to the multiple is part of the check
    picture = _smooth_noise(channels, side, side + 50)
    difference = check_exact_tiling(session, card, picture)
    data = model.SerializeToString()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(output) as out:
            out.write(data)
    except OSError as error:
        raise ExportError(f"{output} cannot be written: {error.strerror}.") from error
    return Report(card, len(data), parity, reach, difference, _speed(session, channels, multiple))


def _rebuild(loaded: Checkpoint, recipe: Recipe, checkpoint: Path) -> torch.nn.Module:
    network = build_generator(recipe)
    load_weights(network, loaded.tensors["generator"], str(checkpoint))
    return fold_norms(network).eval()


def _card(
    recipe: Recipe, network: torch.nn.Module, scale: int, multiple: int, loaded: Checkpoint
) -> ModelCard:
    rgb = (0.0, 1.0)
    return ModelCard(
        name=recipe.name,
        title=recipe.title,
        task=Task(recipe.task),
        scale=scale,
        variant=Variant(recipe.variant),
        inputs=(Tensor("input", int(getattr(network, "in_channels", 3)), rgb, "sRGB"),),
        outputs=(Tensor("output", 3, rgb, "sRGB"),),
        size_multiple=multiple,
        halo=receptive_radius(network, multiple, scale),
        tiling=Tiling.EXACT,
        recipe=recipe.text,
        training_data=recipe.training_data,
        metrics={f"holdout_{name}": value for name, value in loaded.state.get("scores", {}).items()},
        licence=recipe.licence,
        parameters=count_parameters(network),
        macs_per_pixel=round(macs_per_pixel(network)),
    )


def _smooth_noise(channels: int, height: int, width: int) -> np.ndarray:
    """CHW float32 in [0, 1] with detail at every scale, as photographs have."""
    rng = np.random.default_rng(1)
    total = np.zeros((channels, height, width), np.float32)
    for step in (1, 4, 16, 64):
        coarse = rng.random((channels, height // step + 1, width // step + 1), np.float32)
        total += np.kron(coarse, np.ones((1, step, step), np.float32))[:, :height, :width]
    return total / 4


def _speed(session: ort.InferenceSession, channels: int, multiple: int, side: int = 512) -> float:
    side = side // multiple * multiple
    feed = {session.get_inputs()[0].name: np.zeros((1, channels, side, side), np.float32)}
    session.run(None, feed)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        session.run(None, feed)
        seconds.append(time.perf_counter() - start)
    return side**2 / min(seconds) / 1e6
