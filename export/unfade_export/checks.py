"""What an exported model has to pass before it is written, in ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import nn

from unfade.errors import first_line
from unfade.inference import FATAL, Bounds, Extent, layout_of, run_tiled, usable_cores
from unfade.models import ModelCard, Tensor

from . import ExportError
from .interface import NamedOutputs

Array = NDArray[np.float32]

PARITY_TOLERANCE = 1e-4
HALF_TOLERANCE = 1 / 255
"""Of a float16 model against PyTorch in float32: less than a step of an 8-bit picture."""

# Height and width in pixels, rounded up to the size multiple: one step, odd, long, tall, square.
_SIZES = ((1, 1), (33, 33), (19, 57), (64, 17), (48, 48))


def cpu_session(model: onnx.ModelProto) -> ort.InferenceSession:
    """The model in ONNX Runtime on the CPU.

    Raises:
        ExportError: ONNX Runtime cannot load it.
    """
    options = ort.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = usable_cores() or 0
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # exports run beside trainings
    try:
        return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common type of their own
        raise ExportError(f"Loading: ONNX Runtime refuses the exported graph: {first_line(error)}") from error


def outputs_of(session: ort.InferenceSession, card: ModelCard, x: Array) -> Sequence[Array]:
    """The card's outputs, NCHW, for one input, NCHW. Raises ExportError where it cannot be run."""
    try:
        found: Sequence[Array] = session.run([o.name for o in card.outputs], {card.inputs[0].name: x})
    except Exception as error:  # onnxruntime's exceptions have no common type of their own
        raise ExportError(
            f"Running: ONNX Runtime fails on {x.shape[3]}x{x.shape[2]} pixels: {first_line(error)}"
        ) from error
    return found


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
    """Compare every output at five sizes, odd and oblong ones among them, or twice at the fixed size.

    At every other one there is nothing in the channels beside the picture (hints, where to look).

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
    pictured = 1 if card.inputs[0].colour_space == "lab" else 3
    results = []
    for number, sides in enumerate(_SIZES if card.fixed_size is None else (card.fixed_size,) * 2):
        height, width = (_fitting(max(side, smallest), card.size_multiple) for side in sides)
        x = torch.rand(1, card.inputs[0].channels, height, width, generator=generator)
        x[:, pictured:] *= number % 2
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


def check_half(network: nn.Module, half: onnx.ModelProto, card: ModelCard, smallest: int = 1) -> list[Parity]:
    """Compare a float16 model with the network in float32.

    Raises:
        ExportError: somewhere they differ by :data:`HALF_TOLERANCE` or more.
    """
    try:
        return check_parity(network, cpu_session(half), card, tolerance=HALF_TOLERANCE, smallest=smallest)
    except ExportError as error:
        raise ExportError(f"float16: {error} Export it without --fp16.") from error


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


def check_lead(session: ort.InferenceSession, card: ModelCard) -> None:
    """Run noise of a model that is told where to look (Repair's), and told a little more and less.

    Unfade adds up several looks by that channel: each 1/32 of it is to be one logit of the mask.

    Raises:
        ExportError: it is not.
    """
    side = -(-64 // card.size_multiple) * card.size_multiple
    shape = (1, card.inputs[0].channels, *(card.fixed_size or (side, side)))
    x = np.random.default_rng(3).random(shape, np.float32)
    at = next(index for index, output in enumerate(card.outputs) if output.colour_space == "mask")
    logits = []
    for where in (0.5 - 1 / 32, 0.5, 0.5 + 1 / 32):
        x[:, -1] = where
        mask = outputs_of(session, card, x)[at].astype(np.float64).clip(1e-7, 1 - 1e-7)
        logits.append(np.log(mask / (1 - mask)))
    told = np.abs(logits[1]) < 8  # beyond that float32 has too few digits near 1
    steps = np.diff(logits, axis=0)[:, told]
    if not told.any() or np.abs(steps - 1).max() > 0.02:
        raise ExportError("Lead: 1/32 of the channel that says where to look is not one logit of the mask.")


def probe_reach(session: ort.InferenceSession, card: ModelCard) -> int:
    """How far, in input pixels, a changed pixel is seen in any output of the real network.

    Impulses are set at every phase of the size multiple, in both directions of the picture at once, on
    several noise pictures. A trained network may reach less far than its structure allows, never farther.

    Raises:
        ExportError: a change is seen beyond the card's halo.
    """
    rng = np.random.default_rng(0)
    halo, multiple = card.halo, card.size_multiple
    side = (2 * halo + 4 * multiple) // multiple * multiple + 2 * multiple
    centre = side // 2 // multiple * multiple
    reach = 0
    for phase in range(multiple):
        picture = rng.random((1, card.inputs[0].channels, side, side), np.float32)
        changed = picture.copy()
        row = column = centre + phase
        changed[..., row, column] = 1 - changed[..., row, column]
        changed[..., row, column] += rng.choice([-4, 4])  # well outside the range, so that the change travels
        for before, after in zip(*(outputs_of(session, card, p) for p in (picture, changed)), strict=True):
            rows, columns = np.nonzero(np.any(before != after, axis=(0, 1)))
            for touched, at in ((rows // card.scale, row), (columns // card.scale, column)):
                if touched.size:
                    reach = max(reach, int(np.abs(touched - at).max()))
    if reach > halo:
        raise ExportError(
            f"Halo: a pixel is seen {reach} pixels away, but the network's structure says {halo}."
        )
    return reach


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


def _run(model: _TiledModel, picture: Array, tile: int) -> Array:
    card, (_, height, width) = model.card, picture.shape
    result = np.empty((card.outputs[0].channels, height * card.scale, width * card.scale), np.float32)

    def read(part: Bounds) -> Array:
        return picture[None, :, part.y : part.bottom, part.x : part.right]

    def write(part: Bounds, pixels: Array) -> None:
        result[:, part.y : part.bottom, part.x : part.right] = pixels[0]

    run_tiled(read, model, write, layout_of(card, Extent(height, width), tile))
    return result


def _fitting(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple
