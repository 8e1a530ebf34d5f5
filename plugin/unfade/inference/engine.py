"""Engine: the user's choice of device, threads and tile, and the sessions opened under it."""

from __future__ import annotations

import math
import threading
from pathlib import Path

from unfade.errors import UsageError
from unfade.inference.device import Device
from unfade.inference.providers import CPU
from unfade.inference.session import Session
from unfade.models.card import ModelCard

_State = tuple[Path, int, int]

DEFAULT_TILE = 1024
"""The largest side of a window, in input pixels.

Measured by ``python bench/tile_size.py --rounds 2 --threads 1`` (a 48/64/96 U-net x2, 4 megapixels, a core):
tiles of 256, 512, 768, 1024 and 1536 enlarge 0.49, 0.77, 0.87, 0.90 and 1.00 times as much per second of
processor time, and take 95, 355, 740, 1264 and 1593 MiB beside the pictures. 1024 keeps a photograph of one
megapixel to two windows, where 768 would need four and compute an eighth more for their halos.
"""

HALOS = 11
"""A window's least side in halos, where nobody chose one: each pixel is then computed one and a half times.
With seven, as 1024 pixels are for De-artifact, it is twice, and with three and a half five times."""
LIGHT = 320_000
"""Multiply-accumulates a pixel up to which a network may have twice the usual tile.

De-artifact, when it had 289,000, took 539, 696 and 1594 MiB for 6 megapixels with tiles of 1024, 1536 and
2048, and 95, 80 and 57 s (two threads of an AMD EPYC; ``unfade deartifact photo.jpg -o out.png --device cpu
--json --tile N``).
"""
SLENDER = 200_000
"""Multiply-accumulates a pixel up to which a network that makes no more than four pixels of one has a usual
tile of :data:`SLENDER_TILE`, where nobody asked for smaller ones."""
SLENDER_TILE = 1280
"""upscale-x2, with 184,000, takes 539 and 669 MiB for a photograph of a megapixel with tiles of 1024 and
1280, and 6.5 and 6.1 s, for it is then one window; 821 and 1025 MiB and 29.3 and 26.5 s for four (two threads
of an AMD EPYC; ``unfade upscale photo.png -o out.png --scale 2 --device cpu --json --tile N``).
"""


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
        self._sessions: dict[_State, Session] = {}
        self._lock = threading.Lock()

    def session(self, path: Path) -> Session:
        """The model at ``path``, loaded when it is first asked for; errors as for :meth:`Session.open`."""
        key = _state_of(path)
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
        the halo around it, is then one window and not four, which have to compute their halos once more
        (``python bench/preview.py`` on two cores takes 0.64 s in the middle of the picture, and 0.68 s in
        four windows, ``-- --tile 384``).
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
            return "The GPU ran out of memory, so the CPU did the rest; a smaller --tile may fit."
        return self.fallback

    def _opened(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())


def _state_of(path: Path) -> _State:
    """A file as it is now: a model that was replaced is opened anew. A missing one has no state."""
    path = path.resolve()
    try:
        status = path.stat()
    except OSError:
        return path, 0, 0
    return path, status.st_mtime_ns, status.st_size
