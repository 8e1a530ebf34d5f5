"""Messages of ONNX Runtime, CUDA, cuDNN and Direct3D: which of them mean that memory ran out.

Those of the CPU were provoked with ONNX Runtime 1.31 (and still are, below), those of the arena, MSVC and
DirectML were reported by users in its issue tracker. Where no report was at hand the text is put together
from ONNX Runtime's format and the status name in the vendor's header; these are marked "composed".
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.models import unet_model
from unfade.errors import first_line
from unfade.inference.loading import is_out_of_memory

ARENA = (
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
    "Name:'/net/Conv' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* "
    "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*, bool, "
    "onnxruntime::WaitNotificationFn) Failed to allocate memory for requested buffer of size 285081600\n"
)

OUT_OF_MEMORY = [
    ARENA,
    "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Resize node. Name:'' Status "
    "Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::"
    "AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer "
    "of size 50331648\n",
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
    "Name:'t1_nchwc' Status Message: std::bad_alloc",
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Add node. "
    "Name:'/blocks.7/attn/Add_2' Status Message: bad allocation",
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Exception during initialization: /onnxruntime_src/"
    "onnxruntime/core/framework/bfc_arena.cc:342 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, "
    "bool, onnxruntime::Stream*) Available memory of 1048576 is smaller than requested bytes of 67108864\n",
    # composed
    "[ONNXRuntimeError] : 11 : EP_FAIL : Non-zero status code returned while running Conv node. Name:'C_9' "
    "Status Message: CUDA failure 2: out of memory ; GPU=0 ; hostname=box ; file=/onnxruntime_src/"
    "onnxruntime/core/providers/cuda/cuda_allocator.cc ; line=47 ; expr=cudaMalloc((void**)&p, size); ",
    # composed
    "CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=box ; expr=cudnnCreate(&cudnn_handle_);",
    # composed
    "CUDNN failure 4003: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=box ; expr=cublasCreate(&handle);",
    # composed: the driver's name for it
    "CUDA_ERROR_OUT_OF_MEMORY",
    "MLOperatorAuthorImpl.cpp(1978)\\onnxruntime_pybind11_state.pyd!00007FFBDC8EBB9F: (caller: "
    "00007FFBDCFFDEFF) Exception(3) tid(4304) 8007000E Not enough memory resources are available to complete "
    "this operation.",
    "BucketizedBufferAllocator.cpp(122)\\onnxruntime_pybind11_state.pyd!00007FFA82D145C8: Exception(1) "
    "tid(4790) 8007000E",
    "Unable to allocate 12.0 GiB for an array with shape (1, 3, 32768, 32768) and data type float32",
]

SOMETHING_ELSE = [
    "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input: input for the following "
    "indices\n index: 1 Got: 4 Expected: 3\n Please fix either the inputs/outputs or the model.",
    "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Unexpected input data type. Actual: (tensor(double)) , "
    "expected: (tensor(float))",
    "[ONNXRuntimeError] : 7 : INVALID_PROTOBUF : Load model from a.onnx failed:Protobuf parsing failed.",
    "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Conv(11) node",
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Concat node. "
    "Status Message: concat.cc:154 Non concat axis dimensions must match: Axis 2 has mismatched dimensions "
    "of 9 and 10",
    "CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=box",
    "CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0 ; hostname=box ; file=conv.cc ; line=493",
    "CUDA failure 700: an illegal memory access was encountered ; GPU=0",
    "887A0006 The GPU will not respond to more commands, most likely because of an invalid command",
    "the model's allocation plan is broken",
    "",
]


@pytest.mark.parametrize("message", OUT_OF_MEMORY)
def test_out_of_memory(message: str) -> None:
    assert is_out_of_memory(RuntimeError(message))


@pytest.mark.parametrize("message", SOMETHING_ELSE)
def test_something_else(message: str) -> None:
    assert not is_out_of_memory(RuntimeError(message))


def test_memory_error() -> None:
    assert is_out_of_memory(MemoryError())


def test_first_line() -> None:
    assert (
        first_line(RuntimeError("[ONNXRuntimeError] : 7 : INVALID_PROTOBUF : Bad file.\nMore")) == "Bad file."
    )
    assert first_line(RuntimeError("")) == "RuntimeError"
    assert len(first_line(RuntimeError(ARENA))) == 200


STARVED = """
import resource, sys
from pathlib import Path
import numpy as np
from unfade.inference import Device, OutOfMemory, Session
session = Session.open(Path(sys.argv[1]), Device.CPU, threads=1)
pixels = np.zeros((1, 3, 1024, 1024), np.float32)
session.run({"input": pixels[:, :, :64, :64].copy()})
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 60 * 2**20,) * 2)
try:
    session.run({"input": pixels})
except OutOfMemory as error:
    print(error)
session.run({"input": pixels[:, :, :64, :64].copy()})
print("and smaller windows still run")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space of a process, which Linux can")
def test_a_cpu_that_really_runs_out_of_memory(tmp_path: Path) -> None:
    path = unet_model(tmp_path / "wide.onnx", 2, channels=64)
    done = subprocess.run(
        [sys.executable, "-c", STARVED, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        "There is not enough memory on the CPU to run the model wide: close other programs, or use a smaller "
        "--tile.",
        "and smaller windows still run",
    ]
    assert done.stderr == ""
