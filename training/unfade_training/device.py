"""What a run computes on: devices and processes, precision, and the memory it takes."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .errors import TrainingError

if TYPE_CHECKING:
    from lightning_fabric import Fabric


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


ANY = Machine()
"""Whatever is here."""


def open_fabric(machine: Machine, precision: str, seed: int) -> Fabric:
    """Launched and seeded: Lightning Fabric carries a run to other devices and to many processes.

    Args:
        machine: devices and processes.
        precision: Fabric's name for it, or ``auto``: bfloat16 where the device has matrix units for it.
        seed: of PyTorch, numpy and Python.

    Raises:
        TrainingError: there is no such device here.
    """
    from lightning_fabric import Fabric  # half a second, and networks import this module too

    use_threads(machine.threads)
    try:
        fabric = Fabric(
            accelerator=machine.accelerator,
            devices=machine.devices,
            num_nodes=machine.num_nodes,
            precision=_precision(precision, machine.accelerator),
        )
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TrainingError(
            f"{machine.devices} devices of the kind {machine.accelerator!r} cannot be used: {reason}"
        ) from error
    fabric.launch()
    fabric.seed_everything(seed, verbose=False)
    return fabric


def use_threads(threads: int | None) -> None:
    """Compute on so many CPU threads; None leaves PyTorch's choice."""
    if threads:
        torch.set_num_threads(threads)


def _precision(wanted: str, accelerator: str) -> Any:
    if wanted != "auto":
        return wanted
    if accelerator not in ("cpu", "mps") and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    if accelerator == "mps":
        return "32-true"
    return "bf16-mixed" if torch.cpu._is_amx_tile_supported() else "32-true"


def loss_scaler(fabric: Fabric) -> torch.amp.GradScaler | None:
    """What keeps float16's small gradients from vanishing; None in other precisions."""
    scaler: torch.amp.GradScaler | None = getattr(fabric.strategy.precision, "scaler", None)
    return scaler


def full_precision(tensor: Tensor) -> torch.autocast:
    """No autocast on the tensor's device: for differences, colours and places that bfloat16 would let fall
    together, which must be computed in the precision of their inputs."""
    device = tensor.device.type
    # Tensors on "meta" are only counted; autocast does not know that device.
    return torch.autocast(device_type="cpu" if device == "meta" else device, enabled=False)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether PyTorch could not get memory: CUDA says it by type, the CPU's allocator by text."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


class PeakMemory:
    """Peaks since it was made: of this process's resident memory, and of the CUDA device."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        with suppress(OSError):  # only Linux forgets the peak when asked to; elsewhere it is the process's
            Path("/proc/self/clear_refs").write_text("5")
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)

    def read(self) -> dict[str, float]:
        """``ram`` and, on CUDA, ``gpu``, in megabytes."""
        peaks = {}
        with suppress(ImportError):
            peaks["ram"] = _resident_peak() / 1e6
        if self.device.type == "cuda":
            peaks["gpu"] = torch.cuda.max_memory_allocated(self.device) / 1e6
        return peaks


def _resident_peak() -> float:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)
