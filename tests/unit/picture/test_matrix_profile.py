"""Profiles of a matrix and curves at 16 bits, against the definition computed here."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.picture.samples import display_p3, gray_profile, rgb_profile
from unfade.picture import from_srgb, to_srgb
from unfade.picture.colour import made_profile
from unfade.picture.matrix_profile import matrix_profile

D65 = (0.3127, 0.3290)
REC709 = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
REC2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)


def xyz_of(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """Light of the primaries, at the white point D65, to XYZ."""
    x, y = np.array([*primaries]).reshape(3, 2).T
    columns = np.stack((x / y, np.ones(3), (1 - x - y) / y))
    white = np.array((D65[0] / D65[1], 1, (1 - sum(D65)) / D65[1]))
    return columns * np.linalg.solve(columns, white)


def srgb_curve(light: NDArray[np.float64]) -> NDArray[np.float64]:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("primaries", [REC709, REC2020])
@pytest.mark.parametrize("exponent", [1.0, 1.8, 2.2])
def test_sixteen_bits_to_srgb_and_back(primaries: tuple[float, ...], exponent: float) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (60, 70, 3), dtype=np.uint16)
    values[:20] //= 64  # dark ones, where tables are coarse
    icc = made_profile((*D65, *primaries), (exponent,), gray=False)
    matrix = np.linalg.solve(xyz_of(REC709), xyz_of(primaries))
    expected = srgb_curve((values / 65535) ** exponent @ matrix.T)
    converted = to_srgb(values, icc)
    assert converted is not None and converted.dtype == np.uint16
    assert np.abs(converted / 65535 - expected).max() <= 0.25 / 255  # profiles hold 16 bits of a fraction
    inside = ((expected > 0.02) & (expected < 0.999)).all(axis=2)
    again = from_srgb(converted, icc)
    assert again is not None
    assert np.abs(again[inside].astype(int) - values[inside]).max() <= 16


def test_floats_are_not_rounded_to_16_bits() -> None:
    icc = made_profile((*D65, *REC709), (1.0,), gray=False)
    values = np.random.default_rng(0).random((20, 30, 3), dtype=np.float32)
    converted = to_srgb(values, icc)
    assert converted is not None and converted.dtype == np.float32
    np.testing.assert_allclose(converted, srgb_curve(values.astype(np.float64)), atol=3e-4)


@pytest.mark.parametrize("profile", [display_p3, rgb_profile])
def test_grays_stay_gray_and_white_white(profile: object) -> None:
    grays = np.repeat(np.arange(0, 65536, 257, dtype=np.uint16)[None, :, None], 3, axis=2)
    converted = to_srgb(grays, profile())  # type: ignore[operator]
    assert converted is not None
    assert np.ptp(converted.astype(int), axis=2).max() <= 1
    assert (converted[0, -1] == 65535).all() and (converted[0, 0] == 0).all()


def test_gray_profiles() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    converted = to_srgb(values, gray_profile())
    assert converted is not None
    expected = srgb_curve((values / 65535) ** (0x233 / 256))
    assert np.abs(converted / 65535 - expected).max() <= 0.1 / 255


def test_eight_bits_agree_with_sixteen() -> None:
    values = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    eight, sixteen = (to_srgb(v, display_p3()) for v in (values, values.astype(np.uint16) * 257))
    assert eight is not None and sixteen is not None
    assert np.abs(sixteen / 257 - eight).max() <= 1.5


def test_profiles_of_tables_are_not_taken_for_matrices() -> None:
    import pyvips

    assert matrix_profile(pyvips.Operation.call("profile_load", "cmyk"), gray=False) is None
    assert matrix_profile(b"no profile", gray=False) is None
