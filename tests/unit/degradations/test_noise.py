"""Noise: its strength, where it lies, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from unfade_training.degradations.noise import (
    Noise,
    camera_noise,
    demosaicked,
    film_grain,
    scanner_noise,
    smooth,
    white,
)

DRY = Noise(clean_share=0, gray_share=0, jpeg_share=0, gaussian_jpeg_share=0)


def flat(level: float, side: int = 160) -> np.ndarray:
    return np.full((side, side, 3), level, np.float32)


@pytest.mark.parametrize("sigma", [5.0, 25.0, 50.0])
def test_gaussian_noise_is_that_of_the_papers(sigma: float) -> None:
    crop = np.full((160, 160, 3), 128, np.uint8)
    made = replace(DRY, kinds={"gaussian": 1.0}, sigma=(sigma, sigma)).apply(crop, np.random.default_rng(0))
    noise = made.picture.astype(float) - made.target
    assert noise.std() == pytest.approx(sigma, rel=0.03)
    assert abs(noise.mean()) < 0.5
    neighbours = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
    channels = np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]
    assert abs(neighbours) < 0.03 and abs(channels) < 0.03


def test_camera_noise_has_the_strength_asked_for_and_is_correlated() -> None:
    spreads, links = [], []
    for seed in range(12):
        noise = camera_noise(flat(0.5), np.random.default_rng(seed), 0.04) - flat(0.5)
        spreads.append(noise[..., 1].std())
        links.append(np.corrcoef(noise[:, 1:, 0].ravel(), noise[:, :-1, 0].ravel())[0, 1])
    assert 0.012 < np.median(spreads) < 0.045  # demosaicking takes a part of it
    assert np.median(links) > 0.3
    dark = camera_noise(flat(0.05), np.random.default_rng(0), 0.02)
    assert np.isfinite(dark).all() and dark.min() >= 0


def test_grain_has_the_strength_and_size_asked_for() -> None:
    for size in (0.3, 1.2):
        noise = film_grain(flat(0.5), np.random.default_rng(3), 0.05, size) - flat(0.5)
        assert noise.std() == pytest.approx(0.05, rel=0.25)
    fine, coarse = (
        film_grain(flat(0.5), np.random.default_rng(3), 0.05, size) - flat(0.5) for size in (0.3, 1.2)
    )
    assert np.abs(np.diff(coarse, axis=1)).mean() < 0.7 * np.abs(np.diff(fine, axis=1)).mean()


def test_scanner_noise_lies_along_an_axis() -> None:
    leans = []
    for seed in range(10):
        noise = scanner_noise(flat(0.2), np.random.default_rng(seed), 0.05) - flat(0.2)
        leans.append(abs(np.log(np.diff(noise, axis=0).std() / np.diff(noise, axis=1).std())))
    assert max(leans) > 0.3


def test_demosaicking_keeps_what_the_sensor_saw_and_means_the_rest() -> None:
    noise = white(np.random.default_rng(0), (8, 8, 3))
    for top in (0, 1):
        made = demosaicked(noise, top, 1 - top)
        seen = (slice(top, None, 2), slice(1 - top, None, 2))
        np.testing.assert_allclose(made[(*seen, 0)], noise[(*seen, 0)], rtol=1e-6)
        between = made[top, 2 - top, 0] if top == 0 else made[1, 1, 0]
        sides = (noise[0, 1, 0] + noise[0, 3, 0]) / 2 if top == 0 else (noise[1, 0, 0] + noise[1, 2, 0]) / 2
        assert between == pytest.approx(sides, rel=1e-5)
    constant = np.ones((8, 8, 3), np.float32)
    np.testing.assert_allclose(demosaicked(constant, 0, 0), constant, rtol=1e-6)


def test_smoothing_keeps_the_mean_and_takes_variance() -> None:
    x = white(np.random.default_rng(0), (64, 64, 1))
    assert np.array_equal(smooth(x, 0.0), x)
    blurred = smooth(x, 1.5)
    assert blurred.std() < 0.3 * x.std()
    np.testing.assert_allclose(smooth(np.ones_like(x), 2.0), 1, rtol=1e-5)


def test_gray_pictures_have_gray_noise_and_clean_ones_none(photo: np.ndarray) -> None:
    crop = photo[:96, :96]
    gray = replace(Noise(), gray_share=1.0, clean_share=0.0)
    clean = replace(Noise(), clean_share=1.0)
    for seed in range(8):
        made = gray.apply(crop, np.random.default_rng(seed))
        assert not np.ptp(made.picture, axis=2).any() and not np.ptp(made.target, axis=2).any()
        made = clean.apply(crop, np.random.default_rng(seed))
        assert np.array_equal(made.picture, made.target)


def test_senseless_options_are_refused() -> None:
    with pytest.raises(ValueError, match="knows no 'films'"):
        Noise(kinds={"films": 1.0})
    with pytest.raises(ValueError, match="sigma must be a range"):
        Noise(sigma=(30.0, 20.0))
