"""Where prints, slides and negatives are damaged: real shapes from a folder, and drawn ones.

All shapes are opacities, HW float32 in [0, 1], of the whole window they are laid over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ..errors import TrainingError
from .base import chance, choose, integer, log_uniform, pick, uniform

Plane: TypeAlias = NDArray[np.float32]
Bits: TypeAlias = NDArray[np.uint8]

FINE = 2
"""Lines are drawn so many times larger and brought down: Pillow's have hard edges and whole widths."""
SCANS = "scans"
LENGTHS: Mapping[str, tuple[float, float]] = {
    "hair": (0.12, 0.6),
    "hair-short": (0.03, 0.15),
    "lint": (0.05, 0.25),
    "scratches": (0.15, 0.7),
    "stain": (0.05, 0.25),
    "smut": (0.05, 0.2),
    "spots": (0.015, 0.1),
    "dots": (0.08, 0.5),
    "dirt": (0.08, 0.5),
    "sprinkles": (0.15, 0.8),
}
"""Longer side of each kind of real shape, as a share of the picture's shorter side."""


@lru_cache(maxsize=4)
def shape_files(folder: str) -> Mapping[str, tuple[Path, ...]]:
    """The real shapes of a folder: kind (its sub-folder) -> files.

    Raises:
        TrainingError: there are none of the kinds of :data:`LENGTHS`.
    """
    kinds = {
        kind: tuple(sorted(p for p in (Path(folder) / kind).iterdir() if p.suffix in (".webp", ".png")))
        for kind in (*LENGTHS, SCANS)
        if (Path(folder) / kind).is_dir()
    }
    if not any(kinds.values()):
        raise TrainingError(f"There are no shapes of damage in {folder}: no folder {', '.join(LENGTHS)}.")
    return {kind: files for kind, files in kinds.items() if files}


@lru_cache(maxsize=4096)
def _shape(path: Path) -> Image.Image:
    with Image.open(path) as image:
        shape = image.convert("L")
    return shape.crop(shape.getbbox() or (0, 0, *shape.size))


@lru_cache(maxsize=64)
def _scan(path: Path) -> tuple[Bits, int]:
    """Rows of packed bits, and the width: a scan of 17 megapixels takes 2 MB."""
    with Image.open(path) as image:
        bits = np.asarray(image.convert("1"))
    return np.packbits(bits, axis=1), bits.shape[1]


def real_shape(rng: np.random.Generator, folder: str, kind: str, size: tuple[int, int], side: float) -> Plane:
    """One real shape, turned and brought to size, somewhere over the window.

    Args:
        rng: chooses file, size and place.
        folder: with a sub-folder for each kind.
        kind: of :data:`LENGTHS`.
        size: (height, width) of the window.
        side: the shorter side, in pixels, that the whole picture is thought to have.
    """
    shape = _shape(choose(rng, shape_files(folder)[kind]))
    length = max(4.0, side * log_uniform(rng, LENGTHS[kind]))
    grow = min(length / max(shape.size), 4.0)
    shape = shape.resize([max(1, round(s * grow)) for s in shape.size], Image.Resampling.BILINEAR)
    shape = shape.transpose(choose(rng, tuple(Image.Transpose)))
    if chance(rng, 0.5):
        shape = shape.rotate(uniform(rng, (-45, 45)), Image.Resampling.BILINEAR, expand=True)
    return _placed(shape, rng, size)


def _placed(shape: Image.Image, rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    """A shape at a place where a third of it, or of the window, is covered."""
    whole = Image.new("L", (size[1], size[0]))
    at = []
    for side, window in zip(shape.size, whole.size, strict=True):
        seen = round(min(side, window) * 0.35)
        at.append(int(rng.integers(seen - side, max(window - seen, seen - side) + 1)))
    whole.paste(shape, (at[0], at[1]))
    return _plane(whole)


def scanned(rng: np.random.Generator, folder: str, size: tuple[int, int], side: float) -> Plane:
    """A piece of where damage lay on a real scan, the scan brought to ``side`` pixels; perhaps empty."""
    bits, columns = _scan(choose(rng, shape_files(folder)[SCANS]))
    rows = bits.shape[0]
    step = float(np.clip(min(rows, columns) / side, 1.0, min(rows / size[0], columns / size[1])))
    height, width = int(size[0] * step), int(size[1] * step)
    for _ in range(6):
        top, left = int(rng.integers(rows - height + 1)), int(rng.integers(columns - width + 1))
        first = left // 8
        piece = np.unpackbits(bits[top : top + height, first : (left + width + 7) // 8], axis=1)
        piece = piece[:, left - 8 * first :][:, :width]
        if piece.any():
            break
    image = Image.fromarray(piece * np.uint8(255)).resize((size[1], size[0]), Image.Resampling.BOX)
    grow = np.float32(uniform(rng, (1.0, 1.0 + step)))  # thin things do not fade away
    grown: Plane = np.minimum(_plane(image) * grow, 1)
    return grown


def scratch(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """A thin, nearly straight line, often along the film, in pieces of changing strength."""
    canvas = _Canvas(size)
    angle = choose(rng, (0.0, math.pi / 2, uniform(rng, (0, math.pi)))) + float(rng.normal(0, 0.04))
    length = side * uniform(rng, (0.1, 1.2))
    points = _walk(rng, canvas, angle, length, uniform(rng, (0.0, 0.02)), 0.0)
    canvas.line(points, log_uniform(rng, (0.5, 1.2 + side / 400)), rng, gaps=uniform(rng, (0, 0.3)))
    return canvas.plane()


def tramlines(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """Scratches that a projector or a scanner's transport leaves along the film: straight, side by side, from
    edge to edge or a part of that, whole or broken."""
    canvas = _Canvas(size)
    upright = chance(rng, 0.75)
    across, along = (size[1], size[0]) if upright else (size[0], size[1])
    spread = side * log_uniform(rng, (0.01, 0.6))
    middle, slant = uniform(rng, (0, across)), float(rng.normal(0, 0.006))
    for _ in range(integer(rng, (1, 7))):
        at = middle + uniform(rng, (-0.5, 0.5)) * spread
        first = uniform(rng, (-0.2, 0.6)) * along if chance(rng, 0.5) else -9.0  # its round end is not seen
        last = max(first, 0) + side * uniform(rng, (0.3, 2.0)) if chance(rng, 0.5) else along + 9.0
        steps = np.linspace(first, last, max(3, round((last - first) / 40)))
        sway = np.cumsum(rng.normal(0, 0.15, len(steps)))
        line = [(at + slant * u + float(v), float(u)) for u, v in zip(steps, sway, strict=True)]
        width = log_uniform(rng, (0.6, 1.5 + side / 500))
        canvas.line(
            line if upright else [(u, v) for v, u in line], width, rng, gaps=choose(rng, (0, 0, 0.15))
        )
    return canvas.plane()


def hair(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """A thin line that bends."""
    canvas = _Canvas(size)
    length = side * log_uniform(rng, (0.04, 0.5))
    bend = uniform(rng, (-1, 1)) * 6 / length
    points = _walk(rng, canvas, uniform(rng, (0, 2 * math.pi)), length, 0.12, bend)
    canvas.line(points, log_uniform(rng, (0.7, 1.5 + side / 300)), rng)
    return canvas.plane()


def dust(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """Specks of many sizes."""
    canvas = _Canvas(size)
    area = size[0] * size[1] / side**2
    for _ in range(min(60, max(1, round(area * log_uniform(rng, (8, 250)))))):
        x, y = uniform(rng, (0, size[1])), uniform(rng, (0, size[0]))
        r = side / 512 * log_uniform(rng, (0.5, 3.5))
        corners = integer(rng, (5, 9))
        around = [
            (x + r * k * math.cos(a), y + r * k * math.sin(a))
            for a, k in zip(
                np.linspace(0, 2 * math.pi, corners, endpoint=False),
                rng.uniform(0.5, 1.3, corners),
                strict=True,
            )
        ]
        canvas.polygon(around, integer(rng, (150, 255)))
    return canvas.plane()


def crease(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """A fold across the picture, where paper shows: a wandering line, frayed and broken."""
    canvas = _Canvas(size)
    angle = choose(rng, (0.0, math.pi / 2)) + float(rng.normal(0, 0.25))
    points = _walk(rng, canvas, angle, 1.5 * max(size), uniform(rng, (0.02, 0.2)), 0.0)
    width = log_uniform(rng, (0.8, 3.5)) * max(1.0, side / 512)
    canvas.line(points, width, rng, gaps=uniform(rng, (0, 0.25)) * choose(rng, (0, 1)))
    alpha = canvas.plane()
    if chance(rng, 0.5):
        alpha = alpha * roughness(rng, size, uniform(rng, (1.0, 4.0)), uniform(rng, (0.3, 1.0)))
    return alpha


def cracks(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """An emulsion that broke: lines that branch."""
    canvas = _Canvas(size)
    ends = [(*canvas.inside(rng), uniform(rng, (0, 2 * math.pi)), side * uniform(rng, (0.1, 0.5)))]
    width = log_uniform(rng, (0.6, 2.0)) * max(1.0, side / 700)
    for _ in range(integer(rng, (2, 9))):
        x, y, angle, length = ends.pop(int(rng.integers(len(ends))))
        points = _walk(rng, canvas, angle, length, 0.35, 0.0, start=(x, y))
        canvas.line(points, width, rng)
        for _ in range(2):
            fork = choose(rng, points)
            ends.append((*fork, angle + choose(rng, (-1, 1)) * uniform(rng, (0.4, 1.6)), length * 0.7))
    return canvas.plane()


def torn(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """A corner or an edge that is missing."""
    height, width = size
    canvas = _Canvas(size)
    reach = side * log_uniform(rng, (0.04, 0.22))
    rough = reach * uniform(rng, (0.02, 0.12))
    t = np.linspace(0, 1, 17)
    if chance(rng, 0.7):  # a corner; reach is a little different along the two sides
        skew = uniform(rng, (0.6, 1.6))
        line = np.stack([reach * (1 - t), reach * skew * t], 1) + rng.normal(0, rough, (17, 2))
        outline = [(-9, -9), *map(tuple, line)]
        corner = choose(rng, ((0, 0), (1, 0), (0, 1), (1, 1)))
        outline = [((width - x) if corner[0] else x, (height - y) if corner[1] else y) for x, y in outline]
    else:
        upright, far = chance(rng, 0.5), chance(rng, 0.5)  # the left or right edge; the right or lower one
        edge, across = (height, width) if upright else (width, height)
        depth = np.abs(reach * uniform(rng, (0.1, 0.5)) * np.sin(np.pi * t)) + rng.normal(0, rough, 17)
        start, along = uniform(rng, (-0.3, 0.7)) * edge, side * uniform(rng, (0.15, 0.8))
        outline = [
            (start, -9),
            *((start + along * u, d) for u, d in zip(t, depth, strict=True)),
            (start + along, -9),
        ]
        if far:
            outline = [(u, across - d) for u, d in outline]
        if upright:
            outline = [(d, u) for u, d in outline]
    canvas.polygon(outline, 255)
    return canvas.plane()


def blotch(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """A stain of damp or a finger: a soft patch, often with a darker rim."""
    field = roughness(rng, size, side * uniform(rng, (0.03, 0.15)), 1.0)
    level = uniform(rng, (0.5, 0.85))
    soft = uniform(rng, (0.01, 0.15))
    inside: Plane = np.clip((field - np.float32(level)) / np.float32(soft) + 0.5, 0, 1)
    if chance(rng, 0.5):
        rim = np.exp(-(((field - np.float32(level)) / np.float32(0.03)) ** 2))
        inside = np.maximum(inside * np.float32(uniform(rng, (0.1, 0.7))), rim)
    return inside


def foxing(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """Small soft spots in clouds, as mould and rust leave them."""
    alpha = np.zeros(size, np.float32)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    for _ in range(integer(rng, (1, 7))):
        cy, cx = uniform(rng, (0, size[0])), uniform(rng, (0, size[1]))
        r = side / 512 * log_uniform(rng, (1.5, 14))
        falloff = uniform(rng, (1.0, 3.0))
        distance = np.hypot(x - np.float32(cx), y - np.float32(cy)) / np.float32(r)
        spot = np.exp(-(distance ** np.float32(2 * falloff)))
        alpha = np.maximum(alpha, spot * np.float32(uniform(rng, (0.4, 1.0))))
    return alpha * (np.float32(0.6) + np.float32(0.4) * roughness(rng, size, 2.0, 1.0))


def fingerprint(rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
    """Ridges around a whorl, faint, in an oval."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    length = side * uniform(rng, (0.1, 0.35))
    cy, cx = uniform(rng, (0, size[0])), uniform(rng, (0, size[1]))
    angle = uniform(rng, (0, math.pi))
    u = ((x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)) / length
    v = ((y - cy) * math.cos(angle) - (x - cx) * math.sin(angle)) / (0.7 * length)
    warp = roughness(rng, size, length * 0.2, 1.0) - np.float32(0.5)
    distance = np.hypot(u, v + np.float32(0.3) * u * u) + np.float32(0.25) * warp
    ridges = 0.5 + 0.5 * np.sin(distance * np.float32(uniform(rng, (40, 80))))
    oval = np.clip((1 - np.hypot(u, v)) * 3, 0, 1)
    smear = roughness(rng, size, length * 0.1, 1.0)
    print_: Plane = (np.clip(ridges * 1.6 - 0.3, 0, 1) * oval * smear).astype(np.float32)
    return print_


def roughness(rng: np.random.Generator, size: tuple[int, int], grain: float, amount: float) -> Plane:
    """HW from ``1 - amount`` to 1, smooth over about ``grain`` pixels."""
    coarse = [max(2, round(side / max(grain, 1.0)) + 1) for side in size]
    image = Image.fromarray(rng.random(coarse, dtype=np.float32))
    field = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC), np.float32)
    return np.float32(1 - amount) + np.float32(amount) * np.clip(field, 0, 1)


DRAWN: Mapping[str, Callable[[np.random.Generator, tuple[int, int], float], Plane]] = {
    "scratch": scratch,
    "tramlines": tramlines,
    "drawn-hair": hair,
    "dust": dust,
    "crease": crease,
    "cracks": cracks,
    "torn": torn,
    "blotch": blotch,
    "foxing": foxing,
    "fingerprint": fingerprint,
}


def soften(alpha: Plane, sigma: float) -> Plane:
    """Dust out of focus: a Gaussian blur of an opacity."""
    image = Image.fromarray(np.rint(alpha * 255).astype(np.uint8))
    return _plane(image.filter(ImageFilter.GaussianBlur(sigma)))


def _plane(image: Image.Image) -> Plane:
    return np.asarray(image, np.float32) / np.float32(255)


def _walk(
    rng: np.random.Generator,
    canvas: _Canvas,
    angle: float,
    length: float,
    wander: float,
    bend: float,
    start: tuple[float, float] | None = None,
) -> list[tuple[float, float]]:
    """Points of a line through the window: ``bend`` radians a pixel, and ``wander`` of chance every step."""
    steps = max(3, min(40, round(length / 6)))
    pace = length / steps
    x, y = start or canvas.inside(rng)
    if start is None:  # the point is anywhere along the line
        back = uniform(rng, (0, 1)) * length
        x, y = x - back * math.cos(angle), y - back * math.sin(angle)
    points = [(x, y)]
    heading = angle
    for turn in rng.normal(0, 1, steps):
        heading += bend * pace
        aside = heading + wander * float(turn)
        x, y = x + pace * math.cos(aside), y + pace * math.sin(aside)
        points.append((x, y))
    return points


class _Canvas:
    """An opacity that lines and polygons are drawn on, :data:`FINE` times larger."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.height, self.width = size
        self.image = Image.new("L", (self.width * FINE, self.height * FINE))
        self.draw = ImageDraw.Draw(self.image)

    def inside(self, rng: np.random.Generator) -> tuple[float, float]:
        return uniform(rng, (0, self.width)), uniform(rng, (0, self.height))

    def line(
        self, points: list[tuple[float, float]], width: float, rng: np.random.Generator, gaps: float = 0.0
    ) -> None:
        """A line whose width and strength change a little; ``gaps`` of its pieces are missing."""
        strength = 255 * min(1.0, width * FINE) if width * FINE < 1 else 255
        for (x0, y0), (x1, y1) in pairwise(points):
            if gaps and chance(rng, gaps):
                continue
            wide = max(1, round(width * FINE * uniform(rng, (0.8, 1.2))))
            ends = [(x0 * FINE, y0 * FINE), (x1 * FINE, y1 * FINE)]
            fill = round(strength * uniform(rng, (0.75, 1.0)))
            self.draw.line(ends, fill=fill, width=wide)
            if wide > 2:  # round joints
                x, y = ends[1]
                r = wide / 2
                self.draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def polygon(self, points: list[tuple[float, float]], fill: int) -> None:
        self.draw.polygon([(float(x) * FINE, float(y) * FINE) for x, y in points], fill=fill)

    def plane(self) -> Plane:
        return _plane(self.image.reduce(FINE))


def pick_kind(rng: np.random.Generator, folder: str, kinds: Mapping[str, float]) -> str:
    """One of the kinds by weight, real ones only where there is a folder that has them."""
    there = shape_files(folder) if folder else {}
    return pick(rng, {kind: share for kind, share in kinds.items() if kind in DRAWN or kind in there})
