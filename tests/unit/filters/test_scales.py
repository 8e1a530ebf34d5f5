"""Fine and coarse chroma of several looks at a picture."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from unfade.filters.chroma import fused, smaller_extents
from unfade.inference import Extent


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


def looks(value: float) -> list[NDArray[np.float32]]:
    return [np.full((2, 72, 96), value - 0.1, np.float32), np.full((2, 54, 72), value + 0.1, np.float32)]


LIGHT = np.full((96, 128), 0.5, np.float32)


def test_looks_that_agree_are_what_they_are() -> None:
    flat = np.full((2, 48, 64), -0.2, np.float32)
    light = np.random.default_rng(1).random((48, 64), np.float32)
    found = fused(flat, [flat[:, :36, :48], flat[:, :27, :36]], light)
    assert found.shape == flat.shape and found.dtype == np.float32
    np.testing.assert_allclose(found, flat, atol=1e-6)


def test_the_coarse_part_is_the_mean_of_the_smaller_looks() -> None:
    fine = np.zeros((2, 96, 128), np.float32)
    np.testing.assert_allclose(fused(fine, looks(0.2), LIGHT), 0.2, atol=1e-6)


def test_the_fine_part_is_the_working_sizes() -> None:
    """A fine checkerboard stays, a third stronger; an even cast of the working size alone goes."""
    board = np.indices((96, 128)).sum(0) % 2 * 0.2 - 0.1
    fine = np.stack([board + 0.4, board]).astype(np.float32)
    found = fused(fine, looks(0), LIGHT)[:, 8:-8, 8:-8]
    np.testing.assert_allclose(found, np.stack([board, board])[:, 8:-8, 8:-8] * 1.3, atol=6e-3)


def test_the_coarse_part_ends_at_an_edge() -> None:
    """The working size missed the colour of a dark half: it comes, and nothing of it on the bright half."""
    light = np.where(np.arange(128) < 64, 0.1, 0.9).astype(np.float32)[None].repeat(96, 0)
    small = np.zeros((2, 72, 96), np.float32)
    small[:, :, :48] = 0.3
    found = fused(np.zeros((2, 96, 128), np.float32), [small, small], light)
    np.testing.assert_allclose(found[:, :, :62], 0.3, atol=0.02)
    np.testing.assert_allclose(found[:, :, 66:], 0.0, atol=0.02)
