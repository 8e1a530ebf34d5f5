"""One window through the network: read, padded, run, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unfade.card import ModelCard, Tensor
from unfade.errors import ModelError
from unfade.tiling.geometry import Bounds, Extent

Read = Callable[[Bounds], NDArray[np.float32]]
"""Gives the pixels inside bounds (always inside the picture) as NCHW float32 in [0, 1]."""
Write = Callable[[Bounds, NDArray[np.float32]], None]
"""Takes the result for bounds of the output picture, NCHW float32 in about [0, 1] (not clipped)."""
OnTile = Callable[[int, int], None]
"""Told how many tiles are done, of how many; may raise Cancelled."""

# Half an 8-bit step is black in every picture. Light is a mean no network rounds down to that.
_BLACK = 0.5 / 255
_LIGHT = 4 / 255


class TiledSession(Protocol):
    """What the tiler needs of :class:`unfade.engine.Session`."""

    @property
    def card(self) -> ModelCard: ...
    @property
    def provider(self) -> str: ...
    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Mapping[str, NDArray[np.float32]]: ...
    def on_cpu(self) -> TiledSession: ...


def run_window(
    read: Read, session: TiledSession, window: Bounds, extent: Extent, wanted: Bounds
) -> NDArray[np.float32]:
    """The network's result for ``wanted``, a part of ``window``, as a view of NCHW float32 in about [0, 1].

    Raises:
        ModelError: the result has another shape than the card says, is not finite, or is black where the
            picture is not.
        OutOfMemory: the window is too large for the device.
    """
    card = session.card
    pixels = _read_padded(read, window, extent)
    fed = _to_range(pixels, card.inputs[0])
    result = session.run({card.inputs[0].name: fed})[card.outputs[0].name]
    expected = (1, card.outputs[0].channels, window.height * card.scale, window.width * card.scale)
    if result.shape != expected:
        raise ModelError(
            f"The model {card.name} gave an array of shape {result.shape} where its card promises "
            f"{expected}: its file is damaged, export it again."
        )
    inner = Bounds(wanted.y - window.y, wanted.x - window.x, wanted.height, wanted.width)
    core = _from_range(_crop(result, inner.scaled(card.scale)), card.outputs[0])
    check_result(_crop(pixels, inner), core, card)
    return core


def check_result(source: NDArray[np.float32], result: NDArray[np.float32], card: ModelCard) -> None:
    """Refuse what must never reach a file: NaN, infinity, or black made of a picture that is not.

    Args:
        source: the input, float32 in [0, 1].
        result: the output for the same part of the picture, float32 in about [0, 1].

    Raises:
        ModelError: with a sentence that names the model.
    """
    low, high = float(result.min()), float(result.max())  # NaN comes out of both
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ModelError(
            f"The model {card.name} gave values that are no numbers (NaN or infinity), so nothing was "
            "written: use --device cpu or another --model."
        )
    if high < _BLACK and float(source.mean()) > _LIGHT:
        raise ModelError(
            f"The model {card.name} made a picture black that is not, so nothing was written: "
            "use --device cpu or another --model."
        )


def _read_padded(read: Read, window: Bounds, extent: Extent) -> NDArray[np.float32]:
    inside = window.clipped(extent)
    pixels = read(inside)
    below, beside = window.height - inside.height, window.width - inside.width
    if below or beside:
        pixels = np.pad(pixels, ((0, 0), (0, 0), (0, below), (0, beside)), mode="edge")
    return np.ascontiguousarray(pixels)


def _crop(array: NDArray[np.float32], bounds: Bounds) -> NDArray[np.float32]:
    return array[:, :, bounds.y : bounds.bottom, bounds.x : bounds.right]


def _to_range(pixels: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    low, high = tensor.range
    return pixels if tensor.range == (0.0, 1.0) else pixels * np.float32(high - low) + np.float32(low)


def _from_range(values: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    low, high = tensor.range
    return values if tensor.range == (0.0, 1.0) else (values - np.float32(low)) / np.float32(high - low)
