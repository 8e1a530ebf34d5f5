"""Weights stored in half precision: half the file, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn

from unfade_export import ExportError
from unfade_export.graph import round_weights

from .conftest import Exports
from .tiny import save_tiny


def test_a_compact_model_is_the_network_with_rounded_weights(tmp_path: Path, exports: Exports) -> None:
    network = save_tiny(tmp_path / "tiny.safetensors")
    x = torch.rand(1, 3, 26, 34, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        unrounded = network(x).numpy()
    round_weights(network)
    with torch.inference_mode():
        rounded = network(x).numpy()

    exported = exports(compact=True)
    session = ort.InferenceSession(str(exported.path), providers=["CPUExecutionProvider"])
    found = session.run(None, {"input": x.numpy()})[0]
    np.testing.assert_allclose(found, rounded, atol=2e-6)
    assert 1e-6 < np.abs(found - unrounded).max() < 1e-2
    assert max(parity.difference for parity in exported.report.parity) < 1e-4

    model = onnx.load(exported.path)
    kinds = {tensor.data_type for tensor in model.graph.initializer if np.prod(tensor.dims, dtype=int) >= 256}
    assert kinds == {onnx.TensorProto.FLOAT16}


def test_a_compact_file_is_about_half_as_large(exports: Exports) -> None:
    plain, compact = exports(fp16=True), exports(compact=True)
    sizes = [exported.report.size for exported in (plain, compact)]
    weights = 4 * sum(p.numel() for p in plain.network.parameters())
    assert sizes[0] - sizes[1] > 0.4 * weights


def test_weights_that_half_precision_cannot_hold_are_refused() -> None:
    layer = nn.Linear(16, 16)
    nn.init.constant_(layer.weight, 1e6)
    with pytest.raises(ExportError, match="Half-precision weights: weight has values beyond 65504"):
        round_weights(layer)
