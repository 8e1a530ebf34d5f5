"""A recipe: everything that makes one generator, read from one TOML file.

Tables become frozen structs; an unknown key is an error that names the nearest known one. Templates, includes
and code have no place here: a recipe can be read by anybody, and it is stored word for word in every
checkpoint and model.

Values can be set from outside the tables (``--override``, ``[gpu]``, the smoke run). An override is a dotted
path and a value: ``network.channels``, ``stage.2.batch`` (the second stage), or ``stage.batch`` (every
stage). They are written into the recipe's text as its last table, ``[override]``, so that checkpoints and
models name the recipe that really made them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from msgspec import Meta, Struct, field

from .errors import TrainingError, count_of
from .lessons import Lesson
from .registry import from_table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Count: TypeAlias = Annotated[int, Meta(ge=0)]
AtLeastOne: TypeAlias = Annotated[int, Meta(ge=1)]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]
NotNegative: TypeAlias = Annotated[float, Meta(ge=0)]
Share: TypeAlias = Annotated[float, Meta(ge=0, lt=1)]
Table: TypeAlias = dict[str, Any]
"""Checked by whoever builds what it names."""


class DataConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[data]``: which photographs, and how often each group of them.

    Attributes:
        folders: searched with their sub-folders, or shards; the command line's ``--data`` replaces them.
        weights: how often a group (first sub-folder) is drawn, relative to its area; 1 where not named.
        holdout: photographs kept for validation, chosen by a hash of their names.
        min_side: photographs with a shorter side are left out.
        workers: processes that cut and degrade patches.
        echo: steps that each batch is used for, turned another way each time: for a GPU that the processor
            cannot feed (Choi et al., "Faster Neural Network Training with Data Echoing", 2019,
            arXiv:1907.05550).
        zoom: patches are cut up to so many times larger and brought down, where the photograph is large
            enough: the same things at several sizes.
        colour_only: leave out black-and-white pictures, charts and drawings.
        upright: only mirror patches, never turn them: for networks that must know what things are, and where
            the sky is.
        shard_patches: patches that a shard gives before the next ones are read.
        cache_gb: gigabytes of decoded shards that are kept on the disk.
    """

    folders: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    holdout: Count = 16
    min_side: Count = 128
    workers: Count = 1
    echo: AtLeastOne = 1
    zoom: Annotated[float, Meta(ge=1)] = 1.0
    colour_only: bool = False
    upright: bool = False
    shard_patches: AtLeastOne = 1024
    cache_gb: Positive = 32.0


class StageConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """``[[stage]]``: one stretch of training; the kinds of stages add options of their own.

    Attributes:
        kind: which stage it is.
        steps: the most optimizer steps.
        batch: patches of a step, over all processes together.
        patch: side of an input patch in pixels. Progressive resizing is several stages of rising ``patch``.
        lr: the highest learning rate.
        schedule: of the learning rate; see :data:`unfade_training.schedules.SCHEDULES`.
        warmup: steps of linear warm-up (cosine and constant).
        optimizer: AdamW, or Muon (:class:`unfade_training.optim.Muon`).
        betas: of AdamW.
        weight_decay: decoupled; 0 makes AdamW plain Adam.
        clip: largest gradient norm; 0 switches clipping off.
        micro_batch: patches that go through the network at once on each process, their gradients
            accumulated over the batch; 0 means all of them. Halved when memory runs out.
        validate_every: steps between validations. Under ``--minutes`` the same share of the stage's time, but
            never so often that they take more than a tenth of it, that at the end of the run apart.
        shares: of the recipe's degradations in this stage, in their order; empty for the recipe's own. What
            needs to be seen whole, like a watermark, is of no use in small patches.
        patience: the stage ends after so many validations in a row without a better score; 0 means never.
    """

    trains_critic: ClassVar[bool] = False

    steps: AtLeastOne
    batch: AtLeastOne
    patch: AtLeastOne
    lr: Positive
    schedule: Literal["constant", "cosine", "one_cycle"] = "cosine"
    warmup: Count = 100
    optimizer: Literal["adamw", "muon"] = "adamw"
    betas: tuple[Share, Share] = (0.9, 0.99)
    weight_decay: NotNegative = 0.0
    clip: NotNegative = 0.0
    micro_batch: Count = 0
    validate_every: AtLeastOne = 1000
    patience: Count = 0
    shares: tuple[float, ...] = ()

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)


class GeneratorConfig(StageConfig, frozen=True, kw_only=True, tag="generator"):
    """A stage that trains the generator against targets: the first of every recipe.

    Attributes:
        loss: name -> weight, or a table of ``weight`` and options; see :mod:`unfade_training.losses`.
        mask_weight: of the loss of the mask, where the network has one as a second output.
        teacher: a checkpoint whose pictures are the targets instead of the photographs (Hinton et al. 2015,
            arXiv:1503.02531): for a pruned network. It says what it knows better than the photographs do, of
            which only one of many outcomes is to be seen.
        teacher_turned: whether it sees each batch turned and mirrored at random, so that it teaches what its
            geometric self-ensemble knows: the mean of what it makes of a picture in all orientations.
        ema: decay of the moving average of the weights, which is what is validated and exported.
        freeze: parts of the network, or of these, by their names in it, that stay as they are.
        freeze_encoder: whether a pretrained encoder stays as it is.
        hold_norms: whether batch norms keep their statistics: what runs from the same initial weights learn
            can then be averaged without taking them anew.
        drop_features: share of the encoder's feature maps that are left out at random, against learning a
            few photographs by heart (Tompson et al. 2015).
        encoder_lr: learning rate of the encoder's early half as a share of ``lr``; its late half gets the
            geometric mean of both (the lesson's discriminative learning rates).
    """

    loss: Table = field(default_factory=lambda: {"l1": 1.0})
    mask_weight: Positive = 1.0
    teacher: str = ""
    teacher_turned: bool = False
    ema: Share = 0.999
    freeze: tuple[str, ...] = ()
    freeze_encoder: bool = False
    hold_norms: bool = False
    drop_features: Share = 0.0
    encoder_lr: Annotated[float, Meta(gt=0, le=1)] = 1.0


class CriticConfig(StageConfig, frozen=True, kw_only=True, tag="critic"):
    """A stage that trains the critic alone, as a classifier of real and generated pictures; the generator
    stands still.

    Attributes:
        accuracy: the stage ends when the critic's share of right verdicts, averaged over about 20 steps, has
            reached this; 0 means never.
    """

    trains_critic: ClassVar[bool] = True

    accuracy: Share = 0.0


class GanConfig(GeneratorConfig, frozen=True, kw_only=True, tag="gan"):
    """A stage in which generator and critic, both trained alone before, play against each other. A step
    trains either the one or the other.

    Attributes:
        objective: a name, or a table of ``kind`` and options: ``adaptive`` (the lesson's), ``bce``,
            ``hinge``, ``wasserstein``, ``relativistic``.
        adversarial_weight: of the generator's adversarial loss, beside its ``loss``.
        critic_lr: the critic's highest learning rate; ``lr`` where 0.
        critic_threshold: the lesson's adaptive switch: after each step of the generator the critic trains
            until its loss is below this.
        critic_steps: a fixed ratio instead: so many steps of the critic for each of the generator; 0 means
            the adaptive switch.
        longest_turn: the most steps of the critic in a row, even if its loss stays above the threshold, as
            it does when the generator's pictures are hard to tell from the truth.
    """

    trains_critic: ClassVar[bool] = True

    objective: str | Table = "adaptive"
    adversarial_weight: Positive = 0.02
    critic_lr: NotNegative = 0.0
    critic_threshold: Positive = 0.65
    critic_steps: Count = 0
    longest_turn: AtLeastOne = 20

    def __post_init__(self) -> None:
        if self.teacher:
            raise ValueError("teacher is for the kind generator: a critic's opponent learns from the truth.")


AnyStage: TypeAlias = GeneratorConfig | CriticConfig | GanConfig


class Recipe(Struct, frozen=True, kw_only=True):
    """A whole recipe.

    Attributes:
        name: the model's name, as in ``upscale-x2``.
        title: a line for people.
        task: what the generator is for.
        variant: ``faithful`` to the pixels, or with detail made up by a ``gan``.
        network: ``kind`` and the options of the generator; see :mod:`unfade_training.networks`.
        degradation: ``kind`` and the options of what makes the input, or several such tables with a
            ``share`` each; see :mod:`unfade_training.degradations`. The network's scale is passed on.
        hints: how many colour hints a picture for ``colorize`` gets; the options of
            :class:`unfade_training.degradations.ColourHints`.
        critic: ``kind`` and the options of the critic, for the stages that have one.
        data: which photographs.
        stage: the stages, in order.
        seed: of every random choice.
        precision: of the forward and backward pass; ``auto`` is bfloat16 where the device computes it fast.
        compile: whether ``torch.compile`` fuses the generator; needs a C++ compiler on a CPU.
        init: a checkpoint, or an ONNX model of ours, whose weights are taken over where names and shapes
            agree; or a table of part of the network -> file, for parts that were trained side by side.
        judge: the held-out score that the best checkpoint and ``patience`` go by: ``psnr_y`` or
            ``mask_iou`` (higher is better), ``lpips``, ``delta_e`` or ``delta_e_2000`` (lower is better).
        lpips: the file that LPIPS is computed with: an ``.onnx`` model, or SqueezeNet's weights.
        gpu: overrides for runs on a GPU.
        training_data: a sentence for the model card.
        licence: of the model.
        lesson: what the list of lessons says, where the recipe is one.
        text: the file, word for word.
    """

    name: str
    title: str
    task: Literal["upscale", "deartifact", "colorize", "denoise", "repair", "stains", "revive"]
    network: Table
    degradation: Table | tuple[Table, ...]
    stage: tuple[AnyStage, ...]
    variant: Literal["faithful", "gan"] = "faithful"
    hints: Table = field(default_factory=dict)
    critic: Table = field(default_factory=lambda: {"kind": "critic"})
    data: DataConfig = field(default_factory=DataConfig)
    seed: int = 0
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    compile: bool = True
    init: str | dict[str, str] = ""
    judge: Literal["psnr_y", "mask_iou", "lpips", "delta_e", "delta_e_2000"] = "psnr_y"
    lpips: str = ""
    gpu: Table = field(default_factory=dict)
    training_data: str = ""
    licence: str = "GPL-3.0-or-later"
    lesson: Lesson | None = None
    text: str = ""

    @property
    def degradations(self) -> Sequence[Mapping[str, object]]:
        """The tables of :attr:`degradation`, one or several."""
        return [self.degradation] if isinstance(self.degradation, dict) else self.degradation

    @property
    def initial_weights(self) -> Mapping[str, Path]:
        """The files of :attr:`init` by the part that each is for; the part of one for all is empty."""
        named = {"": self.init} if isinstance(self.init, str) else self.init
        return {part: Path(file) for part, file in named.items() if file}


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file; TrainingError says what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"The recipe {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path} is not a recipe: it is not a text file.") from error
    return parse_recipe(text, str(path))


def parse_recipe(text: str, where: str) -> Recipe:
    """Parse the text of a recipe, with the ``[override]`` table it may end with; ``where`` names it in
    errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"{where} is not valid TOML: {error}.") from error
    apply_overrides(table, table.pop("override", {}), where)
    stages = table.get("stage")
    if not isinstance(stages, list) or not stages:
        raise TrainingError(f"{where}: a recipe needs at least one [[stage]].")
    return from_table(Recipe, {**table, "text": text}, where)


_HEADING = "\n\n# What was set from outside for this run.\n[override]\n"


def parse_override(text: str) -> tuple[str, object]:
    """``stage.lr=1e-4`` -> path and value; what is not valid TOML is taken as a text.

    Raises:
        TrainingError: there is no ``=``, or nothing before it.
    """
    path, equals, raw = text.partition("=")
    if not equals or not path.strip():
        raise TrainingError(f"--override takes key=value, as in stage.batch=8, not {text!r}.")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw
    return path.strip(), value


def with_overrides(recipe: Recipe, overrides: Mapping[str, object], where: str) -> Recipe:
    """The recipe with some values set from outside, which its text then tells."""
    return parse_recipe(override_text(recipe.text, overrides), where) if overrides else recipe


def override_text(text: str, overrides: Mapping[str, object]) -> str:
    """The text of a recipe with its ``[override]`` table extended by ``overrides``."""
    if not overrides:
        return text
    body, _, _ = text.partition(_HEADING)
    merged = {**overrides_of(text), **overrides}
    return (
        body + _HEADING + "".join(f"{json.dumps(path)} = {_toml(value)}\n" for path, value in merged.items())
    )


def overrides_of(text: str) -> dict[str, object]:
    """What has been overridden in the text of a recipe."""
    return dict(tomllib.loads(text).get("override", {}))


def without_folders(text: str) -> str:
    """The text of a recipe whose overrides tell only the names of files: for what leaves this machine, whose
    folders nobody else has."""
    named = {
        key: PureWindowsPath(value).name  # which knows both kinds of slashes
        for key, value in overrides_of(text).items()
        if isinstance(value, str)
    }
    return override_text(text, named)


def apply_overrides(table: Table, overrides: Mapping[str, object], where: str) -> None:
    """Set the values in a recipe's parsed table, in place.

    Of several ``[[stage]]`` or ``[[degradation]]``, ``stage.2.lr`` sets the value in the second and
    ``stage.lr`` in all; ``stage.loss.feature.weights`` in those stages that have the table ``loss.feature``.

    Raises:
        TrainingError: the path leads nowhere.
    """
    for path, value in overrides.items():
        first, *rest = path.split(".")
        place = f"{where}: the override {path!r}"
        tables = table.get(first, [] if first == "stage" else None)
        if not isinstance(tables, list):
            _set(table, [first, *rest], value, place, create=True)
            continue
        if rest and rest[0].isdigit():
            number = int(rest.pop(0))
            if not 1 <= number <= len(tables):
                raise TrainingError(f"{place}: the recipe has {count_of(len(tables), first)}.")
            _set(tables[number - 1], rest, value, place, create=True)
            continue
        reached = [_set(each, rest, value, place, create=False) for each in tables]
        if not any(reached):
            raise TrainingError(f"{place} fits no {first}.")


def _set(table: Table, path: list[str], value: object, where: str, *, create: bool) -> bool:
    """Whether the tables on the way were there (or were made)."""
    if not path:
        raise TrainingError(f"{where} names a table, not a value in it.")
    for key in path[:-1]:
        if key not in table and not create:
            return False
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):
            if not create:
                return False
            raise TrainingError(f"{where}: {key!r} is no table.")
        table = inner
    table[path[-1]] = value
    return True


def _toml(value: object) -> str:
    """A value in one line; tomli-w gives a line to each number of a list, which for the widths of forty
    blocks is most of a recipe."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
