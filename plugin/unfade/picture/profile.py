"""A picture's values brought into sRGB and back, for work that has to know what colours they are."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.picture._vips import vips
from unfade.picture.colour import ICC_FIELD, is_profile_for
from unfade.picture.convert import from_float, to_float
from unfade.picture.picture import Picture

_log = logging.getLogger(__name__)

_SAME = 1 / 255  # a profile that moves no colour by more is sRGB's


def as_srgb(picture: Picture) -> Picture:
    """The picture with values in sRGB, or on sRGB's curve if it is gray; itself where they are that already.

    Converted through its profile (relative colorimetric, black point compensation), at 16 bits if it is
    deeper than 8; it has no profile then. One that cannot be used is left out, with a warning in the log.
    """
    icc = picture.metadata.icc
    if icc is None:
        return picture
    pixels = picture.pixels
    if not is_profile_for(icc, picture.is_gray):
        _log.warning("The colour profile is not for such pixels; they are taken for sRGB.")
    elif is_srgb(icc, picture.is_gray):
        return picture
    else:
        converted = _converted(picture.colour, icc)
        if converted is None:
            _log.warning("The colour profile cannot be used; the pixels are taken for sRGB.")
        elif picture.alpha is not None:
            pixels = np.concatenate((converted, picture.alpha[..., None]), axis=2)
        else:
            pixels = converted
    return Picture(pixels, dataclasses.replace(picture.metadata, icc=None))


@functools.lru_cache(maxsize=16)
def is_srgb(icc: bytes, gray: bool) -> bool:
    """Whether the profile leaves a sample of colours where they are; False for one that cannot be used."""
    steps = np.linspace(0, 65535, 33 if gray else 6).astype(np.uint16)
    sample = np.array(list(itertools.product(steps, repeat=1 if gray else 3)), np.uint16)[None]
    converted = _converted(sample, icc)
    return converted is not None and float(np.abs(to_float(converted) - to_float(sample)).max()) <= _SAME


def from_srgb(colour: NDArray[Any], icc: bytes) -> NDArray[Any] | None:
    """HW3 pixels in sRGB as values of a profile, the other way round than :func:`as_srgb`, of the same dtype.

    None where libvips refuses the profile. libvips takes it from a file alone, which is there for as long as
    this takes.
    """
    with tempfile.TemporaryDirectory(prefix="unfade-") as folder:
        path = Path(folder) / "profile.icc"
        path.write_bytes(icc)
        return _transformed(colour, str(path), input_profile="srgb")


def _converted(colour: NDArray[Any], icc: bytes) -> NDArray[Any] | None:
    """HW1 or HW3 pixels through the profile to sRGB, of the same dtype; None where libvips refuses it."""
    return _transformed(colour, "srgb", icc)


def _transformed(
    colour: NDArray[Any], target: str, icc: bytes | None = None, **options: Any
) -> NDArray[Any] | None:
    depth = np.dtype(np.uint8) if colour.dtype == np.uint8 else np.dtype(np.uint16)
    data = np.ascontiguousarray(colour if colour.dtype == depth else from_float(colour, depth))
    height, width, bands = data.shape
    vips_format = "uchar" if depth == np.uint8 else "ushort"
    gray, rgb = ("b-w", "srgb") if depth == np.uint8 else ("grey16", "rgb16")
    image = vips().Image.new_from_memory(data.data, width, height, bands, vips_format)
    image = image.copy(interpretation=gray if bands == 1 else rgb)
    if icc is not None:
        image.set_type(vips().GValue.blob_type, ICC_FIELD, icc)
        options["embedded"] = True
    try:
        moved = image.icc_transform(
            target, intent="relative", black_point_compensation=True, depth=8 * depth.itemsize, **options
        )
        if bands == 1:
            moved = moved[1]  # gray in all three; green is rounded the least
        result = np.frombuffer(moved.write_to_memory(), depth).reshape(height, width, bands)
    except vips().Error as error:
        _log.info("%s", error)
        return None
    return result if colour.dtype == depth else to_float(result)
