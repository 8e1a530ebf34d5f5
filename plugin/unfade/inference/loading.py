"""A model's file, opened by ONNX Runtime on the first execution provider that takes it."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from unfade.errors import ModelError, UnfadeError, first_line
from unfade.inference.devices import CPU, CUDA, TENSORRT, Chain, ProviderPlan
from unfade.inference.runtime import FATAL, onnxruntime, usable_cores
from unfade.models import ModelCard, half_precision_file, read_card
from unfade.models.onnx_file import read_contents, with_outputs
from unfade.models.probing import probe
from unfade.paths import resolved

logger = logging.getLogger(__name__)

Sides = tuple[int, int]
"""Height and width in pixels."""
Outputs = tuple[str, ...]
"""Names of a model's outputs."""
FileState = tuple[Path, int, int]
"""A path, and of the file there time and size."""
_SIDE_NAMES = ("height", "width")  # of the open dimensions, as unfade-export calls them
_QUICK_AT_HALF = frozenset({CUDA, TENSORRT})


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


def start_best(
    path: Path, card: ModelCard | None, plan: ProviderPlan, threads: int | None, outputs: Outputs | None
) -> tuple[Path, Any, str | None]:
    """The file that is run, then what :func:`start` gives of it."""
    file = file_for(path, plan.wanted)
    if file != path:
        try:
            if read_card(file) == card:
                inner, refusal = start(file, plan.chain, threads=threads, outputs=outputs)
                if inner.get_providers()[0] == plan.wanted:
                    return file, inner, refusal
        except ModelError as error:
            logger.info("%s", error)
        logger.info("%s is not used: it does not run here, or belongs to another model", file)
    return path, *start(path, plan.chain, threads=threads, outputs=outputs)


def file_for(path: Path, provider: str) -> Path:
    """The file to run in the place of ``path``: its float16 file where one lies beside it and ``provider`` is
    quick at half precision, else the model itself."""
    half = half_precision_file(path)
    return half if provider in _QUICK_AT_HALF and half.is_file() else path


def load_on_cpu(path: Path, *, optimise: bool = False) -> Any:
    """An onnxruntime session to look into a model or to try it out; errors as for :func:`start`."""
    return start(path, [(CPU, {})], optimise=optimise)[0]


def probe_file(path: Path) -> ModelCard:
    """The card that a model without one should have, found out by running it. Raises ModelError."""
    return probe(load_on_cpu(path), path)


def start(
    path: Path,
    chain: Chain,
    *,
    threads: int | None = None,
    optimise: bool = True,
    sides: Sides | None = None,
    outputs: Outputs | None = None,
) -> tuple[Any, str | None]:
    """An onnxruntime session with the first providers of ``chain`` that work, the CPU last.

    Args:
        path: the model.
        chain: see :func:`unfade.inference.provider_chain`.
        threads: CPU threads; None takes the physical cores this process may use.
        optimise: whether the graph is made ready to run quickly.
        sides: height and width of all inputs to come; None leaves them open.
        outputs: those that are wanted; None for all.

    Returns:
        The session, and why a provider refused where it said so. What runs is the first of the session's
        ``get_providers()``, which may be a later one than asked for even without a refusal.

    Raises:
        ModelError: the model cannot be loaded on the CPU either.
        OutOfMemory: there is no room for its weights.
    """
    if not path.is_file():
        raise ModelError(f"There is no model file {path}.")
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = threads or usable_cores() or 0
    if not optimise:
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # No run is faster with it, it holds a third more memory (docs/memory.md), and DirectML refuses it.
    options.enable_mem_pattern = False
    for name, side in zip(_SIDE_NAMES, sides or (), strict=False):
        options.add_free_dimension_override_by_name(name, side)
    model, refusal = _to_load(path, outputs), None
    while True:
        try:
            inner = runtime.InferenceSession(model, options, providers=chain, enable_fallback=0)
        except Exception as error:  # onnxruntime's exceptions have no common type of their own
            if len(chain) > 1:
                logger.info("%s could not be started: %s", chain[0][0], error)
                refusal = refusal or first_line(error)
                chain = chain[1:]
                continue
            if is_out_of_memory(error):
                raise OutOfMemory(f"There is not enough memory to load the model {path}.") from error
            raise ModelError(f"The model {path} cannot be loaded: {first_line(error)}") from error
        return inner, refusal


def _to_load(path: Path, outputs: Outputs | None) -> str | bytes:
    """A file, or of its model what these outputs need."""
    if outputs is not None:
        with suppress(OSError, ValueError, MemoryError):  # onnxruntime says what is wrong with the file
            data = path.read_bytes()
            if not read_contents(data).external:
                return with_outputs(data, outputs)
    return str(path)


def file_state(path: Path) -> FileState:
    """A file as it is now: a model that was replaced is opened anew. A missing one has no state."""
    path = resolved(path)
    try:
        status = path.stat()
    except OSError:
        return path, 0, 0
    return path, status.st_mtime_ns, status.st_size
