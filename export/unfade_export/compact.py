"""Weights stored in half precision: half the file, the arithmetic still float32.

ONNX Runtime widens them once, when it opens the model; from there on the model is the very same. The network
is rounded first, so that what is checked against PyTorch is what is shipped.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from unfade_training.initial_weights import HALF

from .errors import ExportError
from .graph import check_graph

SMALLEST = 256
"""Numbers a tensor must have to be stored in half: biases and constants are not worth a node."""


@torch.no_grad()
def round_weights(network: nn.Module) -> None:
    """Round the weights that :func:`pack_weights` stores in half to what half precision can hold, in place.

    Raises:
        ExportError: one of them is too large for half precision.
    """
    for name, weight in network.named_parameters():
        if weight.numel() < SMALLEST:
            continue
        rounded = weight.half().to(weight.dtype)
        if not bool(rounded.isfinite().all()):
            raise ExportError(f"Half-precision weights: {name} has values beyond 65504.")
        weight.copy_(rounded)


def pack_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its large float32 initializers stored as float16, each behind a Cast.

    Only those are stored so that lose nothing by it; see :func:`round_weights`.

    Raises:
        ExportError: the result is no valid graph.
    """
    packed = onnx.ModelProto()
    packed.CopyFrom(model)
    casts = []
    for tensor in packed.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        half = values.astype(np.float16)
        if values.size < SMALLEST or not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, name + HALF))
        casts.append(onnx.helper.make_node("Cast", [name + HALF], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        packed.graph.node.insert(0, node)
    check_graph(packed)
    return packed


def unpack_weights(model: onnx.ModelProto) -> frozenset[str]:
    """Undo :func:`pack_weights`, in place; gives the names of the weights that were stored in half."""
    halves = {t.name: t for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT16}
    casts = [n for n in model.graph.node if n.op_type == "Cast" and n.input[0] in halves]
    for node in casts:
        half = halves[node.input[0]]
        values = numpy_helper.to_array(half).astype(np.float32)
        half.CopyFrom(numpy_helper.from_array(values, node.output[0]))
        model.graph.node.remove(node)
    return frozenset(node.output[0] for node in casts)
