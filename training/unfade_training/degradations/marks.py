"""Shapes that are laid over pictures, as stencils: lines of text, simple logos, film-camera dates."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from .draws import chance, choose, integer, uniform
from .fonts import can_write, font_files, load_font
from .wording import random_text, stamp_digits

OVERSAMPLING = 4  # logos and digits are drawn larger and brought down: Pillow's shapes have hard edges
TWO_LINES, OWN_FONT = 0.12, 0.1  # shares of texts


class Mark(NamedTuple):
    """Stencils of the same size, mode L, 255 where there is ink.

    Attributes:
        fill: the mark itself.
        stroke: the mark made wider by its outline, the inside included.
    """

    fill: Image.Image
    stroke: Image.Image


def text_mark(rng: np.random.Generator, height: int, folder: str = "") -> Mark:
    """One or two lines of text.

    Args:
        rng: chooses words and font.
        height: font size in pixels.
        folder: of fonts; empty for the system's.
    """
    text, path = _text_and_font(rng, folder)
    font = load_font(path, height)
    outline = max(1, round(height / 24))
    # Measured on a scratch picture: a line's box says nothing of several lines.
    box = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox(
        (0, 0), text, font=font, stroke_width=outline, align="center"
    )
    size = (max(1, math.ceil(box[2] - box[0]) + 2), max(1, math.ceil(box[3] - box[1]) + 2))
    fill, stroke = Image.new("L", size), Image.new("L", size)
    at = (1 - box[0], 1 - box[1])
    ImageDraw.Draw(fill).text(at, text, fill=255, font=font, align="center")
    ImageDraw.Draw(stroke).text(
        at, text, fill=255, font=font, align="center", stroke_width=outline, stroke_fill=255
    )
    # Hinting may put the wider letters elsewhere by a fraction of a pixel.
    return Mark(fill, ImageChops.lighter(stroke, fill))


def _text_and_font(rng: np.random.Generator, folder: str) -> tuple[str, str]:
    """Words, and a font that has all their letters."""
    files = font_files(folder)
    for _ in range(8):
        text = random_text(rng)
        if chance(rng, TWO_LINES):
            text = f"{text}\n{random_text(rng)}"
        # Pillow's own font, too, so that one family of a bare system does not make up all there is.
        path = "" if not files or chance(rng, OWN_FONT) else choose(rng, files)
        if can_write(path, text):
            return text, path
    return "SAMPLE", ""


def logo_mark(rng: np.random.Generator, height: int) -> Mark:
    """A ring, star, shield, camera, aperture, frame or letter in a circle, ``height`` pixels a side."""
    side = height * OVERSAMPLING
    fill = Image.new("L", (side, side))
    draw = ImageDraw.Draw(fill)
    r, c = side * 0.46, side / 2
    line = max(OVERSAMPLING, round(side * uniform(rng, (0.04, 0.12))))
    kind = integer(rng, (0, 6))
    if kind == 0:  # rings
        for share in (1.0, uniform(rng, (0.3, 0.7))):
            draw.ellipse(
                (c - r * share, c - r * share, c + r * share, c + r * share), outline=255, width=line
            )
    elif kind == 1:  # star or polygon
        corners, inner = integer(rng, (3, 8)), uniform(rng, (0.4, 1.0))
        points = _polygon(c, r, corners, inner, uniform(rng, (0, math.tau)))
        draw.polygon(points, fill=255)
    elif kind == 2:  # shield
        draw.polygon(
            [
                (c - r * 0.8, c - r * 0.9),
                (c + r * 0.8, c - r * 0.9),
                (c + r * 0.8, c),
                (c, c + r),
                (c - r * 0.8, c),
            ],
            outline=255,
            width=line,
        )
        draw.ellipse((c - r * 0.35, c - r * 0.5, c + r * 0.35, c + r * 0.2), fill=255)
    elif kind == 3:  # camera
        draw.rounded_rectangle(
            (c - r, c - r * 0.5, c + r, c + r * 0.7), radius=r * 0.2, outline=255, width=line
        )
        draw.rectangle((c - r * 0.35, c - r * 0.75, c + r * 0.35, c - r * 0.5), fill=255)
        draw.ellipse((c - r * 0.38, c - r * 0.28, c + r * 0.38, c + r * 0.48), outline=255, width=line)
    elif kind == 4:  # aperture
        draw.ellipse((c - r, c - r, c + r, c + r), outline=255, width=line)
        turn = uniform(rng, (0, 1))
        for i in range(6):
            a, b = turn + i * math.tau / 6, turn + (i + 2) * math.tau / 6
            start, end = _at(c, r, a), _at(c, r * 0.55, b)
            draw.line((*start, *end), fill=255, width=max(OVERSAMPLING, line // 2))
    elif kind == 5:  # overlapping frames
        for shift in (-0.2, 0.2):
            draw.rectangle(
                (
                    c - r * 0.7 + r * shift,
                    c - r * 0.7 + r * shift,
                    c + r * 0.7 + r * shift,
                    c + r * 0.7 + r * shift,
                ),
                outline=255,
                width=line,
            )
    else:  # a letter in a circle
        draw.ellipse((c - r, c - r, c + r, c + r), outline=255, width=line)
        letter = choose(rng, "ABCDEFGHKMNPRSTVW©&")
        draw.text((c, c), letter, fill=255, font=load_font("", max(4, round(side * 0.55))), anchor="mm")
    fill = fill.reduce(OVERSAMPLING)
    wider = Image.new("L", (height, height))
    for dy, dx in ((0, -1), (0, 1), (-1, 0), (1, 0), (0, 0)):
        wider.paste(255, (dx, dy), fill)
    return Mark(fill, wider)


def stamp_mark(rng: np.random.Generator, height: int) -> Mark:
    """A date of seven-segment digits, ``height`` pixels high; its stroke is the fill."""
    text = stamp_digits(rng)
    h = height * OVERSAMPLING
    w, thick, slant = round(h * 0.52), max(2, round(h * 0.1)), 0.08
    advance = {" ": 0.34, ":": 0.3, "'": 0.3}
    width = sum(round(w * advance.get(letter, 1.0)) + 2 * thick for letter in text)
    picture = Image.new("L", (width + round(h * slant) + 2 * thick, h + 2 * thick))
    draw = ImageDraw.Draw(picture)
    x = thick

    def segment(x0: float, y0: float, x1: float, y1: float) -> None:
        lean0, lean1 = (h - y0) * slant, (h - y1) * slant
        draw.line((x0 + lean0, y0 + thick, x1 + lean1, y1 + thick), fill=255, width=thick)

    for letter in text:
        if letter == "'":
            segment(x + thick, 0, x + thick * 0.6, h * 0.2)
        elif letter == ":":
            for y in (0.3, 0.7):
                segment(x + thick, h * y - thick / 2, x + thick, h * y + thick / 2)
        for name in SEGMENTS.get(letter, ""):
            x0, y0, x1, y1 = SEGMENT_LINES[name]
            gap = thick * 0.5  # segments do not touch
            inset_x = gap if y0 == y1 else 0.0
            inset_y = gap if x0 == x1 else 0.0
            segment(x + x0 * w + inset_x, y0 * h + inset_y, x + x1 * w - inset_x, y1 * h - inset_y)
        x += round(w * advance.get(letter, 1.0)) + 2 * thick
    even = picture.crop((0, 0, -(-picture.width // OVERSAMPLING) * OVERSAMPLING, picture.height))
    fill = even.reduce(OVERSAMPLING)
    return Mark(fill, fill)


# Corners of a digit as shares of its width and height; the letters are the usual names of the segments.
SEGMENT_LINES = {
    "a": (0, 0, 1, 0),
    "b": (1, 0, 1, 0.5),
    "c": (1, 0.5, 1, 1),
    "d": (0, 1, 1, 1),
    "e": (0, 0.5, 0, 1),
    "f": (0, 0, 0, 0.5),
    "g": (0, 0.5, 1, 0.5),
}
SEGMENTS = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
}


def _at(centre: float, radius: float, angle: float) -> tuple[float, float]:
    return centre + radius * math.cos(angle), centre + radius * math.sin(angle)


def _polygon(
    centre: float, radius: float, corners: int, inner: float, turn: float
) -> list[tuple[float, float]]:
    """A star whose inner corners lie at ``inner`` of its radius; a polygon where that is 1."""
    return [
        _at(centre, radius * (inner if i % 2 else 1.0), turn + i * math.pi / corners)
        for i in range(2 * corners)
    ]
