"""Networks by name, and sentences about misspelt ones."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from unfade_training.errors import TrainingError
from unfade_training.networks import NETWORKS, build_network
from unfade_training.networks.critic import Critic


def test_names() -> None:
    assert set(NETWORKS) >= {  # recipes and checkpoints out there know them by these
        "fast_unet", "deartifact_unets", "repair_unets", "resnet_unet", "lite_unet", "revive_net", "critic",
        "pretrained_critic", "colour_unets",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("fast-unet", {}, "There is no network 'fast-unet': did you mean 'fast_unet'?"),
        ("xyz", {}, "There is no network 'xyz'; there are "),
        (
            "lite_unet",
            {"output_strid": 2},
            "lite_unet has no option 'output_strid': did you mean 'output_stride'?",
        ),
        ("lite_unet", {"output_stride": 3}, "cannot be built: output_stride is 1, 2, 4, 8 or 16, not 3."),
        (
            "fast_unet",
            {"scale": 4, "fine": (8, 8, 8)},
            "fine takes one entry for each doubling on the way to 4 times",
        ),
        ("lite_unet", {"deepest": 2}, "cannot be built: deepest is 4, 8, 16 or 32, not 2."),
        ("lite_unet", {"deepest": 8, "output_stride": 8}, "output_stride is 1, 2 or 4, not 8."),
        (
            "lite_unet",
            {"encoder": "efficientnet-lite0-near"},
            "the encoder efficientnet-lite0-near ends at stride 16, not 32.",
        ),
        ("lite_unet", {"widths": [8]}, "cannot be built: an output stride of 1 takes 5 widths, not 1."),
        ("lite_unet", {"norm": "batchnorm"}, "There is no norm 'batchnorm': did you mean 'batch'?"),
        ("resnet_unet", {"encoder": "resnet35"}, "There is no encoder 'resnet35': did you mean 'resnet34'?"),
        ("resnet_unet", {"encoder": "resnet18", "scale": 3}, "cannot be built: scale is 1, 2 or 4, not 3."),
        ("resnet_unet", {"encoder": "resnet18", "y_range": (1, 0)}, "y_range goes from low to high"),
        ("resnet_unet", {"encoder": "resnet18", "y_range": (0,)}, "The network resnet_unet cannot be built"),
        ("pretrained_critic", {"strides": [3]}, "strides are some of 2, 4, 8, 16, 32, not [3]"),
        ("pretrained_critic", {"weights": "nowhere.pth"}, "There is no file of weights at nowhere.pth."),
    ],
)
def test_what_is_wrong_is_said(name: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TrainingError) as caught:
        build_network(name, **options)
    assert sentence in str(caught.value)


def test_a_patch_too_small_for_the_critic() -> None:
    with pytest.raises(TrainingError, match="at least 64 x 64 pixels, not 63 x 64"):
        Critic(width=8)(torch.rand(1, 3, 64, 63))
