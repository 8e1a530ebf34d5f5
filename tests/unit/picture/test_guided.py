"""Small planes at the size of a picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unfade.picture import GuidedPlanes, bilinear


@pytest.mark.parametrize(("small", "large"), [((7, 9), (40, 33)), ((8, 8), (8, 8)), ((1, 5), (3, 50))])
def test_bilinear_is_pillows(small: tuple[int, int], large: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).random(small, np.float32)
    expected = np.asarray(Image.fromarray(plane).resize(large[::-1], Image.Resampling.BILINEAR))
    step = small[0] / large[0], small[1] / large[1]
    np.testing.assert_allclose(bilinear(plane[None], (0, 0), large, step)[0], expected, atol=1e-6)


def test_rectangles_are_cut_out_of_the_whole() -> None:
    planes, step = np.random.default_rng(0).random((3, 9, 11), np.float32), (0.173, 0.31)
    whole = bilinear(planes, (0, 0), (52, 35), step)
    part = bilinear(planes, (13, 5), (20, 21), step)
    np.testing.assert_allclose(part, whole[:, 13:33, 5:26], atol=1e-6)


def test_smaller_than_the_planes() -> None:
    """A picture below the working size: every pixel is that of the place."""
    ramp = np.arange(64, dtype=np.float32)[None, None].repeat(64, 1)
    np.testing.assert_allclose(bilinear(ramp, (0, 0), (4, 4), (16.0, 16.0))[0, 0], [7.5, 23.5, 39.5, 55.5])


def reduced(plane: np.ndarray, step: int) -> np.ndarray:  # type: ignore[type-arg]
    height, width = plane.shape
    return plane.reshape(height // step, step, width // step, step).mean((1, 3)).astype(np.float32)


def test_what_follows_the_guide_is_found_again() -> None:
    """Values that are a linear function of the guide come back at full size, with all its edges."""
    rng = np.random.default_rng(3)
    guide = np.kron(rng.random((16, 16)), np.ones((9, 7))).astype(np.float32)[:128, :112]
    values = np.stack((3 * guide - 1, 0.5 - guide))
    small = np.stack([reduced(value, 8) for value in values])
    step = (1 / 8, 1 / 8)
    found = GuidedPlanes.fit(small, reduced(guide, 8), 2, 1e-8).enlarged(step).at(0, 0, guide)
    plain = bilinear(small, (0, 0), guide.shape, step)
    assert np.abs(found - values).max() < 1e-3
    assert np.abs(plain - values).max() > 0.5


def test_a_flat_guide_changes_nothing() -> None:
    small = np.random.default_rng(4).random((2, 10, 12), np.float32)
    flat = np.full((80, 96), 0.4, np.float32)
    planes = GuidedPlanes.fit(small, np.full((10, 12), 0.4, np.float32), 2, 1e-3)
    expected = bilinear(small, (0, 0), (80, 96), (1 / 8, 1 / 8))
    np.testing.assert_allclose(planes.enlarged((1 / 8, 1 / 8)).at(0, 0, flat), expected, atol=1e-6)


def test_small_values_are_kept() -> None:
    """At the small size itself nothing is smoothed away, whatever the guide."""
    rng = np.random.default_rng(5)
    small, guide = rng.random((2, 20, 20), np.float32), rng.random((20, 20), np.float32)
    found = GuidedPlanes.fit(small, guide, 2, 1e-3).enlarged((1.0, 1.0)).at(0, 0, guide)
    np.testing.assert_allclose(found, small, atol=1e-6)
