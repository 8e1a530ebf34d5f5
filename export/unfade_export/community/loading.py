"""Community checkpoints: weights read without running anything, and the network they belong to."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import ExportError
from .architectures import architecture_names, spandrel

_PICKLES = (".pth", ".pt", ".ckpt", ".bin")
_SAFE = ".safetensors"


class Restorer(nn.Module):
    """A community network behind the face of Unfade's generators: N 3 H W -> N 3 H*scale W*scale."""

    in_channels = 3

    def __init__(self, model: nn.Module, call: Any, scale: int, size_multiple: int) -> None:
        super().__init__()
        self.model = model
        self._call = call
        self.scale = scale
        self.size_multiple = size_multiple

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self._call(self.model, x))


@dataclass(frozen=True)
class Community:
    """A community checkpoint.

    Attributes:
        network: on the CPU, in eval mode, float32.
        architecture: its name.
        tags: what spandrel found out of the variant.
        least: pixels a side that the network takes at least.
        half: whether spandrel knows the architecture to work in float16.
        sha256: of the file.
    """

    network: Restorer
    architecture: str
    tags: tuple[str, ...]
    least: int
    half: bool
    sha256: str


def load_community(path: Path) -> Community:
    """Read a checkpoint and recognise its network.

    Raises:
        ExportError: the file is missing, damaged, holds code, is of an architecture that is not known, or of
            one that no filter can run.
    """
    state = _read_state(path)
    library = spandrel()
    try:
        state = library.canonicalize_state_dict(state)
        found = library.MAIN_REGISTRY.load(state)
    except library.UnsupportedModelError as error:
        known = ", ".join(architecture_names())
        raise ExportError(
            f"{path} is of an architecture that is not known here; known are {known}."
        ) from error
    except Exception as error:  # a detector that was deceived raises whatever its shapes led to
        raise ExportError(
            f"{path} cannot be loaded as the architecture it looks like: {_line(error)}"
        ) from error
    return _described(path, found, library)


def _described(path: Path, found: Any, library: Any) -> Community:
    name = found.architecture.name
    if not isinstance(found, library.ImageModelDescriptor) or found.purpose not in ("SR", "Restoration"):
        raise ExportError(f"{path} is a {name} model for {found.purpose}, which no filter of Unfade can run.")
    if (found.input_channels, found.output_channels) != (3, 3):
        raise ExportError(
            f"{path} makes {found.output_channels} channels out of {found.input_channels}; "
            "Unfade runs models that make RGB out of RGB."
        )
    needs = found.size_requirements
    if needs.square:
        raise ExportError(f"{path} takes only square pictures, so Unfade cannot run it in tiles.")
    model = found.model.eval().float()
    _settle(model)
    network = Restorer(model, found._call_fn, int(found.scale), int(needs.multiple_of)).eval()
    return Community(
        network=network.requires_grad_(False),
        architecture=name,
        tags=tuple(found.tags),
        least=int(needs.minimum),
        half=bool(found.supports_half),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _read_state(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise ExportError(f"There is no checkpoint {path}.")
    suffix = path.suffix.lower()
    if suffix not in (*_PICKLES, _SAFE):
        raise ExportError(f"{path} must be a checkpoint ending in {_SAFE} or {', '.join(_PICKLES)}.")
    try:
        state = (
            load_file(path) if suffix == _SAFE else torch.load(path, map_location="cpu", weights_only=True)
        )
    except pickle.UnpicklingError as error:
        if "GLOBAL" in str(error) or "Unsupported" in str(error):
            raise ExportError(
                f"{path} holds code beside its weights; it was not opened, and nothing of it was run. Ask "
                "for a .safetensors file of it."
            ) from error
        raise _damaged(path, error) from error
    except Exception as error:  # torch's reader raises whatever a cut or foreign file leads it to
        raise _damaged(path, error) from error
    if not isinstance(state, Mapping):
        raise ExportError(f"{path} holds a {type(state).__name__}, not the weights of a network.")
    return cast(Mapping[str, Any], state)


def _damaged(path: Path, error: Exception) -> ExportError:
    return ExportError(f"The checkpoint {path} is damaged or of another kind ({_line(error).rstrip('.')}).")


def _settle(model: nn.Module) -> None:
    """Have layers that join their branches' weights at every call do it now, once: SPAN's."""
    for module in model.modules():
        join = getattr(module, "update_params", None)
        if callable(join):
            with torch.no_grad():
                join()
            module.update_params = lambda: None  # type: ignore[assignment]


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
