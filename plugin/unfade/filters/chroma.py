"""The chroma of a whole picture: predicted by a network at its working size and below, and fitted to the
luma."""

from __future__ import annotations

import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.generator import Ledger
from unfade.filters.hints import Hint, check_inside, hint_planes
from unfade.filters.memory import PixelMemory
from unfade.filters.scales import fused, smaller_extents, working_extent
from unfade.inference import Engine, Extent, OutOfMemory, Session, check_finite
from unfade.models import ModelCard, Tiling
from unfade.picture import GuidedPlanes, Kernel, Lightness, Picture, as_srgb, fill_transparent, resize

CHROMA = np.float32(110)
"""What a* and b* are divided by on the network's side."""
STRIDE = 2
"""Working pixels a side for one of the network's output."""

# True chroma of photographs, made 8 times smaller and brought up again, is off by 2.6 in a*b* with these, and
# by 3.3 without a guide (bench/chroma_upsampling.py on CID22's validation pictures). Lightness that deviates
# by less than 0.03 of white counts as flat: 0.01 would be as good there, but follows grain.
_RADIUS = 1
_EPSILON = 0.03**2


@dataclass(frozen=True)
class Chroma:
    """The colours of a picture: a* and b*, small, with their guide L* / 100."""

    planes: GuidedPlanes
    step: tuple[float, float]
    """Small pixels for one of the picture's, down and across."""
    provider: str
    """The execution provider that predicted them."""


@dataclass(frozen=True)
class _Kept:
    """What was predicted last, and from what."""

    model: Path
    light: NDArray[np.float32]
    pixels: PixelMemory
    extent: Extent
    hints: tuple[Hint, ...]
    chroma: Chroma


_last: weakref.WeakKeyDictionary[Engine, _Kept] = weakref.WeakKeyDictionary()


class ChromaPredictor:
    """A colouring model, open. The last prediction is kept for each engine."""

    def __init__(self, engine: Engine, model: Path) -> None:
        """Raises ModelError for a model of another shape, and what opening it raises."""
        self._engine = engine
        self._model = model
        _check(self._session().card)

    def of(
        self, picture: Picture, hints: Sequence[Hint], ledger: Ledger, *, unchanged: bool = False
    ) -> Chroma:
        """The chroma of a picture, with hints in its pixels. The network runs only on what is new to it.

        Args:
            unchanged: a picture in the same memory as the last one is that one, and not looked at again.

        Raises:
            UsageError: a hint lies outside the picture.
            ModelError, DeviceError, OutOfMemory: as for running any model.
        """
        extent, hints = Extent(picture.height, picture.width), tuple(hints)
        check_inside(hints, extent)
        kept = _last.get(self._engine)
        if kept is not None and (kept.model, kept.extent, kept.hints) == (self._model, extent, hints):
            if unchanged and kept.pixels.is_of(picture.pixels):
                return kept.chroma
        else:
            kept = None
        session = self._session()
        light = _light(picture, working_extent(extent, _working_size(session.card)))
        if kept is not None and np.array_equal(kept.light, light):
            chroma = kept.chroma
        else:
            chroma = _predict(session, light, hints, extent, ledger)
        _last[self._engine] = _Kept(self._model, light, PixelMemory(picture.pixels), extent, hints, chroma)
        return chroma

    def provider(self) -> str:
        """The provider the model was opened on."""
        return self._session().provider

    def _session(self) -> Session:
        return self._engine.session(self._model)


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
    session: Session, light: NDArray[np.float32], hints: tuple[Hint, ...], extent: Extent, ledger: Ledger
) -> Chroma:
    provider, fine = _run(session, light, hints, extent, ledger)
    coarse = []
    for smaller in smaller_extents(Extent(*light.shape)):
        less = resize(light[..., None], (smaller.height, smaller.width), Kernel.BILINEAR)[..., 0]
        provider, planes = _run(session, less, hints, extent, ledger)
        coarse.append(planes)
    guide = _reduced(light)
    whole = GuidedPlanes.fit(fused(fine, coarse, guide) * CHROMA, guide, _RADIUS, _EPSILON)
    height, width = light.shape
    return Chroma(whole, (height / extent.height / STRIDE, width / extent.width / STRIDE), provider)


def _run(
    session: Session, light: NDArray[np.float32], hints: tuple[Hint, ...], extent: Extent, ledger: Ledger
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
    ledger.seconds += time.perf_counter() - started
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


def _check(card: ModelCard) -> None:
    """Raises ModelError for a model that does not make chroma out of luma and hints."""
    channels = [tensor.channels for tensor in (*card.inputs, *card.outputs)]
    if channels != [4, 2] or card.tiling is not Tiling.WHOLE or card.scale != 1:
        raise ModelError(
            f"The model {card.name} does not make colours out of luma and hints; choose another with --model."
        )
