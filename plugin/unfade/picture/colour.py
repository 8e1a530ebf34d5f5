"""Colour spaces and ICC profiles: what is gray or RGB stays as it is, all else is converted to sRGB."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from unfade.picture._vips import vips

_log = logging.getLogger(__name__)

ICC_FIELD = "icc-profile-data"
_SRGB_LIKE = frozenset({"srgb", "rgb", "rgb16", "scrgb"})
_GRAY_LIKE = frozenset({"b-w", "grey16", "multiband"})


def as_gray_or_rgb(image: Any, path: Path) -> Any:
    """A vips image with 1 to 4 channels of gray or RGB, alpha last.

    CMYK goes through its embedded profile, or through libvips' own CMYK profile (a coated press) where there
    is none; the result is sRGB and carries no profile. Lab and its like become sRGB by formula.
    """
    kind = image.interpretation
    if kind == "cmyk":
        return _cmyk_as_srgb(image, path)
    if kind in _SRGB_LIKE or kind in _GRAY_LIKE:
        return image
    deep = image.format != "uchar"
    return without_profile(image.colourspace("rgb16" if deep else "srgb"))


def matching_profile(icc: bytes | None, gray: bool, path: Path) -> bytes | None:
    """The ICC profile if it describes such pixels; else None, with a warning in the log.

    A profile of another kind (a gray one on a colorized picture) makes the file invalid.
    """
    if not icc:
        return None
    if is_profile_for(icc, gray):
        return icc
    title = "gray" if gray else "RGB"
    space = icc[16:20].decode("latin-1").strip()
    _log.warning("%s: the colour profile is for %s, not for %s pixels, and is left out.", path, space, title)
    return None


def is_profile_for(icc: bytes, gray: bool) -> bool:
    """Whether it is an ICC profile of gray pixels, or of RGB ones."""
    return icc[16:20] == (b"GRAY" if gray else b"RGB ") and icc[36:40] == b"acsp"


def _cmyk_as_srgb(image: Any, path: Path) -> Any:
    options = {
        "input_profile": "cmyk",
        "intent": "relative",
        "black_point_compensation": True,
        "depth": 16 if image.format == "ushort" else 8,
    }
    try:
        converted = image.icc_transform("srgb", embedded=True, **options)
    except vips().Error:
        _log.warning("%s: the CMYK profile cannot be used; a general one takes its place.", path)
        converted = without_profile(image).icc_transform("srgb", **options)
    return without_profile(converted)


def without_profile(image: Any) -> Any:
    """The image without its embedded profile."""
    image = image.copy()
    if image.get_typeof(ICC_FIELD):
        image.remove(ICC_FIELD)
    return image
