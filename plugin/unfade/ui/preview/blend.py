"""Strength, detail and saturation without the network: results blended as the engine would have.

The arithmetic is that of the filters, so that a preview and the saved picture agree within rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.filters.generator import LUMA
from unfade.picture import from_float, to_float


@dataclass(frozen=True)
class Blend:
    """What is done with a cached result."""

    detail: float = 0.0
    """The share of the second result, [0, 1]."""
    saturation: float = 1.0
    """0 is gray, 1 the result's colours, 2 twice as much."""
    strength: float = 1.0
    """The share of the result, [0, 1]; the rest is what lies under it."""

    @property
    def plain(self) -> bool:
        """Whether the result is shown as it is."""
        return self == Blend()


def blended(
    result: NDArray[Any], blend: Blend, *, other: NDArray[Any] | None, under: NDArray[Any] | None
) -> NDArray[Any]:
    """The result, HWC, mixed with a second one and with what lies under it.

    Args:
        result: of any of the types that pictures have; its alpha stays.
        blend: how.
        other: the second result, of the same shape; None where ``blend.detail`` is 0.
        under: what strength 0 gives, of the same size; gray may lie under colour. None at strength 1.
    """
    if blend.plain:
        return result
    colours = 1 if result.shape[2] < 3 else 3
    mixed = to_float(result[..., :colours])
    if other is not None and blend.detail > 0:
        mixed = mixed + np.float32(blend.detail) * (to_float(other[..., :colours]) - mixed)
    if blend.saturation != 1 and colours == 3:
        luma = (mixed @ LUMA.ravel().astype(np.float32))[..., None]
        mixed = np.clip(luma + np.float32(blend.saturation) * (mixed - luma), 0, 1)
    if under is not None and blend.strength < 1:
        below = to_float(under[..., : 1 if under.shape[2] < 3 else 3])
        mixed = below + np.float32(blend.strength) * (mixed - below)
    out: NDArray[Any] = np.empty_like(result)
    out[..., :colours] = from_float(mixed, result.dtype)
    out[..., colours:] = result[..., colours:]
    return out
