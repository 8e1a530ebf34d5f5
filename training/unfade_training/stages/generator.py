"""Generator training against a target: the first stage of every recipe, and the only one of the faithful
ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from ..checkpoint import load_weights, optimizer_tensors, restore_optimizer
from ..ema import Ema
from ..losses import build_loss
from ..schedules import rate_at

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..recipe import StageSpec
    from ..trainer import Run

LOG_EVERY = 50


def train_generator(run: Run, stage: StageSpec, resumed: Checkpoint | None) -> None:
    """Minimise the stage's loss between the generator's output and the target.

    Args:
        run: of which the stage is a part; its generator is trained in place.
        stage: steps, batch, learning rate, loss.
        resumed: the checkpoint to go on from in the middle of this stage, or None at its start.
    """
    fabric, generator = run.fabric, run.generator
    loss = build_loss(stage.loss).to(fabric.device)
    ema = Ema(generator, stage.ema)
    optimizer = torch.optim.AdamW(
        generator.parameters(),
        lr=stage.lr,
        betas=stage.betas,
        weight_decay=stage.weight_decay,
        fused=fabric.device.type in ("cpu", "cuda"),
    )
    first = 0
    if resumed is not None:
        load_weights(ema.module, resumed.tensors["ema"], str(run.last))
        restore_optimizer(optimizer, resumed.tensors["optimizer"])
        first = int(resumed.state["step"])
    forward, optimizer = fabric.setup(_compiled(generator, run.recipe.compile), optimizer)

    def save(step: int) -> None:
        parts = {
            "generator": generator.state_dict(),
            "ema": ema.module.state_dict(),
            "optimizer": optimizer_tensors(optimizer),
        }
        run.save_last(parts, step)

    run.reporter.start_stage(f"{run.recipe.name}: {stage.kind}", stage.steps, first)
    for step, (degraded, target) in enumerate(run.batches(stage, first), start=first):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, stage.steps, stage.lr, stage.schedule, stage.warmup)
        value = loss(forward(degraded), target)
        optimizer.zero_grad(set_to_none=True)
        fabric.backward(value.total)
        if stage.clip:
            fabric.clip_gradients(forward, optimizer, max_norm=stage.clip)
        optimizer.step()
        ema.update(step)
        done = step + 1
        if done % LOG_EVERY == 0 or done == stage.steps:
            terms = {f"train/{name}": float(term) for name, term in value.terms.items()}
            run.reporter.scalars(
                {**terms, "train/lr": optimizer.param_groups[0]["lr"]}, run.finished_steps + done
            )
            run.reporter.detail(f"loss {sum(terms.values()):.4f}")
        run.reporter.advance()
        if done % stage.validate_every == 0 or done == stage.steps:
            run.judge(ema.module, done, stage)
            save(done)
        elif run.save_due():
            save(done)
    generator.load_state_dict(ema.module.state_dict())


def _compiled(network: nn.Module, wanted: bool) -> nn.Module:
    """The network, its element-wise work fused by ``torch.compile`` where that is possible."""
    if not wanted:
        return network
    # A machine without a C++ compiler trains on, uncompiled, after a warning of PyTorch's own.
    torch._dynamo.config.suppress_errors = True
    compiled: nn.Module = torch.compile(network)  # type: ignore[assignment]
    return compiled
