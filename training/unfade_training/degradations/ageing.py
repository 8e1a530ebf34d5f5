"""Old photographs: black-and-white film and prints, the gray pictures that people really give to Colorize;
and faded colours, for Revive: dyes that lost density each in its own way, yellow paper, lamp light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from .base import (
    Degradation,
    Degraded,
    Mask,
    Pixels,
    Share,
    Shares,
    Within,
    chance,
    check_between,
    check_range,
    check_shares,
    choose,
    integer,
    log_uniform,
    offset,
    pick,
    uniform,
)
from .noise import LUMA, MARGIN, to_bytes, white
from .operations import JPEG_BLOCK, SUBSAMPLINGS, Quality, as_gray, cut, jpeg, shifted_jpeg

Plane: TypeAlias = NDArray[np.float32]

# How strongly films and papers see red, green and blue. "luma" is how programs turn colour pictures gray.
FILMS: Mapping[str, tuple[float, float, float]] = {
    "luma": (0.299, 0.587, 0.114),
    "panchromatic": (0.33, 0.40, 0.27),
    "orthochromatic": (0.06, 0.52, 0.42),  # blind to red: dark lips, pale sky
    "red-filter": (0.70, 0.22, 0.08),  # dark sky
    "green": (0.0, 1.0, 0.0),  # one channel of a scan
}
SEPIA_DARK, SEPIA_LIGHT = (44, 27, 14), (246, 234, 208)  # sRGB of a toned print's blacks and whites


@dataclass(frozen=True)
class Ageing(Degradation):
    """A colour photograph turned into an old gray one: ``picture`` is HW1 gray, the target the colours.

    The order is the picture's life: film, lens, grain, print, years (fading, stains, dust, scratches), scan.

    Attributes:
        clean_share: how many are only turned gray, by ``luma``: modern pictures are colourized, too.
        films: share of each way to turn colours gray; see :data:`FILMS`.
        blur_share: how many are soft.
        blur_sigma: deviation in pixels.
        grain_share: how many have visible grain.
        grain: its deviation in levels of 255, in middle grays; light and dark parts have less.
        grain_size: size of the grains in pixels.
        sepia_share: how many were toned brown and are turned gray again from the brown scan.
        fade_share: how many have lost contrast.
        fade: how much of the contrast is gone.
        uneven_share: how many have darkened corners or faded unevenly.
        stain_share: how many have blotches.
        dust_share: how many have specks and hairs.
        dust: number of specks on 128x128 pixels.
        scratch_share: how many are scratched.
        scratches: number of scratches.
        jpeg_share: how many scans are JPEGs.
        quality: their quality.
    """

    gray = True

    clean_share: Share = 0.35
    films: Annotated[Mapping[str, float], Shares(FILMS)] = field(
        default_factory=lambda: {
            "luma": 0.45,
            "panchromatic": 0.25,
            "orthochromatic": 0.15,
            "red-filter": 0.05,
            "green": 0.1,
        }
    )
    blur_share: Share = 0.35
    blur_sigma: Annotated[tuple[float, float], Within(0, 10)] = (0.3, 1.3)
    grain_share: Share = 0.6
    grain: Annotated[tuple[float, float], Within(0.1, 100)] = (2.0, 14.0)
    grain_size: Annotated[tuple[float, float], Within(1, 8)] = (1.0, 2.2)
    sepia_share: Share = 0.25
    fade_share: Share = 0.6
    fade: Annotated[tuple[float, float], Within(0, 0.9)] = (0.05, 0.5)
    uneven_share: Share = 0.4
    stain_share: Share = 0.12
    dust_share: Share = 0.3
    dust: Annotated[tuple[int, int], Within(0, 1000)] = (1, 12)
    scratch_share: Share = 0.25
    scratches: Annotated[tuple[int, int], Within(0, 100)] = (1, 4)
    jpeg_share: Share = 0.7
    quality: Quality = (60, 96)

    @property
    def margin(self) -> int:
        return JPEG_BLOCK

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        if chance(rng, self.clean_share):
            return Degraded(np.array(Image.fromarray(target).convert("L"))[..., None], target)
        x = self._expose(pixels, rng)
        if chance(rng, self.fade_share):
            x = fade(x, rng, uniform(rng, self.fade))
        if chance(rng, self.uneven_share):
            x = uneven(x, rng)
        if chance(rng, self.stain_share):
            x = stain(x, rng)
        image = to_image(x)
        if chance(rng, self.dust_share):
            area = image.width * image.height / 128**2
            image = dust(image, rng, max(1, round(integer(rng, self.dust) * area)))
        if chance(rng, self.scratch_share):
            image = scratch(image, rng, integer(rng, self.scratches))
        top = left = 0
        if chance(rng, self.jpeg_share):
            top, left = offset(rng, JPEG_BLOCK)
            image = jpeg(cut(image, top, left), integer(rng, self.quality))
        gray = self._aligned(image, JPEG_BLOCK - top, JPEG_BLOCK - left, target)
        return Degraded(gray[..., None], target)

    def _expose(self, pixels: Pixels, rng: np.random.Generator) -> Plane:
        """Film, lens, grain and paper: HW float32 in [0, 1]."""
        weights = np.asarray(FILMS[pick(rng, self.films)], np.float32)
        image = to_image(pixels @ (weights / np.float32(255)))
        if chance(rng, self.blur_share):
            image = image.filter(ImageFilter.GaussianBlur(uniform(rng, self.blur_sigma)))
        x: Plane = np.asarray(image, np.float32) / np.float32(255)
        if chance(rng, self.grain_share):
            x = grain(x, rng, log_uniform(rng, self.grain) / 255, uniform(rng, self.grain_size))
        if chance(rng, self.sepia_share):
            x = sepia_to_gray(x, rng)
        return x


def to_image(plane: Plane) -> Image.Image:
    """HW float32 in [0, 1] -> mode L."""
    return Image.fromarray(np.rint(np.clip(plane, 0, 1) * 255).astype(np.uint8))


def smooth_noise(rng: np.random.Generator, cells: tuple[int, int], shape: tuple[int, ...]) -> Plane:
    """HW float32: normal noise of so many cells (down, across), enlarged to ``shape`` by bicubic kernels."""
    coarse = rng.standard_normal(cells, dtype=np.float32)
    enlarged = Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(enlarged, np.float32)


def grain(x: Plane, rng: np.random.Generator, sigma: float, size: float) -> Plane:
    """Clumps of silver: smooth noise, strongest in the middle grays, as in film scans.

    Args:
        x: HW in [0, 1].
        rng: source of the noise.
        sigma: deviation in middle grays.
        size: of a grain in pixels; at 1 neighbours are independent.
    """
    height, width = x.shape
    noise = smooth_noise(rng, (max(2, round(height / size)), max(2, round(width / size))), x.shape)
    # Interpolation flattens noise; bring it back to the deviation asked for.
    noise = noise * np.float32(sigma / max(float(noise.std()), 1e-6))
    return x + noise * (0.35 + 0.65 * 4 * x * (1 - x))


def sepia_to_gray(x: Plane, rng: np.random.Generator) -> Plane:
    """The gray version of a brown scan, by its luma or one channel: blacks are lifted, whites lowered."""
    weights = choose(rng, (FILMS["luma"], (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    dark, light = (
        sum(w * v for w, v in zip(weights, tone, strict=True)) / 255 for tone in (SEPIA_DARK, SEPIA_LIGHT)
    )
    return np.float32(dark) + x * np.float32(light - dark)


def fade(x: Plane, rng: np.random.Generator, amount: float) -> Plane:
    """Contrast lost by ``amount``: blacks lifted, whites lowered, and a bent tone curve."""
    lifted = amount * uniform(rng, (0.2, 0.8))
    return np.float32(lifted) + np.float32(1 - amount) * np.clip(x, 0, 1) ** np.float32(
        uniform(rng, (0.75, 1.3))
    )


def uneven(x: Plane, rng: np.random.Generator) -> Plane:
    """Light that differs smoothly across the picture: dark corners, a bleached side."""
    smooth = smooth_noise(rng, (3, 3), x.shape)
    return x * (1 + np.float32(uniform(rng, (0.03, 0.14))) * smooth)


def stain(x: Plane, rng: np.random.Generator) -> Plane:
    """Blotches of damp, darker or lighter than the paper, with soft edges."""
    smooth = smooth_noise(rng, (6, 6), x.shape)
    blotches = np.clip((smooth - np.float32(uniform(rng, (0.3, 1.0)))) * 3, 0, 1)
    stained: Plane = x + blotches * np.float32(choose(rng, (-1, -1, 1)) * uniform(rng, (0.04, 0.16)))
    return stained


def dust(image: Image.Image, rng: np.random.Generator, count: int) -> Image.Image:
    """Specks, mostly white (dust on the negative), and now and then a hair."""
    layer = _Fine(image)
    for _ in range(count):
        x, y = uniform(rng, (0, image.width)), uniform(rng, (0, image.height))
        if chance(rng, 0.12):
            layer.curve(
                x, y, uniform(rng, (6, 30)), uniform(rng, (0, 2 * np.pi)), uniform(rng, (-0.12, 0.12))
            )
        else:
            r = log_uniform(rng, (0.35, 1.8))
            layer.speck(x, y, r, r * uniform(rng, (0.5, 1.0)))
    return layer.over(image, choose(rng, (245, 235, 235, 20)), uniform(rng, (0.4, 0.95)))


def scratch(image: Image.Image, rng: np.random.Generator, count: int) -> Image.Image:
    """Scratches: mostly along the film, thin, a little crooked, some of them broken."""
    for _ in range(count):
        layer = _Fine(image)
        x, y = uniform(rng, (0, image.width)), uniform(rng, (-0.2, 0.7)) * image.height
        along = uniform(rng, (0.2, 1.4)) * image.height
        slope = rng.normal(0, 0.03) if chance(rng, 0.7) else rng.normal(0, 1.0)
        layer.crooked(rng, x, y, along, float(slope), log_uniform(rng, (0.4, 1.3)))
        image = layer.over(image, choose(rng, (250, 225, 200, 15)), uniform(rng, (0.25, 0.9)))
    return image


class _Fine:
    """A stencil three times finer than the picture: lines of less than a pixel, with soft edges."""

    FINE = 3

    def __init__(self, image: Image.Image) -> None:
        self.stencil = Image.new("L", (image.width * self.FINE, image.height * self.FINE))
        self.draw = ImageDraw.Draw(self.stencil)

    def speck(self, x: float, y: float, rx: float, ry: float) -> None:
        f = self.FINE
        self.draw.ellipse(((x - rx) * f, (y - ry) * f, (x + rx) * f, (y + ry) * f), fill=255)

    def curve(self, x: float, y: float, length: float, angle: float, bend: float) -> None:
        """A hair: a line that turns by ``bend`` radians a pixel."""
        points = []
        for _ in range(max(2, round(length))):
            points.append((x * self.FINE, y * self.FINE))
            x, y, angle = x + np.cos(angle), y + np.sin(angle), angle + bend
        self.draw.line(points, fill=220, width=2)

    def crooked(
        self, rng: np.random.Generator, x: float, y: float, along: float, slope: float, width: float
    ) -> None:
        """A line downwards that wanders, in pieces of changing strength."""
        pieces = integer(rng, (3, 8))
        step = along / pieces
        for _ in range(pieces):
            end = x + slope * step + rng.normal(0, 0.25), y + step
            if not chance(rng, 0.15):
                ends = [(x * self.FINE, y * self.FINE), (end[0] * self.FINE, end[1] * self.FINE)]
                self.draw.line(ends, fill=integer(rng, (150, 255)), width=max(1, round(width * self.FINE)))
            x, y = end

    def over(self, image: Image.Image, level: int, opacity: float) -> Image.Image:
        """The picture with the stencil in one gray over it."""
        alpha = self.stencil.reduce(self.FINE).point(lambda v: v * opacity)
        return Image.composite(Image.new("L", image.size, level), image, alpha)


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
