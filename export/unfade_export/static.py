"""Models of one fixed size, for compilers and hardware that want no other.

The tiler cuts pictures into windows of just that size; a picture that is smaller is mirrored outward to it.
"""

from __future__ import annotations

import re
from dataclasses import replace

import onnx

from unfade.models import ModelCard, Tiling

from .errors import ExportError
from .graph import check_graph
from .simplify import simplified

Size = tuple[int, int]
"""Height and width in pixels."""


def parse_size(text: str) -> Size:
    """Height and width from ``WIDTHxHEIGHT``. Raises ExportError."""
    found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text.strip().lower())
    if found is None:
        raise ExportError(f"--static takes WIDTHxHEIGHT in pixels, such as 512x512, not {text!r}.")
    return int(found[2]), int(found[1])


def of_size(card: ModelCard, size: Size | None) -> ModelCard:
    """The card of the same model for pictures of ``size`` alone; of any size for None.

    Raises:
        ExportError: it sees pictures as a whole, or cannot be tiled with windows of that size.
    """
    if size is None:
        return card
    height, width = size
    if card.tiling is Tiling.WHOLE:
        raise ExportError(
            f"A {card.task} model sees every picture as a whole, so it cannot have a fixed size; leave "
            "--static out."
        )
    multiple, least = card.size_multiple, card.least_side
    if height % multiple or width % multiple or min(size) < least:
        raise ExportError(
            f"A fixed size of {width}x{height} does not do for this network, whose halo is {card.halo} "
            f"pixels: its sides must be multiples of {multiple} and at least {least}."
        )
    return replace(card, fixed_size=size)


def fix_size(model: onnx.ModelProto, card: ModelCard) -> onnx.ModelProto:
    """A model with free height and width as one of the card's fixed size, with the card inside.

    Raises:
        ExportError: it cannot be simplified, or the graph is not valid.
    """
    assert card.fixed_size is not None
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for values, factor in ((fixed.graph.input, 1), (fixed.graph.output, card.scale)):
        for value in values:
            for dimension, side in zip(value.type.tensor_type.shape.dim[2:], card.fixed_size, strict=True):
                dimension.dim_value = side * factor
    del fixed.metadata_props[:]
    onnx.helper.set_model_props(fixed, card.to_metadata())
    fixed = simplified(fixed)
    check_graph(fixed)
    return fixed
