"""What the engine has to be asked for to show a state, by the models it has, and what is left to blend here.

The last filter is asked for with its live options (:class:`unfade.filters.Filter`) at full strength, so that
moving those asks for nothing. Options of the filters before it are what the last one works on, so they go to
the engine as they are.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from unfade.filters import OVER_SOURCE, Filter, Mix, Stroke, at_full, find_filter, patch_bounds, preference
from unfade.inference import Bounds, Extent
from unfade.models import Source, Tiling, Variant
from unfade.ui.document import ORDER, State


@dataclass(frozen=True)
class Named:
    """A model as a person chooses it."""

    name: str
    path: str
    title: str


@dataclass(frozen=True)
class Models:
    """Which models the engine has, by the filters they are for."""

    scales: Mapping[tuple[str, Variant], frozenset[int]] = field(default_factory=dict)
    """The native scales of a filter's models of a variant."""
    filters: frozenset[str] = frozenset()
    """The filters that have a model."""
    masks: Mapping[tuple[str, str | None], bool] = field(default_factory=dict)
    """Whether a filter's model makes a mask, by its name and by its path; None is the one run by default."""
    reach: Mapping[str, int] = field(default_factory=dict)
    """The largest halo of a filter's models, in pixels of what they read; none where one reads the whole."""
    named: Mapping[str, tuple[Named, ...]] = field(default_factory=dict)
    """The models that a filter can be told to use, the usual ones first."""

    @classmethod
    def of(cls, listing: Mapping[str, Any]) -> Models:
        """From the engine's reply to ``list``."""
        by_filter: dict[str, list[Mapping[str, Any]]] = {}
        for model in sorted(listing["models"], key=_preference):
            by_filter.setdefault(model["filter"], []).append(model)
        return cls(
            scales={
                (name, variant): frozenset(
                    int(model["scale"]) for model in models if Variant(model["variant"]) is variant
                )
                for name, models in by_filter.items()
                for variant in Variant
            },
            filters=frozenset(by_filter),
            masks={key: mask for name, models in by_filter.items() for key, mask in _masks(name, models)},
            reach={
                name: max(int(model["halo"]) for model in models)
                for name, models in by_filter.items()
                if all(Tiling(model["tiling"]) is Tiling.EXACT for model in models)
            },
            named={
                name: tuple(
                    Named(model["name"], model["path"], model["title"] or model["name"]) for model in models
                )
                for name, models in by_filter.items()
            },
        )

    def both(self, filter: str) -> frozenset[int]:
        """The native scales for which a filter has a faithful and a GAN model."""
        none: frozenset[int] = frozenset()
        faithful, gan = (self.scales.get((filter, one), none) for one in (Variant.FAITHFUL, Variant.GAN))
        return faithful & gan

    def finds_mask(self, filter: str, model: str | None) -> bool | None:
        """Whether a filter's model of that name or path, None the usual one, makes a mask.

        None where the engine has not told of it (yet).
        """
        return self.masks.get((filter, model))

    def reach_of(self, filters: Iterable[str]) -> int | None:
        """How far a change of the picture is felt in these filters' result; None for everywhere."""
        reaches = [self.reach.get(name) for name in filters]
        return None if None in reaches else sum(reach for reach in reaches if reach is not None)


def _preference(model: Mapping[str, Any]) -> tuple[bool, bool]:
    return preference(Source(model["source"]), Variant(model["variant"]))


def _masks(filter: str, models: list[Mapping[str, Any]]) -> Iterable[tuple[tuple[str, str | None], bool]]:
    """``models`` in the order of preference."""
    yield (filter, None), models[0]["mask"]
    for model in models:
        yield (filter, model["name"]), model["mask"]
        yield (filter, model["path"]), model["mask"]


_FILLING = 64  # pixels beyond a stroke: the blur of its edge and of what fills it


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
    reach: int | None = None
    """How far, in pixels, a change of the picture is felt in the result; None for everywhere."""

    @functools.cached_property
    def steps(self) -> tuple[dict[str, Any], ...]:
        """As the service takes them."""
        return tuple(self.state.steps)

    @functools.cached_property
    def key(self) -> str:
        """Equal for what gives equal results."""
        return json.dumps(self.steps, sort_keys=True)

    @functools.cached_property
    def strokes(self) -> Mapping[str, tuple[Stroke, ...]]:
        """What is painted, by the filter it is for."""
        found = {name: getattr(self.state.options(name), "strokes", ()) for name in self.state.filters}
        return {name: strokes for name, strokes in found.items() if strokes}

    def leaves(self, name: str) -> bool:
        """Whether a filter that finds watermarks leaves them there."""
        return getattr(self.state.options(name), "watermark", True) is False

    def near(self, bounds: Bounds, extent: Extent) -> Layer:
        """The layer for a part of the picture: without strokes that are too far away to be felt there."""
        if not self.strokes or self.reach is None:
            return self
        felt = bounds.grown(self.reach + _FILLING)
        kept = {}
        for name, strokes in self.strokes.items():
            patches = [patch for patch in self._patches(name, extent) if patch.overlaps(felt)]
            kept[name] = tuple(
                stroke
                for stroke in strokes
                if stroke.box.overlaps(felt) or any(stroke.box.overlaps(patch) for patch in patches)
            )
        found = tuple(kept.items())
        if found not in self._by_strokes:  # most parts feel none: they share one layer, and its key
            state = self.state
            for name, strokes in found:
                state = state.with_options(name, strokes=strokes)
            self._by_strokes[found] = Layer(state, self.reach)
        return self._by_strokes[found]

    def _patches(self, name: str, extent: Extent) -> tuple[Bounds, ...]:
        at = (name, extent)
        if at not in self._patches_of:
            self._patches_of[at] = tuple(patch_bounds(self.strokes[name], extent))
        return self._patches_of[at]

    @functools.cached_property
    def _by_strokes(self) -> dict[tuple[tuple[str, tuple[Stroke, ...]], ...], Layer]:
        return {}

    @functools.cached_property
    def _patches_of(self) -> dict[tuple[str, Extent], tuple[Bounds, ...]]:
        return {}


@dataclass(frozen=True)
class Plan:
    """How a state is shown."""

    result: Layer
    other: Layer | None
    """The second result, for detail or grain between 0 and 1."""
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
    def filters(self) -> tuple[str, ...]:
        """The names of the filters, in their order."""
        return self.result.state.filters

    @functools.cached_property
    def masked(self) -> tuple[str, ...]:
        """The filters that tell where they found something."""
        return tuple(name for name in self.filters if find_filter(name).mask is not None)

    def near(self, bounds: Bounds, extent: Extent) -> Plan:
        """The plan for a part of the picture."""
        if not self.result.strokes:
            return self

        def there(layer: Layer | None) -> Layer | None:
            return None if layer is None else layer.near(bounds, extent)

        return dataclasses.replace(
            self,
            result=self.result.near(bounds, extent),
            other=there(self.other),
            before=there(self.before),
        )


def make_plan(state: State, models: Models) -> Plan | None:
    """The plan for a state; None where no filter is on. ``models`` are the engine's."""
    if not state.enabled:
        return None
    *others, name = state.filters
    last, options, bare = find_filter(name), state.options(name), _bare(state)
    enlarges = hasattr(options, "scale")
    live = _live(last, options, models)
    if enlarges and others:  # what the others give has no plain enlargement here
        live -= OVER_SOURCE
    blend, full = Mix.of(options, live), at_full(options, live)

    def layer(state: State) -> Layer:
        return Layer(state, models.reach_of(state.filters))

    # detail's second result is asked for at once, grain's, which takes the whole picture, where it is wanted
    towards = "detail" if "detail" in live else "grain" if blend.grain > 0 else None
    under = Under.NOTHING
    if blend.needs_under:
        under = Under.ENLARGED if enlarges else Under.LAYER if others else Under.SOURCE
    return Plan(
        result=layer(bare.with_all(name, full)),
        other=None
        if towards is None
        else layer(bare.with_all(name, dataclasses.replace(full, **{towards: 1.0}))),
        before=layer(_bare(state.switched(name, False))) if under is Under.LAYER else None,
        under=under,
        blend=blend,
        scale=state.scale,
    )


def _live(filter: Filter, options: Any, models: Models) -> frozenset[str]:
    """The options of a filter that are blended here."""
    if filter.live_for is None:
        return frozenset(filter.live_options)
    return frozenset(filter.live_for(options, models.both(filter.name)))


def _bare(state: State) -> State:
    """Without the options of filters that are off."""
    defaults = State()
    for name in ORDER:
        if name not in state.enabled:
            state = state.with_all(name, defaults.options(name))
    return state
