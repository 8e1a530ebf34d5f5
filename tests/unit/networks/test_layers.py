"""The lesson's building blocks, attention and norms."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize

from unfade_training.networks import Norm, build_network, fold_norms, parameter_groups, unfold_norms
from unfade_training.networks.blocks import (
    Blur,
    MergeLayer,
    PixelShuffleUp,
    SelfAttention,
    SigmoidRange,
    conv_layer,
    pad_to_multiple,
    res_block,
)


@pytest.mark.parametrize("norm", list(Norm))
@pytest.mark.parametrize("factor", [2, 4])
def test_upsampling_starts_without_checkerboard(norm: Norm, factor: int) -> None:
    up = PixelShuffleUp(8, 4, factor, norm=norm).eval()
    with torch.no_grad():
        y = up(torch.randn(1, 8, 5, 6))
    assert y.shape == (1, 4, 5 * factor, 6 * factor)
    assert y.any()
    assert torch.allclose(y, F.interpolate(y[..., ::factor, ::factor], scale_factor=factor), atol=1e-6)


def test_blur_is_the_mean_of_a_pixel_and_its_upper_left_neighbours() -> None:
    x = torch.arange(12.0).view(1, 1, 3, 4)
    y = Blur()(x)
    assert y.shape == x.shape
    assert y[0, 0, 2, 3] == (x[0, 0, 1, 2] + x[0, 0, 1, 3] + x[0, 0, 2, 2] + x[0, 0, 2, 3]) / 4
    assert y[0, 0, 0, 0] == x[0, 0, 0, 0]  # the edge is repeated
    checkerboard = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(3, 3).view(1, 1, 6, 6)
    assert not Blur()(checkerboard)[..., 1:, 1:].any()


def test_attention_starts_as_the_identity() -> None:
    x = torch.randn(2, 16, 5, 7)
    assert torch.equal(SelfAttention(16)(x), x)


def test_attention_is_sagans() -> None:
    layer = SelfAttention(16).eval()
    nn.init.constant_(layer.gamma, 0.7)
    x = torch.randn(2, 16, 3, 4)
    query, key, value = (m(x).flatten(2) for m in (layer.query, layer.key, layer.value))
    # beta[j, i]: how much position j looks at position i (equation 1 of the paper)
    beta = torch.einsum("nci,ncj->nji", key, query).softmax(-1)
    expected = x + 0.7 * torch.einsum("nji,nci->ncj", beta, value).view_as(x)
    assert torch.allclose(layer(x), expected, atol=1e-5)


def test_residual_and_dense_blocks() -> None:
    x = torch.randn(1, 8, 6, 6)
    assert res_block(8)(x).shape == (1, 8, 6, 6)
    dense = res_block(8, dense=True, bottle=True)(x)
    assert dense.shape == (1, 16, 6, 6)
    assert torch.equal(dense[:, 8:], x)
    assert torch.equal(MergeLayer()(x, x), 2 * x)


def test_sigmoid_range() -> None:
    y = SigmoidRange(-0.5, 1.5)(torch.tensor([-100.0, 0.0, 100.0]))
    assert y.tolist() == pytest.approx([-0.5, 0.5, 1.5])
    with pytest.raises(ValueError, match="from low to high"):
        SigmoidRange(1, 0)


def test_padding_repeats_the_edge() -> None:
    x = torch.rand(1, 1, 5, 8)
    padded = pad_to_multiple(x, 8)
    assert padded.shape == (1, 1, 8, 8)
    assert torch.equal(padded[..., 5:, :], x[..., -1:, :].expand(-1, -1, 3, -1))
    assert pad_to_multiple(padded, 8) is padded


def test_spectral_norm_exported_carelessly_gives_other_outputs() -> None:
    """The stored weight is not the one that is used: that one is divided by its largest singular value."""
    network = conv_layer(8, 8, norm=Norm.SPECTRAL).train()
    x = torch.randn(1, 8, 16, 16)
    network(x)
    careless = conv_layer(8, 8, norm=Norm.NONE).eval()
    careless[0].load_state_dict(
        {"weight": network[0].parametrizations.weight.original, "bias": network[0].bias}
    )
    folded = fold_norms(network)
    assert parametrize.is_parametrized(network[0]) and not parametrize.is_parametrized(folded[0])
    with torch.no_grad():
        expected = network.eval()(x)
        assert (careless(x) - expected).abs().max() > 0.1
        assert torch.allclose(folded(x), expected, atol=1e-6)


def test_training_goes_on_after_folding() -> None:
    network = nn.Sequential(conv_layer(3, 8, norm=Norm.SPECTRAL), conv_layer(8, 8, norm=Norm.WEIGHT))
    fold_norms(network)
    x = torch.randn(1, 3, 8, 8)
    before = network(x).detach()
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    network(x).square().mean().backward()
    optimizer.step()
    assert (network(x) - before).abs().max() > 1e-4
    assert set(fold_norms(network).state_dict()) == {"0.0.weight", "0.0.bias", "1.0.weight", "1.0.bias"}


@torch.no_grad()
def test_weights_of_folded_norms_are_those_of_the_network_again() -> None:
    """For weight and spectral norm, whose tensors an exported model does not hold, too."""
    norms = (Norm.WEIGHT, Norm.SPECTRAL, Norm.BATCH)
    trained, fresh = (nn.Sequential(*(conv_layer(8, 8, norm=norm) for norm in norms)) for _ in "ab")
    x = torch.randn(1, 8, 16, 16)
    for _ in range(50):
        trained(x)
    trained.eval(), fresh.eval()
    fresh.load_state_dict(unfold_norms(fresh, fold_norms(trained).state_dict()), strict=False)
    torch.testing.assert_close(fresh(x), trained(x), atol=1e-5, rtol=1e-4)


def test_parameter_groups_partition_the_network() -> None:
    network = build_network("lite_unet", output_stride=8)
    groups = parameter_groups(network)
    assert [len(group) > 0 for group in groups] == [True] * 3
    ids = [id(parameter) for group in groups for parameter in group]
    assert sorted(ids) == sorted(id(parameter) for parameter in network.parameters())
    assert len(parameter_groups(build_network("fast_unet"))) == 1
