"""Weights that a run begins with: out of a checkpoint, or out of an ONNX file that `unfade-export` made.

The names of an ONNX file's weights are still those of the network. Its norms were folded into the
convolutions before them; :func:`unfold_norms` undoes that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .checkpoint import adopt_weights, load_checkpoint
from .errors import TrainingError
from .networks.norms import unfold_norms

log = logging.getLogger(__name__)

WRAPPER = "network."
"""What an export puts before the names where it had to add something to the network."""
HALF = "_half"
"""What it puts behind those that it keeps in half precision."""


def adopt_initial_weights(network: nn.Module, files: Mapping[str, Path]) -> set[str]:
    """Take over the weights of some files where names and shapes agree; the names of those that stay as they
    were.

    Args:
        network: takes them in place.
        files: by the part of the network that each is for; the part of one for all is empty.

    Raises:
        TrainingError: a file cannot be read, or nothing in it fits.
    """
    left = set(network.state_dict())
    for part, file in files.items():
        weights = read_weights(file, network)
        if part:
            weights = {name: tensor for name, tensor in weights.items() if name.startswith(f"{part}.")}
        left &= set(adopt_weights(network, weights, str(file)))
        log.info("took over the weights of %s; %d stay as initialised", file, len(left))
    return left


def read_weights(path: Path, network: nn.Module) -> Mapping[str, Tensor]:
    """The weights for a network by their names in it; some may be missing, others too many.

    Raises:
        TrainingError: the file is missing or damaged, or neither a checkpoint nor a model of ours.
    """
    if path.suffix == ".onnx":
        return unfold_norms(network, _read_onnx(path))
    return load_checkpoint(path).tensors["generator"]


def _read_onnx(path: Path) -> dict[str, Tensor]:
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
