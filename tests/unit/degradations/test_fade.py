"""Fading: what it may do to a picture, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from unfade_training.degradations.ageing import Fade

DRY = Fade(clean_share=0, gray_share=0, jpeg_share=0, grain=(0.0, 0.0))


def ramp() -> np.ndarray:
    """HW3 float32, gray from black to white."""
    return np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], 3, axis=2)


def test_gray_stays_in_order_and_within_black_and_white() -> None:
    for seed in range(20):
        faded = DRY.fade(ramp(), np.random.default_rng(seed))
        assert (np.diff(faded[0], axis=0) >= 0).all()
        assert faded.min() >= DRY.black[0] - 1e-6 and faded.max() <= DRY.white[1] + 1e-6


def test_channels_fade_apart_or_alike() -> None:
    alike, apart = replace(DRY, apart=(0.0, 0.0)), replace(DRY, apart=(1.0, 1.0))
    casts = [
        max(float(np.ptp(fade.fade(ramp(), np.random.default_rng(s)), axis=2).max()) for s in range(10))
        for fade in (alike, apart)
    ]
    assert casts[0] < 1e-5 and casts[1] > 0.1


def test_colours_lose_saturation(photo: np.ndarray) -> None:
    dull = replace(
        DRY, saturation=(0.5, 0.5), crosstalk=0.0, black=(0.0, 0.0), white=(1.0, 1.0), gamma=(1.0, 1.0)
    )
    x = photo[:96, :96].astype(np.float32) / 255
    faded = dull.fade(x, np.random.default_rng(0))
    np.testing.assert_allclose(np.ptp(faded, axis=2), 0.5 * np.ptp(x, axis=2), atol=1e-5)


def test_gray_pictures_fade_in_tone_alone(photo: np.ndarray) -> None:
    gray = replace(DRY, gray_share=1.0)
    for seed in range(6):
        made = gray.apply(photo[:96, :96], np.random.default_rng(seed))
        assert not np.ptp(made.picture, axis=2).any() and not np.ptp(made.target, axis=2).any()


def test_clean_pictures_are_left_alone(photo: np.ndarray) -> None:
    made = replace(DRY, clean_share=1.0).apply(photo[:96, :96], np.random.default_rng(0))
    assert np.array_equal(made.picture, made.target)
