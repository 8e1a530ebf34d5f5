"""Seeded patches: patch ``i`` of a run is a pure function of (seed, i).

That is all a run needs for exact resume and for the same losses on one process or many: no sampler state has
to be saved, and each process takes its own share of the indices of a global batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from ..degradations import Degradation, Degraded
from .batch import Batch
from .photos import Photo, PhotoStore, photo_weights

ALL = range(8)  # of _oriented
UPRIGHT = (0, 2)


class PatchDataset(Dataset[Batch]):
    """Training pairs, CHW uint8: input of ``patch`` pixels a side, target ``patch * scale``.

    Args:
        store: where the pixels are.
        photos: which of its photographs to cut from.
        degradation: makes the input.
        patch: side of the input patch in pixels.
        seed: of the run.
        group_weights: how often each group of photographs is drawn, relative to its area.
        zoom: up to so many times larger pieces are cut and brought down to the patch.
        upright: patches are only mirrored left to right, never turned.
    """

    def __init__(
        self,
        store: PhotoStore,
        photos: Sequence[Photo],
        degradation: Degradation,
        patch: int,
        seed: int,
        group_weights: Mapping[str, float] | None = None,
        zoom: float = 1.0,
        upright: bool = False,
    ) -> None:
        self.store, self.degradation, self.seed = store, degradation, seed
        self.orientations = UPRIGHT if upright else ALL
        self.target = patch * degradation.scale
        self.zoom = zoom
        window = self.target + 2 * degradation.margin
        self.photos = photos
        self._cumulative = np.cumsum(photo_weights(photos, group_weights or {}, window))

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, index))
        choice = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
        photo = self.photos[min(choice, len(self.photos) - 1)]
        window = side = self.target + 2 * self.degradation.margin
        if self.zoom > 1:
            most = min(self.zoom, min(photo.height, photo.width) / window)
            side = int(window * most ** rng.random())
        top = int(rng.integers(photo.height - side + 1))
        left = int(rng.integers(photo.width - side + 1))
        crop = self.store.pixels(photo)[top : top + side, left : left + side]
        if side > window:
            crop = np.array(Image.fromarray(crop).resize((window, window), Image.Resampling.LANCZOS))
        crop = np.ascontiguousarray(_oriented(crop, self.orientations[rng.integers(len(self.orientations))]))
        return chw_pair(self.degradation.apply(crop, rng))


class StepSampler(Sampler[list[int]]):
    """Indices of each step's patches for one process: step ``s`` of a global batch ``b`` is ``s*b .. s*b
    + b - 1``."""

    def __init__(
        self, first_step: int, last_step: int, batch: int, rank: int = 0, world_size: int = 1
    ) -> None:
        if batch % world_size:
            raise ValueError(f"a batch of {batch} cannot be shared by {world_size} processes")
        self.steps = range(first_step, last_step)
        self.batch, self.share = batch, batch // world_size
        self.rank = rank

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            first = step * self.batch + self.rank * self.share
            yield list(range(first, first + self.share))

    def __len__(self) -> int:
        return len(self.steps)


def chw_pair(pair: Degraded) -> Batch:
    """HWC arrays -> CHW uint8 tensors."""
    mask = None if pair.mask is None else np.rint(pair.mask[..., None] * 255).astype(np.uint8)
    return Batch(_chw(pair.picture), _chw(pair.target), None if mask is None else _chw(mask))


def _oriented(crop: np.ndarray, which: int) -> np.ndarray:
    """One of the eight flips and quarter turns of an HWC array: bit 0 turns it upside down, bit 1 mirrors it,
    bit 2 swaps its axes."""
    if which & 4:
        crop = crop.transpose(1, 0, 2)
    return crop[:: -1 if which & 1 else 1, :: -1 if which & 2 else 1]


def _chw(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)
