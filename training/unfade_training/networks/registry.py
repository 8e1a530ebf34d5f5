"""Networks by the names that recipes and checkpoints give them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from ..errors import TrainingError, did_you_mean
from ..registry import Registry
from .critic import Critic, PretrainedCritic
from .deartifact_unets import DeartifactUnets
from .encoder_unets import LiteUnet, ResnetUnet
from .fast_unet import FastUnet
from .repair_unets import RepairUnets
from .revive_net import ReviveNet

NETWORKS: Registry[Callable[..., nn.Module]] = Registry(
    "network",
    {
        "fast_unet": FastUnet,
        "deartifact_unets": DeartifactUnets,
        "repair_unets": RepairUnets,
        "resnet_unet": ResnetUnet,
        "revive_net": ReviveNet,
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
