"""Marks as stencils: lines of text in the system's fonts, simple logos, film-camera dates."""

from __future__ import annotations

import math
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from .base import chance, choose, integer, uniform

OVERSAMPLING = 4  # logos and digits are drawn larger and brought down: Pillow's shapes have hard edges
TWO_LINES, OWN_FONT = 0.12, 0.1  # shares of texts
SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})
MOST = 400  # fonts looked at: a designer's thousands would take each data worker seconds
MISSING = "\U0010fffe"  # a code point that is no character: shown as the font's "missing" box

Font = ImageFont.FreeTypeFont


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


# fmt: off
SYLLABLES = (
    "al", "an", "ar", "be", "ca", "da", "de", "el", "er", "fa", "go", "ha", "in", "jo", "ka", "ki", "la",
    "le", "lo", "ma", "mi", "mo", "na", "ne", "no", "or", "pa", "pe", "ra", "ri", "ro", "sa", "se", "so",
    "ta", "te", "to", "va", "vi", "wa", "yo",
)
# No script that needs shaping (Arabic, Thai): Pillow does it only where libraqm is installed.
NOTICES = (
    "SAMPLE", "Sample", "PREVIEW", "PROOF", "DO NOT COPY", "COPYRIGHT", "Copyright", "WATERMARK", "Stock",
    "DEMO", "DRAFT", "For preview only", "NOT FOR SALE", "Trial version", "All rights reserved",
    "CONFIDENTIAL", "ОБРАЗЕЦ", "Фото", "ΔΕΙΓΜΑ", "MUESTRA", "MUSTER", "Échantillon", "見本", "样本", "写真",
)
# fmt: on
TRADES = (
    "Photography",
    "photography",
    "Photo",
    "Studio",
    "Images",
    "Pictures",
    "Art",
    "Fotografie",
    "Stock",
    "Travel",
)
SITES = ("com", "org", "net", "de", "fr", "co.uk", "io", "photo", "blog", "ru", "jp")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def random_text(rng: np.random.Generator) -> str:
    """One line as it is found on pictures; mostly Latin letters, at times another script's."""
    kind = integer(rng, (0, 11))
    if kind <= 2:
        return f"{choose(rng, ('©', '© ', '(c) '))}{_year(rng)} {_name(rng)}"
    if kind <= 4:
        return choose(rng, NOTICES)
    if kind <= 6:
        return f"{choose(rng, ('www.', '', ''))}{_word(rng)}{_word(rng)}.{choose(rng, SITES)}"
    if kind == 7:
        return f"{_name(rng)} {choose(rng, TRADES)}"
    if kind == 8:
        return (
            f"{choose(rng, ('stock photo ', '#', 'ID: ', 'img_', 'No. '))}{integer(rng, (100, 99_999_999))}"
        )
    if kind == 9:
        return f"@{_word(rng)}{choose(rng, ('', '_', '.'))}{_word(rng)}{choose(rng, ('', str(_year(rng))))}"
    if kind == 10:
        return _date(rng)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&.-!"
    return "".join(choose(rng, letters) for _ in range(integer(rng, (2, 12))))


def _date(rng: np.random.Generator) -> str:
    """A date in one of the usual orders, at times with the time of day."""
    day, month, year = integer(rng, (1, 28)), integer(rng, (1, 12)), _year(rng)
    text = choose(
        rng,
        (
            f"{day:02}/{month:02}/{year}",
            f"{year}-{month:02}-{day:02}",
            f"{day}.{month}.{year}",
            f"{MONTHS[month - 1]} {day}, {year}",
        ),
    )
    time = f"{integer(rng, (0, 23)):02}:{integer(rng, (0, 59)):02}"
    return choose(rng, (text, text, f"{time} {text}", f"{text} {time}"))


def stamp_digits(rng: np.random.Generator) -> str:
    """What film cameras exposed into the corner: ``'98 7 12``, ``12  7 '98`` or a time of day."""
    day, month, year = integer(rng, (1, 28)), integer(rng, (1, 12)), integer(rng, (80, 109)) % 100
    time = f"{day} {integer(rng, (0, 23)):2}:{integer(rng, (0, 59)):02}"
    return choose(rng, (f"'{year:02} {month:2} {day:2}", f"{day:2} {month:2} '{year:02}", time))


def _year(rng: np.random.Generator) -> int:
    return integer(rng, (1995, 2026))


def _word(rng: np.random.Generator) -> str:
    return "".join(choose(rng, SYLLABLES) for _ in range(integer(rng, (2, 4))))


def _name(rng: np.random.Generator) -> str:
    first, last = _word(rng).capitalize(), _word(rng).capitalize()
    return choose(rng, (f"{first} {last}", f"{first[0]}. {last}", last, f"{first} {last}".upper()))


def font_folders() -> list[Path]:
    """Where this system keeps fonts; folders need not exist."""
    home = Path.home()
    if sys.platform == "win32":
        windows, local = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA", str(home))
        return [Path(windows) / "Fonts", Path(local) / "Microsoft" / "Windows" / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), data / "fonts", home / ".fonts"]


@lru_cache(maxsize=8)
def font_files(folder: str = "") -> tuple[str, ...]:
    """Paths of usable text fonts, sorted: those below ``folder``, or the system's; may be empty.

    Usable is what Pillow opens and what has Latin letters and digits.
    """
    folders = [Path(folder).expanduser()] if folder else font_folders()
    found = sorted(
        {str(p) for f in folders if f.is_dir() for p in f.rglob("*") if p.suffix.lower() in SUFFIXES}
    )
    if len(found) > MOST:
        found = [found[i * len(found) // MOST] for i in range(MOST)]
    return tuple(path for path in found if can_write(path, "Aag4"))


@lru_cache(maxsize=512)
def load_font(path: str, size: int) -> Font:
    """A font at a size in pixels; an empty path is Pillow's own font, which is always there."""
    if path:
        return ImageFont.truetype(path, size)
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
    return font


def can_write(path: str, text: str) -> bool:
    """Whether the font has all the letters of the text (white space aside)."""
    return all(_has_letter(path, letter) for letter in set(text) if not letter.isspace())


@lru_cache(maxsize=65536)
def _has_letter(path: str, letter: str) -> bool:
    """Whether the font draws something for the letter, and not its box for missing ones."""
    try:
        font = load_font(path, 20)
        shape = _shape(font, letter)
        return any(shape[1]) and shape != _shape(font, MISSING)
    except (OSError, ValueError):  # a damaged font, or one of bitmaps without this size
        return False


def _shape(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)
