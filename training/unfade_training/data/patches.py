"""Seeded patches and batches of them: patch ``i`` of a run is a pure function of (seed, i).

That is all a run needs for exact resume and for the same losses on one process or many: no sampler state has
to be saved, and each process takes its own share of the indices of a global batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from ..degradations import Degradation, Degraded
from .photos import Photo, Pixels, photo_weights


class Batch(NamedTuple):
    """Training pairs.

    From the dataset: CHW uint8; collated: NCHW uint8; for the networks (:meth:`to_unit`): NCHW float32 in
    [0, 1].

    Attributes:
        picture: what the network gets.
        target: what it should make of it, ``scale`` times larger.
        mask: one channel, opacity of what was drawn over the picture; None where nothing can have been.
    """

    picture: Tensor
    target: Tensor
    mask: Tensor | None = None

    @property
    def pairs(self) -> int:
        """How many there are."""
        return self.picture.shape[0]

    def to_unit(self, device: torch.device) -> Batch:
        """uint8 -> float32 in [0, 1] on a device, channels last."""
        return self._map(lambda t: to_unit(t.to(device, non_blocking=True)))

    def turned(self, which: int) -> Batch:
        """Turned and mirrored, all parts alike: see :func:`turned`; the pictures are square."""
        return self._map(lambda pictures: turned(pictures, which))

    def split(self, size: int) -> Iterator[Batch]:
        """Micro-batches of ``size`` pairs; the last may be smaller."""
        for first in range(0, self.pairs, size):
            yield self._map(itemgetter(slice(first, first + size)))

    def _map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        mask = None if self.mask is None else function(self.mask)
        return Batch(function(self.picture), function(self.target), mask)


def orientations_of(upright: bool) -> tuple[int, ...]:
    """All of :func:`turned`, or those that leave the sky above."""
    return (0, 2) if upright else tuple(range(8))


def turned(pictures: Tensor, which: int) -> Tensor:
    """NCHW turned and mirrored: bit 0 turns upside down, bit 1 mirrors, bit 2 swaps the axes before."""
    return _flipped(pictures.transpose(2, 3) if which & 4 else pictures, which)


def turned_back(pictures: Tensor, which: int) -> Tensor:
    """What :func:`turned` turned, as it was."""
    flipped = _flipped(pictures, which)
    return flipped.transpose(2, 3) if which & 4 else flipped


def _flipped(pictures: Tensor, which: int) -> Tensor:
    sides = [side for bit, side in ((1, 2), (2, 3)) if which & bit]
    return pictures.flip(sides) if sides else pictures


class DrawnPhotos:
    """Photographs of a store, of which one is drawn at a time: by its area times its group's weight."""

    def __init__(
        self, store: Pixels, photos: Sequence[Photo], group_weights: Mapping[str, float], min_side: int
    ) -> None:
        self.store, self.photos = store, photos
        self._cumulative = np.cumsum(photo_weights(photos, group_weights, min_side))

    def draw(self, rng: np.random.Generator) -> tuple[Pixels, Photo]:
        """One of them, and where its pixels are."""
        choice = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
        return self.store, self.photos[min(choice, len(self.photos) - 1)]


class Patches(Dataset[Batch], ABC):
    """Training pairs, CHW uint8: input of ``patch`` pixels a side, target ``patch * scale``.

    Args:
        degradation: makes the input.
        patch: side of the input patch in pixels.
        seed: of the run.
        zoom: up to so many times larger pieces are cut and brought down to the patch.
        upright: patches are only mirrored left to right, never turned.

    Attributes:
        window: side of what is cut from a photograph, in pixels.
    """

    def __init__(
        self, degradation: Degradation, patch: int, seed: int, zoom: float = 1.0, upright: bool = False
    ) -> None:
        self.degradation, self.seed = degradation, seed
        self.orientations = orientations_of(upright)
        self.target = patch * degradation.scale
        self.zoom = zoom
        self.window = self.target + 2 * degradation.margin

    @abstractmethod
    def photos_of(self, index: int) -> DrawnPhotos:
        """The photographs from one of which patch ``index`` is cut."""

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, index))
        store, photo = self.photos_of(index).draw(rng)
        window = side = self.window
        if self.zoom > 1:
            most = min(self.zoom, min(photo.height, photo.width) / window)
            side = int(window * most ** rng.random())
        top = int(rng.integers(photo.height - side + 1))
        left = int(rng.integers(photo.width - side + 1))
        crop = store.pixels(photo)[top : top + side, left : left + side]
        if side > window:
            crop = np.array(Image.fromarray(crop).resize((window, window), Image.Resampling.LANCZOS))
        crop = np.ascontiguousarray(_oriented(crop, self.orientations[rng.integers(len(self.orientations))]))
        return chw_pair(self.degradation.apply(crop, rng))


class PatchDataset(Patches):
    """Training pairs from the photographs of one store; see :class:`Patches`.

    Args:
        store: where the pixels are.
        photos: which of its photographs to cut from.
        group_weights: how often each group of photographs is drawn, relative to its area.
    """

    def __init__(
        self,
        store: Pixels,
        photos: Sequence[Photo],
        degradation: Degradation,
        patch: int,
        seed: int,
        group_weights: Mapping[str, float] | None = None,
        zoom: float = 1.0,
        upright: bool = False,
    ) -> None:
        super().__init__(degradation, patch, seed, zoom, upright)
        self._drawn = DrawnPhotos(store, photos, group_weights or {}, self.window)

    def photos_of(self, index: int) -> DrawnPhotos:  # noqa: ARG002
        return self._drawn


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
    # A piece of the store as it stands may not be written to, and PyTorch wants what may.
    return torch.from_numpy(np.require(pixels, requirements=["C", "W"])).permute(2, 0, 1)


def collate(pairs: Sequence[Batch]) -> Batch:
    """Pairs of the dataset -> one uint8 batch, channels last as the pixels lie in photographs."""
    masks = [pair.mask for pair in pairs if pair.mask is not None]
    return Batch(
        _stack([pair.picture for pair in pairs]),
        _stack([pair.target for pair in pairs]),
        _stack(masks) if masks else None,
    )


def _stack(pictures: Sequence[Tensor]) -> Tensor:
    # torch.stack of channels-last pictures would lay them out anew, channel by channel
    return torch.stack([picture.permute(1, 2, 0) for picture in pictures]).permute(0, 3, 1, 2)


def to_unit(batch: Tensor) -> Tensor:
    """uint8 -> float32 in [0, 1], channels last."""
    return batch.to(torch.float32, memory_format=torch.channels_last).mul_(1 / 255)
