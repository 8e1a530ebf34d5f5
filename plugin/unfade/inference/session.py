"""Session: one model on one provider, honest about which one it is."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade import paths
from unfade.errors import DeviceError, ModelError
from unfade.inference import providers
from unfade.inference.buffers import GpuBuffers
from unfade.inference.device import Device, DeviceKind
from unfade.inference.failures import OutOfMemory, first_line, is_out_of_memory
from unfade.inference.probing import probe
from unfade.inference.providers import Chain, provider_label
from unfade.inference.runtime import FATAL, onnxruntime
from unfade.inference.threads import usable_cores
from unfade.inference.variants import variant_for
from unfade.models.card import ModelCard, Tensor

logger = logging.getLogger(__name__)

Sides = tuple[int, int]
"""Height and width in pixels."""
_SIDE_NAMES = ("height", "width")  # of the open dimensions, as unfade-export calls them
_NVIDIA = (DeviceKind.CUDA, DeviceKind.TENSORRT)


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
        """Load the model at ``path`` for ``device``: where that is CUDA and a half-precision variant lies
        beside it, the variant.

        Args:
            threads: CPU threads; None takes the physical cores this process may use.
            fixed_sizes: whether the network is compiled anew for every size of window, of which a picture
                has one; None does so for providers that want it.

        Raises:
            ModelError: the file is missing, not an ONNX model, or has no usable card.
            DeviceError: a device asked for by name cannot run the model here.
            OutOfMemory: there is no room for the model's weights.
        """
        plan = _plan(device)
        chosen = variant_for(path, plan.chain[0][0])
        inner, refusal = start(chosen, plan.chain, threads=threads)
        card = read_card(inner, chosen)
        if chosen != path and (inner.get_providers()[0] != plan.chain[0][0] or card != card_of(path)):
            logger.info("%s is not used: it does not run here, or belongs to another model", chosen)
            chosen = path
            inner, refusal = start(chosen, plan.chain, threads=threads)
            card = read_card(inner, chosen)
        if card is None:
            card = probe(inner, path)
        if card.fixed_size is not None:
            fixed_sizes = False  # there is nothing to compile anew
        if inner.get_providers()[0] != plan.chain[0][0]:
            wanted = provider_label(plan.chain[0][0])
            refusal = f"{wanted} could not be started ({refusal or 'onnxruntime does not say why'})"
            if device.kind is not DeviceKind.AUTO:
                raise DeviceError(f"The device {device} cannot be used: {refusal}. Use --device auto or cpu.")
        reason = refusal or plan.reason
        runs_on_cpu = inner.get_providers()[0] == providers.CPU
        fallback = f"Running on the CPU: {reason}." if reason and runs_on_cpu else None
        if fixed_sizes is None:
            fixed_sizes = inner.get_providers()[0] in providers.WANTS_FIXED_SIZES

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
            ModelError, DeviceError: it failed in another way, on the CPU or on a GPU.
        """
        try:
            inner, gpu = self._ready_for(inputs)
            if gpu is not None:
                return gpu.run(inputs)
            arrays = inner.run(self._outputs, dict(inputs))
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

    def _buffers(self, inner: Any) -> GpuBuffers | None:
        return GpuBuffers(inner, self._outputs) if self.provider == providers.CUDA else None

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


def _plan(device: Device) -> _Plan:
    """The chain for ``device`` without a CUDA that is known not to run; DeviceError if it was asked for."""
    available = list(onnxruntime().get_available_providers())
    reason = None
    if device.kind in (DeviceKind.AUTO, *_NVIDIA) and providers.CUDA in available:
        obstacle = providers.cuda_obstacle(device.index)
        if obstacle is not None:
            if device.kind in _NVIDIA:
                raise DeviceError(
                    f"The device {device} cannot be used: {obstacle.reason}. "
                    f"To use it, {obstacle.remedy}; otherwise use --device auto or cpu."
                )
            available.remove(providers.CUDA)
            reason = f"{obstacle.reason} ({obstacle.remedy})"
    limit = providers.gpu_memory_limit(device.index) if providers.CUDA in available else None
    cache = paths.cache_dir() / "compiled"
    chain = providers.provider_chain(device, available, gpu_memory_limit=limit, cache=cache)
    if any(provider in providers.WANTS_FIXED_SIZES for provider, _ in chain):
        with contextlib.suppress(OSError):  # a provider that cannot keep what it compiles compiles again
            cache.mkdir(parents=True, exist_ok=True)
    return _Plan(chain, reason)


def card_of(path: Path, *, probing: bool = False) -> ModelCard:
    """The card of a model file, without making the model ready to run: a few milliseconds.

    Args:
        probing: whether a model without a card is run on small pictures to find out what would stand there.

    Raises:
        ModelError: as for :meth:`Session.open`, and for a model without a card that is not to be probed.
    """
    inner, _ = start(path, [(providers.CPU, {})], threads=1, optimise=False)
    card = read_card(inner, path)
    if card is not None:
        return card
    if not probing:
        raise ModelError(
            f"The model {path} has no Unfade card, so its scale and borders are unknown: "
            "unfade models add finds them out and keeps them."
        )
    return probe(inner, path)


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
        chain: see :func:`unfade.inference.providers.provider_chain`.
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
    # Planning all activations as one block makes no run faster here and holds a third more memory (bench/
    # tile_size.py --memory: 891 MiB for 662 at equal speed); DirectML does not support it at all. The arena
    # stays on: without it every run gets its pages anew from the system, a fifth slower.
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


def read_card(inner: Any, path: Path) -> ModelCard | None:
    """The card of a loaded model; None where it has none.

    Raises:
        ModelError: it is damaged or newer, or speaks of other tensors than the network has.
    """
    try:
        card = ModelCard.from_metadata(inner.get_modelmeta().custom_metadata_map)
    except ModelError as error:
        raise ModelError(f"The model {path} cannot be used: {error}.") from error
    if card is not None:
        _check_tensors("input", card.inputs, inner.get_inputs(), path)
        _check_tensors("output", card.outputs, inner.get_outputs(), path)
        _check_size(card, inner.get_inputs()[0].shape[2:], path)
    return card


def _check_size(card: ModelCard, real: Sequence[int | str | None], path: Path) -> None:
    """Compares the card's fixed size with that of the network, whose free sides are names or nothing."""
    described = card.fixed_size or (None, None)
    sides = tuple(side if isinstance(side, int) else None for side in real)
    if sides != described:
        takes, says = (f"{w or 'any'} x {h or 'any'}" for h, w in (sides, described))
        raise ModelError(
            f"The model {path} cannot be used: it takes pictures of {takes} pixels, but its card says "
            f"{says}; export it again."
        )


def _check_tensors(kind: str, described: Sequence[Tensor], real: list[Any], path: Path) -> None:
    names, wanted = [tensor.name for tensor in real], [tensor.name for tensor in described]
    if sorted(wanted) != sorted(names):
        raise ModelError(
            f"The model {path} cannot be used: its card describes the {kind}s {', '.join(wanted)}, "
            f"but the network has {', '.join(names)}."
        )
    for tensor in real:
        if tensor.type != "tensor(float)" or len(tensor.shape) != 4:
            raise ModelError(
                f"The model {path} cannot be used: its {kind} {tensor.name} is a {tensor.type} of "
                f"{len(tensor.shape)} dimensions, not float32 pictures of 4 (NCHW)."
            )
