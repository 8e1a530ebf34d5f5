"""A run: from a recipe and a folder of photographs to checkpoints, stage after stage.

``<run>/last.safetensors`` is all that is needed to go on after a kill; ``<run>/best.safetensors`` holds the
averaged generator with the best validation score. Lightning Fabric carries the run to other devices and to
many processes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.utils.data import DataLoader

from .checkpoint import Checkpoint, adopt_weights, load_checkpoint, load_weights, save_checkpoint
from .data import PatchDataset, PhotoStore, StepSampler
from .data.patches import to_unit
from .data.photos import Photo
from .degradations import Degradation, build_degradation
from .errors import TrainingError
from .recipe import Recipe, StageSpec
from .reporting import Reporter
from .validation import Pair, validate, validation_pairs

log = logging.getLogger(__name__)


@dataclass
class Run:
    """What the stages of a run share.

    Attributes:
        fabric: devices and processes.
        recipe: what to do.
        folder: where checkpoints and TensorBoard files go.
        generator: the network that is trained, on the device, not yet set up by Fabric.
        store: the photographs.
        photos: those to train on.
        pairs: those held out, degraded.
        degradation: makes inputs.
        reporter: shows progress.
        save_seconds: time between two ``last`` checkpoints.
        finished_stages: how many stages lie behind.
        finished_steps: their optimizer steps.
        best: the best validation score so far.
    """

    fabric: Fabric
    recipe: Recipe
    folder: Path
    generator: nn.Module
    store: PhotoStore
    photos: Sequence[Photo]
    pairs: Sequence[Pair]
    degradation: Degradation
    reporter: Reporter
    save_seconds: float = 180.0
    finished_stages: int = 0
    finished_steps: int = 0
    best: float = float("-inf")
    _saved_at: float = field(default_factory=time.monotonic)

    @property
    def last(self) -> Path:
        """The checkpoint to resume from."""
        return self.folder / "last.safetensors"

    def batches(self, stage: StageSpec, first_step: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(input, target) batches of this process from ``first_step`` of a stage on: NCHW float32 in [0,
        1]."""
        fabric, spec = self.fabric, self.recipe.data
        if stage.batch % fabric.world_size:
            raise TrainingError(
                f"A batch of {stage.batch} cannot be shared evenly by {fabric.world_size} processes."
            )
        dataset = PatchDataset(
            self.store,
            self.photos,
            self.degradation,
            stage.patch,
            seed=self.recipe.seed + 1000 * self.finished_stages,
            group_weights=spec.weights,
        )
        sampler = StepSampler(first_step, stage.steps, stage.batch, fabric.global_rank, fabric.world_size)
        loader = DataLoader(
            dataset,
            batch_sampler=sampler,
            num_workers=spec.workers,
            prefetch_factor=4 if spec.workers else None,
            pin_memory=fabric.device.type == "cuda",
        )
        for degraded, target in loader:
            device = fabric.device
            yield (
                to_unit(degraded.to(device, non_blocking=True)),
                to_unit(target.to(device, non_blocking=True)),
            )

    def save_last(self, tensors: Mapping[str, Mapping[str, Tensor]], step: int) -> None:
        """Write the checkpoint that a resume starts from: after ``step`` steps of the current stage."""
        if self.fabric.is_global_zero:
            state = {
                "finished_stages": self.finished_stages,
                "finished_steps": self.finished_steps,
                "step": step,
                "best": self.best,
            }
            save_checkpoint(self.last, Checkpoint(tensors, self.recipe.text, state))
        self._saved_at = time.monotonic()

    def save_due(self) -> bool:
        """Whether the last checkpoint is older than :attr:`save_seconds`."""
        return time.monotonic() - self._saved_at > self.save_seconds

    def judge(self, network: nn.Module, step: int, stage: StageSpec) -> dict[str, float]:
        """Validate, report, and keep the network as ``best`` if it is the best so far."""
        if not self.fabric.is_global_zero or not self.pairs:
            return {}
        scores = validate(network, self.pairs, self.degradation.scale, self.fabric.device)
        total = self.finished_steps + step
        self.reporter.scalars({f"validation/{k}": v for k, v in scores.items()}, total)
        self.reporter.samples(network, self.pairs[:6], total, self.fabric.device)
        better = scores["psnr_y"] > self.best
        if better:
            self.best = scores["psnr_y"]
            state = {"stage": self.finished_stages, "step": step, "scores": scores}
            save_checkpoint(
                self.folder / "best.safetensors",
                Checkpoint({"generator": network.state_dict()}, self.recipe.text, state),
            )
        shown = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        self.reporter.say(f"{stage.kind} {step}/{stage.steps}: {shown}{' (best)' if better else ''}")
        return scores


def train(
    recipe: Recipe,
    folder: Path,
    data: Sequence[Path],
    *,
    accelerator: str = "auto",
    devices: str | int = "auto",
    num_nodes: int = 1,
    threads: int | None = None,
    save_seconds: float = 180.0,
    fresh: bool = False,
) -> Path:
    """Run all stages of a recipe, from the last checkpoint in ``folder`` if there is one.

    Args:
        recipe: what to do.
        folder: of the run; made if missing.
        data: folders of photographs; the recipe's own where empty.
        accelerator: of Fabric: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        devices: how many, of each node.
        num_nodes: of a ``torchrun`` launch.
        threads: of this process; PyTorch's choice where None.
        save_seconds: between two ``last`` checkpoints.
        fresh: start over, though there is a checkpoint.

    Returns:
        The best checkpoint.

    Raises:
        TrainingError: one sentence about whatever is wrong with recipe, data, checkpoint or disk.
    """
    from .networks import build_network
    from .stages import STAGES

    folder.mkdir(parents=True, exist_ok=True)
    if threads:
        torch.set_num_threads(threads)
    fabric = Fabric(
        accelerator=accelerator, devices=devices, num_nodes=num_nodes, precision=_precision(recipe.precision)
    )
    fabric.launch()
    fabric.seed_everything(recipe.seed, verbose=False)
    options = dict(recipe.network)
    generator = build_network(str(options.pop("kind")), **options).to(fabric.device)
    generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    degradation = build_degradation(recipe.degradation)
    folders = list(data) or [Path(f) for f in recipe.data.folders]
    if not folders:
        raise TrainingError("No photographs named; give a folder with --data.")
    if fabric.is_global_zero:
        PhotoStore.open(folders, folder.parent / "cache", min_side=recipe.data.min_side)
    fabric.barrier()
    store = PhotoStore.open(folders, folder.parent / "cache", min_side=recipe.data.min_side)
    photos, held = store.split(recipe.data.holdout)
    with Reporter(folder, fabric.is_global_zero) as reporter:
        run = Run(
            fabric,
            recipe,
            folder,
            generator,
            store,
            photos,
            validation_pairs(store, held, degradation),
            degradation,
            reporter,
            save_seconds,
        )
        resumed = _resume(run, fresh)
        for stage in recipe.stage[run.finished_stages :]:
            if stage.kind not in STAGES:
                raise TrainingError(f"Unknown stage {stage.kind!r}; known are {', '.join(sorted(STAGES))}.")
            STAGES[stage.kind](run, stage, resumed)
            resumed = None
            run.finished_stages += 1
            run.finished_steps += stage.steps
            run.save_last({"generator": generator.state_dict()}, 0)
    return folder / "best.safetensors"


def _resume(run: Run, fresh: bool) -> Checkpoint | None:
    """Put the run where its last checkpoint says it was; the checkpoint if a stage is to be gone on with."""
    if fresh or not run.last.exists():
        if run.recipe.init:
            source = Path(run.recipe.init)
            kept = adopt_weights(run.generator, load_checkpoint(source).tensors["generator"], str(source))
            run.reporter.say(f"took over the weights of {source}; {len(kept)} stay as initialised")
        return None
    checkpoint = load_checkpoint(run.last)
    load_weights(run.generator, checkpoint.tensors["generator"], str(run.last))
    state = checkpoint.state
    run.finished_stages, run.finished_steps = state["finished_stages"], state["finished_steps"]
    run.best = state["best"]
    run.reporter.say(f"going on after stage {run.finished_stages}, step {state['step']}")
    return checkpoint if state["step"] else None


def _precision(wanted: str) -> Any:
    """``auto``: bfloat16 where the device has matrix units for it, else float32."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    return "bf16-mixed" if torch.cpu._is_amx_tile_supported() else "32-true"
