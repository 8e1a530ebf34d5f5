"""Out of memory, told apart from every other way in which running a model can fail."""

from __future__ import annotations

import re

from unfade.errors import UnfadeError


class OutOfMemory(UnfadeError):
    """A window did not fit into the memory of the device; a smaller one may."""


# What ONNX Runtime, CUDA, cuDNN, cuBLAS and Direct3D say when an allocation failed. They share no exception
# type (Fail, RuntimeException, EPFail...), so the text is all there is to go by.
_OUT_OF_MEMORY = re.compile(
    "|".join(
        (
            r"Failed to allocate memory",  # BFCArena, CPU and CUDA; TensorRT
            r"Available memory of \d+ is smaller than requested bytes",  # BFCArena under gpu_mem_limit
            r"\bbad[_ ]alloc(ation)?\b",  # std::bad_alloc (GCC, Clang), "bad allocation" (MSVC)
            r"\bbad_array_new_length\b",
            r"\bout of memory\b",  # CUDA failure 2, CoreML, Metal
            r"cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY",
            r"STATUS_ALLOC_FAILED",  # CUDNN_, CUBLAS_, CUFFT_
            r"(DEVICE|HOST)_ALLOCATION_FAILED",  # cuDNN 9
            r"\b8007000E\b|E_OUTOFMEMORY|Not enough memory resources",  # DirectML
            r"[Uu]nable to allocate .* for an array",  # numpy
        )
    ),
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` means that memory ran out, on whichever device."""
    return isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(str(error)) is not None


def first_line(error: BaseException) -> str:
    """The part of an ONNX Runtime message fit for a sentence: one line, without codes and source paths."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).strip()
    line = text.splitlines()[0].strip() if text else type(error).__name__
    return line if len(line) <= 200 else line[:197] + "..."
