"""Faded overlaps: weights sum to 1, and a model that changes nothing gives the picture back."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.models import identity_model
from unfade.inference import Bounds, Device, Extent, Session, array_reader, array_writer, plan, run_tiled
from unfade.inference.tiling import fades, window_weights
from unfade.models import Tiling

SETTINGS = settings(max_examples=60)


@given(
    length=st.integers(1, 700),
    halo=st.integers(0, 40),
    multiple=st.sampled_from([1, 4, 8]),
    tile=st.integers(1, 300),
    scale=st.sampled_from([1, 2, 4]),
)
def test_weights_sum_to_one(length: int, halo: int, multiple: int, tile: int, scale: int) -> None:
    axis = plan(Extent(1, length), halo, multiple, tile).columns
    half_widths = fades(axis, halo)
    total = np.zeros(length * scale)
    for index, start in enumerate(axis.starts):
        begin = axis.cuts[index] - half_widths[index]
        end = axis.cuts[index + 1] + half_widths[index + 1]
        assert start <= begin and end <= start + axis.window
        weights = window_weights(
            (end - begin) * scale, half_widths[index] * scale, half_widths[index + 1] * scale
        )
        assert weights.min() > 0 and weights.max() <= 1
        total[begin * scale : end * scale] += weights
    assert np.abs(total - 1).max() < 1e-6


@SETTINGS
@given(
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    halo=st.integers(0, 30),
    multiple=st.sampled_from([1, 4, 8]),
    tile=st.integers(1, 120),
    scale=st.sampled_from([1, 2]),
    seed=st.integers(0, 100),
)
def test_identity_gives_the_picture_back(
    tmp_path: Path, height: int, width: int, halo: int, multiple: int, tile: int, scale: int, seed: int
) -> None:
    path = identity_model(
        tmp_path / "same.onnx", scale, tiling=Tiling.BLEND, halo=halo, size_multiple=multiple
    )
    session = Session.open(path, Device.CPU)
    pixels = np.random.default_rng(seed).random((height, width, 3), np.float32)
    tile = max(tile, 2 * halo + max(height, width) // 8)
    out = np.full((height * scale, width * scale, 3), np.nan, np.float32)
    written = np.zeros(out.shape[:2], np.int64)

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        inside = np.s_[bounds.y : bounds.bottom, bounds.x : bounds.right]
        out[inside] = part[0].transpose(1, 2, 0)
        written[inside] += 1

    run_tiled(array_reader(pixels), session, write, plan(Extent(height, width), halo, multiple, tile))
    assert (written == 1).all()
    assert np.abs(out - pixels.repeat(scale, 0).repeat(scale, 1)).max() < 1e-6


def test_memory_grows_with_the_width_only(tmp_path: Path) -> None:
    session = Session.open(identity_model(tmp_path / "same.onnx", 2, tiling=Tiling.BLEND, halo=8), Device.CPU)

    def peak(height: int) -> int:
        pixels = np.full((height, 400, 3), 90, np.uint8)
        out = np.zeros((height * 2, 800, 3), np.uint8)
        layout = plan(Extent(height, 400), 8, 1, 112)
        assert layout.window.height == 112
        tracemalloc.start()
        run_tiled(array_reader(pixels), session, array_writer(out), layout)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    # With the border of 8 on both sides, 20 and 4 rows of whole windows.
    assert peak(96 + 19 * 96) < 1.05 * peak(96 + 3 * 96)
