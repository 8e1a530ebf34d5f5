"""Requests as typed values, checked where they come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from unfade.errors import UsageError
from unfade.filters.options import find_filter, read_options
from unfade.inference import Bounds
from unfade.recipe import Recipe, Step
from unfade.service.protocol import MAX_SIDE, Image, whole

MAX_ID: Final = (1 << 53) - 1
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Apply:
    """Run filters; the pixels follow, or were stored before."""

    id: int
    recipe: Recipe
    image: Image | None
    picture: str | None
    region: Bounds | None
    lane: str | None


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
class List:
    """Tell filters, models and the provider."""

    id: int


@dataclass(frozen=True)
class Cancel:
    """Stop one request, or all."""

    id: int | None


@dataclass(frozen=True)
class Pixels:
    """A stripe of a request's pixels."""

    id: int


@dataclass(frozen=True)
class Shutdown:
    """Stop everything and end."""

    id: int


Request: TypeAlias = Apply | Store | Forget | List | Cancel | Pixels | Shutdown

_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "apply": frozenset({"filter", "options", "recipe", "image", "picture", "region", "lane", "title"}),
    "store": frozenset({"picture", "image"}),
    "forget": frozenset({"picture"}),
    "list": frozenset(),
    "cancel": frozenset(),
    "pixels": frozenset(),
    "shutdown": frozenset(),
}


def id_of(header: Mapping[str, Any]) -> int | None:
    """The request's id, for an answer to a request that may have no other sound field."""
    value = header.get("id")
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_ID else None


def parse_request(header: Mapping[str, Any]) -> Request:
    """The request in a frame's header. Raises UsageError."""
    kind = header.get("type")
    if not isinstance(kind, str) or kind not in _KEYS:
        raise UsageError(f"'type' must be one of {', '.join(_KEYS)}.")
    unknown = sorted(set(header) - _KEYS[kind] - {"type", "id", "payload"})
    if unknown:
        raise UsageError(f"The request {kind} has no field {unknown[0][:_LONGEST_NAME]!r}.")
    if kind != "pixels" and header.get("payload"):
        raise UsageError(
            f"The request {kind} carries no pixels itself; they follow in frames of type pixels."
        )
    if kind == "cancel" and header.get("id") is None:
        return Cancel(None)
    id = whole(header, "id", 1, MAX_ID)
    if kind == "apply":
        return _apply(id, header)
    if kind == "store":
        return Store(id, _name(header, "picture"), Image.parse(header.get("image")))
    if kind == "forget":
        return Forget(id, _name(header, "picture"))
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
    lane = None if header.get("lane") is None else _name(header, "lane")
    if not isinstance(header.get("title", ""), str):  # a window shows it; this service has none
        raise UsageError("'title' must be text.")
    return Apply(id, recipe, image, picture, region, lane)


def _recipe(header: Mapping[str, Any]) -> Recipe:
    """The steps of ``recipe``, or the one step of ``filter`` and ``options``."""
    if header.get("recipe") is None:
        filter = find_filter(header.get("filter"))
        return Recipe((Step(filter, read_options(filter, header.get("options", {}))),))
    if "filter" in header or "options" in header:
        raise UsageError("apply takes either a 'filter' with its 'options', or a 'recipe'.")
    return Recipe.from_json(header["recipe"])


def _name(header: Mapping[str, Any], key: str) -> str:
    value = header.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_NAME or not value.isprintable():
        raise UsageError(f"{key!r} must be a name of 1 to {_LONGEST_NAME} characters.")
    return value


def _region(raw: Any) -> Bounds:
    if not isinstance(raw, dict) or set(raw) != {"y", "x", "height", "width"}:
        raise UsageError("'region' must be an object with y, x, height and width.")
    y, x = (whole(raw, key, 0, MAX_SIDE) for key in ("y", "x"))
    height, width = (whole(raw, key, 1, MAX_SIDE) for key in ("height", "width"))
    return Bounds(y, x, height, width)
