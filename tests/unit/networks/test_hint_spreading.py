"""How hints spread: to what is like the place they were put on, and no farther."""

from __future__ import annotations

import pytest
import torch

from unfade_training.networks import build_network
from unfade_training.networks.encoder_unets import HintSpreading

STRIDE = 4


def two_kinds() -> torch.Tensor:
    """1 8 h w features: the left half of one kind, the right half of another."""
    features = torch.zeros(1, 8, 6, 10)
    features[:, 0, :, :5] = features[:, 1, :, 5:] = 1
    return features


def hints_at(*points: tuple[int, int, float, float]) -> torch.Tensor:
    """1 3 H W: single pixels of a and b."""
    hints = torch.zeros(1, 3, 6 * STRIDE, 10 * STRIDE)
    for y, x, a, b in points:
        hints[0, :, y, x] = torch.tensor([a, b, 1.0])
    return hints


def spreading() -> HintSpreading:
    torch.manual_seed(0)
    layer = HintSpreading(8, STRIDE)
    for conv in (layer.query, layer.key):  # likeness is that of the features themselves
        torch.nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
        torch.nn.init.eye_(conv.weight.data[:, :, 0, 0])
    return layer


def test_a_hint_reaches_its_kind_and_stops_at_its_edge() -> None:
    spread = spreading().spread(two_kinds(), hints_at((9, 3, 0.4, -0.2)))[0]
    left, right = spread[..., :5], spread[..., 5:]
    assert left[2].min() > 0.95 and right[2].max() < 0.5
    torch.testing.assert_close(left[:2] / left[2], torch.tensor([0.4, -0.2])[:, None, None].expand(2, 6, 5))


def test_each_kind_takes_the_colour_of_its_own_hint() -> None:
    spread = spreading().spread(two_kinds(), hints_at((9, 3, 0.4, 0), (2, 35, -0.3, 0)))[0, 0]
    assert (spread[:, :5] - 0.4).abs().max() < 0.02 and (spread[:, 5:] + 0.3).abs().max() < 0.02


def test_of_two_hints_on_one_kind_the_nearer_counts_more() -> None:
    same = torch.ones(1, 8, 6, 10)
    spread = spreading().spread(same, hints_at((9, 1, 0.4, 0), (9, 38, -0.4, 0)))[0, 0]
    assert spread[2, 0] > 0.1 and spread[2, -1] < -0.1
    assert (spread.diff(dim=1) < 0).all()


def test_without_hints_nothing_is_added_whatever_has_been_learnt() -> None:
    layer = spreading()
    torch.nn.init.normal_(layer.project.weight)
    assert not layer(two_kinds(), hints_at()).any()
    assert layer(two_kinds(), hints_at((9, 3, 0.4, -0.2))).any()


def test_a_network_that_spreads_needs_room_for_hints() -> None:
    with pytest.raises(Exception, match="spread_hints takes three extra_channels"):
        build_network("lite_unet", spread_hints=True)
