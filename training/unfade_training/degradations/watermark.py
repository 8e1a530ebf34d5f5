"""Text, logos and dates laid over a picture, with the opacity of what was laid over as a mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from .base import (
    Degradation,
    Degraded,
    Mask,
    Pixels,
    Share,
    Within,
    chance,
    choose,
    integer,
    log_uniform,
    offset,
    uniform,
)
from .marks import Mark, logo_mark, stamp_mark, text_mark
from .operations import JPEG_BLOCK, Quality, Subsampling, cut, random_jpeg

STAMP_COLOURS = ((255, 140, 40), (255, 110, 30), (250, 190, 60), (255, 70, 40))


@dataclass(frozen=True)
class Watermark(Degradation):
    """Semi-transparent text over the picture, then usually a JPEG.

    The picture becomes ``(1 - A) x + A c`` with the mark's opacity ``A``, which is the mask: 0 where the
    picture is untouched (before the JPEG), soft at the letters' edges, and at most ``opacity``. Shadows and
    outlines count as mark.

    Attributes:
        opacity: of the mark.
        size: height of letters in pixels; each doubling is as likely.
        clean_share: how many pictures get no mark (their mask is 0).
        tiled_share: how many marks are repeated all over the picture.
        most_marks: otherwise one to this many marks are drawn.
        angled_share: how many are not level: a usual angle like 30 or 45 degrees, or any.
        colour_share: how many have a colour.
        black_share: how many of the others are black; the rest is white, or (a sixth) gray.
        outline_share: how many have an outline of the opposite brightness; a third of these are the outline
            alone.
        shadow_share: how many drop a soft shadow.
        logo_share: how many are logos instead of text.
        stamp_share: how many are glowing dates as film cameras burn them in.
        jpeg_share: how many pictures are compressed afterwards.
        quality: JPEG quality.
        subsampling: share of each chroma subsampling.
        fonts: folder of fonts to use instead of the system's.
    """

    masks: ClassVar[bool] = True

    opacity: Annotated[tuple[float, float], Within(0.01, 1)] = (0.2, 0.95)
    size: Annotated[tuple[int, int], Within(4, 500)] = (10, 72)
    clean_share: Share = 0.1
    tiled_share: Share = 0.3
    most_marks: Annotated[int, Within(1, 20)] = 2
    angled_share: Share = 0.45
    colour_share: Share = 0.2
    black_share: Share = 0.3
    outline_share: Share = 0.2
    shadow_share: Share = 0.2
    logo_share: Share = 0.15
    stamp_share: Share = 0.08
    jpeg_share: Share = 0.9
    quality: Quality = (75, 95)
    subsampling: Subsampling = field(default_factory=lambda: {"4:4:4": 0.5, "4:2:0": 0.5})
    fonts: str = ""

    @property
    def margin(self) -> int:
        return JPEG_BLOCK

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        target = self._middle(pixels)
        mask = np.zeros(pixels.shape[:2], np.float32)
        if not chance(rng, self.clean_share):
            pixels, mask = self.draw(pixels, rng)
        image = Image.fromarray(pixels)
        top = left = 0
        if chance(rng, self.jpeg_share):
            top, left = offset(rng, JPEG_BLOCK)
            image = random_jpeg(cut(image, top, left), rng, self.quality, self.subsampling)
        m = JPEG_BLOCK
        found = self._aligned(image, m - top, m - left, target)
        return Degraded(found, target, np.ascontiguousarray(mask[m:-m, m:-m]))

    def draw(self, pixels: Pixels, rng: np.random.Generator) -> tuple[Pixels, Mask]:
        """(picture with the marks, their opacity HW), without any compression."""
        layer = _Layer(pixels)
        if chance(rng, self.stamp_share):
            self._stamp(layer, rng)
        elif chance(rng, self.tiled_share):
            self._tiles(layer, rng)
        else:
            for _ in range(integer(rng, (1, self.most_marks))):
                self._single(layer, rng)
        return layer.flatten()

    def _mark(self, rng: np.random.Generator) -> Mark:
        height = round(log_uniform(rng, self.size))
        if chance(rng, self.logo_share):
            mark = logo_mark(rng, max(8, round(height * uniform(rng, (1.0, 2.0)))))
        else:
            mark = text_mark(rng, height, self.fonts)
        if not chance(rng, self.angled_share):
            return mark
        angle = choose(
            rng, (30.0, 45.0, -20.0, -30.0, -45.0, 90.0, uniform(rng, (-90, 90)), uniform(rng, (-15, 15)))
        )
        return Mark(*(part.rotate(angle, Image.Resampling.BICUBIC, expand=True) for part in mark))

    def _single(self, layer: _Layer, rng: np.random.Generator) -> None:
        mark = self._mark(rng)
        size = (layer.width, layer.height)
        # Anywhere that a good part of the mark or of the picture is covered: crops see pieces of words.
        places = []
        for side, whole in zip(mark.fill.size, size, strict=True):
            seen = round(min(side, whole) * 0.4)
            places.append(int(rng.integers(seen - side, whole - seen + 1)))
        self._ink(layer, rng, mark, [(places[0], places[1])])

    def _tiles(self, layer: _Layer, rng: np.random.Generator) -> None:
        mark = self._mark(rng)
        width, height = mark.fill.size
        step_x = width + round(width * uniform(rng, (0.15, 1.2))) + 4
        step_y = height + round(height * uniform(rng, (0.4, 2.5))) + 4
        x0, y0 = -int(rng.integers(step_x)), -int(rng.integers(step_y))
        lean = choose(
            rng, (0.0, 0.5, 0.5, uniform(rng, (0, 1)))
        )  # how far each row is shifted against the last
        places = []
        for row, y in enumerate(range(y0, layer.height, step_y)):
            shift = round(row * lean * step_x) % step_x
            places += [(x, y) for x in range(x0 + shift - step_x, layer.width, step_x)]
        self._ink(layer, rng, mark, places)

    def _ink(
        self, layer: _Layer, rng: np.random.Generator, mark: Mark, places: list[tuple[int, int]]
    ) -> None:
        """Colour, outline and shadow of one mark, at all its places."""
        opacity = uniform(rng, self.opacity)
        fill, stroke = layer.stencil(mark.fill, places), layer.stencil(mark.stroke, places)
        colour = self._colour(rng)
        outlined = chance(rng, self.outline_share)
        bright = sum(colour) > 380
        if chance(rng, self.shadow_share):
            distance = max(1, round(min(mark.fill.size) * 0.06))
            beside = [(x + distance, y + distance) for x, y in places]
            shadow = layer.stencil(mark.stroke if outlined else mark.fill, beside)
            shadow = shadow.filter(ImageFilter.GaussianBlur(uniform(rng, (0.6, 1.0 + distance))))
            layer.ink(shadow, (0, 0, 0) if bright else (255, 255, 255), opacity * uniform(rng, (0.3, 0.8)))
        if outlined:
            hollow = chance(rng, 1 / 3)
            edge = colour if hollow else ((0, 0, 0) if bright else (255, 255, 255))
            layer.ink(ImageChops.subtract(stroke, fill), edge, opacity)
            if hollow:
                return
        layer.ink(fill, colour, opacity)

    def _colour(self, rng: np.random.Generator) -> tuple[int, int, int]:
        if chance(rng, self.colour_share):
            r, g, b = (int(v) for v in rng.integers(0, 256, 3))
            return r, g, b
        if chance(rng, self.black_share):
            return 0, 0, 0
        if chance(rng, 1 / 6):
            gray = choose(rng, (64, 128, 192))
            return gray, gray, gray
        return 255, 255, 255

    def _stamp(self, layer: _Layer, rng: np.random.Generator) -> None:
        height = round(log_uniform(rng, (max(8, self.size[0]), max(9, min(self.size[1], 40)))))
        mark = stamp_mark(rng, height)
        place = (
            int(
                rng.integers(-mark.fill.width // 2, layer.width - min(mark.fill.width // 2, layer.width - 1))
            ),
            int(rng.integers(-height // 4, max(1, layer.height - height))),
        )
        stencil = layer.stencil(mark.fill, [place])
        colour, opacity = (
            choose(rng, STAMP_COLOURS),
            uniform(rng, (max(0.7, self.opacity[0]), max(0.7, self.opacity[1]))),
        )
        glow = stencil.filter(ImageFilter.GaussianBlur(max(0.8, height * 0.09)))
        layer.ink(glow, tuple(round(v * 0.85) for v in colour), 0.6 * opacity)
        layer.ink(stencil.filter(ImageFilter.GaussianBlur(0.5)), colour, opacity)


class _Layer:
    """Ink over a picture, kept as premultiplied colour and opacity."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]
        self.alpha = np.zeros((self.height, self.width), np.float32)
        self.colour = np.zeros((self.height, self.width, 3), np.float32)

    def stencil(self, mark: Image.Image, places: list[tuple[int, int]]) -> Image.Image:
        """The mark at each (x, y), in a stencil of the picture's size."""
        whole = Image.new("L", (self.width, self.height))
        for x, y in places:
            whole.paste(255, (x, y, x + mark.width, y + mark.height), mark)
        return whole

    def ink(self, stencil: Image.Image, colour: tuple[int, ...], opacity: float) -> None:
        """Lay one colour over what is there already."""
        a = np.asarray(stencil, np.float32) * np.float32(opacity / 255)
        self.colour *= (1 - a)[..., None]
        self.colour += a[..., None] * np.asarray(colour, np.float32)
        self.alpha += a * (1 - self.alpha)

    def flatten(self) -> tuple[Pixels, Mask]:
        mixed = self.pixels * (1 - self.alpha)[..., None] + self.colour
        return np.rint(mixed).astype(np.uint8), self.alpha
