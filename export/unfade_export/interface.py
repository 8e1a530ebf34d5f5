"""What goes into and comes out of a generator: channels by task, names, sizes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

import torch
from torch import nn

from unfade.filters.chroma import EMBEDDING
from unfade.models import ModelCard, Tensor, Tiling

from . import ExportError

Size = tuple[int, int]
"""Height and width in pixels."""
UNIT = (0.0, 1.0)
EMBEDDED = (-8.0, 8.0)
"""About what an embedding has, in standard deviations of the kernel that carries hints along it."""
WORKING_SIZE = 512
"""The longer side at which Colorize predicts chroma: hues need the whole picture, not its detail."""
STAINED = 288
"""The longer side at which stains are looked for, which then are about as large as those learnt from."""
SMALL, MATRIX = 96, 9
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


def interface_of(task: str, network: nn.Module) -> Interface:
    """The interface of a generator made by a recipe for ``task``.

    Raises:
        ExportError: the network takes or gives another number of channels than the task needs.
    """
    if task == "colorize":
        channels = int(getattr(network, "embedding", 0))
        embedding = (Tensor(EMBEDDING, channels, EMBEDDED, "embedding"),) if channels else ()
        interface = Interface(
            inputs=(Tensor("input", 4, UNIT, "lab"),),
            outputs=(Tensor("ab", 2, (-1.0, 1.0), "lab-ab"), *embedding),
            tiling=Tiling.WHOLE,
            size_multiple=1,
            working_size=WORKING_SIZE,
        )
    elif task == "revive":
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
    elif task == "stains":
        interface = Interface(
            inputs=(Tensor("input", 3, UNIT, "sRGB"),),
            outputs=(
                Tensor("mask", 1, UNIT, "mask"),
                Tensor("opacity", 1, UNIT, "opacity"),
                Tensor("colour", 3, UNIT, "sRGB"),
            ),
            tiling=Tiling.WHOLE,
            size_multiple=step_of(network),
            working_size=STAINED,
        )
    else:
        rgb = Tensor("input", 3, UNIT, "sRGB")
        picture = Tensor("output", 3, UNIT, "sRGB")
        mask = (Tensor("mask", 1, UNIT, "mask"),) if getattr(network, "mask", False) else ()
        cleaned = (Tensor("cleaned", 3, UNIT, "sRGB"),) if getattr(network, "cleaned", False) else ()
        interface = Interface(
            inputs=(Tensor("input", 4, UNIT, "sRGB and where to look") if task == "repair" else rgb,),
            outputs=(picture, *mask, *cleaned),
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


def parse_size(text: str) -> Size:
    """Height and width from ``WIDTHxHEIGHT``. Raises ExportError."""
    found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text.strip().lower())
    if found is None:
        raise ExportError(f"--static takes WIDTHxHEIGHT in pixels, such as 512x512, not {text!r}.")
    return int(found[2]), int(found[1])


def of_size(card: ModelCard, size: Size | None) -> ModelCard:
    """The card of the same model for pictures of ``size`` alone; of any size for None.

    Raises:
        ExportError: it sees pictures as a whole, or cannot be tiled with windows of that size.
    """
    if size is None:
        return card
    height, width = size
    if card.tiling is Tiling.WHOLE:
        raise ExportError(
            f"A {card.task} model sees every picture as a whole, so it cannot have a fixed size; leave "
            "--static out."
        )
    multiple, least = card.size_multiple, card.least_side
    if height % multiple or width % multiple or min(size) < least:
        raise ExportError(
            f"A fixed size of {width}x{height} does not do for this network, whose halo is {card.halo} "
            f"pixels: its sides must be multiples of {multiple} and at least {least}."
        )
    return replace(card, fixed_size=size)
