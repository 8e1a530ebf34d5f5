"""Devices: what the user asks for, and which of ONNX Runtime's providers that means."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import ClassVar

from unfade import paths
from unfade.errors import DeviceError, UsageError
from unfade.inference.cuda import gpu_memory_limit, obstacle_to_cuda
from unfade.inference.runtime import onnxruntime

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
