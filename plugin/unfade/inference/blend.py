"""Overlapping windows joined by cosine weights, for networks whose receptive field has no edge.

Neighbouring windows are faded into each other over two halos around the line where their cores meet, by cos²
and sin², so that the weights of all windows sum to 1 at every pixel. Only what lies under a fade is kept for
the next window and the next row of windows, so memory grows with the picture's width alone.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from unfade.inference.geometry import Axis, Bounds, TileLayout
from unfade.inference.windows import OnTile, Read, TiledSession, Write, run_window

Weights = NDArray[np.float32]


def run_blend(
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


def window_weights(length: int, fade_in: int, fade_out: int) -> Weights:
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


def _rise(length: int) -> Weights:
    phase = (np.arange(length) + 0.5) / length * (np.pi / 2)
    return (np.sin(phase) ** 2).astype(np.float32)


def _reach(axis: Axis, half_widths: tuple[int, ...], index: int) -> tuple[int, int]:
    """Where window ``index`` begins to count, and for how long."""
    begin = axis.cuts[index] - half_widths[index]
    return begin, axis.cuts[index + 1] + half_widths[index + 1] - begin
