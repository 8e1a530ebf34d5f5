"""The chroma of a whole picture: predicted by a network at its working size and below, from the luma and from
colour hints, points whose colour the user knows; and fitted to the luma.

A network trained on a few hundred pixels at a time knows a meadow or a face best when it fills what was its
patch; at the working size it sees their edges better, and guesses wrongly inside. So the coarse part of the
chroma is the mean of smaller looks at the picture, and the fine part that of the working size, as in
Miangoleh et al. 2021, "Boosting Monocular Depth Estimation Models to High-Resolution" (arXiv:2105.14021).

A hint changes what the network makes of all of the picture, and at the hint itself it only comes near its
colour. So its answer to hints counts where place, lightness and colour are like a hint's, and most of what it
is off by at the hints is made up for there.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError, UsageError
from unfade.filters.base import Codec
from unfade.filters.ensemble import Timer
from unfade.filters.runner import Memo, size_of
from unfade.inference import Extent, OutOfMemory, Session, check_finite
from unfade.models import ModelCard, Tiling
from unfade.picture import (
    GuidedPlanes,
    Kernel,
    Lightness,
    Picture,
    as_srgb,
    bilinear,
    fill_transparent,
    lab_of_srgb,
    resize,
    smoothed,
)

T = TypeVar("T")

MOST_HINTS = 10_000
_SIDE = 5  # pixels a side of a hint at working size; training draws sides from 1 to 9
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Hint:
    """A colour at a point. Raises UsageError for what is neither."""

    x: float
    """In pixels of the picture from its left edge; the first pixel's centre is at 0.5."""
    y: float
    """From its top edge."""
    color: str
    """sRGB as "#rrggbb"."""

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise UsageError(f"A hint's {name} must be a number of pixels, not {value!r:.40}.")
        if not isinstance(self.color, str) or not _COLOUR.fullmatch(self.color):
            raise UsageError(f'A hint\'s color must be like "#c08040", not {self.color!r:.40}.')

    @property
    def chroma(self) -> tuple[float, float]:
        """a* and b* of the colour."""
        rgb = np.array([int(self.color[at : at + 2], 16) / 255 for at in (1, 3, 5)], np.float32)
        _, a, b = lab_of_srgb(rgb)
        return float(a), float(b)


def _read(raw: Any) -> tuple[Hint, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_HINTS:
        raise UsageError(f'hints must be a list of at most {MOST_HINTS} {{"x", "y", "color"}}.')
    for item in raw:
        if not isinstance(item, dict) or set(item) != {"x", "y", "color"}:
            raise UsageError(
                f'Every hint must be {{"x": ..., "y": ..., "color": "#rrggbb"}}, not {item!r:.60}.'
            )
    return tuple(Hint(**item) for item in raw)


def _write(hints: Iterable[Hint]) -> list[dict[str, Any]]:
    return [{"x": hint.x, "y": hint.y, "color": hint.color} for hint in hints]


HINTS = Codec("hints", _read, _write)
"""How hints are read from JSON and written to it."""


def check_inside(hints: Iterable[Hint], extent: Extent) -> None:
    """Raises UsageError for the first hint that is not on a picture of that size."""
    for hint in hints:
        if not (0 <= hint.x <= extent.width and 0 <= hint.y <= extent.height):
            raise UsageError(
                f"The hint {hint.color} at {hint.x:g}, {hint.y:g} lies outside the picture, "
                f"which has {extent.width} x {extent.height} pixels."
            )


def hint_planes(hints: Iterable[Hint], extent: Extent, working: Extent) -> NDArray[np.float32]:
    """What the network sees of the hints: a small square of true chroma for each; later ones lie on top.

    Args:
        extent: the size of the picture.
        working: the size at which the network sees it.

    Returns:
        3HW float32: a*, b* where a hint is and 0 elsewhere, and the mask, 1 where a hint is.
    """
    planes = np.zeros((3, working.height, working.width), np.float32)
    for hint in hints:
        row, column = place_of(hint, extent, working)
        top, left = max(0, row - _SIDE // 2), max(0, column - _SIDE // 2)
        square = np.s_[top : row + _SIDE // 2 + 1, left : column + _SIDE // 2 + 1]
        for plane, value in zip(planes, (*hint.chroma, 1.0), strict=True):
            plane[square] = value
    return planes


Planes = NDArray[np.float32]

CHROMA = np.float32(110)
"""What a* and b* are divided by on the network's side."""
STRIDE = 2
"""Working pixels a side for one of the network's output."""
SMALLER = (0.75, 0.5625)
"""The smaller looks, as shares of the working size."""

_REACH = 3 / 128
"""Of the filter that parts coarse from fine, each way: a share of the longer side."""
_EDGE = 0.05**2
"""The variance of lightness below which it sees no edge."""
_FINE = 1.3
"""Times the fine part: a mean of several guesses is paler at edges than any of them."""

# How far a hint reaches: standard deviations of a Gaussian (docs/training-log.md: how they were chosen).
_NEAR = 0.37
"""In place, as a share of the longer side; of more hints than _FEW each reaches less far."""
_FEW = 10
_ALIKE = 0.14
"""In lightness, from 0 to 1."""
_KIN = 12.0
"""In a* and b* as predicted without hints: a sky is not what a coat is, whatever its lightness."""
_DOUBT = 0.2
"""The weight of no change at all beside that of a hint, which is 1 at its place."""

# For bringing the chroma up to full size along the luma; lightness that deviates by less than 0.03 of white
# counts as flat (docs/models.md tells how these were chosen).
_RADIUS = 1
_FLAT = 0.03**2


@dataclass(frozen=True)
class Chroma:
    """The colours of a picture: a* and b*, small, with their guide L* / 100."""

    planes: GuidedPlanes
    step: tuple[float, float]
    """Small pixels for one of the picture's, down and across."""
    provider: str
    """The execution provider that predicted them."""


@dataclass(frozen=True)
class _Kept(Generic[T]):
    """What was made of a picture, and the lightness that it was made of."""

    light: NDArray[np.float32]
    made: T


def predict_chroma(
    session: Session, picture: Picture, hints: Sequence[Hint], timer: Timer, memo: Memo | None = None
) -> Chroma:
    """The chroma of a picture, with hints in its pixels; the network runs only where ``memo`` has none.

    Raises:
        UsageError: a hint lies outside the picture.
        ModelError, DeviceError, OutOfMemory: as for running any model.
    """
    size, hints = size_of(picture), tuple(hints)
    check_inside(hints, size)
    memo = memo or Memo()
    key = (session.path, size, hints)
    kept: _Kept[Chroma] | None = memo.recall("chroma", key)
    if kept is not None:
        return kept.made
    light = _light(picture, working_extent(size, _working_size(session.card)))

    def predict(hints: tuple[Hint, ...]) -> tuple[Planes, str]:
        return _predict(session, light, hints, size, timer)

    def chroma() -> Chroma:
        planes, provider = _known(memo, "plain chroma", key[:2], light, lambda: predict(()))
        guide = _reduced(light)
        if hints:
            hinted, second = predict(hints)
            planes = at_hints(planes, hinted, guide, hints, size)
            provider = second if provider == session.provider else provider  # a CPU that stood in is told
        step = (light.shape[0] / size.height / STRIDE, light.shape[1] / size.width / STRIDE)
        return Chroma(GuidedPlanes.fit(planes, guide, _RADIUS, _FLAT), step, provider)

    return _known(memo, "chroma", key, light, chroma)


def _known(memo: Memo, kind: str, key: Hashable, light: NDArray[np.float32], make: Callable[[], T]) -> T:
    """What was made of that lightness, kept under the key for whichever picture; else ``make`` makes it."""
    kept: _Kept[T] | None = memo.recall_any(kind, key)
    if kept is None or not np.array_equal(kept.light, light):
        kept = _Kept(light, make())
    memo.keep(kind, key, kept)
    return kept.made


def check_colouring(card: ModelCard) -> None:
    """Raises ModelError for a model that does not make chroma out of luma and hints."""
    channels = [tensor.channels for tensor in (*card.inputs, *card.outputs)]
    if channels != [4, 2] or card.tiling is not Tiling.WHOLE or card.scale != 1:
        raise ModelError(
            f"The model {card.name} does not make colours out of luma and hints; choose another with --model."
        )


def working_extent(extent: Extent, working_size: int) -> Extent:
    """The size at which the network sees a picture: the longer side is ``working_size``."""
    share = working_size / max(extent.height, extent.width)
    return Extent(max(1, round(extent.height * share)), max(1, round(extent.width * share)))


def smaller_extents(working: Extent) -> list[Extent]:
    """The sizes of the smaller looks at a picture of that working size."""
    longer = max(working.height, working.width)
    return [working_extent(working, round(share * longer)) for share in SMALLER]


def _light(picture: Picture, working: Extent) -> NDArray[np.float32]:
    """L* / 100 of the picture at that size, HW in [0, 1]."""
    colour = picture.colour
    if picture.alpha is not None:
        colour = fill_transparent(colour, picture.alpha)
    small = as_srgb(
        Picture(resize(colour, (working.height, working.width), Kernel.BILINEAR), picture.metadata)
    )
    light: NDArray[np.float32] = np.clip(
        Lightness(small.pixels.dtype, gray=picture.is_gray).of(small.pixels), 0, 1
    )
    return light


def _predict(
    session: Session, light: NDArray[np.float32], hints: tuple[Hint, ...], extent: Extent, timer: Timer
) -> tuple[Planes, str]:
    """a* and b* by looks of several sizes, 2HW at the working size / STRIDE, and which provider ran them."""
    provider, fine = _run(session, light, hints, extent, timer)
    coarse = []
    for smaller in smaller_extents(Extent(*light.shape)):
        less = resize(light[..., None], (smaller.height, smaller.width), Kernel.BILINEAR)[..., 0]
        provider, planes = _run(session, less, hints, extent, timer)
        coarse.append(planes)
    return fused(fine, coarse, _reduced(light)) * CHROMA, provider


def _run(
    session: Session, light: NDArray[np.float32], hints: tuple[Hint, ...], extent: Extent, timer: Timer
) -> tuple[str, NDArray[np.float32]]:
    """What the network sees in a small picture, 2HW in its own units, and which provider ran it."""
    card, (height, width) = session.card, light.shape
    planes = hint_planes(hints, extent, Extent(height, width))
    planes[:2] /= CHROMA
    fed = np.concatenate((light[None], planes))[None]
    below, beside = -height % card.size_multiple, -width % card.size_multiple
    padded = np.pad(fed, ((0, 0), (0, 0), (0, below), (0, beside)), mode="edge")
    inputs = {card.inputs[0].name: padded}
    started = time.perf_counter()
    try:
        provider, results = session.provider, session.run(inputs)
    except OutOfMemory:
        twin = session.on_cpu()
        if twin is session:
            raise
        provider, results = twin.provider, twin.run(inputs)
    timer.seconds += time.perf_counter() - started
    result = results[card.outputs[0].name]
    expected = (1, 2, *(-(-side // STRIDE) for side in padded.shape[2:]))
    if result.shape != expected:
        raise ModelError(
            f"The model {card.name} gave an array of shape {result.shape} where a colouring model "
            f"gives {expected}: its file is damaged, export it again."
        )
    check_finite(result, card)
    return provider, result[0, :, : -(-height // STRIDE), : -(-width // STRIDE)]


def _reduced(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of every STRIDE by STRIDE pixels of HW, edges repeated where sides are no multiple of it."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % STRIDE), (0, -width % STRIDE)), mode="edge")
    mean: NDArray[np.float32] = padded.reshape(
        padded.shape[0] // STRIDE, STRIDE, padded.shape[1] // STRIDE, STRIDE
    ).mean((1, 3))
    return mean


def _working_size(card: ModelCard) -> int:
    assert card.working_size is not None  # every card of a model that runs whole has one
    return card.working_size


def fused(fine: Planes, coarse: Sequence[Planes], light: NDArray[np.float32]) -> Planes:
    """CHW with the fine part of ``fine`` and the coarse part of the mean of ``coarse``, CHW of any size.

    What is coarse ends at the edges of ``light``, HW in [0, 1].
    """
    size = fine.shape[1:]
    mean = sum(bilinear(planes, (0, 0), size, _step(planes, size)) for planes in coarse) / len(coarse)
    strong = np.float32(_FINE) * fine
    result: Planes = smoothed(mean - strong, light, max(1, round(_REACH * max(size))), _EDGE) + strong
    return result


def at_hints(
    plain: Planes, hinted: Planes, light: NDArray[np.float32], hints: Iterable[Hint], extent: Extent
) -> Planes:
    """What hints make of the chroma of a picture: ``hinted`` where they reach, brought nearer to their
    colours, and ``plain`` elsewhere. Of hints for one pixel of the planes the last counts.

    How alike a place is to a hint's is told by a bilateral kernel (Tomasi and Manduchi 1998), Gaussian in
    place, lightness and plain chroma. The residuals at the hints are interpolated by normalised
    convolution with it (Knutsson and Westin 1993).

    Args:
        plain, hinted: 2HW, a* and b* of the whole picture, predicted without and with the hints.
        light: HW, its L* / 100.
        hints: in pixels of the picture.
        extent: the size of the picture.
    """
    colours = {place_of(hint, extent, Extent(*light.shape)): hint.chroma for hint in hints}
    kernels = [kernel_at(place, light, plain, len(colours)) for place in colours]
    unlike = np.ones_like(light)
    for window, likeness in kernels:
        unlike[window] *= np.maximum(1 - 2 * likeness, 0)
    made: Planes = hinted + unlike * (plain - hinted)
    added, weights = np.zeros_like(made), np.full_like(light, _DOUBT)
    for ((row, column), chroma), (window, likeness) in zip(colours.items(), kernels, strict=True):
        residual = np.array(chroma, np.float32) - made[:, row, column]
        added[(..., *window)] += likeness * residual[:, None, None]
        weights[window] += likeness
    result: Planes = made + added / weights
    return result


def place_of(hint: Hint, extent: Extent, planes: Extent) -> tuple[int, int]:
    """The row and column at which a hint on a picture of size ``extent`` lies on planes of that size."""
    row = min(int(hint.y * planes.height / extent.height), planes.height - 1)
    return row, min(int(hint.x * planes.width / extent.width), planes.width - 1)


Window = tuple[slice, slice]


def kernel_at(
    place: tuple[int, int], light: NDArray[np.float32], plain: Planes, count: int
) -> tuple[Window, NDArray[np.float32]]:
    """How far one of ``count`` hints reaches, and how alike it is there: 1 at its place, down to 0."""
    deviation = _NEAR * min(1.0, math.sqrt(_FEW / count)) * max(light.shape)
    reach = math.ceil(4 * deviation)
    down, across = (slice(max(0, at - reach), at + reach + 1) for at in place)
    apart = ((light[down, across] - light[place]) / np.float32(_ALIKE)) ** 2
    for plane in plain:
        apart += ((plane[down, across] - plane[place]) / np.float32(_KIN)) ** 2
    for axis, part in enumerate((down, across)):
        steps = np.arange(*part.indices(light.shape[axis]), dtype=np.float32) - place[axis]
        apart += np.expand_dims((steps / np.float32(deviation)) ** 2, 1 - axis)
    likeness: NDArray[np.float32] = np.exp(apart / -2)
    return (down, across), likeness


def _step(planes: Planes, size: tuple[int, ...]) -> tuple[float, float]:
    return planes.shape[1] / size[0], planes.shape[2] / size[1]
