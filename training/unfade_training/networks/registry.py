"""Networks by name, as recipes and checkpoints name them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from ..errors import TrainingError, did_you_mean
from .critic import Critic, PretrainedCritic
from .deartifact_unets import DeartifactUnets
from .fast_unet import FastUnet
from .lite_unet import LiteUnet
from .repair_unets import RepairUnets
from .resnet_unet import ResnetUnet
from .revive_net import ReviveNet

NETWORKS: Mapping[str, Callable[..., nn.Module]] = {
    "fast_unet": FastUnet,
    "deartifact_unets": DeartifactUnets,
    "repair_unets": RepairUnets,
    "resnet_unet": ResnetUnet,
    "revive_net": ReviveNet,
    "lite_unet": LiteUnet,
    "critic": Critic,
    "pretrained_critic": PretrainedCritic,
}


def build_network(name: str, **options: Any) -> nn.Module:
    """Builds the network called ``name``; ``options`` are those of its class.

    Raises:
        TrainingError: there is no such network or option, or a value makes no sense.
    """
    if name not in NETWORKS:
        raise TrainingError(f"There is no network {name!r}{did_you_mean(name, NETWORKS)}")
    build = NETWORKS[name]
    known = inspect.signature(build).parameters
    for option in options:
        if option not in known:
            raise TrainingError(f"The network {name} has no option {option!r}{did_you_mean(option, known)}")
    try:
        return build(**options)
    except (ValueError, TypeError) as error:
        raise TrainingError(f"The network {name} cannot be built: {error}.") from error
