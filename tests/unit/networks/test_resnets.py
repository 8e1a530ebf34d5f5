"""ResNet-18 and -34 have torchvision's published layout."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from unfade_training.networks import count_parameters, macs_per_pixel
from unfade_training.networks.encoders import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    Encoder,
    ResNet,
    resnet18,
    resnet34,
)

# Parameters and multiplications at 224 x 224 as torchvision's documentation gives them.
PUBLISHED = {18: (resnet18, 11_689_512, 122, 1.814), 34: (resnet34, 21_797_672, 218, 3.664)}


@pytest.mark.parametrize("depth", PUBLISHED)
def test_published_figures(depth: int) -> None:
    build, parameters, keys, gigamacs = PUBLISHED[depth]
    network = build()
    assert count_parameters(network) == parameters
    assert len(network.state_dict()) == keys
    assert macs_per_pixel(network, 224) * 224**2 / 1e9 == pytest.approx(gigamacs, abs=1e-3)


def test_resnet34_keys_and_shapes() -> None:
    shapes = {key: tuple(value.shape) for key, value in resnet34().state_dict().items()}
    for key, shape in {
        "conv1.weight": (64, 3, 7, 7),
        "bn1.running_var": (64,),
        "bn1.num_batches_tracked": (),
        "layer1.0.conv1.weight": (64, 64, 3, 3),
        "layer1.2.bn2.bias": (64,),
        "layer2.0.conv1.weight": (128, 64, 3, 3),
        "layer2.0.downsample.0.weight": (128, 64, 1, 1),
        "layer2.0.downsample.1.running_mean": (128,),
        "layer3.5.conv2.weight": (256, 256, 3, 3),
        "layer4.0.downsample.0.weight": (512, 256, 1, 1),
        "layer4.2.bn2.weight": (512,),
        "fc.weight": (1000, 512),
        "fc.bias": (1000,),
    }.items():
        assert shapes[key] == shape
    assert not any(key.startswith(("layer1.0.downsample", "layer3.6", "layer4.3")) for key in shapes)


def test_taps_and_classes() -> None:
    network = resnet18(classes=10).eval()
    x = torch.rand(1, 3, 65, 64)
    with torch.no_grad():
        assert network(x).shape == (1, 10)
        assert [tuple(tap.shape[1:]) for tap in network.taps(x)] == [
            (64, 33, 32),
            (64, 17, 16),
            (128, 9, 8),
            (256, 5, 4),
            (512, 3, 2),
        ]


@pytest.mark.parametrize("taps", range(1, 6))
def test_truncated_keeps_its_taps(taps: int) -> None:
    network = ResNet((1, 1, 1, 1)).eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        expected = network.taps(x)[:taps]
        network.truncate(taps)
        found = network.taps(x)
    assert len(found) == taps
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_normalises_like_torchvision() -> None:
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    x = torch.rand(1, 3, 4, 4)
    assert torch.allclose(Encoder("resnet18").normalise(x), (x - mean) / deviation)


def test_frozen_encoder_stands_still_and_passes_gradients_on() -> None:
    encoder = Encoder("resnet18", deepest=4)
    encoder.freeze()
    encoder.train()
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    encoder(x)[-1].sum().backward()
    assert x.grad is not None and x.grad.any()
    assert all(parameter.grad is None for parameter in encoder.parameters())
    assert all(torch.equal(value, before[key]) for key, value in encoder.state_dict().items())
    encoder.freeze(False)
    assert encoder.body.training
    assert all(parameter.requires_grad for parameter in encoder.parameters())


def test_batch_norms_are_the_only_norms() -> None:
    norms = [module for module in resnet34().modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 36
