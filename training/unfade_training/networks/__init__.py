"""Generators and critics by the names that recipes and checkpoints give them, and what is known of a network
without training it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from ..errors import TrainingError, did_you_mean
from ..registry import Registry
from .analysis import count_parameters, macs_per_pixel, receptive_radius
from .blocks import silence_untrained_blocks
from .colour_unets import ColourUnets
from .critic import Critic, PretrainedCritic
from .deartifact_unets import DeartifactUnets
from .encoder_unets import LiteUnet, ResnetUnet
from .encoders import Encoder, parameter_groups
from .fast_unet import FastUnet
from .norms import Norm, fold_norms, hold_norms, settle_norms, unfold_norms
from .repair_unets import RepairUnets
from .revive_net import ReviveNet
from .stain_unet import StainUnet
from .weights import is_here, load_state, load_weights

__all__ = [
    "NETWORKS",
    "Encoder",
    "Norm",
    "build_network",
    "count_parameters",
    "fold_norms",
    "hold_norms",
    "is_here",
    "load_state",
    "load_weights",
    "macs_per_pixel",
    "parameter_groups",
    "receptive_radius",
    "settle_norms",
    "silence_untrained_blocks",
    "unfold_norms",
]

NETWORKS: Registry[Callable[..., nn.Module]] = Registry(
    "network",
    {
        "fast_unet": FastUnet,
        "deartifact_unets": DeartifactUnets,
        "repair_unets": RepairUnets,
        "colour_unets": ColourUnets,
        "resnet_unet": ResnetUnet,
        "revive_net": ReviveNet,
        "stain_unet": StainUnet,
        "lite_unet": LiteUnet,
        "critic": Critic,
        "pretrained_critic": PretrainedCritic,
    },
)


def build_network(name: str, **options: Any) -> nn.Module:
    """Build the network called ``name``; ``options`` are the arguments of its class.

    Raises:
        TrainingError: there is no such network or option ("did you mean"), or a value makes no sense.
    """
    build = NETWORKS.find(name)
    known = inspect.signature(build).parameters
    for option in options:
        if option not in known:
            raise TrainingError(f"The network {name} has no option {option!r}{did_you_mean(option, known)}")
    try:
        return build(**options)
    except (ValueError, TypeError) as error:
        raise TrainingError(f"The network {name} cannot be built: {error}.") from error
