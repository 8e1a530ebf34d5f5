"""What a checkpoint makes of photographs, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from .building import build_coding, build_degradation_of, build_generator
from .checkpoint import load_checkpoint, load_weights
from .data import PhotoStore
from .errors import TrainingError
from .files import atomic_write
from .recipe import parse_recipe
from .reporting import sample_grid
from .validation import validation_pairs


def write_samples(
    checkpoint: Path, data: Sequence[Path], output: Path, *, count: int = 6, side: int = 256
) -> None:
    """Write a PNG with a row for each of ``count`` held-out photographs: input | result | truth (| mask).

    Args:
        checkpoint: of any recipe.
        data: folders of photographs.
        output: the PNG.
        count: rows.
        side: of each picture in target pixels.

    Raises:
        TrainingError: the checkpoint or the photographs cannot be used, or the PNG cannot be written.
    """
    loaded = load_checkpoint(checkpoint)
    recipe = parse_recipe(loaded.recipe, f"the recipe in {checkpoint}")
    generator = build_generator(recipe, pretrained=False)
    weights = loaded.tensors.get("ema") or loaded.tensors.get("generator", {})
    load_weights(generator, weights, str(checkpoint))
    degradation = build_degradation_of(recipe, generator)
    store = PhotoStore.open(data, output.parent / "cache", min_side=recipe.data.min_side)
    _, held = store.split(min(count, len(store.photos) - 1))
    pairs = validation_pairs(store, held, degradation, side=max(384, side))
    grid = sample_grid(generator.eval(), pairs, build_coding(recipe, generator), "cpu", side)
    try:
        with atomic_write(output) as out:
            Image.fromarray(grid.permute(1, 2, 0).numpy()).save(out, "PNG")
    except OSError as error:
        raise TrainingError(f"{output} cannot be written: {error.strerror}.") from error
