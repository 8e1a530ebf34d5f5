"""colour_unets: the U-net's chroma, its coarse part mixed with what a second encoder says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unfade.filters import hints as plugin_hints
from unfade.inference import Extent
from unfade_training.errors import TrainingError
from unfade_training.networks import build_network, colour_unets
from unfade_training.networks.colour_unets import ColourUnets, at_hints

FINE = {"widths": [8, 8, 8, 8], "spread_hints": True}
COARSE = {"encoder": "efficientnet-lite0", "width": 8}


@dataclass
class TrueHint:
    """A hint of any chroma, in or out of sRGB."""

    x: float
    y: float
    chroma: tuple[float, float]


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


def embedding_network() -> ColourUnets:
    torch.manual_seed(3)
    network = build_network("colour_unets", fine=FINE, coarse={**COARSE, "embedding": 5})
    assert isinstance(network, ColourUnets)
    with torch.no_grad():
        network.fine.head.weight.mul_(20)  # so that there are colours
    return network


def hinted(height: int, width: int, places: list[tuple[int, int]]) -> Tensor:
    x = unhinted(height, width)
    for number, (y, x_) in enumerate(places):
        x[0, 1, y : y + 2, x_ : x_ + 2], x[0, 2, y : y + 2, x_ : x_ + 2] = 0.3, 0.1 * number - 0.2
        x[0, 3, y : y + 2, x_ : x_ + 2] = 1.0
    return x


@torch.no_grad()
def test_the_embedding_comes_behind_the_chroma() -> None:
    network, x = embedding_network().eval(), unhinted(50, 70)
    made = network(x)
    assert network.embedding == 5 and made.shape == (1, 7, 25, 35)
    coarse = network.coarse(F.pad(x[:, :1], (0, 26, 0, 14), mode="replicate"))
    assert coarse.shape == (1, 7, 4, 6)
    wide = F.interpolate(coarse[:, 2:], scale_factor=8.0, mode="bilinear")
    torch.testing.assert_close(made[:, 2:], wide[..., :25, :35])
    plain = network._of(F.pad(x, (0, 26, 0, 14), mode="replicate"))
    torch.testing.assert_close(made[:, :2], plain[:, :2, :25, :35])


@torch.no_grad()
def test_in_training_hints_reach_as_far_as_in_the_plug_in() -> None:
    """The differentiable kernel and the one of Colorize, whose hints lie in the middle of a cell here."""
    network = embedding_network().eval()
    x = hinted(64, 96, [(10, 18), (34, 76), (52, 4)])
    plain, with_hints = network(torch.cat((x[:, :1], torch.zeros(1, 3, 64, 96)), 1)), network(x)
    embedding = 3 * plain[:, 2:]
    made = at_hints(plain[:, :2], with_hints[:, :2], embedding, x, 2)
    light = F.avg_pool2d(x[:, :1], 2)[0, 0].numpy()
    hints = [(y + 1, x_ + 1, 0.1 * n - 0.2) for n, (y, x_) in enumerate([(10, 18), (34, 76), (52, 4)])]
    points = [TrueHint(float(x_), float(y), (33.0, 110 * b)) for y, x_, b in hints]
    expected = plugin_hints.at_hints(
        110 * plain[0, :2].numpy(), 110 * with_hints[0, :2].numpy(), light, points, Extent(64, 96),
        embedding[0].numpy(),
    )  # fmt: skip
    moved = np.abs(expected - 110 * plain[0, :2].numpy())
    assert moved.max() > 10
    assert np.abs(110 * made[0].numpy() - expected).mean() < 0.005 * moved.mean()


def test_training_and_the_plug_in_have_one_kernel() -> None:
    """What an embedding learnt by one is used by the other."""
    here = plugin_hints.HintKernel(
        sigma_space=colour_unets.SIGMA_SPACE,
        sigma_light=colour_unets.SIGMA_LIGHT,
        sigma_chroma=colour_unets.SIGMA_CHROMA,
        gain=colour_unets.GAIN,
        damping=colour_unets.DAMPING,
    )
    assert here == plugin_hints.WITH_EMBEDDING and colour_unets.FEW == plugin_hints.FEW


def test_the_embedding_learns_and_nothing_else_has_to() -> None:
    network = embedding_network().train()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith("coarse.embed."))
    x = torch.cat([hinted(64, 64, [(10, 10), (40, 40)]), unhinted(64, 64)])
    made = network(x)
    assert made.shape == (2, 2, 32, 32)
    made.square().mean().backward()
    gradient = network.coarse.embed.weight.grad  # type: ignore[union-attr]
    assert gradient is not None and gradient.abs().max() > 0
    with torch.no_grad():  # a picture without hints is what it is
        network.eval()
        plain = network(x)[1, :2]
        network.train()
        for part in network.modules():
            part.training = part is network  # norms and dropout as they are
        torch.testing.assert_close(network(x)[1], plain)
