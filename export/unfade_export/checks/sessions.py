"""Exported models in ONNX Runtime, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from unfade.errors import first_line
from unfade.inference import FATAL, usable_cores
from unfade.models import ModelCard

from ..errors import ExportError

Array = NDArray[np.float32]


def cpu_session(model: onnx.ModelProto) -> ort.InferenceSession:
    """The model in ONNX Runtime on the CPU.

    Raises:
        ExportError: ONNX Runtime cannot load it.
    """
    options = ort.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = usable_cores() or 0
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # exports run beside trainings
    try:
        return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common type of their own
        raise ExportError(f"Loading: ONNX Runtime refuses the exported graph: {first_line(error)}") from error


def outputs_of(session: ort.InferenceSession, card: ModelCard, x: Array) -> Sequence[Array]:
    """The card's outputs, NCHW, for one input, NCHW. Raises ExportError where it cannot be run."""
    try:
        found: Sequence[Array] = session.run([o.name for o in card.outputs], {card.inputs[0].name: x})
    except Exception as error:  # onnxruntime's exceptions have no common type of their own
        raise ExportError(
            f"Running: ONNX Runtime fails on {x.shape[3]}x{x.shape[2]} pixels: {first_line(error)}"
        ) from error
    return found
