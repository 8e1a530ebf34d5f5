"""Noise of sensors, film and scanners, for Denoise: the target is the photograph without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .base import (
    Degradation,
    Degraded,
    Mask,
    Pixels,
    chance,
    check_between,
    check_range,
    check_shares,
    log_uniform,
    pick,
    uniform,
)
from .operations import SUBSAMPLINGS, WEB_SUBSAMPLING, as_gray, shifted_jpeg

Plane: TypeAlias = NDArray[np.float32]

KINDS = ("gaussian", "camera", "film", "scanner")
MARGIN = 16
"""Pixels around the patch: the block of 4:2:0 JPEG, and what correlated noise is made from."""
GAMMA = 2.2
"""Between sRGB and light, near enough for noise."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
BAYER = {0: ((0, 0),), 1: ((0, 1), (1, 0)), 2: ((1, 1),)}
"""Where in a 2x2 square a sensor sees red, green and blue."""


@dataclass(frozen=True)
class Noise(Degradation):
    """A photograph with noise of one of several origins, often saved as a JPEG afterwards.

    ``gaussian``
        Additive white noise on RGB, clipped and rounded: the protocol of the papers (DnCNN, FFDNet, DRUNet).
    ``camera``
        Poisson-Gaussian noise (Foi et al. 2008) on the Bayer mosaic in linear light, with gains of a white
        balance, then bilinear demosaicking and gamma: correlated between neighbours, strongest in the darks
        after gamma, coarser in chroma. Some of it was smoothed by the camera.
    ``film``
        Grains of a size, the same in all channels to a drawn part, with a variance that follows the
        brightness: growing with it, strongest in the middle, or the same everywhere.
    ``scanner``
        White noise with stripes along one axis and correlated along it, as lines of a sensor leave them.

    Attributes:
        clean_share: how many pictures have no noise at all and are to be left alone.
        gray_share: how many are gray, noise and target included.
        kinds: share of each origin.
        sigma: of the Gaussian kind, in levels of 255, drawn evenly.
        camera: standard deviation at middle gray of the others, in levels of 255; each doubling is as likely.
        film: the same for film.
        scanner: the same for scanners.
        grain_size: deviation in pixels of the blur that makes grains of film.
        jpeg_share: how many of the noisy pictures, the Gaussian ones excepted, are JPEGs.
        gaussian_jpeg_share: how many of those are.
        quality: JPEG quality.
        subsampling: share of each chroma subsampling.
    """

    clean_share: float = 0.06
    gray_share: float = 0.1
    kinds: Mapping[str, float] = field(
        default_factory=lambda: {"gaussian": 0.4, "camera": 0.25, "film": 0.27, "scanner": 0.08}
    )
    sigma: tuple[float, float] = (0.0, 55.0)
    camera: tuple[float, float] = (1.0, 30.0)
    film: tuple[float, float] = (2.0, 32.0)
    scanner: tuple[float, float] = (1.0, 16.0)
    grain_size: tuple[float, float] = (0.2, 1.4)
    jpeg_share: float = 0.65
    gaussian_jpeg_share: float = 0.05
    quality: tuple[int, int] = (72, 98)
    subsampling: Mapping[str, float] = field(default_factory=lambda: dict(WEB_SUBSAMPLING))

    def __post_init__(self) -> None:
        for name in ("clean_share", "gray_share", "jpeg_share", "gaussian_jpeg_share"):
            check_between(name, getattr(self, name), 0, 1)
        check_shares("kinds", self.kinds, KINDS)
        check_range("sigma", self.sigma, 0, 200)
        for name in ("camera", "film", "scanner"):
            check_range(name, getattr(self, name), 0.1, 100)
        check_range("grain_size", self.grain_size, 0, MARGIN / 4)
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
        target = self._middle(pixels)
        if chance(rng, self.clean_share):
            return Degraded(target, target)
        kind = pick(rng, self.kinds)
        x = pixels[..., :1] if gray else pixels
        noisy = to_bytes(self._noisy(x.astype(np.float32) / np.float32(255), kind, rng))
        if chance(rng, self.gaussian_jpeg_share if kind == "gaussian" else self.jpeg_share):
            noisy = shifted_jpeg(noisy, rng, self.quality, self.subsampling, MARGIN)
        m = MARGIN
        picture = noisy[m:-m, m:-m]
        return Degraded(np.repeat(picture, 3, axis=2) if gray else np.ascontiguousarray(picture), target)

    def _noisy(self, x: Plane, kind: str, rng: np.random.Generator) -> Plane:
        """HWC in [0, 1] (1 or 3 channels) with noise, not clipped."""
        if kind == "gaussian":
            return x + white(rng, x.shape) * np.float32(uniform(rng, self.sigma) / 255)
        if kind == "camera":
            return camera_noise(x, rng, log_uniform(rng, self.camera) / 255)
        if kind == "film":
            return film_grain(x, rng, log_uniform(rng, self.film) / 255, uniform(rng, self.grain_size))
        return scanner_noise(x, rng, log_uniform(rng, self.scanner) / 255)


def camera_noise(x: Plane, rng: np.random.Generator, sigma: float) -> Plane:
    """Noise of a Bayer sensor in linear light, demosaicked with the picture's own detail left alone.

    Args:
        x: HWC sRGB in [0, 1].
        rng: source of the noise.
        sigma: standard deviation at middle gray after gamma, of the sensor's pixels: demosaicking and the
            camera's smoothing take some of it away.
    """
    light = np.clip(x, 0, 1) ** np.float32(GAMMA)
    gains = np.array([uniform(rng, (1.2, 2.4)), 1.0, uniform(rng, (1.1, 2.2))], np.float32)
    if x.shape[2] == 1:
        gains = np.ones(1, np.float32)
    # Which part of the variance at middle gray comes from reading rather than from light.
    middle = 0.5**GAMMA
    slope = GAMMA * 0.5 ** (GAMMA - 1)  # of light over sRGB there
    variance = (sigma * slope) ** 2
    read = variance * log_uniform(rng, (0.02, 0.6))
    shot = (variance - read) / middle
    noise = white(rng, x.shape) * np.sqrt(gains * (shot * light + gains * read))
    if x.shape[2] == 3 and chance(rng, 0.85):
        noise = demosaicked(noise, int(rng.integers(2)), int(rng.integers(2)))
    if chance(rng, 0.35):  # the camera's own smoothing, stronger in chroma
        noise = split_smooth(noise, uniform(rng, (0, 0.7)), uniform(rng, (0.3, 2.0)))
    noisy: Plane = np.clip(light + noise, 0, None) ** np.float32(1 / GAMMA)
    return noisy


def film_grain(x: Plane, rng: np.random.Generator, sigma: float, size: float) -> Plane:
    """Grains of about ``size`` pixels, with a variance that follows the brightness.

    Args:
        x: HWC sRGB in [0, 1].
        rng: source of the noise.
        sigma: standard deviation at middle gray.
        size: deviation in pixels of the blur that makes the grains.
    """
    noise = white(rng, (*x.shape[:2], 1))
    if x.shape[2] == 3:
        tint = uniform(rng, (0, 1))
        noise = np.float32(tint) * white(rng, x.shape) + np.float32((1 - tint**2) ** 0.5) * noise
    noise = smooth(noise, size)
    if x.shape[2] == 3 and chance(rng, 0.25):  # dyes make larger clouds than silver did
        noise = split_smooth(noise, 0, uniform(rng, (0.4, 1.6)))
    noise *= np.float32(1 / max(float(noise.std()), 1e-6))
    base = uniform(rng, (0.05, 0.6))  # of the variance, the same everywhere
    shape = pick(rng, {"bright": 0.5, "middle": 0.25, "flat": 0.15, "dark": 0.1})
    value = np.clip(x, 0, 1)
    curve = {
        "bright": 2 * value,
        "middle": 4 * value * (1 - value),
        "flat": np.ones_like(value),
        "dark": 2 * (1 - value),
    }[shape]
    grainy: Plane = x + noise * np.float32(sigma) * np.sqrt(np.float32(base) + np.float32(1 - base) * curve)
    return grainy


def scanner_noise(x: Plane, rng: np.random.Generator, sigma: float) -> Plane:
    """White noise, correlated along the axis in which the scanner's line moved, and stripes along it.

    Args:
        x: HWC sRGB in [0, 1].
        rng: source of the noise.
        sigma: standard deviation, without the stripes.
    """
    axis = int(rng.integers(2))
    noise = smooth(white(rng, x.shape), uniform(rng, (0, 1.0)), axes=(axis,))
    noise *= np.float32(sigma / max(float(noise.std()), 1e-6))
    if chance(rng, 0.5):
        shape = list(x.shape)
        shape[axis] = 1
        noise = noise + white(rng, tuple(shape)) * np.float32(sigma * uniform(rng, (0.05, 0.5)))
    darks = uniform(rng, (0, 0.7))  # scanners see least in the densest parts of a slide
    return x + noise * (1 - np.float32(darks) * np.clip(x, 0, 1))


def white(rng: np.random.Generator, shape: tuple[int, ...]) -> Plane:
    """Independent standard normal values, float32."""
    return rng.standard_normal(shape, dtype=np.float32)


def smooth(x: Plane, sigma: float, axes: tuple[int, ...] = (0, 1)) -> Plane:
    """Gaussian blur of an HWC array along some of its axes; borders are mirrored."""
    if sigma < 0.1:
        return x
    radius = max(1, round(3 * sigma))
    kernel = np.exp(-(np.arange(-radius, radius + 1, dtype=np.float32) ** 2) / np.float32(2 * sigma**2))
    kernel /= kernel.sum()
    for axis in axes:
        around = [(0, 0)] * x.ndim
        around[axis] = (radius, radius)
        padded = np.pad(x, around, mode="reflect")
        x = np.zeros_like(x)
        for at, weight in enumerate(kernel):
            part = [slice(None)] * x.ndim
            part[axis] = slice(at, at + x.shape[axis])
            x += weight * padded[tuple(part)]
    return x


def split_smooth(noise: Plane, luma: float, chroma: float) -> Plane:
    """Noise blurred apart in luma and chroma; one channel has luma alone."""
    if noise.shape[2] == 1:
        return smooth(noise, luma)
    gray = (noise @ LUMA)[..., None]
    return smooth(gray, luma) + smooth(noise - gray, chroma)


def demosaicked(noise: Plane, top: int, left: int) -> Plane:
    """HW3 noise as bilinear demosaicking leaves it: each channel is known at its places of the mosaic, the
    rest is the mean of its neighbours there.

    Args:
        noise: independent in each pixel and channel.
        top, left: 0 or 1, where the mosaic begins.
    """
    known = np.zeros_like(noise)
    for channel, places in BAYER.items():
        for y, x in places:
            at = (slice((y + top) % 2, None, 2), slice((x + left) % 2, None, 2), channel)
            known[at] = noise[at]
    padded = np.pad(known, ((1, 1), (1, 1), (0, 0)), mode="reflect")
    up, centre, down = padded[:-2], padded[1:-1], padded[2:]
    across = up + 2 * centre + down
    full: Plane = (across[:, :-2] + 2 * across[:, 1:-1] + across[:, 2:]) / 4
    cross = (up[:, 1:-1] + down[:, 1:-1] + centre[:, :-2] + centre[:, 2:]) / 4 + centre[:, 1:-1]
    full[..., 1] = cross[..., 1]  # green has neighbours on the four sides, red and blue have them around
    return full


def to_bytes(x: Plane) -> Pixels:
    """Values about in [0, 1] -> uint8, clipped and rounded."""
    pixels: Pixels = np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8)
    return pixels
