"""fast_unet by another shape with the same weights: without its skips, and deeper."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from unfade_training.checkpoint import adopt_weights
from unfade_training.networks import build_network
from unfade_training.networks.blocks import ResidualBlock, residual_stack, silence_untrained_blocks

SMALL = {"channels": (8, 16, 16), "encoder": (1, 1, 1), "decoder": (1, 1)}


def test_the_weights_are_the_same() -> None:
    joined, cut = (build_network("fast_unet", skips=skips, **SMALL) for skips in (True, False))
    assert {key: value.shape for key, value in joined.state_dict().items()} == {
        key: value.shape for key, value in cut.state_dict().items()
    }
    cut.load_state_dict(joined.state_dict())
    x = torch.rand(1, 3, 8, 8)
    assert (joined(x) - cut(x)).abs().max() > 0.01


@pytest.mark.parametrize("skips", [True, False])
def test_without_skips_all_goes_through_the_bottom(skips: bool) -> None:
    network = build_network("fast_unet", skips=skips, **SMALL)
    nn.init.zeros_(network.get_parameter("down.1.weight"))  # the bottom sees nothing
    x, y = torch.rand(2, 1, 3, 8, 8)
    with torch.no_grad():
        added = [network(picture) - network._enlarged(picture) for picture in (x, y)]  # type: ignore[operator]
    assert torch.allclose(*added, atol=1e-6) is not skips


def test_a_block_without_its_shortcut_is_two_convolutions() -> None:
    x = torch.rand(1, 4, 6, 6)
    block = ResidualBlock(4)
    both = block(x)
    block.shortcut = False
    torch.testing.assert_close(block(x) + x, both)


def test_a_deep_chain_neither_fades_nor_explodes() -> None:
    x = torch.randn(1, 32, 32, 32)
    with torch.no_grad():
        deviation = float(residual_stack(32, [32] * 20, shortcut=False)(x).std())
    assert 0.1 < deviation < 10


def test_a_deeper_network_begins_as_the_shallower_one_it_comes_from() -> None:
    shallow = build_network("fast_unet", **SMALL)
    deep = build_network("fast_unet", **{**SMALL, "encoder": (3, 1, 2), "decoder": (2, 1)})
    left = adopt_weights(deep, shallow.state_dict(), "c")
    x = torch.rand(1, 3, 8, 8)
    assert (deep(x) - shallow(x)).abs().max() > 1e-4
    assert silence_untrained_blocks(deep, left) == 4
    torch.testing.assert_close(deep(x), shallow(x), rtol=0, atol=0)
    rate = 0.1
    for step in range(2):  # the first convolution of a new block learns as soon as the second is not zero
        deep.zero_grad()
        deep(x).square().sum().backward()
        first, second = (deep.get_parameter(f"encoder.0.2.conv{n}.weight") for n in (1, 2))
        assert first.grad is not None and second.grad is not None
        assert bool(first.grad.any()) is (step > 0) and bool(second.grad.any())
        with torch.no_grad():
            second -= rate * second.grad
