"""From a community checkpoint to an ONNX file with a card that has passed every check."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

from unfade.models import ModelCard, Task, Tensor, Variant
from unfade_training.networks import count_parameters, macs_per_pixel

from ..build import Built, Report, build, check_name, write
from ..checks import Array
from ..errors import ExportError
from ..interface import UNIT
from ..static import Size, of_size
from .architectures import spandrel
from .loading import Community, load_community
from .reach import attends, tiling_of

log = logging.getLogger(__name__)

_MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
_WINDOWS = (8, 16, 32, 64)
"""Tried where the network attends to windows."""
_EVERY_WINDOW = 16
"""Windows have at least this many pixels a side, since pictures are mirrored outward by 8."""
UNKNOWN_LICENCE = "unknown: see where the checkpoint comes from"


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
        photo: see :func:`unfade_export.build.build`.

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
    for multiple in _WINDOWS if attends(network) else _MULTIPLES:
        if multiple % needs or multiple < least:
            continue
        network.size_multiple = multiple
        try:
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
        task=Task.UPSCALE if network.scale > 1 else Task.DEARTIFACT,
        scale=network.scale,
        variant=variant,
        inputs=(Tensor("input", 3, UNIT, "sRGB"),),
        outputs=(Tensor("output", 3, UNIT, "sRGB"),),
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
