"""What a network learns from: degraded pictures, their targets, and what was drawn over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


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
        """Turned and mirrored, all parts alike: bit 0 turns upside down, bit 1 mirrors, bit 2 swaps the
        axes of the (square) pictures."""
        sides = [side for bit, side in ((1, 2), (2, 3)) if which & bit]

        def turn(pictures: Tensor) -> Tensor:
            if which & 4:
                pictures = pictures.transpose(2, 3)
            return pictures.flip(sides) if sides else pictures

        return self._map(turn)

    def _map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        mask = None if self.mask is None else function(self.mask)
        return Batch(function(self.picture), function(self.target), mask)


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
