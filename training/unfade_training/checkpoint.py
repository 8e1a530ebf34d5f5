"""Checkpoints: one safetensors file with tensors, progress and recipe, whole or absent.

Tensors are named ``<part>/<name>`` (``generator/head.weight``, ``optimizer/3.exp_avg``); everything else is
JSON in the file's own metadata. One file instead of two cannot come apart when a process is killed between
them, and safetensors cannot carry code.

A run can also begin with the weights of an ONNX file that `unfade-export` made. Their names are still those
of the network, but for a few that the graph holds only within constants, which lie in the file's metadata.
Its norms were folded into the convolutions before them; :func:`unfold_norms` undoes that.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

from .errors import TrainingError
from .files import atomic_write
from .networks.norms import unfold_norms

VERSION = 1
HEADER = 8
"""Bytes at the beginning of a safetensors file that tell how long its JSON is."""


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    Attributes:
        tensors: by part, then by name.
        state: progress, scores and optimizer settings; JSON.
        recipe: the recipe's text.
    """

    tensors: Mapping[str, Mapping[str, Tensor]]
    recipe: str
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """The generator's, averaged where the run does that: what is validated, exported and begun with."""
        return self.tensors.get("ema") or self.tensors.get("generator", {})


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; what was at ``path`` stays whole if this fails.

    Raises:
        TrainingError: the disk is full or the folder cannot be written.
    """
    flat = {
        f"{part}/{name}": tensor.detach().to("cpu").contiguous()
        for part, tensors in checkpoint.tensors.items()
        for name, tensor in tensors.items()
    }
    metadata = {
        "version": str(VERSION),
        "recipe": checkpoint.recipe,
        "state": json.dumps(checkpoint.state),
    }
    try:
        with atomic_write(path) as out:
            out.write(save(flat, metadata))
    except OSError as error:
        raise TrainingError(
            f"The checkpoint {path} could not be written: {error.strerror}. The one before is kept."
        ) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        TrainingError: it is missing, damaged, of a newer version, or not one of Unfade's.
    """
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint {path}.")
    try:
        # In one go: a run may replace the file at any time, and safe_open opens it twice.
        data = path.read_bytes()
        whole = load(data)
    except (SafetensorError, OSError) as error:
        raise TrainingError(
            f"The checkpoint {path} is damaged or not a safetensors file ({error})."
        ) from error
    length = int.from_bytes(data[:HEADER], "little")
    metadata = json.loads(data[HEADER : HEADER + length]).get("__metadata__", {})
    if "state" not in metadata:
        raise TrainingError(f"{path} is not a checkpoint of unfade-train.")
    if int(metadata["version"]) > VERSION:
        raise TrainingError(f"{path} was written by a newer version of unfade-train; update first.")
    tensors: dict[str, dict[str, Tensor]] = {}
    for key, tensor in whole.items():
        part, name = key.split("/", 1)
        tensors.setdefault(part, {})[name] = tensor
    return Checkpoint(tensors, metadata["recipe"], json.loads(metadata["state"]))


def load_weights(network: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Load all weights of a network.

    Raises:
        TrainingError: the tensors belong to another network.
    """
    own = network.state_dict()
    wrong = sorted(set(own) ^ set(tensors)) or [n for n, t in own.items() if t.shape != tensors[n].shape]
    if wrong:
        raise TrainingError(
            f"{where} holds another network: {len(wrong)} weights differ in name or shape, "
            f"{wrong[0]!r} among them."
        )
    network.load_state_dict(tensors)


def adopt_weights(network: nn.Module, tensors: Mapping[str, Tensor], where: str) -> list[str]:
    """Take over the weights whose name and shape agree, and return the names of those left as they were.

    Raises:
        TrainingError: nothing agrees.
    """
    own = network.state_dict()
    fitting = {n: t for n, t in tensors.items() if n in own and own[n].shape == t.shape}
    if not fitting:
        raise TrainingError(f"No weight of {where} fits this network.")
    network.load_state_dict(fitting, strict=False)
    return sorted(set(own) - set(fitting))


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's moments, named ``<parameter index>.<moment>``."""
    return {
        f"{index}.{name}": value
        for index, moments in optimizer.state_dict()["state"].items()
        for name, value in moments.items()
    }


@torch.no_grad()
def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put moments saved by :func:`optimizer_tensors` back; its settings stay as the recipe has them."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)]
        # a fused optimizer walks memory, so moments must lie as their parameter does (channels last)
        lying = torch.empty_like(parameter) if value.shape == parameter.shape else torch.empty_like(value)
        state.setdefault(int(index), {})[name] = lying.copy_(value)
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


log = logging.getLogger(__name__)

WRAPPER = "network."
"""What an export puts before the names where it had to add something to the network."""
HALF = "_half"
"""What it puts behind those that it keeps in half precision."""
INT8, SCALE = "_int8", "_scale"
"""And behind those that it keeps in 8 bits, and their scales."""
FOLDED = "unfade.folded_weights"
"""Its metadata entry for the weights of which the graph knows no more than what was computed from them: name
-> nested lists of numbers, as JSON."""
EXPORTED = "exported"
"""The part of a network that it exports, where not all of it is needed to run the model."""


def adopt_initial_weights(network: nn.Module, files: Mapping[str, Path]) -> set[str]:
    """Take over the weights of some files where names and shapes agree; the names of those that stay as they
    were.

    Args:
        network: takes them in place.
        files: by the part of the network that each is for; the part of one for all is empty. A file is of a
            whole network with such a part, or of one like the part.

    Raises:
        TrainingError: a file cannot be read, or nothing in it fits.
    """
    left = set(network.state_dict())
    for part, file in files.items():
        weights = read_weights(file, network, part)
        if part:
            weights = {name: tensor for name, tensor in weights.items() if name.startswith(f"{part}.")}
        left &= set(adopt_weights(network, weights, str(file)))
        named = ", ".join([*sorted(left)[:3], *["..."][: len(left) > 3]]) or "none"
        log.info("took over the weights of %s; as initialised stay %d: %s", file, len(left), named)
    return left


def read_weights(path: Path, network: nn.Module, part: str = "") -> Mapping[str, Tensor]:
    """The weights for a network by their names in it; some may be missing, others too many.

    Args:
        part: of the network that they are for, where the file may be of one like it.

    Raises:
        TrainingError: the file is missing or damaged, or neither a checkpoint nor a model of ours.
    """
    is_model = path.suffix == ".onnx"
    weights: Mapping[str, Tensor] = _read_onnx(path) if is_model else load_checkpoint(path).weights
    if is_model and hasattr(network, EXPORTED):
        weights = {f"{EXPORTED}.{name}": tensor for name, tensor in weights.items()}
    if part and not any(name.startswith(f"{part}.") for name in weights):
        weights = {f"{part}.{name}": tensor for name, tensor in weights.items()}
    return unfold_norms(network, weights) if is_model else weights


def widened(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """The weights that an exported model keeps in fewer bits, in float32, by the names that they have in the
    graph."""
    from onnx import numpy_helper

    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    weights = {}
    for name, tensor in stored.items():
        if name.endswith(HALF):
            weights[name.removesuffix(HALF)] = numpy_helper.to_array(tensor).astype(np.float32)
        elif name.endswith(INT8) and (scale := stored.get(name.removesuffix(INT8) + SCALE)) is not None:
            values = numpy_helper.to_array(tensor).astype(np.float32) * numpy_helper.to_array(scale)
            weights[name.removesuffix(INT8)] = values
    return weights


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
        model = onnx.load(path)
    except (DecodeError, OSError) as error:
        raise TrainingError(f"The model {path} is damaged or not an ONNX file ({error}).") from error
    plain = {record.name: numpy_helper.to_array(record) for record in model.graph.initializer}
    tensors = {
        name.removeprefix(WRAPPER): torch.from_numpy(array.astype(np.float32))
        for name, array in (plain | widened(model)).items()
        if array.dtype in (np.float32, np.float16) and not name.endswith(HALF)
    }
    if not any(name.endswith(".weight") for name in tensors):
        raise TrainingError(f"{path} holds no weights with names; a model of unfade-export does.")
    folded = next((entry.value for entry in model.metadata_props if entry.key == FOLDED), "{}")
    return tensors | {name: torch.tensor(numbers) for name, numbers in json.loads(folded).items()}
