"""Content-aware fill: what it continues, what it leaves alone, and holes in odd places."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from unfade.picture import Kernel, fill_transparent, inpaint, resize

Floats = NDArray[np.float32]


def stripes(height: int = 96, width: int = 112) -> Floats:
    """Slanted stripes of two colours, ten pixels apart, soft at their edges."""
    y, x = np.mgrid[:height, :width]
    share = (0.5 + 0.5 * np.sin((x + 0.5 * y) * 2 * np.pi / 10))[..., None]
    return (share * [0.9, 0.5, 0.1] + (1 - share) * [0.1, 0.2, 0.6]).astype(np.float32)


def disc(shape: tuple[int, ...], centre: tuple[float, float], radius: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.asarray((y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2)


def decibels(a: Floats, b: Floats) -> float:
    return float(-10 * np.log10(max(np.mean((a - b) ** 2), 1e-10)))


def smooth(picture: Floats, hole: NDArray[np.bool_]) -> Floats:
    return fill_transparent(picture, (~hole).astype(np.float32))


@pytest.mark.parametrize("radius", [5, 12, 24])
def test_a_pattern_goes_on_through_the_hole(radius: int) -> None:
    truth = stripes()
    hole = disc(truth.shape, (48, 56), radius)
    filled = inpaint(np.where(hole[..., None], 1, truth), hole)
    assert decibels(filled[hole], truth[hole]) > 30
    assert decibels(smooth(truth, hole)[hole], truth[hole]) < 18  # the pattern is what makes the difference


def test_texture_without_a_pattern_stays_alive() -> None:
    random = np.random.default_rng(5)
    coarse = random.uniform(0.2, 0.8, (60, 80, 3)).astype(np.float32)
    truth = resize(coarse, (120, 160), Kernel.BILINEAR)
    hole, middle = (disc(truth.shape, (60, 80), radius) for radius in (20, 16))

    def detail(picture: Floats) -> float:
        return float(np.abs(np.diff(picture, axis=0, prepend=picture[:1]))[middle].mean())

    assert detail(inpaint(np.where(hole[..., None], 0, truth), hole)) > 0.4 * detail(truth)
    assert detail(smooth(truth, hole)) < 0.15 * detail(truth)


def test_nothing_changes_outside_and_what_stood_inside_does_not_matter() -> None:
    truth = stripes()
    hole = disc(truth.shape, (40, 50), 15)
    one = inpaint(np.where(hole[..., None], 0, truth), hole)
    other = inpaint(np.where(hole[..., None], 7, truth), hole)
    assert np.array_equal(one, other)
    assert np.array_equal(one[~hole], truth[~hole])
    assert one.min() >= truth.min() - 1e-6
    assert one.max() <= truth.max() + 1e-6


@pytest.mark.parametrize("centre", [(0, 0), (95, 111), (48, 0), (0, 60)])
def test_a_hole_at_the_edge_or_in_a_corner(centre: tuple[int, int]) -> None:
    truth = stripes()
    hole = disc(truth.shape, centre, 14)
    filled = inpaint(np.where(hole[..., None], 0.5, truth), hole)
    assert decibels(filled[hole], truth[hole]) > 22


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 200), (7, 7), (8, 9), (20, 20)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_pictures_too_small_for_a_patch_are_filled_all_the_same(shape: tuple[int, int], share: float) -> None:
    random = np.random.default_rng(3)
    truth = random.uniform(0.4, 0.6, (*shape, 1)).astype(np.float32)
    hole = random.random(shape) < share
    filled = inpaint(np.where(hole[..., None], 0, truth), hole)
    assert filled.shape == truth.shape
    assert np.array_equal(filled[~hole], truth[~hole])
    if not hole.all():
        assert filled.min() >= 0.39


def test_gray_is_filled_as_colour_is() -> None:
    truth = stripes().mean(2, keepdims=True)
    hole = disc(truth.shape, (48, 56), 12)
    filled = inpaint(np.where(hole[..., None], 1, truth), hole)
    assert decibels(filled[hole], truth[hole]) > 30


def test_two_holes_and_most_of_the_picture_gone() -> None:
    truth = stripes(160, 160)
    hole = np.ones(truth.shape[:2], bool)
    hole[:, 64:112] = False
    filled = inpaint(np.where(hole[..., None], 0, truth), hole)
    assert decibels(filled[hole], truth[hole]) > 25
    assert decibels(smooth(truth, hole)[hole], truth[hole]) < 15
