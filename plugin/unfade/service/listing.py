"""The answer to ``list``: what an editor or a window builds its dialogs and its status bar from."""

from __future__ import annotations

import dataclasses
from typing import Any

from unfade.errors import UnfadeError
from unfade.filters import FILTERS, Filter
from unfade.filters.generator import finds_mask
from unfade.filters.options import describe_options
from unfade.inference import Engine, provider_label
from unfade.models import Model, list_models
from unfade.recipe import RECIPE_VERSION


def listing(engine: Engine) -> dict[str, Any]:
    """Filters with their options, models, and which provider runs.

    It opens the models that the first filter runs by default, for only then is the provider known; they are
    open already when the first picture comes.
    """
    trouble = None
    try:
        FILTERS[0].prepare(FILTERS[0].options(), engine)
    except UnfadeError as error:
        trouble = str(error)
    provider = engine.provider
    return {
        "recipes": RECIPE_VERSION,
        "filters": [_filter(filter) for filter in FILTERS],
        "models": [_model(model) for model in list_models()],
        "device": str(engine.device),
        "provider": provider,
        "provider_label": provider and provider_label(provider),
        "fallback": engine.fallback,
        "trouble": trouble,
    }


def _filter(filter: Filter) -> dict[str, Any]:
    return {
        "name": filter.name,
        "summary": filter.summary,
        "options": describe_options(filter),
    }


def _model(model: Model) -> dict[str, Any]:
    card = model.card
    kept = ("name", "title", "scale", "halo", "working_size", "training_data", "licence", "parameters")
    record = {field.name: getattr(card, field.name) for field in dataclasses.fields(card)}
    return {
        **{key: record[key] for key in kept},
        "filter": card.task,
        "variant": card.variant.value,
        "tiling": card.tiling.value,
        "mask": finds_mask(card),
        "source": model.source.value,
        "path": str(model.path),
    }
