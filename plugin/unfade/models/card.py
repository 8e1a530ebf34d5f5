"""ModelCard: what a model says of itself, stored as JSON in the metadata of its ONNX file.

The card is all a filter needs to run a model: names and ranges of its tensors, the scale, and how its
pictures are cut into tiles. The exporter writes it, the catalog and the engine read it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

import msgspec

from unfade.errors import ModelError

METADATA_KEY = "unfade.card"
CARD_VERSION = 1

MOST_CHARACTERS = 1 << 20
"""Of a card: one with its recipe has some thousands."""


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
    """The values that stand for black and for full intensity; of what is no picture, about the least and the
    greatest."""
    colour_space: str
    """What the channels are: "sRGB", "gray", "lab-ab", "mask", "embedding"."""
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
    task: str
    """The name of the filter that the model was trained for, or of a part of one."""
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
        _require(bool(self.task), "'task' must not be empty")
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
        record = {"version": CARD_VERSION, **msgspec.to_builtins(self)}
        fixed_size = record.pop("fixed_size", None)  # msgspec leaves defaults to the class
        if fixed_size is not None:  # a key that was not there at first
            record["fixed_size"] = fixed_size
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
        if len(text) > MOST_CHARACTERS:
            raise ModelError(f"the card is damaged: it is longer than {MOST_CHARACTERS:,} characters")
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"the card is damaged: it is not JSON ({error})") from error
        if not isinstance(record, dict):
            raise ModelError("the card is damaged: it is not a JSON object")
        try:
            return _read_card(record)
        except msgspec.ValidationError as error:
            raise ModelError(f"the card is damaged: {_complaint(str(error), record)}") from error
        except ValueError as error:
            raise ModelError(f"the card is damaged: {error}") from error


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise ValueError(complaint)


def _read_card(record: dict[str, Any]) -> ModelCard:
    _require("version" in record, "'version' is missing")
    version = record["version"]
    _require(type(version) is int, f"'version' must be a whole number, not {_shorten(version)}")
    if version > CARD_VERSION:
        # Not ValueError: this card is in order, the program is old.
        raise ModelError(
            f"the card is of version {version}, but this Unfade knows only {CARD_VERSION}: update Unfade"
        )
    _require(version == CARD_VERSION, f"'version' must be {CARD_VERSION}, not {version}")
    _check_keys({key: value for key, value in record.items() if key != "version"}, ModelCard)
    for tensors in (record["inputs"], record["outputs"]):
        for tensor in tensors if isinstance(tensors, list) else ():
            if isinstance(tensor, dict):
                _check_keys(tensor, Tensor)
    return msgspec.convert(record, ModelCard)


def _check_keys(record: dict[str, Any], described: type) -> None:
    """Refuse keys that this version does not know, which would silently be ignored, and want all others."""
    known = {field.name for field in fields(described)}
    missing = known - record.keys() - {"fixed_size"}
    unknown = record.keys() - known
    _require(not missing, f"{min(missing, default='')!r} is missing")
    _require(not unknown, f"{min(unknown, default='')!r} is not known")


_KINDS = {
    "variant": f"one of {', '.join(variant.value for variant in Variant)}",
    "tiling": f"one of {', '.join(tiling.value for tiling in Tiling)}",
    "inputs": "a list",
    "outputs": "a list",
    "range": "a list of two numbers",
    "fixed_size": "a height and a width",
    "metrics": "an object of numbers",
}
"""What fields hold that are neither text nor whole numbers."""


def _complaint(found: str, record: Any) -> str:
    """msgspec's "Expected `int`, got `str` - at `$.scale`" as a sentence that shows the value."""
    complaint, _, path = found.partition(" - at `$")
    if not complaint.startswith(("Expected ", "Invalid ", "Number ")):
        return complaint  # of __post_init__
    key, value = "", record
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        if key in _KINDS and key not in ("inputs", "outputs"):
            break
        key, value = (name, value[name]) if name else ("", value[int(index)])
    if not key:
        return f"a tensor must be an object, not {_shorten(value)}"
    kind = _KINDS.get(key, "text" if complaint.startswith("Expected `str`") else "a whole number")
    return f"{key!r} must be {kind}, not {_shorten(value)}"


def _shorten(raw: Any) -> str:
    text = json.dumps(raw)
    return text if len(text) <= 40 else text[:37] + "..."
