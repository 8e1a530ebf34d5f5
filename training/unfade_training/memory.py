"""The most memory a stretch of work has used."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import torch


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
