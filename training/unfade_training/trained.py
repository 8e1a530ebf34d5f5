"""A trained generator out of its checkpoint, with what its recipe says of inputs and photographs: for looking
at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from .building import build_coding, build_degradation_of, build_generator, open_photos
from .checkpoint import load_checkpoint, load_weights
from .coding import Coding
from .data import PhotoStore
from .data.photos import Photo
from .degradations import Degradation
from .errors import TrainingError
from .recipe import Recipe, parse_recipe


@dataclass(frozen=True)
class Trained:
    """What a checkpoint holds.

    Attributes:
        path: of the checkpoint.
        recipe: what it was trained by.
        generator: with its weights, the averaged ones where there are such; in evaluation mode.
        degradation: makes its inputs.
        coding: what its tensors mean.
    """

    path: Path
    recipe: Recipe
    generator: nn.Module
    degradation: Degradation
    coding: Coding

    def held_out(self, data: Sequence[Path], most: int) -> tuple[PhotoStore, list[Photo]]:
        """The photographs that training kept out, where they are of the same folders; at most ``most``.

        Decoded pixels are kept where the run keeps them: in ``cache`` beside the run's folder.

        Raises:
            TrainingError: the photographs cannot be used, or there are fewer than two.
        """
        store = open_photos(self.recipe, data, self.path.resolve().parent.parent / "cache")
        if len(store.photos) < 2:
            raise TrainingError(f"One photograph is too few: two at least are wanted in {_names(data)}.")
        return store, store.split(min(most, len(store.photos) - 1))[1]


def open_trained(checkpoint: Path) -> Trained:
    """Rebuild a checkpoint's generator by the recipe inside.

    Raises:
        TrainingError: the checkpoint cannot be read, or does not fit its recipe.
    """
    loaded = load_checkpoint(checkpoint)
    recipe = parse_recipe(loaded.recipe, f"the recipe in {checkpoint}")
    generator = build_generator(recipe, pretrained=False)
    weights = loaded.tensors.get("ema") or loaded.tensors.get("generator", {})
    load_weights(generator, weights, str(checkpoint))
    degradation = build_degradation_of(recipe, generator)
    return Trained(checkpoint, recipe, generator.eval(), degradation, build_coding(recipe, generator))


def _names(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders)) or "the recipe's folders"
