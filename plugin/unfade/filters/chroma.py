"""The chroma of a whole picture: predicted by a network at its working size and below, from the luma and from
colour hints, points whose colour the user knows; and fitted to the luma.

A network trained on a few hundred pixels at a time knows a meadow or a face best when it fills what was its
patch; at the working size it sees their edges better, and guesses wrongly inside. So the coarse part of the
chroma is the mean of smaller looks at the picture, and the fine part that of the working size, as in
Miangoleh et al. 2021, "Boosting Monocular Depth Estimation Models to High-Resolution" (arXiv:2105.14021).

What hints change is :mod:`unfade.filters.hints`' subject.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.ensemble import Timer
from unfade.filters.hints import Hint, Planes, at_hints, check_inside, hint_planes
from unfade.filters.runner import Memo, size_of
from unfade.inference import Extent, Session, check_finite, unheeded
from unfade.models import ModelCard, Tiling
from unfade.picture import (
    GuidedPlanes,
    Kernel,
    Lightness,
    Picture,
    as_srgb,
    bilinear,
    fill_transparent,
    resize,
    smoothed,
)

T = TypeVar("T")

EMBEDDING: Final = "embedding"
"""The name of the network's second output, where it has one."""
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
class _Prediction:
    """What the network makes of a picture."""

    planes: Planes
    """2HW: a* and b* at the size of what it saw / STRIDE."""
    embedding: Planes | None
    """CHW of that size: what is near one another in it is of one kind; None of a network without."""
    provider: str


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

    def predict(hints: tuple[Hint, ...]) -> _Prediction:
        return _predict(session, light, hints, size, timer)

    def chroma() -> Chroma:
        plain = _known(memo, "plain chroma", key[:2], light, lambda: predict(()))
        planes, provider, guide = plain.planes, plain.provider, _reduced(light)
        if hints:
            hinted = predict(hints)
            planes = at_hints(planes, hinted.planes, guide, hints, size, plain.embedding)
            provider = _stand_in(session, (plain, hinted))
        step = (light.shape[0] / size.height / STRIDE, light.shape[1] / size.width / STRIDE)
        return Chroma(GuidedPlanes.fit(planes, guide, _RADIUS, _FLAT), step, provider)

    return _known(memo, "chroma", key, light, chroma)


def _known(memo: Memo, kind: str, key: Hashable, light: NDArray[np.float32], make: Callable[[], T]) -> T:
    """What was made of that lightness, kept under the key for whichever picture; else ``make`` makes it."""
    kept: _Kept[T] | None = memo.recall_any(kind, key)
    if kept is None or not np.array_equal(kept.light, light):
        with unheeded():
            kept = _Kept(light, make())
    memo.keep(kind, key, kept)
    return kept.made


def check_colouring(card: ModelCard) -> None:
    """Raises ModelError for a model that does not make chroma out of luma and hints."""
    takes = [tensor.channels for tensor in card.inputs]
    gives = [tensor.channels for tensor in card.outputs[:1]]
    besides = [tensor.name for tensor in card.outputs[1:]]
    whole = card.tiling is Tiling.WHOLE and card.scale == 1
    if (takes, gives) != ([4], [2]) or besides not in ([], [EMBEDDING]) or not whole:
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
) -> _Prediction:
    """By looks of several sizes."""
    fine = _run(session, light, hints, extent, timer)
    coarse = []
    for smaller in smaller_extents(Extent(*light.shape)):
        less = resize(light[..., None], (smaller.height, smaller.width), Kernel.BILINEAR)[..., 0]
        coarse.append(_run(session, less, hints, extent, timer))
    planes = fused(fine.planes, [one.planes for one in coarse], _reduced(light)) * CHROMA
    return _Prediction(planes, fine.embedding, _stand_in(session, (fine, *coarse)))


def _stand_in(session: Session, made: Sequence[_Prediction]) -> str:
    """The provider that took over some of the runs from the session's; the session's where none did."""
    return next((one.provider for one in made if one.provider != session.provider), session.provider)


def _run(
    session: Session, light: NDArray[np.float32], hints: tuple[Hint, ...], extent: Extent, timer: Timer
) -> _Prediction:
    """One look, at the size of ``light``; a* and b* in the network's own units."""
    card, (height, width) = session.card, light.shape
    planes = hint_planes(hints, extent, Extent(height, width))
    planes[:2] /= CHROMA
    fed = np.concatenate((light[None], planes))[None]
    below, beside = -height % card.size_multiple, -width % card.size_multiple
    padded = np.pad(fed, ((0, 0), (0, 0), (0, below), (0, beside)), mode="edge")
    inputs = {card.inputs[0].name: padded}
    started = time.perf_counter()
    provider, results = session.run_or_on_cpu(inputs)
    timer.seconds += time.perf_counter() - started
    parts: list[Planes] = []
    for output in card.outputs:
        result = results[output.name]
        expected = (1, output.channels, *(-(-side // STRIDE) for side in padded.shape[2:]))
        if result.shape != expected:
            raise ModelError(
                f"The model {card.name} gave an array of shape {result.shape} where a colouring model "
                f"gives {expected}: its file is damaged, export it again."
            )
        check_finite(result, card)
        parts.append(result[0, :, : -(-height // STRIDE), : -(-width // STRIDE)])
    return _Prediction(parts[0], parts[1] if len(parts) > 1 else None, provider)


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


def _step(planes: Planes, size: tuple[int, ...]) -> tuple[float, float]:
    return planes.shape[1] / size[0], planes.shape[2] / size[1]
