"""Session: one model on one provider, honest about which one it is."""

from __future__ import annotations

import logging
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import Cancelled, DeviceError, ModelError, UnfadeError, first_line
from unfade.inference.devices import (
    CPU,
    CUDA,
    TENSORRT,
    WANTS_FIXED_SIZES,
    Chain,
    Device,
    DeviceKind,
    ProviderPlan,
    plan_providers,
    provider_label,
)
from unfade.inference.runtime import FATAL, onnxruntime, usable_cores
from unfade.models import ModelCard, half_precision_file, read_card
from unfade.models.probing import probe

logger = logging.getLogger(__name__)

Sides = tuple[int, int]
"""Height and width in pixels."""
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


class Stop:
    """Ends the runs of networks in the middle of a tile, which may take seconds: on the CPU after the graph's
    node they are at, on other providers where these look at it.

    One thread runs models ``with stop.heeded():``, and another calls :meth:`now`, after which it stays so.
    """

    def __init__(self) -> None:
        self._stopped = False
        self._running: set[Any] = set()
        self._lock = threading.Lock()

    def now(self) -> None:
        """Ends the runs under way, and all to come."""
        with self._lock:
            self._stopped = True
            for options in self._running:
                options.terminate = True

    def check(self) -> None:
        """Raises Cancelled once the work is to stop."""
        if self._stopped:
            raise Cancelled("The filter was stopped.")

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Runs of sessions, in this thread and block, raise Cancelled once they are to stop."""
        token = _heeded.set(self)
        try:
            yield
        finally:
            _heeded.reset(token)

    @contextmanager
    def run(self) -> Iterator[Any]:
        """onnxruntime's options for one run.

        Raises:
            Cancelled: it is to stop, before the run or, in place of whatever that raised, after it.
        """
        options = onnxruntime().RunOptions()
        with self._lock:
            self.check()
            self._running.add(options)
        try:
            yield options
        finally:
            with self._lock:
                self._running.discard(options)
                self.check()


_heeded: ContextVar[Stop | None] = ContextVar("heeded", default=None)


@contextmanager
def unheeded() -> Iterator[None]:
    """For what is kept for later runs: it is made to its end, even if this run is over before."""
    token = _heeded.set(None)
    try:
        yield
    finally:
        _heeded.reset(token)


class Session:
    """A model ready to run. Safe to use from several threads.

    Attributes:
        path: the ONNX file.
        card: what the model says of itself.
        provider: the execution provider that really runs it ("CPUExecutionProvider").
        fallback: where ``auto`` ended on the CPU, a sentence on why no GPU is used; None otherwise.
    """

    def __init__(
        self,
        inner: Any,
        path: Path,
        card: ModelCard,
        *,
        threads: int | None,
        fallback: str | None,
        fixed: Callable[[Sides], Any] | None = None,
    ) -> None:
        """``fixed`` opens the model once more for inputs of one size, where the provider wants that."""
        self.path = path
        self.card = card
        self.provider: str = inner.get_providers()[0]
        self.fallback = fallback
        self._inner = inner
        self._threads = threads
        self._outputs: list[str] = [output.name for output in inner.get_outputs()]
        self._gpu = self._buffers(inner)
        self._fixed = fixed
        self._sides: Sides | None = None
        self._lock = threading.Lock()
        self._cpu_twin: Session | None = None

    @classmethod
    def open(
        cls,
        path: Path,
        device: Device = Device.AUTO,
        *,
        threads: int | None = None,
        fixed_sizes: bool | None = None,
    ) -> Session:
        """Load the model at ``path`` for ``device``: where that is CUDA and a float16 file of the same model
        lies beside it, that file.

        Args:
            threads: CPU threads; None takes the physical cores this process may use.
            fixed_sizes: whether the network is compiled anew for every size of window, of which a picture
                has one; None does so for providers that want it.

        Raises:
            ModelError: the file is missing, not an ONNX model, or has no usable card.
            DeviceError: a device asked for by name cannot run the model here.
            OutOfMemory: there is no room for the model's weights.
        """
        plan = plan_providers(device)
        card = read_card(path)
        chosen, inner, refusal = _start_best(path, card, plan, threads)
        if card is None:
            card = probe(inner, path)
        runs_on = inner.get_providers()[0]
        if runs_on != plan.wanted:
            refusal = (
                f"{provider_label(plan.wanted)} could not be started "
                f"({refusal or 'onnxruntime does not say why'})"
            )
            if device.kind is not DeviceKind.AUTO:
                raise DeviceError(f"The device {device} cannot be used: {refusal}. Use --device auto or cpu.")
        reason = refusal or plan.reason
        fallback = f"Running on the CPU: {reason}." if reason and runs_on == CPU else None
        if card.fixed_size is not None:
            fixed_sizes = False  # there is nothing to compile anew
        elif fixed_sizes is None:
            fixed_sizes = runs_on in WANTS_FIXED_SIZES

        def fixed(sides: Sides) -> Any:
            return start(chosen, plan.chain, threads=threads, sides=sides)[0]

        session = cls(
            inner, path, card, threads=threads, fallback=fallback, fixed=fixed if fixed_sizes else None
        )
        logger.info("%s runs on %s. %s", card.name, provider_label(session.provider), fallback or "")
        return session

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Run the network once.

        Args:
            inputs: NCHW float32 arrays by the names on the card.

        Returns:
            NCHW float32 arrays by the names of the outputs.

        Raises:
            OutOfMemory: the arrays were too large for the device.
            Cancelled: a :class:`Stop` that is heeded ended it.
            ModelError, DeviceError: it failed in another way, on the CPU or on a GPU.
        """
        stop = _heeded.get()
        try:
            with nullcontext() if stop is None else stop.run() as options:
                inner, gpu = self._ready_for(inputs)
                if gpu is not None:
                    return gpu.run(inputs, options)
                arrays = inner.run(self._outputs, dict(inputs), options)
        except Cancelled:
            raise
        except Exception as error:  # onnxruntime's exceptions have no common type of their own
            raise self._explain(error) from error
        return dict(zip(self._outputs, arrays, strict=True))

    def _ready_for(self, inputs: Mapping[str, NDArray[np.float32]]) -> tuple[Any, GpuBuffers | None]:
        """The inner session for inputs of this size, and its buffers."""
        if self._fixed is None:
            return self._inner, self._gpu
        _, _, height, width = next(iter(inputs.values())).shape
        with self._lock:
            if self._sides != (height, width):
                self._inner = self._fixed((height, width))
                self._gpu = self._buffers(self._inner)
                self._sides = (height, width)
            return self._inner, self._gpu

    @property
    def one_size(self) -> bool:
        """Whether it is for windows of one height and width, or would be compiled anew for others."""
        return self._fixed is not None or self.card.fixed_size is not None

    def _buffers(self, inner: Any) -> GpuBuffers | None:
        return GpuBuffers(inner, self._outputs) if self.provider == CUDA else None

    def on_cpu(self) -> Session:
        """The same model on the CPU: itself if it is there already."""
        if self.provider == CPU:
            return self
        with self._lock:
            if self._cpu_twin is None:
                self._cpu_twin = Session.open(self.path, Device.CPU, threads=self._threads)
            return self._cpu_twin

    def _explain(self, error: Exception) -> Exception:
        label = provider_label(self.provider)
        if is_out_of_memory(error):
            return OutOfMemory(
                f"There is not enough memory on the {label} to run the model {self.card.name}: "
                "close other programs, or use a smaller --tile."
            )
        logger.info("%s failed on %s: %s", self.card.name, label, error)
        if self.provider == CPU:
            return ModelError(f"The model {self.card.name} failed: {first_line(error)}")
        return DeviceError(
            f"The model {self.card.name} failed on {label}: {first_line(error)} Use --device cpu instead."
        )


class GpuBuffers:
    """Runs a CUDA session through IO binding: the input buffer on the GPU is kept and filled again.

    All windows of a picture have one shape, or two where some looks at them lie across, so nothing is
    allocated there after the first.
    """

    def __init__(
        self, inner: Any, outputs: list[str], device: str = "cuda", index: int | None = None
    ) -> None:
        self._inner = inner
        self._outputs = outputs
        self._device = device
        if index is None:
            index = int(inner.get_provider_options()[CUDA]["device_id"])
        self._index = index
        self._values: dict[tuple[str, tuple[int, ...]], Any] = {}
        self._lock = threading.Lock()  # the buffers are one set, and a GPU runs one window at a time anyway

    def run(
        self, inputs: Mapping[str, NDArray[np.float32]], options: Any = None
    ) -> dict[str, NDArray[np.float32]]:
        with self._lock:
            binding = self._inner.io_binding()
            for name, array in inputs.items():
                binding.bind_ortvalue_input(name, self._upload(name, np.ascontiguousarray(array)))
            for name in self._outputs:
                binding.bind_output(name, self._device, self._index)
            self._inner.run_with_iobinding(binding, options)
            return dict(zip(self._outputs, binding.copy_outputs_to_cpu(), strict=True))

    def _upload(self, name: str, array: NDArray[np.float32]) -> Any:
        value = self._values.get((name, array.shape))
        if value is not None:
            value.update_inplace(array)
            return value
        # let go of buffers of another size before asking for the new one
        for other in [key for key in self._values if key[0] == name and math.prod(key[1]) != array.size]:
            del self._values[other]
        value = onnxruntime().OrtValue.ortvalue_from_numpy(array, self._device, self._index)
        self._values[name, array.shape] = value
        return value


def _start_best(
    path: Path, card: ModelCard | None, plan: ProviderPlan, threads: int | None
) -> tuple[Path, Any, str | None]:
    """The file that is run, then what :func:`start` gives of it."""
    file = file_for(path, plan.wanted)
    if file != path:
        try:
            if read_card(file) == card:
                inner, refusal = start(file, plan.chain, threads=threads)
                if inner.get_providers()[0] == plan.wanted:
                    return file, inner, refusal
        except ModelError as error:
            logger.info("%s", error)
        logger.info("%s is not used: it does not run here, or belongs to another model", file)
    return path, *start(path, plan.chain, threads=threads)


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
) -> tuple[Any, str | None]:
    """An onnxruntime session with the first providers of ``chain`` that work, the CPU last.

    Args:
        path: the model.
        chain: see :func:`unfade.inference.provider_chain`.
        threads: CPU threads; None takes the physical cores this process may use.
        optimise: whether the graph is made ready to run quickly.
        sides: height and width of all inputs to come; None leaves them open.

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
    refusal = None
    while True:
        try:
            inner = runtime.InferenceSession(str(path), options, providers=chain, enable_fallback=0)
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
