"""Weights stored in half precision: half the file, and nothing else changes."""

from __future__ import annotations

import math
from itertools import pairwise
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


def test_8_bits_are_the_nearest_of_255_steps() -> None:
    torch.manual_seed(4)
    network = nn.Sequential(nn.Conv2d(64, 64, 3), nn.Conv2d(64, 8, 3))
    exact = [layer.weight.detach().clone() for layer in network]
    round_weights(network, int8=True)
    large, small = (layer.weight for layer in network)
    step = exact[0].abs().amax((1, 2, 3), keepdim=True) / 127
    assert ((large - exact[0]).abs() <= 0.51 * step).all() and large.unique().numel() > 200
    assert torch.equal(small, exact[1].half().float())


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


def test_unpacked_is_what_was_packed() -> None:
    """In 8 bits, in half, and as it was."""
    rng = np.random.default_rng(3)
    whole, scale = _quantised(rng.normal(size=(64, 64, 3, 3)).astype(np.float32))
    weights = {
        "eight": np.multiply(whole, scale),
        "half": rng.normal(size=(16, 64, 3, 3)).astype(np.float16).astype(np.float32),
        "full": rng.normal(size=(3, 16, 3, 3)).astype(np.float32),
    }
    sides = {"x": [1, 64, 9, 9], "y": [1, 3, 3, 3]}
    fed, made = (onnx.helper.make_tensor_value_info(k, onnx.TensorProto.FLOAT, v) for k, v in sides.items())
    nodes = [
        onnx.helper.make_node("Conv", [before, weight], [after])
        for (before, after), weight in zip(pairwise(["x", "a", "b", "y"]), weights, strict=True)
    ]
    stored = [onnx.numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = onnx.helper.make_graph(nodes, "three", [fed], [made], stored)
    plain = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    packed = pack_weights(plain)
    assert {t.name: t.data_type for t in packed.graph.initializer} == {
        "eight_int8": onnx.TensorProto.INT8,
        "eight_scale": onnx.TensorProto.FLOAT,
        "half_half": onnx.TensorProto.FLOAT16,
        "full": onnx.TensorProto.FLOAT,
    }
    x = rng.random((1, 64, 9, 9), np.float32)

    def run(model: onnx.ModelProto) -> np.ndarray:
        session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, {"x": x})[0]  # type: ignore[no-any-return]

    np.testing.assert_allclose(run(packed), run(plain), rtol=1e-5, atol=1e-4)
    assert unpack_weights(packed) == {"eight", "half"}
    assert [node.op_type for node in packed.graph.node] == ["Conv"] * 3
    for tensor in packed.graph.initializer:
        np.testing.assert_array_equal(onnx.numpy_helper.to_array(tensor), weights[tensor.name])


@pytest.mark.parametrize("int8", [False, True])
def test_weights_that_are_no_numbers_are_refused(int8: bool) -> None:
    layer = nn.Conv2d(64, 64, 3)
    with torch.no_grad():
        layer.weight[3, 1, 1, 1] = math.nan
    with pytest.raises(ExportError, match="The weights weight are not all numbers"):
        round_weights(layer, int8=int8)


def test_weights_that_half_precision_cannot_hold_are_refused() -> None:
    layer = nn.Linear(16, 16)
    nn.init.constant_(layer.weight, 1e6)
    with pytest.raises(ExportError, match="Half-precision weights: weight has values beyond 65504"):
        round_weights(layer)
