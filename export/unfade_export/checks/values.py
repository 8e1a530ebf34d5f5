"""What comes out has to be numbers, and what is promised to lie in a range has to lie there."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort

from unfade.models import ModelCard

from ..errors import ExportError
from .sessions import outputs_of


def check_finite(session: ort.InferenceSession, card: ModelCard, smallest: int = 1) -> None:
    """Run black, white and noise.

    Pictures may overshoot their range a little, which is clipped when they are written; a mask may not.

    Raises:
        ExportError: an output has NaN or infinity, or a mask leaves its range.
    """
    side = -(-max(32, smallest) // card.size_multiple) * card.size_multiple
    shape = (1, card.inputs[0].channels, *(card.fixed_size or (side, side)))
    noise = np.random.default_rng(2).random(shape, np.float32)
    for x in (np.zeros(shape, np.float32), np.ones(shape, np.float32), noise):
        for tensor, values in zip(card.outputs, outputs_of(session, card, x), strict=True):
            low, high = float(values.min()), float(values.max())
            if not (np.isfinite(low) and np.isfinite(high)):
                raise ExportError(f"Values: the {tensor.name} has values that are no numbers.")
            if tensor.colour_space == "mask" and (low < tensor.range[0] or high > tensor.range[1]):
                raise ExportError(
                    f"Values: the {tensor.name} goes from {low:.3g} to {high:.3g}, beyond its range of "
                    f"{tensor.range[0]:g} to {tensor.range[1]:g}."
                )
