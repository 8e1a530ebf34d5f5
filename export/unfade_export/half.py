"""Half-precision variants: half the file, and on GPUs with tensor cores about half the time."""

from __future__ import annotations

import warnings

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel
from torch import nn

from unfade.models import ModelCard

from .checks import Parity, check_parity, cpu_session
from .errors import ExportError
from .graph import check_graph

HALF_TOLERANCE = 1 / 255
"""Of a float16 model against PyTorch in float32: less than a step of an 8-bit picture."""


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


def check_half(network: nn.Module, half: onnx.ModelProto, card: ModelCard, smallest: int = 1) -> list[Parity]:
    """Compare a float16 model with the network in float32.

    Raises:
        ExportError: somewhere they differ by :data:`HALF_TOLERANCE` or more.
    """
    try:
        return check_parity(network, cpu_session(half), card, tolerance=HALF_TOLERANCE, smallest=smallest)
    except ExportError as error:
        raise ExportError(f"float16: {error} Export it without --fp16.") from error
