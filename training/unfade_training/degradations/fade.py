"""Faded colours, for Revive: dyes that lost density each in its own way, yellow paper, lamp light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .base import Degradation, Degraded, Mask, Pixels
from .draws import chance, check_between, check_range, check_shares, uniform
from .noise import LUMA, MARGIN, to_bytes, white
from .operations import SUBSAMPLINGS, as_gray, shifted_jpeg

Plane: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Fade(Degradation):
    """A photograph whose colours faded, the same all over the picture.

    First saturation is lost and dyes mix (a 3x3 matrix on sRGB near the identity that keeps grays), then each
    channel ``v`` becomes ``black + (white - black) v ** gamma``. Draws of the three channels are alike to a
    drawn part: pictures that only became pale, and pictures with strong casts.

    Attributes:
        clean_share: how many pictures are as they should be, and are to be left alone.
        gray_share: how many are gray; they fade in tone alone, and so does their target.
        saturation: what is left of it.
        crosstalk: largest share of each channel that is mixed into another.
        black: the darkest value.
        white: the brightest value.
        gamma: exponent of the tone curve.
        apart: how much of the range each channel has to itself: 0 all alike, 1 each its own.
        grain: standard deviation of noise afterwards, in levels of 255.
        jpeg_share: how many are JPEGs.
        quality: JPEG quality.
        subsampling: share of each chroma subsampling.
    """

    clean_share: float = 0.15
    gray_share: float = 0.08
    saturation: tuple[float, float] = (0.4, 1.05)
    crosstalk: float = 0.08
    black: tuple[float, float] = (0.0, 0.32)
    white: tuple[float, float] = (0.6, 1.0)
    gamma: tuple[float, float] = (0.7, 1.45)
    apart: tuple[float, float] = (0.0, 1.0)
    grain: tuple[float, float] = (0.0, 4.0)
    jpeg_share: float = 0.7
    quality: tuple[int, int] = (75, 97)
    subsampling: Mapping[str, float] = field(default_factory=lambda: {"4:2:0": 0.7, "4:4:4": 0.3})

    def __post_init__(self) -> None:
        for name in ("clean_share", "gray_share", "jpeg_share"):
            check_between(name, getattr(self, name), 0, 1)
        check_range("saturation", self.saturation, 0, 2)
        check_between("crosstalk", self.crosstalk, 0, 1)
        check_range("black", self.black, 0, 0.5)
        check_range("white", self.white, 0.5, 1)
        check_range("gamma", self.gamma, 0.2, 5)
        check_range("apart", self.apart, 0, 1)
        check_range("grain", self.grain, 0, 50)
        check_range("quality", self.quality, 1, 100)
        check_shares("subsampling", self.subsampling, SUBSAMPLINGS)

    @property
    def margin(self) -> int:
        return MARGIN

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        gray = chance(rng, self.gray_share)
        if gray:
            pixels = as_gray(pixels)
        x: Plane = pixels.astype(np.float32) / np.float32(255)
        if not chance(rng, self.clean_share):
            x = self.fade(x, rng, gray)
        x = x + white(rng, (*x.shape[:2], 1 if gray else 3)) * np.float32(uniform(rng, self.grain) / 255)
        faded = to_bytes(x)
        if chance(rng, self.jpeg_share):
            faded = shifted_jpeg(faded, rng, self.quality, self.subsampling, MARGIN)
        return Degraded(np.ascontiguousarray(self._middle(faded)), self._middle(pixels))

    def fade(self, x: Plane, rng: np.random.Generator, gray: bool = False) -> Plane:
        """HW3 sRGB in [0, 1] -> the same, faded; ``gray`` fades all channels alike."""
        if not gray:
            mix = np.eye(3, dtype=np.float32) + rng.uniform(0, self.crosstalk, (3, 3)).astype(np.float32)
            mix /= mix.sum(1, keepdims=True)
            x = x @ mix.T
            luma = (x @ (LUMA if chance(rng, 0.5) else np.full(3, 1 / 3, np.float32)))[..., None]
            x = (luma + (x - luma) * np.float32(uniform(rng, self.saturation))).astype(np.float32)
        apart = 0.0 if gray else uniform(rng, self.apart)
        black, bright, gamma = (
            np.asarray((1 - apart) * uniform(rng, bounds) + apart * rng.uniform(*bounds, 3), np.float32)
            for bounds in (self.black, self.white, self.gamma)
        )
        faded: Plane = black + (bright - black) * np.clip(x, 0, 1) ** gamma
        return faded
