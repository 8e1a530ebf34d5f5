"""ModelCard: what a model says of itself, stored as JSON in the metadata of its ONNX file.

The card is all a filter needs to run a model: names and ranges of its tensors, the scale, and how its
pictures are cut into tiles. The exporter writes it, the catalog and the engine read it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from unfade.errors import ModelError

METADATA_KEY = "unfade.card"
CARD_VERSION = 1

_Choice = TypeVar("_Choice", bound=Enum)
_Value = TypeVar("_Value")


class Task(str, Enum):
    """The filter a generator was trained for."""

    UPSCALE = "upscale"
    DEARTIFACT = "deartifact"
    COLORIZE = "colorize"
    DENOISE = "denoise"
    REPAIR = "repair"
    REVIVE = "revive"


class Variant(str, Enum):
    """How a generator was trained: for the smallest error, or to look real."""

    FAITHFUL = "faithful"
    GAN = "gan"


class Tiling(str, Enum):
    """How a large picture is run through the network."""

    EXACT = "exact"
    """Windows with a halo of the receptive radius; the result is that of the whole picture."""
    BLEND = "blend"
    """Overlapping windows joined by cosine weights, for networks that see further than any halo."""
    WHOLE = "whole"
    """The whole picture at once, at the model's working size."""


@dataclass(frozen=True)
class Tensor:
    """One input or output of the network.

    Raises ValueError for a description that cannot be.
    """

    name: str
    channels: int
    range: tuple[float, float]
    """The values that stand for black and for full intensity."""
    colour_space: str
    """What the channels are: "sRGB", "gray", "lab-ab", "mask"."""
    layout: str = "NCHW"

    def __post_init__(self) -> None:
        _require(bool(self.name), "a tensor needs a name")
        _require(self.channels >= 1, f"'channels' must be at least 1, not {self.channels}")
        low, high = self.range
        _require(
            math.isfinite(low) and math.isfinite(high) and low < high,
            f"'range' must be two growing numbers, not {low} and {high}",
        )
        _require(bool(self.colour_space), "a tensor needs a colour space")
        _require(self.layout == "NCHW", f"'layout' must be NCHW, not {self.layout!r}")


@dataclass(frozen=True)
class ModelCard:
    """What a model is for, and how it wants to be run.

    Raises ValueError for a description that cannot be.
    """

    name: str
    """The identifier typed after --model: no spaces, no slashes."""
    title: str
    """The name shown to people."""
    task: Task
    scale: int
    """Output pixels for one input pixel along each side."""
    variant: Variant
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    size_multiple: int
    """Height and width of what goes in must be multiples of this."""
    halo: int
    """The network's receptive radius in input pixels."""
    tiling: Tiling
    working_size: int | None = None
    """The longer side, in pixels, at which a WHOLE model runs; None for the others."""
    fixed_size: tuple[int, int] | None = None
    """The only height and width that goes in, for compilers and hardware that want one; None for any."""
    recipe: str = ""
    """The text of the training recipe (TOML)."""
    training_data: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict, hash=False)
    licence: str = "GPL-3.0-or-later"
    parameters: int | None = None
    macs_per_pixel: int | None = None
    """Multiplications with addition for one input pixel."""

    def __post_init__(self) -> None:
        _require(
            bool(self.name) and not any(c.isspace() or not c.isprintable() or c in "/\\" for c in self.name),
            f"'name' must be one word without slashes, not {self.name!r}",
        )
        _require(bool(self.title), "'title' must not be empty")
        _require(self.scale >= 1, f"'scale' must be at least 1, not {self.scale}")
        _require(bool(self.inputs), "a model needs an input")
        _require(bool(self.outputs), "a model needs an output")
        _require(self.size_multiple >= 1, f"'size_multiple' must be at least 1, not {self.size_multiple}")
        _require(self.halo >= 0, f"'halo' must not be negative, but is {self.halo}")
        if self.tiling is Tiling.WHOLE:
            _require(self.working_size is not None, "a model that runs whole needs a 'working_size'")
        if self.fixed_size is not None:
            _require(self.tiling is not Tiling.WHOLE, "a model that runs whole has no 'fixed_size'")
            _require(
                all(s % self.size_multiple == 0 and s >= self.least_side for s in self.fixed_size),
                f"'fixed_size' must be multiples of {self.size_multiple} from {self.least_side}, "
                f"not {self.fixed_size[0]} and {self.fixed_size[1]}",
            )
        for key in ("working_size", "parameters", "macs_per_pixel"):
            value = getattr(self, key)
            _require(value is None or value >= 1, f"{key!r} must be at least 1, not {value}")
        for key, number in self.metrics.items():
            _require(math.isfinite(number), f"the metric {key!r} must be a finite number, not {number}")

    @property
    def least_side(self) -> int:
        """Of a window in pixels: two halos and one step, all of them on the size multiple."""
        return (-(-2 * self.halo // self.size_multiple) + 1) * self.size_multiple

    def to_metadata(self) -> dict[str, str]:
        """The card as entries for the ONNX file's ``metadata_props``."""
        record = {
            "version": CARD_VERSION,
            "name": self.name,
            "title": self.title,
            "task": self.task.value,
            "scale": self.scale,
            "variant": self.variant.value,
            "inputs": [_tensor_record(tensor) for tensor in self.inputs],
            "outputs": [_tensor_record(tensor) for tensor in self.outputs],
            "size_multiple": self.size_multiple,
            "halo": self.halo,
            "tiling": self.tiling.value,
            "working_size": self.working_size,
            "recipe": self.recipe,
            "training_data": self.training_data,
            "metrics": dict(self.metrics),
            "licence": self.licence,
            "parameters": self.parameters,
            "macs_per_pixel": self.macs_per_pixel,
        }
        if self.fixed_size is not None:  # a key that was not there at first
            record["fixed_size"] = list(self.fixed_size)
        return {METADATA_KEY: json.dumps(record, allow_nan=False)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> ModelCard | None:
        """Read the card among a model's metadata; None where the model has none.

        Raises:
            ModelError: the card is damaged, or of a version this program does not know. The sentence
                speaks of "the card"; the caller knows the file and names it.
        """
        text = metadata.get(METADATA_KEY)
        if text is None:
            return None
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"the card is damaged: it is not JSON ({error})") from error
        if not isinstance(record, dict):
            raise ModelError("the card is damaged: it is not a JSON object")
        try:
            return _read_card(_Record(record))
        except ValueError as error:
            raise ModelError(f"the card is damaged: {error}") from error


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise ValueError(complaint)


def _tensor_record(tensor: Tensor) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "channels": tensor.channels,
        "range": list(tensor.range),
        "colour_space": tensor.colour_space,
        "layout": tensor.layout,
    }


class _Record:
    """A JSON object read key by key, with a complaint that names the key when the type is wrong."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._left = dict(values)

    def take(self, key: str, kind: str, check: Callable[[Any], _Value | None]) -> _Value:
        """The value of ``key``; ``check`` gives it in its type, or None when it is not of that kind."""
        if key not in self._left:
            raise ValueError(f"{key!r} is missing")
        raw = self._left.pop(key)
        value = check(raw)
        if value is None:
            raise ValueError(f"{key!r} must be {kind}, not {_shorten(raw)}")
        return value

    def text(self, key: str) -> str:
        return self.take(key, "text", _as_text)

    def whole(self, key: str) -> int:
        return self.take(key, "a whole number", _as_whole)

    def optional_whole(self, key: str) -> int | None:
        if self._left.get(key, 0) is None:
            del self._left[key]
            return None
        return self.whole(key)

    def optional_sides(self, key: str) -> tuple[int, int] | None:
        return self.take(key, "a height and a width", _as_sides) if key in self._left else None

    def choice(self, key: str, choices: type[_Choice]) -> _Choice:
        names = {str(member.value): member for member in choices}
        return self.take(
            key, f"one of {', '.join(names)}", lambda raw: names.get(raw) if isinstance(raw, str) else None
        )

    def items(self, key: str) -> list[Any]:
        return self.take(key, "a list", lambda raw: raw if isinstance(raw, list) else None)

    def pair(self, key: str) -> tuple[float, float]:
        return self.take(key, "a list of two numbers", _as_pair)

    def numbers(self, key: str) -> dict[str, float]:
        return self.take(key, "an object of numbers", _as_numbers)

    def finish(self) -> None:
        """Refuse what was not taken: a key this version does not know would be silently ignored."""
        if self._left:
            raise ValueError(f"{sorted(self._left)[0]!r} is not known")


def _as_text(raw: Any) -> str | None:
    return raw if isinstance(raw, str) else None


def _as_whole(raw: Any) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _as_sides(raw: Any) -> tuple[int, int] | None:
    if not isinstance(raw, list) or len(raw) != 2:
        return None
    height, width = (_as_whole(item) for item in raw)
    return None if height is None or width is None else (height, width)


def _as_number(raw: Any) -> float | None:
    if not isinstance(raw, (int, float)) or isinstance(raw, bool):
        return None
    try:
        return float(raw)
    except OverflowError:
        return None


def _as_pair(raw: Any) -> tuple[float, float] | None:
    if not isinstance(raw, list) or len(raw) != 2:
        return None
    low, high = (_as_number(item) for item in raw)
    return None if low is None or high is None else (low, high)


def _as_numbers(raw: Any) -> dict[str, float] | None:
    if not isinstance(raw, dict):
        return None
    numbers = {key: _as_number(value) for key, value in raw.items()}
    clean = {key: value for key, value in numbers.items() if value is not None}
    return clean if len(clean) == len(numbers) else None


def _shorten(raw: Any) -> str:
    text = json.dumps(raw)
    return text if len(text) <= 40 else text[:37] + "..."


def _read_card(record: _Record) -> ModelCard:
    version = record.whole("version")
    if version > CARD_VERSION:
        # Not ValueError: this card is in order, the program is old.
        raise ModelError(
            f"the card is of version {version}, but this Unfade knows only {CARD_VERSION}: update Unfade"
        )
    _require(version == CARD_VERSION, f"'version' must be {CARD_VERSION}, not {version}")
    card = ModelCard(
        name=record.text("name"),
        title=record.text("title"),
        task=record.choice("task", Task),
        scale=record.whole("scale"),
        variant=record.choice("variant", Variant),
        inputs=tuple(_read_tensor(item) for item in record.items("inputs")),
        outputs=tuple(_read_tensor(item) for item in record.items("outputs")),
        size_multiple=record.whole("size_multiple"),
        halo=record.whole("halo"),
        tiling=record.choice("tiling", Tiling),
        working_size=record.optional_whole("working_size"),
        fixed_size=record.optional_sides("fixed_size"),
        recipe=record.text("recipe"),
        training_data=record.text("training_data"),
        metrics=record.numbers("metrics"),
        licence=record.text("licence"),
        parameters=record.optional_whole("parameters"),
        macs_per_pixel=record.optional_whole("macs_per_pixel"),
    )
    record.finish()
    return card


def _read_tensor(item: Any) -> Tensor:
    if not isinstance(item, dict):
        raise ValueError(f"a tensor must be an object, not {_shorten(item)}")
    record = _Record(item)
    tensor = Tensor(
        name=record.text("name"),
        channels=record.whole("channels"),
        range=record.pair("range"),
        colour_space=record.text("colour_space"),
        layout=record.text("layout"),
    )
    record.finish()
    return tensor
