"""Devices: what the user asks for, which of ONNX Runtime's providers that means, and whether CUDA is one.

onnxruntime-gpu lists CUDA as available even where it cannot load, takes half a second to find out, and then
silently runs on the CPU. So NVIDIA's driver and libraries are asked before anything is started, which costs a
millisecond where there is no driver.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import logging
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from unfade import paths
from unfade.errors import DeviceError, UsageError
from unfade.inference.runtime import onnxruntime, quietly

logger = logging.getLogger(__name__)

TENSORRT = "TensorrtExecutionProvider"
CUDA = "CUDAExecutionProvider"
DIRECTML = "DmlExecutionProvider"
COREML = "CoreMLExecutionProvider"
CPU = "CPUExecutionProvider"


class DeviceKind(str, Enum):
    """The kinds of processor a model can run on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"
    COREML = "coreml"
    DIRECTML = "directml"


@dataclass(frozen=True)
class Device:
    """A kind of processor and, for CUDA and TensorRT, which one of them."""

    kind: DeviceKind
    index: int = 0

    AUTO: ClassVar[Device]
    """The fastest that works here."""
    CPU: ClassVar[Device]

    @classmethod
    def parse(cls, text: str) -> Device:
        """Read ``auto``, ``cpu``, ``cuda``, ``tensorrt`` (``cuda:N`` for the Nth), ``coreml``, ``directml``.

        Raises:
            UsageError: for anything else.
        """
        name, colon, number = text.strip().lower().partition(":")
        try:
            kind = DeviceKind(name)
        except ValueError:
            kind = None
        numbered = kind in _NVIDIA
        if kind is None or (colon and not (numbered and re.fullmatch(r"[0-9]{1,3}", number))):
            raise UsageError(
                f"There is no device {text!r}: use auto, cpu, cuda, cuda:N (N counts GPUs from 0), "
                "tensorrt, coreml or directml."
            )
        return cls(kind, int(number) if colon else 0)

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.index}" if self.index else self.kind.value


Device.AUTO = Device(DeviceKind.AUTO)
Device.CPU = Device(DeviceKind.CPU)


Chain = list[tuple[str, dict[str, str]]]
"""Providers with their options, the first that works is taken; the last is always the CPU."""

PREFERENCE = (CUDA, DIRECTML, COREML)
"""What "auto" tries, the fastest first."""
WANTS_FIXED_SIZES = frozenset({TENSORRT, COREML})
"""Providers that compile a network for one size of its input, and are slow or refuse where it is open."""
_BY_NAME = {
    DeviceKind.TENSORRT: TENSORRT,
    DeviceKind.CUDA: CUDA,
    DeviceKind.DIRECTML: DIRECTML,
    DeviceKind.COREML: COREML,
}
_NVIDIA = (DeviceKind.CUDA, DeviceKind.TENSORRT)
_LABELS = {TENSORRT: "TensorRT", CUDA: "CUDA", DIRECTML: "DirectML", COREML: "CoreML", CPU: "CPU"}
WHERE = {
    TENSORRT: "TensorRT needs Linux or Windows on an x86-64 processor, and the onnxruntime-gpu package",
    CUDA: "CUDA needs Linux or Windows on an x86-64 processor, and the onnxruntime-gpu package",
    DIRECTML: "DirectML needs Windows and the onnxruntime-directml package",
    COREML: "CoreML needs macOS",
}
"""Why a provider is not in a build of ONNX Runtime."""


def provider_label(provider: str) -> str:
    """The name people use: "CUDA" for CUDAExecutionProvider."""
    return _LABELS.get(provider, provider)


def provider_chain(
    device: Device,
    available: Sequence[str],
    *,
    gpu_memory_limit: int | None = None,
    cache: Path | None = None,
) -> Chain:
    """The providers to ask onnxruntime for, the most wanted first.

    Args:
        device: what the user asked for.
        available: the providers of this build of onnxruntime (``get_available_providers()``).
        gpu_memory_limit: bytes that CUDA's arena may take; None leaves it without limit.
        cache: a folder for what TensorRT and CoreML compile; None has them compile at every start.

    Raises:
        DeviceError: a device asked for by name is not in this build.
    """
    if device.kind is DeviceKind.CPU:
        return [(CPU, {})]
    if device.kind is DeviceKind.AUTO:
        wanted = [provider for provider in PREFERENCE if provider in available]
    else:
        wanted = [_BY_NAME[device.kind]]
        if device.kind is DeviceKind.TENSORRT and CUDA in available:
            wanted.append(CUDA)  # for the operators that TensorRT lacks
        if wanted[0] not in available:
            raise DeviceError(
                f"The device {device} cannot be used here: {WHERE[wanted[0]]}. Use --device auto or cpu."
            )
    chain: Chain = [(provider, _options(provider, device, gpu_memory_limit, cache)) for provider in wanted]
    return [*chain, (CPU, {})]


def _options(
    provider: str, device: Device, gpu_memory_limit: int | None, cache: Path | None
) -> dict[str, str]:
    if provider == TENSORRT:
        return _tensorrt_options(device, gpu_memory_limit, cache)
    if provider == CUDA:
        options = {
            "device_id": str(device.index),
            # EXHAUSTIVE times every algorithm for every new shape, seconds each; DEFAULT takes a slow one.
            "cudnn_conv_algo_search": "HEURISTIC",
            # Doubling the arena at every growth would hit the limit with half of the memory unused.
            "arena_extend_strategy": "kSameAsRequested",
        }
        if gpu_memory_limit is not None:
            options["gpu_mem_limit"] = str(gpu_memory_limit)
        return options
    if provider == DIRECTML:
        return {"device_id": str(device.index)}
    if provider == COREML:
        # MLProgram is the format of current systems, and knows more operators than NeuralNetwork.
        options = {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL", "RequireStaticInputShapes": "0"}
        return options if cache is None else {**options, "ModelCacheDirectory": str(cache / "coreml")}
    return {}


def _tensorrt_options(device: Device, gpu_memory_limit: int | None, cache: Path | None) -> dict[str, str]:
    """Building an engine takes a minute or more for every network and window; it is kept in ``cache``."""
    options = {"device_id": str(device.index)}
    if gpu_memory_limit is not None:
        options["trt_max_workspace_size"] = str(gpu_memory_limit // 2)
    if cache is not None:
        folder = str(cache / "tensorrt")
        options |= {
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": folder,
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": folder,
        }
    return options


@dataclass(frozen=True)
class ProviderPlan:
    """What to ask onnxruntime for, and what is known beforehand about the devices left out."""

    chain: Chain
    reason: str | None = None
    """Why CUDA, which onnxruntime lists, is not in the chain."""

    @property
    def wanted(self) -> str:
        """The provider that is tried first."""
        return self.chain[0][0]


def plan_providers(device: Device) -> ProviderPlan:
    """The chain for ``device`` on this machine, without a CUDA that is known not to run.

    Raises:
        DeviceError: a device asked for by name cannot be used.
    """
    available = list(onnxruntime().get_available_providers())
    reason = None
    if device.kind in (DeviceKind.AUTO, *_NVIDIA) and CUDA in available:
        obstacle = obstacle_to_cuda(device.index)
        if obstacle is not None:
            if device.kind in _NVIDIA:
                raise DeviceError(
                    f"The device {device} cannot be used: {obstacle.reason}. "
                    f"To use it, {obstacle.remedy}; otherwise use --device auto or cpu."
                )
            available.remove(CUDA)
            reason = f"{obstacle.reason} ({obstacle.remedy})"
    limit = gpu_memory_limit(device.index) if CUDA in available else None
    cache = paths.cache_dir() / "compiled"
    chain = provider_chain(device, available, gpu_memory_limit=limit, cache=cache)
    if any(provider in WANTS_FIXED_SIZES for provider, _ in chain):
        with contextlib.suppress(OSError):  # a provider that cannot keep what it compiles compiles again
            cache.mkdir(parents=True, exist_ok=True)
    return ProviderPlan(chain, reason)


# CUDA

_PCI_DEVICES = Path("/sys/bus/pci/devices")
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
