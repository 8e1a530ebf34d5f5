"""The parts that a recipe names, built and checked against each other; a trained generator rebuilt from its
checkpoint; and a recipe made small, for a dry run that sees whether all of its parts fit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .checkpoint import load_checkpoint, load_weights
from .colour_transform import Chroma, ColourTransform, Rgb, Tones
from .config import GanConfig, GeneratorConfig, Recipe, StageConfig, parse_recipe, with_overrides
from .data import (
    PatchDataset,
    Patches,
    PhotoStore,
    ShardedPatches,
    ShardStore,
    Visits,
    Where,
    is_colour_photo,
    shard_names,
    turned,
    turned_back,
)
from .data.photos import Photo
from .degradations import ColourHints, Degradation, Hinted, Mixture, build_degradation
from .errors import TrainingError, did_you_mean
from .losses import Objective, WeightedLoss, build_loss, build_objective, open_lpips
from .losses.backbones import ARCHITECTURES
from .losses.perceptual import installed_linear_weights
from .metrics import Metric
from .networks import build_network, is_here
from .registry import from_table

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
    for number, config in enumerate(recipe.stage, 1):
        side = config.patch * scale_of(generator)
        if config.trains_critic and side < least:
            raise TrainingError(
                f"{recipe.name}, [[stage]] {number}: the critic needs pictures of at least {least} pixels "
                f"a side, and patch = {config.patch} makes {side}."
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
    if degradation.tells and getattr(generator, "in_channels", 3) != 4:
        raise TrainingError(
            f"{recipe.name}: told_share puts into a fourth channel where damage is, and the network has none."
        )
    if getattr(generator, "mask", False) and not degradation.masks:
        raise TrainingError(
            f"{recipe.name}: the network gives a mask, and no degradation draws anything to be found; add "
            "the kind watermark."
        )
    return degradation


def with_shares(degradation: Degradation, shares: Sequence[float]) -> Degradation:
    """The degradation with a stage's own shares, where it has some.

    Raises:
        TrainingError: they do not fit the recipe's degradations.
    """
    if not shares:
        return degradation
    if not isinstance(degradation, Mixture):
        raise TrainingError("shares are for recipes with several degradations, and this one has one.")
    try:
        return degradation.with_shares(shares)
    except ValueError as error:
        raise TrainingError(str(error)) from error


def build_colour_transform(recipe: Recipe, generator: nn.Module) -> ColourTransform:
    """What the generator's tensors mean.

    Raises:
        TrainingError: a network for chroma with other channels going in or coming out.
    """
    if recipe.task != "colorize":
        return Tones() if recipe.task == "revive" else Rgb()
    if [getattr(generator, name) for name in ("in_channels", "out_channels")] != [4, 2]:
        raise TrainingError(
            f"{recipe.name}: a network for colorize takes luma and three channels of hints and gives two of "
            "chroma; set luma = true, extra_channels = 3 and out_channels = 2."
        )
    return Chroma(int(getattr(generator, "output_stride", 1)))


def check_judge(recipe: Recipe, generator: nn.Module, transform: ColourTransform) -> None:
    """TrainingError unless validation gives the score that the recipe is judged by."""
    if recipe.judge not in transform.judges:
        raise TrainingError(
            f"{recipe.name}: {recipe.task} has no score {recipe.judge}; judge is one of "
            f"{', '.join(transform.judges)}."
        )
    if recipe.judge == "mask_iou" and not getattr(generator, "mask", False):
        raise TrainingError(f'{recipe.name}: judge = "mask_iou" is for networks that give a mask.')


def build_lpips(recipe: Recipe) -> Metric | None:
    """The perceptual metric, or None where the recipe names no file for it.

    Raises:
        TrainingError: the recipe is judged by it, or the file cannot be used.
    """
    if recipe.lpips:
        return open_lpips(recipe.lpips)
    if recipe.judge == "lpips":
        raise TrainingError(
            "The recipe is judged by LPIPS, which needs a file: name an LPIPS model (.onnx) or SqueezeNet's "
            "weights with --lpips."
        )
    log.info("LPIPS is not scored: no file was named with --lpips")
    return None


class StageLosses(NamedTuple):
    """What a stage minimises.

    Attributes:
        content: between the generator's pictures and the targets; None where the generator stands still.
        objective: of generator and critic against each other, in a GAN.
    """

    content: WeightedLoss | None = None
    objective: Objective | None = None


def build_losses(recipe: Recipe, generator: nn.Module, processes: int = 1) -> list[StageLosses]:
    """The losses of all stages.

    Raises:
        TrainingError: a loss or objective is wrong, a part to freeze is not there, or patch or batch do not
            fit network and processes.
    """
    losses = []
    for number, config in enumerate(recipe.stage, 1):
        where = f"{recipe.name}, [[stage]] {number}"
        check_patch(config.patch, generator, where)
        if config.batch % processes:
            raise TrainingError(
                f"{where}: a batch of {config.batch} cannot be shared evenly by {processes} processes."
            )
        content, objective = None, None
        if isinstance(config, GeneratorConfig):
            _check_freeze(config.freeze, generator, f"{where}: freeze")
            content = build_loss(config.loss, f"{where}, loss")
        if isinstance(config, GanConfig):
            objective = build_objective(config.objective, f"{where}, objective")
        losses.append(StageLosses(content, objective))
    return losses


def check_patch(patch: int, generator: nn.Module, where: str) -> None:
    """TrainingError unless the network takes pictures of that side."""
    multiple = int(getattr(generator, "size_multiple", 1))
    if patch % multiple:
        raise TrainingError(
            f"{where}: patch must be a multiple of {multiple}, which the network halves its way down, "
            f"not {patch}."
        )


def _check_freeze(names: Sequence[str], generator: nn.Module, where: str) -> None:
    check_parts(names, generator, where)
    held = {id(weight) for name in names for weight in generator.get_submodule(name).parameters()}
    if all(id(weight) in held for weight in generator.parameters()):
        raise TrainingError(f"{where}: with all its parts held nothing of the network can learn.")


def check_parts(names: Iterable[str], generator: nn.Module, where: str) -> None:
    """TrainingError unless each name is that of a part of the network that has weights."""
    parts = _parts(generator)
    for name in names:
        if name not in parts:
            raise TrainingError(f"{where}: there is no part {name!r}{did_you_mean(name, parts)}")


def _parts(generator: nn.Module) -> list[str]:
    """The names of its parts and of theirs, as ``marks`` and ``marks.unet``."""
    return [
        name
        for name, part in generator.named_modules()
        if name and name.count(".") < 2 and any(True for _ in part.parameters())
    ]


def open_photos(recipe: Recipe, data: Sequence[Where], cache: Path) -> PhotoStore | ShardStore:
    """The photographs that a recipe learns from and is judged by.

    Args:
        recipe: says which are too small, and whether only those in colour count.
        data: folders, searched with their sub-folders, or shards; the recipe's own where there are none.
        cache: where decoded pixels are kept.

    Raises:
        TrainingError: no folder is named, or nothing in them can be used.
    """
    data = list(data) or list(recipe.data.folders)
    if not data:
        raise TrainingError("No photographs named; give a folder with --data.")
    if shards := shard_names(data):
        return ShardStore(
            shards,
            cache / "shards",
            min_side=recipe.data.min_side,
            colour_only=recipe.data.colour_only,
            room=recipe.data.cache_gb,
        )
    store = PhotoStore.open(map(Path, data), cache, min_side=recipe.data.min_side)
    if not recipe.data.colour_only:
        return store
    coloured = store.only(is_colour_photo)
    if not coloured.photos:
        raise TrainingError(
            f"None of the {len(store.photos)} pictures in {', '.join(map(str, data))} is a photograph in "
            "colour, which this recipe wants (colour_only)."
        )
    left_out = len(store.photos) - len(coloured.photos)
    if left_out:
        log.info("left out %d of %d pictures: not photographs in colour", left_out, len(store.photos))
    return coloured


def build_dataset(
    recipe: Recipe,
    config: StageConfig,
    number: int,
    store: PhotoStore | ShardStore,
    degradation: Degradation,
) -> Patches:
    """The patches that the recipe's stage ``number`` (from 0) learns from, of all but what is held out.

    Raises:
        TrainingError: no photograph is large enough, or the stage's shares do not fit the degradations.
    """
    how = recipe.data
    degradation = with_shares(degradation, config.shares)
    seed = recipe.seed + 1000 * number
    if isinstance(store, ShardStore):
        visits = Visits(len(store.names), config.batch, seed, how.shard_patches)
        return ShardedPatches(
            store,
            visits,
            how.holdout,
            degradation,
            config.patch,
            seed,
            how.weights,
            how.zoom,
            how.upright,
        )
    photos, _ = store.split(store.holdout(how.holdout))
    return PatchDataset(store, photos, degradation, config.patch, seed, how.weights, how.zoom, how.upright)


@dataclass(frozen=True)
class Trained:
    """A trained generator out of its checkpoint, with what its recipe says of inputs and photographs.

    Attributes:
        path: of the checkpoint.
        recipe: what it was trained by.
        generator: with its weights, the averaged ones where there are such; in evaluation mode.
        degradation: makes its inputs.
        transform: what its tensors mean.
    """

    path: Path
    recipe: Recipe
    generator: nn.Module
    degradation: Degradation
    transform: ColourTransform

    def held_out(
        self, data: Sequence[Where], most: int | None = None
    ) -> tuple[PhotoStore | ShardStore, list[Photo]]:
        """The photographs that training kept out, where they are of the same folders; or ``most``, those
        first.

        Decoded pixels are kept where the run keeps them: in ``cache`` beside the run's folder.

        Raises:
            TrainingError: the photographs cannot be used, or there are fewer than two.
        """
        store = open_photos(self.recipe, data, self.path.resolve().parent.parent / "cache")
        if len(store.photos) < 2:
            named = ", ".join(map(str, data)) or "the recipe's folders"
            raise TrainingError(f"One photograph is too few: two at least are wanted in {named}.")
        count = store.holdout(self.recipe.data.holdout) if most is None else most
        return store, store.held_out(min(max(1, count), len(store.photos) - 1))


def open_trained(checkpoint: Path) -> Trained:
    """Rebuild a checkpoint's generator by the recipe inside.

    Raises:
        TrainingError: the checkpoint cannot be read, or does not fit its recipe.
    """
    loaded = load_checkpoint(checkpoint)
    recipe = parse_recipe(loaded.recipe, f"the recipe in {checkpoint}")
    generator = build_generator(recipe, pretrained=False)
    load_weights(generator, loaded.weights, str(checkpoint))
    degradation = build_degradation_of(recipe, generator)
    transform = build_colour_transform(recipe, generator)
    return Trained(checkpoint, recipe, generator.eval(), degradation, transform)


def open_teacher(path: Path, student: nn.Module, orientations: Sequence[int] = (0,)) -> nn.Module:
    """A checkpoint's generator, which learns nothing any more, to teach another network.

    Args:
        orientations: of :func:`unfade_training.data.turned`; it sees each batch in one of them, at random.

    Raises:
        TrainingError: the checkpoint cannot be read, or its inputs or outputs are not like the student's.
    """
    teacher = open_trained(path).generator.requires_grad_(False)
    for name in ("scale", "in_channels", "out_channels", "mask"):
        theirs, ours = (getattr(network, name, None) for network in (teacher, student))
        if theirs != ours:
            raise TrainingError(
                f"The teacher {path} cannot teach this network: its {name} is {theirs}, not {ours}."
            )
    return teacher if tuple(orientations) == (0,) else Turning(teacher, orientations)


class Turning(nn.Module):
    """A network that sees each batch in one of some orientations, drawn at random: in the mean its geometric
    self-ensemble (Timofte et al., CVPR 2016), at the price of one of it.

    N C H W, as the network takes and gives it.
    """

    def __init__(self, network: nn.Module, orientations: Sequence[int]) -> None:
        super().__init__()
        self.network, self.orientations = network, orientations

    def forward(self, x: Tensor) -> Tensor:
        which = self.orientations[int(torch.randint(len(self.orientations), ()))]
        return turned_back(self.network(turned(x, which)), which)


# The dry run

SMOKE_STEPS = 3
SMOKE_SIDE = 64  # the smallest picture that critics and perceptual losses take
_CLASSIFIERS = {  # of losses, where they name none
    "feature": "vgg16_bn",
    "style": "squeezenet",
    "lpips": "squeezenet",
}


def smoke_recipe(recipe: Recipe) -> Recipe:
    """The recipe with a few steps of tiny batches and patches in every stage.

    Weights to start from and teachers are left out where they are not there yet, and so are the perceptual
    score and losses whose classifier would have to be fetched first.
    """
    generator = build_generator(recipe)
    multiple = int(getattr(generator, "size_multiple", 1))
    patch = max(SMOKE_SIDE // scale_of(generator), multiple) // multiple * multiple
    overrides: dict[str, object] = {
        "compile": False,
        "data.holdout": 2,
        "data.min_side": 32,
        "data.workers": 0,
        "stage.steps": SMOKE_STEPS,
        "stage.batch": 2,
        "stage.patch": patch,
        "stage.validate_every": SMOKE_STEPS,
    }
    for number, config in enumerate(recipe.stage, 1):
        if isinstance(config, GanConfig):
            overrides[f"stage.{number}.critic_steps"] = 1  # so that both sides get a turn
        loss = getattr(config, "loss", {})
        if absent := [name for name, options in loss.items() if not _classifier_is_here(name, options)]:
            log.info("the smoke run does without the loss %s: its classifier would be fetched", *absent)
            rest = {name: options for name, options in loss.items() if name not in absent}
            overrides[f"stage.{number}.loss"] = rest or {"l1": 1.0}
        teacher = getattr(config, "teacher", "")
        if teacher and not Path(teacher).exists():
            log.info("the smoke run learns from photographs: the teacher %s is not there", teacher)
            overrides[f"stage.{number}.teacher"] = ""
    if absent := [str(path) for path in recipe.initial_weights.values() if not path.exists()]:
        log.info("the smoke run starts without %s, which is not there", " and ".join(absent))
        overrides["init"] = ""
    if not recipe.lpips:
        overrides["judge"] = "delta_e" if recipe.task == "colorize" else "psnr_y"
    return with_overrides(recipe, overrides, f"{recipe.name}, smoke run")


def _classifier_is_here(name: str, options: object) -> bool:
    """False of losses that look through a classifier which was never fetched, and name no file of it."""
    if name not in _CLASSIFIERS:
        return True
    named = options if isinstance(options, dict) else {}
    if name == "lpips" and not named.get("linear_weights"):
        try:
            installed_linear_weights()
        except TrainingError:
            return False
    known = ARCHITECTURES.get(str(named.get("backbone", _CLASSIFIERS[name])))
    return (
        known is None
        or bool(named.get("weights") or named.get("backbone_weights"))
        or is_here(known.published)
    )
