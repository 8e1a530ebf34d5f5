"""A PyTorch generator as an ONNX graph with dynamic height and width."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout

import onnx
import torch
from torch import nn

from .errors import ExportError

OPSET = 18
"""Every ONNX Runtime from 1.14 on runs it; Resize with antialiasing and PixelShuffle's DepthToSpace are
older still."""

log = logging.getLogger(__name__)
# It warns of every torchvision operator that it cannot register, and nothing here needs one.
logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)


def to_onnx(
    network: nn.Module,
    *,
    channels: int,
    size_multiple: int,
    input_name: str,
    output_name: str,
    metadata: Mapping[str, str],
) -> onnx.ModelProto:
    """Export a network in eval mode: N, channels, H, W -> N, C, H * s, W * s with free H and W.

    Args:
        network: norms folded, on the CPU.
        channels: of the input.
        size_multiple: H and W are multiples of this.
        input_name: of the graph's input.
        output_name: of the graph's output.
        metadata: goes into ``metadata_props``.

    Raises:
        ExportError: PyTorch's exporter refuses the network, or the graph does not pass ``onnx.checker``.
    """
    example = torch.rand(1, channels, 16 * size_multiple, 24 * size_multiple)
    rows, columns = (torch.export.Dim(name, min=1, max=1 << 16) for name in ("rows", "columns"))
    sides = (
        {2: size_multiple * rows, 3: size_multiple * columns} if size_multiple > 1 else {2: rows, 3: columns}
    )
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (example,),
                input_names=[input_name],
                output_names=[output_name],
                dynamic_shapes=(sides,),
                opset_version=OPSET,
                dynamo=True,
                optimize=True,
                verbose=False,
            )
    except Exception as error:  # the exporter raises whatever the stage at hand raises
        log.debug("export failed", exc_info=True)
        raise ExportError(f"PyTorch cannot export this network: {str(error).splitlines()[0]}") from error
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    del model.metadata_props[:]
    for node in model.graph.node:  # stack traces of this machine's files are nobody's business
        del node.metadata_props[:]
        node.doc_string = ""
    del model.graph.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
    _name_sides(model, input_name, output_name)
    onnx.helper.set_model_props(model, dict(metadata))
    model.producer_name, model.producer_version = "unfade-export", ""
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        raise ExportError(f"The exported graph is not valid ONNX: {str(error).splitlines()[0]}") from error
    return model


def _name_sides(model: onnx.ModelProto, input_name: str, output_name: str) -> None:
    """Call the free dimensions height and width, which is what people and tools look for."""
    for value, names in (
        (next(v for v in model.graph.input if v.name == input_name), ("height", "width")),
        (next(v for v in model.graph.output if v.name == output_name), ("output_height", "output_width")),
    ):
        for dimension, name in zip(value.type.tensor_type.shape.dim[2:], names, strict=True):
            dimension.dim_param = name
    del model.graph.value_info[:]
