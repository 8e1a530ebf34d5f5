"""What a run shows of itself: TensorBoard scalars and grids, a progress bar, one line a validation."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.utils.tensorboard.writer import SummaryWriter

from .coding import Coding
from .data import to_unit
from .validation import Pair, restore

log = logging.getLogger(__name__)


class Reporter:
    """TensorBoard event files below ``<run>/tensorboard``, and a progress bar where the output is a terminal.

    Only the first process of a run reports.
    """

    def __init__(self, run: Path, active: bool) -> None:
        self._writer = SummaryWriter(str(run / "tensorboard")) if active else None
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}"),
            disable=not active,
        )

    def __enter__(self) -> Reporter:
        if self._progress.console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        if self._writer:
            self._writer.close()

    def start_stage(self, title: str, steps: int | None, done: int) -> None:
        """Begin a bar of ``steps`` (None: nobody knows how many), ``done`` of them behind us."""
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._task = self._progress.add_task(title, total=steps, completed=done, detail="")

    def advance(self) -> None:
        """One more step."""
        self._progress.advance(self._task)

    def detail(self, text: str) -> None:
        """What stands behind the bar."""
        self._progress.update(self._task, detail=text)

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Write scalars at a step counted over all stages."""
        if self._writer:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def samples(
        self, network: nn.Module, pairs: Sequence[Pair], coding: Coding, step: int, device: torch.device
    ) -> None:
        """Write a grid of before | after | truth rows."""
        if self._writer:
            self._writer.add_image("samples", sample_grid(network, pairs, coding, device), step)

    def say(self, text: str) -> None:
        """A line for the log and the terminal."""
        log.info(text)


def sample_grid(
    network: nn.Module, pairs: Sequence[Pair], coding: Coding, device: torch.device | str, side: int = 192
) -> Tensor:
    """CHW uint8: a row a pair, its middle ``side`` target pixels: nearest-enlarged input | result | truth,
    and where there are masks the one found | the true one."""
    rows = []
    for pair in pairs:
        made = restore(network, pair.degraded, coding, device)
        result, found = made[:3], made[3:]
        scale = result.shape[-1] // pair.degraded.shape[-1]
        given = coding.shown(coding.inputs(to_unit(pair.degraded[None])))
        before = F.interpolate(given * 255, scale_factor=scale, mode="nearest")[0].round().to(torch.uint8)
        shown = [before, result, pair.target]
        if len(found) and pair.mask is not None:
            shown += [found.expand(3, -1, -1), pair.mask.expand(3, -1, -1)]
        rows.append(torch.cat([_middle(p, side) for p in shown], dim=2))
    return torch.cat(rows, dim=1)


def _middle(picture: Tensor, side: int) -> Tensor:
    height, width = picture.shape[-2:]
    if min(height, width) < side:
        picture = F.pad(picture, (0, max(0, side - width), 0, max(0, side - height)))
        height, width = picture.shape[-2:]
    top, left = (height - side) // 2, (width - side) // 2
    return picture[:, top : top + side, left : left + side]
