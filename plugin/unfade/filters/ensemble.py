"""A filter's models: which of the installed ones run, and several of them or several looks of one, behind the
face of one session.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.base import Filter, option
from unfade.filters.mix import LUMA, weighted
from unfade.inference import Session, probe_file
from unfade.models import Model, ModelCard, Source, Tensor, Tiling, Variant, catalog

MOST_LOOKS = 8
"""At a picture, one in each of its orientations: four turns, mirrored and not."""
_LYING = 4
"""From this orientation on height and width are swapped; see :func:`turned`."""
_CLEANED = "cleaned"
_LOGITS = np.float32(32)
"""Between the ends of the channel that says where to look."""
_LEAST = np.float32(1e-6)
"""Of the mask, whose logits are then finite."""
_ONE, _HALF = np.float32(1), np.float32(0.5)


def looks_option(default: int, use: str = "are averaged: better, and as many times slower") -> int:
    """The option of a filter for how many looks its :class:`Ensemble` takes (test-time augmentation).

    Sessions for windows of one size take at most four where these are not square. ``use`` says what the looks
    are for.
    """
    return option(
        default, f"How many looks at the picture, mirrored and turned, {use}.", low=1, high=MOST_LOOKS
    )


def named_model(name: str, filter: Filter) -> Model:
    """The model of that name or path. Raises ModelError where there is none, or it is for another filter."""
    model = catalog.find_model(name, probe_file)
    if model.card.task != filter.name:
        task = model.card.task
        raise ModelError(f"The model {model.card.name} is for {task}, not for {filter.name}; choose another.")
    return model


def model_for(filter: Filter, name: str | None) -> Model:
    """The model named, or the installed one: shipped before the user's own, faithful before GAN.

    Raises ModelError, with what to do, where there is none.
    """
    if name is not None:
        return named_model(name, filter)
    model = installed_model(filter.name)
    if model is None:
        raise none_installed(filter)
    return model


def installed_model(task: str) -> Model | None:
    """The installed model for a task, as :func:`model_for` chooses it; None where there is none."""
    fitting = [model for model in catalog.list_models() if model.card.task == task]
    return min(fitting, key=lambda model: preference(model.source, model.card.variant), default=None)


def preference(source: Source, variant: Variant) -> tuple[bool, bool]:
    """Least for the model that runs where none is named: shipped before own, faithful before GAN."""
    return source is not Source.SHIPPED, variant is not Variant.FAITHFUL


def none_installed(filter: Filter) -> ModelError:
    """What to say where a filter has no model."""
    return ModelError(f"No model for {filter.purpose} is installed; unfade doctor tells where models belong.")


@dataclass
class Timer:
    """What the sessions spent on one picture."""

    seconds: float = 0.0
    """Time inside the network."""


class Ensemble:
    """One or more models with their weights, and gray pictures for models that know only colour.

    It runs where a :class:`Session` runs. Mixing per tile needs no second picture-sized buffer; gray goes in
    as three equal channels and comes back as luma. With ``mask``, the models' masks are mixed too and follow
    the picture. What the models compute for other outputs is left out. With ``guided``, they take a further
    channel behind the colours, which says where to look. With ``cleaned``, the picture is that of
    :func:`cleans_alone`.

    With several looks (:meth:`of_looks`) the result is the mean of what the models make of the picture and of
    its mirror images and quarter turns, turned back: the geometric self-ensemble of Timofte et al., "Seven
    Ways to Improve Example-Based Single Image Super Resolution" (CVPR 2016).

    Attributes:
        card: what is true of all the models at once.
        provider: the execution provider that they were opened on.
    """

    def __init__(
        self,
        sessions: Sequence[Session],
        weights: Sequence[float],
        *,
        gray: bool,
        mask: bool = False,
        guided: bool = False,
        cleaned: bool = False,
    ) -> None:
        """Raises ModelError for models that make no RGB out of RGB in tiles, or do not go together."""
        self._sessions = tuple(sessions)
        self._weights = tuple(weights)
        self._gray = gray
        self._looks = range(1)
        self._picture = True
        self._pictures = [_CLEANED if cleaned else session.card.outputs[0].name for session in sessions]
        self._masks = [_mask_of(session.card).name for session in sessions] if mask else []
        self._timer = Timer()
        self.card = _card([session.card for session in sessions], gray=gray, mask=mask, guided=guided)
        self.provider = sessions[0].provider

    def timed(self, timer: Timer) -> Ensemble:
        """The same, for one picture whose time it counts."""
        twin = copy.copy(self)
        twin._timer = timer
        return twin

    def of_looks(self, looks: int, first: int = 0) -> Ensemble:
        """The same with so many looks, in the order of :func:`turned`, from the ``first`` on: up to 8."""
        twin = copy.copy(self)
        twin._looks = range(first, first + looks)
        return twin

    def of_masks(self) -> Ensemble:
        """The same without the picture: the masks alone, of models that were asked for them."""
        twin = copy.copy(self)
        twin._picture = False
        twin.card = replace(self.card, outputs=self.card.outputs[1:])
        return twin

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """One window, NCHW float32, by the names on ``card``: the weighted sum of the models' results."""
        window = inputs[self.card.inputs[0].name]
        if self._gray:
            window = np.concatenate((np.repeat(window[:, :1], 3, axis=1), window[:, 1:]), axis=1)
        started = time.perf_counter()
        wanted = [self._pictures] * self._picture + [self._masks] * bool(self._masks)
        results = [
            self._looked(session.only(names), window)
            for session, *names in zip(self._sessions, *wanted, strict=True)
        ]
        self._timer.seconds += time.perf_counter() - started
        mixed = [
            self._mixed([one[name] for name, one in zip(names, results, strict=True)]) for names in wanted
        ]
        if self._gray and self._picture:
            mixed[0] = (mixed[0] * LUMA[:, None, None]).sum(axis=1, keepdims=True)
        return {output.name: result for output, result in zip(self.card.outputs, mixed, strict=True)}

    def on_cpu(self) -> Ensemble:
        """The same on the CPU."""
        twin = copy.copy(self)
        twin._sessions = tuple(session.on_cpu() for session in self._sessions)
        twin.provider = twin._sessions[0].provider
        return twin

    def _looked(self, session: Session, window: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The mean of the session's looks at a window, by the names of its outputs."""
        name = session.card.inputs[0].name
        height, width = window.shape[2:]
        # a session for windows of one size takes none that lie across
        most = _LYING if session.one_size and height != width else MOST_LOOKS
        looks = [which for which in self._looks if which < most]
        total: dict[str, NDArray[np.float32]] = {}
        for which in looks:
            found = session.run({name: np.ascontiguousarray(turned(window, which))})
            for output, result in found.items():
                seen = turned_back(result, which)
                if output in total:
                    total[output] += seen
                else:
                    total[output] = seen
        if len(looks) > 1:
            for result in total.values():
                result /= len(looks)
        return total

    def _mixed(self, results: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        return results[0] if len(results) == 1 else weighted(results, self._weights)


class LedEnsemble:
    """One look at a window, led by the masks of others: damage is where their mean and it together see it.

    What fills the damage is most of the network's work, and the mean of the masks most of what several looks
    gain: so the others are for the mask alone.
    """

    def __init__(self, ensemble: Ensemble, looks: int) -> None:
        """``looks`` in all, at an ensemble that gives the picture and the mask."""
        self._ensemble = ensemble
        self._others = ensemble.of_masks().of_looks(looks - 1, 1) if looks > 1 else None
        self._looks = looks

    @property
    def card(self) -> ModelCard:
        return self._ensemble.card

    @property
    def provider(self) -> str:
        return self._ensemble.provider

    def on_cpu(self) -> LedEnsemble:
        return LedEnsemble(self._ensemble.on_cpu(), self._looks)

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """See :meth:`Ensemble.run`."""
        if self._others is None:
            return self._ensemble.run(inputs)
        (name, window), *_ = inputs.items()
        mask = self.card.outputs[1].name
        led = window.copy()
        led[:, -1:] += _logit(self._others.run(inputs)[mask]) / _LOGITS
        found = self._ensemble.run({name: led})
        # The logits add up, and their sum is twice their mean.
        found[mask] = _ONE / (_ONE + np.exp(-_HALF * _logit(found[mask])))
        return found


def _logit(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    mask = np.clip(mask, _LEAST, _ONE - _LEAST)
    logits: NDArray[np.float32] = np.log(mask / (_ONE - mask))
    return logits


def turned(window: NDArray[np.float32], which: int) -> NDArray[np.float32]:
    """NCHW in one of eight orientations (the dihedral group of the square), ``which`` from 0 to 7: bit 0
    mirrors, bit 1 turns upside down, then bit 2 swaps height and width."""
    mirrored = window[..., :: -1 if which & 2 else 1, :: -1 if which & 1 else 1]
    return mirrored.swapaxes(2, 3) if which >= _LYING else mirrored


def turned_back(window: NDArray[np.float32], which: int) -> NDArray[np.float32]:
    """What :func:`turned` turned, as it was."""
    return turned(window.swapaxes(2, 3) if which >= _LYING else window, which % _LYING)


def finds_mask(card: ModelCard) -> bool:
    """Whether the model says where a watermark, or damage, is."""
    return any(_is_mask(output) for output in card.outputs)


def cleans_alone(card: ModelCard) -> bool:
    """Whether the model also gives the picture without artifacts, but with what it took for a watermark."""
    return replace(card.outputs[0], name=_CLEANED) in card.outputs


def _is_mask(tensor: Tensor) -> bool:
    return tensor.colour_space == "mask" and tensor.channels == 1


def _mask_of(card: ModelCard) -> Tensor:
    return next(output for output in card.outputs if _is_mask(output))


def _card(cards: Sequence[ModelCard], *, gray: bool, mask: bool, guided: bool) -> ModelCard:
    """What is true of all the models at once: largest halo, common multiple, most careful tiling."""
    first = cards[0]
    for card in cards:
        _check(card, like=first, guided=guided)
    multiple = math.lcm(*(card.size_multiple for card in cards))
    sizes = {card.fixed_size for card in cards if card.fixed_size is not None}
    if len(sizes) > 1 or any(side % multiple for size in sizes for side in size):
        raise _unlike(first, cards[1])
    exact = all(card.tiling is Tiling.EXACT for card in cards)
    channels = 1 if gray else 3
    picture = replace(first.outputs[0], channels=channels)
    return replace(
        first,
        size_multiple=multiple,
        fixed_size=next(iter(sizes), None),
        halo=max(card.halo for card in cards),
        tiling=Tiling.EXACT if exact else Tiling.BLEND,
        inputs=(replace(first.inputs[0], channels=channels + guided),),
        outputs=(picture, _mask_of(first)) if mask else (picture,),
    )


def _check(card: ModelCard, *, like: ModelCard, guided: bool) -> None:
    """Raises ModelError for a model that makes no RGB out of RGB in tiles, or unlike its neighbour."""
    channels = [tensor.channels for tensor in (*card.inputs, card.outputs[0])]
    if channels != [3 + guided, 3] or card.tiling is Tiling.WHOLE:
        source = "RGB and where to look" if guided else "RGB"
        raise ModelError(
            f"The model {card.name} does not make RGB out of {source} in tiles; choose another with --model."
        )
    if _values(card) != _values(like) or card.scale != like.scale:
        raise _unlike(like, card)


def _unlike(first: ModelCard, second: ModelCard) -> ModelError:
    return ModelError(
        f"The models {first.name} and {second.name} do not go together; "
        "set detail to 0 or 1, or choose one of them with --model."
    )


def _values(card: ModelCard) -> list[object]:
    """What the numbers of its input and output mean."""
    return [(tensor.range, tensor.colour_space) for tensor in (card.inputs[0], card.outputs[0])]
