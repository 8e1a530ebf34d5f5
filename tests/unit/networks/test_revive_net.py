"""revive_net: what its curves and its matrix can and cannot do."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from unfade_training.networks import build_network
from unfade_training.networks.revive_net import (
    KNOTS,
    SHARES,
    Correction,
    ReviveNet,
    corrected,
    inverse_curves,
    inverse_matrix,
    quantiles,
)


def network(trained: bool = False) -> ReviveNet:
    built = build_network("revive_net")
    assert isinstance(built, ReviveNet)
    if trained:
        head = built.exported.join[-1]
        assert isinstance(head, nn.Linear)
        nn.init.normal_(head.weight, std=0.5)
    return built.eval()


@torch.no_grad()
def test_before_training_channels_are_stretched_to_a_little_more_than_their_range() -> None:
    x = torch.rand(2, 3, 96, 96)
    x[..., :2, :2], x[..., 4:6, 4:6] = 0.0, 1.0
    assert (network()(x) - x).abs().mean() < 0.08
    faded = 0.3 + 0.5 * x
    assert (network()(faded) - x).abs().mean() < 0.3 * (faded - x).abs().mean()


@torch.no_grad()
def test_curves_rise_and_the_matrix_leaves_gray_alone() -> None:
    curves, matrix = network(trained=True).correction(torch.rand(4, 3, 96, 96))
    assert curves.shape == (4, 3, KNOTS) and matrix.shape == (4, 3, 3)
    assert (curves.diff(dim=2) > 0).all()
    torch.testing.assert_close(matrix.sum(2), torch.ones(4, 3))


@torch.no_grad()
def test_curves_and_matrix_undo_a_fade() -> None:
    x = 0.05 + 0.9 * torch.rand(1, 3, 30, 30)
    black, white = torch.tensor([0.1, 0.2, 0.05]), torch.tensor([0.9, 0.7, 0.8])
    gamma, kept = torch.tensor([0.8, 1.2, 1.0]), 0.7
    dull = x.mean(1, keepdim=True) + kept * (x - x.mean(1, keepdim=True))
    faded = black.view(1, 3, 1, 1) + (white - black).view(1, 3, 1, 1) * dull ** gamma.view(1, 3, 1, 1)
    curves = inverse_curves(*(t.view(1, 3, 1) for t in (black, white, gamma))).unflatten(1, (3, -1))
    matrix = inverse_matrix(torch.tensor([[kept]])).unflatten(1, (3, 3))
    torch.testing.assert_close(corrected(faded, Correction(curves, matrix)), x, atol=4e-3, rtol=0)


@torch.no_grad()
def test_a_picture_gets_the_same_correction_at_any_size() -> None:
    net = network(trained=True)
    small = torch.rand(1, 3, 96, 96)
    large = small.repeat_interleave(4, 2).repeat_interleave(2, 3)
    for a, b in zip(net.correction(small), net.correction(large), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (96, 64)])
def test_it_takes_pictures_of_any_size(size: tuple[int, int]) -> None:
    assert torch.isfinite(network().exported(torch.rand(1, 3, *size))).all()


def test_quantiles() -> None:
    levels = quantiles(torch.linspace(0, 1, 1001)[torch.randperm(1001)].view(1, 1, 7, 143))
    torch.testing.assert_close(levels[0, 0], torch.tensor(SHARES) / 1000, atol=1e-5, rtol=0)


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
    truth = torch.rand(8, 3, 96, 96)
    faded = 0.2 + 0.6 * truth * torch.tensor([1.0, 0.8, 0.9]).view(1, 3, 1, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    first = float((faded - truth).abs().mean())
    for _ in range(60):
        optimizer.zero_grad()
        loss = (net(faded) - truth).abs().mean()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.35 * first
