"""A network with its optimizer: what of it trains, rates by parameter group, accumulated gradients, back-off
when memory runs out; and the moving average of its weights."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from .checkpoint import Checkpoint, optimizer_tensors, restore_optimizer
from .config import GeneratorConfig, StageConfig
from .data import Batch
from .device import is_out_of_memory, loss_scaler
from .errors import TrainingError
from .losses import LossValue
from .networks import Encoder, parameter_groups
from .networks.norms import hold_norms
from .schedules import rate_of

log = logging.getLogger(__name__)

LEAST_SIDE = 8
"""Rows and columns below which a matrix has too few directions to make them equal."""
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Of the quintic x -> a x + b x^3 + c x^5 on singular values, as Jordan et al. chose it ..."""
ROUNDS = 5
"""... for so many rounds."""
UPDATE_RMS = 0.2
"""Root mean square of a step at a rate of 1: about AdamW's."""


class Trainable:
    """A network that a stage trains. A step of it::

        for attempt in trainable.attempts(batch):  # once more in smaller parts where memory runs out
            with attempt as parts:
                for part in parts:
                    trainable.backward(loss_of(trainable.forward(part.picture), part))
        terms = trainable.step()

    Attributes:
        network: with the weights, for saving and for use without gradients.
        forward: the same set up by Fabric, for passes whose gradient is wanted.
        micro_batch: pairs that go through at once.
        loss: of the last step.
    """

    def __init__(
        self,
        fabric: Fabric,
        network: nn.Module,
        config: StageConfig,
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
            config: rates, batch and clipping.
            prefix: of this network's parts in checkpoints.
            lr: instead of the stage's.
            encoder_lr: share of the rate that an encoder's early half gets.
            compiled: whether ``torch.compile`` fuses the network.
            resumed: the checkpoint to go on from, or None.
        """
        self.fabric, self.network, self.config, self.prefix = fabric, network, config, prefix
        self.lr = config.lr if lr is None else lr
        self.micro_batch = config.micro_batch or config.batch // fabric.world_size
        groups = parameter_groups(network)
        self._shares = [encoder_lr, encoder_lr**0.5, 1.0] if len(groups) == 3 else [1.0]
        optimizer = self._optimizer([{"params": group} for group in groups])
        if resumed is not None:
            moments = resumed.tensors.get(f"{prefix}optimizer", {})
            of_muon = any(name.endswith(".momentum") for name in moments)
            if moments and of_muon != (config.optimizer == "muon"):
                raise TrainingError(f"The checkpoint was not written by the optimizer {config.optimizer}.")
            restore_optimizer(optimizer, moments)
            self.micro_batch = int(resumed.state.get(f"{prefix}micro_batch", self.micro_batch))
        # Fabric's types want the tuple that this call gives spelled out.
        self.forward: Any
        self.optimizer: Any
        self.forward, self.optimizer = fabric.setup(_compiled(network) if compiled else network, optimizer)
        self._weights = [weight for weight in network.parameters() if weight.requires_grad]
        self.loss = torch.zeros(())
        self._starved = False
        self._share = 1.0
        self._losses: list[Tensor] = []
        self._terms: dict[str, Tensor] = {}

    def _optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        config = self.config
        if config.optimizer == "muon":
            return Muon(groups, self.lr, betas=config.betas, weight_decay=config.weight_decay)
        return torch.optim.AdamW(
            groups,
            lr=self.lr,
            betas=config.betas,
            weight_decay=config.weight_decay,
            # a fused optimizer takes float16's loss scale off itself, too late for gradients to be clipped
            fused=self.fabric.device.type in ("cpu", "cuda") and loss_scaler(self.fabric) is None,
        )

    def set_rate(self, step: int, progress: float) -> float:
        """Follow the schedule to ``step``, where ``progress`` in [0, 1] of the stage lies behind; the rate of
        the last parameter group."""
        rate = rate_of(progress, step, self.lr, self.config.schedule, self.config.warmup)
        self.force_rate(rate)
        return rate

    def force_rate(self, rate: float) -> None:
        """Set the rate of the last parameter group, and of the others in proportion."""
        for group, share in zip(self.optimizer.param_groups, self._shares, strict=True):
            group["lr"] = rate * share

    def attempts(self, batch: Batch) -> Iterator[AbstractContextManager[Iterator[Batch]]]:
        """One attempt at the gradients of a batch, and another with half as many pairs at once whenever
        memory has run out in one.

        An attempt is entered with ``with`` and gives the parts of the batch; :meth:`backward` is to be
        called for each.

        Raises:
            TrainingError: memory does not suffice for a single pair.
        """
        while True:
            yield self._attempt(batch)
            # Only now has the failed attempt let go of its tensors.
            if not self._starved:
                return
            self.micro_batch = max(1, min(self.micro_batch, len(batch.picture)) // 2)
            if self.fabric.device.type == "cuda":
                torch.cuda.empty_cache()
            log.warning("out of memory: going on with %d patches at once", self.micro_batch)

    @contextmanager
    def _attempt(self, batch: Batch) -> Iterator[Iterator[Batch]]:
        self.optimizer.zero_grad(set_to_none=True)
        self._losses, self._terms, self._starved = [], {}, False
        try:
            yield self._parts(batch)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            if self.micro_batch <= 1:
                raise TrainingError(
                    "Memory does not suffice for a single patch; use a smaller patch or network."
                ) from error
            self._starved = True

    def _parts(self, batch: Batch) -> Iterator[Batch]:
        parts = list(batch.split(self.micro_batch))
        for number, part in enumerate(parts, 1):
            self._share = len(part.picture) / len(batch.picture)
            with self.fabric.no_backward_sync(self.forward, enabled=number < len(parts)):
                yield part

    def backward(self, value: LossValue) -> None:
        """Add the gradients of a part's mean loss, by its share of the batch."""
        share = self._share
        self.fabric.backward(value.total * share if share < 1 else value.total)
        self._losses.append(value.total.detach() * share)
        for name, term in value.terms.items():
            self._terms[name] = self._terms[name] + term * share if name in self._terms else term * share

    def step(self) -> dict[str, Tensor]:
        """Clip the gradients and move the weights; the loss's terms, averaged over the batch."""
        self.loss = torch.stack(self._losses).sum()
        if self.config.clip:
            # Gradients that are no numbers show in the next loss; a scaler leaves their step out.
            self.fabric.clip_gradients(
                self.forward, self.optimizer, max_norm=self.config.clip, error_if_nonfinite=False
            )
        self.optimizer.step()
        return self._terms

    def hold(self, held: bool) -> None:
        """While held, the network is in evaluation mode and gathers no gradients."""
        self.network.train(not held)
        for weight in self._weights:
            weight.requires_grad_(not held)

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


class Muon(torch.optim.Optimizer):
    """Steps whose matrices are orthogonal: Jordan et al., "Muon: An optimizer for hidden layers in neural
    networks" (2024), with the step's size of Liu et al., "Muon is Scalable for LLM Training"
    (arXiv:2502.16982), which suits the rates of AdamW.

    Weights of convolutions (outputs x inputs and places) and linear layers are such matrices; those of
    depthwise convolutions, those with fewer than :data:`LEAST_SIDE` rows or columns, and all other parameters
    are AdamW's. ``torch.optim.Muon`` takes parameters of two dimensions alone.

    Args:
        params: parameters or groups of them.
        lr: the rate of both.
        momentum: of Muon, Nesterov's.
        betas, eps: of AdamW.
        weight_decay: decoupled, of both.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        *,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        given = {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, given)

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:  # type: ignore[override]
        """Move the parameters that have gradients; the loss that ``closure`` gives."""
        with torch.enable_grad():
            loss = None if closure is None else closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                # a depthwise convolution's channels have nothing to do with each other
                shared = weight.ndim > 1 and (weight.ndim == 2 or weight.shape[1] > 1)
                matrix = shared and min(weight.flatten(1).shape) >= LEAST_SIDE
                (self._orthogonal_step if matrix else self._adam_step)(weight, weight.grad, group)
        return loss

    def _orthogonal_step(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(state["momentum"], group["momentum"]).flatten(1)
        size = UPDATE_RMS * max(ahead.shape) ** 0.5
        weight.add_(orthogonalised(ahead).view(weight.shape), alpha=-group["lr"] * size)

    def _adam_step(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, (first, second) = self.state[weight], group["betas"]
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["step"] += 1
        state["exp_avg"].lerp_(gradient, 1 - first)
        state["exp_avg_sq"].lerp_(gradient.square(), 1 - second)
        steps = float(state["step"])
        spread = (state["exp_avg_sq"] / (1 - second**steps)).sqrt_().add_(group["eps"])
        weight.addcdiv_(state["exp_avg"], spread, value=-group["lr"] / (1 - first**steps))


def orthogonalised(matrix: Tensor) -> Tensor:
    """Of R x C the nearest orthogonal matrix, about: its singular values lie between .7 and 1.2."""
    a, b, c = NEWTON_SCHULZ
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / wide.norm().clamp(min=1e-12)
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x if wide is matrix else x.T
    return result


def freeze_parts(network: nn.Module, config: GeneratorConfig) -> None:
    """Let a generator train, but for what its stage holds: weights and norms' statistics of some parts, its
    encoder, all norms' statistics.

    Raises:
        TrainingError: options of an encoder, and the network has none.
    """
    network.train().requires_grad_(True)
    for name in config.freeze:
        network.get_submodule(name).requires_grad_(False).eval()
    encoder = getattr(network, "encoder", None)
    if isinstance(encoder, Encoder):
        encoder.freeze(config.freeze_encoder)
        encoder.drop = config.drop_features
    elif config.freeze_encoder or config.encoder_lr != 1 or config.drop_features:
        raise TrainingError(
            "freeze_encoder, encoder_lr and drop_features are for networks with a pretrained encoder, "
            f"which {type(network).__name__} has not."
        )
    if config.hold_norms:
        hold_norms(network)


def _compiled(network: nn.Module) -> nn.Module:
    """The network, its element-wise work fused by ``torch.compile`` where that is possible."""
    # A machine without a C++ compiler trains on, uncompiled, after a warning of PyTorch's own.
    torch._dynamo.config.suppress_errors = True
    compiled: nn.Module = torch.compile(network)  # type: ignore[assignment]
    return compiled


class Ema:
    """The exponential moving average of a network's weights: what is validated and exported.

    Early on the average is short (9 / (step + 10) of the new weights), so that it does not remember the
    initialisation; it lengthens until ``decay`` is reached. ``torch.optim.swa_utils.AveragedModel`` averages
    all buffers or none, spectral norms' vectors too, and copies the weights whole at the first update.

    Attributes:
        module: the averaged network, in eval mode, without gradients.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.module = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self._source = network

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the network's weights after optimizer step ``step`` (from 0).

        Statistics of batch norms are averaged as the weights are: those of today's weights are not those of
        the average. Other buffers are copied.
        """
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.module.parameters()), list(self._source.parameters()), weight)
        for (name, mine), theirs in zip(self.module.named_buffers(), self._source.buffers(), strict=True):
            if name.endswith(("running_mean", "running_var")):
                mine.lerp_(theirs, weight)
            else:
                mine.copy_(theirs)
