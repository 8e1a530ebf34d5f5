"""Small ONNX graphs that no network of :mod:`tests.models` has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def reshaping_model(path: Path, step: int) -> Path:
    """The identity, by way of cutting each side into windows of ``step``, as attention does."""
    picture = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, f"{name}_h", f"{name}_w"])
        for name in ("input", "output")
    ]
    constants = {"step": [step], "three": [3]}
    weights = [numpy_helper.from_array(np.array(v, np.int64), name) for name, v in constants.items()]
    nodes = [
        helper.make_node("Shape", ["input"], ["height"], start=2, end=3),
        helper.make_node("Shape", ["input"], ["width"], start=3, end=4),
        helper.make_node("Div", ["height", "step"], ["rows"]),
        helper.make_node("Div", ["width", "step"], ["columns"]),
        helper.make_node("Concat", ["three", "rows", "step", "columns", "step"], ["cut"], axis=0),
        helper.make_node("Reshape", ["input", "cut"], ["windows"]),
        helper.make_node("Shape", ["input"], ["whole"]),
        helper.make_node("Reshape", ["windows", "whole"], ["output"]),
    ]
    graph = helper.make_graph(nodes, "windows", picture[:1], picture[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
