"""Exact tiling proven on a picture, with the tiler that the plug-in runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import onnxruntime as ort

from unfade.inference import Bounds, Extent, layout_of, run_tiled
from unfade.models import ModelCard, Tensor

from ..errors import ExportError
from .sessions import Array, outputs_of


class _TiledModel:
    """A model as Unfade's tiler wants it: all outputs, one behind the other, as a single one."""

    provider = "CPUExecutionProvider"

    def __init__(self, session: ort.InferenceSession, card: ModelCard) -> None:
        self._session, self._real = session, card
        together = Tensor("together", sum(o.channels for o in card.outputs), (0.0, 1.0), "any")
        self.card = replace(card, outputs=(together,))

    def run(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        found = outputs_of(self._session, self._real, inputs[self._real.inputs[0].name])
        return {"together": np.concatenate(found, axis=1)}

    def on_cpu(self) -> _TiledModel:
        return self


def check_exact_tiling(
    session: ort.InferenceSession, card: ModelCard, picture: Array, whole: ort.InferenceSession | None = None
) -> float:
    """The largest difference between a picture run in one window and run in about four.

    Args:
        session: the model.
        card: with the halo to prove.
        picture: CHW float32 in [0, 1], three halos or more a side.
        whole: the same model for any size, where ``session`` takes one alone.

    Raises:
        ExportError: the difference reaches 1/255.
    """
    longest = max(picture.shape[1:])
    free = _TiledModel(whole or session, replace(card, fixed_size=None))
    expected = _run(free, picture, 2 * longest + 4 * card.size_multiple)
    tiled = _run(_TiledModel(session, card), picture, longest // 2 + card.halo + 2 * card.size_multiple)
    worst = float(np.abs(tiled - expected).max())
    if worst >= 1 / 255:
        raise ExportError(f"Tiling: tiles differ from the whole picture by {worst * 255:.1f}/255.")
    return worst


def _run(model: _TiledModel, picture: Array, tile: int) -> Array:
    card, (_, height, width) = model.card, picture.shape
    result = np.empty((card.outputs[0].channels, height * card.scale, width * card.scale), np.float32)

    def read(part: Bounds) -> Array:
        return picture[None, :, part.y : part.bottom, part.x : part.right]

    def write(part: Bounds, pixels: Array) -> None:
        result[:, part.y : part.bottom, part.x : part.right] = pixels[0]

    run_tiled(read, model, write, layout_of(card, Extent(height, width), tile))
    return result
