"""Frames, the pixels they carry, and requests as typed values, as docs/service.md defines them."""

from __future__ import annotations

import base64
import functools
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeGuard

import numpy as np

from unfade.errors import UnfadeError, UsageError
from unfade.filters import Recipe, Step, find_filter, read_options
from unfade.inference import Bounds
from unfade.paths import parse_json
from unfade.picture import DEFAULT_MAX_PIXELS

PROTOCOL: Final = 1
LENGTH_BYTES: Final = 4
MAX_HEADER: Final = 1 << 22
"""Strokes and hints of a whole afternoon fit in."""
MAX_PAYLOAD: Final = 1 << 26
STRIPE: Final = 1 << 20
"""Bytes of pixels in one frame that the service sends."""
MAX_PIXELS: Final = DEFAULT_MAX_PIXELS
MAX_SIDE: Final = 1 << 20
MAX_ID: Final = (1 << 53) - 1
DEPTHS: Final[Mapping[str, type[np.generic]]] = {"u8": np.uint8, "u16": np.uint16, "float32": np.float32}
ORDERS: Final = ("little", "big")

_LONGEST_NAME = 100


class BrokenFrame(UnfadeError):
    """What came is no frame, so nothing that follows can be understood."""


def read_header(stream: BufferedReader) -> tuple[dict[str, Any], int] | None:
    """The next frame's header and how many bytes of pixels follow it; None where the stream ends.

    Raises BrokenFrame where it ends inside a frame's head, and for everything that is no frame.
    """
    prefix = stream.read(LENGTH_BYTES)
    if not prefix:
        return None
    length = int.from_bytes(prefix, "big")
    if len(prefix) < LENGTH_BYTES:
        raise BrokenFrame("The frames end inside the length of one.")
    if not 2 <= length <= MAX_HEADER:
        raise BrokenFrame(f"A frame's header must have 2 to {MAX_HEADER} bytes, not {length}.")
    text = stream.read(length)
    if len(text) < length:
        raise BrokenFrame("The frames end inside a header.")
    try:
        header = parse_json(text)
    except ValueError as error:
        raise BrokenFrame("A frame's header is not JSON.") from error
    if not isinstance(header, dict):
        raise BrokenFrame("A frame's header is not a JSON object.")
    payload = header.get("payload", 0)
    if not _is_whole(payload) or not 0 <= payload <= MAX_PAYLOAD:
        raise BrokenFrame(f"A frame's 'payload' must be a number of bytes from 0 to {MAX_PAYLOAD}.")
    return header, payload


def encode_header(header: Mapping[str, Any], payload: int = 0) -> bytes:
    """Length and header of a frame that ``payload`` bytes of pixels follow."""
    text = json.dumps({**header, "payload": payload} if payload else header, allow_nan=False).encode("ascii")
    return len(text).to_bytes(LENGTH_BYTES, "big") + text


@dataclass(frozen=True)
class Image:
    """How raw pixels are to be read: rows from top to bottom, without gaps, channels interleaved."""

    height: int
    width: int
    channels: int
    """1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; alpha is straight."""
    depth: str
    """A key of DEPTHS."""
    order: str = sys.byteorder
    """One of ORDERS: the byte order of each sample."""
    icc: bytes | None = None
    """The ICC profile of the values; None means sRGB, or sRGB's gray."""

    @classmethod
    def parse(cls, raw: Any) -> Image:
        """An image as a request describes it. Raises UsageError."""
        if not isinstance(raw, dict):
            raise UsageError("'image' must be an object with height, width, channels and depth.")
        unknown = sorted(set(raw) - {"height", "width", "channels", "depth", "order", "icc"})
        if unknown:
            raise UsageError(f"'image' has no {unknown[0]!r}.")
        height, width = (_whole(raw, key, 1, MAX_SIDE) for key in ("height", "width"))
        if height * width > MAX_PIXELS:
            raise UsageError(
                f"A picture of {width} x {height} pixels is too large: at most {MAX_PIXELS // 10**6} "
                "megapixels go in at once."
            )
        channels = _whole(raw, "channels", 1, 4)
        depth, order = raw.get("depth"), raw.get("order", sys.byteorder)
        if not isinstance(depth, str) or depth not in DEPTHS:
            raise UsageError(f"'depth' must be one of {', '.join(DEPTHS)}.")
        if not isinstance(order, str) or order not in ORDERS:
            raise UsageError(f"'order' must be one of {', '.join(ORDERS)}.")
        return cls(height, width, channels, depth, order, _profile(raw.get("icc")))

    @classmethod
    def of(cls, pixels: np.ndarray[Any, Any], order: str) -> Image:
        """The image that describes HWC ``pixels`` when they are sent in ``order``."""
        depth = next(name for name, kind in DEPTHS.items() if pixels.dtype == kind)
        height, width, channels = pixels.shape
        return cls(height, width, channels, depth, order)

    @property
    def header(self) -> dict[str, Any]:
        """The image in a reply, whose profile is that of the request."""
        return {key: getattr(self, key) for key in ("height", "width", "channels", "depth", "order")}

    @property
    def dtype(self) -> np.dtype[Any]:
        """In the byte order of this computer."""
        return np.dtype(DEPTHS[self.depth])

    @property
    def swapped(self) -> bool:
        """Whether the samples' bytes come in another order than this computer's."""
        return self.order != sys.byteorder and self.dtype.itemsize > 1

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.height, self.width, self.channels

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.height * self.width * self.channels * self.dtype.itemsize


@dataclass(frozen=True)
class Apply:
    """Run filters; the pixels follow, or were stored before."""

    id: int
    recipe: Recipe
    image: Image | None
    picture: str | None
    region: Bounds | None
    supersede: str | None
    """A newer request with the same key takes this one's place; ``lane`` in the frame."""
    title: str | None
    """What a window calls the picture."""
    selection: bool = False
    """Whether a byte for each pixel of the region follows, in frames of type ``selection``: how far it is
    selected. A window limits the preview to that."""


@dataclass(frozen=True)
class Store:
    """Keep the pixels that follow under a name."""

    id: int
    picture: str
    image: Image


@dataclass(frozen=True)
class Forget:
    """Let go of a stored picture."""

    id: int
    picture: str


@dataclass(frozen=True)
class Survey:
    """Look at all pictures that a recipe is to be run on, for filters that treat them alike."""

    id: int
    recipe: Recipe
    sources: tuple[Path, ...]


@dataclass(frozen=True)
class List:
    """Tell filters, models and the provider."""

    id: int


@dataclass(frozen=True)
class Cancel:
    """Stop one request, or all."""

    id: int | None


@dataclass(frozen=True)
class Pixels:
    """A stripe of a request's pixels, or of its selection."""

    id: int
    selection: bool = False


@dataclass(frozen=True)
class Shutdown:
    """Stop everything and end."""

    id: int


Request: TypeAlias = Apply | Store | Forget | Survey | List | Cancel | Pixels | Shutdown

_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "apply": frozenset(
        {"filter", "options", "recipe", "image", "picture", "region", "lane", "title", "selection"}
    ),
    "store": frozenset({"picture", "image"}),
    "forget": frozenset({"picture"}),
    "survey": frozenset({"recipe", "sources"}),
    "list": frozenset(),
    "cancel": frozenset(),
    "pixels": frozenset(),
    "selection": frozenset(),
    "shutdown": frozenset(),
}


def id_of(header: Mapping[str, Any]) -> int | None:
    """The request's id, for an answer to a request that may have no other sound field."""
    value = header.get("id")
    return value if _is_whole(value) and 1 <= value <= MAX_ID else None


def parse_request(header: Mapping[str, Any]) -> Request:
    """The request in a frame's header. Raises UsageError."""
    kind = header.get("type")
    if not isinstance(kind, str) or kind not in _KEYS:
        raise UsageError(f"'type' must be one of {', '.join(_KEYS)}.")
    unknown = sorted(set(header) - _KEYS[kind] - {"type", "id", "payload"})
    if unknown:
        raise UsageError(f"The request {kind} has no field {unknown[0][:_LONGEST_NAME]!r}.")
    if kind not in ("pixels", "selection") and header.get("payload"):
        raise UsageError(
            f"The request {kind} carries no pixels itself; they follow in frames of type pixels."
        )
    if kind == "cancel" and header.get("id") is None:
        return Cancel(None)
    id = _whole(header, "id", 1, MAX_ID)
    if kind == "apply":
        return _apply(id, header)
    if kind == "store":
        return Store(id, _name(header, "picture"), Image.parse(header.get("image")))
    if kind == "forget":
        return Forget(id, _name(header, "picture"))
    if kind == "survey":
        return Survey(id, _recipe(header), _paths(header.get("sources")))
    if kind == "selection":
        return Pixels(id, selection=True)
    plain: dict[str, type[List | Cancel | Pixels | Shutdown]]
    plain = {"list": List, "cancel": Cancel, "pixels": Pixels, "shutdown": Shutdown}
    return plain[kind](id)


def _apply(id: int, header: Mapping[str, Any]) -> Apply:
    recipe = _recipe(header)
    image = None if header.get("image") is None else Image.parse(header["image"])
    picture = None if header.get("picture") is None else _name(header, "picture")
    if (image is None) == (picture is None):
        raise UsageError(
            "apply needs either an 'image', whose pixels follow, or the name of a stored 'picture'."
        )
    region = None if header.get("region") is None else _region(header["region"])
    supersede = None if header.get("lane") is None else _name(header, "lane")
    if not isinstance(header.get("title", ""), str):
        raise UsageError("'title' must be text.")
    selection = header.get("selection", False)
    if not isinstance(selection, bool) or (selection and (region is None or image is None)):
        raise UsageError("'selection' is true or false, and needs an 'image' and a 'region'.")
    return Apply(id, recipe, image, picture, region, supersede, header.get("title"), selection)


def _recipe(header: Mapping[str, Any]) -> Recipe:
    """The steps of ``recipe``, or the one step of ``filter`` and ``options``."""
    alone = header.get("recipe") is None
    if not alone and ("filter" in header or "options" in header):
        raise UsageError("apply takes either a 'filter' with its 'options', or a 'recipe'.")
    step = {"filter": header.get("filter"), "options": header.get("options", {})}
    try:
        return _read_recipe(json.dumps(step if alone else header["recipe"]), alone=alone)
    except RecursionError:
        raise UsageError("What is to be done is nested too deeply to be understood.") from None


@functools.lru_cache(maxsize=16)
def _read_recipe(text: str, *, alone: bool) -> Recipe:
    """The recipe, or the step of one, in JSON: a preview sends the same many times a second."""
    raw = json.loads(text)
    if not alone:
        return Recipe.from_json(raw)
    filter = find_filter(raw["filter"])
    return Recipe((Step(filter, read_options(filter, raw["options"])),))


def _paths(raw: Any) -> tuple[Path, ...]:
    if not isinstance(raw, list) or not all(isinstance(path, str) and "\0" not in path for path in raw):
        raise UsageError("'sources' must be a list of the names of files.")
    return tuple(Path(path) for path in raw)


def _name(header: Mapping[str, Any], key: str) -> str:
    value = header.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_NAME or not value.isprintable():
        raise UsageError(f"{key!r} must be a name of 1 to {_LONGEST_NAME} characters.")
    return value


def _region(raw: Any) -> Bounds:
    if not isinstance(raw, dict) or set(raw) != {"y", "x", "height", "width"}:
        raise UsageError("'region' must be an object with y, x, height and width.")
    y, x = (_whole(raw, key, 0, MAX_SIDE) for key in ("y", "x"))
    height, width = (_whole(raw, key, 1, MAX_SIDE) for key in ("height", "width"))
    return Bounds(y, x, height, width)


def _profile(raw: Any) -> bytes | None:
    if raw is None:
        return None
    try:
        return base64.b64decode(raw, validate=True)
    except (TypeError, ValueError) as error:
        raise UsageError("'icc' must be a colour profile in base64.") from error


def _whole(raw: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """The integer at ``key``. Raises UsageError for anything else and outside low..high."""
    value = raw.get(key)
    if not _is_whole(value) or not low <= value <= high:
        raise UsageError(f"{key!r} must be a whole number from {low} to {high}.")
    return value


def _is_whole(value: Any) -> TypeGuard[int]:
    """Whether a JSON value is an integer (``true`` is none)."""
    return isinstance(value, int) and not isinstance(value, bool)
