"""onnxruntime: imported when first needed, silent to its maker and the user's terminal; its threads.

Its wheels come with usage reporting to their maker that is on unless the environment says no before they are
imported, and leave a session file in the temporary folder for it. Pictures are private, and so is when and on
what they are restored: Unfade says no, unless the user has set the variable.

It writes warnings to the file descriptor of stderr while it is being imported (about display adapters it
cannot read), prints to stdout when it preloads CUDA, and logs every fallback. All of that is noise to a user,
and on stdout it would break the service's frames; it goes to this module's log instead.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import logging
import math
import os
import re
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"
FATAL = 4  # ONNX Runtime's severity: what fails is raised as well, so nothing below this needs printing

_CPU = Path("/sys/devices/system/cpu")
_CGROUP = Path("/sys/fs/cgroup")

_lock = threading.RLock()  # descriptors are redirected by one thread at a time


@functools.cache
def onnxruntime() -> Any:
    """The onnxruntime module, silenced."""
    os.environ.setdefault(NO_TELEMETRY, "1")
    with quietly():
        module = importlib.import_module("onnxruntime")
        module.set_default_logger_severity(FATAL)
    return module


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Send what is written to stdout and stderr, from Python or from C++, to the log.

    This is process-wide, so it is held only for moments, and by one thread at a time.
    """
    printed = io.StringIO()
    with (
        _lock,
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        _descriptor_to_log(2),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            for line in printed.getvalue().splitlines():
                logger.debug("onnxruntime printed: %s", line)


@contextlib.contextmanager
def _descriptor_to_log(descriptor: int) -> Iterator[None]:
    with tempfile.TemporaryFile() as file:
        try:
            saved = os.dup(descriptor)
        except OSError:  # closed, as under pythonw.exe: nothing can be printed there
            yield
            return
        os.dup2(file.fileno(), descriptor)
        try:
            yield
        finally:
            os.dup2(saved, descriptor)
            os.close(saved)
            file.seek(0)
            for line in file.read().decode(errors="replace").splitlines():
                logger.debug("onnxruntime printed: %s", line)


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
