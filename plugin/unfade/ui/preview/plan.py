"""What the engine has to be asked for to show a state, and what is left to blend here.

The last filter is asked for at full strength and natural saturation, so that moving those asks for nothing.
Options of the filters before it are what the last one works on, so they go to the engine as they are.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from unfade.filters import Mix, Stroke, blends_live, patch_bounds
from unfade.inference import Bounds, Extent
from unfade.ui.document import ORDER, State
from unfade.ui.preview.models import Models

_STROKES_FELT = 192  # pixels beyond a stroke: the halos of the networks after it, generously


class Under(Enum):
    """What a result of less than full strength lies over."""

    NOTHING = auto()
    SOURCE = auto()
    ENLARGED = auto()
    """The source, resampled to the result's size."""
    LAYER = auto()
    """What the filters before the last one give."""


@dataclass(frozen=True)
class Layer:
    """Something to ask the engine for: a state whose blending is left out."""

    state: State

    @functools.cached_property
    def steps(self) -> tuple[dict[str, Any], ...]:
        """As the service takes them."""
        return tuple(self.state.steps)

    @functools.cached_property
    def key(self) -> str:
        """Equal for what gives equal results."""
        return json.dumps(self.steps, sort_keys=True)

    def near(self, bounds: Bounds, extent: Extent) -> Layer:
        """The layer for a part of the picture: without strokes that are too far away to be felt there."""
        strokes = self.state.options("deartifact").strokes
        if not strokes or "colorize" in self.state.enabled:
            return self
        felt = bounds.grown(_STROKES_FELT)
        patches = [patch for patch in self._patches(extent) if patch.overlaps(felt)]
        kept = tuple(
            stroke
            for stroke in strokes
            if stroke.box.overlaps(felt) or any(stroke.box.overlaps(patch) for patch in patches)
        )
        if kept not in self._by_strokes:  # most parts feel none: they share one layer, and its key
            self._by_strokes[kept] = Layer(self.state.with_options("deartifact", strokes=kept))
        return self._by_strokes[kept]

    def _patches(self, extent: Extent) -> Sequence[Bounds]:
        if extent not in self._patches_of:
            self._patches_of[extent] = patch_bounds(self.state.options("deartifact").strokes, extent)
        return self._patches_of[extent]

    @functools.cached_property
    def _by_strokes(self) -> dict[tuple[Stroke, ...], Layer]:
        return {}

    @functools.cached_property
    def _patches_of(self) -> dict[Extent, Sequence[Bounds]]:
        return {}


@dataclass(frozen=True)
class Plan:
    """How a state is shown."""

    result: Layer
    other: Layer | None
    """The second result, for detail between 0 and 1."""
    before: Layer | None
    """What the filters before the last one give, where it is needed."""
    under: Under
    blend: Mix
    scale: float

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All there is to ask for."""
        return tuple(layer for layer in (self.result, self.other, self.before) if layer is not None)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The filters, in their order."""
        return self.result.state.filters

    def near(self, bounds: Bounds, extent: Extent) -> Plan:
        """The plan for a part of the picture."""
        if not self.result.state.options("deartifact").strokes:
            return self

        def there(layer: Layer | None) -> Layer | None:
            return None if layer is None else layer.near(bounds, extent)

        return dataclasses.replace(
            self,
            result=self.result.near(bounds, extent),
            other=there(self.other),
            before=there(self.before),
        )


def make_plan(state: State, models: Models, *, gray_profile: bool = False) -> Plan | None:
    """The plan for a state; None where no filter is on.

    Args:
        state: what is to be shown.
        models: the engine's.
        gray_profile: the picture is gray and has a colour profile, in which Colorize's result no longer is.
    """
    tasks = state.filters
    if not tasks:
        return None
    last, chained = tasks[-1], len(tasks) > 1
    bare = _bare(state)
    other = before = None
    under, blend = Under.NOTHING, Mix()
    options = state.options(last)
    if last == "upscale":
        if _blends_details(state, models):
            other = Layer(bare.with_options(last, detail=1.0))
            bare, blend = bare.with_options(last, detail=0.0), Mix(detail=options.detail)
        local = not chained
        under = Under.ENLARGED
    elif last == "colorize":
        bare, blend = bare.with_options(last, saturation=1.0), Mix(saturation=options.saturation)
        local = not chained or not gray_profile
        under = Under.LAYER if chained else Under.SOURCE
    else:
        local, under = True, Under.SOURCE
    if local and options.strength < 1:
        blend = dataclasses.replace(blend, strength=options.strength)
        before = Layer(_bare(state.switched(last, False))) if under is Under.LAYER else None
    else:
        under = Under.NOTHING
    if local:
        bare = bare.with_options(last, strength=1.0)
        other = other and Layer(other.state.with_options(last, strength=1.0))
    return Plan(Layer(bare), other, before, under, blend, state.scale)


def _bare(state: State) -> State:
    """Without the options of filters that are off."""
    defaults = State()
    for task in ORDER:
        if task not in state.enabled:
            state = state.with_all(task, defaults.options(task))
    return state


def _blends_details(state: State, models: Models) -> bool:
    """Whether detail is a blend of two results: with two passes it is not, for the second reads a blend."""
    return blends_live(state.options("upscale"), models.both)
