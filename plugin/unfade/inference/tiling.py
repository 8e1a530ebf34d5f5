"""A picture through a network, tile by tile, in memory that does not grow with the picture.

EXACT models get windows with a halo of the receptive radius, so that the result is that of the whole picture.
BLEND models, whose receptive field has no edge, get windows that are faded into each other: over two halos
around the line where their cores meet, by cos² and sin², so that the weights of all windows sum to 1 at every
pixel. Only what lies under a fade is kept for the next window and the next row of windows.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.inference.devices import CPU
from unfade.inference.layout import Axis, Bounds, Extent, TileLayout, least_tile, plan
from unfade.inference.loading import OutOfMemory
from unfade.models import ModelCard, Tensor, Tiling
from unfade.picture import from_float, peak_of, scratch

logger = logging.getLogger(__name__)

Read = Callable[[Bounds], NDArray[np.float32]]
"""Gives the pixels inside bounds (always inside the picture) as NCHW float32 in [0, 1]."""
Write = Callable[[Bounds, NDArray[np.float32]], None]
"""Takes the result for bounds of the output picture, NCHW float32 in about [0, 1] (not clipped).

The channels are those of all outputs on the card, one output after the other.
"""
OnTile = Callable[[float, int], None]
"""Told how many tiles are done, a part of one at first, of how many; may raise Cancelled."""

PACE_SIDE = 192
"""Pixels a side of the window by which a long run on the CPU shows its pace."""
_PACE_SHARE = 50  # of which it may take one part

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


@dataclass(frozen=True)
class TiledRun:
    """How a picture was really run, after any back-off."""

    provider: str
    layout: TileLayout


def layout_of(card: ModelCard, extent: Extent, tile: int) -> TileLayout:
    """The tiles of a picture that the card's model wants, as :func:`unfade.inference.plan` lays them out.

    A ``tile`` below :func:`~unfade.inference.least_tile` is enlarged to it, and the log says so.
    """
    least = least_tile(card.halo, card.size_multiple)
    if tile < least and card.fixed_size is None:
        _log_enlarged(card.name, tile, least)
        tile = least
    return plan(extent, card.halo, card.size_multiple, tile, card.fixed_size)


@functools.cache
def _log_enlarged(name: str, tile: int, least: int) -> None:
    """Once for each model and tile, since a preview lays out a picture again and again."""
    logger.warning("%s: windows of %d pixels are nearly all halo; %d are taken", name, tile, least)


def run_tiled(
    read: Read, session: TiledSession, write: Write, layout: TileLayout, on_tile: OnTile | None = None
) -> TiledRun:
    """Run the session's model over a picture as its card wants it, EXACT or BLEND.

    When a window does not fit into memory, windows of half the side go on from where the large ones stopped;
    when those would be nearly all halo, the CPU takes over with windows of the first size.

    Args:
        read: gives the pixels of a part of the picture.
        session: an open model whose first input and first output are pictures, or that gives a mask alone;
            further outputs have the size of the first.
        write: takes the finished parts of the output. Every pixel of it is written, some more than once
            after a back-off.
        layout: made by :func:`layout_of`.
        on_tile: told before the first tile and after every one, and in a long run on the CPU after a
            small part of one (:data:`PACE_SIDE`); what it raises (Cancelled) stops the run and passes
            through.

    Raises:
        ModelError: the network gave something unusable (see :func:`run_window`).
        OutOfMemory: not even the smallest windows fit into the computer's memory.
    """
    if session.card.tiling is Tiling.WHOLE:
        raise ValueError(f"{session.card.name} runs whole, not in tiles")
    finished, first = _Finished(), layout
    if on_tile is not None:
        on_tile(0, len(layout))
        _show_pace(read, session, layout, on_tile)
    while True:
        try:
            if session.card.tiling is Tiling.EXACT:
                _run_exact(read, session, write, layout, finished, on_tile)
            else:
                # Blended pixels depend on the layout, so after a back-off this starts the picture again.
                _run_blend(read, session, write, layout, on_tile)
        except OutOfMemory as error:
            session, layout = _step_down(error, session, layout, first)
        else:
            return TiledRun(session.provider, layout)


def _show_pace(read: Read, session: TiledSession, layout: TileLayout, on_tile: OnTile) -> None:
    """Tells how fast it goes by a small window, whose result is not used: a tile takes the CPU seconds."""
    side = -(-PACE_SIDE // layout.multiple) * layout.multiple
    share = side * side / (layout.window.height * layout.window.width)
    # A GPU is quick, and takes longer to prepare for windows of another size.
    if session.provider != CPU or layout.fixed is not None or share * _PACE_SHARE > len(layout):
        return
    first = layout.at(0, 0).window
    tensor = session.card.inputs[0]
    pixels = _read_padded(read, Bounds(first.y, first.x, side, side), layout.extent)
    with contextlib.suppress(OutOfMemory):  # as the first tile will find
        session.run({tensor.name: _to_range(pixels, tensor)})
        on_tile(share, len(layout))


def _step_down(
    error: OutOfMemory, session: TiledSession, layout: TileLayout, first: TileLayout
) -> tuple[TiledSession, TileLayout]:
    smaller = layout.smaller()
    if smaller is not None:
        logger.info("out of memory with a window of %s, going on with %s", layout.window, smaller.window)
        return session, smaller
    if session.provider == CPU:
        raise OutOfMemory(
            f"There is not enough memory to run the model {session.card.name}, even in its smallest tiles: "
            "close other programs and try again."
        ) from error
    logger.info("out of memory with a window of %s, going on with the CPU", layout.window)
    return session.on_cpu(), first


class _Finished:
    """The part of a picture that is written already, kept over changes of the layout."""

    def __init__(self) -> None:
        self._areas: list[tuple[Bounds, Bounds]] = []

    def add(self, layout: TileLayout, done: int) -> None:
        """Note that the first ``done`` tiles of ``layout`` are written: some rows, a part of the next."""
        row, column = divmod(done, len(layout.columns.starts))
        width = layout.extent.width
        top = layout.rows.cuts[row]
        bottom = layout.rows.cuts[min(row + 1, len(layout.rows.starts))]
        self._areas.append(
            (Bounds(0, 0, top, width), Bounds(0, 0, bottom, layout.columns.cuts[column])),
        )

    def covers(self, core: Bounds) -> bool:
        return any(
            core.bottom <= part.bottom and core.right <= part.right for area in self._areas for part in area
        )


def _run_exact(
    read: Read,
    session: TiledSession,
    write: Write,
    layout: TileLayout,
    finished: _Finished,
    on_tile: OnTile | None,
) -> None:
    done = 0
    try:
        for tile in layout:
            if not finished.covers(tile.core):
                result = run_window(read, session, tile.window, layout.extent, tile.core)
                write(tile.core.scaled(session.card.scale), result)
                if on_tile is not None:
                    on_tile(done + 1, len(layout))
            done += 1
    except OutOfMemory:
        finished.add(layout, done)
        raise


def _run_blend(
    read: Read, session: TiledSession, write: Write, layout: TileLayout, on_tile: OnTile | None = None
) -> None:
    """Run the model over a picture with faded overlaps; parameters and errors as for ``run_tiled``."""
    scale = session.card.scale
    channels = sum(output.channels for output in session.card.outputs)
    row_fades, column_fades = fades(layout.rows, layout.halo), fades(layout.columns, layout.halo)
    above = np.empty((1, channels, 0, layout.extent.width * scale), np.float32)
    done = 0
    for row in range(len(layout.rows.starts)):
        top, height = _reach(layout.rows, row_fades, row)
        down = window_weights(height * scale, row_fades[row] * scale, row_fades[row + 1] * scale)
        below_height = 2 * row_fades[row + 1] * scale
        below = np.empty((1, channels, below_height, layout.extent.width * scale), np.float32)
        left_part = np.empty((1, channels, height * scale, 0), np.float32)
        for column in range(len(layout.columns.starts)):
            left, width = _reach(layout.columns, column_fades, column)
            across = window_weights(
                width * scale, column_fades[column] * scale, column_fades[column + 1] * scale
            )
            reach = Bounds(top, left, height, width)
            result = run_window(read, session, layout.at(row, column).window, layout.extent, reach)
            faded = result * down[:, None] * across
            faded[..., : left_part.shape[-1]] += left_part
            # Right of this the next window adds its share, below the next row does.
            settled = faded.shape[-1] - 2 * column_fades[column + 1] * scale
            left_part = faded[..., settled:].copy()
            faded = faded[..., :settled]
            span = slice(left * scale, left * scale + settled)
            faded[..., : above.shape[2], :] += above[..., span]
            ready = faded.shape[2] - below_height
            below[..., span] = faded[..., ready:, :]
            write(Bounds(top * scale, left * scale, ready, settled), faded[..., :ready, :])
            done += 1
            if on_tile is not None:
                on_tile(done, len(layout))
        above = below


def fades(axis: Axis, halo: int) -> tuple[int, ...]:
    """Half the width of the fade at each cut: the halo, or less where a core has no room for two fades.

    The first and the last cut are edges of the picture, where nothing fades.
    """
    cores = [after - before for before, after in pairwise(axis.cuts)]
    inner = [min(halo, before // 2, after // 2) for before, after in pairwise(cores)]
    return (0, *inner, 0)


def window_weights(length: int, fade_in: int, fade_out: int) -> NDArray[np.float32]:
    """Weights of one window along one axis: 1 in the middle, rising and falling over two half-widths.

    Args:
        length: how far the window reaches, with both fades.
        fade_in, fade_out: half the width of the fades; 0 for none.
    """
    weights = np.ones(length, np.float32)
    if fade_in:
        weights[: 2 * fade_in] = _rise(2 * fade_in)
    if fade_out:
        weights[length - 2 * fade_out :] = 1 - _rise(2 * fade_out)
    return weights


def _rise(length: int) -> NDArray[np.float32]:
    phase = (np.arange(length) + 0.5) / length * (np.pi / 2)
    return (np.sin(phase) ** 2).astype(np.float32)


def _reach(axis: Axis, half_widths: tuple[int, ...], index: int) -> tuple[int, int]:
    """Where window ``index`` begins to count, and for how long."""
    begin = axis.cuts[index] - half_widths[index]
    return begin, axis.cuts[index + 1] + half_widths[index + 1] - begin


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
    if card.outputs[0].colour_space != "mask":
        check_not_black(_crop(pixels, inner)[:, : card.outputs[0].channels], cores[0], card)
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
    return seen.take(rows - top, axis=2).take(columns - left, axis=3)  # a quarter of one indexing's time


def _crop(array: NDArray[np.float32], bounds: Bounds) -> NDArray[np.float32]:
    return array[:, :, bounds.y : bounds.bottom, bounds.x : bounds.right]


def _to_range(pixels: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    low, high = tensor.range
    return pixels if tensor.range == (0.0, 1.0) else pixels * np.float32(high - low) + np.float32(low)


def _from_range(values: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    low, high = tensor.range
    return values if tensor.range == (0.0, 1.0) else (values - np.float32(low)) / np.float32(high - low)


def array_reader(pixels: NDArray[Any]) -> Read:
    """A reader of HWC uint8, uint16 or float32 pixels; only the window asked for is converted."""

    def read(bounds: Bounds) -> NDArray[np.float32]:
        scratch.let_go()
        window = pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]
        planes = np.empty((1, window.shape[2], *window.shape[:2]), np.float32)
        planes[0] = window.transpose(2, 0, 1)  # numpy goes along rows; converted first, pixel by pixel
        if pixels.dtype != np.float32:
            planes /= np.float32(peak_of(pixels.dtype))
        return planes

    return read


def array_writer(pixels: NDArray[Any]) -> Write:
    """A writer into HWC uint8, uint16 or float32 pixels: rounded and clipped, part by part."""

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        window = pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]
        for channel, plane in enumerate(part[0]):  # a plane at a time, along rows: half the time
            window[..., channel] = from_float(plane, pixels.dtype)

    return write
