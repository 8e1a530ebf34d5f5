"""Session: one model on one provider, honest about which one it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.card import ModelCard
from unfade.engine import providers
from unfade.engine.device import Device, DeviceKind
from unfade.engine.failures import OutOfMemory, first_line, is_out_of_memory
from unfade.engine.providers import Chain, provider_label
from unfade.engine.runtime import FATAL, onnxruntime
from unfade.engine.threads import usable_cores
from unfade.errors import DeviceError, ModelError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Plan:
    """What to ask onnxruntime for, and what is known beforehand about the devices left out."""

    chain: Chain
    reason: str | None = None
    """Why CUDA, which onnxruntime lists, is not in the chain."""


class Session:
    """A model ready to run. Safe to use from several threads.

    Attributes:
        path: the ONNX file.
        card: what the model says of itself.
        provider: the execution provider that really runs it ("CPUExecutionProvider").
        fallback: where ``auto`` ended on the CPU, a sentence on why no GPU is used; None otherwise.
    """

    def __init__(
        self, inner: Any, path: Path, card: ModelCard, *, threads: int | None, fallback: str | None
    ) -> None:
        self.path = path
        self.card = card
        self.provider: str = inner.get_providers()[0]
        self.fallback = fallback
        self._inner = inner
        self._threads = threads
        self._outputs: list[str] = [output.name for output in inner.get_outputs()]
        self._gpu = _GpuBuffers(inner, self._outputs) if self.provider == providers.CUDA else None
        self._lock = threading.Lock()
        self._cpu_twin: Session | None = None

    @classmethod
    def open(cls, path: Path, device: Device = Device.AUTO, *, threads: int | None = None) -> Session:
        """Load the model at ``path`` for ``device``.

        Args:
            threads: CPU threads; None takes the physical cores this process may use.

        Raises:
            ModelError: the file is missing, not an ONNX model, or has no usable card.
            DeviceError: a device asked for by name cannot run the model here.
            OutOfMemory: there is no room for the model's weights.
        """
        plan = _plan(device)
        # Once there are half-precision variants of the models, this is where the provider is known and the
        # file with the better type for it can be taken instead.
        inner, refusal = start(path, plan.chain, threads=threads)
        card = read_card(inner, path)
        if inner.get_providers()[0] != plan.chain[0][0]:
            wanted = provider_label(plan.chain[0][0])
            refusal = f"{wanted} could not be started ({refusal or 'onnxruntime does not say why'})"
            if device.kind is not DeviceKind.AUTO:
                raise DeviceError(f"The device {device} cannot be used: {refusal}. Use --device auto or cpu.")
        reason = refusal or plan.reason
        runs_on_cpu = inner.get_providers()[0] == providers.CPU
        fallback = f"Running on the CPU: {reason}." if reason and runs_on_cpu else None
        session = cls(inner, path, card, threads=threads, fallback=fallback)
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
            ModelError, DeviceError: it failed in another way, on the CPU or on a GPU.
        """
        try:
            if self._gpu is not None:
                return self._gpu.run(inputs)
            arrays = self._inner.run(self._outputs, dict(inputs))
        except Exception as error:  # onnxruntime's exceptions have no common type of their own
            raise self._explain(error) from error
        return dict(zip(self._outputs, arrays, strict=True))

    def on_cpu(self) -> Session:
        """The same model on the CPU: itself if it is there already."""
        if self.provider == providers.CPU:
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
        if self.provider == providers.CPU:
            return ModelError(f"The model {self.card.name} failed: {first_line(error)}")
        return DeviceError(
            f"The model {self.card.name} failed on {label}: {first_line(error)} Use --device cpu instead."
        )


class _GpuBuffers:
    """Runs a CUDA session through IO binding: the input buffer on the GPU is kept and filled again.

    All windows of a picture have one shape, so nothing is allocated there after the first.
    """

    def __init__(
        self, inner: Any, outputs: list[str], device: str = "cuda", index: int | None = None
    ) -> None:
        self._inner = inner
        self._outputs = outputs
        self._device = device
        if index is None:
            index = int(inner.get_provider_options()[providers.CUDA]["device_id"])
        self._index = index
        self._values: dict[str, Any] = {}
        self._lock = threading.Lock()  # the buffers are one set, and a GPU runs one window at a time anyway

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        with self._lock:
            binding = self._inner.io_binding()
            for name, array in inputs.items():
                binding.bind_ortvalue_input(name, self._upload(name, np.ascontiguousarray(array)))
            for name in self._outputs:
                binding.bind_output(name, self._device, self._index)
            self._inner.run_with_iobinding(binding)
            return dict(zip(self._outputs, binding.copy_outputs_to_cpu(), strict=True))

    def _upload(self, name: str, array: NDArray[np.float32]) -> Any:
        value = self._values.get(name)
        if value is not None and tuple(value.shape()) == array.shape:
            value.update_inplace(array)
            return value
        self._values.pop(name, None)  # let go of the old buffer before asking for the new one
        value = onnxruntime().OrtValue.ortvalue_from_numpy(array, self._device, self._index)
        self._values[name] = value
        return value


def _plan(device: Device) -> _Plan:
    """The chain for ``device`` without a CUDA that is known not to run; DeviceError if it was asked for."""
    available = list(onnxruntime().get_available_providers())
    reason = None
    if device.kind in (DeviceKind.AUTO, DeviceKind.CUDA) and providers.CUDA in available:
        obstacle = providers.cuda_obstacle(device.index)
        if obstacle is not None:
            if device.kind is DeviceKind.CUDA:
                raise DeviceError(
                    f"The device {device} cannot be used: {obstacle.reason}. "
                    f"To use it, {obstacle.remedy}; otherwise use --device auto or cpu."
                )
            available.remove(providers.CUDA)
            reason = f"{obstacle.reason} ({obstacle.remedy})"
    limit = providers.gpu_memory_limit(device.index) if providers.CUDA in available else None
    return _Plan(providers.provider_chain(device, available, gpu_memory_limit=limit), reason)


def card_of(path: Path) -> ModelCard:
    """The card of a model file, without making the model ready to run: a few milliseconds.

    Raises:
        ModelError: as for :meth:`Session.open`.
    """
    inner, _ = start(path, [(providers.CPU, {})], threads=1, optimise=False)
    return read_card(inner, path)


def start(
    path: Path, chain: Chain, *, threads: int | None = None, optimise: bool = True
) -> tuple[Any, str | None]:
    """An onnxruntime session with the first providers of ``chain`` that work, the CPU last.

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
    # Planning all activations as one block makes no run faster here and holds a third more memory (bench/
    # tile_size.py --memory: 891 MiB for 662 at equal speed); DirectML does not support it at all. The arena
    # stays on: without it every run gets its pages anew from the system, a fifth slower.
    options.enable_mem_pattern = False
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


def read_card(inner: Any, path: Path) -> ModelCard:
    """The card of a loaded model.

    Raises:
        ModelError: it has none, or a damaged or newer one.
    """
    try:
        card = ModelCard.from_metadata(inner.get_modelmeta().custom_metadata_map)
    except ModelError as error:
        raise ModelError(f"The model {path} cannot be used: {error}.") from error
    if card is None:
        # The place for probing: scale, channels and size multiple can be found out by running the model.
        raise ModelError(
            f"The model {path} has no Unfade card, so its scale and borders are unknown: "
            "use a model made by unfade-export."
        )
    _check_tensors("input", [tensor.name for tensor in card.inputs], inner.get_inputs(), path)
    _check_tensors("output", [tensor.name for tensor in card.outputs], inner.get_outputs(), path)
    return card


def _check_tensors(kind: str, described: list[str], real: list[Any], path: Path) -> None:
    names = [tensor.name for tensor in real]
    if sorted(described) != sorted(names):
        raise ModelError(
            f"The model {path} cannot be used: its card describes the {kind}s {', '.join(described)}, "
            f"but the network has {', '.join(names)}."
        )
