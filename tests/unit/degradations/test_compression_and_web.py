"""The codecs' damage: quality, block grids that move, double files, kernels, noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from unfade_training.degradations import Compression, Crappify, SimpleWeb, Web
from unfade_training.degradations.operations import add_noise, blur, jpeg, sharpen, slanted_blur, webp

PLAIN = Compression(quality=(10, 10), double_share=0, gray_share=0, webp_share=0, subsampling={"4:4:4": 1})


def crop_of(photo: np.ndarray, size: int, margin: int, scale: int = 1) -> np.ndarray:
    return photo[: size * scale + 2 * margin, : size * scale + 2 * margin]


def mse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))


def grid_phase(picture: np.ndarray, axis: int, period: int = 8) -> int:
    """Where block borders are along an axis: the phase at which neighbours differ most."""
    steps = np.abs(np.diff(picture.astype(np.float64), axis=axis)).mean(axis=(1 - axis, 2))
    steps -= np.median(steps)
    return int(np.argmax([steps[p::period].mean() for p in range(period)]))


@pytest.fixture
def smooth() -> np.ndarray:
    """Slow light: whatever steps there are in the result come from the blocks."""
    y, x = np.mgrid[:200, :200] / 200
    return (np.dstack([0.3 + 0.4 * x * y, 0.5 + 0.3 * np.sin(3 * x + y), 0.6 - 0.3 * y]) * 255).astype(
        np.uint8
    )


def test_the_block_grid_begins_anywhere_in_the_patch(smooth: np.ndarray) -> None:
    found = set()
    for seed in range(60):
        made = PLAIN.apply(crop_of(smooth, 96, PLAIN.margin), np.random.default_rng(seed)).picture
        found.add((grid_phase(made, 0), grid_phase(made, 1)))
    assert {p[0] for p in found} == {p[1] for p in found} == set(range(8))
    assert len(found) > 30


@pytest.mark.parametrize("degradation", [SimpleWeb(2, quality=(10, 10)), Crappify(2, 2, (10, 10), 0.0)])
def test_the_grid_moves_after_a_down_scale_too(smooth: np.ndarray, degradation: SimpleWeb) -> None:
    large = np.asarray(Image.fromarray(smooth).resize((400, 400), Image.Resampling.BICUBIC))
    crop = crop_of(large, 96, degradation.margin, 2)
    found = {grid_phase(degradation.apply(crop, np.random.default_rng(s)).picture, 0) for s in range(60)}
    assert found == set(range(8))


def test_a_second_jpeg_does_more_damage_on_either_grid(photo: np.ndarray) -> None:
    crop = crop_of(photo, 128, PLAIN.margin)
    twice = replace(PLAIN, quality=(15, 15), double_share=1, second_quality=(40, 40))

    def damage(degradation: Compression) -> float:
        made = [degradation.apply(crop, np.random.default_rng(s)) for s in range(12)]
        return float(np.mean([mse(m.picture, m.target) for m in made]))

    once = damage(replace(PLAIN, quality=(15, 15)))
    aligned, shifted = (damage(replace(twice, shifted_share=share)) for share in (0, 1))
    assert once < min(aligned, shifted)
    assert aligned != shifted


def test_damage_falls_with_quality(photo: np.ndarray) -> None:
    crop = crop_of(photo, 96, PLAIN.margin)
    for options in ({}, {"webp_share": 1.0}):
        damage = []
        for quality in (10, 40, 90):
            d = replace(PLAIN, quality=(quality, quality), webp_quality=(quality, quality), **options)
            made = d.apply(crop, np.random.default_rng(0))
            damage.append(mse(made.picture, made.target))
        assert damage[0] > damage[1] > damage[2] > 0


def test_gray_jpegs_have_gray_targets(photo: np.ndarray) -> None:
    made = replace(PLAIN, gray_share=1).apply(crop_of(photo, 64, PLAIN.margin), np.random.default_rng(0))
    for pixels in (made.picture, made.target):
        assert (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all()
    assert 0 < mse(made.picture, made.target) < 1000


def test_subsampling_blurs_chroma_only() -> None:
    """A fine red and green chequer of equal luma survives 4:4:4, not 4:2:0; a black and white one does."""
    red, green = (200, 60, 60), (60, 129, 130)
    colour = np.array([[red, green], [green, red]], np.uint8)
    image = Image.fromarray(np.tile(colour, (16, 16, 1)))
    spread = {s: np.asarray(jpeg(image, 95, s))[..., 0].std() for s in ("4:4:4", "4:2:0")}
    assert spread["4:4:4"] > 50 and spread["4:2:0"] < 15
    bright = Image.fromarray(np.tile(np.array([[0, 255], [255, 0]], np.uint8), (16, 16))).convert("RGB")
    assert np.asarray(jpeg(bright, 95, "4:2:0")).std() > 100
    assert np.asarray(webp(image, 95))[..., 0].std() < 15


def test_simple_web_is_the_scoring_protocol(photo: np.ndarray) -> None:
    """BILINEAR, then JPEG 4:2:0: for one beginning of the block grid it gives exactly our bytes."""
    for seed, quality in enumerate((30, 55, 80)):
        degradation = SimpleWeb(2, quality=(quality, quality))
        crop = crop_of(photo, 64, degradation.margin, 2)
        small = Image.fromarray(crop).resize((80, 80), Image.Resampling.BILINEAR)
        made = degradation.apply(crop, np.random.default_rng(seed)).picture
        found = 0
        for top, left in np.ndindex(8, 8):
            file = np.asarray(jpeg(small.crop((left, top, 80, 80)), quality))
            found += np.array_equal(file[8 - top : 72 - top, 8 - left : 72 - left], made)
        assert found == 1


def test_crappify_can_keep_the_targets_size_and_writes_its_quality(photo: np.ndarray) -> None:
    lesson = Crappify(quality=(60, 60))
    crop = crop_of(photo, 128, lesson.margin)
    made = lesson.apply(crop, np.random.default_rng(1))
    assert made.picture.shape == made.target.shape == (128, 128, 3)
    bare = replace(lesson, text_share=0).apply(crop, np.random.default_rng(1))
    changed = np.abs(made.picture.astype(int) - bare.picture).max(2) > 60
    assert changed.any()
    rows, columns = np.nonzero(changed)
    assert np.ptp(rows) < 50 and np.ptp(columns) < 50  # two digits, in one place


def test_the_second_round_ends_at_the_right_size_whatever_the_first_does(photo: np.ndarray) -> None:
    for size in (0.25, 0.77, 3.0):
        web = Web(4, first_round_share=1, first_size=(size, size))
        crop = crop_of(photo, 33, web.margin, 4)
        assert web.apply(crop, np.random.default_rng(0)).picture.shape == (33, 33, 3)


@pytest.mark.parametrize("gray", [False, True])
def test_noise_has_the_asked_for_deviation(gray: bool) -> None:
    flat = np.full((200, 200, 3), 128, np.uint8)
    noise = add_noise(flat, np.random.default_rng(0), 8.0, gray=gray).astype(float) - 128
    assert noise.std() == pytest.approx(8.0, rel=0.03)
    assert abs(noise.mean()) < 0.1
    assert np.array_equal(noise[..., 0], noise[..., 1]) == gray


def test_shot_noise_grows_with_brightness() -> None:
    deviations = []
    for level in (20, 100, 200):
        flat = np.full((200, 200, 3), level, np.uint8)
        noisy = add_noise(flat, np.random.default_rng(0), 1.0, shot=0.25).astype(float)
        deviations.append(noisy.std())
        assert noisy.std() == pytest.approx(np.sqrt(1 + 0.25 * level), rel=0.05)
    assert deviations == sorted(deviations)


@pytest.mark.parametrize(("sigma", "angle"), [((1.3, 0.8), 0.0), ((1.3, 0.8), np.pi / 2), ((1.0, 1.0), 0.7)])
def test_slanted_blur_spreads_a_point_as_told(sigma: tuple[float, float], angle: float) -> None:
    point = np.zeros((31, 31), np.uint8)
    point[15, 15] = 255
    spread = np.asarray(slanted_blur(Image.fromarray(point), sigma, angle), np.float64)
    y, x = np.mgrid[-15:16, -15:16]
    weights = spread / spread.sum()
    expected = sigma if angle == 0 else sigma[::-1]
    assert np.sqrt((weights * x**2).sum()) == pytest.approx(expected[0], rel=0.12)
    assert np.sqrt((weights * y**2).sum()) == pytest.approx(expected[1], rel=0.12)


def test_blur_softens_and_sharpening_hardens_an_edge(photo: np.ndarray) -> None:
    image = Image.fromarray(photo)
    contrast = [
        np.abs(np.diff(np.asarray(i, float), axis=0)).mean()
        for i in (blur(image, (1.0, 1.0)), image, sharpen(image, 1.0, 1.0))
    ]
    assert contrast == sorted(contrast)
