"""What an exported model has to pass before it is written: parity with PyTorch, the halo, exact tiling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import nn

from unfade.card import ModelCard
from unfade.tiling import Bounds, Extent, plan, run_tiled

from .errors import ExportError

PARITY_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Parity:
    """The largest difference between PyTorch and ONNX Runtime on one size, in units of the output's range."""

    height: int
    width: int
    difference: float


def cpu_session(model: onnx.ModelProto) -> ort.InferenceSession:
    """The model in ONNX Runtime on the CPU."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def check_parity(
    network: nn.Module, session: ort.InferenceSession, channels: int, size_multiple: int
) -> list[Parity]:
    """Compare at a small, a square and a long size.

    Raises:
        ExportError: somewhere the outputs differ by :data:`PARITY_TOLERANCE` or more.
    """
    results = []
    generator = torch.Generator().manual_seed(0)
    for rows, columns in ((1, 1), (31, 31), (19, 57)):
        x = torch.rand(1, channels, rows * size_multiple, columns * size_multiple, generator=generator)
        with torch.inference_mode():
            expected = network(x).numpy()
        found = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
        if found.shape != expected.shape:
            raise ExportError(f"Parity: ONNX Runtime gives shape {found.shape}, PyTorch {expected.shape}.")
        difference = float(np.abs(found - expected).max())
        if not difference < PARITY_TOLERANCE:
            raise ExportError(
                f"Parity: at {x.shape[3]}x{x.shape[2]} ONNX Runtime and PyTorch differ by {difference:.2e}, "
                f"more than {PARITY_TOLERANCE:.0e}."
            )
        results.append(Parity(x.shape[2], x.shape[3], difference))
    return results


def probe_reach(
    session: ort.InferenceSession, channels: int, size_multiple: int, scale: int, halo: int
) -> int:
    """How far, in input pixels, a changed pixel is seen in the output of the real network.

    Impulses are set at every phase of the size multiple, in both directions of the picture at once, on
    several noise pictures. A trained network may reach less far than its structure allows, never farther.

    Raises:
        ExportError: a change is seen beyond ``halo``.
    """
    rng = np.random.default_rng(0)
    name = session.get_inputs()[0].name
    side = (2 * halo + 4 * size_multiple) // size_multiple * size_multiple + 2 * size_multiple
    centre = side // 2 // size_multiple * size_multiple
    reach = 0
    for phase in range(size_multiple):
        picture = rng.random((1, channels, side, side), np.float32)
        changed = picture.copy()
        row = column = centre + phase
        changed[..., row, column] = 1 - changed[..., row, column]
        changed[..., row, column] += rng.choice([-4, 4])  # well outside the range, so that the change travels
        before, after = (session.run(None, {name: p})[0] for p in (picture, changed))
        rows, columns = np.nonzero(np.any(before != after, axis=(0, 1)))
        for touched, at in ((rows // scale, row), (columns // scale, column)):
            if touched.size:
                reach = max(reach, int(np.abs(touched - at).max()))
    if reach > halo:
        raise ExportError(
            f"Halo: a pixel is seen {reach} pixels away, but the network's structure says {halo}."
        )
    return reach


class _TiledModel:
    """An ONNX Runtime session with a card, as Unfade's tiler wants it."""

    provider = "CPUExecutionProvider"

    def __init__(self, session: ort.InferenceSession, card: ModelCard) -> None:
        self._session, self.card = session, card

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Mapping[str, NDArray[np.float32]]:
        names = [output.name for output in self.card.outputs]
        return dict(zip(names, self._session.run(names, dict(inputs)), strict=True))

    def on_cpu(self) -> _TiledModel:
        return self


def check_exact_tiling(session: ort.InferenceSession, card: ModelCard, picture: np.ndarray) -> float:
    """The largest difference between a picture run whole and run in Unfade's own tiles.

    Args:
        session: the model.
        card: with the halo to prove.
        picture: CHW float32 in [0, 1], larger than a few halos.

    Raises:
        ExportError: the difference reaches 1/255.
    """
    _, height, width = picture.shape
    multiple, scale = card.size_multiple, card.scale
    padded = np.pad(picture, ((0, 0), (0, -height % multiple), (0, -width % multiple)), mode="edge")
    whole = session.run([card.outputs[0].name], {card.inputs[0].name: padded[None]})[0][0]
    whole = whole[:, : height * scale, : width * scale]
    tiled = np.empty_like(whole)

    def read(part: Bounds) -> NDArray[np.float32]:
        return picture[None, :, part.y : part.bottom, part.x : part.right]

    def write(part: Bounds, result: NDArray[np.float32]) -> None:
        tiled[:, part.y : part.bottom, part.x : part.right] = result[0]

    side = max(2 * card.halo + 4 * multiple, max(height, width) // 2)
    run_tiled(read, _TiledModel(session, card), write, plan(Extent(height, width), card.halo, multiple, side))
    worst = float(np.abs(tiled - whole).max())
    if worst >= 1 / 255:
        raise ExportError(f"Tiling: tiles differ from the whole picture by {worst * 255:.1f}/255.")
    return worst
