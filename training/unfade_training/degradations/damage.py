"""Damaged prints, slides and negatives, for Repair, with where the damage is as a mask."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .base import (
    UNTOLD,
    Degradation,
    Degraded,
    Mask,
    Pixels,
    chance,
    check_between,
    check_range,
    check_shares,
    integer,
    log_uniform,
    uniform,
)
from .damage_shapes import (
    DRAWN,
    LENGTHS,
    SCANS,
    Plane,
    pick_kind,
    real_shape,
    roughness,
    scanned,
    shape_files,
    soften,
)
from .marks import text_mark
from .noise import MARGIN, film_grain, to_bytes
from .operations import SUBSAMPLINGS, shifted_jpeg

KINDS = (*LENGTHS, SCANS, *DRAWN)
LARGE = ("torn", "blotch", "fingerprint", "stain", "foxing")
"""Kinds that cover areas; of these there are few on a picture."""
TRANSLUCENT = ("blotch", "fingerprint", "stain", "foxing", "smut")
VISIBLE = 8 / 255
"""Difference in some channel below which damage cannot be seen."""
FAINT = np.float32(0.02)
"""Opacity that the mask says of damage that cannot be seen: the loss asks for neither answer there."""
TOLD_FROM = (0.02, 0.3)
"""Opacity from which damage is told of."""
ALARM_SHARE = 0.3
"""How many of the told ones are told of damage where there is none, too."""
BENEATH_SHARE, BENEATH = 2 / 3, (4.0, 14.0)
"""How many pictures have damage that stays, and how much (see ``count``)."""
BROWN = np.array([0.45, 0.3, 0.14], np.float32)


@dataclass(frozen=True)
class Damage(Degradation):
    """A photograph, perhaps old itself, with scratches, dust, hairs, creases, stains and torn parts.

    What belongs to the photograph (its gray or brown tone, grain, the paper's texture, text in it) stays in
    the target; what was done to it later does not. The picture becomes ``(1 - A) x + A c`` for one shape
    after the other, then usually a JPEG; the mask is the opacity of them all, at most :data:`FAINT` where
    nothing is to be seen of it, as white dust before a white sky.

    Attributes:
        shapes: folder of real shapes, with a sub-folder of pictures (white where damage is) for each kind of
            :data:`LENGTHS`, and ``scans`` of 1-bit pictures of where damage lay on whole scans. Empty: drawn
            shapes alone.
        clean_share: how many pictures are not damaged, and are to be left alone.
        kinds: share of each kind of shape; real ones count only where there is a folder.
        beneath: kinds of which some lie on two pictures in three and belong to them: they stay in the target,
            and the mask does not tell of them. So a network learns what is large beside what is small.
        side: the shorter side, in pixels, that the whole picture is thought to have, which all sizes follow:
            the same hair is ten times longer in a scan of 2400 dpi than in one of 240.
        count: shapes on a square as large as that side; each doubling is as likely. A crop has 1 to 10.
        opacity: of what covers.
        translucent: of stains and fingerprints.
        dark_share: how many pictures have mostly dark damage (dirt on a print, dust on a slide), not bright.
        tint_share: how many shapes have a colour: emulsion layers scratched one by one, rust, ink.
        gray_share: how many pictures are gray, a third of them toned.
        grain_share: how many have film grain, which stays.
        texture_share: how many are printed on textured paper, which stays.
        text_share: how many have opaque text in them, which stays.
        soft_share: how many have damage a little out of focus.
        told_share: how many of the pictures have a fourth channel that says where they are damaged, about:
            255 there and 0 elsewhere, a little wide, and at times where nothing is, too. The others have
            :data:`UNTOLD` there. A fill learns best from these; what finds damage learns nothing from them,
            and is to be held. 0: there is no fourth channel.
        jpeg_share: how many are JPEGs.
        quality: JPEG quality.
        subsampling: share of each chroma subsampling.
    """

    masks: ClassVar[bool] = True

    shapes: str = ""
    clean_share: float = 0.1
    kinds: Mapping[str, float] = field(
        default_factory=lambda: {
            "hair": 3.0,
            "hair-short": 2.0,
            "lint": 2.0,
            "scratches": 2.5,
            "stain": 1.5,
            "smut": 1.5,
            "spots": 1.5,
            "dots": 1.5,
            "dirt": 1.5,
            "sprinkles": 1.5,
            "scans": 1.5,
            "scratch": 1.5,
            "tramlines": 1.5,
            "drawn-hair": 0.7,
            "dust": 1.0,
            "crease": 2.5,
            "cracks": 0.7,
            "torn": 1.0,
            "blotch": 0.4,
            "foxing": 0.5,
            "fingerprint": 0.3,
        }
    )
    beneath: Mapping[str, float] = field(default_factory=dict)
    side: tuple[float, float] = (300.0, 2000.0)
    count: tuple[float, float] = (8.0, 48.0)
    opacity: tuple[float, float] = (0.6, 1.0)
    translucent: tuple[float, float] = (0.15, 0.8)
    dark_share: float = 0.25
    tint_share: float = 0.2
    gray_share: float = 0.3
    grain_share: float = 0.3
    texture_share: float = 0.12
    text_share: float = 0.08
    soft_share: float = 0.3
    told_share: float = 0.0
    jpeg_share: float = 0.8
    quality: tuple[int, int] = (72, 97)
    subsampling: Mapping[str, float] = field(default_factory=lambda: {"4:4:4": 0.6, "4:2:0": 0.4})

    def __post_init__(self) -> None:
        for name in (
            "clean_share",
            "dark_share",
            "tint_share",
            "gray_share",
            "grain_share",
            "texture_share",
            "text_share",
            "soft_share",
            "told_share",
            "jpeg_share",
        ):
            check_between(name, getattr(self, name), 0, 1)
        check_shares("kinds", self.kinds, KINDS)
        if self.beneath:
            check_shares("beneath", self.beneath, KINDS)
            if not self.shapes and not any(self.beneath.get(kind) for kind in DRAWN):
                raise ValueError("beneath names real shapes only, which are in the folder that shapes names.")
        if self.shapes:
            shape_files(self.shapes)
        elif not any(self.kinds.get(kind) for kind in DRAWN):
            raise ValueError("kinds names real shapes only, which are in the folder that shapes names.")
        check_range("side", self.side, 64, 10000)
        check_range("count", self.count, 0.5, 1000)
        check_range("opacity", self.opacity, 0.05, 1)
        check_range("translucent", self.translucent, 0.05, 1)
        check_range("quality", self.quality, 1, 100)
        check_shares("subsampling", self.subsampling, SUBSAMPLINGS)

    @property
    def margin(self) -> int:
        return MARGIN

    @property
    def tells(self) -> bool:  # type: ignore[override]
        return self.told_share > 0

    @functools.cached_property
    def _below(self) -> Damage:
        """What draws the damage that stays."""
        return replace(self, kinds=self.beneath, count=BENEATH, beneath={})

    def held_out(self) -> Damage:
        """What was told would be found in every score."""
        return replace(self, told_share=0.0)

    def apply(self, crop: Pixels | Mask, rng: np.random.Generator) -> Degraded:
        pixels = self._take(crop)
        photo = self._photograph(pixels, chance(rng, self.gray_share), rng)
        if self.beneath and chance(rng, BENEATH_SHARE):
            photo, _ = self._below.draw(photo, rng, gray=np.ptp(photo, axis=2).max() == 0)
        alpha = np.zeros(photo.shape[:2], np.float32)
        x = photo
        if not chance(rng, self.clean_share):
            x, alpha = self.draw(photo, rng, gray=np.ptp(photo, axis=2).max() == 0)
            unseen = np.abs(x - photo).max(axis=2) < VISIBLE
            alpha = np.where(unseen, np.minimum(alpha, FAINT), alpha)
        damaged = to_bytes(x)
        if chance(rng, self.jpeg_share):
            damaged = shifted_jpeg(damaged, rng, self.quality, self.subsampling, MARGIN)
        m = MARGIN
        picture, mask = np.ascontiguousarray(damaged[m:-m, m:-m]), np.ascontiguousarray(alpha[m:-m, m:-m])
        if self.tells:
            picture = np.dstack([picture, self._told(mask, rng)])
        return Degraded(picture, self._middle(to_bytes(photo)), mask)

    def _told(self, alpha: Mask, rng: np.random.Generator) -> NDArray[np.uint8]:
        """The fourth channel for damage of an opacity, HW."""
        if not chance(rng, self.told_share):
            return np.full(alpha.shape, UNTOLD, np.uint8)
        where = alpha > uniform(rng, TOLD_FROM)
        if chance(rng, ALARM_SHARE):  # what is damage at another place
            where |= np.roll(where[:, ::-1], integer(rng, (0, alpha.shape[0] - 1)), axis=0)
        side = 2 * integer(rng, (0, 2)) + 1
        return np.asarray(Image.fromarray(where).convert("L").filter(ImageFilter.MaxFilter(side)))

    def draw(self, photo: Plane, rng: np.random.Generator, gray: bool = False) -> tuple[Plane, Plane]:
        """(picture with the damage, its opacity HW), before any compression.

        Args:
            photo: HW3 sRGB in [0, 1].
            rng: of all draws.
            gray: damage has no colour of its own, as in a gray scan.
        """
        size = photo.shape[:2]
        side = log_uniform(rng, self.side)
        expected = log_uniform(rng, self.count) * size[0] * size[1] / (side * side)
        number = max(1, min(10, round(expected)))
        dark = chance(rng, self.dark_share)
        alpha = np.zeros(size, np.float32)
        x = photo
        kinds = dict(self.kinds)
        for _ in range(number):
            kind = pick_kind(rng, self.shapes, kinds)
            if kind in LARGE:  # one of each is enough
                kinds[kind] = 0.0
            shape = self._shape(kind, rng, size, side)
            if chance(rng, self.soft_share):
                shape = soften(shape, uniform(rng, (0.4, 1.3)))
            strength = uniform(
                rng, self.translucent if kind in TRANSLUCENT and chance(rng, 0.8) else self.opacity
            )
            a = shape * np.float32(1.0 if kind == "torn" else strength)
            colour = self._colour(kind, rng, size, dark, gray)
            x = x + a[..., None] * (colour - x)
            alpha += a * (1 - alpha)
            if not any(kinds.values()):
                break
        return x, alpha

    def _shape(self, kind: str, rng: np.random.Generator, size: tuple[int, int], side: float) -> Plane:
        if kind in DRAWN:
            return DRAWN[kind](rng, size, side)
        if kind == SCANS:
            return scanned(rng, self.shapes, size, side)
        return real_shape(rng, self.shapes, kind, size, side)

    def _colour(
        self, kind: str, rng: np.random.Generator, size: tuple[int, int], dark: bool, gray: bool
    ) -> Plane:
        """What lies there: 3, or HW3 where it is not one colour."""
        turned = chance(rng, 0.15) and kind not in ("torn", "crease")
        if kind in ("torn", "crease") and not chance(rng, 0.1):
            dark = False  # paper
        value = uniform(rng, (0.0, 0.25) if dark != turned else (0.78, 1.0))
        colour = np.full(3, value, np.float32)
        brown = kind in ("foxing", "blotch", "stain") and chance(rng, 0.6)
        if brown:
            colour = BROWN * np.float32(uniform(rng, (0.5, 1.8)))
        elif chance(rng, self.tint_share):
            strong = 0.6 if kind in ("scratch", "scratches") else 0.25
            colour = colour + rng.uniform(-strong, strong, 3).astype(np.float32)
        elif kind in ("torn", "crease", "cracks") and chance(rng, 0.5):  # paper that has yellowed
            yellow = (1.0, uniform(rng, (0.85, 1.0)), uniform(rng, (0.6, 0.95)))
            colour = colour * np.array(yellow, np.float32)
        colour = np.clip(colour, 0, 1)
        if gray:
            colour = np.full(3, colour.mean(), np.float32)
        if kind in ("torn", "crease", "smut", "blotch") and chance(rng, 0.5):
            rough = roughness(rng, size, log_uniform(rng, (1, 20)), uniform(rng, (0.03, 0.2)))
            return colour * rough[..., None]
        return colour

    def _photograph(self, pixels: Pixels, gray: bool, rng: np.random.Generator) -> Plane:
        """The undamaged photograph, HW3 in [0, 1]: toned, grainy, on paper, written on."""
        image = Image.fromarray(pixels)
        if chance(rng, self.text_share):
            mark = text_mark(rng, integer(rng, (9, 40))).fill
            left, top = (
                int(rng.integers(-side // 2, max(window - side // 2, 1 - side // 2)))
                for side, window in zip(mark.size, image.size, strict=True)
            )
            r, g, b = (int(v) for v in np.resize(rng.choice([0, 255], 3 if chance(rng, 0.3) else 1), 3))
            image.paste((r, g, b), (left, top), mark)
        if gray:
            image = image.convert("L")
        x: Plane = np.asarray(image, np.float32).reshape(*pixels.shape[:2], -1) / np.float32(255)
        if chance(rng, self.grain_share):
            x = film_grain(x, rng, log_uniform(rng, (1.5, 14)) / 255, uniform(rng, (0.2, 1.2)))
        if chance(rng, self.texture_share):
            period = log_uniform(rng, (2, 10))
            x = x * roughness(rng, pixels.shape[:2], period, uniform(rng, (0.03, 0.15)))[..., None]
        if gray and chance(rng, 0.35):  # toned: from a dark brown to a pale yellow
            darkest = np.sort(rng.uniform(0, 0.25, 3))[::-1].astype(np.float32)
            brightest = np.sort(rng.uniform(0.75, 1.0, 3))[::-1].astype(np.float32)
            x = darkest + x * (brightest - darkest)
        elif chance(rng, 0.25):  # faded
            low, high = uniform(rng, (0, 0.2)), uniform(rng, (0.75, 1.0))
            x = np.float32(low) + x * np.float32(high - low)
        whole: Plane = np.clip(np.broadcast_to(x, pixels.shape), 0, 1)
        return whole
