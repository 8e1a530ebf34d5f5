"""Curves and a matrix on pixels: what is rolled off, and what stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.filters.pictures import apart, picture
from unfade.filters.mix import LUMA
from unfade.filters.tones import Taste, ToneMap, Toning, extremes_of, lay_tones
from unfade.picture import to_float

NEUTRAL = Taste()
GRAY = np.tile(LUMA, (3, 1))


def toned(
    colour: NDArray[np.generic], toning: Toning, taste: Taste = NEUTRAL, strength: float = 1.0
) -> NDArray[np.float32]:
    into = np.empty_like(colour)
    lay_tones(into, colour, ToneMap(toning, taste, extremes_of(colour), colour.dtype), strength)
    return to_float(into)


def straight(low: float, high: float, knots: int = 33) -> Toning:
    """All curves one line through (0, low) and (1, high)."""
    line = np.linspace(low, high, knots, dtype=np.float32)
    return Toning(np.tile(line, (3, 1)), np.eye(3, dtype=np.float32))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_neutral_toning_changes_nothing(dtype: str, channels: int) -> None:
    colour = picture(70, 90, channels, dtype=dtype).colour
    assert apart(toned(colour, Toning.neutral(17)), colour) < 1e-6


def test_a_curve_that_stays_inside_is_laid_on_as_it_is() -> None:
    colour = picture(40, 50, 3, dtype="uint16").colour
    assert apart(toned(colour, straight(0.2, 0.7)), 0.2 + 0.5 * to_float(colour)) < 2e-5


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_what_was_not_clipped_is_not_clipped(dtype: str) -> None:
    ramp = np.linspace(0.3, 0.8, 200, dtype=np.float32)
    colour = np.tile(ramp[None, :, None], (4, 1, 3))
    if dtype != "float32":
        colour = np.rint(colour * np.iinfo(dtype).max).astype(dtype)
    row = toned(colour, straight(-0.8, 2.2))[0, :, 0]  # 0.3 would become 0.1 and 0.8 1.6
    assert row.max() <= 1 and (row < 1).sum() >= (190 if dtype == "uint8" else 197)
    steps = np.diff(row)[np.diff(to_float(colour)[0, :, 0]) > 0]
    assert (steps >= 0).all() and (dtype == "uint8" or (steps > 0).all())
    np.testing.assert_allclose(row[20:60], -0.8 + 3 * to_float(colour)[0, 20:60, 0], atol=1 / 255)


def test_pixels_that_are_clipped_already_do_not_count() -> None:
    colour = np.full((8, 8, 3), 100, np.uint8)
    colour[0, 0], colour[0, 1], colour[4, :, 1] = 0, 255, 180
    np.testing.assert_allclose(extremes_of(colour) * 255, [[100, 100, 100], [100, 180, 100]], atol=1e-4)
    np.testing.assert_array_equal(extremes_of(np.zeros((3, 3, 1), np.uint8)), [[0], [1]])


def test_the_matrix_leaves_gray_and_keeps_the_hue_of_what_has_no_room() -> None:
    vivid = GRAY + 2.5 * (np.eye(3) - GRAY)
    toning = Toning(Toning.neutral().curves, vivid.astype(np.float32))
    gray = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (2, 1, 3))
    assert apart(toned(gray, toning), gray) <= 1 / 255
    colour = picture(60, 60, 3, dtype="float32").colour
    out = toned(colour, toning)
    luma = colour @ LUMA
    np.testing.assert_allclose(out @ LUMA, luma, atol=2e-3)
    before, after = colour - luma[..., None], out - (out @ LUMA)[..., None]
    cosine = (before * after).sum(2) / np.maximum(
        np.linalg.norm(before, axis=2) * np.linalg.norm(after, axis=2), 1e-9
    )
    assert cosine[np.linalg.norm(before, axis=2) > 0.05].min() > 0.999
    assert np.linalg.norm(after, axis=2).mean() > 1.5 * np.linalg.norm(before, axis=2).mean()


def test_the_tint_of_a_toned_print_does_not_grow_with_its_contrast() -> None:
    light = np.linspace(0.3, 0.6, 256, dtype=np.float32).reshape(16, 16)
    sepia = np.stack([light**0.8, light, light**1.2], axis=-1)
    stretching = straight(-1.0, 2.3)  # 0.3 becomes 0 and 0.6 becomes 1

    def tint(colour: np.ndarray) -> float:
        return float(np.linalg.norm(colour - (colour @ LUMA)[..., None], axis=2).mean())

    alone, kept = (toned(sepia, stretching.of_tone_alone(of)) for of in (None, sepia))
    assert tint(alone) > 2 * tint(sepia)
    assert tint(kept) == pytest.approx(tint(sepia), rel=0.15)
    np.testing.assert_allclose(kept @ LUMA, alone @ LUMA, atol=0.01)
    np.testing.assert_array_equal(stretching.of_tone_alone(light[..., None].repeat(3, 2)).matrix, np.eye(3))


def test_taste() -> None:
    colour = picture(40, 40, 3, dtype="uint16").colour
    plain = to_float(colour)
    neutral = Toning.neutral(5)
    warm = toned(colour, neutral, Taste(warmth=1))
    assert (warm[..., 0] >= plain[..., 0] - 1e-4).all() and (warm[..., 2] <= plain[..., 2] + 1e-4).all()
    assert apart(warm[..., 1], plain[..., 1]) < 1e-4
    hard, soft = (toned(colour, neutral, Taste(contrast=c)).std() for c in (1, -1))
    assert soft < plain.std() < hard
    faint = toned(colour, neutral, Taste(saturation=0))
    assert np.ptp(faint, axis=2).max() < 1e-4
    np.testing.assert_allclose(faint[..., 0], plain @ LUMA, atol=1e-3)


def test_strength_blends() -> None:
    colour = picture(30, 30, 3).colour
    full = toned(colour, straight(0.1, 0.5))
    half = toned(colour, straight(0.1, 0.5), strength=0.5)
    np.testing.assert_allclose(half, (full + to_float(colour)) / 2, atol=1.5 / 255)


def test_the_mean_of_tonings_lies_between_them() -> None:
    mean = Toning.mean([straight(0, 1), straight(0.2, 0.6)])
    np.testing.assert_allclose(mean.curves, straight(0.1, 0.8).curves, atol=1e-6)
    np.testing.assert_allclose(mean.matrix, np.eye(3))
