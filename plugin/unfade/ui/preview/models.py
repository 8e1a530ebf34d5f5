"""Which models the engine has, and what of the settings they can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unfade.filters import preference
from unfade.models import Source, Tiling, Variant


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
