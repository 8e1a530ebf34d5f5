"""One table over all networks: shapes, gradients, figures, bf16, folding."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from unfade_training.networks import build_network, count_parameters, fold_norms, macs_per_pixel
from unfade_training.networks.blocks import SelfAttention

MACS_SIZE = 128
SEES_64 = ("critic", "pretrained_critic", "revive_net")
"""Networks that want pictures of at least 64 pixels."""
COLORIZE = {"luma": True, "extra_channels": 3, "out_channels": 2}


@cache
def _built(name: str, options: str) -> nn.Module:
    """With statistics and attention that do something, as after some training."""
    network = build_network(name, **json.loads(options))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.bias, -0.2, 0.2)
        if isinstance(module, SelfAttention):
            nn.init.constant_(module.gamma, 0.5)
        if isinstance(module, nn.Conv2d) and module.groups == 1 and not module.weight.any():
            nn.init.normal_(module.weight, std=0.1)
    return network


@dataclass(frozen=True)
class Row:
    name: str
    inputs: int
    shapes: dict[tuple[int, int], tuple[int, int, int]]  # height, width -> channels, height, width
    parameters: int
    macs: int  # of MACS_SIZE x MACS_SIZE pixels in all
    options: dict[str, Any] = field(default_factory=dict)

    def build(self) -> nn.Module:
        return copy.deepcopy(_built(self.name, json.dumps(self.options)))

    def picture(self, height: int = 64, width: int = 64, batch: int = 1) -> torch.Tensor:
        return torch.rand(batch, self.inputs, height, width).to(memory_format=torch.channels_last)


ROWS = {
    "fast_unet x2": Row(
        "fast_unet", 3, {(64, 64): (3, 128, 128), (36, 52): (3, 72, 104)}, 772_012, 2_943_877_120
    ),
    "fast_unet x1 to other channels": Row(
        "fast_unet",
        3,
        {(64, 64): (4, 64, 64), (4, 8): (4, 4, 8)},
        32_996,
        259_784_704,
        {"scale": 1, "out_channels": 4, "channels": (16, 32), "encoder": (1, 1), "decoder": (1,)},
    ),
    "fast_unet x4 with fine blocks": Row(
        "fast_unet",
        3,
        {(64, 64): (3, 256, 256), (6, 10): (3, 24, 40)},
        47_035,
        1_074_528_256,
        {"scale": 4, "channels": (16, 32), "encoder": (1, 1), "decoder": (1,), "fine": (16, 8)},
    ),
    "deartifact_unets": Row(
        "deartifact_unets",
        3,
        {(64, 64): (7, 64, 64), (16, 24): (7, 16, 24)},
        114_540,
        169_263_104,
        {
            "compression": {"unshuffle": 2, "channels": (16, 32), "encoder": (1, 1), "decoder": (1,)},
            "marks": {"deepest": 8, "widths": (16, 16)},
        },
    ),
    "repair_unets": Row(
        "repair_unets",
        4,
        {(64, 64): (4, 64, 64), (32, 16): (4, 32, 16)},
        325_408,
        178_981_888,
        {
            "find": {"widths": (16, 16, 16)},
            "fill": {"channels": (16, 32), "encoder": (1, 1), "decoder": (1,)},
            "levels": 3,
        },
    ),
    "revive_net": Row("revive_net", 3, {(64, 64): (3, 64, 64), (128, 64): (3, 128, 64)}, 638_302, 7_430_144),
    "resnet_unet of the lesson": Row(
        "resnet_unet",
        3,
        {(64, 64): (3, 64, 64), (37, 51): (3, 37, 51)},
        41_413_534,
        7_929_249_792,
        {"self_attention": True, "y_range": (-0.2, 1.2)},
    ),
    "resnet_unet x2 with spectral norm": Row(
        "resnet_unet",
        3,
        {(64, 64): (3, 128, 128), (31, 65): (3, 62, 130)},
        30_937_356,
        4_373_348_352,
        {"encoder": "resnet18", "norm": "spectral", "scale": 2, "last_cross": False},
    ),
    "resnet_unet colorize with batch norm": Row(
        "resnet_unet",
        4,
        {(64, 32): (2, 64, 32)},
        31_047_492,
        5_930_483_712,
        {"encoder": "resnet18", "norm": "batch", "bottle": True, **COLORIZE},
    ),
    "lite_unet": Row("lite_unet", 3, {(64, 64): (3, 64, 64), (65, 31): (3, 65, 31)}, 3_999_747, 865_193_472),
    "lite_unet that sees less far": Row(
        "lite_unet",
        3,
        {(64, 64): (3, 64, 64), (17, 33): (3, 17, 33)},
        324_307,
        134_319_104,
        {"encoder": "efficientnet-lite0-near", "deepest": 16, "widths": (32, 24, 16, 8)},
    ),
    "lite_unet that ends at stride 16": Row(
        "lite_unet",
        3,
        {(64, 64): (3, 32, 32), (33, 16): (3, 17, 8)},
        773_427,
        136_385_536,
        {"deepest": 16, "output_stride": 2, "widths": (32, 24, 16)},
    ),
    "lite_unet colorize at stride 2": Row(
        "lite_unet",
        4,
        {(64, 64): (2, 32, 32), (65, 31): (2, 33, 16)},
        3_994_691,
        516_345_344,
        {"output_stride": 2, "self_attention": True, "y_range": (-1, 1), **COLORIZE},
    ),
    "lite_unet colorize at stride 4 with spectral norm": Row(
        "lite_unet",
        4,
        {(64, 64): (2, 16, 16), (1, 1): (2, 1, 1)},
        3_911_522,
        301_321_728,
        {"output_stride": 4, "norm": "spectral", **COLORIZE},
    ),
    "lite_unet that spreads hints": Row(
        "lite_unet",
        4,
        {(64, 64): (2, 32, 32), (65, 31): (2, 33, 16)},
        3_088_060,
        150_984_192,
        {"output_stride": 2, "spread_hints": True, "widths": (32, 24, 16, 8), **COLORIZE},
    ),
    "colour_unets": Row(
        "colour_unets",
        4,
        {(64, 64): (2, 32, 32), (65, 31): (2, 33, 16)},
        7_480_180,
        328_661_248,
        {"fine": {"widths": (32, 24, 16, 8)}, "coarse": {"width": 32}},
    ),
    "critic": Row(
        "critic",
        3,
        {(64, 64): (1, 1, 1), (101, 128): (1, 3, 5)},
        703_217,
        203_526_144,
        {"width": 16},
    ),
    "pretrained_critic": Row(
        "pretrained_critic",
        3,
        {(64, 64): (1, 4, 4), (50, 33): (1, 4, 3)},
        844_962,
        106_636_288,
        {"frozen": False, "self_attention": True},
    ),
    "pretrained_critic on a ResNet": Row(
        "pretrained_critic",
        3,
        {(64, 64): (1, 8, 8)},
        831_297,
        503_201_792,
        {"encoder": "resnet18", "frozen": False, "strides": (2, 8)},
    ),
}


@pytest.fixture(params=list(ROWS))
def row(request: pytest.FixtureRequest) -> Row:
    return ROWS[request.param]


def test_output_shapes(row: Row) -> None:
    network = row.build().eval()
    for (height, width), expected in row.shapes.items():
        with torch.no_grad():
            assert network(row.picture(height, width)).shape[1:] == expected


def test_gradient_reaches_every_parameter(row: Row) -> None:
    network = row.build().train()
    # Not a plain sum: it would not see what a batch norm does.
    out = network(row.picture(batch=2))
    (out * torch.randn_like(out)).sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
    silent = [name for name, p in network.named_parameters() if not p.grad.any()]  # type: ignore[union-attr]
    assert silent == []


def test_figures(row: Row) -> None:
    network = row.build()
    macs = macs_per_pixel(network, MACS_SIZE, row.inputs) * MACS_SIZE**2
    assert (count_parameters(network), macs) == (row.parameters, row.macs)


def test_bf16_autocast_trains_and_stays_close(row: Row) -> None:
    network = row.build().to(memory_format=torch.channels_last).eval()
    side = 64 if row.name in SEES_64 else 32  # without bfloat16 units a pixel costs forty times as much
    x = row.picture(side, side)
    full = network(x)
    with torch.autocast("cpu", torch.bfloat16):
        half = network(x)
    assert (half.float() - full).abs().mean() < 0.05 * full.abs().mean() + 0.02
    half.float().square().mean().backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in network.parameters())


def test_folding_changes_nothing_but_the_work(row: Row) -> None:
    network = row.build().double().train()
    state = {key: value.clone() for key, value in network.state_dict().items()}
    folded = fold_norms(network)
    assert network.training and not folded.training
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
    x = row.picture().double()
    with torch.no_grad():
        assert torch.allclose(folded(x), network.eval()(x), rtol=1e-7, atol=1e-9)
    # Only the U-net's norms of skips and of the encoder's end have no convolution before them.
    left = [name for name, module in folded.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert all("skip_norm" in name or name == "middle.0" for name in left)
    assert not any("parametrizations" in key for key in folded.state_dict())
