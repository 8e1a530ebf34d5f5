"""Models: what a model file says of itself, and which models there are.

Adding, removing and verifying the user's own models is :mod:`unfade.models.library`, which runs them.
"""

from unfade.models.card import (
    CARD_VERSION,
    METADATA_KEY,
    ModelCard,
    Tensor,
    Tiling,
    Variant,
)
from unfade.models.catalog import (
    MODELS_VARIABLE,
    BrokenModel,
    Model,
    Source,
    broken_models,
    card_of,
    find_model,
    list_models,
    model_folders,
    read_card,
)
from unfade.models.onnx_file import half_precision_file, is_half_precision

__all__ = [
    "CARD_VERSION",
    "METADATA_KEY",
    "MODELS_VARIABLE",
    "BrokenModel",
    "Model",
    "ModelCard",
    "Source",
    "Tensor",
    "Tiling",
    "Variant",
    "broken_models",
    "card_of",
    "find_model",
    "half_precision_file",
    "is_half_precision",
    "list_models",
    "model_folders",
    "read_card",
]
