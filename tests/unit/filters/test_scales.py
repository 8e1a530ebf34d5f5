"""Fine and coarse chroma of several looks at a picture."""

from __future__ import annotations

import numpy as np
import pytest

from unfade.filters.scales import fused, smaller_extents, smooth
from unfade.tiling import Extent


@pytest.mark.parametrize(
    ("working", "expected"),
    [
        (Extent(384, 512), [Extent(288, 384), Extent(216, 288)]),
        (Extent(1, 512), [Extent(1, 384), Extent(1, 288)]),
        (Extent(1, 1), [Extent(1, 1), Extent(1, 1)]),
    ],
)
def test_smaller_extents(working: Extent, expected: list[Extent]) -> None:
    assert smaller_extents(working) == expected


def test_smoothing_is_a_gaussian() -> None:
    planes = np.zeros((2, 61, 81), np.float32)
    planes[1, 30, 40] = 1
    spread = smooth(planes, 4.0)
    assert not spread[0].any()
    assert spread[1].sum() == pytest.approx(1, abs=1e-5)
    for axis, middle in ((0, 30), (1, 40)):
        profile = spread[1].sum(1 - axis)
        places = np.arange(len(profile)) - middle
        assert (profile * places).sum() == pytest.approx(0, abs=1e-4)
        assert np.sqrt((profile * places**2).sum()) == pytest.approx(4, rel=0.03)


def test_edges_are_repeated() -> None:
    flat = np.full((2, 5, 300), 0.3, np.float32)
    np.testing.assert_allclose(smooth(flat, 6.0), flat, atol=1e-6)


def test_looks_that_agree_are_what_they_are() -> None:
    flat = np.full((2, 48, 64), -0.2, np.float32)
    found = fused(flat, [flat[:, :36, :48], flat[:, :27, :36]])
    assert found.shape == flat.shape
    np.testing.assert_allclose(found, flat, atol=1e-6)


def test_the_coarse_part_is_the_mean_of_the_smaller_looks() -> None:
    fine = np.zeros((2, 96, 128), np.float32)
    coarse = [np.full((2, 72, 96), 0.1, np.float32), np.full((2, 54, 72), 0.3, np.float32)]
    np.testing.assert_allclose(fused(fine, coarse), 0.2, atol=1e-6)


def test_the_fine_part_is_the_working_sizes() -> None:
    """A fine checkerboard stays, a fifth stronger; an even cast of the working size alone goes."""
    board = np.indices((96, 128)).sum(0) % 2 * 0.2 - 0.1
    fine = np.stack([board + 0.4, board]).astype(np.float32)
    found = fused(fine, [np.zeros((2, 72, 96), np.float32), np.zeros((2, 54, 72), np.float32)])
    inside = found[:, 12:-12, 12:-12]
    np.testing.assert_allclose(inside, np.stack([board, board])[:, 12:-12, 12:-12] * 1.2, atol=2e-3)
