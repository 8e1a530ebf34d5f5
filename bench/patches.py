"""What the data side of training costs: milliseconds to cut and degrade a patch, and how long a step takes.

    python bench/patches.py RECIPE.toml --data PHOTOGRAPHS [--cache runs/cache]

Patches are made in a worker process while the network trains, so what counts is how long a step waits for
them: the last line.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from unfade_training.config import load_recipe
from unfade_training.data import PatchDataset, PhotoStore, StepSampler, collate
from unfade_training.degradations import build_degradation
from unfade_training.losses import build_loss
from unfade_training.networks import build_network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--patches", type=int, default=400)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    recipe = load_recipe(arguments.recipe)
    stage = recipe.stage[0]
    store = PhotoStore.open([arguments.data], arguments.cache, min_side=recipe.data.min_side)
    degradation = build_degradation(recipe.degradation)
    dataset = PatchDataset(
        store, store.photos, degradation, stage.patch, recipe.seed, group_weights=recipe.data.weights
    )
    start = time.perf_counter()
    for index in range(arguments.patches):
        dataset[index]
    per_patch = (time.perf_counter() - start) / arguments.patches
    print(f"{per_patch * 1e3:.2f} ms a patch")

    options = dict(recipe.network)
    network = build_network(str(options.pop("kind")), **options)
    network.to(memory_format=torch.channels_last)
    loss = build_loss(stage.loss)
    sampler = StepSampler(0, arguments.steps + 5, stage.batch)
    loader = iter(
        DataLoader(dataset, batch_sampler=sampler, num_workers=1, prefetch_factor=4, collate_fn=collate)
    )
    waited = 0.0
    for number in range(arguments.steps + 5):
        if number == 5:  # the first steps allocate, and the worker has to start
            start, waited = time.perf_counter(), 0.0
        before = time.perf_counter()
        raw = next(loader)
        waited += time.perf_counter() - before
        batch = raw.to_unit(torch.device("cpu"))
        with torch.autocast("cpu", torch.bfloat16):
            output = network(batch.picture)
        loss(output, batch.target).total.backward()
    whole = time.perf_counter() - start
    print(f"{whole / arguments.steps * 1e3:.0f} ms a step of {stage.batch} patches, uncompiled")
    print(f"waiting for patches: {waited / whole:.1%} of the time")


if __name__ == "__main__":
    main()
