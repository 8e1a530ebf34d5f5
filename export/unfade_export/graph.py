"""A PyTorch generator as an ONNX graph with dynamic height and width."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stdout

import onnx
import torch
from torch import nn

from unfade.models import ModelCard

from .anysize import accept_any_size
from .errors import ExportError
from .interface import NamedOutputs, ratio_of, step_of
from .simplify import simplified

OPSET = 18
"""Every ONNX Runtime from 1.14 on runs it; Resize with antialiasing and PixelShuffle's DepthToSpace are
older still."""

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
        accept_any_size(model, step, ratio_of(network))
    _name_sides(model)
    onnx.helper.set_model_props(model, card.to_metadata())
    model = simplified(model)
    model.producer_name, model.producer_version = "unfade-export", ""
    check_graph(model)
    return model


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
