"""What is wrong with an old photograph, told from a small copy of it and a few places at full size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unfade.filters.grain import noise_level
from unfade.filters.mix import LUMA, luma_of
from unfade.filters.runner import Runner, cut, size_of, squares_over
from unfade.picture import Kernel, Picture, resize, to_float

Array = NDArray[np.float32]

SMALL = 768
"""The longer side of the copy: hairs still show, and the whole of it takes a second."""
MOST_TONED = 0.0062
"""How far colours lie from the one for their brightness, in the mean, of a gray or toned print at most.

Fourteen of sixteen old photographs lie below, and none of 41 of CID22's, faded or not; but a torn and
yellowed print lies above, and cannot be told from a faded picture of few colours."""
_TONES = 16

_PLACE = 256  # pixels a side of the places that are looked at
_SURE = 128  # of the mask of damage, of 255
_GRID = 8  # of JPEG


@dataclass(frozen=True)
class Findings:
    """What was found, each 0 for nothing."""

    gray: bool
    """Or toned, as sepia prints are."""
    noise: float
    """Its level, as :func:`noise_level` has it."""
    blocks: float
    """How much more differs across the borders of JPEG's blocks than inside them, as a share."""
    damage: float
    """The share of the picture that is taken for damage."""
    fading: float
    """How far, of white, colours are from those that they had, in the mean."""


def look(picture: Picture, repair: Runner | None, revive: Runner | None) -> Findings:
    """Looks at a picture.

    Args:
        picture: all of it.
        repair, revive: those filters, opened; None for a picture that is not to be looked at for that.
    """
    copy = small_copy(picture)
    colour = to_float(copy.colour)
    gray = copy.is_gray or is_toned(colour)
    places = [to_float(cut(picture.colour, at)) for at in squares_over(size_of(picture), _PLACE)]
    mask = None if repair is None else repair.run(copy, want_mask=True).mask
    revived = None if revive is None else to_float(revive.run(copy).picture.colour)
    return Findings(
        gray=gray,
        noise=float(np.median([noise_level(place) for place in places])),
        blocks=float(np.median([blockiness(luma_of(place)) for place in places])),
        damage=0.0 if mask is None else float((mask >= _SURE).mean()),
        fading=0.0 if revived is None else float(np.abs(revived - colour).mean()),
    )


def small_copy(picture: Picture) -> Picture:
    """The picture with a longer side of at most :data:`SMALL` pixels; itself where it has no more."""
    longer = max(picture.height, picture.width)
    if longer <= SMALL:
        return picture
    height, width = (max(1, round(side * SMALL / longer)) for side in (picture.height, picture.width))
    step = max(1, longer // (4 * SMALL))  # of a large scan a quarter of the pixels is enough
    pixels = np.ascontiguousarray(picture.pixels[::step, ::step])
    return Picture(resize(pixels, (height, width), Kernel.BILINEAR), picture.metadata)


def is_toned(colour: Array) -> bool:
    """Whether a small picture, HW3 in [0, 1], has one colour for each brightness: gray, sepia, cyanotype."""
    luma = colour @ LUMA
    chroma = (colour - luma[..., None]).reshape(-1, 3)
    tones = np.minimum((luma.ravel() * _TONES).astype(int), _TONES - 1)
    counts = np.maximum(np.bincount(tones, minlength=_TONES), 1)
    means = np.stack([np.bincount(tones, plane, _TONES) / counts for plane in chroma.T], axis=-1)
    return float(np.linalg.norm(chroma - means[tones], axis=1).mean()) < MOST_TONED


def blockiness(luma: Array) -> float:
    """How much more neighbours differ every 8 pixels than elsewhere, as a share, along the side and at the
    place where that is most; 0 for less. HW in [0, 1].

    After Wang, Sheikh and Bovik 2002, "No-Reference Perceptual Quality Assessment of JPEG Compressed Images".
    """
    found = []
    for plane in (luma, luma.T):
        steps = np.abs(np.diff(plane, axis=1))
        # between flat pixels a step of a few levels is a block's, between busy ones it is anything's
        steps = np.minimum(steps, 0.05).mean(axis=0)
        if steps.size < 4 * _GRID:
            return 0.0
        means = np.array([steps[phase::_GRID].mean() for phase in range(_GRID)])
        phase = int(means.argmax())
        others = np.delete(means, phase).mean()
        found.append(float(means[phase] / max(others, 1e-6) - 1))
    return max(min(found), 0.0)
