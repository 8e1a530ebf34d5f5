"""Figures of a network: parameters, multiplications a pixel, and how far it looks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..errors import TrainingError
from .influence import Influence


def count_parameters(network: nn.Module) -> int:
    """Weights and biases; not the running statistics of batch norms."""
    return sum(parameter.numel() for parameter in network.parameters())


def macs_per_pixel(network: nn.Module, size: int = 256, in_channels: int | None = None) -> float:
    """Multiply-accumulates of convolutions and matrix products, divided by the pixels of a ``size`` x
    ``size`` input.

    Counted on shapes only, without computing anything. ``size`` should be a multiple of the network's size
    multiple, else the padding inside is counted too.
    """
    shapes = copy.deepcopy(network).to("meta").eval()
    x = torch.empty(1, _channels(network, in_channels), size, size, device="meta")
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        shapes(x)
    return int(counter.get_total_flops()) / 2 / size**2


def receptive_radius(
    network: nn.Module,
    size_multiple: int = 1,
    scale: float = 1,
    *,
    in_channels: int | None = None,
    largest: int = 8192,
) -> int:
    """How far from a pixel, in input pixels, the input can be and still influence the output there: a tile's
    halo.

    Where ``scale`` is above 1, the output pixels of an input pixel are those of its square; below 1, an
    output pixel stands for a square of input pixels, and the distance is from the square's nearest edge. The
    network is probed with one pixel after the other over a whole period of ``size_multiple`` pixels, across
    and down (see :mod:`influence`), so the answer is exact, also for strided networks and lopsided paddings.

    Args:
        network: fully convolutional; N C H W -> N C' H*scale W*scale for H and W multiples of
            ``size_multiple``.
        in_channels: unless given, the network's attribute of that name, else 3.
        largest: the widest picture to try.

    Raises:
        TrainingError: an output depends on the whole picture (self-attention, global pooling), the output's
            size is another than ``scale`` says, or the network uses an operation that cannot be traced.
    """
    probe = _Probe(
        network, _channels(network, in_channels), size_multiple, Fraction(scale).limit_denominator(64)
    )
    with torch.no_grad(), _evaluating(network):
        return max(
            probe.reach(phase, transposed, largest)
            for transposed in (False, True)
            for phase in range(size_multiple)
        )


def _channels(network: nn.Module, in_channels: int | None) -> int:
    return int(getattr(network, "in_channels", 3)) if in_channels is None else in_channels


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


class _Probe:
    """Finds what depends on a line of pixels across a picture, in pictures as long as it takes."""

    def __init__(self, network: nn.Module, channels: int, multiple: int, ratio: Fraction) -> None:
        self._network = network
        self._channels = channels
        self._multiple = multiple
        self._ratio = ratio
        self._periods = -(-64 // multiple) + 2

    def reach(self, phase: int, transposed: bool, largest: int) -> int:
        """The distance along one axis from the line at ``phase`` of the middle period."""
        while (length := self._periods * self._multiple) <= largest:
            centre = self._periods // 2 * self._multiple + phase
            touched = self._touched(length, centre, transposed)
            if not (touched[0] or touched[-1]):
                return self._distance(touched.nonzero().flatten().tolist(), centre)
            self._periods *= 2
        raise TrainingError(
            f"The network sees more than {largest // 4} pixels far, or the whole picture (self-attention?), "
            "and cannot be tiled exactly."
        )

    def _touched(self, length: int, centre: int, transposed: bool) -> Tensor:
        """Which positions along the axis of the output depend on the line at ``centre`` of the input."""
        x = torch.zeros(1, self._channels, self._multiple, length)
        x[..., centre] = 1
        if transposed:
            x = x.transpose(2, 3).contiguous()
        y = self._network(x.as_subclass(Influence)).as_subclass(Tensor)
        touched: Tensor = y.amax((0, 1, 3 if transposed else 2)) > 0
        if len(touched) != length * self._ratio:
            raise TrainingError(
                f"The network makes {len(touched)} pixels of {length}, "
                f"which is not the scale {float(self._ratio):g}."
            )
        return touched

    def _distance(self, touched: list[int], centre: int) -> int:
        if not touched:
            return 0
        # the last input pixel that the first touched output pixel stands for, and the first of the last one
        first, last = -(-(touched[0] + 1) // self._ratio) - 1, touched[-1] // self._ratio
        return max(0, int(centre - first), int(last - centre))
