"""From a network, or two models of one network, to an ONNX file with its card that has passed every check,
or to no file at all."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper
from torch import nn

from unfade.errors import ModelError, UnfadeError
from unfade.models import ModelCard, Tiling, Variant, half_precision_file
from unfade.picture import read_picture, to_float
from unfade_training.build import build_generator
from unfade_training.checkpoint import EXPORTED, Checkpoint, load_checkpoint, load_weights
from unfade_training.config import Recipe, parse_recipe, without_folders
from unfade_training.files import atomic_write
from unfade_training.networks import count_parameters, fold_norms, macs_per_pixel, receptive_radius

from . import ExportError
from .checks import (
    Array,
    Parity,
    check_exact_tiling,
    check_finite,
    check_half,
    check_lead,
    check_parity,
    cpu_session,
    probe_reach,
)
from .graph import (
    check_graph,
    fix_size,
    keep_folded_weights,
    pack_weights,
    round_weights,
    to_half,
    to_onnx,
    unpack_weights,
)
from .interface import Size, interface_of, of_size, ratio_of


@dataclass(frozen=True)
class Half:
    """What was measured of the float16 variant; ``parity`` is against PyTorch in float32."""

    size: int
    parity: list[Parity]


@dataclass(frozen=True)
class Report:
    """What was exported, and what was measured of it.

    Attributes:
        card: as written into the file.
        size: of the file in bytes.
        parity: PyTorch against ONNX Runtime.
        reach: how far an impulse was seen, in input pixels; at most the card's halo. None for a model that
            is not tiled exactly.
        tiling_difference: tiles against the whole picture, in units of the output's range; None likewise.
        megapixels_per_second: input megapixels ONNX Runtime runs in a second on this machine's CPU.
        half: of the float16 variant, where one was asked for.
    """

    card: ModelCard
    size: int
    parity: list[Parity]
    reach: int | None
    tiling_difference: float | None
    megapixels_per_second: float
    half: Half | None = None


@dataclass(frozen=True)
class Built:
    """Models ready to be written."""

    model: bytes
    half: bytes | None
    report: Report


def export_checkpoint(
    checkpoint: Path,
    output: Path,
    *,
    fp16: bool = False,
    compact: bool = False,
    int8: bool = False,
    static: Size | None = None,
    photo: Array | None = None,
) -> Report:
    """Rebuild the generator of ``checkpoint`` from its recipe, export and check it, and write it to
    ``output``.

    Args:
        checkpoint: of unfade-train.
        output: ends in ``.onnx``.
        fp16: whether a float16 variant is written beside it, for CUDA.
        compact: whether weights are stored in half precision: half the file.
        int8: whether they are stored in 8 bits instead: a quarter of the file.
        static: height and width of all that goes in; None leaves them free.
        photo: see :func:`build`.

    Raises:
        TrainingError: the checkpoint is missing, damaged, or does not fit its recipe.
        ExportError: both ``compact`` and ``int8``, a check failed, or the file cannot be written; nothing is
            left behind.
    """
    check_name(output)
    if compact and int8:
        raise ExportError("Weights are stored in half precision or in 8 bits, not both; leave one out.")
    loaded = load_checkpoint(checkpoint)
    recipe = parse_recipe(loaded.recipe, f"the recipe in {checkpoint}")
    network = build_generator(recipe, pretrained=False)
    load_weights(network, loaded.weights, str(checkpoint))
    network = fold_norms(network).eval()
    network = getattr(network, EXPORTED, network)  # some apply what they name themselves while they learn
    card = of_size(_card(recipe, network, loaded), static)
    built = build(network, card, photo=photo, fp16=fp16, compact=compact, int8=int8, trainable=True)
    write(output, built.model, built.half)
    return built.report


def build(
    network: nn.Module,
    card: ModelCard,
    *,
    photo: Array | None = None,
    fp16: bool = False,
    compact: bool = False,
    int8: bool = False,
    trainable: bool = False,
    smallest: int = 1,
) -> Built:
    """Export ``network`` and check the result.

    Args:
        network: in eval mode, norms folded; rounded in place where ``compact`` or ``int8`` is asked for.
        card: what is true of it; with a ``fixed_size`` the model is made and checked for that alone.
        photo: CHW float32 in [0, 1] to prove exact tiling on; None takes noise with detail at every scale.
        fp16: whether to make the float16 variant too.
        compact: whether weights are stored in half precision (see :func:`~unfade_export.graph.pack_weights`).
        int8: whether they are stored in 8 bits.
        trainable: whether a training can begin with the model: weights of which the graph keeps only what was
            computed from them are noted beside it.
        smallest: the least side in pixels that the network takes.

    Raises:
        ExportError: the name of the check that failed, and by how much.
    """
    if compact or int8:
        round_weights(network, int8=int8)
    free_card = replace(card, fixed_size=None)
    free = to_onnx(network, free_card)
    if trainable:
        keep_folded_weights(free, network)
    plain = free if card.fixed_size is None else fix_size(free, card)
    model = pack_weights(plain) if compact or int8 else plain
    session = cpu_session(model)
    parity = check_parity(network, session, card, smallest=smallest)
    check_finite(session, card, smallest)
    if card.task == "repair":
        check_lead(session, card)
    reach, difference = None, None
    if card.tiling is Tiling.EXACT:
        free_session = session if plain is free else cpu_session(free)
        reach = probe_reach(free_session, free_card)
        difference = check_exact_tiling(session, card, _picture_of(card, photo), whole=free_session)
    data, half_data, half = model.SerializeToString(), None, None
    if fp16:
        half_model = to_half(plain)
        half_data = half_model.SerializeToString()
        half = Half(len(half_data), check_half(network, half_model, card, smallest))
    report = Report(card, len(data), parity, reach, difference, _speed(session, card, smallest), half)
    return Built(data, half_data, report)


def check_name(output: Path) -> None:
    """Raises ExportError for an output that no model may have."""
    if output.suffix != ".onnx" or half_precision_file(output) == output:
        raise ExportError(f"The output {output} must end in .onnx (and not in .fp16.onnx).")


def write(output: Path, model: bytes, half: bytes | None = None) -> None:
    """Write a model, and its float16 variant beside it; a variant from before is taken away.

    Raises:
        ExportError: the disk is full or the folder cannot be written; nothing is left behind.
    """
    beside = half_precision_file(output)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if half is None:
            beside.unlink(missing_ok=True)
        else:
            _write(half, beside)
        _write(model, output)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ExportError(f"{output} cannot be written: {error.strerror}.") from error


def load_photo(path: Path) -> Array:
    """CHW float32 RGB in [0, 1], gray as three equal channels, alpha left out.

    Raises:
        ExportError: it is not a picture that can be read.
    """
    try:
        pixels = to_float(read_picture(path).pixels)
    except UnfadeError as error:
        raise ExportError(str(error)) from error
    colour = pixels[..., :1].repeat(3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    return np.ascontiguousarray(colour.transpose(2, 0, 1), np.float32)


def _card(recipe: Recipe, network: nn.Module, loaded: Checkpoint) -> ModelCard:
    interface = interface_of(recipe.task, network)
    exact, ratio = interface.tiling is Tiling.EXACT, ratio_of(network)
    return ModelCard(
        name=recipe.name,
        title=recipe.title,
        task=recipe.task,
        scale=int(ratio) if exact else 1,
        variant=Variant(recipe.variant),
        inputs=interface.inputs,
        outputs=interface.outputs,
        size_multiple=interface.size_multiple,
        halo=receptive_radius(network, interface.size_multiple, int(ratio)) if exact else 0,
        tiling=interface.tiling,
        working_size=interface.working_size,
        recipe=without_folders(recipe.text),
        training_data=recipe.training_data,
        metrics={f"holdout_{name}": value for name, value in loaded.state.get("scores", {}).items()},
        licence=recipe.licence,
        parameters=count_parameters(network),
        macs_per_pixel=round(macs_per_pixel(network)),
    )


def _write(data: bytes, path: Path) -> None:
    with atomic_write(path) as out:
        out.write(data)


def _picture_of(card: ModelCard, photo: Array | None) -> Array:
    """What tiling is proven on, with odd sides, so that padding is part of it: three halos and a little, or
    two windows of the fixed size each way."""
    height = width = 3 * card.halo + 37
    if card.fixed_size is not None:
        height, width = (side + 37 for side in card.fixed_size)
    channels = card.inputs[0].channels
    if photo is None:
        return _smooth_noise(channels, height, width + 50)
    if photo.shape[0] != channels:
        raise ExportError(
            f"Tiling: the photograph has {photo.shape[0]} channels and the model takes {channels}."
        )
    if photo.shape[1] < height or photo.shape[2] < width:
        raise ExportError(
            f"Tiling: the photograph is {photo.shape[2]}x{photo.shape[1]}, and proving this model's halo "
            f"takes {width}x{height} pixels; choose a larger one, or none."
        )
    top, left = (photo.shape[1] - height) // 2, (photo.shape[2] - width) // 2
    return photo[:, top : top + height, left : left + width]


def _smooth_noise(channels: int, height: int, width: int) -> Array:
    """CHW float32 in [0, 1] with detail at every scale, as photographs have."""
    rng = np.random.default_rng(1)
    total = np.zeros((channels, height, width), np.float32)
    for step in (1, 4, 16, 64):
        coarse = rng.random((channels, height // step + 1, width // step + 1), np.float32)
        total += np.kron(coarse, np.ones((1, step, step), np.float32))[:, :height, :width]
    return total / np.float32(4)


def _speed(session: ort.InferenceSession, card: ModelCard, smallest: int, longest: float = 20.0) -> float:
    """At 256 pixels a side, or the fixed size; the best of up to three runs that together begin within
    ``longest`` seconds."""
    side = -(-max(256, smallest) // card.size_multiple) * card.size_multiple
    height, width = card.fixed_size or (side, side)
    feed = {card.inputs[0].name: np.zeros((1, card.inputs[0].channels, height, width), np.float32)}
    seconds: list[float] = []
    while len(seconds) < 3 and sum(seconds) < longest:
        start = time.perf_counter()
        session.run(None, feed)
        seconds.append(time.perf_counter() - start)
    return height * width / min(seconds) / 1e6


def blend_models(first: Path, second: Path, weight: float, output: Path) -> ModelCard:
    """Write ``(1 - weight) * first + weight * second`` to ``output`` and give its card.

    Wang et al., "Deep network interpolation for continuous imagery effect transition", 2018,
    arXiv:1811.10515: works where one model was fine-tuned from the other, as a GAN model is from its faithful
    one. Models trained apart meet in a network that does neither.

    Either may keep its weights in fewer bits; the output has them in half precision where the first does.

    Raises:
        ExportError: the weight is not in [0, 1], a file cannot be used, the two are not of one network, or
            the output cannot be written; nothing is left behind.
    """
    if not 0 <= weight <= 1:
        raise ExportError(f"The weight must be a number from 0 to 1, not {weight:g}.")
    check_name(output)
    model, card = _load_model(first)
    other, other_card = _load_model(second)
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
    blended = _blended_card(card, other_card, weight, output.stem)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, blended.to_metadata())
    if packed:
        model = pack_weights(model)
    check_graph(model)
    check_finite(cpu_session(model), blended)
    write(output, model.SerializeToString())
    return blended


def _load_model(path: Path) -> tuple[onnx.ModelProto, ModelCard]:
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


def _blended_card(first: ModelCard, second: ModelCard, weight: float, name: str) -> ModelCard:
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
