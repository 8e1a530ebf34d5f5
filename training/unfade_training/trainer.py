"""From a recipe and a folder of photographs to checkpoints, stage after stage.

Lightning Fabric carries the run to other devices and to many processes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from .building import (
    build_coding,
    build_critic,
    build_degradation_of,
    build_generator,
    build_stages,
    check_parts,
    open_photos,
)
from .errors import TrainingError
from .judging import Judge
from .losses import open_lpips
from .lr_finder import Finding, search
from .overrides import overrides_of
from .pace import pace_of
from .recipe import Recipe, with_overrides
from .reporting import Reporter
from .run import Run
from .shipped import beginning_of
from .stages import Stage, run_stage
from .validation import Metric, validation_pairs

log = logging.getLogger(__name__)

SEARCH_STEPS = 100


@dataclass(frozen=True)
class Machine:
    """What a run computes on.

    Attributes:
        accelerator: of Fabric: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        devices: how many, of each node.
        num_nodes: of a ``torchrun`` launch.
        threads: of each process; PyTorch's choice where None.
    """

    accelerator: str = "auto"
    devices: str | int = "auto"
    num_nodes: int = 1
    threads: int | None = None


def train(
    recipe: Recipe,
    folder: Path,
    data: Sequence[Path],
    machine: Machine = Machine(),
    *,
    save_seconds: float = 180.0,
    fresh: bool = False,
    minutes: float | None = None,
) -> Path:
    """Run all stages of a recipe, from the last checkpoint in ``folder`` if there is one.

    Args:
        recipe: what to do.
        folder: of the run; made if missing.
        data: folders of photographs; the recipe's own where empty.
        machine: what to compute on.
        save_seconds: between two ``last`` checkpoints.
        fresh: start over, though there is a checkpoint.
        minutes: be over after so many, decoding included, whatever the steps of the stages: those only say
            how time is shared among them. Schedules follow the clock, and no two runs are alike.

    Returns:
        The best checkpoint.

    Raises:
        TrainingError: one sentence about whatever is wrong with recipe, data, checkpoint or disk.
    """
    until = None if minutes is None else time.monotonic() + 60 * minutes
    with open_run(recipe, folder, data, machine, save_seconds=save_seconds) as (run, stages):
        resumed = run.resume(fresh)
        for stage in stages[run.finished_stages :]:
            begun = float(resumed.state.get("progress", 0.0)) if resumed else 0.0
            left = [each.spec for each in stages[run.finished_stages :]]
            steps = run_stage(run, stage, resumed, pace_of(left, until, begun))
            resumed = None
            run.finished_stages += 1
            run.finished_steps += steps
            run.save_last(run.tensors(), 0)
    return folder / "best.safetensors"


def find_rate(
    recipe: Recipe, folder: Path, data: Sequence[Path], machine: Machine = Machine(), *, number: int = 1
) -> Finding:
    """Search the learning rate of the recipe's stage ``number`` (from 1), from the recipe's first weights.

    Raises:
        TrainingError: as :func:`train`; there is no such stage, or it has two learning rates.
    """
    if not 1 <= number <= len(recipe.stage):
        raise TrainingError(f"{recipe.name} has {len(recipe.stage)} stages; there is no stage {number}.")
    with open_run(recipe, folder, data, machine, reports=False) as (run, stages):
        run.resume(fresh=True)
        stage = stages[number - 1]
        stage.start(run, None)
        if len(stage.learners) != 1:
            raise TrainingError(
                f"A {stage.spec.kind} stage has two learning rates; search for each in a stage that trains "
                "the network alone."
            )
        learner = stage.learners[0]
        batches = enumerate(run.batches(stage.spec, 0, SEARCH_STEPS))

        def step(rate: float) -> float:
            learner.force_rate(rate)
            count, batch = next(batches)
            stage.step(batch, count)
            return float(learner.loss)

        return search(step, steps=SEARCH_STEPS)


@contextmanager
def open_run(
    recipe: Recipe,
    folder: Path,
    data: Sequence[Path],
    machine: Machine,
    *,
    reports: bool = True,
    save_seconds: float = 180.0,
) -> Iterator[tuple[Run, list[Stage]]]:
    """A run before its first step, and its stages.

    All that can be wrong with the recipe is found here before anything is decoded, and what can be wrong
    with the photographs before anything is trained.
    """
    if machine.threads:
        torch.set_num_threads(machine.threads)
    fabric = _open_fabric(recipe, machine)
    if fabric.device.type == "cuda":
        # The command line's overrides win over the recipe's own for GPUs.
        recipe = with_overrides(recipe, {**recipe.gpu, **overrides_of(recipe.text)}, f"{recipe.name}, [gpu]")
    generator = build_generator(recipe).to(fabric.device)
    generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    degradation = build_degradation_of(recipe, generator)
    stages = build_stages(recipe, generator, fabric.world_size)
    check_parts([part for part in recipe.beginnings if part], generator, f"{recipe.name}, init")
    critic = None
    if any(stage.trains_critic for stage in stages):
        critic = build_critic(recipe, generator).to(fabric.device)
    metric = _lpips(recipe)
    if not (folder / "last.safetensors").exists():
        for beginning in recipe.beginnings.values():
            beginning_of(beginning, generator)
    with fabric.rank_zero_first():  # the first process decodes, the others find it done
        store = open_photos(recipe, data, folder.parent / "cache")
    photos, held = store.split(recipe.data.holdout)
    if reports:
        folder.mkdir(parents=True, exist_ok=True)
    with Reporter(folder, reports and fabric.is_global_zero) as reporter:
        run = Run(
            fabric,
            recipe,
            folder,
            generator,
            critic,
            store,
            photos,
            validation_pairs(store, held, degradation.held_out()),
            degradation,
            build_coding(recipe, generator),
            reporter,
            Judge(recipe.judge),
            metric,
            save_seconds,
        )
        for number, spec in enumerate(recipe.stage):
            run.dataset(spec, number)  # a patch larger than every photograph is told now, not hours later
        yield run, stages


def _open_fabric(recipe: Recipe, machine: Machine) -> Fabric:
    """Launched and seeded.

    Raises:
        TrainingError: there is no such device here.
    """
    try:
        fabric = Fabric(
            accelerator=machine.accelerator,
            devices=machine.devices,
            num_nodes=machine.num_nodes,
            precision=_precision(recipe.precision),
        )
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TrainingError(
            f"{machine.devices} devices of the kind {machine.accelerator!r} cannot be used: {reason}"
        ) from error
    fabric.launch()
    fabric.seed_everything(recipe.seed, verbose=False)
    return fabric


def _lpips(recipe: Recipe) -> Metric | None:
    """The perceptual metric, or None where neither the recipe nor this machine has one."""
    if recipe.lpips:
        return open_lpips(recipe.lpips)
    if recipe.judge == "lpips":
        raise TrainingError(
            "The recipe is judged by LPIPS, which needs a file: name an LPIPS model (.onnx) or SqueezeNet's "
            "weights with --lpips."
        )
    log.info("LPIPS is not scored: no file was named with --lpips")
    return None


def _precision(wanted: str) -> Any:
    """``auto``: bfloat16 where the device has matrix units for it, else float32."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    return "bf16-mixed" if torch.cpu._is_amx_tile_supported() else "32-true"
