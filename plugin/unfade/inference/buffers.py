"""Inputs and outputs of a CUDA session, kept on the GPU between windows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.inference import providers
from unfade.inference.runtime import onnxruntime


class GpuBuffers:
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
