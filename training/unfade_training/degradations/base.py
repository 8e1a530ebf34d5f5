"""A degradation: a frozen description of what turns a clean crop into a network's input.

Its vocabulary comes first: random draws, and annotations that say which values an option may have. Ranges are
(low, high) with both ends included, shares are probabilities, and tables of shares are relative
weights by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import did_you_mean

T = TypeVar("T")


@dataclass(frozen=True)
class Within:
    """Annotation of an option that is a number, or a range [from, to], within these bounds."""

    low: float
    high: float


@dataclass(frozen=True)
class Shares:
    """Annotation of an option that is a table of shares of these names."""

    known: Collection[str]


Share: TypeAlias = Annotated[float, Within(0, 1)]
Scale: TypeAlias = Annotated[int, Within(1, 8)]


def check_options(options: object) -> None:
    """Check the annotated fields of a dataclass.

    Raises:
        ValueError: a value is not :class:`Within` its bounds, or its :class:`Shares` make no sense.
    """
    for name, rule in _rules(type(options)):
        value = getattr(options, name)
        if isinstance(rule, Shares):
            check_shares(name, value, rule.known)
        elif isinstance(value, tuple):
            check_range(name, value, rule.low, rule.high)
        else:
            check_between(name, value, rule.low, rule.high)


def _rules(kind: type) -> tuple[tuple[str, Within | Shares], ...]:
    """The annotations of a class's fields, by name."""
    return tuple(
        (name, rule)
        for name, hint in get_type_hints(kind, include_extras=True).items()
        for rule in getattr(hint, "__metadata__", ())
        if isinstance(rule, (Within, Shares))
    )


def chance(rng: np.random.Generator, share: float) -> bool:
    """True in ``share`` of the draws."""
    return bool(rng.random() < share)


def uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A number between the bounds."""
    return float(rng.uniform(*bounds))


def log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """A number between two positive bounds; each doubling is as likely."""
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))


def integer(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    """A whole number between the bounds."""
    return int(rng.integers(bounds[0], bounds[1] + 1))


def offset(rng: np.random.Generator, block: int) -> tuple[int, int]:
    """(rows, columns) of less than a block: where in a patch a codec's blocks begin."""
    top, left = rng.integers(block, size=2)
    return int(top), int(left)


def choose(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of the options, all as likely."""
    return options[int(rng.integers(len(options)))]


def pick(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """One of the names, by relative weight."""
    at = rng.random() * sum(shares.values())
    for name, share in shares.items():
        at -= share
        if at < 0:
            return name
    return max(shares, key=lambda name: shares[name])  # rounding left a rest


def check_range(name: str, bounds: tuple[float, float], low: float, high: float) -> None:
    """ValueError unless ``low <= bounds[0] <= bounds[1] <= high``."""
    if not low <= bounds[0] <= bounds[1] <= high:
        raise ValueError(
            f"{name} must be a range [from, to] within {low:g} and {high:g}, not {list(bounds)}."
        )


def check_between(name: str, value: float, low: float, high: float) -> None:
    """ValueError unless ``low <= value <= high``."""
    if not low <= value <= high:
        raise ValueError(f"{name} must be between {low:g} and {high:g}, not {value:g}.")


def check_shares(name: str, shares: Mapping[str, float], known: Collection[str]) -> None:
    """ValueError unless all names are known, no share is negative and they do not sum to 0."""
    for key in shares:
        if key not in known:
            raise ValueError(f"{name} knows no {key!r}{did_you_mean(key, known)}")
    if any(share < 0 for share in shares.values()) or sum(shares.values()) <= 0:
        raise ValueError(f"{name} must be shares of 0 or more that do not sum to 0, not {dict(shares)}.")


Pixels: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.float32]


UNTOLD = 128
"""Of a channel that says where to look: that is left to the network."""


@dataclass(frozen=True, eq=False)
class Degraded:
    """One training pair.

    Attributes:
        picture: HWC uint8, what the network gets; 3 channels, or 1 where the degradation makes gray pictures;
            4 where it says where to look (:attr:`Degradation.tells`).
        target: HWC uint8 RGB, ``scale`` times as large: the middle of the crop (gray where the network
            could not know better).
        mask: HW float32 in [0, 1], opacity of what was drawn over the picture; None where nothing can have
            been.
    """

    picture: Pixels
    target: Pixels
    mask: Mask | None = None


class Degradation(ABC):
    """Base of the degradations; each is a frozen dataclass whose fields are the options of its recipe table.

    The same crop and a generator in the same state give the same bytes. Fields are annotated with the values
    that they may have (:class:`Within`, :class:`Shares`), which are checked.

    Attributes:
        scale: how many times smaller than the target the input is.
        masks: whether :attr:`Degraded.mask` is given.
        gray: whether :attr:`Degraded.picture` has a single channel; the target is in colour.
        tells: whether it has a fourth one, of where to look: 255 where something was drawn and 0 elsewhere,
            or :data:`UNTOLD`.
    """

    scale: int = 1
    masks: ClassVar[bool] = False
    gray: ClassVar[bool] = False
    tells: bool = False

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def margin(self) -> int:
        """Pixels of the crop around the target on each side; a multiple of :attr:`scale`.

        Compression and kernels look beyond the patch, and a patch must not always begin where a JPEG block
        does.
        """
        return 0

    def held_out(self) -> Degradation:
        """What makes the inputs of validation: this degradation, unless its draws would drown the score."""
        return self

    @abstractmethod
    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        """The training pair of a crop.

        Args:
            crop: HWC RGB, uint8 or float32 in [0, 1] (rounded to 8 bits, which is what pictures come in), of
                ``scale * n + 2 * margin`` pixels a side.
            rng: the only source of randomness.

        Raises:
            ValueError: the crop is no RGB array, or its size does not fit scale and margin.
        """

    def __call__(self, crop: Pixels | Mask, rng: np.random.Generator) -> Pixels:
        """:meth:`apply` for those who cut the target themselves: the input alone."""
        return self.apply(crop, rng).picture

    def _take(self, crop: Pixels | Mask) -> Pixels:
        """The crop as checked uint8."""
        if crop.ndim != 3 or crop.shape[2] != 3:
            raise ValueError(f"a crop must be HWC RGB, not of shape {crop.shape}")
        height, width = (side - 2 * self.margin for side in crop.shape[:2])
        if min(height, width) < self.scale or height % self.scale or width % self.scale:
            raise ValueError(
                f"a crop of {crop.shape[0]}x{crop.shape[1]} does not fit: {type(self).__name__} takes "
                f"{self.scale} n + {2 * self.margin} pixels a side"
            )
        if crop.dtype == np.uint8:
            exact: Pixels = np.ascontiguousarray(crop, dtype=np.uint8)
            return exact
        rounded: Pixels = np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)
        return rounded

    def _middle(self, crop: Pixels) -> Pixels:
        """The crop without its margin: the target."""
        m = self.margin
        return crop[m : crop.shape[0] - m, m : crop.shape[1] - m]

    def _aligned(self, image: Image.Image, top: int, left: int, target: Pixels) -> Pixels:
        """The part of a degraded picture that lies on the target: it begins at (top, left)."""
        height, width = target.shape[0] // self.scale, target.shape[1] // self.scale
        return np.array(image.crop((left, top, left + width, top + height)))
