"""A PyTorch generator as an ONNX graph: of free size or of one, simplified, and in half precision."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections import Counter
from contextlib import redirect_stdout
from fractions import Fraction

import numpy as np
import onnx
import onnxslim
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel
from torch import nn

from unfade.models import ModelCard
from unfade_training.checkpoint import FOLDED, HALF, INT8, SCALE, WRAPPER, widened

from . import ExportError
from .interface import NamedOutputs, ratio_of, step_of

OPSET = 18
"""Every ONNX Runtime from 1.14 on runs it; Resize with antialiasing and PixelShuffle's DepthToSpace are
older still."""

SMALLEST_PACKED = 256
"""Numbers a tensor must have to be stored in fewer bits: biases and constants are not worth a node."""

SMALLEST_QUANTISED = 32768
"""And in 8 bits: depthwise convolutions and the first layers lose the most by it, and save the least."""

QUANTISED = 127
"""The largest number of 8 bits."""

log = logging.getLogger(__name__)
# It warns of every torchvision operator that it cannot register, and nothing here needs one.
logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)


def to_onnx(network: nn.Module, card: ModelCard) -> onnx.ModelProto:
    """Export a network in eval mode with the card's names, free height and width, and the card inside.

    Args:
        network: norms folded, on the CPU; N C H W -> N C' H*scale W*scale for multiples of its own
            ``size_multiple``. Where the card's is smaller, the graph pads its input and crops its outputs.
        card: of the model that is to be made.

    Raises:
        ExportError: PyTorch's exporter refuses the network, or the graph does not pass ``onnx.checker``.
    """
    step = step_of(network)
    model = _exported(NamedOutputs(network, card).eval(), card, step)
    _forget_this_machine(model)
    if card.size_multiple % step:
        _accept_any_size(model, step, ratio_of(network))
    _name_sides(model)
    helper.set_model_props(model, card.to_metadata())
    model = _simplified(model)
    separate_outputs(model)
    model.producer_name, model.producer_version = "unfade-export", ""
    check_graph(model)
    return model


def keep_folded_weights(model: onnx.ModelProto, network: nn.Module) -> None:
    """Note in the metadata, in place, the weights that the graph holds only within constants: of
    ``exp(weight)`` it keeps the result. A training that begins with the model takes them from there.

    Args:
        model: of :func:`to_onnx`.
        network: that it was made of.
    """
    named = {tensor.name.removeprefix(WRAPPER) for tensor in model.graph.initializer}
    folded = {
        name: tensor.tolist()
        for name, tensor in network.state_dict().items()
        if name not in named and tensor.is_floating_point()
    }
    if folded:
        helper.set_model_props(model, {**_properties(model), FOLDED: json.dumps(folded)})


def _properties(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def fix_size(model: onnx.ModelProto, card: ModelCard) -> onnx.ModelProto:
    """A model with free height and width as one of the card's fixed size, with the card inside.

    Raises:
        ExportError: it cannot be simplified, or the graph is not valid.
    """
    assert card.fixed_size is not None
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for values, factor in ((fixed.graph.input, 1), (fixed.graph.output, card.scale)):
        for value in values:
            for dimension, side in zip(value.type.tensor_type.shape.dim[2:], card.fixed_size, strict=True):
                dimension.dim_value = side * factor
    helper.set_model_props(fixed, {**_properties(fixed), **card.to_metadata()})
    fixed = _simplified(fixed)
    check_graph(fixed)
    return fixed


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with float16 weights and arithmetic; inputs and outputs stay float32.

    Raises:
        ExportError: the converter makes an invalid graph of it.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of every weight too small for float16, which the parity check judges
        half: onnx.ModelProto = convert_float_to_float16(copy, keep_io_types=True)
    OnnxModel(half).topological_sort()  # the casts of inputs were put behind what uses them
    del half.graph.value_info[:]
    check_graph(half)
    return half


@torch.no_grad()
def round_weights(network: nn.Module, *, int8: bool = False) -> None:
    """Round the weights that :func:`pack_weights` stores in fewer bits to what these can hold, in place.

    Args:
        int8: those of large convolutions to 8 bits with a scale for each channel of the first axis, symmetric
            about 0 (Jacob et al. 2018, arXiv:1712.05877); the others to half precision.

    Raises:
        ExportError: one of them is no number, or too large for half precision.
    """
    for name, weight in network.named_parameters():
        if weight.numel() < SMALLEST_PACKED:
            continue
        if not bool(weight.isfinite().all()):
            raise ExportError(f"The weights {name} are not all numbers: the training went wrong.")
        if int8 and weight.dim() == 4 and weight.numel() >= SMALLEST_QUANTISED:
            rounded = torch.from_numpy(np.multiply(*_quantised(weight.numpy())))
        else:
            rounded = weight.half().to(weight.dtype)
        if not bool(rounded.isfinite().all()):
            raise ExportError(f"Half-precision weights: {name} has values beyond 65504.")
        weight.copy_(rounded)


def _quantised(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers of at most 127 and the scale of each channel of the first axis, of which the product is
    the nearest that 8 bits can hold.

    Scales have 11 bits, so that the product is exact in float32, and of rounded weights the same comes out.
    """
    largest = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True)
    mantissa, exponent = np.frexp(largest / np.float32(QUANTISED))
    scale = np.where(largest > 0, np.ldexp(np.rint(mantissa * 2048) / 2048, exponent), 1).astype(np.float32)
    whole = np.clip(np.rint(values / scale), -QUANTISED, QUANTISED).astype(np.int8)
    return whole, scale


def pack_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its large float32 initializers in float16, each behind a Cast, or in 8 bits, each behind
    a Cast and the multiplication with its scales.

    Half the file, or a quarter; ONNX Runtime widens them once, when it opens the model, and the arithmetic
    stays float32. Only those are stored so that lose nothing by it; see :func:`round_weights`.

    Raises:
        ExportError: the result is no valid graph.
    """
    packed = onnx.ModelProto()
    packed.CopyFrom(model)
    nodes, scales = [], []
    for tensor in packed.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        name, values = tensor.name, numpy_helper.to_array(tensor)
        if values.size < SMALLEST_PACKED:
            continue
        half = values.astype(np.float16)
        if np.array_equal(half.astype(np.float32), values):
            tensor.CopyFrom(numpy_helper.from_array(half, name + HALF))
            nodes.append(helper.make_node("Cast", [name + HALF], [name], to=onnx.TensorProto.FLOAT))
        elif values.ndim == 4 and np.array_equal(np.multiply(*(found := _quantised(values))), values):
            tensor.CopyFrom(numpy_helper.from_array(found[0], name + INT8))
            scales.append(numpy_helper.from_array(found[1], name + SCALE))
            wide = f"{name}{INT8}_wide"
            nodes.append(helper.make_node("Cast", [name + INT8], [wide], to=onnx.TensorProto.FLOAT))
            nodes.append(helper.make_node("Mul", [wide, name + SCALE], [name]))
    packed.graph.initializer.extend(scales)
    for node in reversed(nodes):
        packed.graph.node.insert(0, node)
    check_graph(packed)
    return packed


def unpack_weights(model: onnx.ModelProto) -> frozenset[str]:
    """Undo :func:`pack_weights`, in place; gives the names of the weights that were stored in fewer bits."""
    graph, weights = model.graph, widened(model)
    made_by = {node.output[0]: node for node in graph.node}
    for name in weights:
        node = made_by[name]
        if node.op_type == "Mul":
            graph.node.remove(made_by[node.input[0]])
        graph.node.remove(node)
    for tensor in list(graph.initializer):
        name = tensor.name.removesuffix(HALF).removesuffix(INT8)
        if tensor.name.removesuffix(SCALE) in weights:
            graph.initializer.remove(tensor)
        elif name in weights:
            tensor.CopyFrom(numpy_helper.from_array(weights[name], name))
    return frozenset(weights)


def check_graph(model: onnx.ModelProto) -> None:
    """Raises ExportError unless ``onnx.checker`` finds the model in order."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        raise ExportError(f"The exported graph is not valid ONNX: {str(error).splitlines()[0]}") from error


def _exported(network: nn.Module, card: ModelCard, step: int) -> onnx.ModelProto:
    example = torch.rand(1, card.inputs[0].channels, _side(64, step), _side(96, step))
    rows, columns = (torch.export.Dim(name, min=1, max=1 << 16) for name in ("rows", "columns"))
    sides = {2: step * rows, 3: step * columns} if step > 1 else {2: rows, 3: columns}
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (example,),
                input_names=[tensor.name for tensor in card.inputs],
                output_names=[tensor.name for tensor in card.outputs],
                dynamic_shapes=(sides,),
                opset_version=OPSET,
                dynamo=True,
                optimize=True,
                verbose=False,
            )
    except Exception as error:  # the exporter raises whatever the stage at hand raises
        log.debug("export failed", exc_info=True)
        reason = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
        raise ExportError(f"PyTorch cannot export this network: {reason[0]}") from error
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    return model


def separate_outputs(model: onnx.ModelProto) -> None:
    """Leave out Splits that undo a Concat, in place: what is computed for one output then needs no other.

    A graph with branches or loops stays as it is.
    """
    if any(part.HasField("g") or part.graphs for node in model.graph.node for part in node.attribute):
        return
    graph = onnx.shape_inference.infer_shapes(model).graph
    channels = {
        value.name: value.type.tensor_type.shape.dim[1].dim_value
        for value in (*graph.value_info, *graph.output, *graph.input)
        if len(value.type.tensor_type.shape.dim) == 4
    }
    made_by = {name: node for node in model.graph.node for name in node.output}
    used = Counter(name for node in model.graph.node for name in node.input)
    outputs, sizes = {value.name for value in model.graph.output}, set[str]()
    for split in [node for node in model.graph.node if node.op_type == "Split"]:
        joined = made_by.get(split.input[0])
        if joined is None or joined.op_type != "Concat":
            continue
        own = [name for name in joined.input if name in made_by and name not in outputs]
        alone = used[split.input[0]] == 1 and split.input[0] not in outputs
        if not alone or len({*own}) < len(joined.input):
            continue  # what is given, or given twice, keeps its name
        sides = [[channels.get(name) for name in names] for names in (joined.input, split.output)]
        axes = {
            attribute.i
            for node in (joined, split)
            for attribute in node.attribute
            if attribute.name == "axis"
        }
        if sides[0] != sides[1] or not all(sides[0]) or axes != {1}:
            continue
        names = dict(zip(joined.input, split.output, strict=True))
        sizes.update(split.input[1:])
        for node in (joined, split):
            model.graph.node.remove(node)
        for node in model.graph.node:
            for named in (node.input, node.output):
                named[:] = [names.get(name, name) for name in named]
    sizes -= {name for node in model.graph.node for name in node.input}
    for weight in [weight for weight in model.graph.initializer if weight.name in sizes]:
        model.graph.initializer.remove(weight)


def _side(wanted: int, step: int) -> int:
    """Two steps or more: of a single one the exporter would take sizes for constants."""
    return max(2, -(-wanted // step)) * step


def _forget_this_machine(model: onnx.ModelProto) -> None:
    """Stack traces of this machine's files are nobody's business."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]


def _name_sides(model: onnx.ModelProto) -> None:
    """Call the free dimensions height and width, which is what people and tools look for."""
    for values, names in (
        (model.graph.input, ("height", "width")),
        (model.graph.output, ("output_height", "output_width")),
    ):
        for value in values:
            for dimension, name in zip(value.type.tensor_type.shape.dim[2:], names, strict=True):
                dimension.dim_param = name


def _accept_any_size(model: onnx.ModelProto, step: int, ratio: Fraction) -> None:
    """Have the model's input padded to multiples of ``step``, right and below with its edge, and the outputs
    cropped to the rounded-up ``ratio`` of the input's sides; in place.

    PyTorch's exporter cannot follow a padding that depends on the size through a U-net's strides: it would
    have to prove that the sides of skip connections agree. So networks that pad inside are exported at
    multiples of their step, where that padding does nothing, and it is put around them here.
    """
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


def _simplified(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same function in fewer nodes, constants folded, by onnxslim; names, free sizes and metadata stay.

    Raises:
        ExportError: onnxslim fails on the graph.
    """
    metadata = _properties(model)
    try:
        slim: onnx.ModelProto = onnxslim.slim(model)
    except Exception as error:  # whatever its passes raise
        raise ExportError(f"Simplification: onnxslim fails on this graph ({error}).") from error
    del slim.graph.value_info[:]
    del slim.metadata_props[:]
    helper.set_model_props(slim, metadata)
    return slim
