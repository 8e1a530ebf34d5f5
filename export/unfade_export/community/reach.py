"""How a community network is tiled: exactly with a halo where that can be had, else blended."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from unfade.models import Tiling
from unfade_training.errors import TrainingError
from unfade_training.networks import receptive_radius

from ..errors import ExportError
from .loading import Restorer

log = logging.getLogger(__name__)

MOST_EXACT = 96
"""The widest halo, in input pixels, that exact tiling is worth: a window of 256 then still gives away a
fourth of its side. Networks that see farther are weighty, and what they see out there changes little."""
BLEND_OVERLAP = 32
"""The halo of models that are blended: windows overlap by twice as much, and fade into each other."""


@dataclass(frozen=True)
class Tiled:
    """What goes onto the card, and how it was found."""

    tiling: Tiling
    halo: int
    found_by: str


def tiling_of(network: Restorer, size_multiple: int) -> Tiled:
    """Decide how ``network`` is tiled: by what its structure says, else by impulses; blended where it
    attends to windows or sees the whole picture, or too far."""
    if attends(network):
        return Tiled(Tiling.BLEND, BLEND_OVERLAP, "attention: blended")
    try:
        # a copy, since some networks keep tensors of theirs in the type of the last input
        traced = copy.deepcopy(network)
        reach = receptive_radius(traced, size_multiple, network.scale, largest=4 * MOST_EXACT + 16)
        found_by = "its structure"
    except Exception as error:  # TrainingError, or whatever an untraceable operation led to
        log.info("not traced: %s", error)
        if isinstance(error, TrainingError) and "cannot be tiled exactly" in str(error):
            return Tiled(Tiling.BLEND, BLEND_OVERLAP, "it sees the whole picture: blended")
        measured = _measured_reach(network, size_multiple)
        if measured is None:
            return Tiled(Tiling.BLEND, BLEND_OVERLAP, "impulses travel too far: blended")
        reach, found_by = measured, "impulses"
    if reach > MOST_EXACT:
        return Tiled(Tiling.BLEND, BLEND_OVERLAP, f"it sees {reach} px far: blended")
    return Tiled(Tiling.EXACT, reach, found_by)


class _Attention(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes whether a softmax or an attention kernel is run."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen = False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = str(func)
        self.seen = self.seen or "softmax" in name or "attention" in name
        return func(*args, **(kwargs or {}))


def attends(network: Restorer) -> bool:
    """Whether the network has attention, of windows or of whole pictures.

    Raises:
        ExportError: it cannot be run.
    """
    try:
        with torch.no_grad(), _Attention() as mode:
            network(torch.rand(1, network.in_channels, 64, 64))
    except Exception as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise ExportError(f"The network of this checkpoint does not run: {line}.") from error
    return bool(mode.seen)


def _measured_reach(network: Restorer, size_multiple: int) -> int | None:
    """The farthest that a changed pixel is seen, at every phase of the multiple; None beyond
    :data:`MOST_EXACT`. Less than the structure may allow, hence proven on a picture at export."""
    side = 2 * -(-(MOST_EXACT + 8) // size_multiple) * size_multiple
    centre, reach = side // 2, 0
    generator = torch.Generator().manual_seed(0)
    for phase in range(size_multiple):
        x = torch.rand(1, network.in_channels, side, side, generator=generator)
        changed = x.clone()
        changed[..., centre + phase, centre + phase] += 4
        with torch.no_grad():
            touched = (network(changed) != network(x)).any(dim=1)[0].nonzero() // network.scale
        if len(touched):
            reach = max(reach, int((touched - centre - phase).abs().max()))
    return reach if reach <= MOST_EXACT else None
