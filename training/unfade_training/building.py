"""The parts a recipe names, built and checked against each other."""

from __future__ import annotations

from torch import nn

from .degradations import Degradation, build_degradation
from .errors import TrainingError
from .networks import build_network
from .recipe import Recipe
from .stages import STAGES, Stage


def build_generator(recipe: Recipe) -> nn.Module:
    """The recipe's network, with random weights.

    Raises:
        TrainingError: no such network or option, or one that makes no picture of a picture.
    """
    options = dict(recipe.network)
    network = build_network(str(options.pop("kind", "")), **options)
    if not hasattr(network, "scale"):
        raise TrainingError(f"The network {recipe.network['kind']} is not a generator.")
    return network


def scale_of(generator: nn.Module) -> int:
    """How many times larger its pictures are than its input."""
    return int(getattr(generator, "scale", 1))


def build_critic(recipe: Recipe, generator: nn.Module) -> nn.Module:
    """The recipe's critic; its smallest picture is checked against each stage that uses it."""
    options = dict(recipe.critic)
    critic = build_network(str(options.pop("kind", "")), **options)
    least = int(getattr(critic, "min_size", 1))
    for number, spec in enumerate(recipe.stage, 1):
        side = spec.patch * scale_of(generator)
        if STAGES[spec.kind].trains_critic and side < least:
            raise TrainingError(
                f"{recipe.name}, [[stage]] {number}: the critic needs pictures of at least {least} pixels "
                f"a side, and patch = {spec.patch} makes {side}."
            )
    return critic


def build_degradation_of(recipe: Recipe, generator: nn.Module) -> Degradation:
    """What makes the generator's inputs, at its scale.

    Raises:
        TrainingError: it does not fit the generator.
    """
    degradation = build_degradation(
        recipe.degradations,
        scale_of(generator),
        f"{recipe.name}, degradation",
    )
    if getattr(generator, "mask", False) and not degradation.masks:
        raise TrainingError(
            f"{recipe.name}: the network gives a mask, and no degradation draws anything to be found; add "
            "the kind watermark."
        )
    return degradation


def build_stages(recipe: Recipe, generator: nn.Module, processes: int = 1) -> list[Stage]:
    """All stages with their losses.

    Raises:
        TrainingError: a loss or objective is wrong, or patch or batch do not fit network and processes.
    """
    multiple = int(getattr(generator, "size_multiple", 1))
    stages = []
    for number, spec in enumerate(recipe.stage, 1):
        where = f"{recipe.name}, [[stage]] {number}"
        if spec.patch % multiple:
            raise TrainingError(
                f"{where}: patch must be a multiple of {multiple}, which the network halves its way down, "
                f"not {spec.patch}."
            )
        if spec.batch % processes:
            raise TrainingError(
                f"{where}: a batch of {spec.batch} cannot be shared evenly by {processes} processes."
            )
        stages.append(STAGES[spec.kind](spec, recipe, where))
    return stages
