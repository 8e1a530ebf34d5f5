"""A recipe: everything that makes one generator, read from one TOML file.

Tables become frozen dataclasses; an unknown key is an error that names the nearest known one. Templates,
includes and code have no place here: a recipe can be read by anybody, and it is stored word for word in every
checkpoint and model.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import TrainingError, did_you_mean
from .overrides import apply_overrides, override_text
from .stages import STAGES
from .stages.spec import StageSpec, at_least
from .table import from_table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

JUDGES = ("psnr_y", "lpips", "delta_e")
PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")
TASKS = ("upscale", "deartifact", "colorize", "denoise", "repair", "revive")
VARIANTS = ("faithful", "gan")


@dataclass(frozen=True)
class DataSpec:
    """``[data]``: which photographs, and how often each group of them.

    Attributes:
        folders: searched with their sub-folders; the command line's ``--data`` replaces them.
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
    """

    folders: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    holdout: int = 16
    min_side: int = 128
    workers: int = 1
    echo: int = 1
    zoom: float = 1.0
    colour_only: bool = False
    upright: bool = False

    def __post_init__(self) -> None:
        for name in ("zoom", "echo"):
            at_least(name, getattr(self, name), 1)
        for name in ("holdout", "min_side", "workers"):
            at_least(name, getattr(self, name), 0)


@dataclass(frozen=True)
class Recipe:
    """A whole recipe.

    Attributes:
        name: the model's name, as in ``upscale-x2``.
        title: a line for people.
        task: ``upscale`` | ``deartifact`` | ``colorize`` | ``denoise`` | ``repair`` | ``revive``.
        variant: ``faithful`` | ``gan``.
        network: ``kind`` and the options of the generator; see :mod:`unfade_training.networks`.
        degradation: ``kind`` and the options of what makes the input, or several such tables with a
            ``share`` each; see :mod:`unfade_training.degradations`. The network's scale is passed on.
        hints: how many colour hints a picture for ``colorize`` gets; the options of
            :class:`unfade_training.degradations.ColourHints`.
        critic: ``kind`` and the options of the critic, for the stages that have one.
        data: which photographs.
        stage: the stages, in order.
        seed: of every random choice.
        precision: of the forward and backward pass: ``auto`` (bfloat16 where the device computes it fast),
            ``32-true``, ``bf16-mixed`` or ``16-mixed``.
        compile: whether ``torch.compile`` fuses the generator; needs a C++ compiler on a CPU.
        init: a checkpoint, or an ONNX model of ours, whose weights are taken over where names and shapes
            agree; or a table of part of the network -> file, for parts that were trained side by side.
        judge: the held-out score that the best checkpoint and ``patience`` go by: ``psnr_y`` (higher is
            better), or ``lpips`` or ``delta_e`` (lower is better).
        lpips: the file that LPIPS is computed with: an ``.onnx`` model, or SqueezeNet's weights.
        gpu: overrides (see :mod:`unfade_training.overrides`) for runs on a GPU.
        training_data: a sentence for the model card.
        licence: of the model.
        text: the file, word for word.
    """

    name: str
    title: str
    task: str
    network: Mapping[str, object]
    degradation: Mapping[str, object] | tuple[Mapping[str, object], ...]
    stage: tuple[StageSpec, ...]
    variant: str = "faithful"
    hints: Mapping[str, object] = field(default_factory=dict)
    critic: Mapping[str, object] = field(default_factory=lambda: {"kind": "critic"})
    data: DataSpec = field(default_factory=DataSpec)
    seed: int = 0
    precision: str = "auto"
    compile: bool = True
    init: str | Mapping[str, str] = ""
    judge: str = "psnr_y"
    lpips: str = ""
    gpu: Mapping[str, object] = field(default_factory=dict)
    training_data: str = ""
    licence: str = "GPL-3.0-or-later"
    text: str = ""

    def __post_init__(self) -> None:
        for name, known in (
            ("task", TASKS),
            ("variant", VARIANTS),
            ("precision", PRECISIONS),
            ("judge", JUDGES),
        ):
            value = getattr(self, name)
            if value not in known:
                raise ValueError(f"there is no {name} {value!r}{did_you_mean(value, known)}")

    @property
    def degradations(self) -> Sequence[Mapping[str, object]]:
        """The tables of :attr:`degradation`, one or several."""
        return [self.degradation] if isinstance(self.degradation, Mapping) else self.degradation

    @property
    def beginnings(self) -> Mapping[str, Path]:
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
    return from_table(
        Recipe,
        {
            **table,
            "text": text,
            "data": from_table(DataSpec, table.get("data", {}), f"{where}, [data]"),
            "stage": [_stage(stage, f"{where}, [[stage]] {n}") for n, stage in enumerate(stages, 1)],
        },
        where,
    )


def with_overrides(recipe: Recipe, overrides: Mapping[str, object], where: str) -> Recipe:
    """The recipe with some values set from outside, which its text then tells; see
    :mod:`unfade_training.overrides`."""
    return parse_recipe(override_text(recipe.text, overrides), where) if overrides else recipe


def _stage(table: Mapping[str, Any], where: str) -> StageSpec:
    kind = table.get("kind", "")
    if kind not in STAGES:
        raise TrainingError(f"{where}: there is no stage {kind!r}{did_you_mean(str(kind), STAGES)}")
    return from_table(STAGES[kind].spec_type, table, where)
