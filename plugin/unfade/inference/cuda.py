"""Whether CUDA can be used here, asked of NVIDIA's driver and libraries before anything is started.

onnxruntime-gpu lists CUDA as available even where it cannot load, takes half a second to find out, and then
silently runs on the CPU. Asking first costs a millisecond where there is no driver.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfade.inference.runtime import onnxruntime, quietly

_PCI_DEVICES = Path("/sys/bus/pci/devices")

logger = logging.getLogger(__name__)

INSTALL_CUDA = "pip install 'unfade[cuda]'"


@dataclass(frozen=True)
class Obstacle:
    """Why a device cannot be used: a clause for the middle of a sentence, and what to do about it."""

    reason: str
    remedy: str


def obstacle_to_cuda(index: int) -> Obstacle | None:
    """Why CUDA cannot be used on GPU ``index`` although onnxruntime lists it; None when it can.

    Loads the CUDA libraries, but only where a driver and a GPU make it worth while.
    """
    needed = int(onnxruntime().cuda_version.split(".")[0] or 0)
    obstacle = driver_obstacle(find_driver(), index, needed)
    if obstacle is None:
        preload_cuda()
        obstacle = library_obstacle(needed)
    return obstacle


def gpu_memory_limit(index: int) -> int | None:
    """Bytes to allow CUDA's arena: four fifths of the GPU, since the desktop lives there as well."""
    driver = find_driver()
    if driver is None or index >= len(driver.gpus):
        return None
    return driver.gpus[index].memory * 4 // 5


@functools.cache
def preload_cuda() -> None:
    """Load the CUDA and cuDNN libraries of the ``nvidia-*`` wheels, where they are installed.

    Without it onnxruntime looks for them in the system's library path only. It belongs before the first CUDA
    session and costs seconds of loading, so it is not called for the other devices.
    """
    runtime = onnxruntime()
    with quietly():
        runtime.preload_dlls()


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU."""

    name: str
    memory: int
    """Bytes in all."""


@dataclass(frozen=True)
class Driver:
    """NVIDIA's driver and the GPUs it shows this process (CUDA_VISIBLE_DEVICES counts)."""

    cuda_version: tuple[int, int]
    """The newest CUDA it can run."""
    gpus: tuple[Gpu, ...]


@functools.cache
def has_nvidia_gpu() -> bool:
    """Whether such a GPU is in this computer, by its buses: also where no driver is installed for it."""
    if sys.platform == "win32":
        return _windows_has_nvidia_gpu()
    for device in _PCI_DEVICES.glob("*"):
        try:
            vendor, kind = ((device / name).read_text().strip() for name in ("vendor", "class"))
        except OSError:
            continue
        if vendor == "0x10de" and kind.startswith("0x03"):  # NVIDIA's, a display controller
            return True
    driver = find_driver()  # inside WSL a GPU is on no bus
    return driver is not None and bool(driver.gpus)


def _windows_has_nvidia_gpu() -> bool:
    class DisplayDevice(ctypes.Structure):
        _fields_ = (
            ("size", ctypes.c_uint32),
            ("name", ctypes.c_wchar * 32),
            ("title", ctypes.c_wchar * 128),
            ("flags", ctypes.c_uint32),
            ("id", ctypes.c_wchar * 128),
            ("key", ctypes.c_wchar * 128),
        )

    device = DisplayDevice()
    device.size = ctypes.sizeof(device)
    user32 = _load("user32.dll")
    index = 0
    while user32 is not None and user32.EnumDisplayDevicesW(None, index, ctypes.byref(device), 0):
        if "VEN_10DE" in device.id.upper():
            return True
        index += 1
    return False


@functools.cache
def find_driver() -> Driver | None:
    """Ask the driver's own library, which is there exactly where a driver is installed."""
    library = _load({"win32": "nvcuda.dll", "linux": "libcuda.so.1"}.get(sys.platform, ""))
    if library is None:
        return None
    version = ctypes.c_int()
    if library.cuDriverGetVersion(ctypes.byref(version)) != 0:
        return None
    cuda_version = (version.value // 1000, version.value % 1000 // 10)
    count = ctypes.c_int()
    if library.cuInit(0) != 0 or library.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return Driver(cuda_version, ())
    return Driver(cuda_version, tuple(_describe_gpu(library, index) for index in range(count.value)))


def _describe_gpu(library: Any, index: int) -> Gpu:
    device, name, memory = ctypes.c_int(), ctypes.create_string_buffer(256), ctypes.c_size_t()
    library.cuDeviceGet(ctypes.byref(device), index)
    library.cuDeviceGetName(name, len(name), device)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    return Gpu(name.value.decode(errors="replace") or "NVIDIA GPU", memory.value)


def driver_obstacle(driver: Driver | None, index: int, needed: int) -> Obstacle | None:
    """What stands in the way of CUDA ``needed`` (its major version) on GPU ``index``; None for nothing."""
    if driver is None:
        return Obstacle(
            "no NVIDIA driver was found", "install NVIDIA's driver if this computer has such a GPU"
        )
    if not driver.gpus:
        return Obstacle("the NVIDIA driver finds no GPU", "see what nvidia-smi says")
    if index >= len(driver.gpus):
        names = ", ".join(f"{i} is {gpu.name}" for i, gpu in enumerate(driver.gpus))
        return Obstacle(f"there is no GPU number {index} ({names})", "choose another number")
    if driver.cuda_version[0] < needed:
        have = "{}.{}".format(*driver.cuda_version)
        return Obstacle(
            f"the NVIDIA driver knows CUDA up to {have} and CUDA {needed} is needed", "update the driver"
        )
    return None


def library_obstacle(needed: int) -> Obstacle | None:
    """Whether the libraries that onnxruntime's CUDA part links against can be loaded.

    Call it after ``preload_cuda``: loaded libraries are found by bare name.
    """
    if sys.platform == "win32":
        names = [f"cublasLt64_{needed}.dll", f"cublas64_{needed}.dll", "cudnn64_9.dll"]
    else:
        names = [f"libcublasLt.so.{needed}", f"libcublas.so.{needed}", "libcudnn.so.9"]
    missing = [name for name in names if _load(name) is None]
    if missing:
        return Obstacle(f"the CUDA libraries are missing ({', '.join(missing)})", INSTALL_CUDA)
    return None


def _load(name: str) -> Any:
    if not name:
        return None
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        logger.debug("%s does not load: %s", name, error)
        return None
