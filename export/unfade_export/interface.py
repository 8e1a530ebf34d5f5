"""What goes into and comes out of a generator of each task, and networks that give just that."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import torch
from torch import nn

from unfade.card import ModelCard, Task, Tensor, Tiling

from .errors import ExportError

UNIT = (0.0, 1.0)
WORKING_SIZE = 512
"""The longer side at which Colorize predicts chroma: hues need the whole picture, not its detail."""
SMALL, MATRIX = 64, 9
"""The sides of the picture that Revive looks at, and the numbers of its matrix."""


@dataclass(frozen=True)
class Interface:
    """The part of a :class:`ModelCard` that follows from the task.

    Attributes:
        size_multiple: what height and width have to be multiples of, once the model is exported.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    tiling: Tiling
    size_multiple: int
    working_size: int | None = None


def interface_of(task: Task, network: nn.Module) -> Interface:
    """The interface of a generator made by a recipe for ``task``.

    Raises:
        ExportError: the network takes or gives another number of channels than the task needs.
    """
    if task is Task.COLORIZE:
        interface = Interface(
            inputs=(Tensor("input", 4, UNIT, "lab"),),
            outputs=(Tensor("ab", 2, (-1.0, 1.0), "lab-ab"),),
            tiling=Tiling.WHOLE,
            size_multiple=1,
            working_size=WORKING_SIZE,
        )
    elif task is Task.REVIVE:
        numbers = int(network(torch.zeros(1, 3, SMALL, SMALL)).shape[1]) - MATRIX
        interface = Interface(
            inputs=(Tensor("input", 3, UNIT, "sRGB"),),
            outputs=(
                Tensor("curves", numbers, UNIT, "tone curves"),
                Tensor("matrix", MATRIX, UNIT, "colour matrix"),
            ),
            tiling=Tiling.WHOLE,
            size_multiple=1,
            working_size=SMALL,
        )
    else:
        rgb = Tensor("input", 3, UNIT, "sRGB")
        picture = Tensor("output", 3, UNIT, "sRGB")
        mask = (Tensor("mask", 1, UNIT, "mask"),) if getattr(network, "mask", False) else ()
        interface = Interface(
            inputs=(Tensor("input", 4, UNIT, "sRGB and where to look") if task is Task.REPAIR else rgb,),
            outputs=(picture, *mask),
            tiling=Tiling.EXACT,
            size_multiple=step_of(network),
        )
    _check_channels(interface, network)
    return interface


def step_of(network: nn.Module) -> int:
    """What the network itself wants height and width to be multiples of."""
    return int(getattr(network, "size_multiple", 1))


def ratio_of(network: nn.Module) -> Fraction:
    """Output pixels for one input pixel along a side, which may be less than one."""
    return Fraction(getattr(network, "scale", 1)).limit_denominator(64)


class NamedOutputs(nn.Module):
    """A network with one output tensor for each of the card's: N C H W in, a tuple out.

    Generators give all they make in one tensor, one set of channels behind the other.
    """

    def __init__(self, network: nn.Module, card: ModelCard) -> None:
        super().__init__()
        self.network = network
        self._channels = [output.channels for output in card.outputs]

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y = cast(torch.Tensor, self.network(x))
        return tuple(torch.split(y, self._channels, dim=1)) if len(self._channels) > 1 else (y,)


def _check_channels(interface: Interface, network: nn.Module) -> None:
    wanted = interface.inputs[0].channels
    takes = int(getattr(network, "in_channels", 3))
    if takes != wanted:
        raise ExportError(
            f"Interface: the network takes {takes} channels and its task needs {wanted}; see the recipe's "
            "[network]."
        )
    side = step_of(network)
    with torch.inference_mode():
        gives = int(network(torch.zeros(1, takes, side, side)).shape[1])
    wanted = sum(output.channels for output in interface.outputs)
    if gives != wanted:
        raise ExportError(
            f"Interface: the network gives {gives} channels and its task needs {wanted}; see the recipe's "
            "[network]."
        )
