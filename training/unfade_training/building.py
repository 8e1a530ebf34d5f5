"""The parts a recipe names, built and checked against each other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from torch import nn

from .coding import Chroma, Coding, Pictures, Tones
from .data import PhotoStore
from .data.screening import is_colour_photo
from .degradations import ColourHints, Degradation, Hinted, build_degradation
from .errors import TrainingError, did_you_mean
from .networks import build_network
from .recipe import Recipe
from .stages import STAGES, Stage
from .stages.spec import GeneratorOptions
from .table import from_table

log = logging.getLogger(__name__)


def build_generator(recipe: Recipe, *, pretrained: bool = True) -> nn.Module:
    """The recipe's network as training begins with it: random, but for an encoder that names its weights.

    Args:
        recipe: names the network and its options.
        pretrained: whether an encoder's weights are loaded; in vain where a checkpoint's take their place.

    Raises:
        TrainingError: no such network or option, or one that makes no picture of a picture.
    """
    options = dict(recipe.network)
    if not pretrained:
        options.pop("weights", None)
    network = build_network(str(options.pop("kind", "")), **options)
    if not hasattr(network, "scale"):
        raise TrainingError(f"The network {recipe.network['kind']} is not a generator.")
    return network


def scale_of(generator: nn.Module) -> int:
    """How many times larger its pictures are than its input; chroma at half the size makes a picture of the
    input's own."""
    return max(1, int(getattr(generator, "scale", 1)))


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
    if degradation.gray != (recipe.task == "colorize"):
        raise TrainingError(
            f"{recipe.name}: colorize learns from gray pictures, which the degradation ageing makes, and the "
            "other tasks from those in colour."
        )
    if recipe.task == "colorize":
        hints = from_table(ColourHints, recipe.hints, f"{recipe.name}, [hints]")
        return Hinted(degradation, hints)
    if getattr(generator, "mask", False) and not degradation.masks:
        raise TrainingError(
            f"{recipe.name}: the network gives a mask, and no degradation draws anything to be found; add "
            "the kind watermark."
        )
    return degradation


def build_coding(recipe: Recipe, generator: nn.Module) -> Coding:
    """What the generator's tensors mean.

    Raises:
        TrainingError: a network for chroma with other channels going in or coming out.
    """
    if recipe.task != "colorize":
        return Tones() if recipe.task == "revive" else Pictures()
    if [getattr(generator, name) for name in ("in_channels", "out_channels")] != [4, 2]:
        raise TrainingError(
            f"{recipe.name}: a network for colorize takes luma and three channels of hints and gives two of "
            "chroma; set luma = true, extra_channels = 3 and out_channels = 2."
        )
    return Chroma(int(getattr(generator, "output_stride", 1)))


def build_stages(recipe: Recipe, generator: nn.Module, processes: int = 1) -> list[Stage]:
    """All stages with their losses.

    Raises:
        TrainingError: a loss or objective is wrong, a part to freeze is not there, or patch or batch do not
            fit network and processes.
    """
    stages = []
    for number, spec in enumerate(recipe.stage, 1):
        where = f"{recipe.name}, [[stage]] {number}"
        check_patch(spec.patch, generator, where)
        if spec.batch % processes:
            raise TrainingError(
                f"{where}: a batch of {spec.batch} cannot be shared evenly by {processes} processes."
            )
        if isinstance(spec, GeneratorOptions):
            _check_freeze(spec.freeze, generator, where)
        stages.append(STAGES[spec.kind](spec, recipe, where))
    return stages


def check_patch(patch: int, generator: nn.Module, where: str) -> None:
    """TrainingError unless the network takes pictures of that side."""
    multiple = int(getattr(generator, "size_multiple", 1))
    if patch % multiple:
        raise TrainingError(
            f"{where}: patch must be a multiple of {multiple}, which the network halves its way down, "
            f"not {patch}."
        )


def _check_freeze(names: Sequence[str], generator: nn.Module, where: str) -> None:
    check_parts(names, generator, f"{where}: freeze")
    if not set(_parts(generator)) - set(names):
        raise TrainingError(f"{where}: freeze: with all its parts held nothing of the network can learn.")


def check_parts(names: Iterable[str], generator: nn.Module, where: str) -> None:
    """TrainingError unless each name is that of a part of the network that has weights."""
    parts = _parts(generator)
    for name in names:
        if name not in parts:
            raise TrainingError(f"{where}: there is no part {name!r}{did_you_mean(name, parts)}")


def _parts(generator: nn.Module) -> list[str]:
    return [name for name, part in generator.named_children() if any(True for _ in part.parameters())]


def open_photos(recipe: Recipe, folders: Sequence[Path], cache: Path) -> PhotoStore:
    """The photographs that a recipe learns from and is judged by.

    Args:
        recipe: says which are too small, and whether only those in colour count.
        folders: searched with their sub-folders; the recipe's own where there are none.
        cache: where decoded pixels are kept.

    Raises:
        TrainingError: no folder is named, or nothing in them can be used.
    """
    folders = list(folders) or [Path(folder) for folder in recipe.data.folders]
    if not folders:
        raise TrainingError("No photographs named; give a folder with --data.")
    store = PhotoStore.open(folders, cache, min_side=recipe.data.min_side)
    if not recipe.data.colour_only:
        return store
    coloured = store.only(is_colour_photo)
    if not coloured.photos:
        raise TrainingError(
            f"None of the {len(store.photos)} pictures in {', '.join(map(str, folders))} is a photograph in "
            "colour, which this recipe wants (colour_only)."
        )
    left_out = len(store.photos) - len(coloured.photos)
    if left_out:
        log.info("left out %d of %d pictures: not photographs in colour", left_out, len(store.photos))
    return coloured
