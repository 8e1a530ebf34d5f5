"""From a checkpoint of unfade-train to an ONNX file that has passed every check, or to no file at all."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from unfade.card import ModelCard, Task, Tiling, Variant
from unfade_training.building import build_generator
from unfade_training.checkpoint import Checkpoint, load_checkpoint, load_weights
from unfade_training.networks import (
    count_parameters,
    fold_norms,
    macs_per_pixel,
    receptive_radius,
)
from unfade_training.overrides import without_places
from unfade_training.recipe import Recipe, parse_recipe

from .build import Report, build, check_name, write
from .checks import Array
from .interface import interface_of, ratio_of
from .static import Size, of_size


def export_checkpoint(
    checkpoint: Path,
    output: Path,
    *,
    fp16: bool = False,
    compact: bool = False,
    static: Size | None = None,
    photo: Array | None = None,
) -> Report:
    """Rebuild the generator of ``checkpoint`` from its recipe, export and check it, and write it to
    ``output``.

    Args:
        checkpoint: of unfade-train.
        output: ends in ``.onnx``.
        fp16: whether a float16 variant is written beside it, for CUDA.
        compact: whether weights are stored in half precision: half the file.
        static: height and width of all that goes in; None leaves them free.
        photo: see :func:`unfade_export.build.build`.

    Raises:
        TrainingError: the checkpoint is missing, damaged, or does not fit its recipe.
        ExportError: a check failed, or the file cannot be written; nothing is left behind.
    """
    check_name(output)
    loaded = load_checkpoint(checkpoint)
    recipe = parse_recipe(loaded.recipe, f"the recipe in {checkpoint}")
    network = build_generator(recipe, pretrained=False)
    load_weights(network, loaded.tensors.get("generator", {}), str(checkpoint))
    network = fold_norms(network).eval()
    network = getattr(network, "exported", network)  # some apply what they name themselves while they learn
    card = of_size(_card(recipe, network, loaded), static)
    built = build(network, card, photo=photo, fp16=fp16, compact=compact)
    write(output, built.model, built.half)
    return built.report


def _card(recipe: Recipe, network: nn.Module, loaded: Checkpoint) -> ModelCard:
    interface = interface_of(Task(recipe.task), network)
    exact, ratio = interface.tiling is Tiling.EXACT, ratio_of(network)
    return ModelCard(
        name=recipe.name,
        title=recipe.title,
        task=Task(recipe.task),
        scale=int(ratio) if exact else 1,
        variant=Variant(recipe.variant),
        inputs=interface.inputs,
        outputs=interface.outputs,
        size_multiple=interface.size_multiple,
        halo=receptive_radius(network, interface.size_multiple, int(ratio)) if exact else 0,
        tiling=interface.tiling,
        working_size=interface.working_size,
        recipe=without_places(recipe.text),
        training_data=recipe.training_data,
        metrics={f"holdout_{name}": value for name, value in loaded.state.get("scores", {}).items()},
        licence=recipe.licence,
        parameters=count_parameters(network),
        macs_per_pixel=round(macs_per_pixel(network)),
    )
