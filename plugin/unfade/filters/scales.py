"""Chroma seen at several sizes, made one: what things are from small, where they end from large.

A network trained on a few hundred pixels at a time knows a meadow or a face best when it fills what was its
patch; at the working size it sees their edges better, and guesses wrongly inside. So the coarse part of the
chroma is the mean of smaller looks at the picture, and the fine part that of the working size, as in
Miangoleh et al. 2021, "Boosting Monocular Depth Estimation Models to High-Resolution" (arXiv:2105.14021).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unfade.inference import Extent
from unfade.picture import bilinear, smoothed

Planes = NDArray[np.float32]

SMALLER = (0.75, 0.5625)
"""The smaller looks, as shares of the working size."""

# Colorize on CID22's validation set and on LIVE1, LPIPS at the same colourfulness of 25: the working size
# alone .1550 and .1452; the mean of 512, 384 and 256 pixels .1536 and .1505; coarse from 384 and 256, fine
# from 512 .1505 and .1446; from 384 and 288 .1504 and .1434; with the fine part times 1.2 .1497 and .1412.
# Those were parted by a Gaussian, which lays halos of skin and leather on the sky around a rider; parted
# along the edges of the lightness, and with the fine part times 1.3: .1498 and .1417.
_REACH = 3 / 128
"""Of the filter that parts coarse from fine, each way: a share of the longer side."""
_EPSILON = 0.05**2
"""The variance of lightness below which it sees no edge."""
_FINE = 1.3
"""Times the fine part: a mean of several guesses is paler at edges than any of them."""


def working_extent(extent: Extent, working_size: int) -> Extent:
    """The size at which the network sees a picture: the longer side is ``working_size``."""
    share = working_size / max(extent.height, extent.width)
    return Extent(max(1, round(extent.height * share)), max(1, round(extent.width * share)))


def smaller_extents(working: Extent) -> list[Extent]:
    """The sizes of the smaller looks at a picture of that working size."""
    longer = max(working.height, working.width)
    return [working_extent(working, round(share * longer)) for share in SMALLER]


def fused(fine: Planes, coarse: Sequence[Planes], light: NDArray[np.float32]) -> Planes:
    """CHW with the fine part of ``fine`` and the coarse part of the mean of ``coarse``, CHW of any size.

    What is coarse ends at the edges of ``light``, HW in [0, 1].
    """
    size = fine.shape[1:]
    mean = sum(bilinear(planes, (0, 0), size, _step(planes, size)) for planes in coarse) / len(coarse)
    strong = np.float32(_FINE) * fine
    result: Planes = smoothed(mean - strong, light, max(1, round(_REACH * max(size))), _EPSILON) + strong
    return result


def _step(planes: Planes, size: tuple[int, ...]) -> tuple[float, float]:
    return planes.shape[1] / size[0], planes.shape[2] / size[1]
