"""A run in progress: what its stages share, what it writes, and how it is validated.

``<run>/last.safetensors`` is all that is needed to go on after a kill; ``<run>/best.safetensors`` holds the
averaged generator with the best validation score.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.utils.data import DataLoader

from .checkpoint import Checkpoint, adopt_weights, load_checkpoint, load_weights, save_checkpoint
from .coding import Coding
from .data import Batch, PatchDataset, PhotoStore, StepSampler, collate
from .data.photos import Photo
from .degradations import Degradation, Mixture
from .errors import TrainingError
from .judging import Judge
from .networks.blocks import silence_untrained_blocks
from .networks.norms import settle_norms
from .recipe import Recipe
from .reporting import Reporter
from .shipped import beginning_of
from .stages.spec import StageSpec
from .validation import Metric, Pair, restore, validate


def degradation_of(degradation: Degradation, shares: Sequence[float]) -> Degradation:
    """The degradation with a stage's own shares, where it has some.

    Raises:
        TrainingError: they do not fit the recipe's degradations.
    """
    if not shares:
        return degradation
    if not isinstance(degradation, Mixture):
        raise TrainingError("shares are for recipes with several degradations, and this one has one.")
    try:
        return degradation.with_shares(shares)
    except ValueError as error:
        raise TrainingError(str(error)) from error


@dataclass
class Run:
    """What the stages of a run share.

    Attributes:
        fabric: devices and processes.
        recipe: what to do.
        folder: where checkpoints and TensorBoard files go.
        generator: the network that is trained, on the device, not yet set up by Fabric.
        critic: its opponent, where a stage needs one.
        store: the photographs.
        photos: those to train on.
        pairs: those held out, degraded.
        degradation: makes inputs.
        coding: between pictures and the generator's tensors.
        reporter: shows progress.
        judge: knows the best score so far.
        lpips: the perceptual metric, if it is at hand.
        save_seconds: time between two ``last`` checkpoints.
        finished_stages: how many stages lie behind.
        finished_steps: their optimizer steps.
    """

    fabric: Fabric
    recipe: Recipe
    folder: Path
    generator: nn.Module
    critic: nn.Module | None
    store: PhotoStore
    photos: Sequence[Photo]
    pairs: Sequence[Pair]
    degradation: Degradation
    coding: Coding
    reporter: Reporter
    judge: Judge
    lpips: Metric | None = None
    save_seconds: float = 180.0
    finished_stages: int = 0
    finished_steps: int = 0
    _saved_at: float = field(default_factory=time.monotonic)

    @property
    def last(self) -> Path:
        """The checkpoint to resume from."""
        return self.folder / "last.safetensors"

    def require_critic(self) -> nn.Module:
        """The critic, which is built where the recipe has a stage that trains it."""
        assert self.critic is not None
        return self.critic

    def dataset(self, spec: StageSpec, number: int) -> PatchDataset:
        """The patches of the recipe's stage ``number`` (from 0).

        Raises:
            TrainingError: no photograph is large enough.
        """
        return PatchDataset(
            self.store,
            self.photos,
            degradation_of(self.degradation, spec.shares),
            spec.patch,
            seed=self.recipe.seed + 1000 * number,
            group_weights=self.recipe.data.weights,
            zoom=self.recipe.data.zoom,
            upright=self.recipe.data.upright,
        )

    def batches(self, spec: StageSpec, first_step: int, end: int) -> Iterator[Batch]:
        """Batches of this process from ``first_step`` of the present stage on, before the step ``end``: NCHW
        float32, as the coding makes them."""
        fabric, workers, echo = self.fabric, self.recipe.data.workers, self.recipe.data.echo
        dataset = self.dataset(spec, self.finished_stages)
        loader: DataLoader[Batch] = DataLoader(
            dataset,
            batch_sampler=StepSampler(
                first_step // echo, -(-end // echo), spec.batch, fabric.global_rank, fabric.world_size
            ),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            pin_memory=fabric.device.type == "cuda",
            collate_fn=collate,
        )
        step = first_step // echo * echo
        for batch in loader:
            for again in range(echo):
                if first_step <= step < end:
                    turned = batch.turned(dataset.orientations[again % len(dataset.orientations)])
                    yield self.coding.batch(turned.to_unit(fabric.device))
                step += 1

    def tensors(self) -> dict[str, Mapping[str, Tensor]]:
        """The networks, for a checkpoint."""
        parts: dict[str, Mapping[str, Tensor]] = {"generator": self.generator.state_dict()}
        if self.critic is not None:
            parts["critic"] = self.critic.state_dict()
        return parts

    def save_last(
        self, tensors: Mapping[str, Mapping[str, Tensor]], step: int, state: Mapping[str, Any] | None = None
    ) -> None:
        """Write the checkpoint that a resume starts from: after ``step`` steps of the current stage."""
        if self.fabric.is_global_zero:
            whole = {
                "finished_stages": self.finished_stages,
                "finished_steps": self.finished_steps,
                "step": step,
                **self.judge.state(),
                **(state or {}),
            }
            save_checkpoint(self.last, Checkpoint(tensors, self.recipe.text, whole))
        self._saved_at = time.monotonic()

    def save_due(self) -> bool:
        """Whether the last checkpoint is older than :attr:`save_seconds`."""
        return time.monotonic() - self._saved_at > self.save_seconds

    def resume(self, fresh: bool) -> Checkpoint | None:
        """Put the run where its last checkpoint says it was; the checkpoint if a stage is to be gone on
        with."""
        if fresh or not self.last.exists():
            left = set(self.generator.state_dict())
            for part, source in self.recipe.beginnings.items():
                weights = beginning_of(source, self.generator)
                if part:
                    weights = {n: tensor for n, tensor in weights.items() if n.startswith(f"{part}.")}
                left &= set(adopt_weights(self.generator, weights, str(source)))
                self.reporter.say(f"took over the weights of {source}; {len(left)} stay as initialised")
            settle_norms(self.generator, self._look)
            if self.recipe.beginnings and (silenced := silence_untrained_blocks(self.generator, left)):
                self.reporter.say(f"{silenced} new residual blocks begin as the identity")
            return None
        checkpoint = load_checkpoint(self.last)
        for name, network in (("generator", self.generator), ("critic", self.critic)):
            if network is not None:
                load_weights(network, checkpoint.tensors.get(name, {}), str(self.last))
        state = checkpoint.state
        self.finished_stages, self.finished_steps = state["finished_stages"], state["finished_steps"]
        if self.finished_stages > len(self.recipe.stage):
            raise TrainingError(
                f"{self.last} has {self.finished_stages} stages behind it and the recipe only "
                f"{len(self.recipe.stage)}; take another folder, or --fresh to start over."
            )
        self.judge.restore(state)
        self.reporter.say(f"going on after stage {self.finished_stages}, step {state['step']}")
        return checkpoint if state["step"] else None

    def _look(self) -> None:
        """Show the generator what was held out."""
        if not self.pairs:
            raise TrainingError("An ONNX model to begin with needs photographs held out, for its norms.")
        for pair in self.pairs:
            restore(self.generator, pair.degraded, self.coding, self.fabric.device)

    def validate(self, network: nn.Module, step: int, title: str) -> None:
        """Score a network on what was held out, report, and keep it as ``best`` if it is the best so far."""
        if not self.pairs:
            return
        if self.fabric.is_global_zero:
            scores = validate(
                network, self.pairs, self.degradation.scale, self.coding, self.fabric.device, self.lpips
            )
            total = self.finished_steps + step
            self.reporter.scalars({f"validation/{k}": v for k, v in scores.items()}, total)
            self.reporter.samples(network, self.pairs[:6], self.coding, total, self.fabric.device)
            better = self.judge.look(scores)
            if better:
                state = {"stage": self.finished_stages, "step": step, "scores": scores}
                save_checkpoint(
                    self.folder / "best.safetensors",
                    Checkpoint({"generator": network.state_dict()}, self.recipe.text, state),
                )
            shown = ", ".join(f"{name} {value:.5g}" for name, value in scores.items())
            self.reporter.say(f"{title}: {shown}{' (best)' if better else ''}")
        # Whether to give up must be known to all processes.
        self.judge.restore(self.fabric.broadcast(self.judge.state()))
