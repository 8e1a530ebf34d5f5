"""Encoders with ImageNet weights, made ready for pictures in [0, 1], black-and-white pictures and extra
channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import TrainingError, did_you_mean
from .efficientnet_lite import NEAR_TAPS, TAPS, EfficientNetLite
from .resnet import resnet18, resnet34
from .weights import load_state, load_weights, published_source

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class _Body(Protocol):
    tap_channels: tuple[int, ...]

    def taps(self, x: Tensor) -> list[Tensor]: ...

    def truncate(self, taps: int) -> None: ...


@dataclass(frozen=True)
class _Kind:
    build: Callable[[int], nn.Module]
    """Takes the number of input channels."""
    stem: str
    """Key of the first convolution's weight."""
    head: tuple[str, ...]
    """Key prefixes of what an encoder leaves out: the classifier, and what lies behind the last map."""
    late: tuple[str, ...]
    """Key prefixes of the deeper half, for discriminative learning rates."""
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


_HALF = (0.5, 0.5, 0.5)


def _lite(size: int, near: tuple[int, ...] = ()) -> _Kind:
    """EfficientNet-Lite of that size, its maps taken where they are published to be, or nearer."""
    taps = TAPS[size]
    blocks = range(taps[-1] + 1)
    beyond = blocks[near[-1] + 1 :] if near else ()
    return _Kind(
        lambda channels: EfficientNetLite(0, channels, near, size),
        "_conv_stem.weight",
        ("_conv_head.", "_bn1.", "_fc.", *(f"_blocks.{index}." for index in beyond)),
        tuple(f"_blocks.{index}." for index in blocks[taps[2] + 1 :]),
        _HALF,
        _HALF,
    )


_KINDS = {
    "resnet18": _Kind(
        lambda channels: resnet18(0, channels),
        "conv1.weight",
        ("fc.",),
        ("layer3.", "layer4."),
        IMAGENET_MEAN,
        IMAGENET_DEVIATION,
    ),
    "resnet34": _Kind(
        lambda channels: resnet34(0, channels),
        "conv1.weight",
        ("fc.",),
        ("layer3.", "layer4."),
        IMAGENET_MEAN,
        IMAGENET_DEVIATION,
    ),
    "efficientnet-lite0": _lite(0),
    "efficientnet-lite0-near": _lite(0, NEAR_TAPS),
    "efficientnet-lite1": _lite(1),
    "efficientnet-lite2": _lite(2),
}

STRIDES = (2, 4, 8, 16, 32)


class Encoder(nn.Module):
    """N C H W in [0, 1] -> feature maps at strides 2, 4, 8, 16, 32; H and W multiples of the last.

    Args:
        name: resnet18, resnet34, efficientnet-lite0 to efficientnet-lite2, or efficientnet-lite0-near, which
            has no map at stride 32 and sees half as far at stride 16.
        weights: ``"imagenet"`` for the published weights, or a file or URL of them; None starts at random.
        luma: the picture is one channel. With published weights it gives what the same picture in gray RGB
            gives: the kernels of the three colours are added up where all colours are normalised alike, else
                the channel is repeated.
        extra_channels: further inputs (colour hints and their mask), taken as they are. They have no weights
            in a published file and start at zero, so at first the features are those of the picture alone.
        deepest: stride of the last feature map; what lies deeper is left out.

    Attributes:
        in_channels: 3 or 1, plus ``extra_channels``.
        normalised_channels: channels that the first convolution sees.
        tap_channels: channels of the feature maps.
        drop: share of the feature maps' channels that training leaves out at random.

    Raises:
        TrainingError: an unknown name, or weights that cannot be loaded.
        ValueError: the encoder has no map at that stride.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        name: str,
        weights: str | Path | None = None,
        *,
        luma: bool = False,
        extra_channels: int = 0,
        deepest: int = 32,
    ) -> None:
        super().__init__()
        if name not in _KINDS:
            raise TrainingError(f"There is no encoder {name!r}{did_you_mean(name, _KINDS)}")
        self._kind = _KINDS[name]
        self._picture_channels = 1 if luma else 3
        self._extra_channels = extra_channels
        uniform = len(set(self._kind.mean)) == len(set(self._kind.deviation)) == 1
        self._repeats = luma and not uniform
        inner = 1 if luma and uniform else 3
        self._frozen = False
        self.drop = 0.0
        self.normalised_channels = inner + extra_channels
        self.in_channels = self._picture_channels + extra_channels
        self.body = self._kind.build(self.normalised_channels)
        channels = cast(_Body, self.body).tap_channels
        if deepest not in STRIDES[: len(channels)]:
            raise ValueError(f"the encoder {name} ends at stride {STRIDES[len(channels) - 1]}, not {deepest}")
        self.tap_channels = channels[: STRIDES.index(deepest) + 1]
        # Constants, not weights: left out of the state dict so that its keys are the published ones.
        self.register_buffer("mean", _column(self._kind.mean[:inner]), persistent=False)
        self.register_buffer("deviation", _column(self._kind.deviation[:inner]), persistent=False)
        if weights is not None:
            source = published_source(name) if weights == "imagenet" else weights
            state = {k: v for k, v in load_state(source).items() if not k.startswith(self._kind.head)}
            if self._kind.stem in state:
                state[self._kind.stem] = _adapt(state[self._kind.stem], inner, extra_channels)
            load_weights(self.body, state, source)
        if deepest < STRIDES[-1]:
            cast(_Body, self.body).truncate(STRIDES.index(deepest) + 1)

    def normalise(self, x: Tensor) -> Tensor:
        """N C H W in [0, 1] -> what the first convolution sees: N C' H W, mean 0 and deviation 1 by
        ImageNet's count."""
        picture = x[:, : self._picture_channels]
        if self._repeats:
            picture = picture.expand(-1, 3, -1, -1)
        picture = (picture - self.mean) / self.deviation
        return (
            torch.cat([picture, x[:, self._picture_channels :]], dim=1) if self._extra_channels else picture
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.taps_of(self.normalise(x))

    def taps_of(self, normalised: Tensor) -> list[Tensor]:
        """The feature maps of an input that went through :meth:`normalise`."""
        taps = cast(_Body, self.body).taps(normalised)
        return [F.dropout2d(tap, self.drop, self.training) for tap in taps] if self.drop else taps

    def freeze(self, frozen: bool = True) -> None:
        """Holds the weights and the statistics of batch norms fixed, or lets them train again.

        A frozen encoder still passes gradients on to its input.
        """
        self._frozen = frozen
        self.body.requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> Encoder:
        super().train(mode)
        if self._frozen:
            self.body.eval()
        return self

    def halves(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The parameters of strides 2 to 8 and of the deeper half, for discriminative learning rates."""
        early: list[nn.Parameter] = []
        late: list[nn.Parameter] = []
        for key, parameter in self.body.named_parameters():
            (late if key.startswith(self._kind.late) else early).append(parameter)
        return early, late


def parameter_groups(network: nn.Module) -> tuple[list[nn.Parameter], ...]:
    """The parameters as the lesson groups them: early encoder, late encoder, the rest; or all in one group.

    Networks with an :class:`Encoder` as their ``encoder`` have three groups, others one.
    """
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, Encoder):
        return (list(network.parameters()),)
    early, late = encoder.halves()
    inside = {id(parameter) for parameter in (*early, *late)}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in inside]
    return early, late, rest


def _column(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values).view(1, -1, 1, 1)


def _adapt(weight: Tensor, inner: int, extra: int) -> Tensor:
    """Out 3 k k -> out (inner + extra) k k."""
    if inner == 1:
        weight = weight.sum(1, keepdim=True)
    return torch.cat([weight, weight.new_zeros(weight.shape[0], extra, *weight.shape[2:])], dim=1)
