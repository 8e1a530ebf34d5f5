"""What a run shows of itself: TensorBoard scalars and grids, a progress bar, one line a validation; and a
checkpoint's results on photographs, as one picture."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor
from torch.utils.tensorboard.writer import SummaryWriter

from .build import open_trained
from .colour_transform import ColourTransform
from .data import Where, to_unit
from .errors import TrainingError
from .files import output_file
from .metrics import Pair, restore, validation_pairs

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

    def step(self, terms: Mapping[str, float], rate: float, step: int) -> None:
        """The terms of a loss and the learning rate, at a step counted over all stages."""
        self.scalars({**{f"train/{name}": value for name, value in terms.items()}, "train/lr": rate}, step)
        of_critic = [name for name in terms if name.startswith("critic/")]
        others = [name for name in terms if name not in of_critic]
        shown = ", ".join(f"{name} {terms[name]:.4f}" for name in [*others[:3], *of_critic])
        self._progress.update(self._task, detail=shown)

    def memory(self, title: str, peaks: Mapping[str, float], step: int) -> None:
        """The most memory that a stage has used, in megabytes."""
        self.scalars({f"memory/{name}": size for name, size in peaks.items()}, step)
        shown = ", ".join(f"{size:.0f} MB {name}" for name, size in peaks.items())
        self.say(f"{title}: peak memory {shown}")

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Write scalars at a step counted over all stages."""
        if self._writer:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def samples(
        self, restored: Sequence[Tensor], pairs: Sequence[Pair], transform: ColourTransform, step: int
    ) -> None:
        """Write a grid of before | after | truth rows."""
        if self._writer:
            self._writer.add_image("samples", sample_grid(restored, pairs, transform), step)

    def say(self, text: str) -> None:
        """A line for the log and the terminal."""
        log.info(text)


def sample_grid(
    restored: Sequence[Tensor], pairs: Sequence[Pair], transform: ColourTransform, side: int = 192
) -> Tensor:
    """CHW uint8: a row a pair, its middle ``side`` target pixels: nearest-enlarged input | result | truth,
    and where there are masks the one found | the true one; ``restored`` is what
    :func:`~unfade_training.metrics.restore` made of the pairs."""
    rows = []
    for made, pair in zip(restored, pairs, strict=True):
        result, found = made[:3], made[3:4]
        scale = result.shape[-1] // pair.degraded.shape[-1]
        given = transform.shown(transform.inputs(to_unit(pair.degraded[None])))
        before = F.interpolate(given * 255, scale_factor=scale, mode="nearest")[0].round().to(torch.uint8)
        shown = [before, result, pair.target]
        if len(found) and pair.mask is not None:
            shown += [found.expand(3, -1, -1), pair.mask.expand(3, -1, -1)]
        rows.append(torch.cat([_middle(p, side) for p in shown], dim=2))
    return torch.cat(rows, dim=1)


def write_samples(
    checkpoint: Path, data: Sequence[Where], output: Path, *, count: int = 6, side: int = 256
) -> None:
    """Write a PNG with a row for each of ``count`` held-out photographs: input | result | truth (| mask).

    Args:
        checkpoint: of any recipe.
        data: folders of photographs; the recipe's own where empty.
        output: the PNG.
        count: rows.
        side: of each picture in target pixels.

    Raises:
        TrainingError: the checkpoint or the photographs cannot be used, or the PNG cannot be written.
    """
    trained = open_trained(checkpoint)
    store, held = trained.held_out(data, count)
    pairs = validation_pairs(store, held, trained.degradation, side=max(384, side))
    if not pairs:
        raise TrainingError("The photographs are too small to cut a sample from.")
    restored = [restore(trained.generator, pair.degraded, trained.transform) for pair in pairs]
    grid = sample_grid(restored, pairs, trained.transform, side)
    with output_file(output) as out:
        Image.fromarray(grid.permute(1, 2, 0).numpy()).save(out, "PNG")


def _middle(picture: Tensor, side: int) -> Tensor:
    height, width = picture.shape[-2:]
    if min(height, width) < side:
        picture = F.pad(picture, (0, max(0, side - width), 0, max(0, side - height)))
        height, width = picture.shape[-2:]
    top, left = (height - side) // 2, (width - side) // 2
    return picture[:, top : top + side, left : left + side]
