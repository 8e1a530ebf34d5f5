"""colour_unets: the U-net's chroma, its coarse part mixed with what a second encoder says."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unfade_training.errors import TrainingError
from unfade_training.networks import build_network
from unfade_training.networks.colour_unets import ColourUnets

FINE = {"widths": [8, 8, 8, 8], "spread_hints": True}
COARSE = {"encoder": "efficientnet-lite0", "width": 8}


def built(share: float) -> ColourUnets:
    torch.manual_seed(3)
    network = build_network("colour_unets", fine=FINE, coarse=COARSE, share=share).eval()
    assert isinstance(network, ColourUnets)
    return network


def unhinted(height: int, width: int) -> Tensor:
    light = torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(4))
    return torch.cat([light, torch.zeros(1, 3, height, width)], dim=1)


@torch.no_grad()
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_coarse_part_is_mixed(share: float) -> None:
    network, x = built(share), unhinted(64, 96)
    fine, coarse = network.fine(x), network.coarse(x[:, :1])
    assert coarse.shape == (1, 2, 4, 6)
    wide = F.interpolate(coarse - F.avg_pool2d(fine, 8), scale_factor=8.0, mode="bilinear")
    torch.testing.assert_close(network(x), fine + share * wide)


@torch.no_grad()
def test_at_all_of_it_the_mean_is_what_the_second_look_says() -> None:
    network, x = built(1.0), unhinted(64, 64)
    x[:, :1] = 0.4  # nothing to be seen: all parts are alike but for the borders
    difference = network(x).mean((2, 3)) - network.coarse(x[:, :1]).mean((2, 3))
    assert difference.abs().max() < 0.02


@torch.no_grad()
def test_a_picture_with_hints_is_left_to_the_u_net() -> None:
    network = built(0.7)
    x = torch.cat([unhinted(50, 70), unhinted(50, 70)])
    x[0, 1:3, 20:25, 30:35], x[0, 3, 20:25, 30:35] = 0.3, 1.0
    fine = network.fine(F.pad(x, (0, 26, 0, 14), mode="replicate"))[..., :25, :35]
    found = network(x)
    assert torch.equal(found[0], fine[0])
    assert (found[1] - fine[1]).abs().max() > 1e-3


def test_a_share_is_a_share() -> None:
    with pytest.raises(TrainingError, match=r"share is from 0 to 1, not 1\.5"):
        build_network("colour_unets", fine=FINE, coarse=COARSE, share=1.5)
