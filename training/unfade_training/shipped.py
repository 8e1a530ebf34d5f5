"""What a run begins with: a checkpoint, or a model that `unfade-export` made, whose weights are taken back.

The names of a model's weights are still those of the network. Its norms were folded into the convolutions
before them; :func:`unfold_norms` undoes that.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .checkpoint import load_checkpoint
from .errors import TrainingError
from .networks.norms import unfold_norms

WRAPPER = "network."
"""What an export puts before the names where it had to add something to the network."""
HALF = "_half"
"""What it puts behind those that it keeps in half precision."""


def beginning_of(path: Path, network: nn.Module) -> Mapping[str, Tensor]:
    """The weights for a network by their names in it; some may be missing, others too many.

    Raises:
        TrainingError: the file is missing or damaged, or neither a checkpoint nor a model of ours.
    """
    if path.suffix == ".onnx":
        return unfold_norms(network, read_model(path))
    return load_checkpoint(path).tensors["generator"]


def read_model(path: Path) -> dict[str, Tensor]:
    """All numbers in an ONNX file in float32, weights by their names in the network.

    Raises:
        TrainingError: it is missing or no ONNX file, or holds no weights.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from onnx import numpy_helper

    if not path.is_file():
        raise TrainingError(f"There is no model {path}.")
    try:
        stored = onnx.load(path).graph.initializer
    except (DecodeError, OSError) as error:
        raise TrainingError(f"The model {path} is damaged or not an ONNX file ({error}).") from error
    tensors = {}
    for record in stored:
        array = numpy_helper.to_array(record)
        if array.dtype in (np.float32, np.float16):
            name = record.name.removeprefix(WRAPPER).removesuffix(HALF)
            tensors[name] = torch.from_numpy(array.astype(np.float32))
    if not any(name.endswith(".weight") for name in tensors):
        raise TrainingError(f"{path} holds no weights with names; a model of unfade-export does.")
    return tensors
