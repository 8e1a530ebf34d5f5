"""What an ONNX file holds, read without running it and without the onnx package.

The base install has ONNX Runtime only, which loads a model or says that it cannot. To read a card, to compare
it with the network, to refuse a model for its operators or for files it would have read, to put a card into
one, and to leave out what is not needed for some of its outputs, a few fields of its protobuf are enough, and
reading them takes a tenth of the time:
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# Field numbers.
_MODEL_GRAPH, _MODEL_METADATA, _MODEL_FUNCTIONS = 7, 14, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE = 11, 12, 13
_FUNCTION_NODE, _FUNCTION_DOMAIN = 7, 10
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 1, 2, 4, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_NAME, _TENSOR_EXTERNAL = 8, 13
_VALUE_NAME, _VALUE_TYPE = 1, 2
_TYPE_TENSOR, _TYPE_ELEMENTS, _TYPE_SHAPE = 1, 1, 2
_SHAPE_DIMENSION, _DIMENSION_LENGTH = 1, 1
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_SPARSE_TENSORS = (1, 2)

_HALF = ".fp16"
_DEEPEST = 32  # graphs inside graphs

_ELEMENTS = {1: "float", 2: "uint8", 3: "int8", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16"}
_ELEMENTS |= {11: "double", 12: "uint32", 13: "uint64", 16: "bfloat16"}

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that every build of ONNX Runtime brings along."""


@dataclass(frozen=True)
class Value:
    """An input or output of the graph."""

    name: str
    elements: str
    """The type of its numbers: "float" for float32, "float16"..."""
    shape: tuple[int | None, ...] | None
    """The length of each dimension, None where it is free; None for a shape that is not said."""


@dataclass
class Contents:
    """The parts of a model that decide whether and how it is used.

    Attributes:
        inputs, outputs: of the graph, weights not among them.
        metadata: text by key; what is not UTF-8 in the file is replaced by U+FFFD.
        operators: (domain, name) of all nodes.
        own_domains: of functions that the model itself defines.
        external: names of files that hold weights, as written in the model.
    """

    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    operators: set[tuple[str, str]] = field(default_factory=set)
    own_domains: set[str] = field(default_factory=set)
    external: set[str] = field(default_factory=set)

    @property
    def custom_operators(self) -> list[str]:
        """Operators that need a library of their own, as ``domain.name``."""
        known = STANDARD_DOMAINS | self.own_domains
        return sorted(f"{domain}.{name}" for domain, name in self.operators if domain not in known)

    @property
    def weight_files(self) -> list[PurePath]:
        """Where weights outside the model lie, counted from its folder."""
        return [PurePosixPath(location.replace("\\", "/")) for location in sorted(self.external)]

    @property
    def objection(self) -> str | None:
        """Why this model must not even be loaded, as the end of a sentence; None where it may."""
        if self.custom_operators:
            names = ", ".join(self.custom_operators[:3])
            return f"it needs operators that are not ONNX Runtime's own ({names})"
        for location in self.external:
            if not _inside(location):
                return f"it would read {location!r}, which is outside its folder"
        return None


def half_precision_file(path: Path) -> Path:
    """Where the float16 file of a model belongs: ``name.fp16.onnx`` beside ``name.onnx``; such a file's own
    path for itself."""
    return path if is_half_precision(path) else path.with_suffix(f"{_HALF}{path.suffix}")


def is_half_precision(path: Path) -> bool:
    """Whether this is the name of a float16 file that belongs to a model beside it."""
    return path.stem.lower().endswith(_HALF)


def read_contents(data: bytes) -> Contents:
    """Walk through a serialised ModelProto. Raises ValueError where it is none."""
    found, graphs = Contents(), 0
    for number, value in _fields(memoryview(data)):
        if number == _MODEL_GRAPH:
            graphs += 1
            _main_graph(_message(value), found)
        elif number == _MODEL_METADATA:
            entry = {inner: _text(part) for inner, part in _fields(_message(value))}
            found.metadata[entry.get(_ENTRY_KEY, "")] = entry.get(_ENTRY_VALUE, "")
        elif number == _MODEL_FUNCTIONS:
            for inner, part in _fields(_message(value)):
                if inner == _FUNCTION_NODE:
                    _node(_message(part), found, 0)
                elif inner == _FUNCTION_DOMAIN:
                    found.own_domains.add(_text(part))
    if not graphs:
        raise ValueError("it has no graph")
    return found


def with_metadata(data: bytes, metadata: Mapping[str, str]) -> bytes:
    """A serialised ModelProto with more entries in its metadata.

    Fields of a protobuf message may come in any order, so they go behind the rest.
    """
    entries = (
        _encoded(_ENTRY_KEY, key.encode()) + _encoded(_ENTRY_VALUE, value.encode())
        for key, value in metadata.items()
    )
    return data + b"".join(_encoded(_MODEL_METADATA, entry) for entry in entries)


def with_outputs(data: bytes, names: Collection[str]) -> bytes:
    """A serialised ModelProto with these of its outputs alone, and of its nodes and weights those that they
    are made of. Raises ValueError where it is none."""
    return b"".join(
        _encoded(number, _graph_of(_message(value), names) if number == _MODEL_GRAPH else value)
        for number, value in _fields(memoryview(data))
    )


def _graph_of(graph: memoryview, outputs: Collection[str]) -> bytes:
    entries, needed, kept = list(_fields(graph)), set(outputs), []
    weights = {_name(value, _TENSOR_NAME) for number, value in entries if number == _GRAPH_INITIALIZER}
    for number, value in reversed(entries):  # nodes stand in the order in which they are run
        if number == _GRAPH_NODE and not needed.isdisjoint(_texts(_message(value), _NODE_OUTPUT)):
            needed |= _read_by(_message(value))
            kept.append((number, value))
    kept.reverse()
    for number, value in entries:
        if number == _GRAPH_OUTPUT:
            stays = _name(value, _VALUE_NAME) in outputs
        elif number == _GRAPH_INITIALIZER:
            stays = _name(value, _TENSOR_NAME) in needed
        elif number == _GRAPH_INPUT:  # old files list weights among them
            stays = (name := _name(value, _VALUE_NAME)) in needed or name not in weights
        else:  # sizes of what is computed in between are for readers
            stays = number not in (_GRAPH_NODE, _GRAPH_VALUE)
        if stays:
            kept.append((number, value))
    return b"".join(_encoded(number, value) for number, value in kept)


def _name(message: int | memoryview, number: int) -> str:
    return next((_text(part) for inner, part in _fields(_message(message)) if inner == number), "")


def _texts(message: memoryview, number: int) -> list[str]:
    return [_text(part) for inner, part in _fields(message) if inner == number]


def _read_by(node: memoryview) -> set[str]:
    """Names that a node reads, itself or in the graphs of its branches and loops."""
    names = set(_texts(node, _NODE_INPUT))
    for number, attribute in _fields(node):
        if number == _NODE_ATTRIBUTE:
            for inner, graph in _fields(_message(attribute)):
                if inner in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                    names |= _read_in(_message(graph))
    return names


def _read_in(graph: memoryview) -> set[str]:
    names: set[str] = set()
    for number, value in _fields(graph):
        if number == _GRAPH_NODE:
            names |= _read_by(_message(value))
        elif number == _GRAPH_OUTPUT:  # a branch may hand on what it did not make
            names.add(_name(value, _VALUE_NAME))
    return names


def _inside(location: str) -> bool:
    """Whether a name can only mean a file in the same folder or below, on every system."""
    windows = PureWindowsPath(location)
    return bool(location) and not (windows.drive or windows.root or ".." in windows.parts)


def _main_graph(graph: memoryview, found: Contents) -> None:
    weights: set[str] = set()
    for number, value in _fields(graph):
        if number == _GRAPH_INPUT:
            found.inputs.append(_value(_message(value)))
        elif number == _GRAPH_OUTPUT:
            found.outputs.append(_value(_message(value)))
        elif number == _GRAPH_INITIALIZER:
            weights.add(_name(value, _TENSOR_NAME))
    found.inputs = [value for value in found.inputs if value.name not in weights]  # as old files list them
    _graph(graph, found, 0)


def _value(message: memoryview) -> Value:
    name, elements, shape = "", "", None
    for number, part in _fields(message):
        if number == _VALUE_NAME:
            name = _text(part)
        elif number == _VALUE_TYPE:
            for kind, tensor in _fields(_message(part)):
                if kind == _TYPE_TENSOR:
                    elements, shape = _tensor_type(_message(tensor))
    return Value(name, elements, shape)


def _tensor_type(message: memoryview) -> tuple[str, tuple[int | None, ...] | None]:
    elements, shape = "", None
    for number, part in _fields(message):
        if number == _TYPE_ELEMENTS and isinstance(part, int):
            elements = _ELEMENTS.get(part, f"type {part}")
        elif number == _TYPE_SHAPE:
            dimensions = [
                dict(_fields(_message(d))) for n, d in _fields(_message(part)) if n == _SHAPE_DIMENSION
            ]
            lengths = (dimension.get(_DIMENSION_LENGTH) for dimension in dimensions)
            shape = tuple(n if isinstance(n, int) and 0 < n < 1 << 63 else None for n in lengths)
    return elements, shape


def _graph(graph: memoryview, found: Contents, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("its graphs are nested too deeply")
    for number, value in _fields(graph):
        if number == _GRAPH_NODE:
            _node(_message(value), found, depth)
        elif number == _GRAPH_INITIALIZER:
            _tensor(_message(value), found)
        elif number == _GRAPH_SPARSE:
            for inner, part in _fields(_message(value)):
                if inner in _SPARSE_TENSORS:
                    _tensor(_message(part), found)


def _node(node: memoryview, found: Contents, depth: int) -> None:
    domain, operator = "", ""
    for number, value in _fields(node):
        if number == _NODE_DOMAIN:
            domain = _text(value)
        elif number == _NODE_OPERATOR:
            operator = _text(value)
        elif number == _NODE_ATTRIBUTE:
            for inner, part in _fields(_message(value)):
                if inner in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                    _tensor(_message(part), found)
                elif inner in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                    _graph(_message(part), found, depth + 1)
    found.operators.add((domain, operator))


def _tensor(tensor: memoryview, found: Contents) -> None:
    for number, value in _fields(tensor):
        if number == _TENSOR_EXTERNAL:
            entry = {inner: _text(part) for inner, part in _fields(_message(value))}
            if entry.get(_ENTRY_KEY) == "location":
                found.external.add(entry.get(_ENTRY_VALUE, ""))


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers with their values: numbers as they are, everything else as its bytes."""
    at, end = 0, len(message)
    while at < end:
        tag = message[at]  # nearly all numbers are below 128, and a call for each takes half of the time
        tag, at = (tag, at + 1) if tag < 0x80 else _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind in (_VARINT, _BYTES):
            length = message[at] if at < end else 0x80
            length, at = (length, at + 1) if length < 0x80 else _varint(message, at)
            if kind == _VARINT:
                yield number, length
                continue
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("it is not an ONNX model")
        if at + length > end or number == 0:
            raise ValueError("it is cut off or not an ONNX model")
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("it is cut off or not an ONNX model")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("it is not an ONNX model")
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_message(value)).decode("utf-8", errors="replace")


def _encoded(number: int, content: int | bytes | memoryview) -> bytes:
    """A field of text, of a message or of a whole number."""
    if isinstance(content, int):
        return _number(number << 3 | _VARINT) + _number(content)
    return b"".join((_number(number << 3 | _BYTES), _number(len(content)), content))


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
