"""The models of a blend behind the face of a single session, so that tiles are run and mixed one by one."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.inference import Session
from unfade.models import ModelCard, Tensor, Tiling

LUMA = np.array([0.299, 0.587, 0.114], np.float32).reshape(1, 3, 1, 1)
"""ITU-R BT.601, the luma of JPEG and of Pillow."""


@dataclass
class Ledger:
    """What the sessions spent on one picture."""

    seconds: float = 0.0
    """Time inside the network."""


class Generator:
    """One or more models with their weights, and gray pictures for models that know only colour.

    It runs where a :class:`Session` runs. Mixing per tile needs no second picture-sized buffer; gray goes in
    as three equal channels and comes back as luma. With ``mask``, the models' watermark masks are mixed too
    and follow the picture; without, they are left out.
    """

    def __init__(
        self,
        sessions: Sequence[Session],
        weights: Sequence[float],
        ledger: Ledger,
        *,
        gray: bool,
        mask: bool = False,
    ) -> None:
        self._sessions = tuple(sessions)
        self._weights = tuple(weights)
        self._ledger = ledger
        self._gray = gray
        self._mask = mask
        self.card = _card([session.card for session in sessions], gray=gray, mask=mask)
        self.provider = sessions[0].provider

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """One window, NCHW float32, by the names on ``card``: the weighted sum of the models' results."""
        window = inputs[self.card.inputs[0].name]
        if self._gray:
            window = np.repeat(window, 3, axis=1)
        started = time.perf_counter()
        results = [session.run({session.card.inputs[0].name: window}) for session in self._sessions]
        self._ledger.seconds += time.perf_counter() - started
        picture = self._mixed(
            [
                result[session.card.outputs[0].name]
                for session, result in zip(self._sessions, results, strict=True)
            ]
        )
        if self._gray:
            picture = (picture * LUMA).sum(axis=1, keepdims=True)
        mixed = {self.card.outputs[0].name: picture}
        if self._mask:
            names = [_mask_of(session.card).name for session in self._sessions]
            masks = [result[name] for name, result in zip(names, results, strict=True)]
            mixed[self.card.outputs[1].name] = self._mixed(masks)
        return mixed

    def on_cpu(self) -> Generator:
        """The same on the CPU."""
        sessions = [session.on_cpu() for session in self._sessions]
        return Generator(sessions, self._weights, self._ledger, gray=self._gray, mask=self._mask)

    def _mixed(self, results: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        if len(results) == 1:
            return results[0]
        mixed = results[0] * np.float32(self._weights[0])
        for weight, result in zip(self._weights[1:], results[1:], strict=True):
            mixed += result * np.float32(weight)
        return mixed


def finds_mask(card: ModelCard) -> bool:
    """Whether the model says where a watermark is."""
    return any(_is_mask(output) for output in card.outputs)


def _is_mask(tensor: Tensor) -> bool:
    return tensor.colour_space == "mask" and tensor.channels == 1


def _mask_of(card: ModelCard) -> Tensor:
    return next(output for output in card.outputs if _is_mask(output))


def _card(cards: Sequence[ModelCard], *, gray: bool, mask: bool) -> ModelCard:
    """What is true of all the models at once: largest halo, common multiple, most careful tiling."""
    first = cards[0]
    for card in cards:
        _check(card, like=first)
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
        inputs=(replace(first.inputs[0], channels=channels),),
        outputs=(picture, _mask_of(first)) if mask else (picture,),
    )


def _check(card: ModelCard, *, like: ModelCard) -> None:
    """Raises ModelError for a model that makes no RGB out of RGB in tiles, or unlike its neighbour."""
    channels = [tensor.channels for tensor in (*card.inputs, card.outputs[0])]
    if channels != [3, 3] or card.tiling is Tiling.WHOLE:
        raise ModelError(
            f"The model {card.name} does not make RGB out of RGB in tiles; choose another with --model."
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
