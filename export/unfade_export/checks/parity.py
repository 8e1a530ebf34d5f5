"""PyTorch against ONNX Runtime on the same inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
import torch
from torch import nn

from unfade.models import ModelCard

from ..errors import ExportError
from ..interface import NamedOutputs
from .sessions import outputs_of

PARITY_TOLERANCE = 1e-4

# Height and width in pixels, rounded up to the size multiple: one step, odd, long, tall, square.
_SIZES = ((1, 1), (33, 33), (19, 57), (64, 17), (48, 48))


@dataclass(frozen=True)
class Parity:
    """The largest difference between PyTorch and ONNX Runtime on one size, in units of the output's range."""

    height: int
    width: int
    difference: float


def check_parity(
    network: nn.Module,
    session: ort.InferenceSession,
    card: ModelCard,
    *,
    tolerance: float = PARITY_TOLERANCE,
    smallest: int = 1,
) -> list[Parity]:
    """Compare every output at five sizes, odd and oblong ones among them, or at the fixed size.

    Args:
        network: as it was exported.
        session: the exported model.
        card: names and ranges.
        tolerance: of the differences, in units of the output's range.
        smallest: the least side in pixels that the network takes.

    Raises:
        ExportError: somewhere the outputs differ by ``tolerance`` or more, or have other shapes.
    """
    named = NamedOutputs(network, card).eval()
    generator = torch.Generator().manual_seed(0)
    results = []
    for sides in _SIZES if card.fixed_size is None else (card.fixed_size,):
        height, width = (_fitting(max(side, smallest), card.size_multiple) for side in sides)
        x = torch.rand(1, card.inputs[0].channels, height, width, generator=generator)
        with torch.inference_mode():
            expected = [y.numpy() for y in named(x)]
        found = outputs_of(session, card, x.numpy())
        worst = 0.0
        for tensor, mine, theirs in zip(card.outputs, found, expected, strict=True):
            if mine.shape != theirs.shape:
                raise ExportError(
                    f"Parity: for {width}x{height} ONNX Runtime gives shape {mine.shape}, PyTorch "
                    f"{theirs.shape}."
                )
            low, high = tensor.range
            difference = float(np.abs(mine - theirs).max()) / (high - low)
            if not difference < tolerance:
                raise ExportError(
                    f"Parity: at {width}x{height} the {tensor.name} of ONNX Runtime and PyTorch differs by "
                    f"{difference:.2e}, more than {tolerance:.0e}."
                )
            worst = max(worst, difference)
        results.append(Parity(height, width, worst))
    return results


def _fitting(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple
