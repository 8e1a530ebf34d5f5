"""What a training step holds in memory, stage by stage, and what saves some of it: ``python -m
unfade_training.lessons.gpu_memory``.

The lesson's notebooks watch this with ipyexperiments, a line for each cell. Here PyTorch's own tracker counts
the bytes of all tensors by what they are: weights, gradients, moments of the optimizer, activations. That is
the same on a CPU and a GPU, free of what allocators keep for later, and can be counted without computing
anything. With ``--time`` the steps are taken, and on CUDA the allocator's peak is told beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import click
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from torch.utils.checkpoint import checkpoint

from ..errors import TrainingError
from ..networks import build_network, count_parameters
from ..networks.blocks import ResidualBlock
from . import Lesson
from .showing import LessonCommand, threads_option

LESSON = Lesson(
    number=13,
    shows="What a training step holds in memory, and what accumulation, bfloat16 and checkpointing save",
    minutes=1,
    command="python -m unfade_training.lessons.gpu_memory",
)
KINDS = ("Parameter", "Optstate", "Gradient", "Activation", "Temp")  # the tracker's names, in this order


@dataclass(frozen=True)
class Variant:
    """A way of taking the same step.

    Attributes:
        parts: the batch goes through in so many parts whose gradients are added up.
        lying: how pictures lie in memory.
        bfloat16: whether convolutions compute in bfloat16 (autocast); the weights stay in float32.
        checkpointed: whether residual blocks keep only their input, and run again on the way back.
    """

    parts: int = 1
    lying: torch.memory_format = torch.contiguous_format
    bfloat16: bool = False
    checkpointed: bool = False


VARIANTS = {
    "plain": Variant(),
    "channels_last": Variant(lying=torch.channels_last),
    "accumulated, 2 parts": Variant(parts=2),
    "accumulated, 8 parts": Variant(parts=8),
    "bfloat16": Variant(bfloat16=True),
    "checkpointed": Variant(checkpointed=True),
    "all but 2 parts": Variant(parts=8, lying=torch.channels_last, bfloat16=True, checkpointed=True),
}


@dataclass(frozen=True)
class Step:
    """What a step held, in megabytes, and how long it took.

    Attributes:
        stages: stage -> kind -> megabytes at its end.
        peak: kind -> megabytes when most was held.
        seconds: of CPU on a CPU, on the clock elsewhere; None where nothing was computed.
        allocated: the CUDA allocator's peak, or None.
    """

    stages: Mapping[str, Mapping[str, float]]
    peak: Mapping[str, float]
    seconds: float | None
    allocated: float | None

    @property
    def most(self) -> float:
        """Megabytes held at the worst moment."""
        return sum(self.peak.values())


def generator() -> nn.Module:
    """A U-net such as Upscale's."""
    return build_network("fast_unet", scale=2, channels=[32, 64, 96], encoder=[2, 2, 2], decoder=[2, 2])


@contextmanager
def checkpointing(network: nn.Module) -> Iterator[None]:
    """Let the residual blocks keep only their inputs; Chen et al. 2016, https://arxiv.org/abs/1604.06174."""
    blocks = [module for module in network.modules() if isinstance(module, ResidualBlock)]
    for block in blocks:
        block.__dict__["forward"] = _again(block.forward)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward


def _again(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def run(x: Tensor) -> Tensor:
        made: Tensor = checkpoint(forward, x, use_reentrant=False)
        return made

    return run


def measure(variant: Variant, batch: int, patch: int, device: torch.device, *, computed: bool = True) -> Step:
    """A second step of training (the first one makes the optimizer's moments).

    Args:
        variant: how it is taken.
        batch: pairs.
        patch: side of the inputs.
        device: where it is taken.
        computed: or only counted, on tensors that have shapes and no content (``FakeTensorMode``): in no
            time, and of steps that would not fit.

    Raises:
        TrainingError: the batch cannot be cut into so many parts.
    """
    with nullcontext() if computed else FakeTensorMode():
        return _measured(variant, batch, patch, device, computed)


def _measured(variant: Variant, batch: int, patch: int, device: torch.device, computed: bool) -> Step:
    if batch % variant.parts:
        raise TrainingError(f"A batch of {batch} cannot be cut into {variant.parts} equal parts.")
    torch.manual_seed(0)
    with device:
        network = generator()
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=variant.lying)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, fused=True)
    photographs = torch.rand(batch, 3, patch, patch, device=device).contiguous(memory_format=variant.lying)
    targets = torch.rand(batch, 3, 2 * patch, 2 * patch, device=device)
    precision: AbstractContextManager[object] = (
        torch.autocast(device.type, torch.bfloat16) if variant.bfloat16 else nullcontext()
    )
    tracker = MemTracker()
    tracker.track_external(network, optimizer, photographs, targets)
    stages: dict[str, Mapping[str, float]] = {}

    def note(stage: str) -> None:
        stages[stage] = _megabytes(tracker.get_tracker_snapshot("current")[device])

    def step(note: Callable[[str], None]) -> None:
        parts = zip(photographs.chunk(variant.parts), targets.chunk(variant.parts), strict=True)
        for photograph, target in parts:
            tracker.reset_mod_stats()  # it counts one pass after the other
            with precision:
                made = network(photograph)  # [n, 3, 2p, 2p]
            loss = (made.float() - target).abs().mean() / variant.parts
            del made
            note("forward")
            loss.backward()
            del loss
            note("backward")
        optimizer.step()
        note("optimizer's step")
        optimizer.zero_grad()
        note("between two steps")

    with checkpointing(network) if variant.checkpointed else nullcontext():
        with tracker:
            step(note)
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(device)
            step(note)
        peak = _megabytes(tracker.get_tracker_snapshot("peak")[device])
        allocated = torch.cuda.max_memory_allocated(device) / 1e6 if device.type == "cuda" else None
        seconds = None
        if computed:  # once more, untracked: the tracker takes time of its own
            clock = time.perf_counter if device.type != "cpu" else time.process_time
            began = clock()
            step(lambda _: None)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            seconds = clock() - began
    order = ("between two steps", "forward", "backward", "optimizer's step")
    return Step({stage: stages[stage] for stage in order}, peak, seconds, allocated)


def _megabytes(counted: Mapping[str, int]) -> dict[str, float]:
    by_name = {str(getattr(kind, "value", kind)): size / 1e6 for kind, size in counted.items()}
    return {kind: by_name.get(kind, 0.0) for kind in KINDS}


def fits(limit: float, batch: int, patch: int, device: torch.device) -> tuple[int, list[tuple[int, float]]]:
    """What the trainer's back-off comes to where ``limit`` megabytes are there: pairs at once, and what each
    attempt would have held (:meth:`unfade_training.optim.Trainable.attempts` halves them after each failure).

    Raises:
        TrainingError: a single pair does not fit.
    """
    at_once, tried = batch, []
    while True:
        most = measure(Variant(parts=batch // at_once), batch, patch, device, computed=False).most
        tried.append((at_once, most))
        if most <= limit:
            return at_once, tried
        if at_once == 1:
            raise TrainingError(f"A single pair takes {most:.0f} MB, and {limit:.0f} are there.")
        at_once //= 2


@click.command("gpu_memory", cls=LessonCommand)
@click.option("--batch", type=click.IntRange(8), default=8, show_default=True, help="A power of two.")
@click.option("--patch", type=click.IntRange(8), default=64, show_default=True, help="Side of the inputs.")
@click.option("--limit", type=float, default=40.0, show_default=True, help="Megabytes, for the back-off.")
@click.option("--device", default="cuda" if torch.cuda.is_available() else "cpu", show_default=True)
@click.option(
    "--variant",
    "names",
    type=click.Choice(list(VARIANTS)),
    multiple=True,
    default=tuple(VARIANTS),
    help="What to compare with plain. Default: all.",
)
@click.option("--time", "timed", is_flag=True, help="Compute the steps and time them; else they are counted.")
@threads_option
def main(
    batch: int, patch: int, limit: float, device: str, names: tuple[str, ...], timed: bool, threads: int
) -> None:
    """Print what a step holds by stage, what each way of saving saves and costs, and how back-off goes."""
    torch.set_num_threads(threads)
    where = torch.device(device)
    click.echo(f"{count_parameters(generator()):,} weights, a batch of {batch}, {patch} x {patch}, {device}")
    taken = {
        name: measure(variant, batch, patch, where, computed=timed)
        for name, variant in VARIANTS.items()
        if name in ("plain", *names)
    }
    plain = taken["plain"]
    click.echo(f"\nMB | {' | '.join(KINDS)} | together")
    for stage, held in [*plain.stages.items(), ("at the peak", plain.peak)]:
        click.echo(
            f"{stage} | {' | '.join(f'{held[kind]:.1f}' for kind in KINDS)} | {sum(held.values()):.1f}"
        )
    click.echo("\n | peak, MB | of it activations | share of plain" + " | time" * timed)
    for name, step in taken.items():
        line = f"{name} | {step.most:.1f} | {step.peak['Activation'] + step.peak['Temp']:.1f} | "
        line += f"{step.most / plain.most:.2f}"
        if step.seconds is not None and plain.seconds:
            line += f" | {step.seconds / plain.seconds:.2f}"
        if step.allocated is not None:
            line += f" | the allocator's peak {step.allocated:.0f} MB"
        click.echo(line)
    at_once, tried = fits(limit, batch, patch, where)
    attempts = ", ".join(f"{pairs} at once {most:.1f} MB" for pairs, most in tried)
    click.echo(f"\nwith {limit:.0f} MB: {attempts}; it goes on with {at_once}")


if __name__ == "__main__":
    main()
