"""Checkpoints of the community (OpenModelDB's and others), read by spandrel and exported with a card.

Weights are read without running anything. A network is tiled exactly, with a halo, where that can be had,
else blended.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import importlib
import json
import logging
import pickle
import re
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from unfade.errors import first_line
from unfade.models import ModelCard, Tiling, Variant
from unfade.models import Tensor as TensorCard
from unfade_training.errors import TrainingError
from unfade_training.networks import count_parameters, macs_per_pixel, receptive_radius

from . import ExportError
from .checks import Array
from .export import Built, Report, build, check_name, write
from .interface import UNIT, Size, of_size

log = logging.getLogger(__name__)

_MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
_WINDOWS = (8, 16, 32, 64)
"""Tried where the network attends to windows."""
_EVERY_WINDOW = 16
"""Windows have at least this many pixels a side, since pictures are mirrored outward by 8."""
UNKNOWN_LICENCE = "unknown: see where the checkpoint comes from"
MOST_EXACT = 96
"""The widest halo, in input pixels, that exact tiling is worth: a window of 256 then still gives away a
fourth of its side. Networks that see farther are weighty, and what they see out there changes little."""
BLEND_OVERLAP = 32
"""The halo of models that are blended: windows overlap by twice as much, and fade into each other."""
_PICKLES = (".pth", ".pt", ".ckpt", ".bin")
_SAFE = ".safetensors"
_NEEDED = {
    "torchvision": (),
    "torchvision.transforms": (),
    "torchvision.transforms.functional": ("InterpolationMode", "normalize", "rotate"),
}


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


@dataclass(frozen=True)
class Tiled:
    """What goes onto the card, and how it was found."""

    tiling: Tiling
    halo: int
    found_by: str


def export_community(
    checkpoint: Path,
    output: Path,
    *,
    licence: str = UNKNOWN_LICENCE,
    variant: Variant | None = None,
    fp16: bool = False,
    static: Size | None = None,
    photo: Array | None = None,
) -> Report:
    """Recognise ``checkpoint``, export and check its network, and write it to ``output``.

    Args:
        checkpoint: ``.safetensors``, or a pickle of weights alone (``.pth``, ``.pt``, ``.ckpt``).
        output: ends in ``.onnx``; its stem becomes the model's name.
        licence: a note for the card.
        variant: None takes GAN for models that enlarge, as most of the community's are, else faithful.
        fp16: whether a float16 variant is written beside it, for CUDA.
        static: height and width of all that goes in; None leaves them free.
        photo: see :func:`unfade_export.export.build`.

    Raises:
        ExportError: the checkpoint cannot be used, a check failed, or the file cannot be written; nothing is
            left behind.
    """
    check_name(output)
    community = load_community(checkpoint)
    if fp16 and not community.half:
        raise ExportError(
            f"float16: {community.architecture} is not known to be safe in half precision; leave --fp16 out."
        )
    if variant is None:
        variant = Variant.GAN if community.network.scale > 1 else Variant.FAITHFUL
    built = _built(
        community, checkpoint, output.stem, licence, variant, fp16=fp16, static=static, photo=photo
    )
    write(output, built.model, built.half)
    return built.report


def _built(
    community: Community,
    checkpoint: Path,
    name: str,
    licence: str,
    variant: Variant,
    *,
    fp16: bool,
    static: Size | None,
    photo: Array | None,
) -> Built:
    """Tried with one size multiple after the other: what a windowed network needs is written nowhere."""
    network, needs = community.network, community.network.size_multiple
    least = community.least if community.least > _EVERY_WINDOW else 1
    failure: ExportError | None = None
    multiples = _WINDOWS if attends(network) else _MULTIPLES
    usual = _paddings(network, _MULTIPLES[-1])  # small pictures tell what an export takes minutes to find out
    for multiple in multiples:
        if multiple % needs or multiple < least:
            continue
        network.size_multiple = multiple
        try:
            if _paddings(network, _MULTIPLES[-1] + multiple) != usual:
                raise ExportError(f"in steps of {multiple} the network pads pictures by their size.")
            card = of_size(_card(community, multiple, checkpoint, name, licence, variant), static)
            return build(network, card, fp16=fp16, photo=photo, smallest=_EVERY_WINDOW)
        except ExportError as error:
            log.info("size multiple %d: %s", multiple, error)
            failure = failure or error
    raise failure or ExportError(
        f"{checkpoint} takes no picture smaller than {least} pixels in steps of {needs}, which Unfade cannot "
        "tile."
    )


def _card(
    community: Community, multiple: int, checkpoint: Path, name: str, licence: str, variant: Variant
) -> ModelCard:
    network = community.network
    tiled = tiling_of(network, multiple)
    log.info("%s: %s", checkpoint, tiled)
    return ModelCard(
        name=re.sub(r"[\s/\\]+", "-", name),
        title=f"{name} ({community.architecture})",
        task="upscale" if network.scale > 1 else "deartifact",
        scale=network.scale,
        variant=variant,
        inputs=(TensorCard("input", 3, UNIT, "sRGB"),),
        outputs=(TensorCard("output", 3, UNIT, "sRGB"),),
        size_multiple=multiple,
        halo=tiled.halo,
        tiling=tiled.tiling,
        recipe=_origin(community, checkpoint, tiled.found_by),
        training_data=f"of the community checkpoint {checkpoint.name}, not known here",
        licence=licence,
        parameters=count_parameters(network),
        macs_per_pixel=_macs(network),
    )


def _origin(community: Community, checkpoint: Path, tiling: str) -> str:
    """Where the model comes from, in the place of a training recipe (TOML)."""
    entries: dict[str, object] = {
        "checkpoint": checkpoint.name,
        "sha256": community.sha256,
        "architecture": community.architecture,
        "tags": list(community.tags),
        "half_precision": community.half,
        "tiling": tiling,
        "spandrel": spandrel().__version__,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in entries.items()]
    return "# A community checkpoint, read by spandrel.\n" + "\n".join(lines) + "\n"


def _macs(network: object) -> int | None:
    """None for networks that cannot run on shapes alone."""
    try:
        return round(macs_per_pixel(network))  # type: ignore[arg-type]
    except Exception as error:
        log.info("multiplications were not counted: %s", error)
        return None


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
            f"{path} cannot be loaded as the architecture it looks like: {first_line(error)}"
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
    return ExportError(
        f"The checkpoint {path} is damaged or of another kind ({first_line(error).rstrip('.')})."
    )


def _settle(model: nn.Module) -> None:
    """Have layers that join their branches' weights at every call do it now, once: SPAN's."""
    for module in model.modules():
        join = getattr(module, "update_params", None)
        if callable(join):
            with torch.no_grad():
                join()
            module.update_params = lambda: None  # type: ignore[assignment]


def tiling_of(network: Restorer, size_multiple: int) -> Tiled:
    """Decide how ``network`` is tiled: by what its structure says, else by impulses; blended where it
    attends to windows or sees the whole picture, or too far."""
    if attends(network):
        return Tiled(Tiling.BLEND, BLEND_OVERLAP, "attention: blended")
    try:
        # a copy, since some networks keep tensors of theirs in the type of the last input
        traced = copy.deepcopy(network)
        reach = receptive_radius(traced, size_multiple, network.scale, largest=4 * MOST_EXACT + 16)
        found_by = "its structure"
    except Exception as error:  # TrainingError, or whatever an untraceable operation led to
        log.info("not traced: %s", error)
        if isinstance(error, TrainingError) and "cannot be tiled exactly" in str(error):
            return Tiled(Tiling.BLEND, BLEND_OVERLAP, "it sees the whole picture: blended")
        measured = _measured_reach(network, size_multiple)
        if measured is None:
            return Tiled(Tiling.BLEND, BLEND_OVERLAP, "impulses travel too far: blended")
        reach, found_by = measured, "impulses"
    if reach > MOST_EXACT:
        return Tiled(Tiling.BLEND, BLEND_OVERLAP, f"it sees {reach} px far: blended")
    return Tiled(Tiling.EXACT, reach, found_by)


class _Attention(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes whether a softmax or an attention kernel is run."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen = False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = str(func)
        self.seen = self.seen or "softmax" in name or "attention" in name
        return func(*args, **(kwargs or {}))


def attends(network: Restorer) -> bool:
    """Whether the network has attention, of windows or of whole pictures.

    Raises:
        ExportError: it cannot be run.
    """
    try:
        with torch.no_grad(), _Attention() as mode:
            network(torch.rand(1, network.in_channels, 64, 64))
    except Exception as error:
        raise ExportError(f"The network of this checkpoint does not run: {first_line(error)}.") from error
    return bool(mode.seen)


class _Paddings(TorchFunctionMode):
    """Notes by how much is padded."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.pad:
            self.seen.append(args[1] if len(args) > 1 else kwargs["pad"])
        return func(*args, **kwargs)


def _paddings(network: Restorer, side: int) -> list[object]:
    """By how much the network pads a picture of so many pixels a side. Raises ExportError if it cannot.

    Networks that pad to a multiple of their own are right in steps of that alone: an exported graph holds by
    how much it padded.
    """
    with torch.no_grad(), _Paddings() as mode:
        try:
            network(torch.rand(1, network.in_channels, side, side))
        except Exception as error:
            raise ExportError(f"it does not run at {side} x {side}: {first_line(error)}.") from error
    seen: list[object] = mode.seen
    return seen


def _measured_reach(network: Restorer, size_multiple: int) -> int | None:
    """The farthest that a changed pixel is seen, at every phase of the multiple; None beyond
    :data:`MOST_EXACT`. Less than the structure may allow, hence proven on a picture at export."""
    side = 2 * -(-(MOST_EXACT + 8) // size_multiple) * size_multiple
    centre, reach = side // 2, 0
    generator = torch.Generator().manual_seed(0)
    for phase in range(size_multiple):
        x = torch.rand(1, network.in_channels, side, side, generator=generator)
        changed = x.clone()
        changed[..., centre + phase, centre + phase] += 4
        with torch.no_grad():
            touched = (network(changed) != network(x)).any(dim=1)[0].nonzero() // network.scale
        if len(touched):
            reach = max(reach, int((touched - centre - phase).abs().max()))
        if reach > MOST_EXACT:
            return None
    return reach


@functools.cache
def spandrel() -> Any:
    """The spandrel package.

    It imports torchvision for two architectures that fill holes and rebuild faces, which no filter here runs.
    A torchvision that is missing, or built for another torch than the installed one, must not keep the other
    forty from being read; so a stand-in takes its place while spandrel is imported.

    Raises:
        ExportError: it is not installed.
    """
    absent = not _imports("torchvision.transforms.functional")
    if absent:
        sys.modules.update(_stand_ins())
    try:
        return importlib.import_module("spandrel")
    except ImportError as error:
        raise ExportError(
            f"Community checkpoints need spandrel ({error}): pip install 'unfade[community]'."
        ) from error
    finally:
        if absent:
            for name in _NEEDED:
                del sys.modules[name]


def architecture_names() -> list[str]:
    """What spandrel recognises, by name."""
    return sorted({support.architecture.name for support in spandrel().MAIN_REGISTRY}, key=str.lower)


def _imports(name: str) -> bool:
    try:
        importlib.import_module(name)
    except (ImportError, RuntimeError):  # RuntimeError: its operators do not load beside this torch
        for module in [module for module in sys.modules if module.split(".")[0] == "torchvision"]:
            del sys.modules[module]
        return False
    return True


def _stand_ins() -> dict[str, types.ModuleType]:
    modules = {name: types.ModuleType(name) for name in _NEEDED}
    for name, module in modules.items():
        for attribute in _NEEDED[name]:
            setattr(module, attribute, None)  # called by architectures that are refused before they run
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(modules[parent], child, module)
    return modules
