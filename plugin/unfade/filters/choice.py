"""Which models run: for a task, and for Upscale how often, for a scale and a wish for detail."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from unfade.errors import ModelError
from unfade.models import Model, Source, Task, Variant, catalog

MOST_PASSES = 2
_PURPOSES = {Task.UPSCALE: "enlarging", Task.DEARTIFACT: "cleaning", Task.COLORIZE: "colouring"}


@dataclass(frozen=True)
class Blend:
    """The models that together make one enlargement: their results are added up, weighted."""

    models: tuple[Model, ...]
    weights: tuple[float, ...]
    """Between 0 and 1, their sum is 1."""

    @property
    def scale(self) -> int:
        return self.models[0].card.scale


def named_model(name: str, task: Task) -> Model:
    """The model of that name or path. Raises ModelError where there is none, or it is for another task."""
    model = catalog.find_model(name)
    if model.card.task != task:
        raise ModelError(
            f"The model {model.card.name} is for {model.card.task}, not for {task.value}; choose another."
        )
    return model


def model_for(task: Task, name: str | None) -> Model:
    """The model named, or the installed one: shipped before the user's own, faithful before GAN.

    Raises ModelError, with what to do, where there is none.
    """
    if name is not None:
        return named_model(name, task)
    fitting = [model for model in catalog.list_models() if model.card.task == task]
    if not fitting:
        raise none_installed(task)
    return min(fitting, key=lambda model: preference(model.source, model.card.variant))


def preference(source: Source, variant: Variant) -> tuple[bool, bool]:
    """Least for the model that runs where none is named: shipped before own, faithful before GAN."""
    return source is not Source.SHIPPED, variant is not Variant.FAITHFUL


def none_installed(task: Task) -> ModelError:
    """What to say where a task has no model."""
    return ModelError(
        f"No model for {_PURPOSES[task]} is installed; unfade doctor tells where models belong."
    )


def choose_blends(models: Sequence[Model], detail: float | None) -> dict[int, Blend]:
    """The blend for each native scale that the installed upscale models offer at this detail.

    ``detail`` None takes the faithful model, and the GAN where there is no other. Raises ModelError, with
    what to do, where no scale can be had.
    """
    variants = _best_of_each(models)
    scales = sorted({scale for scale, _ in variants})
    if not scales:
        raise none_installed(Task.UPSCALE)
    blends: dict[int, Blend] = {}
    for scale in scales:
        faithful, gan = (variants.get((scale, variant)) for variant in (Variant.FAITHFUL, Variant.GAN))
        if detail is None:
            blends[scale] = alone(next(model for model in (faithful, gan) if model is not None))
        elif detail <= 0 and faithful is not None:
            blends[scale] = alone(faithful)
        elif detail >= 1 and gan is not None:
            blends[scale] = alone(gan)
        elif faithful is not None and gan is not None:
            blends[scale] = Blend((faithful, gan), (1 - detail, detail))
    if not blends:
        lacking = "faithful" if all(variant is Variant.GAN for _, variant in variants) else "GAN"
        raise ModelError(
            f"detail {detail:g} needs a {lacking} model for enlarging and none is installed; "
            "leave detail out, or install one (unfade models list shows what there is)."
        )
    return blends


def alone(model: Model) -> Blend:
    """A single model as a blend."""
    return Blend((model,), (1.0,))


def choose_passes(scale: float, natives: Iterable[int]) -> tuple[int, ...]:
    """The native scales to run one after the other, whose product is at least ``scale``.

    As few passes as can be, and of those the smallest product: x4 by a x4 model where there is one, else by
    x2 twice; x1.5 by x2. Raises ModelError where even the largest native falls short.
    """
    usable = sorted({native for native in natives if native > 1})
    for count in range(1, MOST_PASSES + 1):
        reached = [
            passes
            for passes in itertools.combinations_with_replacement(usable, count)
            if math.prod(passes) >= scale
        ]
        if reached:
            return min(reached, key=math.prod)
    raise ModelError(
        f"No installed model reaches scale {scale:g} in {MOST_PASSES} passes; "
        "choose a smaller scale or another model."
    )


def _best_of_each(models: Sequence[Model]) -> dict[tuple[int, Variant], Model]:
    """One model for each scale and variant: the shipped one first, for a user's own is asked for by name."""
    best: dict[tuple[int, Variant], Model] = {}
    for model in sorted(models, key=lambda model: model.source is not Source.SHIPPED):
        if model.card.task == Task.UPSCALE:
            best.setdefault((model.card.scale, model.card.variant), model)
    return best
