"""Figures of networks against hand-computed ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from unfade_training.errors import TrainingError
from unfade_training.networks import build_network, count_parameters, macs_per_pixel, receptive_radius
from unfade_training.networks.blocks import Blur
from unfade_training.networks.encoders import SameConv2d


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2 * dilation, dilation)


class Unet(nn.Module):
    """A 2x2 convolution of stride 2, ``inner`` 3x3 convolutions, PixelShuffle up, and a skip."""

    def __init__(self, inner: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 4, 2, 2)
        self.inner = nn.Sequential(*(_conv(4, 4) for _ in range(inner)))
        self.up = nn.Sequential(_conv(4, 12, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.up(self.inner(self.down(x))))


class Centred(nn.Module):
    """Arithmetic of many kinds on one pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.full((1, 3, 1, 1), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        y = (1 - (x - self.mean) / 2) * x.sigmoid()
        y = torch.cat([y, x[:, :1].expand(-1, 3, -1, -1)], dim=1)
        return y.clamp(0, 1).float()[:, 1:4]


HAND = {
    "one pixel": (_conv(3, 3, 1), 1, 1, 0),
    "3x3": (_conv(3, 3), 1, 1, 1),
    "three 3x3 and activations": (
        nn.Sequential(_conv(3, 8), nn.ReLU(), _conv(8, 8), nn.LeakyReLU(0.2), nn.BatchNorm2d(8), _conv(8, 3)),
        1,
        1,
        3,
    ),
    "dilated 5x5": (_conv(3, 3, 5, dilation=3), 1, 1, 6),
    "wide and flat": (nn.Conv2d(3, 3, (3, 9), padding=(1, 4)), 1, 1, 4),
    "tall and flat": (nn.Conv2d(3, 3, (9, 3), padding=(4, 1)), 1, 1, 4),
    "depthwise": (nn.Sequential(nn.Conv2d(3, 3, 7, padding=3, groups=3), _conv(3, 6, 1)), 1, 1, 3),
    "transposed x2": (nn.ConvTranspose2d(3, 3, 4, 2, 1), 1, 2, 1),
    "lopsided": (Blur(), 1, 1, 1),
    "arithmetic": (Centred(), 1, 1, 0),
    "max pool": (nn.MaxPool2d(3, 1, 1), 1, 1, 1),
    # Inside a 2x2 block a pixel sees the whole block: one pixel at most.
    "U-net without depth": (Unet(0), 2, 1, 1),
    # Each 3x3 below reaches one block of 2 further.
    "U-net with one 3x3 below": (Unet(1), 2, 1, 3),
    "U-net with three 3x3 below": (Unet(3), 2, 1, 7),
    "sub-pixel x2": (nn.Sequential(_conv(3, 8), _conv(8, 12), nn.PixelShuffle(2)), 1, 2, 2),
    # A 3x3 on the enlarged picture sees one output pixel, that is at most one input pixel, further.
    "sub-pixel x2, then 3x3": (nn.Sequential(_conv(3, 12), nn.PixelShuffle(2), _conv(3, 3)), 1, 2, 2),
    "unshuffle, 3x3, shuffle": (
        nn.Sequential(nn.PixelUnshuffle(2), _conv(12, 12), nn.PixelShuffle(2)),
        2,
        1,
        3,
    ),
    "bilinear x2": (nn.Upsample(scale_factor=2, mode="bilinear"), 1, 2, 1),
    "nearest x2": (nn.Upsample(scale_factor=2), 1, 2, 0),
    "bicubic x2": (nn.Upsample(scale_factor=2, mode="bicubic"), 1, 2, 2),
    # The output stands for two pixels, 0 and 1; the kernel looks at -1 to 3, which is 2 past the second.
    "TensorFlow's stride 2": (SameConv2d(3, 3, 5, 2), 2, 0.5, 2),
    "stride 4": (nn.Sequential(_conv(3, 3, stride=2), _conv(3, 3, stride=2)), 4, 0.25, 3),
}


@pytest.mark.parametrize("name", HAND)
def test_receptive_radius_by_hand(name: str) -> None:
    network, multiple, scale, radius = HAND[name]
    assert receptive_radius(network, multiple, scale, in_channels=3) == radius


def test_radius_is_what_an_impulse_shows() -> None:
    """In float64 with positive weights nothing cancels: the farthest change lies exactly at the radius."""
    network = build_network("fast_unet", channels=(4, 8), encoder=(1, 1), decoder=(1,)).double().eval()
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.1, 0.3)
    radius = receptive_radius(network, 2, 2)
    farthest = 0
    with torch.no_grad():
        for centre in (40, 41):  # both phases
            x = torch.rand(1, 3, 2, 80, dtype=torch.float64)
            changed = x.clone()
            changed[..., centre] += 1
            touched = (network(changed) != network(x)).any(2).any(1)[0].nonzero().flatten() // 2
            farthest = max(farthest, int((touched - centre).abs().max()))
    assert 0 < farthest == radius


def test_a_tile_with_that_halo_is_exact() -> None:
    network = (
        build_network("fast_unet", channels=(8, 16), encoder=(1, 1), decoder=(1,), scale=1).double().eval()
    )
    halo = receptive_radius(network, 2, 1)
    halo += halo % 2
    x = torch.rand(1, 3, 16, 160, dtype=torch.float64)
    with torch.no_grad():
        whole = network(x)[..., 60:64]
        exact = network(x[..., 60 - halo : 64 + halo])[..., halo:-halo]
        short = network(x[..., 62 - halo : 62 + halo])[..., halo - 2 : -halo + 2]
    assert torch.allclose(exact, whole, atol=1e-12)
    assert not torch.allclose(short, whole, atol=1e-12)


def test_what_cannot_be_tiled_is_said() -> None:
    network = build_network("lite_unet", self_attention=True, output_stride=8)
    with pytest.raises(TrainingError, match="cannot be tiled exactly"):
        receptive_radius(network, 32, 1 / 8, largest=2048)
    with pytest.raises(TrainingError, match="not the scale 2"):
        receptive_radius(_conv(3, 3), 1, 2, in_channels=3)

    class Sorting(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.cumsum(3)

    with pytest.raises(TrainingError, match="the operation cumsum is not known"):
        receptive_radius(Sorting())


@pytest.mark.parametrize(
    ("options", "radius"),
    [({}, 519), ({"output_stride": 2, "luma": True, "extra_channels": 3, "out_channels": 2}, 517)],
)
def test_radius_of_lite_unet(options: dict[str, object], radius: int) -> None:
    network = build_network("lite_unet", **options).train()
    assert receptive_radius(network, 32, network.scale) == radius  # type: ignore[arg-type]
    assert network.training


def test_macs_by_hand() -> None:
    assert macs_per_pixel(_conv(3, 8), 16, 3) == 3 * 8 * 9
    assert macs_per_pixel(nn.Sequential(_conv(3, 8, stride=2), nn.PixelShuffle(2)), 16, 3) == 3 * 8 * 9 / 4
    assert macs_per_pixel(nn.Conv2d(4, 4, 3, padding=1, groups=4), 16, 4) == 4 * 9
    assert count_parameters(nn.Sequential(_conv(3, 8), nn.BatchNorm2d(8))) == 3 * 8 * 9 + 8 + 16
