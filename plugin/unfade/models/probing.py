"""Models without a card: what can be found out of them by running them on small noise pictures."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError, first_line, printable
from unfade.models.card import ModelCard, Tensor, Tiling, Variant

logger = logging.getLogger(__name__)

MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
"""Size multiples that are tried, the finest first."""
LARGEST_SCALE = 16
OVERLAP = 32
"""The halo written for a model whose reach is unknown: it is blended, over twice as many pixels. Less where
its fixed size is small."""
UNKNOWN_LICENCE = "unknown: see where the model comes from"

SMALLEST_FIXED = 32
"""Pixels a side of the only size that a model takes, to be of use."""
_NOT_WHOLE = "it gives no picture of a size that would be a whole multiple of the input's"

_RGB = 3
_UNIT = (0.0, 1.0)


def probe(inner: Any, path: Path) -> ModelCard:
    """A card for an ONNX model that makes RGB pictures in [0, 1] out of RGB pictures in [0, 1].

    Scale and size multiple are measured; how far the network sees is not, so its windows are blended.

    Args:
        inner: an onnxruntime session.
        path: the file; its stem becomes the name.

    Raises:
        ModelError: it is no such model, or only one of height and width is fixed.
    """
    inputs, outputs = inner.get_inputs(), inner.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise _unfit(path, f"it has {len(inputs)} inputs and {len(outputs)} outputs, not one of each")
    fed, made = inputs[0], outputs[0]
    for tensor, kind in ((fed, "takes"), (made, "gives")):
        if tensor.type != "tensor(float)":
            raise _unfit(path, f"it {kind} {tensor.type}, not float32")
    if len(fed.shape) != 4:
        raise _unfit(path, f"its input has {len(fed.shape)} dimensions, not the 4 of pictures (NCHW)")
    batch, channels, *sides = fed.shape
    if isinstance(channels, int) and channels != _RGB:
        raise _unfit(path, f"it takes {channels} channels, not RGB")
    if isinstance(batch, int) and batch != 1:
        raise _unfit(path, f"it takes {batch} pictures at a time")
    size = _fixed_size(sides, path)
    multiple, scale = (1, _fixed_scale(inner, size, path)) if size else _measure(inner, path)
    return ModelCard(
        name=_name_of(path),
        title=printable(path.stem),
        task="upscale" if scale > 1 else "deartifact",
        scale=scale,
        # Unknown; most of the models people share that enlarge were trained to look sharp.
        variant=Variant.GAN if scale > 1 else Variant.FAITHFUL,
        inputs=(Tensor(fed.name, _RGB, _UNIT, "sRGB"),),
        outputs=(Tensor(made.name, _RGB, _UNIT, "sRGB"),),
        size_multiple=multiple,
        halo=min(OVERLAP, min(size) // 4) if size else OVERLAP,
        tiling=Tiling.BLEND,
        fixed_size=size,
        licence=UNKNOWN_LICENCE,
    )


def _name_of(path: Path) -> str:
    """The file's name as a card may have it: names of files need not be text."""
    return "".join(c if c.isprintable() else "-" for c in re.sub(r"[\s/\\]+", "-", path.stem)) or "model"


def try_out(inner: Any, card: ModelCard, path: Path) -> None:
    """Run the model once on a small picture, as its card describes it.

    Raises:
        ModelError: it fails, or gives another shape than the card says, or NaN.
    """
    side = _round_up(48, card.size_multiple)
    height, width = card.fixed_size or (side, side)
    x = np.random.default_rng(0).random((1, card.inputs[0].channels, height, width), np.float32)
    try:
        results = inner.run([tensor.name for tensor in card.outputs], {card.inputs[0].name: x})
    except Exception as error:  # onnxruntime's exceptions have no common type of their own
        raise ModelError(f"The model {path} does not run: {first_line(error)}") from error
    for tensor, result in zip(card.outputs, results, strict=True):
        expected = (1, tensor.channels, height * card.scale, width * card.scale)
        fits = result.shape[:2] == expected[:2] and (card.tiling is Tiling.WHOLE or result.shape == expected)
        if not fits:
            raise _unfit(path, f"it gives an array of shape {result.shape} where its card says {expected}")
        if not np.isfinite(result).all():
            raise _unfit(path, "it gives values that are no numbers (NaN or infinity)")


def _fixed_size(sides: Sequence[int | str | None], path: Path) -> tuple[int, int] | None:
    height, width = sides
    if isinstance(height, int) and isinstance(width, int):
        if min(height, width) < SMALLEST_FIXED:
            raise _unfit(path, f"it takes only {width} x {height} pixels, too few to tile a picture with")
        return height, width
    if isinstance(height, int) or isinstance(width, int):
        raise _unfit(path, "only one of height and width is free: export it with both free, or with none")
    return None


def _fixed_scale(inner: Any, size: tuple[int, int], path: Path) -> int:
    try:
        scale = _scale_at(inner, size)
    except ModelError as error:
        raise _unfit(path, str(error)) from error
    if scale is None:
        raise _unfit(path, _NOT_WHOLE)
    return scale


def _measure(inner: Any, path: Path) -> tuple[int, int]:
    """Size multiple and scale: the first multiple at which oblong pictures come out whole."""
    refusal = _NOT_WHOLE
    for multiple in MULTIPLES:
        found = set()
        for rows, columns in ((3, 5), (7, 4)):
            # odd numbers of steps, and at least some 40 pixels: windowed networks mirror their border
            sides = tuple(_odd_steps(40, multiple) * multiple + multiple * extra for extra in (rows, columns))
            try:
                found.add(_scale_at(inner, sides))
            except ModelError as error:
                refusal = str(error)
                found.add(None)
        if len(found) == 1 and (scale := found.pop()) is not None:
            return multiple, scale
    raise _unfit(path, refusal)


def _scale_at(inner: Any, sides: tuple[int, ...]) -> int | None:
    """The whole number by which both sides grow; None where they do not."""
    height, width = sides
    x: NDArray[np.float32] = np.random.default_rng(0).random((1, _RGB, height, width), np.float32)
    try:
        y = inner.run(None, {inner.get_inputs()[0].name: x})[0]
    except Exception as error:  # onnxruntime's exceptions have no common type of their own
        raise ModelError(
            f"it fails on {width} x {height} pixels ({first_line(error).rstrip('.')})"
        ) from error
    if y.ndim != 4 or y.shape[1] != _RGB or y.shape[2] % height or y.shape[3] % width:
        return None
    scale = int(y.shape[2] // height)
    if scale != y.shape[3] // width or not 1 <= scale <= LARGEST_SCALE or not np.isfinite(y).all():
        return None
    return scale


def _odd_steps(pixels: int, multiple: int) -> int:
    return max(1, pixels // multiple) | 1


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _unfit(path: Path, why: str) -> ModelError:
    return ModelError(f"The model {path} cannot be used: {why}.")
