"""Engine: the user's choice of device, threads and tile, and the sessions opened under it."""

from __future__ import annotations

import math
import threading
from pathlib import Path

from unfade.errors import UsageError
from unfade.inference.devices import CPU, Device, has_nvidia_gpu
from unfade.inference.layout import least_tile
from unfade.inference.loading import FileState, file_state
from unfade.inference.session import Session
from unfade.models import ModelCard, Tiling

DEFAULT_TILE = 1024
"""The largest side of a window, in input pixels. This and the next four are measured in docs/memory.md,
"Tile sizes"."""
HALOS = 11
"""A window's least side in halos where nobody chose one: each pixel is then computed one and a half times."""
LIGHT = 320_000
"""Multiply-accumulates a pixel up to which a network may have twice the usual tile."""
SLENDER = 200_000
"""Multiply-accumulates a pixel up to which a network that makes no more than four pixels of one has a usual
tile of :data:`SLENDER_TILE`, where nobody asked for smaller ones."""
SLENDER_TILE = 1280

_GPU_FULL = (
    "The GPU ran out of memory, so the CPU did the rest; closing other programs or a smaller --tile may help."
)


class Engine:
    """Opens each model once and hands it to the filters. Safe to use from several threads."""

    def __init__(
        self,
        device: Device = Device.AUTO,
        *,
        threads: int | None = None,
        tile: int | None = None,
        usual_tile: int | None = None,
    ) -> None:
        """Nothing is loaded yet.

        Args:
            threads: CPU threads; None takes the physical cores this process may use.
            tile: the largest side of a window in input pixels, for all models; None takes the usual one,
                or a larger one for a model that sees far (:meth:`tile_for`).
            usual_tile: that one; None takes :data:`DEFAULT_TILE`, or :data:`SLENDER_TILE` where it suits.

        Raises:
            UsageError: threads or tile below 1.
        """
        if threads is not None and threads < 1:
            raise UsageError(f"The number of threads must be at least 1, not {threads}.")
        if tile is not None and tile < 1:
            raise UsageError(f"The tile must be at least 1 pixel wide, not {tile}.")
        self.device = device
        self.threads = threads
        self._tile, self._usual_tile = tile, usual_tile
        self._sessions: dict[FileState, Session] = {}
        self._lock = threading.Lock()

    def session(self, path: Path) -> Session:
        """The model at ``path``, loaded when it is first asked for; errors as for :meth:`Session.open`."""
        key = file_state(path)
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                session = Session.open(path, self.device, threads=self.threads)
                # what was at this path before may be a model that has been replaced
                self._sessions = {k: s for k, s in self._sessions.items() if k[0] != key[0]}
                self._sessions[key] = session
            return session

    def tile_for(self, card: ModelCard, *, part: bool = False) -> int:
        """The largest side of a window for a model: the usual one, or more where its halo takes most of it.

        Where only a ``part`` of a picture is wanted it is half as much again: a part of a tile's side, with
        the halo around it, is then one window and not four, which would compute their halos once more.
        """
        tile = self._tile
        if tile is None:
            work = math.inf if card.macs_per_pixel is None else card.macs_per_pixel
            most = 2 * (self._usual_tile or DEFAULT_TILE) if work <= LIGHT else DEFAULT_TILE
            slender = work <= SLENDER and card.scale <= 2
            usual = self._usual_tile or (SLENDER_TILE if slender else DEFAULT_TILE)
            tile = max(usual, min(HALOS * card.halo, most))
        return tile * 3 // 2 if part else tile

    @property
    def enlarged_tile(self) -> str | None:
        """What the user should know where the tile asked for is too small for an open model."""
        notes = [(session.card.halo, self.tile_note(session.card)) for session in self._opened()]
        return max(((halo, note) for halo, note in notes if note is not None), default=(0, None))[1]

    def tile_note(self, card: ModelCard) -> str | None:
        """Where the tile asked for is too small for a model: a sentence on which is taken instead."""
        least = least_tile(card.halo, card.size_multiple)
        if self._tile is None or self._tile >= least or card.fixed_size or card.tiling is Tiling.WHOLE:
            return None
        return (
            f"Tiles of {self._tile} pixels would be nearly all border for the model {card.name}, which sees "
            f"{card.halo} pixels far; tiles of {least} are used."
        )

    @property
    def provider(self) -> str | None:
        """The provider that runs the models; None before the first is opened."""
        sessions = self._opened()
        used = [session.provider for session in sessions]
        return next((provider for provider in used if provider != CPU), used[0] if used else None)

    @property
    def fallback(self) -> str | None:
        """Why no GPU is used, as a sentence; None when one is, or the CPU was asked for."""
        return next((session.fallback for session in self._opened() if session.fallback), None)

    def fallback_of(self, asked: str, ran: str) -> str | None:
        """Why a run was not on a GPU, as a sentence; None where nothing was given up.

        Args:
            asked: the provider that the model was opened on.
            ran: the one that ended up doing the work.
        """
        if ran != asked:
            return _GPU_FULL
        return self.fallback

    def _opened(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())


def is_noteworthy(fallback: str) -> bool:
    """Whether a person is to be told, unasked, why a run was not on a GPU: where one could be used, or was.

    Elsewhere there is nothing to be done about it; the record and the doctor tell it all the same.
    """
    return fallback == _GPU_FULL or has_nvidia_gpu()
