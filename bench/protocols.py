"""How the benchmark tasks of `bench/score.py` make degraded inputs from reference photographs.

Every random choice is seeded by the names of the photograph and of the task, so that a task's inputs are the
same on every machine, byte for byte, as long as Pillow's encoders are.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Size = tuple[int, int]
"""Width and height, as Pillow has them."""

DAMAGE_LENGTHS: Final = {
    "dirt": (0.1, 0.5),
    "dots": (0.1, 0.5),
    "hair": (0.15, 0.6),
    "hair-short": (0.04, 0.15),
    "lint": (0.06, 0.25),
    "scratches": (0.2, 0.7),
    "smut": (0.05, 0.2),
    "spots": (0.02, 0.08),
    "sprinkles": (0.2, 0.8),
    "stain": (0.05, 0.2),
}
"""Kinds of damage shapes, and the range of their lengths as shares of the picture's shorter side."""

_WATERMARKS: Final = (
    "© 2019 A. Moreau",
    "SAMPLE",
    "PREVIEW",
    "stock photo 48213",
    "www.example.org",
    "DO NOT COPY",
    "Kim Studio",
    "21:07 12/08/2004",
)


class ProtocolError(Exception):
    """A sentence: what a task cannot be done with, and why."""


@dataclass(frozen=True)
class Degraded:
    """An encoded input: the suffix of its file, and the file's bytes."""

    suffix: str
    data: bytes


@dataclass(frozen=True)
class Task:
    """A benchmark protocol.

    Attributes:
        name: as typed on the command line.
        degrade: makes the input of a reference, with the random generator of :meth:`generator`.
        measures: names of what `bench/score.py` measures.
        scale: the enlargement. References are cut to a multiple of it.
        gray: references are the luma of the photographs.
        shift: by how many rows and columns the input lies further down and right than the reference.
        opacity: of what `degrade` draws over a reference of that size with the same random generator, HW in
            [0, 1].
        covers: more opacity than this counts as covered.
    """

    name: str
    degrade: Callable[[Image.Image, random.Random], Degraded]
    measures: tuple[str, ...] = ("luma", "colour")
    scale: int = 1
    gray: bool = False
    shift: int = 0
    opacity: Callable[[Size, random.Random], NDArray[np.float32]] | None = None
    covers: float = 0

    def generator(self, stem: str) -> random.Random:
        """The random generator for a photograph, by its file name without the suffix."""
        return random.Random(int(hashlib.sha256((stem + self.name).encode()).hexdigest()[:12], 16))

    def reference(self, path: Path) -> Image.Image:
        """The photograph as 8-bit RGB (gray for gray tasks), cut to a multiple of the scale.

        Raises:
            ProtocolError: it cannot be read.
        """
        photograph = read_image(path)
        if self.gray and photograph.mode == "L":
            return photograph
        rgb = photograph.convert("RGB")
        if self.gray:
            return Image.fromarray(np.rint(luma(np.asarray(rgb))).astype(np.uint8))
        width, height = rgb.size
        return rgb.crop((0, 0, width - width % self.scale, height - height % self.scale))


def tasks(damage: Path | None = None) -> dict[str, Task]:
    """All tasks by name, in the order of their descriptions.

    Args:
        damage: the folder of shapes that `repair` draws damage with; see :class:`DamageShapes`.
    """
    plain = ("luma", "colour")
    shapes = DamageShapes(damage)
    every = [
        *(Task(f"sr-x{n}", partial(shrink, scale=n), scale=n) for n in (2, 4)),
        *(Task(f"web-x{n}", partial(shrink_for_web, scale=n), scale=n) for n in (2, 4)),
        *(Task(f"jpeg-{n}", partial(compress, quality=n)) for n in (10, 20, 30, 40)),
        *(Task(f"gray-{n}", partial(compress, quality=n), ("gray",), gray=True) for n in (10, 20, 30, 40)),
        Task("djpeg", compress_twice, shift=4),
        Task("watermark", add_watermark, (*plain, "covered"), opacity=watermark_opacity),
        Task("colorize", remove_colour, ("colour", "chroma")),
        Task("repair", shapes.degrade, (*plain, "covered"), opacity=shapes.opacity, covers=0.1),
        *(Task(f"noise-{n}", partial(add_noise, sigma=n)) for n in (15, 25, 50)),
        Task("grain", add_grain),
        Task("fade", fade, (*plain, "delta_e")),
    ]
    return {task.name: task for task in every}


# Pictures -------------------------------------------------------------------------------------------------


def read_image(path: Path) -> Image.Image:
    """A picture, decoded.

    Raises:
        ProtocolError: it cannot be read.
    """
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except (OSError, SyntaxError, ValueError) as error:
        raise ProtocolError(f"{path} cannot be read as a picture ({error}).") from error


def luma(rgb: NDArray[Any]) -> NDArray[np.float64]:
    """Y of BT.601 in [16, 235] from HW3 values in [0, 255], as MATLAB's rgb2ycbcr has it."""
    red, green, blue = (rgb[..., channel].astype(np.float64) for channel in range(3))
    return 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255


def _unit(image: Image.Image) -> NDArray[np.float64]:
    """HW3 in [0, 1]."""
    return np.asarray(image, np.float64) / 255


def _from_unit(pixels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8))


def _png(image: Image.Image) -> Degraded:
    out = io.BytesIO()
    image.save(out, "PNG")
    return Degraded(".png", out.getvalue())


def _jpeg(image: Image.Image, quality: int, *, chroma_halved: bool = False) -> Degraded:
    """With chroma at half the resolution (4:2:0), or in full (4:4:4)."""
    out = io.BytesIO()
    options = {} if image.mode == "L" else {"subsampling": 2 if chroma_halved else 0}
    image.save(out, "JPEG", quality=quality, **options)
    return Degraded(".jpg", out.getvalue())


# Resolution and compression -------------------------------------------------------------------------------


def shrink(image: Image.Image, _rng: random.Random, *, scale: int) -> Degraded:
    """Antialiased bicubic, as the papers on super-resolution (their MATLAB imresize to about 0.01 dB)."""
    return _png(image.resize((image.width // scale, image.height // scale), Image.Resampling.BICUBIC))


def shrink_for_web(image: Image.Image, rng: random.Random, *, scale: int) -> Degraded:
    """Antialiased bilinear, then JPEG 4:2:0 of quality 30 to 80: a picture as found on the web."""
    small = image.resize((image.width // scale, image.height // scale), Image.Resampling.BILINEAR)
    return _jpeg(small, rng.randint(30, 80), chroma_halved=True)


def compress(image: Image.Image, _rng: random.Random, *, quality: int) -> Degraded:
    """JPEG, 4:2:0 where there are colours."""
    return _jpeg(image, quality, chroma_halved=True)


def compress_twice(image: Image.Image, rng: random.Random) -> Degraded:
    """JPEG of quality 10 to 30, moved by (4, 4) against its blocks, then JPEG of quality 50 to 90."""
    first = Image.open(io.BytesIO(_jpeg(image, rng.randint(10, 30), chroma_halved=True).data))
    moved = np.pad(np.asarray(first), ((4, 0), (4, 0), (0, 0)), mode="edge")[: image.height, : image.width]
    return _jpeg(Image.fromarray(moved), rng.randint(50, 90), chroma_halved=True)


# Watermarks -----------------------------------------------------------------------------------------------


def add_watermark(image: Image.Image, rng: random.Random) -> Degraded:
    """White or black text of 35 to 90 % opacity, then JPEG 4:4:4 of quality 75 to 95."""
    text = watermark_text(image.size, rng)
    value = rng.choice([255, 255, 0])
    marked = Image.composite(Image.new("RGB", image.size, (value,) * 3), image, text)
    return _jpeg(marked, rng.randint(75, 95))


def watermark_opacity(size: Size, rng: random.Random) -> NDArray[np.float32]:
    """Of :func:`add_watermark`, HW in [0, 1]."""
    return np.asarray(watermark_text(size, rng), np.float32) / np.float32(255)


def watermark_text(size: Size, rng: random.Random) -> Image.Image:
    """A text, single or in rows all over, at some angle: its opacity, 8-bit gray of that size."""
    # Drawn on a sheet of twice the size whose middle is cut out, so that turned rows reach into every corner.
    width, height = size
    text = rng.choice(_WATERMARKS)
    letter = max(12, int(min(size) * rng.uniform(0.05, 0.14)))
    font = ImageFont.load_default(letter)
    opacity = int(255 * rng.uniform(0.35, 0.9))
    tiled = rng.choice(["single", "single", "tiled"]) == "tiled"
    angle = rng.choice([0, 0, 30, 45, -20])
    sheet = Image.new("L", (2 * width, 2 * height), 0)
    draw = ImageDraw.Draw(sheet)
    if tiled:
        for row, y in enumerate(range(0, 2 * height, letter * 4)):
            for x in range(row % 2 * letter * 3, 2 * width, int(letter * (len(text) * 0.6 + 3))):
                draw.text((x, y), text, fill=opacity, font=font)
    else:
        place = (width // 2 + rng.randrange(width // 2), height // 2 + rng.randrange(height * 3 // 4))
        draw.text(place, text, fill=opacity, font=font)
    left, top = width // 2, height // 2
    return sheet.rotate(angle).crop((left, top, left + width, top + height))


# Colour, noise, age ---------------------------------------------------------------------------------------


def remove_colour(image: Image.Image, _rng: random.Random) -> Degraded:
    """Pillow's gray (luma of BT.601 in [0, 255])."""
    return _png(image.convert("L"))


def add_noise(image: Image.Image, rng: random.Random, *, sigma: int) -> Degraded:
    """Gaussian noise of that standard deviation, of 255, clipped and rounded: as DnCNN is measured."""
    noise = _numpy(rng)
    unit = _unit(image)
    return _png(_from_unit(unit + noise.normal(0, sigma / 255, unit.shape)))


def add_grain(image: Image.Image, rng: random.Random) -> Degraded:
    """Noise of film or sensors: grows with light, a little soft, partly gray; then JPEG 85 to 95."""
    from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]

    noise = _numpy(rng)
    unit = _unit(image)
    softness, colour = noise.uniform(0.3, 0.9), noise.uniform(0.2, 0.9)
    of_channels = noise.normal(size=unit.shape)
    of_all = noise.normal(size=(*unit.shape[:2], 1))
    grain = gaussian_filter(colour * of_channels + np.sqrt(1 - colour**2) * of_all, (softness, softness, 0))
    grain /= grain.std()
    by_light, always = noise.uniform(0.0005, 0.01), noise.uniform(0.0002, 0.002)
    return _jpeg(_from_unit(unit + grain * np.sqrt(by_light * unit + always)), int(noise.integers(85, 96)))


def fade(image: Image.Image, rng: random.Random) -> Degraded:
    """Less saturation, and each channel its own black, white and gamma; then JPEG of quality 92."""
    chance = _numpy(rng)
    unit = _unit(image)
    gray = unit.mean(axis=2, keepdims=True)
    unit = gray + (unit - gray) * chance.uniform(0.5, 1)
    black, white, gamma = (
        chance.uniform(0.02, 0.3, 3),
        chance.uniform(0.65, 0.98, 3),
        chance.uniform(0.75, 1.35, 3),
    )
    return _jpeg(_from_unit(black + (white - black) * unit**gamma), 92)


def _numpy(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.randrange(2**32))


# Damage ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DamageShapes:
    """Damage of prints and slides, drawn with real shapes.

    Attributes:
        folder: holds a folder for each kind of :data:`DAMAGE_LENGTHS`, with pictures whose gray values are
            opacities; what else is in it does not matter.
    """

    folder: Path | None

    def degrade(self, image: Image.Image, rng: random.Random) -> Degraded:
        """Damage, then JPEG 4:4:4 of quality 90."""
        opacity, value = (plane[..., None] for plane in self.draw(image.size, rng))
        damaged = np.asarray(image, np.float32) * (1 - opacity) + value * opacity
        return _jpeg(Image.fromarray(np.rint(damaged).astype(np.uint8)), 90)

    def opacity(self, size: Size, rng: random.Random) -> NDArray[np.float32]:
        """Of the damage that :meth:`degrade` draws, HW in [0, 1]."""
        return self.draw(size, rng)[0]

    def draw(self, size: Size, rng: random.Random) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Opacities HW in [0, 1] and values HW in [0, 255] of the damage of one picture.

        Raises:
            ProtocolError: there is no folder of shapes, or it lacks a kind.
        """
        layer = _DamageLayer(size)
        kinds = self._kinds()
        for _ in range(rng.randint(6, 14)):
            kind = rng.choice(sorted(kinds))
            self._shape(layer, kind, kinds[kind], rng)
        for _ in range(rng.choice([0, 1, 1, 2])):
            _crease(layer, rng)
        if rng.random() < 0.3:
            _torn_corner(layer, rng)
        return layer.opacity, layer.value

    def _kinds(self) -> dict[str, list[Path]]:
        if self.folder is None:
            raise ProtocolError("repair draws damage with real shapes: name their folder with --damage.")
        kinds = {kind: pictures(self.folder / kind) for kind in DAMAGE_LENGTHS}
        missing = [kind for kind, found in kinds.items() if not found]
        if missing:
            raise ProtocolError(f"{self.folder} has no damage shapes in {', '.join(missing)}.")
        return kinds

    @staticmethod
    def _shape(layer: _DamageLayer, kind: str, files: Sequence[Path], rng: random.Random) -> None:
        shape = read_image(rng.choice(files)).convert("L")
        length = max(6, int(layer.side * rng.uniform(*DAMAGE_LENGTHS[kind])))
        factor = length / max(shape.size)
        shape = shape.resize(
            (max(1, round(shape.width * factor)), max(1, round(shape.height * factor))),
            Image.Resampling.BILINEAR,
        )
        shape = shape.transpose(rng.choice(list(Image.Transpose)))
        value = rng.uniform(225, 255) if rng.random() < 0.75 else rng.uniform(8, 45)
        top, left = (
            rng.randrange(-length // 3, extent - length // 3) for extent in (layer.height, layer.width)
        )
        layer.lay(
            shape, value, rng.uniform(0.35, 0.7) if kind == "stain" else rng.uniform(0.75, 1), top, left
        )


class _DamageLayer:
    """Opacities and values of all damage so far; where shapes overlap, the more opaque one is seen."""

    def __init__(self, size: Size) -> None:
        self.width, self.height = size
        self.side = min(size)
        self.opacity = np.zeros((self.height, self.width), np.float32)
        self.value = np.full((self.height, self.width), 255, np.float32)

    def lay(self, shape: Image.Image, value: float, strength: float, top: int = 0, left: int = 0) -> None:
        """Lays a gray picture of opacities with its top left corner there, which may be outside."""
        seen = np.asarray(shape)[max(-top, 0) : self.height - top, max(-left, 0) : self.width - left]
        if not seen.size:
            return
        opacity = seen.astype(np.float32) / 255 * strength
        top, left = max(top, 0), max(left, 0)
        where = np.s_[top : top + opacity.shape[0], left : left + opacity.shape[1]]
        stronger = opacity > self.opacity[where]
        self.opacity[where][stronger] = opacity[stronger]
        self.value[where][stronger] = value

    def blank(self) -> Image.Image:
        return Image.new("L", (self.width, self.height))


def _crease(layer: _DamageLayer, rng: random.Random) -> None:
    """A nearly straight line from one side to the other, where paper shows."""
    if rng.random() < 0.5:
        x, y = 0.0, float(rng.randrange(layer.height))
        step_x, step_y = layer.width / 24, rng.uniform(-0.4, 0.4) * layer.height / 24
    else:
        x, y = float(rng.randrange(layer.width)), 0.0
        step_x, step_y = rng.uniform(-0.4, 0.4) * layer.width / 24, layer.height / 24
    line = []
    for _ in range(26):
        line.append((x, y))
        x += step_x + rng.uniform(-0.01, 0.01) * layer.side
        y += step_y + rng.uniform(-0.01, 0.01) * layer.side
    drawn = layer.blank()
    ImageDraw.Draw(drawn).line(line, fill=255, width=rng.choice([1, 2, 2, 3]), joint="curve")
    layer.lay(drawn, rng.uniform(215, 250), rng.uniform(0.7, 1))


def _torn_corner(layer: _DamageLayer, rng: random.Random) -> None:
    drawn = layer.blank()
    reach = rng.uniform(0.08, 0.2) * layer.side

    def ragged(distance: float) -> float:
        return distance + rng.uniform(-0.015, 0.015) * layer.side

    edge = [(ragged(reach * (1 - k / 12)), ragged(reach * k / 12)) for k in range(13)]
    ImageDraw.Draw(drawn).polygon([(-9, -9), *edge], fill=255)
    corner = rng.choice(
        [Image.Transpose.ROTATE_180, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM]
    )
    layer.lay(drawn.transpose(corner), rng.uniform(225, 250), 1)


def pictures(folder: Path) -> list[Path]:
    """The files of a folder that are pictures by their names, sorted; none where there is no folder."""
    suffixes = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in suffixes)
