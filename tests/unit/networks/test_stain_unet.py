"""stain_unet: what it names, and what is made of that."""

from __future__ import annotations

import torch
from torch import nn

from unfade_training.networks import build_network
from unfade_training.networks.stain_unet import LEAST, Stains, StainUnet, without


def network() -> StainUnet:
    built = build_network("stain_unet", look={"widths": [16, 16, 16]})
    assert isinstance(built, StainUnet)
    return built.eval()


def test_a_stain_is_taken_off_exactly_where_it_is_known() -> None:
    x, colour = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    opacity = (1 - LEAST) * torch.rand(2, 1, 8, 8)
    seen = (1 - opacity) * x + opacity * colour
    torch.testing.assert_close(without(seen, Stains(opacity, opacity, colour)), x, atol=1e-5, rtol=0)


def test_what_hides_all_does_not_blow_up() -> None:
    full = torch.ones(1, 1, 4, 4)
    found = without(torch.rand(1, 3, 4, 4), Stains(full, full, torch.full((1, 3, 4, 4), 0.5)))
    assert found.abs().max() <= 0.5 / LEAST + 1e-6


@torch.no_grad()
def test_before_training_little_is_a_stain() -> None:
    x = torch.rand(1, 3, 64, 96)
    y = network()(x)
    assert y.shape == (1, 5, 64, 96)
    assert (y[:, :3] - x).abs().max() < 0.06
    assert 0 < y[:, 3:].max() < 0.1


@torch.no_grad()
def test_odd_sizes_are_named_whole() -> None:
    named = network().exported(torch.rand(1, 3, 37, 51))
    assert named.shape == (1, 5, 37, 51) and named.min() >= 0 and named.max() <= 1


def test_the_picture_moves_the_colour_alone() -> None:
    """What is found, and how opaque it is said to be, is not to change because a picture would be better."""
    built = network().train()
    nn.init.normal_(built.exported.unet.head.weight, std=0.1)
    built(torch.rand(1, 3, 32, 32))[:, :3].sum().backward()
    bias = built.exported.unet.head.bias
    assert bias is not None and bias.grad is not None
    assert not bias.grad[:8].any() and bias.grad[8:].all()
