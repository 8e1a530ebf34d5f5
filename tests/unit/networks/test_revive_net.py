"""revive_net: what its curves and its matrix can and cannot do."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from unfade_training.networks import build_network
from unfade_training.networks.revive_net import LEAST_SLOPE, Correction, ReviveNet, corrected


def network(trained: bool = False) -> ReviveNet:
    built = build_network("revive_net")
    assert isinstance(built, ReviveNet)
    if trained:
        for head in (built.exported.curves, built.exported.matrix):
            nn.init.normal_(head.weight, std=0.3)
    return built.eval()


@torch.no_grad()
def test_before_training_channels_are_stretched_and_whole_ones_left_alone() -> None:
    x = torch.rand(2, 3, 128, 64)
    x[..., :2, :2], x[..., 4:6, 4:6] = 0.0, 1.0  # one pixel each of what it looks at
    torch.testing.assert_close(network()(x), x, atol=5e-3, rtol=0)
    faded = 0.3 + 0.5 * x
    assert ((network()(faded) - x).abs().mean() < 0.3 * (faded - x).abs().mean()).item()


@torch.no_grad()
def test_curves_rise_and_the_matrix_leaves_gray_alone() -> None:
    curves, matrix = network(trained=True).correction(torch.rand(4, 3, 64, 64))
    assert curves.shape == (4, 3, 17) and matrix.shape == (4, 3, 3)
    assert (curves.diff(dim=2) * 16 >= LEAST_SLOPE - 1e-6).all()
    torch.testing.assert_close(matrix.sum(2), torch.ones(4, 3))


@torch.no_grad()
def test_a_picture_gets_the_same_correction_at_any_size() -> None:
    net = network(trained=True)
    small = torch.rand(1, 3, 64, 64)
    large = small.repeat_interleave(4, 2).repeat_interleave(2, 3)
    for a, b in zip(net.correction(small), net.correction(large), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_curves_are_linear_between_their_knots() -> None:
    knots = torch.tensor([0.0, 0.5, 0.6]).expand(1, 3, 3)
    x = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]).view(1, 1, 1, 5).expand(1, 3, 1, 5)
    y = corrected(x, Correction(knots, torch.eye(3)[None]))
    assert y[0, 0, 0].tolist() == pytest.approx([0.0, 0.25, 0.5, 0.55, 0.6])


def test_the_matrix_acts_on_what_the_curves_give() -> None:
    swap = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])[None]
    x = torch.rand(1, 3, 4, 4)
    y = corrected(x, Correction(torch.linspace(0, 1, 17).expand(1, 3, 17), swap))
    torch.testing.assert_close(y, x[:, [1, 0, 2]], atol=1e-5, rtol=0)


def test_it_learns_to_undo_a_cast() -> None:
    torch.manual_seed(0)
    net = network().train()
    truth = torch.rand(8, 3, 64, 64)
    faded = 0.2 + 0.6 * truth * torch.tensor([1.0, 0.8, 0.9]).view(1, 3, 1, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    first = float((faded - truth).abs().mean())
    for _ in range(60):
        optimizer.zero_grad()
        loss = (net(faded) - truth).abs().mean()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.35 * first
