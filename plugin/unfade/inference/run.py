"""A picture through a network, tile by tile, in memory that does not grow with the picture."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from unfade.inference.blend import run_blend
from unfade.inference.failures import OutOfMemory
from unfade.inference.geometry import Bounds, Extent, TileLayout, plan
from unfade.inference.providers import CPU
from unfade.inference.windows import OnTile, Read, TiledSession, Write, run_window
from unfade.models.card import ModelCard, Tiling

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TiledRun:
    """How a picture was really run, after any back-off."""

    provider: str
    layout: TileLayout


def layout_of(card: ModelCard, extent: Extent, tile: int) -> TileLayout:
    """The tiles of a picture that the card's model wants; see :func:`unfade.inference.plan`."""
    return plan(extent, card.halo, card.size_multiple, tile, card.fixed_size)


def run_tiled(
    read: Read, session: TiledSession, write: Write, layout: TileLayout, on_tile: OnTile | None = None
) -> TiledRun:
    """Run the session's model over a picture as its card wants it, EXACT or BLEND.

    When a window does not fit into memory, windows of half the side go on from where the large ones stopped;
    when those would be nearly all halo, the CPU takes over with windows of the first size.

    Args:
        read: gives the pixels of a part of the picture.
        session: an open model whose first input and first output are pictures; further outputs have the
            size of the first.
        write: takes the finished parts of the output. Every pixel of it is written, some more than once
            after a back-off.
        layout: made by :func:`layout_of`.
        on_tile: told after every tile; what it raises (Cancelled) stops the run and passes through.

    Raises:
        ModelError: the network gave something unusable (see :func:`unfade.inference.windows.run_window`).
        OutOfMemory: not even the smallest windows fit into the computer's memory.
    """
    if session.card.tiling is Tiling.WHOLE:
        raise ValueError(f"{session.card.name} runs whole, not in tiles")
    finished, first = _Finished(), layout
    while True:
        try:
            if session.card.tiling is Tiling.EXACT:
                _run_exact(read, session, write, layout, finished, on_tile)
            else:
                # Blended pixels depend on the layout, so after a back-off this starts the picture again.
                run_blend(read, session, write, layout, on_tile)
        except OutOfMemory as error:
            session, layout = _step_down(error, session, layout, first)
        else:
            return TiledRun(session.provider, layout)


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
