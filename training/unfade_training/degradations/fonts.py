"""The fonts of the system, for text that looks like the text people put on pictures."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})
MOST = 400  # fonts looked at: a designer's thousands would take each data worker seconds
MISSING = "\U0010fffe"  # a code point that is no character: shown as the font's "missing" box

Font = ImageFont.FreeTypeFont


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
