"""Which models the engine has, and what of the settings they can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unfade.filters import preference
from unfade.models import Source, Variant


@dataclass(frozen=True)
class Models:
    """Which models the engine has."""

    scales: Mapping[Variant, frozenset[int]] = field(default_factory=dict)
    """The native scales of the upscaling models."""
    tasks: frozenset[str] = frozenset()
    masks: Mapping[str | None, bool] = field(default_factory=dict)
    """Whether De-artifact's models find watermarks, by name and by path; None is the one run by default."""

    @classmethod
    def of(cls, listing: Mapping[str, Any]) -> Models:
        """From the engine's reply to ``list``."""
        found = [
            (model["filter"], Variant(model["variant"]), int(model["scale"])) for model in listing["models"]
        ]
        scales = {
            variant: frozenset(scale for task, kind, scale in found if (task, kind) == ("upscale", variant))
            for variant in Variant
        }
        return cls(scales, frozenset(task for task, _, _ in found), _masks(listing["models"]))

    def finds_mask(self, name: str | None) -> bool | None:
        """Whether De-artifact's model of that name or path, None the usual one, tells where a watermark is.

        None where the engine has not told of it (yet).
        """
        return self.masks.get(name)

    @property
    def detail(self) -> bool:
        """Whether there is something to choose between: a faithful and a GAN model of one scale."""
        return bool(self.both)

    @property
    def both(self) -> frozenset[int]:
        """The native scales for which there is a faithful and a GAN model."""
        none: frozenset[int] = frozenset()
        return self.scales.get(Variant.FAITHFUL, none) & self.scales.get(Variant.GAN, none)


def _masks(models: Iterable[Mapping[str, Any]]) -> dict[str | None, bool]:
    cleaning = [model for model in models if model["filter"] == "deartifact"]
    found: dict[str | None, bool] = {}
    for model in cleaning:
        found[model["name"]] = found[model["path"]] = model["mask"]
    if cleaning:
        usual = min(cleaning, key=lambda one: preference(Source(one["source"]), Variant(one["variant"])))
        found[None] = usual["mask"]
    return found
