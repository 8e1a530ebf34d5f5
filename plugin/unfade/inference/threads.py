"""How many threads are worth starting: the physical cores this process may use."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

_CPU = Path("/sys/devices/system/cpu")
_CGROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int | None:
    """Physical cores that affinity and the container's quota leave to this process.

    Two hyper-threads of one core share its arithmetic units, so they count as one. None where the system
    tells nothing of the kind (macOS, Windows): ONNX Runtime counts physical cores itself there, while on
    Linux it would not see the quota, and would pin its threads.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = physical_cores(os.sched_getaffinity(0), _CPU)
    quota = cpu_quota(Path("/proc/self/cgroup"), _CGROUP)
    if quota is not None:
        cores = min(cores, max(1, math.ceil(quota)))
    return cores


def physical_cores(cpus: set[int], topology: Path) -> int:
    """The number of distinct cores behind the logical ``cpus``, by Linux' ``/sys/devices/system/cpu``."""
    cores = set()
    for cpu in cpus:
        try:
            siblings = (topology / f"cpu{cpu}/topology/thread_siblings_list").read_text().strip()
        except OSError:
            siblings = str(cpu)
        cores.add(siblings)
    return max(1, len(cores))


def cpu_quota(membership: Path, root: Path) -> float | None:
    """CPUs' worth of time that control groups (v2 or v1) allow; None for no limit.

    A limit may be set on any group above the process's own, so the whole way up is read.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    quotas = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "cpu" if controllers else root
        folder = top / group.lstrip("/")
        for place in (folder, *folder.parents):
            quotas.append(_read_quota_v1(place) if controllers else _read_quota_v2(place))
            if place == top:
                break
    limits = [quota for quota in quotas if quota is not None]
    return min(limits) if limits else None


def _read_quota_v2(folder: Path) -> float | None:
    match = re.fullmatch(r"(\d+) (\d+)", _read(folder / "cpu.max"))
    return int(match[1]) / int(match[2]) if match and int(match[2]) else None


def _read_quota_v1(folder: Path) -> float | None:
    quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:  # a quota of -1 is no limit
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
