"""sRGB and CIELAB: known colours, both ways, and the gamut's edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.picture.samples import PEAK
from unfade.picture import from_float
from unfade.picture.lab import Lightness, lab_of_srgb, linear_to_srgb, srgb_of_lab, srgb_to_linear


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # D65; from Bruce Lindbloom's calculator
        ((0, 0, 0), (0, 0, 0)),
        ((1, 1, 1), (100, 0, 0)),
        ((1, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 1, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 1), (32.2970, 79.1875, -107.8602)),
        ((0.5, 0.5, 0.5), (53.3890, 0, 0)),
        ((0.02, 0.02, 0.02), (1.3983, 0, 0)),
    ],
)
def test_known_colours(rgb: tuple[float, ...], lab: tuple[float, ...]) -> None:
    np.testing.assert_allclose(lab_of_srgb(np.array(rgb)), lab, atol=2e-3)


def test_srgb_curve() -> None:
    """Against the standard's two pieces, in double precision."""
    values = np.linspace(0, 1, 100_001)
    expected = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(srgb_to_linear(values.astype(np.float32)), expected, atol=5e-7)
    np.testing.assert_allclose(linear_to_srgb(expected.astype(np.float32)), values, atol=2e-6)


def test_there_and_back() -> None:
    rgb = np.random.default_rng(0).random((50, 60, 3), np.float32)
    light, a, b = np.moveaxis(lab_of_srgb(rgb), -1, 0)
    np.testing.assert_allclose(np.stack(srgb_of_lab(light / 100, a, b), -1), rgb, atol=3e-5)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_gray_comes_back(dtype: str) -> None:
    values = np.arange(PEAK[dtype] + 1).astype(dtype)[None, :, None]
    light = Lightness(dtype, gray=True).of(values)
    for plane in srgb_of_lab(light, np.zeros_like(light), np.zeros_like(light)):
        np.testing.assert_array_equal(from_float(plane, dtype), values[..., 0])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_lightness_of_any_depth(dtype: str, channels: int) -> None:
    floats = np.random.default_rng(1).random((20, 30, channels), np.float32)
    pixels: Any = from_float(floats, dtype)
    rgb = (pixels / np.float32(PEAK[dtype])).repeat(4 - channels if channels == 1 else 1, 2)
    light = Lightness(dtype, gray=channels == 1).of(pixels)
    np.testing.assert_allclose(light * 100, lab_of_srgb(rgb)[..., 0], atol=2e-3)


def test_out_of_gamut_loses_chroma_alone() -> None:
    rng = np.random.default_rng(2)
    light = rng.random(20_000, np.float32)
    a, b = (rng.uniform(-200, 200, 20_000).astype(np.float32) for _ in range(2))
    rgb = np.stack(srgb_of_lab(light, a, b), -1)
    assert rgb.min() >= 0 and rgb.max() <= 1
    lab = lab_of_srgb(rgb)
    np.testing.assert_allclose(lab[:, 0], light * 100, atol=0.02)
    found, asked = np.hypot(lab[:, 1], lab[:, 2]), np.hypot(a, b)
    assert (found <= asked * 1.001 + 0.05).all()
    turn = np.angle((lab[:, 1] + 1j * lab[:, 2]) * (a - 1j * b))
    assert np.degrees(np.abs(turn[found > 5])).max() < 0.5
    # As much chroma as there is: a little more would not be shown.
    reduced = found < asked * 0.99
    assert reduced.mean() > 0.5
    more = lab[reduced].copy()
    more[:, 1:] += np.stack((a, b), -1)[reduced] * 0.01
    y = (more[:, 0] + 16) / 116
    x, z = y + more[:, 1] / 500, y - more[:, 2] / 200
    cubed = [np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2) for f in (x, y, z)]
    xyz = np.stack(cubed, -1) * (0.95047, 1.0, 1.08883)
    linear = (
        xyz
        @ np.linalg.inv(
            [
                [0.4124564, 0.3575761, 0.1804375],
                [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041],
            ]
        ).T
    )
    assert ((linear < 0) | (linear > 1)).any(axis=1).mean() > 0.99
