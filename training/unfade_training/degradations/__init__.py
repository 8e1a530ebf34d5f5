"""What happens to photographs on their way to people, for training: degradations by their recipe names, and
mixtures of them; all seeded, on 8-bit pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature

import numpy as np

from ..errors import TrainingError
from ..registry import Registry, from_table
from .ageing import Ageing, Fade
from .base import UNTOLD, Degradation, Degraded, Mask, Pixels
from .damage import Damage
from .downscale import Clean, Compression, Crappify, SimpleWeb, Web
from .hints import NEUTRAL, ColourHints, Hinted
from .noise import Noise
from .watermark import Watermark

__all__ = [
    "DEGRADATIONS",
    "NEUTRAL",
    "Ageing",
    "Clean",
    "ColourHints",
    "Compression",
    "Crappify",
    "Degradation",
    "Degraded",
    "Hinted",
    "Mixture",
    "SimpleWeb",
    "Watermark",
    "Web",
    "build_degradation",
]

DEGRADATIONS: Registry[type[Degradation]] = Registry(
    "kind",
    {
        "clean": Clean,
        "crappify": Crappify,
        "web-simple": SimpleWeb,
        "web": Web,
        "compression": Compression,
        "watermark": Watermark,
        "ageing": Ageing,
        "noise": Noise,
        "fade": Fade,
        "damage": Damage,
    },
)


@dataclass(frozen=True)
class Mixture(Degradation):
    """One of several degradations for each crop, by share.

    Where any of them gives masks, all do: of zeros where nothing was drawn. Where any tells where to look,
    all have that channel.

    Attributes:
        parts: the degradations, all of the same scale.
        shares: their probabilities.
    """

    parts: tuple[Degradation, ...]
    shares: tuple[float, ...]

    @property
    def scale(self) -> int:  # type: ignore[override]
        return self.parts[0].scale

    @property
    def masks(self) -> bool:  # type: ignore[override]
        return any(part.masks for part in self.parts)

    @property
    def gray(self) -> bool:  # type: ignore[override]
        return self.parts[0].gray

    @property
    def tells(self) -> bool:  # type: ignore[override]
        return any(part.tells for part in self.parts)

    def held_out(self) -> Mixture:
        return Mixture(tuple(part.held_out() for part in self.parts), self.shares)

    @property
    def margin(self) -> int:
        return max(part.margin for part in self.parts)

    def with_shares(self, shares: Sequence[float]) -> Mixture:
        """The same parts with other probabilities, relative to each other; 0 leaves a part out.

        Raises:
            ValueError: not one share for each part, a negative one, or nothing but zeros.
        """
        if len(shares) != len(self.parts) or min(shares) < 0 or not sum(shares):
            raise ValueError(
                f"{len(self.parts)} degradations take as many shares of 0 or more, not {list(shares)}."
            )
        return Mixture(self.parts, tuple(shares))

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        part = self.parts[
            int(np.searchsorted(np.cumsum(self.shares), rng.random() * sum(self.shares), side="right"))
        ]
        spare = self.margin - part.margin
        degraded = part.apply(pixels[spare : pixels.shape[0] - spare, spare : pixels.shape[1] - spare], rng)
        picture, mask = degraded.picture, degraded.mask
        if self.tells and not part.tells:
            picture = np.dstack([picture, np.full(picture.shape[:2], UNTOLD, np.uint8)])
        if self.masks and mask is None:
            mask = np.zeros(picture.shape[:2], np.float32)
        return Degraded(picture, degraded.target, mask)


def build_degradation(
    tables: Mapping[str, object] | Sequence[Mapping[str, object]],
    scale: int | None = None,
    where: str = "degradation",
) -> Degradation:
    """The degradation of a recipe: a table, or several that are mixed.

    Each table has ``kind`` (see :data:`DEGRADATIONS`), a ``share`` (default 1, relative), and the kind's
    own options.

    Args:
        tables: as read from TOML's ``[degradation]`` or ``[[degradation]]``.
        scale: of the network; taken by those kinds that have a ``scale`` and do not name one.
        where: the table's name in the recipe, for the errors' sentences.

    Raises:
        TrainingError: an unknown kind or option ("did you mean"), a senseless value, or parts that do not
            fit together.
    """
    tables = [tables] if isinstance(tables, Mapping) else list(tables)
    if not tables:
        raise TrainingError(f"{where}: name at least one degradation of {', '.join(DEGRADATIONS)}.")
    parts, shares = [], []
    for number, table in enumerate(tables, 1):
        place = where if len(tables) == 1 else f"{where} {number}"
        options = dict(table)
        kind, share = options.pop("kind", ""), options.pop("share", 1.0)
        factory = DEGRADATIONS.find(kind, place)
        if isinstance(share, bool) or not isinstance(share, (int, float)) or share <= 0:
            raise TrainingError(f"{place}: share must be a number above 0, not {share!r}.")
        if scale is not None and "scale" not in options and "scale" in signature(factory).parameters:
            options["scale"] = scale
        parts.append(from_table(factory, options, f"{place} ({kind})"))
        shares.append(float(share))
    for part in parts:
        wanted = parts[0].scale if scale is None else scale
        if part.scale != wanted:
            raise TrainingError(
                f"{where}: {type(part).__name__} makes pictures at 1/{part.scale} of the target where "
                f"1/{wanted} is wanted; give all kinds the same scale."
            )
        if part.gray != parts[0].gray:
            raise TrainingError(
                f"{where}: ageing makes gray pictures and cannot be mixed with kinds that make colour."
            )
    return parts[0] if len(parts) == 1 else Mixture(tuple(parts), tuple(shares))
