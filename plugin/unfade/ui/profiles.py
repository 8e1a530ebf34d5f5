"""What becomes of a picture's colour profile, which does not travel to the engine with the pixels.

Most filters work on values whatever they mean, and the result keeps the profile. Colorize has to know what
colours they are: the engine is sent sRGB, and its result is sRGB.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from unfade.picture import Metadata, Picture, as_srgb


def needs_srgb(picture: Picture, tasks: Collection[str]) -> bool:
    """Whether the engine must be sent :func:`as_sent`, not the picture as it is, for these filters."""
    return "colorize" in tasks and picture.metadata.icc is not None


def as_sent(picture: Picture, tasks: Collection[str]) -> Picture:
    """The picture whose pixels the engine is sent for these filters; itself where they fit as they are."""
    return as_srgb(picture) if needs_srgb(picture, tasks) else picture


def result_metadata(picture: Picture, tasks: Collection[str]) -> Metadata:
    """The metadata of the picture's result: what Colorize gives is sRGB, whatever it was made from."""
    metadata = picture.metadata
    return dataclasses.replace(metadata, icc=None) if "colorize" in tasks else metadata
