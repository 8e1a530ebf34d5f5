"""One network with its optimizer: rates by parameter group, accumulation, clipping, and back-off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ..checkpoint import optimizer_tensors, restore_optimizer
from ..data import Batch
from ..errors import TrainingError
from ..losses import LossValue
from ..networks import parameter_groups
from ..schedules import rate_of

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from .spec import StageSpec

log = logging.getLogger(__name__)

LossOf = Callable[[Batch], LossValue]


class Learner:
    """A network that a stage trains.

    Attributes:
        network: with the weights, for saving and for use without gradients.
        forward: the same set up by Fabric, for passes whose gradient is wanted.
        micro_batch: pairs that go through at once.
        loss: of the last step.
    """

    loss: Tensor

    def __init__(
        self,
        fabric: Fabric,
        network: nn.Module,
        spec: StageSpec,
        *,
        prefix: str = "",
        lr: float | None = None,
        encoder_lr: float = 1.0,
        compiled: bool = False,
        resumed: Checkpoint | None = None,
    ) -> None:
        """Set up a network, or put it back where it was.

        Args:
            fabric: devices and processes.
            network: on its device; trained in place.
            spec: rates, batch and clipping.
            prefix: of this learner's parts in checkpoints.
            lr: instead of the stage's.
            encoder_lr: share of the rate that an encoder's early half gets.
            compiled: whether ``torch.compile`` fuses the network.
            resumed: the checkpoint to go on from, or None.
        """
        self.fabric, self.network, self.spec, self.prefix = fabric, network, spec, prefix
        self.lr = spec.lr if lr is None else lr
        self.micro_batch = spec.micro_batch or spec.batch // fabric.world_size
        groups = parameter_groups(network)
        self._shares = [encoder_lr, encoder_lr**0.5, 1.0] if len(groups) == 3 else [1.0]
        optimizer = torch.optim.AdamW(
            [{"params": group} for group in groups],
            lr=self.lr,
            betas=spec.betas,
            weight_decay=spec.weight_decay,
            fused=fabric.device.type in ("cpu", "cuda"),
        )
        if resumed is not None:
            restore_optimizer(optimizer, resumed.tensors.get(f"{prefix}optimizer", {}))
            self.micro_batch = int(resumed.state.get(f"{prefix}micro_batch", self.micro_batch))
        # Fabric's types want the tuple that this call gives spelled out.
        self.forward: Any
        self.optimizer: Any
        self.forward, self.optimizer = fabric.setup(_compiled(network, compiled), optimizer)

    def set_rate(self, step: int, progress: float) -> float:
        """Follow the schedule to ``step``, where ``progress`` in [0, 1] of the stage lies behind; the rate of
        the last parameter group."""
        rate = rate_of(progress, step, self.lr, self.spec.schedule, self.spec.warmup)
        self.force_rate(rate)
        return rate

    def force_rate(self, rate: float) -> None:
        """Set the rate of the last parameter group, and of the others in proportion."""
        for group, share in zip(self.optimizer.param_groups, self._shares, strict=True):
            group["lr"] = rate * share

    def learn(self, batch: Batch, loss_of: LossOf) -> dict[str, Tensor]:
        """One optimizer step on the mean of ``loss_of`` over a batch; the loss's terms.

        Where memory runs out, the step is taken again with half as many pairs at once.

        Raises:
            TrainingError: memory does not suffice for a single pair, or the loss is not finite.
        """
        while True:
            try:
                terms = self._accumulate(batch, loss_of)
                break
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.micro_batch <= 1:
                    raise TrainingError(
                        "Memory does not suffice for a single patch; use a smaller patch or network."
                    ) from error
            self.micro_batch = max(1, min(self.micro_batch, batch.pairs) // 2)
            if self.fabric.device.type == "cuda":
                torch.cuda.empty_cache()
            log.warning("out of memory: going on with %d patches at once", self.micro_batch)
        if self.spec.clip:
            self.fabric.clip_gradients(self.forward, self.optimizer, max_norm=self.spec.clip)
        self.optimizer.step()
        return terms

    def _accumulate(self, batch: Batch, loss_of: LossOf) -> dict[str, Tensor]:
        self.optimizer.zero_grad(set_to_none=True)
        parts = list(batch.split(self.micro_batch))
        total: dict[str, Tensor] = {}
        losses = []
        for number, part in enumerate(parts, 1):
            share = part.pairs / batch.pairs
            with self.fabric.no_backward_sync(self.forward, enabled=number < len(parts)):
                value = loss_of(part)
                self.fabric.backward(value.total * share if share < 1 else value.total)
            losses.append(value.total.detach() * share)
            for name, term in value.terms.items():
                total[name] = total[name] + term * share if name in total else term * share
        self.loss = torch.stack(losses).sum()
        return total

    def mean(self, value: Tensor) -> float:
        """The mean of a scalar over all processes."""
        reduced = self.fabric.all_reduce(value)
        assert isinstance(reduced, Tensor)
        return float(reduced)

    def tensors(self) -> dict[str, Mapping[str, Tensor]]:
        """What a checkpoint keeps of the optimizer."""
        return {f"{self.prefix}optimizer": optimizer_tensors(self.optimizer)}

    def state(self) -> dict[str, int]:
        """What a checkpoint keeps besides."""
        return {f"{self.prefix}micro_batch": self.micro_batch}


def is_out_of_memory(error: BaseException) -> bool:
    """Whether PyTorch could not get memory: CUDA says it by type, the CPU's allocator by text."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def _compiled(network: nn.Module, wanted: bool) -> nn.Module:
    """The network, its element-wise work fused by ``torch.compile`` where that is possible."""
    if not wanted:
        return network
    # A machine without a C++ compiler trains on, uncompiled, after a warning of PyTorch's own.
    torch._dynamo.config.suppress_errors = True
    compiled: nn.Module = torch.compile(network)  # type: ignore[assignment]
    return compiled
