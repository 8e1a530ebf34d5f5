"""A graph that takes any size, around one that takes multiples of a step.

PyTorch's exporter cannot follow a padding that depends on the size through a U-net's strides: it would have
to prove that the sides of skip connections agree. So networks that pad inside are exported at multiples of
their step, where that padding does nothing, and the padding is put around them here.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import onnx
from onnx import helper, numpy_helper


def accept_any_size(model: onnx.ModelProto, step: int, ratio: Fraction) -> None:
    """Have the model's input padded to multiples of ``step``, right and below with its edge, and the outputs
    cropped to the rounded-up ``ratio`` of the input's sides; in place."""
    graph = model.graph
    (fed,) = graph.input
    inside = f"{fed.name}_padded"
    for node in graph.node:
        node.input[:] = [inside if name == fed.name else name for name in node.input]
    before = [
        helper.make_node("Shape", [fed.name], ["sides"], start=2),
        helper.make_node("Neg", ["sides"], ["sides_negated"]),
        helper.make_node("Mod", ["sides_negated", "step"], ["padding"]),
        helper.make_node("Concat", ["none", "padding"], ["padding_around"], axis=0),
        helper.make_node("Pad", [fed.name, "padding_around", "", "side_axes"], [inside], mode="edge"),
    ]
    after = [
        helper.make_node("Mul", ["sides", "numerator"], ["sides_enlarged"]),
        helper.make_node("Add", ["sides_enlarged", "round_up"], ["sides_rounded"]),
        helper.make_node("Div", ["sides_rounded", "denominator"], ["output_sides"]),
    ]
    for output in graph.output:
        whole = f"{output.name}_whole"
        for node in graph.node:
            node.output[:] = [whole if name == output.name else name for name in node.output]
            node.input[:] = [whole if name == output.name else name for name in node.input]
        after.append(helper.make_node("Slice", [whole, "none", "output_sides", "side_axes"], [output.name]))
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    for name, values in (
        ("step", [step]),
        ("none", [0, 0]),
        ("side_axes", [2, 3]),
        ("numerator", [ratio.numerator]),
        ("denominator", [ratio.denominator]),
        ("round_up", [ratio.denominator - 1]),
    ):
        graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
