"""The frozen classifiers of perceptual losses: VGG16 with batch norm, and SqueezeNet 1.1.

Only the convolutional part is built; key names are torchvision's (``features.N...``), so that its published
weights load.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ..networks import load_state, load_weights
from ..networks.encoders import IMAGENET_DEVIATION, IMAGENET_MEAN


class Fire(nn.Module):
    """SqueezeNet's block: ``squeeze`` 1x1, then ``2 * expand`` channels, half by 1x1 and half by 3x3."""

    def __init__(self, channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1).relu()


def squeezenet_layers() -> nn.Sequential:
    """``features`` of SqueezeNet 1.1 (Iandola et al. 2016, arXiv 1602.07360; 1.1 is their later one).

    Layer 1: 64 channels at 1/2, 4: 128 at 1/4, 7: 256 at 1/8, 9 and 10: 384, 11 and 12: 512 at 1/16.
    """

    def pool() -> nn.MaxPool2d:
        return nn.MaxPool2d(3, stride=2, ceil_mode=True)

    return nn.Sequential(
        nn.Conv2d(3, 64, 3, stride=2),
        nn.ReLU(),
        pool(),
        Fire(64, 16, 64),
        Fire(128, 16, 64),
        pool(),
        Fire(128, 32, 128),
        Fire(256, 32, 128),
        pool(),
        Fire(256, 48, 192),
        Fire(384, 48, 192),
        Fire(384, 64, 256),
        Fire(512, 64, 256),
    )


def vgg16_bn_layers() -> nn.Sequential:
    """``features`` of VGG16 with batch norm (Simonyan and Zisserman 2015, configuration D).

    The layers before the five max-pools are 5 (64 channels), 12 (128 at 1/2), 22 (256 at 1/4), 32 (512 at
    1/8), 42 (512 at 1/16).
    """
    layers: list[nn.Module] = []
    channels = 3
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Architecture:
    """One backbone: how it is built, where its weights are published, and what is compared by default.

    Attributes:
        layers: builds ``features``.
        published: URL of torchvision's ImageNet weights; the name ends with the beginning of their checksum.
        taps: layers compared by default.
        tap_weights: weight of each; the lesson's for VGG16-bn, and for SqueezeNet such that the terms of a x2
            restoration have the same relative sizes as the lesson's.
    """

    layers: Callable[[], nn.Sequential]
    published: str
    taps: tuple[int, ...]
    tap_weights: tuple[float, ...]


ARCHITECTURES = {
    "vgg16_bn": Architecture(
        vgg16_bn_layers,
        "https://download.pytorch.org/models/vgg16_bn-6c64b313.pth",
        taps=(22, 32, 42),
        tap_weights=(5.0, 15.0, 2.0),
    ),
    "squeezenet": Architecture(
        squeezenet_layers,
        "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
        taps=(1, 4, 7, 12),
        tap_weights=(0.4, 0.12, 0.04, 0.13),
    ),
}


class Backbone(nn.Module):
    """A frozen classifier that gives the outputs of some of its layers.

    Args:
        architecture: key of :data:`ARCHITECTURES`.
        taps: indices into ``features``; nothing behind the last is computed.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, architecture: str, taps: Sequence[int]) -> None:
        super().__init__()
        layers = ARCHITECTURES[architecture].layers()
        if not taps or list(taps) != sorted(set(taps)) or taps[0] < 0 or taps[-1] >= len(layers):
            raise ValueError(
                f"taps must be rising layer numbers between 0 and {len(layers) - 1}, not {list(taps)}."
            )
        self.architecture = architecture
        self.taps = tuple(taps)
        self.features = nn.Sequential(*list(layers)[: taps[-1] + 1])
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def load(self, source: str = "") -> Backbone:
        """Load weights from a file, or torchvision's own by URL; what lies behind the last tap is left out.

        Raises:
            TrainingError: see :func:`~unfade_training.networks.load_state` and ``load_weights``.
        """
        source = source or ARCHITECTURES[self.architecture].published
        state = load_state(source)
        behind = tuple(f"features.{i}." for i in range(len(self.features), 64))
        wanted = {key: value for key, value in state.items() if not key.startswith(("classifier.", *behind))}
        load_weights(self, wanted, source)
        return self

    def train(self, mode: bool = True) -> Backbone:  # noqa: ARG002
        """Stays in evaluation mode: its batch norms must never learn from generated pictures."""
        return super().train(False)

    def normalise(self, rgb: Tensor) -> Tensor:
        """sRGB in [0, 1] -> ImageNet's mean 0 and deviation 1, in float32."""
        return (rgb.float() - self.mean) / self.std

    def forward(self, normalised: Tensor) -> list[Tensor]:
        """``[N, 3, H, W]`` from :meth:`normalise` -> the tapped layers' outputs, in order."""
        outputs: list[Tensor] = []
        x = normalised
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.taps:
                outputs.append(x)
        return outputs


def open_backbone(name: str, weights: str, taps: tuple[int, ...] = ()) -> Backbone:
    """A backbone by name with weights from a file, or (``weights`` empty) torchvision's by URL.

    Raises:
        ValueError: there is no such backbone.
        TrainingError: the weights cannot be loaded.
    """
    if name not in ARCHITECTURES:
        raise ValueError(f"backbone must be {' or '.join(ARCHITECTURES)}, not {name!r}.")
    backbone = Backbone(name, taps or ARCHITECTURES[name].taps)
    return backbone.load(str(Path(weights).expanduser()) if weights and "://" not in weights else weights)
