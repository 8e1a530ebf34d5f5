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
from unfade_export.graph import _quantised, pack_weights, round_weights, unpack_weights

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


def test_8_bits_are_the_nearest_of_255_steps(exports: Exports, tmp_path: Path) -> None:
    exported = exports(int8=True)
    network = save_tiny(tmp_path / "tiny.safetensors")
    exact = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    round_weights(network, int8=True)
    for name, weight in network.named_parameters():
        if weight.dim() > 1 and weight.numel() >= 256:
            step = exact[name].abs().amax((1, 2, 3), keepdim=True) / 127
            assert ((weight - exact[name]).abs() <= 0.51 * step).all()
            assert weight.unique().numel() > 20
    x = torch.rand(1, 3, 26, 34, generator=torch.Generator().manual_seed(0))
    session = ort.InferenceSession(str(exported.path), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        np.testing.assert_allclose(session.run(None, {"input": x.numpy()})[0], network(x).numpy(), atol=2e-6)


def test_8_bits_come_back_as_they_were() -> None:
    """Quantising what was quantised gives the same, whatever the scale, and for channels of zeros."""
    rng = np.random.default_rng(2)
    values = (
        rng.normal(size=(64, 5, 3, 3)).astype(np.float32)
        * np.logspace(-12, 12, 64, dtype=np.float32)[:, None, None, None]
    )
    values[7] = 0
    whole, scale = _quantised(values)
    rounded = np.multiply(whole, scale)
    again, scale_again = _quantised(rounded)
    np.testing.assert_array_equal(again, whole)
    np.testing.assert_array_equal(scale_again, scale)
    assert np.abs(whole).max() == 127 and not rounded[7].any()


def test_unpacked_is_what_was_packed(exports: Exports) -> None:
    exported = exports(int8=True)
    model = onnx.load(exported.path)
    stored = {t.name for t in model.graph.initializer if t.data_type == onnx.TensorProto.INT8}
    names = unpack_weights(model)
    assert stored == {f"{name}_int8" for name in names}
    assert not any(t.data_type == onnx.TensorProto.INT8 for t in model.graph.initializer)
    x = np.random.default_rng(0).random((1, 3, 24, 32), np.float32)
    packed, plain = (
        ort.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, {"input": x})[0]
        for data in (str(exported.path), model.SerializeToString())
    )
    np.testing.assert_allclose(packed, plain, atol=1e-6)
    assert {t.name for t in pack_weights(model).graph.initializer} >= stored


def test_weights_that_half_precision_cannot_hold_are_refused() -> None:
    layer = nn.Linear(16, 16)
    nn.init.constant_(layer.weight, 1e6)
    with pytest.raises(ExportError, match="Half-precision weights: weight has values beyond 65504"):
        round_weights(layer)
