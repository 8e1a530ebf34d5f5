"""A recipe: everything that makes one generator, read from one TOML file.

Tables become frozen dataclasses; an unknown key is an error that names the nearest known one. Templates,
includes and code have no place here: a recipe can be read by anybody, and it is stored word for word in every
checkpoint and model.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .degradations.table import from_table
from .errors import TrainingError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class DataSpec:
    """``[data]``: which photographs, and how often each group of them.

    Attributes:
        folders: searched with their sub-folders; the command line's ``--data`` replaces them.
        weights: how often a group (first sub-folder) is drawn, relative to its area; 1 where not named.
        holdout: photographs kept for validation, chosen by a hash of their names.
        min_side: photographs with a shorter side are left out.
        workers: processes that cut and degrade patches.
    """

    folders: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    holdout: int = 16
    min_side: int = 128
    workers: int = 1


@dataclass(frozen=True)
class StageSpec:
    """``[[stage]]``: one stretch of training with one optimizer.

    Attributes:
        kind: which loop runs; see :mod:`unfade_training.stages`.
        steps: optimizer steps.
        batch: patches of a step, over all processes together.
        patch: side of an input patch in pixels.
        lr: the highest learning rate.
        schedule: ``cosine`` | ``one_cycle`` | ``constant``.
        warmup: steps of linear warm-up (cosine and constant).
        betas: of Adam.
        weight_decay: decoupled (AdamW); 0 gives plain Adam.
        clip: largest gradient norm; 0 switches clipping off.
        ema: decay of the moving average of the weights, which is what is validated and exported.
        loss: name -> weight, or a table of ``weight`` and options; see :mod:`unfade_training.losses`.
        validate_every: steps between validations.
    """

    kind: str
    steps: int
    batch: int
    patch: int
    lr: float
    schedule: str = "cosine"
    warmup: int = 100
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip: float = 0.0
    ema: float = 0.999
    loss: Mapping[str, object] = field(default_factory=lambda: {"l1": 1.0})
    validate_every: int = 1000


@dataclass(frozen=True)
class Recipe:
    """A whole recipe.

    Attributes:
        name: the model's name, as in ``upscale-x2``.
        title: a line for people.
        task: ``upscale`` | ``deartifact`` | ``colorize``.
        variant: ``faithful`` | ``gan``.
        network: ``kind`` and the options of that network.
        degradation: ``kind`` and the options of what makes the input.
        data: which photographs.
        stage: the stages, in order.
        seed: of every random choice.
        precision: of the forward and backward pass: ``auto`` (bfloat16 where the device computes it fast),
            ``32-true`` or ``bf16-mixed``.
        compile: whether ``torch.compile`` fuses the generator; needs a C++ compiler on a CPU.
        init: a checkpoint whose generator's weights are taken over where names and shapes agree.
        training_data: a sentence for the model card.
        licence: of the model.
        text: the file, word for word.
    """

    name: str
    title: str
    task: str
    network: Mapping[str, object]
    degradation: Mapping[str, object]
    stage: tuple[StageSpec, ...]
    variant: str = "faithful"
    data: DataSpec = field(default_factory=DataSpec)
    seed: int = 0
    precision: str = "auto"
    compile: bool = True
    init: str = ""
    training_data: str = ""
    licence: str = "GPL-3.0-or-later"
    text: str = ""


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
    """Parse the text of a recipe; ``where`` names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"{where} is not valid TOML: {error}.") from error
    stages = table.get("stage")
    if not isinstance(stages, list) or not stages:
        raise TrainingError(f"{where}: a recipe needs at least one [[stage]].")
    return from_table(
        Recipe,
        {
            **table,
            "text": text,
            "data": from_table(DataSpec, table.get("data", {}), f"{where}, [data]"),
            "stage": [from_table(StageSpec, s, f"{where}, [[stage]] {n}") for n, s in enumerate(stages, 1)],
        },
        where,
    )
