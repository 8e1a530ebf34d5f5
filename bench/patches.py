"""What the data side of training costs: milliseconds to cut and degrade a patch, and how long a step takes.

    python bench/patches.py RECIPE.toml --data PHOTOGRAPHS [--cache runs/cache]

Patches are made in worker processes while the network trains, so what counts is that they are made faster
than they are used; the last line says what share of one core's time they take.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from unfade_training.data import PatchDataset, PhotoStore
from unfade_training.data.batch import collate
from unfade_training.degradations import build_degradation
from unfade_training.losses import build_loss
from unfade_training.networks import build_network
from unfade_training.recipe import load_recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--patches", type=int, default=400)
    arguments = parser.parse_args()
    recipe = load_recipe(arguments.recipe)
    stage = recipe.stage[0]
    store = PhotoStore.open([arguments.data], arguments.cache, min_side=recipe.data.min_side)
    degradation = build_degradation(recipe.degradation)
    dataset = PatchDataset(
        store, store.photos, degradation, stage.patch, recipe.seed, group_weights=recipe.data.weights
    )
    start = time.perf_counter()
    patches = [dataset[index] for index in range(arguments.patches)]
    per_patch = (time.perf_counter() - start) / arguments.patches
    print(f"{per_patch * 1e3:.2f} ms a patch")

    options = dict(recipe.network)
    network = build_network(str(options.pop("kind")), **options)
    network.to(memory_format=torch.channels_last)
    loss = build_loss(stage.loss)
    batch = collate(patches[: stage.batch]).to_unit(torch.device("cpu"))
    for number in range(6):
        if number == 1:  # the first allocates
            start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16):
            output = network(batch.picture)
        loss(output, batch.target).total.backward()
    per_step = (time.perf_counter() - start) / 5
    print(f"{per_step * 1e3:.0f} ms a step of {stage.batch} patches, forward and backward, uncompiled")
    print(f"patches take {per_patch * stage.batch / per_step:.1%} of a step's time, in another process")


if __name__ == "__main__":
    main()
