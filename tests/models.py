"""Tiny real ONNX models with cards, for tests of whatever runs a model.

Each function writes one file and gives its path back; none needs more than a few milliseconds to write or to
run. Unless said otherwise they take and give RGB, NCHW float32 sRGB in [0, 1]; ``card`` holds fields of the
ModelCard to set otherwise (``name=``, ``variant=Variant.GAN``, ``tiling=Tiling.BLEND``, ``size_multiple=``,
...).

- ``identity_model(path, scale=1)``: nearest-neighbour enlargement; every output pixel is an input pixel.
- ``unet_model(path, scale=2)``: a small U-net with random weights over a nearest-neighbour residual: what
  comes out looks like the picture. Size multiple 4, its true halo on the card.
- ``cleaning_model(path)``: for De-artifact: the picture, smoothed a little, and a mask of what is bright and
  red; ``mask=False`` leaves the mask out, ``cleaned=True`` adds the picture with its letters.
- ``repairing_model(path)``: for Repair: white and gray are damage, by how much is said where to look; what is
  filled in is the mean of all around.
- ``staining_model(path)``: for Repair, beside it: what is more blue than red and green is a stain.
- ``toning_model(path)``: for Revive: always the same curves and matrix.
- ``colouring_model(path)``: for Colorize: chroma from luma and hints at half the size, as real ones give it;
  hints spread over a few pixels.
- ``nan_model(path, scale=2)``: gives NaN everywhere, as a broken half-precision model does.
- ``black_model(path, scale=2)``: gives 0 everywhere.
- ``cardless_model(path, scale=2)``: the identity without a card.
- ``endless_model(path, scale=2)``: the identity, which for a picture with a bright pixel comes to no end.
- ``save_network(path, network, ...)``: any :class:`Network`, which counts its own receptive radius.
- ``with_metadata(path, metadata)``: replaces the metadata of a written model (damaged or newer cards).

A folder of such files is made visible to the program by ``monkeypatch.setenv("UNFADE_MODELS", str(folder))``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from unfade.models import ModelCard, Tensor, Tiling, Variant

OPSET = 17
IR_VERSION = 8  # old enough for every onnxruntime the project allows


@dataclass(frozen=True)
class Node:
    """One tensor of a network under construction, with what it sees of the input.

    An element at index ``i`` along a side stands for the input pixels from ``i * step`` to ``(i + 1) * step``
    (with a step below 1: for the one pixel it lies in) and depends on at most ``before`` pixels left of them
    and ``after`` pixels right of them.
    """

    name: str
    channels: int
    step: float
    before: float
    after: float

    @property
    def radius(self) -> int:
        """The receptive radius in whole input pixels."""
        return math.ceil(max(self.before, self.after))


class Network:
    """A convolutional network put together layer by layer, with random weights from ``seed``."""

    def __init__(self, channels: int = 3, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self.input = Node("input", channels, 1.0, 0.0, 0.0)
        self.macs = 0.0
        """Multiplications with addition for one input pixel."""
        self.parameters = 0

    def conv(self, x: Node, channels: int, *, kernel: int = 3, stride: int = 1, gain: float = 1.0) -> Node:
        """A zero-padded convolution; with a stride it halves, thirds... the size."""
        pad = kernel // 2
        deviation = gain * math.sqrt(2.0 / (x.channels * kernel * kernel))
        weight = self._random.normal(0.0, deviation, (channels, x.channels, kernel, kernel))
        bias = self._random.normal(0.0, 0.02, channels)
        names = [self._constant(weight), self._constant(bias)]
        out = self._add(
            "Conv",
            [x.name, *names],
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[pad, pad, pad, pad],
        )
        before = pad * x.step if x.step >= 1 else math.ceil(pad * x.step)
        reach = max(0, kernel - 1 - pad - (stride - 1))
        after = reach * x.step if x.step >= 1 else math.ceil(reach * x.step)
        node = Node(out, channels, x.step * stride, x.before + before, x.after + after)
        self.macs += weight.size / node.step**2
        self.parameters += weight.size + bias.size
        return node

    def relu(self, x: Node) -> Node:
        return Node(self._add("Relu", [x.name]), x.channels, x.step, x.before, x.after)

    def sigmoid(self, x: Node) -> Node:
        return Node(self._add("Sigmoid", [x.name]), x.channels, x.step, x.before, x.after)

    def pixel_shuffle(self, x: Node, factor: int) -> Node:
        """PixelShuffle (ONNX calls it DepthToSpace, mode CRD): ``factor`` times the size, fewer channels."""
        out = self._add("DepthToSpace", [x.name], blocksize=factor, mode="CRD")
        return _finer(x, out, x.channels // factor**2, factor)

    def nearest(self, x: Node, factor: int) -> Node:
        out = self._resize(
            x, factor, mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric"
        )
        return _finer(x, out, x.channels, factor)

    def bilinear(self, x: Node, factor: int) -> Node:
        """Bilinear enlargement, pixel centres at halves, the border repeated."""
        out = self._resize(x, factor, mode="linear")
        wide = Node(x.name, x.channels, x.step, x.before + x.step, x.after + x.step)
        return _finer(wide, out, x.channels, factor)

    def concat(self, a: Node, b: Node) -> Node:
        return self._join("Concat", a, b, a.channels + b.channels, axis=1)

    def add(self, a: Node, b: Node) -> Node:
        return self._join("Add", a, b, a.channels)

    def multiplied(self, a: Node, b: Node) -> Node:
        """``b`` has the channels of ``a``, or one."""
        return self._join("Mul", a, b, a.channels)

    def averaged(self, x: Node) -> Node:
        """The mean of each channel: one pixel."""
        return Node(self._add("GlobalAveragePool", [x.name]), x.channels, x.step, x.before, x.after)

    def scaled(self, x: Node, factor: float) -> Node:
        """``x`` times a constant (nan and 0 make the broken models)."""
        out = self._add("Mul", [x.name, self._constant(np.array(factor))])
        return Node(out, x.channels, x.step, x.before, x.after)

    def mixed(self, x: Node, matrix: Sequence[Sequence[float]], bias: Sequence[float]) -> Node:
        """Every output channel is a weighted sum of the input channels, pixel by pixel."""
        weight = np.array(matrix, np.float32)[:, :, None, None]
        names = [self._constant(weight), self._constant(np.array(bias))]
        out = self._add("Conv", [x.name, *names], kernel_shape=[1, 1])
        return Node(out, len(weight), x.step, x.before, x.after)

    def mean(self, x: Node, kernel: int, *, zeros: bool = False) -> Node:
        """The mean of the square of pixels around each (``kernel`` odd), of those inside the picture, or with
        zeros outside it."""
        pad = kernel // 2
        out = self._add(
            "AveragePool",
            [x.name],
            kernel_shape=[kernel, kernel],
            pads=[pad, pad, pad, pad],
            count_include_pad=int(zeros),
        )
        return Node(out, x.channels, x.step, x.before + pad * x.step, x.after + pad * x.step)

    def halved(self, x: Node) -> Node:
        """The mean of every two by two pixels, sides rounded up."""
        out = self._add("AveragePool", [x.name], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
        return Node(out, x.channels, x.step * 2, x.before, x.after)

    def looping(self, x: Node, above: float) -> Node:
        """The same, after for ever where a pixel lies above."""
        brightest = self._add("ReduceMax", [x.name], keepdims=0)
        bright = self._add("Greater", [brightest, self._constant(np.float32(above))])
        passed_on = [helper.make_node("Identity", [f"{n}_before"], [n]) for n in ("again", "same")]
        body = helper.make_graph(
            passed_on,
            "body",
            [
                helper.make_tensor_value_info("turn", TensorProto.INT64, []),
                helper.make_tensor_value_info("again_before", TensorProto.BOOL, []),
                helper.make_tensor_value_info("same_before", TensorProto.FLOAT, None),
            ],
            [
                helper.make_tensor_value_info("again", TensorProto.BOOL, []),
                helper.make_tensor_value_info("same", TensorProto.FLOAT, None),
            ],
        )
        out = self._add("Loop", ["", bright, x.name], body=body)
        return Node(out, x.channels, x.step, x.before, x.after)

    def build(self, output: Node | Mapping[str, Node], metadata: Mapping[str, str]) -> onnx.ModelProto:
        """The finished model with the input ``input``, height and width left open.

        A single output is called ``output``; several have the names they are given by.
        """
        outputs = {"output": output} if isinstance(output, Node) else output
        for name, node in outputs.items():
            self._nodes.append(helper.make_node("Identity", [node.name], [name]))
        graph = helper.make_graph(
            self._nodes,
            "network",
            [_picture("input", self.input.channels, "")],
            [_picture(name, node.channels, f"{name}_") for name, node in outputs.items()],
            self._weights,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        helper.set_model_props(model, dict(metadata))
        return model

    def _join(self, kind: str, a: Node, b: Node, channels: int, **attributes: Any) -> Node:
        assert a.step == b.step, "only tensors of one size can be joined"
        out = self._add(kind, [a.name, b.name], **attributes)
        return Node(out, channels, a.step, max(a.before, b.before), max(a.after, b.after))

    def _resize(self, x: Node, factor: int, **attributes: Any) -> str:
        scales = self._constant(np.array([1, 1, factor, factor]))
        return self._add("Resize", [x.name, "", scales], **attributes)

    def _add(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name


def make_card(network: Network, output: Node, **card: Any) -> ModelCard:
    """A card that is true of ``network``: its scale and halo as built, its size multiple 1 unless given."""
    scale = round(1 / output.step)
    colour_space = "sRGB"
    fields: dict[str, Any] = {
        "name": f"test-x{scale}",
        "title": "A model for tests",
        "task": "upscale",
        "scale": scale,
        "variant": Variant.FAITHFUL,
        "inputs": (Tensor("input", network.input.channels, (0.0, 1.0), colour_space),),
        "outputs": (Tensor("output", output.channels, (0.0, 1.0), colour_space),),
        "size_multiple": 1,
        "halo": output.radius,
        "tiling": Tiling.EXACT,
        "parameters": network.parameters or None,
        "macs_per_pixel": round(network.macs) or None,
    }
    return ModelCard(**{**fields, **card})


def save_network(path: Path, network: Network, output: Node, **card: Any) -> Path:
    """Write ``network`` with its card; the name on the card is the file's unless ``card`` has one."""
    described = make_card(network, output, **{"name": path.stem, **card})
    return _save(path, network.build(output, described.to_metadata()))


def identity_model(path: Path, scale: int = 1, **card: Any) -> Path:
    network = Network()
    return save_network(path, network, _enlarged(network, scale), **card)


def cleaning_model(
    path: Path, *, mask: bool = True, cleaned: bool = False, residual: float = 0.05, **card: Any
) -> Path:
    """The mask is above a half where red is 0.5 more than green; ``residual`` as for ``unet_model``; what is
    ``cleaned`` is half as bright."""
    network = Network(seed=3)
    level0 = network.relu(network.conv(network.input, 6))
    level1 = network.relu(network.conv(level0, 8, stride=2))
    up = network.pixel_shuffle(network.conv(level1, 16, kernel=1), 2)
    detail = network.conv(network.concat(up, level0), 3, gain=residual)
    output = network.add(network.mean(network.input, 3), detail)
    outputs = {"output": output}
    if mask:
        smooth = network.mean(network.input, 3)
        outputs["mask"] = network.sigmoid(network.mixed(smooth, [[30.0, -30.0, 0.0]], [-15.0]))
    if cleaned:
        outputs["cleaned"] = network.scaled(network.mean(network.input, 3), 0.5)
    tensors = [
        Tensor("output", 3, (0.0, 1.0), "sRGB"),
        Tensor("mask", 1, (0.0, 1.0), "mask"),
        Tensor("cleaned", 3, (0.0, 1.0), "sRGB"),
    ]
    defaults = {"task": "deartifact", "size_multiple": 2, "outputs": tuple(tensors[: len(outputs)])}
    described = make_card(network, output, **{"name": path.stem, **defaults, **card})
    return _save(path, network.build(outputs, described.to_metadata()))


def repairing_model(path: Path, *, slope: float = 32.0, **card: Any) -> Path:
    """The mask is a half where the least channel is 0.9, or less as the fourth input says: a
    step of 1 of that is worth ``slope`` logits."""
    network = Network(4)
    where = network.mixed(network.input, [[20.0, 20.0, 20.0, slope]], [-54.0 - slope / 2])
    mask = network.sigmoid(where)
    fill = network.mean(network.mixed(network.input, np.eye(3, 4).tolist(), [0.0] * 3), 9)
    colour = network.mixed(network.input, np.eye(3, 4).tolist(), [0.0] * 3)
    change = network.add(fill, network.scaled(colour, -1.0))
    output = network.add(colour, network.multiplied(change, mask))
    tensors = (Tensor("output", 3, (0.0, 1.0), "sRGB"), Tensor("mask", 1, (0.0, 1.0), "mask"))
    described = make_card(
        network, output, **{"name": path.stem, "task": "repair", "outputs": tensors, **card}
    )
    return _save(path, network.build({"output": output, "mask": mask}, described.to_metadata()))


def staining_model(path: Path, *, opacity: float = 0.6, **card: Any) -> Path:
    """Where blue is .15 more than red and green there is a stain, said to be so opaque, and black."""
    network = Network()
    mask = network.sigmoid(network.mixed(network.input, [[-20.0, -20.0, 40.0]], [-6.0]))
    outputs = {
        "mask": mask,
        "opacity": network.scaled(mask, opacity),
        "colour": network.scaled(network.input, 0.0),
    }
    fields = {
        "task": "stains",
        "outputs": (
            Tensor("mask", 1, (0.0, 1.0), "mask"),
            Tensor("opacity", 1, (0.0, 1.0), "opacity"),
            Tensor("colour", 3, (0.0, 1.0), "sRGB"),
        ),
        "halo": 0,
        "tiling": Tiling.WHOLE,
        "working_size": 128,
    }
    described = make_card(network, mask, **{"name": path.stem, **fields, **card})
    return _save(path, network.build(outputs, described.to_metadata()))


def toning_model(
    path: Path, curves: NDArray[np.float32], matrix: NDArray[np.float32] | None = None, **card: Any
) -> Path:
    """``curves`` 3K and ``matrix`` 3x3 (that which changes nothing unless given), whatever the picture."""
    network = Network()
    numbers = curves.size
    one = network.scaled(network.averaged(network.input), 0.0)
    matrix = np.eye(3, dtype=np.float32) if matrix is None else matrix
    outputs = {
        name: network.mixed(one, np.zeros((values.size, 3)).tolist(), values.ravel().tolist())
        for name, values in (("curves", curves), ("matrix", matrix))
    }
    fields = {
        "name": path.stem,
        "title": "Tones",
        "task": "revive",
        "scale": 1,
        "variant": Variant.FAITHFUL,
        "inputs": (Tensor("input", 3, (0.0, 1.0), "sRGB"),),
        "outputs": (
            Tensor("curves", numbers, (0.0, 1.0), "tone curves"),
            Tensor("matrix", 9, (0.0, 1.0), "colour matrix"),
        ),
        "size_multiple": 1,
        "halo": 0,
        "tiling": Tiling.WHOLE,
        "working_size": 32,
    }
    described = ModelCard(**{**fields, **card})
    return _save(path, network.build(outputs, described.to_metadata()))


def colouring_model(
    path: Path,
    *,
    tint: tuple[float, float] = (0.1, 0.2),
    embedding: float = 0.0,
    working_size: int = 64,
    **card: Any,
) -> Path:
    """a* and b*: ``tint`` times L* (all in the network's units) and twice the hints' mean around a pixel; and
    an embedding of one channel, so many times L*, where that is not 0."""
    network = Network(4)
    spread = network.mean(network.halved(network.input), 5)
    ab = network.mixed(spread, [[tint[0], 2.0, 0.0, 0.0], [tint[1], 0.0, 2.0, 0.0]], [0.0, 0.0])
    fields = {
        "name": path.stem,
        "title": "Tints",
        "task": "colorize",
        "scale": 1,
        "variant": Variant.FAITHFUL,
        "inputs": (Tensor("input", 4, (0.0, 1.0), "lab"),),
        "outputs": (Tensor("ab", 2, (-1.0, 1.0), "lab-ab"),),
        "size_multiple": 1,
        "halo": 0,
        "tiling": Tiling.WHOLE,
        "working_size": working_size,
    }
    results = {"ab": ab}
    if embedding:
        results["embedding"] = network.mixed(
            network.halved(network.input), [[embedding, 0.0, 0.0, 0.0]], [0.0]
        )
        fields["outputs"] += (Tensor("embedding", 1, (-1.0, 1.0), "embedding"),)
    described = ModelCard(**{**fields, **card})
    return _save(path, network.build(results, described.to_metadata()))


def nan_model(path: Path, scale: int = 2, **card: Any) -> Path:
    network = Network()
    return save_network(path, network, network.scaled(_enlarged(network, scale), math.nan), **card)


def black_model(path: Path, scale: int = 2, **card: Any) -> Path:
    network = Network()
    return save_network(path, network, network.scaled(_enlarged(network, scale), 0.0), **card)


def cardless_model(path: Path, scale: int = 2) -> Path:
    network = Network()
    return _save(path, network.build(_enlarged(network, scale), {}))


def endless_model(path: Path, scale: int = 2, **card: Any) -> Path:
    network = Network()
    looped = network.looping(network.input, 0.9)
    return save_network(path, network, network.nearest(looped, scale), **card)


def unet_model(
    path: Path, scale: int = 2, *, channels: int = 6, residual: float = 0.05, seed: int = 0, **card: Any
) -> Path:
    """``residual`` is the weight of what the random network adds to the enlarged picture."""
    network = Network(seed=seed)
    level0 = network.relu(network.conv(network.input, channels))
    level1 = network.relu(network.conv(level0, channels * 2, stride=2))
    level2 = network.relu(network.conv(level1, channels * 2, stride=2))
    up1 = network.pixel_shuffle(network.conv(level2, channels * 4, kernel=1), 2)
    level1 = network.relu(network.conv(network.concat(up1, level1), channels * 2))
    up0 = network.pixel_shuffle(network.conv(level1, channels * 4, kernel=1), 2)
    level0 = network.relu(network.conv(network.concat(up0, level0), channels))
    detail = network.pixel_shuffle(network.conv(level0, 3 * scale * scale, gain=residual), scale)
    output = network.add(_enlarged(network, scale), detail)
    return save_network(path, network, output, **{"size_multiple": 4, **card})


def with_metadata(path: Path, metadata: Mapping[str, str]) -> Path:
    model = onnx.load(path)
    del model.metadata_props[:]
    helper.set_model_props(model, dict(metadata))
    return _save(path, model)


def _finer(x: Node, out: str, channels: int, factor: int) -> Node:
    """Every element of ``x`` becomes ``factor`` elements, all of which see what it saw."""
    step = x.step / factor
    grow = max(0.0, x.step - max(1.0, step))
    return Node(out, channels, step, x.before + grow, x.after + grow)


def _enlarged(network: Network, scale: int) -> Node:
    return network.nearest(network.input, scale)


def _picture(name: str, channels: int, prefix: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        name, TensorProto.FLOAT, [1, channels, f"{prefix}height", f"{prefix}width"]
    )


def save_built(path: Path, network: Network, outputs: Mapping[str, Node], card: ModelCard) -> Path:
    """Writes a network of several outputs."""
    return _save(path, network.build(outputs, card.to_metadata()))


def _save(path: Path, model: onnx.ModelProto) -> Path:
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path
