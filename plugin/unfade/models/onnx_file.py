"""What an ONNX file holds, read without running it and without the onnx package.

The base install has ONNX Runtime only, which loads a model or says that it cannot. To refuse a model for its
operators or for files it would have read, and to put a card into one, a few fields of its protobuf are
enough: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and
https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# Field numbers.
_MODEL_GRAPH, _MODEL_METADATA, _MODEL_FUNCTIONS = 7, 14, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_FUNCTION_NODE, _FUNCTION_DOMAIN = 7, 10
_NODE_ATTRIBUTE, _NODE_DOMAIN, _NODE_OPERATOR = 5, 7, 4
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_EXTERNAL = 13
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_SPARSE_TENSORS = (1, 2)

_DEEPEST = 32  # graphs inside graphs

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that every build of ONNX Runtime brings along."""


@dataclass
class Contents:
    """The parts of a model that decide whether it is taken.

    Attributes:
        operators: (domain, name) of all nodes.
        own_domains: of functions that the model itself defines.
        external: names of files that hold weights, as written in the model.
    """

    operators: set[tuple[str, str]] = field(default_factory=set)
    own_domains: set[str] = field(default_factory=set)
    external: set[str] = field(default_factory=set)

    @property
    def custom_operators(self) -> list[str]:
        """Operators that need a library of their own, as ``domain.name``."""
        known = STANDARD_DOMAINS | self.own_domains
        return sorted(f"{domain}.{name}" for domain, name in self.operators if domain not in known)


def read_contents(data: bytes) -> Contents:
    """Walk through a serialised ModelProto. Raises ValueError where it is none."""
    found, graphs = Contents(), 0
    for number, value in _fields(memoryview(data)):
        if number == _MODEL_GRAPH:
            graphs += 1
            _graph(_message(value), found, 0)
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
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("it is not an ONNX model")
        if at + length > len(message) or number == 0:
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


def _encoded(number: int, content: bytes) -> bytes:
    return _number(number << 3 | _BYTES) + _number(len(content)) + content


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
