"""The tiled result is the whole-picture result."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.models import Network, cleaning_model, save_network, unet_model
from tests.unit.inference.networks import Shape, build, shapes
from unfade.inference import Bounds, Device, Extent, Session, array_reader, array_writer, plan, run_tiled

DTYPES = (np.uint8, np.uint16, np.float32)
FLOAT_ROUNDING = 2e-5
"""What float32 sums differ by when convolutions of another size add in another order."""
PEAK = {np.uint8: 255, np.uint16: 65535, np.float32: 1}
FEW = settings(max_examples=150)


def picture(height: int, width: int, channels: int, dtype: Any, seed: int) -> NDArray[Any]:
    """Noise: every pixel matters, and nothing hides a seam."""
    noise = np.random.default_rng(seed).random((height, width, channels))
    return (noise * PEAK[dtype]).astype(dtype)


def whole(session: Session, pixels: NDArray[Any]) -> NDArray[np.float32]:
    """The definition: the picture, mirrored outward by a border on the multiple, in one run. HWC float32."""
    height, width = pixels.shape[:2]
    multiple, scale = session.card.size_multiple, session.card.scale
    border = math.ceil(8 / multiple) * multiple
    fill = [(border, border + -(side + 2 * border) % multiple) for side in (height, width)]
    x = np.pad(pixels / PEAK[pixels.dtype.type], (*fill, (0, 0)), mode="symmetric").astype(np.float32)
    y = session.run({"input": np.ascontiguousarray(x.transpose(2, 0, 1)[None])})["output"]
    hwc: NDArray[np.float32] = y[0].transpose(1, 2, 0)
    inside = slice(border * scale, (border + height) * scale), slice(border * scale, (border + width) * scale)
    return hwc[inside]


def tiled(session: Session, pixels: NDArray[Any], tile: int, dtype: Any) -> NDArray[Any]:
    card = session.card
    height, width, channels = pixels.shape
    layout = plan(Extent(height, width), card.halo, card.size_multiple, tile)
    out = np.zeros((height * card.scale, width * card.scale, channels), dtype)
    done: list[tuple[float, int]] = []
    run_tiled(array_reader(pixels), session, array_writer(out), layout, lambda *step: done.append(step))
    assert done == [(index, len(layout)) for index in range(len(layout) + 1)]
    return out


def tiled_unclipped(
    session: Session, pixels: NDArray[Any], tile: int, fixed: tuple[int, int] | None = None
) -> NDArray[np.float32]:
    """The network's own floats, before they are clipped and rounded."""
    card = session.card
    height, width, channels = pixels.shape
    out = np.full((height * card.scale, width * card.scale, channels), np.nan, np.float32)

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        out[bounds.y : bounds.bottom, bounds.x : bounds.right] = part[0].transpose(1, 2, 0)

    layout = plan(Extent(height, width), card.halo, card.size_multiple, tile, fixed)
    assert fixed is None or layout.window == Extent(*fixed)
    run_tiled(array_reader(pixels), session, write, layout)
    return out


# Sizes to 700x500, with the small ones as likely as the large.
sides = st.one_of(st.integers(1, 40), st.integers(1, 160), st.integers(1, 500))


@FEW
@given(
    shape=shapes,
    height=sides,
    width=st.one_of(sides, st.integers(500, 700)),
    tile=st.integers(1, 400),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1000),
)
def test_tiled_equals_whole(
    tmp_path: Path, shape: Shape, height: int, width: int, tile: int, dtype: Any, seed: int
) -> None:
    session = Session.open(build(tmp_path / "random.onnx", shape), Device.CPU)
    # Tiles with hardly any core run the network hundreds of times: more patience, no more proof.
    smallest = 2 * session.card.halo + 2 * shape.multiple
    tile = max(tile, smallest + max(height, width) // 12)
    pixels = picture(height, width, shape.channels, dtype, seed)
    expected = whole(session, pixels)
    assert np.abs(tiled_unclipped(session, pixels, tile) - expected).max() <= FLOAT_ROUNDING
    result = tiled(session, pixels, tile, dtype)
    steps = np.abs(result / PEAK[dtype] - expected).max()
    # Half a step of rounding, and what float32 leaves.
    assert steps <= (0.5 / PEAK[dtype] if dtype is not np.float32 else 0) + FLOAT_ROUNDING
    assert steps <= 1 / 255


@settings(FEW, max_examples=50)
@given(
    shape=shapes,
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    window=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    seed=st.integers(0, 1000),
)
def test_windows_of_a_fixed_size(
    tmp_path: Path, shape: Shape, height: int, width: int, window: tuple[int, int], seed: int
) -> None:
    """Equal to the whole wherever both edges of a small picture do not meet in one pixel's reach."""
    session = Session.open(build(tmp_path / "random.onnx", shape), Device.CPU)
    steps = 1 if shape.multiple > 4 else 4
    least = session.card.least_side + 3 * steps * shape.multiple
    fixed = (least + window[0] * steps * shape.multiple, least + window[1] * steps * shape.multiple)
    pixels = picture(height, width, shape.channels, np.float32, seed)
    result = tiled_unclipped(session, pixels, 64, fixed)
    border = math.ceil(8 / shape.multiple) * shape.multiple
    if min(height, width) + 2 * border >= 2 * (session.card.halo + shape.multiple):
        assert np.abs(result - whole(session, pixels)).max() <= FLOAT_ROUNDING


@pytest.mark.parametrize("fixed", [(64, 96), (65, 64), (16, 64)])
def test_a_fixed_size_that_leaves_no_room_is_refused(fixed: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="impossible window"):
        plan(Extent(100, 100), 31, 4, 64, fixed)


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (500, 1), (3, 5), (64, 64), (65, 63), (700, 500)])
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_sizes_at_the_limits(tmp_path: Path, size: tuple[int, int], scale: int) -> None:
    session = Session.open(unet_model(tmp_path / "unet.onnx", scale, residual=0.5), Device.CPU)
    pixels = picture(*size, 3, np.uint8, seed=1)
    expected = whole(session, pixels)
    for tile in (64, 96, 700):
        assert np.abs(tiled_unclipped(session, pixels, tile) - expected).max() <= FLOAT_ROUNDING


def test_a_window_that_is_the_picture(tmp_path: Path) -> None:
    session = Session.open(unet_model(tmp_path / "unet.onnx", 2, residual=0.5), Device.CPU)
    pixels = picture(96, 128, 3, np.uint8, seed=2)
    assert np.array_equal(tiled_unclipped(session, pixels, 144), whole(session, pixels))


@FEW
@given(seed=st.integers(0, 100), levels=st.sampled_from([0, 2, 3]), scale=st.sampled_from([1, 2]))
def test_too_small_a_halo_would_be_noticed(tmp_path: Path, seed: int, levels: int, scale: int) -> None:
    """Without this the tests above might pass because nothing sees across a seam."""
    shape = Shape(scale, levels, 5, shuffle=True, residual=True, channels=3, seed=seed)
    lack = 2 * shape.multiple + 2  # more than rounding to the multiple could make good
    path = build(tmp_path / "short.onnx", shape, halo_lack=lack)
    session = Session.open(path, Device.CPU)
    pixels = picture(150, 150, 3, np.float32, seed)
    error = np.abs(tiled_unclipped(session, pixels, 2 * session.card.halo + 64) - whole(session, pixels))
    assert error.max() > 5 * FLOAT_ROUNDING


def test_half_a_halo_makes_seams_that_can_be_seen(tmp_path: Path) -> None:
    shape = Shape(2, 2, 5, shuffle=True, residual=True, channels=3, seed=1)
    whole_halo = Session.open(build(tmp_path / "whole.onnx", shape), Device.CPU).card.halo
    session = Session.open(build(tmp_path / "half.onnx", shape, halo_lack=whole_halo // 2), Device.CPU)
    pixels = picture(150, 150, 3, np.uint8, seed=3)
    error = np.abs(tiled(session, pixels, 96, np.uint8) / 255 - whole(session, pixels))
    assert error.max() > 1.5 / 255


def test_flat_colours_have_no_edge(tmp_path: Path) -> None:
    """Networks pad with zeros; what comes of it lies outside the picture."""
    network = Network()
    session = Session.open(
        save_network(tmp_path / "mean.onnx", network, network.mean(network.input, 5, zeros=True)), Device.CPU
    )
    pixels = np.full((40, 50, 3), 200, np.uint8)
    assert np.abs(tiled_unclipped(session, pixels, 64) - 200 / 255).max() < 1e-6


def test_all_outputs_are_tiled(tmp_path: Path) -> None:
    session = Session.open(cleaning_model(tmp_path / "clean.onnx"), Device.CPU)
    pixels = picture(90, 110, 3, np.float32, seed=4)

    def run(tile: int) -> NDArray[np.float32]:
        out = np.full((4, 90, 110), np.nan, np.float32)

        def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
            out[:, bounds.y : bounds.bottom, bounds.x : bounds.right] = part[0]

        layout = plan(Extent(90, 110), session.card.halo, session.card.size_multiple, tile)
        run_tiled(array_reader(pixels), session, write, layout)
        return out

    whole = run(1000)
    assert np.ptp(whole[3]) > 0.5
    assert np.abs(run(40) - whole).max() <= FLOAT_ROUNDING


def test_memory_does_not_grow_with_the_picture(tmp_path: Path) -> None:
    session = Session.open(unet_model(tmp_path / "unet.onnx", 2), Device.CPU)

    def peak(height: int, width: int) -> int:
        pixels = np.full((height, width, 3), 90, np.uint8)
        out = np.zeros((height * 2, width * 2, 3), np.uint8)
        layout = plan(Extent(height, width), session.card.halo, session.card.size_multiple, 160)
        assert layout.window == Extent(160, 160)  # sizes that use the tile up, so that windows are alike
        tracemalloc.start()
        run_tiled(array_reader(pixels), session, array_writer(out), layout)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(416, 416), peak(1232, 688)
    # numpy reports its arrays to tracemalloc: a few windows' worth, whatever the picture.
    assert large < small * 1.1
    assert large < 4 * (160 * 2) ** 2 * 3 * 4
