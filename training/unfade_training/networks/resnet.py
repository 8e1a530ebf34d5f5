"""ResNet-18 and ResNet-34 by hand, with torchvision's key names, so that its published weights load.

He et al. 2015, https://arxiv.org/abs/1512.03385.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a skip: N inputs H W -> N outputs ceil(H/stride) ceil(W/stride)."""

    norm_pairs = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Sequential | None = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        skip = x if self.downsample is None else self.downsample(x)
        return cast(Tensor, self.relu(y + skip))


class ResNet(nn.Module):
    """The classifier, or with ``classes=0`` only the encoder.

    Attributes:
        tap_channels: channels of :meth:`taps`, at strides 2, 4, 8, 16 and 32.
    """

    tap_channels = (64, 64, 128, 256, 512)
    norm_pairs = (("conv1", "bn1"),)

    def __init__(self, blocks: tuple[int, int, int, int], classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = _layer(64, 64, blocks[0], 1)
        self.layer2 = _layer(64, 128, blocks[1], 2)
        self.layer3 = _layer(128, 256, blocks[2], 2)
        self.layer4 = _layer(256, 512, blocks[3], 2)
        self._layers: tuple[str, ...] = ("layer1", "layer2", "layer3", "layer4")
        self.fc = nn.Linear(512, classes) if classes else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def truncate(self, taps: int) -> None:
        """Drops all that the first ``taps`` (1 to 5) feature maps do not need."""
        for name in self._layers[taps - 1 :]:
            delattr(self, name)
        self._layers = self._layers[: taps - 1]
        self.fc = None

    def taps(self, x: Tensor) -> list[Tensor]:
        """N C H W (RGB, ImageNet mean and deviation) -> feature maps at strides 2, 4, 8, 16, 32, sizes
        rounded up."""
        found = [self.relu(self.bn1(self.conv1(x)))]
        x = self.maxpool(found[0])
        for name in self._layers:
            x = getattr(self, name)(x)
            found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """N 3 H W (RGB, ImageNet mean and deviation) -> N classes logits, or the stride-32 features."""
        x = self.taps(x)[-1]
        return x if self.fc is None else cast(Tensor, self.fc(torch.mean(x, dim=(2, 3))))


def resnet18(classes: int = 1000, in_channels: int = 3) -> ResNet:
    """11.7 million parameters with its 1000 classes."""
    return ResNet((2, 2, 2, 2), classes, in_channels)


def resnet34(classes: int = 1000, in_channels: int = 3) -> ResNet:
    """21.8 million parameters with its 1000 classes."""
    return ResNet((3, 4, 6, 3), classes, in_channels)


def _layer(inputs: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs) for _ in range(blocks - 1)))
