"""The device the user names, and the providers asked for in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfade.errors import DeviceError, UsageError
from unfade.inference import Device, DeviceKind, provider_chain
from unfade.inference.devices import Chain

TENSORRT, CUDA, DML, COREML, CPU = (
    f"{name}ExecutionProvider" for name in ("Tensorrt", "CUDA", "Dml", "CoreML", "CPU")
)
CUDA_OPTIONS = {
    "device_id": "0",
    "cudnn_conv_algo_search": "HEURISTIC",
    "arena_extend_strategy": "kSameAsRequested",
}
COREML_OPTIONS = {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL", "RequireStaticInputShapes": "0"}


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("auto", Device.AUTO),
        ("cpu", Device.CPU),
        ("CPU ", Device.CPU),
        ("cuda", Device(DeviceKind.CUDA)),
        ("cuda:0", Device(DeviceKind.CUDA)),
        ("cuda:3", Device(DeviceKind.CUDA, 3)),
        ("tensorrt:1", Device(DeviceKind.TENSORRT, 1)),
        ("coreml", Device(DeviceKind.COREML)),
        ("directml", Device(DeviceKind.DIRECTML)),
    ],
)
def test_parse(text: str, device: Device) -> None:
    assert Device.parse(text) == device
    assert Device.parse(str(device)) == device


@pytest.mark.parametrize("text", ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1:2", "cpu:0", "cuda:9999"])
def test_nonsense(text: str) -> None:
    with pytest.raises(UsageError, match="There is no device"):
        Device.parse(text)


@pytest.mark.parametrize(
    ("device", "available", "limit", "chain"),
    [
        ("auto", [CPU], None, [(CPU, {})]),
        ("auto", [TENSORRT, CUDA, CPU], None, [(CUDA, CUDA_OPTIONS), (CPU, {})]),
        (
            "auto",
            [CPU, COREML, DML, CUDA],
            None,
            [(CUDA, CUDA_OPTIONS), (DML, {"device_id": "0"}), (COREML, COREML_OPTIONS), (CPU, {})],
        ),
        ("auto", [DML, CPU], 10**9, [(DML, {"device_id": "0"}), (CPU, {})]),
        ("auto", ["AzureExecutionProvider", COREML, CPU], None, [(COREML, COREML_OPTIONS), (CPU, {})]),
        ("auto", [CUDA, CPU], 5, [(CUDA, {**CUDA_OPTIONS, "gpu_mem_limit": "5"}), (CPU, {})]),
        ("cpu", [CUDA, DML, COREML, CPU], 10**9, [(CPU, {})]),
        (
            "cuda:1",
            [DML, CUDA, CPU],
            8 * 2**30,
            [(CUDA, {**CUDA_OPTIONS, "device_id": "1", "gpu_mem_limit": "8589934592"}), (CPU, {})],
        ),
        ("directml", [CUDA, DML, CPU], None, [(DML, {"device_id": "0"}), (CPU, {})]),
        ("coreml", [CUDA, COREML, CPU], None, [(COREML, COREML_OPTIONS), (CPU, {})]),
    ],
)
def test_chain(device: str, available: list[str], limit: int | None, chain: Chain) -> None:
    assert provider_chain(Device.parse(device), available, gpu_memory_limit=limit) == chain


@pytest.mark.parametrize(
    ("device", "needs"), [("cuda", "onnxruntime-gpu"), ("directml", "Windows"), ("coreml", "macOS")]
)
def test_named_but_not_in_this_build(device: str, needs: str) -> None:
    with pytest.raises(DeviceError, match=rf"The device {device} cannot be used here.*{needs}"):
        provider_chain(Device.parse(device), [CPU])


@pytest.mark.parametrize(
    ("device", "available", "limit", "compiled"),
    [
        (
            "tensorrt:1",
            [TENSORRT, CUDA, CPU],
            8 * 2**30,
            {
                "device_id": "1",
                "trt_max_workspace_size": "4294967296",
                "trt_engine_cache_enable": "1",
                "trt_engine_cache_path": str(Path("cache/tensorrt")),
                "trt_timing_cache_enable": "1",
                "trt_timing_cache_path": str(Path("cache/tensorrt")),
            },
        ),
        ("coreml", [COREML, CPU], None, {**COREML_OPTIONS, "ModelCacheDirectory": str(Path("cache/coreml"))}),
        ("cuda", [TENSORRT, CUDA, CPU], None, CUDA_OPTIONS),
        ("directml", [DML, CPU], None, {"device_id": "0"}),
    ],
)
def test_what_is_compiled_is_kept(
    device: str, available: list[str], limit: int | None, compiled: dict[str, str]
) -> None:
    chain = provider_chain(Device.parse(device), available, gpu_memory_limit=limit, cache=Path("cache"))
    assert chain[0][1] == compiled


def test_tensorrt_hands_on_what_it_lacks() -> None:
    chain = provider_chain(Device.parse("tensorrt"), [TENSORRT, CUDA, DML, CPU])
    assert [provider for provider, _ in chain] == [TENSORRT, CUDA, CPU]
    assert chain[0][1] == {"device_id": "0"}
