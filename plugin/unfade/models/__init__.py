"""Models: what a model file says of itself, and which models there are."""

from unfade.models.card import (
    CARD_VERSION,
    METADATA_KEY,
    ModelCard,
    Task,
    Tensor,
    Tiling,
    Variant,
)
from unfade.models.catalog import MODELS_VARIABLE, Model, Source, find_model, list_models

__all__ = [
    "CARD_VERSION",
    "METADATA_KEY",
    "MODELS_VARIABLE",
    "Model",
    "ModelCard",
    "Source",
    "Task",
    "Tensor",
    "Tiling",
    "Variant",
    "find_model",
    "list_models",
]
