"""A trained network whose pictures are what another one learns to make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..data import Batch
from ..errors import TrainingError

if TYPE_CHECKING:
    from ..run import Run


class Teacher:
    """A checkpoint's generator, which learns nothing any more.

    Args:
        path: the checkpoint, of a network with the same inputs and outputs as the run's.
        run: whose pictures it takes.

    Raises:
        TrainingError: the checkpoint cannot be read, or its pictures are not like those of the run.
    """

    def __init__(self, path: Path, run: Run) -> None:
        from ..trained import open_trained  # which reads recipes, and those name stages

        self._generator = open_trained(path).generator.requires_grad_(False)
        for name in ("scale", "in_channels", "out_channels", "mask"):
            theirs, ours = (getattr(network, name, None) for network in (self._generator, run.generator))
            if theirs != ours:
                raise TrainingError(
                    f"The teacher {path} cannot teach this network: its {name} is {theirs}, not {ours}."
                )
        self._generator.to(run.fabric.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._fabric, self._coding = run.fabric, run.coding

    @torch.no_grad()
    def taught(self, batch: Batch) -> Batch:
        """The batch with what the teacher makes of its pictures as targets; masks stay as they are."""
        with self._fabric.autocast():
            output = self._coding.output(self._generator(batch.picture), batch.target)
        return batch._replace(target=output[:, : batch.target.shape[1]].float())
