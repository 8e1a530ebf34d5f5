"""A degradation: a frozen description of what turns a clean crop into a network's input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .draws import check_options

Pixels: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Degraded:
    """One training pair.

    Attributes:
        picture: HWC uint8, what the network gets; 3 channels, or 1 where the degradation makes gray pictures.
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
    that they may have (:class:`~.draws.Within`, :class:`~.draws.Shares`), which are checked.

    Attributes:
        scale: how many times smaller than the target the input is.
        masks: whether :attr:`Degraded.mask` is given.
        gray: whether :attr:`Degraded.picture` has a single channel; the target is in colour.
    """

    scale: int = 1
    masks: ClassVar[bool] = False
    gray: ClassVar[bool] = False

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
