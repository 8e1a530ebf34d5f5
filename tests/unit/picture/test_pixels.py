"""The pixel work that filters share: conversion, filling, resampling, and the Picture itself."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.unit.picture.samples import PEAK, noise, smooth
from unfade.picture import Kernel, Picture, fill_transparent, from_float, resize, resized_strips, to_float

DTYPES = ["uint8", "uint16", "float32"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_integer_survives_the_way_through_floats(dtype: str) -> None:
    values = np.arange(PEAK[dtype] + 1).astype(dtype)
    floats = to_float(values)
    assert floats.dtype == np.float32
    assert (floats[0], floats[-1]) == (0, 1)
    np.testing.assert_array_equal(from_float(floats, dtype), values)


def test_floats_are_rounded_and_clipped() -> None:
    values = np.array([-1, 0, 0.4 / 255, 0.6 / 255, 1, 2, np.nan, np.inf], np.float64)
    np.testing.assert_array_equal(from_float(values, np.uint8), [0, 0, 0, 1, 255, 255, 0, 255])
    np.testing.assert_array_equal(from_float(np.array([-1, 0.5, 2], np.float32), np.float32), [0, 0.5, 1])


def test_floats_are_not_copied_and_not_changed() -> None:
    values = np.array([0.5, 3], np.float32)
    assert to_float(values) is values
    from_float(values, np.uint8)
    np.testing.assert_array_equal(values, [0.5, 3])


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="not int32"):
        to_float(np.zeros(3, np.int32))
    with pytest.raises(ValueError, match="not float64"):
        from_float(np.zeros(3), np.float64)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.int16),
        np.zeros((4, 3, 4), np.uint8).swapaxes(0, 1),
    ],
)
def test_a_picture_is_contiguous_hwc_of_a_known_type(pixels: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="pixels must be"):
        Picture(pixels)


@pytest.mark.parametrize(("channels", "gray", "alpha"), [(1, 1, 0), (2, 1, 1), (3, 0, 0), (4, 0, 1)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_views_of_a_picture(channels: int, gray: int, alpha: int, dtype: str) -> None:
    picture = Picture(noise(5, 7, channels, dtype))
    assert (picture.height, picture.width, picture.peak) == (5, 7, PEAK[dtype])
    assert (picture.is_gray, picture.has_alpha) == (bool(gray), bool(alpha))
    assert picture.colour.shape == (5, 7, 1 if gray else 3)
    assert np.shares_memory(picture.colour, picture.pixels)
    if alpha:
        assert picture.alpha is not None
        np.testing.assert_array_equal(picture.alpha, picture.pixels[..., -1])
    else:
        assert picture.alpha is None


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_visible_colour_fills_everything(dtype: str) -> None:
    """However far, whatever was hidden: only what is seen counts."""
    colour = noise(300, 700, 3, dtype)
    alpha = np.zeros((300, 700), dtype)
    alpha[100:120, 50:90] = PEAK[dtype]
    alpha[200, 600] = PEAK[dtype]
    shown = (np.array([0.8, 0.4, 0.2]) * PEAK[dtype]).astype(dtype)
    colour[alpha > 0] = shown
    filled = fill_transparent(colour, alpha)
    assert filled.dtype == colour.dtype
    assert np.abs(filled.astype(np.float64) - shown).max() <= 1e-6 * PEAK[dtype]


def test_the_visible_is_untouched_and_neighbours_take_its_colour() -> None:
    colour = np.zeros((128, 256, 3), np.uint8)
    colour[:, :128] = (250, 10, 10)
    colour[:, 128:] = (10, 10, 250)
    hidden = (np.arange(256) // 8) % 2 == 1
    colour[:, hidden] = (0, 255, 0)
    alpha = np.where(hidden, 0, 255).astype(np.uint8)[None].repeat(128, axis=0)
    filled = fill_transparent(colour, alpha)
    np.testing.assert_array_equal(filled[:, ~hidden], colour[:, ~hidden])
    assert filled[:, hidden, 1].max() <= 11  # no green is left
    np.testing.assert_array_equal(filled[:, :120], np.broadcast_to((250, 10, 10), (128, 120, 3)))


def test_an_edge_does_not_bleed_when_enlarged() -> None:
    """A white disc on hidden black has no dark rim after resampling."""
    y, x = np.mgrid[:64, :64]
    alpha = np.where((y - 32) ** 2 + (x - 32) ** 2 < 400, 255, 0).astype(np.uint8)
    colour = np.where(alpha[..., None] > 0, 255, 0).astype(np.uint8).repeat(3, axis=2)
    seen = resize(alpha[..., None], (256, 256), Kernel.BICUBIC)[..., 0] > 0
    assert resize(colour, (256, 256), Kernel.BICUBIC)[seen].min() < 100
    assert resize(fill_transparent(colour, alpha), (256, 256), Kernel.BICUBIC)[seen].min() == 255


def test_filling_does_not_depend_on_how_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(5)
    colour = noise(700, 900, 3, "uint16")
    alpha = np.zeros((700, 900), np.uint16)
    for _ in range(12):
        y, x = generator.integers(0, (700, 900))
        alpha[y : y + 30, x : x + 20] = generator.integers(1, 65536)
    tiled = fill_transparent(colour, alpha)
    monkeypatch.setattr("unfade.picture.fill._TILE", 64)
    np.testing.assert_array_equal(fill_transparent(colour, alpha), tiled)
    monkeypatch.setattr("unfade.picture.fill._TILE", 4096)
    np.testing.assert_array_equal(fill_transparent(colour, alpha), tiled)


def test_filling_in_place() -> None:
    colour, alpha = noise(70, 90, 3), noise(70, 90, 1)[..., 0] // 200 * 200
    expected = fill_transparent(colour, alpha)
    assert expected is not colour
    assert fill_transparent(colour, alpha, out=colour) is colour
    np.testing.assert_array_equal(colour, expected)


@pytest.mark.parametrize("value", [0, 255])
def test_nothing_to_fill(value: int) -> None:
    colour, alpha = noise(9, 9, 3), np.full((9, 9), value, np.uint8)
    assert fill_transparent(colour, alpha) is colour
    out = np.empty_like(colour)
    np.testing.assert_array_equal(fill_transparent(colour, alpha, out=out), colour)


@pytest.mark.parametrize("kernel", list(Kernel))
@pytest.mark.parametrize("size", [(90, 130), (31, 47), (20, 300), (1, 1), (61, 43)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_resampling_in_strips_is_resampling_at_once(
    monkeypatch: pytest.MonkeyPatch, kernel: Kernel, size: tuple[int, int], dtype: str
) -> None:
    monkeypatch.setattr("unfade.picture.resample._STRIP_PIXELS", 500)
    pixels = noise(61, 43, 2, dtype)
    resized = resize(pixels, size, kernel)
    assert resized.dtype == pixels.dtype
    assert resized.shape == (*size, 2)
    for c in range(2):
        plane = Image.fromarray(pixels[..., c].astype(np.float32))
        whole = np.asarray(plane.resize(size[::-1], Image.Resampling[kernel.name]))
        if dtype != "float32":
            whole = np.clip(whole, 0, PEAK[dtype])
        assert (
            np.abs(resized[..., c] - whole.astype(np.float64)).max()
            <= ({"uint8": 0.501, "uint16": 0.55, "float32": 1e-5}[dtype])
        )


@settings(max_examples=50)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    value=st.integers(0, 255),
    kernel=st.sampled_from(Kernel),
)
def test_a_flat_picture_stays_flat(
    height: int, width: int, size: tuple[int, int], value: int, kernel: Kernel
) -> None:
    resized = resize(np.full((height, width, 1), value, np.uint8), size, kernel)
    np.testing.assert_array_equal(resized, np.full((*size, 1), value))


def test_integers_are_clipped_where_a_kernel_overshoots() -> None:
    step = np.zeros((8, 8, 1), np.uint8)
    step[:, 4:] = 255
    resized = resize(step, (32, 32), Kernel.LANCZOS)
    assert (resized[:, :4].max(), resized[:, -4:].min()) == (0, 255)
    floats = resize(to_float(step), (32, 32), Kernel.LANCZOS)
    assert floats.max() > 1 > 0 > floats.min()


def test_strips_come_in_order_and_cover_everything() -> None:
    pixels = smooth(2000, 900, 3)
    at = 0
    for y, strip in resized_strips(pixels, (3000, 1350)):
        assert y == at
        at += len(strip)
    assert at == 3000


def test_sizes_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot resize to 0x5"):
        resize(noise(5, 5, 1), (0, 5))


def test_importing_costs_neither_libvips_nor_pillow() -> None:
    costly = ("pyvips", "PIL", "torch", "PyQt6")
    code = f"import sys, unfade, unfade.picture; print([m for m in {costly} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
