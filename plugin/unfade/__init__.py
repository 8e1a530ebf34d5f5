"""Unfade restores pictures: upscale, de-artifact, colorize; repair, denoise and revive old photographs.

>>> import unfade
>>> picture = unfade.deartifact("photo.jpg")            # doctest: +SKIP
>>> picture = unfade.upscale(picture, scale=2)          # doctest: +SKIP
>>> unfade.write_picture(picture, "photo-2x.png")       # doctest: +SKIP
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unfade.api import colorize, deartifact, denoise, repair, restore, revive, upscale
    from unfade.errors import UnfadeError
    from unfade.filters import Hint, Stroke
    from unfade.picture import Metadata, Picture, read_picture, write_picture

__version__ = "0.1.0"

__all__ = [
    "Hint",
    "Metadata",
    "Picture",
    "Stroke",
    "UnfadeError",
    "__version__",
    "colorize",
    "deartifact",
    "denoise",
    "read_picture",
    "repair",
    "restore",
    "revive",
    "upscale",
    "write_picture",
]

# A program that sets up no logging hears errors as exceptions, not as lines on its stderr.
logging.getLogger(__name__).addHandler(logging.NullHandler())

# Looked up when first used, so that importing the package costs next to nothing.
_HOMES = {
    "Hint": "unfade.filters",
    "Metadata": "unfade.picture",
    "Picture": "unfade.picture",
    "Stroke": "unfade.filters",
    "UnfadeError": "unfade.errors",
    "colorize": "unfade.api",
    "deartifact": "unfade.api",
    "denoise": "unfade.api",
    "read_picture": "unfade.picture",
    "repair": "unfade.api",
    "restore": "unfade.api",
    "revive": "unfade.api",
    "upscale": "unfade.api",
    "write_picture": "unfade.picture",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unfade' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
