"""What a checkpoint makes of photographs, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from .errors import TrainingError
from .files import output_file
from .reporting import sample_grid
from .trained import open_trained
from .validation import validation_pairs


def write_samples(
    checkpoint: Path, data: Sequence[Path], output: Path, *, count: int = 6, side: int = 256
) -> None:
    """Write a PNG with a row for each of ``count`` held-out photographs: input | result | truth (| mask).

    Args:
        checkpoint: of any recipe.
        data: folders of photographs; the recipe's own where empty.
        output: the PNG.
        count: rows.
        side: of each picture in target pixels.

    Raises:
        TrainingError: the checkpoint or the photographs cannot be used, or the PNG cannot be written.
    """
    trained = open_trained(checkpoint)
    store, held = trained.held_out(data, count)
    pairs = validation_pairs(store, held, trained.degradation, side=max(384, side))
    if not pairs:
        raise TrainingError("The photographs are too small to cut a sample from.")
    grid = sample_grid(trained.generator, pairs, trained.coding, "cpu", side)
    with output_file(output) as out:
        Image.fromarray(grid.permute(1, 2, 0).numpy()).save(out, "PNG")
