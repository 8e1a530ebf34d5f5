"""Two models of one network as one in between: their weights, interpolated.

Wang et al., "Deep network interpolation for continuous imagery effect transition", 2018, arXiv:1811.10515:
works where one model was fine-tuned from the other, as a GAN model is from its faithful one. Models trained
apart meet in a network that does neither.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from unfade.errors import ModelError
from unfade.models import ModelCard, Variant

from .checks import check_finite, cpu_session
from .errors import ExportError
from .export import check_name, write
from .graph import check_graph, pack_weights, unpack_weights


def blend_models(first: Path, second: Path, weight: float, output: Path) -> ModelCard:
    """Write ``(1 - weight) * first + weight * second`` to ``output`` and give its card.

    Either may keep its weights in half precision; the output does where the first does.

    Raises:
        ExportError: the weight is not in [0, 1], a file cannot be used, the two are not of one network, or
            the output cannot be written; nothing is left behind.
    """
    if not 0 <= weight <= 1:
        raise ExportError(f"The weight must be a number from 0 to 1, not {weight:g}.")
    check_name(output)
    model, card = _load(first)
    other, other_card = _load(second)
    packed, _ = unpack_weights(model), unpack_weights(other)
    if _shape_of(card) != _shape_of(other_card) or _skeleton(model) != _skeleton(other):
        raise ExportError(f"{first} and {second} are not models of one network and cannot be blended.")
    theirs = {weights.name: weights for weights in other.graph.initializer}
    for weights in model.graph.initializer:
        a, b = numpy_helper.to_array(weights), numpy_helper.to_array(theirs[weights.name])
        if a.dtype.kind == "f":
            mixed = ((1 - weight) * a.astype(np.float64) + weight * b.astype(np.float64)).astype(a.dtype)
            if weights.name in packed:
                mixed = mixed.astype(np.float16).astype(a.dtype)
            weights.CopyFrom(numpy_helper.from_array(mixed, weights.name))
        elif not np.array_equal(a, b):
            raise ExportError(f"{first} and {second} differ in {weights.name}, a constant of their network.")
    blended = _card(card, other_card, weight, output.stem)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, blended.to_metadata())
    if packed:
        model = pack_weights(model)
    check_graph(model)
    check_finite(cpu_session(model), blended)
    write(output, model.SerializeToString())
    return blended


def _load(path: Path) -> tuple[onnx.ModelProto, ModelCard]:
    if not path.is_file():
        raise ExportError(f"There is no model {path}.")
    try:
        model = onnx.load(path, load_external_data=False)
        card = ModelCard.from_metadata({entry.key: entry.value for entry in model.metadata_props})
    except ModelError as error:
        raise ExportError(f"The model {path} cannot be used: {error}.") from error
    except Exception as error:  # protobuf's errors are of no public type
        raise ExportError(f"{path} is not an ONNX model, or damaged.") from error
    if card is None:
        raise ExportError(f"{path} has no Unfade card; add one with unfade models add.")
    if any(weights.external_data for weights in model.graph.initializer):
        raise ExportError(f"{path} keeps its weights in another file; blending takes models of one file.")
    return model, card


def _skeleton(model: onnx.ModelProto) -> bytes:
    """The graph without its weights' values."""
    bare = onnx.GraphProto()
    bare.CopyFrom(model.graph)
    bare.name, bare.doc_string = "", ""
    del bare.value_info[:]
    for weights in bare.initializer:
        for field in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "doc_string"):
            weights.ClearField(field)
    return bytes(bare.SerializeToString(deterministic=True))


def _shape_of(card: ModelCard) -> tuple[object, ...]:
    size = (card.size_multiple, card.fixed_size)
    return (card.task, card.scale, card.inputs, card.outputs, size, card.tiling)


def _card(first: ModelCard, second: ModelCard, weight: float, name: str) -> ModelCard:
    share = f"{1 - weight:g} {first.name} + {weight:g} {second.name}"
    sources = dict.fromkeys(card.training_data for card in (first, second) if card.training_data)
    licences = dict.fromkeys((first.licence, second.licence))
    return replace(
        first,
        name="-".join(name.split()),
        title=f"{first.title} blended: {share}",
        variant=Variant.GAN if Variant.GAN in (first.variant, second.variant) else Variant.FAITHFUL,
        halo=max(first.halo, second.halo),
        recipe=f'blend = "{share}"\n',
        training_data="; ".join(sources),
        metrics={},  # neither model's scores are the blend's
        licence="; ".join(licences),
    )
