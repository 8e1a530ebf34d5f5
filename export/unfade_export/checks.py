"""What an exported model has to pass before it is written: parity with PyTorch, the halo, exact tiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

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


def check_exact_tiling(
    session: ort.InferenceSession, picture: np.ndarray, size_multiple: int, scale: int, halo: int
) -> float:
    """The largest difference between a picture run whole and run in tiles cut by Unfade's own tiling.

    Args:
        session: the model.
        picture: CHW float32 in [0, 1], larger than a few halos.
        size_multiple: of the network.
        scale: of the network.
        halo: written on the card.

    Raises:
        ExportError: the difference reaches 1/255.
    """
    from unfade.tiling import Extent, plan

    name = session.get_inputs()[0].name
    _, height, width = picture.shape
    padded = np.pad(picture, ((0, 0), (0, -height % size_multiple), (0, -width % size_multiple)), mode="edge")
    whole = session.run(None, {name: padded[None]})[0][0]
    worst = 0.0
    side = max(2 * halo + 4 * size_multiple, max(height, width) // 2)
    for tile in plan(Extent(height, width), halo=halo, multiple=size_multiple, tile=side):
        window, core = tile.window, tile.core
        cut = padded[:, window.y : window.y + window.height, window.x : window.x + window.width]
        found = session.run(None, {name: np.ascontiguousarray(cut[None])})[0][0]
        top, left = (core.y - window.y) * scale, (core.x - window.x) * scale
        found = found[:, top : top + core.height * scale, left : left + core.width * scale]
        expected = whole[
            :, core.y * scale : (core.y + core.height) * scale, core.x * scale : (core.x + core.width) * scale
        ]
        worst = max(worst, float(np.abs(found - expected).max()))
    if worst >= 1 / 255:
        raise ExportError(f"Tiling: tiles differ from the whole picture by {worst * 255:.1f}/255.")
    return worst
