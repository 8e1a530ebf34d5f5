"""Room for pixels, whatever the size of a picture: in memory, or in a scratch file beyond :data:`MOST_HELD`.

A scratch file is mapped, so that filters work on an array either way and give the same pixels. It has its
space on the disk from the start, and no name: a process that is killed leaves nothing behind. The pages that
were touched count as the process's memory until :func:`let_go` gives them back, which whoever goes through a
picture in tiles or strips calls after each.

Here too: how much memory the process has taken, and whether it may still take some.
"""

from __future__ import annotations

import errno
import math
import mmap
import os
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unfade import paths
from unfade.errors import OutputError

MOST_HELD = 512 << 20
"""Bytes of an array that is held in memory."""

_BLOCK = 1 << 24
_SECONDS = 0.1  # between two returns of pages: a few hundred megabytes are touched in them, at most


class _Mappings:
    """The scratch files in use."""

    def __init__(self) -> None:
        self._mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._last = 0.0

    def add(self, mapping: mmap.mmap) -> None:
        with self._lock:
            self._mapped.add(mapping)

    def let_go(self) -> None:
        if not self._mapped or time.monotonic() - self._last < _SECONDS:
            return
        with self._lock:
            for mapping in tuple(self._mapped):
                if hasattr(mapping, "madvise"):  # Windows does it by itself
                    mapping.madvise(mmap.MADV_DONTNEED)
            self._last = time.monotonic()


_MAPPINGS = _Mappings()


def empty(shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """An array to be filled, C-contiguous.

    Raises:
        OutputError: there is no room for the scratch file.
        MemoryError: there is no room for the array, or for its addresses.
    """
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size <= MOST_HELD:
        return np.empty(shape, dtype)
    return np.frombuffer(_map(size), dtype).reshape(shape)


def zeros(shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """The same, filled with zeros."""
    if math.prod(shape) * np.dtype(dtype).itemsize <= MOST_HELD:
        return np.zeros(shape, dtype)  # whose pages the system fills when they are touched
    return empty(shape, dtype)  # as every new file is


def copied(pixels: NDArray[Any]) -> NDArray[Any]:
    """A copy of an array."""
    copy = empty(pixels.shape, pixels.dtype)
    np.copyto(copy, pixels)
    return copy


def let_go() -> None:
    """Gives back the memory that scratch files hold; what is in them stays. Cheap to call often."""
    _MAPPINGS.let_go()


def _map(size: int) -> mmap.mmap:
    folder = paths.scratch_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(prefix=".unfade-", dir=folder) as file:
            _reserve(file, size)
            mapping = mmap.mmap(file.fileno(), size)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError from error
        what = "there is no room left" if error.errno in paths.NO_ROOM else error.strerror or str(error)
        raise OutputError(
            f"This picture needs {size / 1e9:.1f} GB in {folder} while it is worked on, and {what}: free "
            f"some space, or name another folder by the variable {paths.SCRATCH_VARIABLE}."
        ) from error
    _MAPPINGS.add(mapping)
    return mapping


def _reserve(file: BinaryIO, size: int) -> None:
    """Gives the file its size and its space; a disk that is full when a page is touched would be fatal."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise
        else:
            return
    block = bytes(_BLOCK)
    for at in range(0, size, _BLOCK):
        file.write(block[: size - at])
    file.flush()


# The process

NATIVE = 160 << 20
"""Bytes of addresses that libvips wants for threads and buffers; where it gets none it ends the process."""


def require(size: int) -> None:
    """Raises MemoryError where this process may not have so many more bytes of addresses (RLIMIT_AS)."""
    if sys.platform != "linux":
        return
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY:
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    if pages * resource.getpagesize() + size > most:
        raise MemoryError


def peak_memory_bytes() -> int:
    """Peak resident set size of the process in bytes, from its start until now (it never goes down)."""
    if sys.platform == "win32":
        return _peak_on_windows()
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux and the BSDs KiB


def _peak_on_windows() -> int:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of psapi.h."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
            ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.K32GetProcessMemoryInfo.argtypes = (wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD)
    kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return int(counters.PeakWorkingSetSize)
