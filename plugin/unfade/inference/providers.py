"""Execution providers: which of ONNX Runtime's back ends to ask for, in which order, with which options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unfade.errors import DeviceError
from unfade.inference import nvidia
from unfade.inference.device import Device, DeviceKind
from unfade.inference.nvidia import Obstacle
from unfade.inference.runtime import onnxruntime, preload_cuda

TENSORRT = "TensorrtExecutionProvider"
CUDA = "CUDAExecutionProvider"
DIRECTML = "DmlExecutionProvider"
COREML = "CoreMLExecutionProvider"
CPU = "CPUExecutionProvider"

Chain = list[tuple[str, dict[str, str]]]
"""Providers with their options, the first that works is taken; the last is always the CPU."""

_PREFERENCE = (CUDA, DIRECTML, COREML)
WANTS_FIXED_SIZES = frozenset({TENSORRT, COREML})
"""Providers that compile a network for one size of its input, and are slow or refuse where it is open."""
_BY_NAME = {
    DeviceKind.TENSORRT: TENSORRT,
    DeviceKind.CUDA: CUDA,
    DeviceKind.DIRECTML: DIRECTML,
    DeviceKind.COREML: COREML,
}
_LABELS = {TENSORRT: "TensorRT", CUDA: "CUDA", DIRECTML: "DirectML", COREML: "CoreML", CPU: "CPU"}
_WHERE = {
    TENSORRT: "TensorRT needs Linux or Windows on an x86-64 processor, and the onnxruntime-gpu package",
    CUDA: "CUDA needs Linux or Windows on an x86-64 processor, and the onnxruntime-gpu package",
    DIRECTML: "DirectML needs Windows and the onnxruntime-directml package",
    COREML: "CoreML needs macOS",
}


@dataclass(frozen=True)
class ProviderStatus:
    """What ``unfade doctor`` tells of one provider."""

    provider: str
    label: str
    usable: bool
    note: str
    """Which processor it is, or why it cannot be used and what to do."""


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
        wanted = [provider for provider in _PREFERENCE if provider in available]
    else:
        wanted = [_BY_NAME[device.kind]]
        if device.kind is DeviceKind.TENSORRT and CUDA in available:
            wanted.append(CUDA)  # for the operators that TensorRT lacks
        if wanted[0] not in available:
            raise DeviceError(
                f"The device {device} cannot be used here: {_WHERE[wanted[0]]}. Use --device auto or cpu."
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


def cuda_obstacle(index: int) -> Obstacle | None:
    """Why CUDA cannot be used on GPU ``index`` although onnxruntime lists it; None when it can.

    Loads the CUDA libraries, but only where a driver and a GPU make it worth while.
    """
    needed = int(onnxruntime().cuda_version.split(".")[0] or 0)
    obstacle = nvidia.driver_obstacle(nvidia.find_driver(), index, needed)
    if obstacle is None:
        preload_cuda()
        obstacle = nvidia.library_obstacle(needed)
    return obstacle


def gpu_memory_limit(index: int) -> int | None:
    """Bytes to allow CUDA's arena: four fifths of the GPU, since the desktop lives there as well."""
    driver = nvidia.find_driver()
    if driver is None or index >= len(driver.gpus):
        return None
    return driver.gpus[index].memory * 4 // 5


def survey() -> list[ProviderStatus]:
    """What this machine offers, the most wanted first, without opening a model."""
    available = onnxruntime().get_available_providers()
    found = []
    for provider in _PREFERENCE:
        label = provider_label(provider)
        if provider not in available:
            found.append(ProviderStatus(provider, label, False, _WHERE[provider]))
        elif provider == CUDA:
            obstacle = cuda_obstacle(0)
            driver = nvidia.find_driver()
            names = ", ".join(gpu.name for gpu in driver.gpus) if driver else ""
            note = names if obstacle is None else f"{obstacle.reason}: {obstacle.remedy}"
            found.append(ProviderStatus(provider, label, obstacle is None, note))
        else:
            found.append(ProviderStatus(provider, label, True, ""))
    return [*found, ProviderStatus(CPU, provider_label(CPU), True, "")]
