"""A filter of one module: what a new one has to be, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unfade.filters import (
    Crop,
    Filter,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    check_ranges,
    option,
)
from unfade.filters.mix import lay_over
from unfade.picture import Picture, from_float, to_float


@dataclass(frozen=True)
class InvertOptions:
    strength: float = option(1.0, "0 is the picture as it was, 1 its negative.", low=0, high=1)
    gamma: float = option(1.0, "The exponent of the negative's curve.", low=0.5, high=2)
    alpha: bool = option(False, "Turns the alpha round too.")

    def __post_init__(self) -> None:
        check_ranges(self)


class Inverter(FilterRunner):
    def __init__(self, options: InvertOptions, _engine: Any) -> None:
        self._options = options

    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,  # noqa: ARG002
        progress: Progress | None = None,
        memo: Memo | None = None,  # noqa: ARG002
    ) -> Result:
        into = Picture(piece.pixels.copy(), piece.metadata)
        values = (1 - to_float(piece.colour)) ** np.float32(self._options.gamma)
        into.colour[...] = from_float(values, piece.pixels.dtype)
        lay_over(into.colour, piece.colour, self._options.strength)
        if progress is not None:
            progress(1, 1)
        return crop.result(into, Report("none", "CPUExecutionProvider", None, 0.0))


INVERT = Filter(
    name="invert",
    title="Invert",
    summary="Turn pictures into their negatives.",
    purpose="inverting",
    Options=InvertOptions,
    live_options=("strength",),
    open=Inverter,
)
