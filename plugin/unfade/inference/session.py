"""Session: one model on one provider, honest about which one it is."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import Cancelled, DeviceError, ModelError, first_line
from unfade.inference.devices import (
    CPU,
    CUDA,
    WANTS_FIXED_SIZES,
    Device,
    DeviceKind,
    plan_providers,
    provider_label,
)
from unfade.inference.loading import (
    OutOfMemory,
    Outputs,
    Sides,
    file_state,
    is_out_of_memory,
    start,
    start_best,
)
from unfade.inference.runtime import onnxruntime
from unfade.models import ModelCard, read_card
from unfade.models.probing import probe

logger = logging.getLogger(__name__)


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
        card: what the model says of itself, and of outputs that may be left out here (:meth:`only`).
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
        device: Device = Device.AUTO,
        outputs: Outputs | None = None,
    ) -> None:
        """``fixed`` opens the model once more for inputs of one size, where the provider wants that."""
        self.path = path
        self.card = card
        self.provider: str = inner.get_providers()[0]
        self.fallback = fallback
        self._inner = inner
        self._threads = threads
        self._device = device if self.provider != CPU else Device.CPU
        self._state = file_state(path)
        self._chosen = outputs
        self._outputs: Outputs = outputs or tuple(output.name for output in inner.get_outputs())
        self._gpu = self._buffers(inner)
        self._fixed = fixed
        self._sides: Sides | None = None
        self._lock = threading.Lock()
        self._cpu_twin: Session | None = None
        self._parts: dict[frozenset[str], Session] = {}

    @classmethod
    def open(
        cls,
        path: Path,
        device: Device = Device.AUTO,
        *,
        threads: int | None = None,
        fixed_sizes: bool | None = None,
        outputs: Outputs | None = None,
    ) -> Session:
        """Load the model at ``path`` for ``device``: where that is CUDA and a float16 file of the same model
        lies beside it, that file.

        Args:
            threads: CPU threads; None takes the physical cores this process may use.
            fixed_sizes: whether the network is compiled anew for every size of window, of which a picture
                has one; None does so for providers that want it.
            outputs: the names of those that are wanted; None for all. See :meth:`only`.

        Raises:
            ModelError: the file is missing, not an ONNX model, or has no usable card.
            DeviceError: a device asked for by name cannot run the model here.
            OutOfMemory: there is no room for the model's weights.
        """
        plan = plan_providers(device)
        card = read_card(path)
        chosen, inner, refusal = start_best(path, card, plan, threads, outputs)
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
            return start(chosen, plan.chain, threads=threads, sides=sides, outputs=outputs)[0]

        session = cls(
            inner,
            path,
            card,
            threads=threads,
            fallback=fallback,
            fixed=fixed if fixed_sizes else None,
            device=device,
            outputs=outputs,
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
                self._cpu_twin = Session.open(
                    self.path, Device.CPU, threads=self._threads, outputs=self._chosen
                )
            return self._cpu_twin

    def run_or_on_cpu(
        self, inputs: Mapping[str, NDArray[np.float32]]
    ) -> tuple[str, Mapping[str, NDArray[np.float32]]]:
        """The provider that ran, and :meth:`run`'s outputs: those of :meth:`on_cpu` where the device's memory
        does not do. For inputs that are not tiled."""
        try:
            return self.provider, self.run(inputs)
        except OutOfMemory:
            twin = self.on_cpu()
            if twin is self:
                raise
            return twin.provider, twin.run(inputs)

    def only(self, outputs: Iterable[str]) -> Session:
        """The same model, which need compute these outputs alone; opened when they are first asked for.

        What the others need is left out, which saves its time, where that can be: not on providers that
        compile a model for each size of window, which know what they have compiled by its file, and not for a
        model whose weights lie in other files. Else the session itself, which gives the others, too.
        """
        key = frozenset(outputs)
        if key == frozenset(self._outputs) or self._fixed is not None:
            return self
        with self._lock:
            if key not in self._parts:
                self._parts[key] = self._opened_for(tuple(sorted(key))) or self
            return self._parts[key]

    def _opened_for(self, outputs: Outputs) -> Session | None:
        """None where these outputs alone cannot be had of the same file on the same provider."""
        if file_state(self.path) != self._state:
            return None
        try:
            part = Session.open(self.path, self._device, threads=self._threads, outputs=outputs)
        except (ModelError, DeviceError, OutOfMemory) as error:
            logger.info("%s runs wholly: %s", self.card.name, error)
            return None
        return part if part.provider == self.provider else None

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
        self, inner: Any, outputs: Sequence[str], device: str = "cuda", index: int | None = None
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
