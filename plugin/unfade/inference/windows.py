"""One window through the network: read, padded, run, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.inference.geometry import Bounds, Extent
from unfade.models.card import ModelCard, Tensor

Read = Callable[[Bounds], NDArray[np.float32]]
"""Gives the pixels inside bounds (always inside the picture) as NCHW float32 in [0, 1]."""
Write = Callable[[Bounds, NDArray[np.float32]], None]
"""Takes the result for bounds of the output picture, NCHW float32 in about [0, 1] (not clipped).

The channels are those of all outputs on the card, one output after the other.
"""
OnTile = Callable[[int, int], None]
"""Told how many tiles are done, of how many; may raise Cancelled."""

# Half an 8-bit step is black in every picture. Light is a mean no network rounds down to that.
_BLACK = 0.5 / 255
_LIGHT = 4 / 255


class TiledSession(Protocol):
    """What the tiler needs of :class:`unfade.inference.Session`."""

    @property
    def card(self) -> ModelCard: ...
    @property
    def provider(self) -> str: ...
    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Mapping[str, NDArray[np.float32]]: ...
    def on_cpu(self) -> TiledSession: ...


def run_window(
    read: Read, session: TiledSession, window: Bounds, extent: Extent, wanted: Bounds
) -> NDArray[np.float32]:
    """The network's result for ``wanted``, a part of ``window``.

    Returns:
        NCHW float32 in about [0, 1], the channels of all outputs one after the other; a view where there is
        one output.

    Raises:
        ModelError: a result has another shape than the card says, is not finite, or is black where the
            picture is not.
        OutOfMemory: the window is too large for the device.
    """
    card = session.card
    pixels = _read_padded(read, window, extent)
    fed = _to_range(pixels, card.inputs[0])
    results = session.run({card.inputs[0].name: fed})
    inner = wanted.within(window)
    cores = []
    for output in card.outputs:
        result = results[output.name]
        expected = (1, output.channels, window.height * card.scale, window.width * card.scale)
        if result.shape != expected:
            raise ModelError(
                f"The model {card.name} gave an array of shape {result.shape} where its card promises "
                f"{expected}: its file is damaged, export it again."
            )
        cores.append(_from_range(_crop(result, inner.scaled(card.scale)), output))
        check_finite(cores[-1], card)
    check_not_black(_crop(pixels, inner), cores[0], card)
    return cores[0] if len(cores) == 1 else np.concatenate(cores, axis=1)


def check_finite(result: NDArray[np.float32], card: ModelCard) -> None:
    """Raises ModelError, which names the model, for NaN or infinity: neither must ever reach a file."""
    # NaN comes out of both, and neither makes a second array as np.isfinite would.
    if not (np.isfinite(result.min()) and np.isfinite(result.max())):
        raise ModelError(
            f"The model {card.name} gave values that are no numbers (NaN or infinity), so nothing was "
            "written: use --device cpu or another --model."
        )


def check_not_black(source: NDArray[np.float32], result: NDArray[np.float32], card: ModelCard) -> None:
    """Refuse black made of a picture that is not.

    Args:
        source: the input, float32 in [0, 1].
        result: the output for the same part of the picture, float32 in about [0, 1].

    Raises:
        ModelError: with a sentence that names the model.
    """
    if float(result.max()) < _BLACK and float(source.mean()) > _LIGHT:
        raise ModelError(
            f"The model {card.name} made a picture black that is not, so nothing was written: "
            "use --device cpu or another --model."
        )


def mirrored(start: int, stop: int, length: int) -> NDArray[np.intp]:
    """Indices into a side of ``length`` pixels for positions from ``start`` to ``stop``, mirrored outside.

    The edge pixel is repeated, so that an edge of the picture keeps its weight in what a network sees.
    """
    position = np.arange(start, stop) % (2 * length)
    return np.where(position < length, position, 2 * length - 1 - position)


def _read_padded(read: Read, window: Bounds, extent: Extent) -> NDArray[np.float32]:
    if window == window.clipped(extent):
        return np.ascontiguousarray(read(window))
    rows = mirrored(window.y, window.bottom, extent.height)
    columns = mirrored(window.x, window.right, extent.width)
    top, left = int(rows.min()), int(columns.min())
    seen = read(Bounds(top, left, int(rows.max()) + 1 - top, int(columns.max()) + 1 - left))
    return np.ascontiguousarray(seen[:, :, (rows - top)[:, None], columns - left])


def _crop(array: NDArray[np.float32], bounds: Bounds) -> NDArray[np.float32]:
    return array[:, :, bounds.y : bounds.bottom, bounds.x : bounds.right]


def _to_range(pixels: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    low, high = tensor.range
    return pixels if tensor.range == (0.0, 1.0) else pixels * np.float32(high - low) + np.float32(low)


def _from_range(values: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    low, high = tensor.range
    return values if tensor.range == (0.0, 1.0) else (values - np.float32(low)) / np.float32(high - low)
