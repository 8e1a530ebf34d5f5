"""Denoise with a model that smooths, and the grain that it gives back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models import cleaning_model, identity_model, unet_model
from tests.unit.filters.pictures import ORIENTATIONS, apart, engine, picture, turned, turned_back
from unfade.errors import ModelError, UsageError
from unfade.filters import Memo, Mix, Recipe, Step, at_full, mixed
from unfade.filters.denoise import DENOISE, DenoiseOptions
from unfade.filters.grain import FULL_LEVEL, Grain, noise_level, white_noise
from unfade.filters.mix import LUMA
from unfade.inference import Bounds
from unfade.picture import Metadata, Picture, from_float, srgb_to_linear, to_float
from unfade.picture.colour import linear_profile


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(cleaning_model(tmp_path / "smooth.onnx", task="denoise", mask=False, residual=0.001))


def noisy(
    height: int = 160, width: int = 180, channels: int = 3, sigma: float = 12, dtype: str = "uint8"
) -> Picture:
    smooth = to_float(picture(height, width, channels, dtype="float32", seed=4).pixels) * np.float32(0.5)
    noise = np.random.default_rng(1).normal(0.25, sigma / 255, smooth.shape)
    if channels in (2, 4):
        noise[..., -1] = 0.5
    return Picture(np.ascontiguousarray(from_float(smooth + noise, dtype)))


def run(source: Picture, **options: Any) -> Picture:
    return DENOISE.open(DenoiseOptions(**options), engine()).run(source).picture


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_kind_stays_and_noise_goes(model: str, dtype: str, channels: int) -> None:
    source = noisy(60, 70, channels, dtype=dtype)
    for more in ({}, {"grain": 0.5}, {"level": 0.9}):
        result = run(source, model=model, **more)
        assert (result.pixels.shape, result.pixels.dtype) == (source.pixels.shape, source.pixels.dtype)
        if source.alpha is not None:
            np.testing.assert_array_equal(result.alpha, source.alpha)
    assert noise_level(to_float(run(source, model=model).colour)) < 0.6 * noise_level(to_float(source.colour))


def test_luma_and_chroma_are_taken_apart(model: str) -> None:
    source = noisy(dtype="float32")
    full = run(source, model=model).colour
    taken = source.colour - full
    bright = (taken @ LUMA)[..., None]
    only_chroma = source.colour - run(source, model=model, luma=0.0).colour
    np.testing.assert_allclose(only_chroma, taken - bright, atol=1e-5)
    only_luma = source.colour - run(source, model=model, chroma=0.0).colour
    np.testing.assert_allclose(only_luma, np.broadcast_to(bright, taken.shape), atol=1e-5)


@pytest.mark.parametrize("looks", [1, 2, 4, 8])
def test_looks_are_those_at_the_picture_turned(tmp_path: Path, looks: int) -> None:
    odd = str(unet_model(tmp_path / "odd.onnx", 1, task="denoise", residual=0.1))
    source = noisy(64, 96, dtype="float32")
    at = ORIENTATIONS[:looks]
    each = [turned_back(run(turned(source, *one), model=odd, looks=1).pixels, *one) for one in at]
    assert looks == 1 or np.abs(each[0] - each[1]).max() > 0.01
    result = run(source, model=odd, looks=looks).pixels
    np.testing.assert_allclose(result, np.mean(each, axis=0), atol=1e-5)


@pytest.mark.parametrize("channels", [1, 4])
def test_looks_at_a_region_are_those_at_the_whole(tmp_path: Path, channels: int) -> None:
    odd = str(unet_model(tmp_path / "odd.onnx", 1, task="denoise", residual=0.1))
    source, at = noisy(150, 190, channels), Bounds(41, 67, 50, 80)
    runner = DENOISE.open(DenoiseOptions(model=odd, looks=8), engine(tile=64))
    whole, part = runner.run(source).picture.pixels, runner.run(source, region=at).picture.pixels
    assert apart(part, whole[41:91, 67:147]) <= 1 / 255


@pytest.mark.parametrize("looks", [0, 9, 1.5, True, float("nan")])
def test_looks_are_counted(looks: Any) -> None:
    with pytest.raises(UsageError, match="looks must be a whole number from 1 to 8, not"):
        DenoiseOptions(looks=looks)


@pytest.mark.parametrize("grain", [0.0, 0.7])
def test_live_options_are_blended_as_it_does(model: str, grain: float) -> None:
    source = noisy(70, 80)
    options = DenoiseOptions(model=model, strength=0.8, luma=0.6, chroma=0.9, grain=grain)
    bare = at_full(options, DENOISE.live_options)
    full = DENOISE.open(bare, engine()).run(source).picture.pixels
    with_grain = run(source, model=model, grain=1.0).pixels
    shown = mixed(full, Mix.of(options, DENOISE.live_options), other=with_grain, under=source.pixels)
    wanted = DENOISE.open(options, engine()).run(source).picture.pixels
    assert apart(shown, wanted) <= 2 / 255


@pytest.mark.parametrize("options", [{}, {"grain": 0.6}, {"level": 0.9}, {"level": 0.1}])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_parts_are_parts_of_the_whole(model: str, options: dict[str, float], channels: int) -> None:
    source, memo = noisy(300, 280, channels), Memo().of("one")
    runner = DENOISE.open(DenoiseOptions(model=model, **options), engine(64))  # type: ignore[arg-type]
    whole = runner.run(source, memo=memo)
    part = runner.run(source, region=Bounds(101, 37, 90, 151), memo=memo)
    assert part.exact and part.at == Bounds(101, 37, 90, 151)
    assert apart(part.picture.pixels, whole.picture.pixels[101:191, 37:188]) <= 1 / 255


def test_the_level_that_is_found_is_told(model: str) -> None:
    source = noisy(sigma=20)
    runner = DENOISE.open(DenoiseOptions(model=model), engine())
    whole = runner.run(source).report.chosen
    in_luma = 20 * float(np.linalg.norm(LUMA)) / 255  # of noise that the channels do not share
    assert whole["level"] == pytest.approx(in_luma / FULL_LEVEL, abs=0.08)
    assert runner.run(source, region=Bounds(0, 0, 40, 40)).report.chosen == whole
    recipe = Recipe(
        (Step(DENOISE, DenoiseOptions(model=model)), Step(DENOISE, DenoiseOptions(model=model, level=0.1)))
    )
    assert recipe.open(engine()).run(source).report.chosen == whole
    told = DENOISE.open(DenoiseOptions(model=model, level=0.3), engine()).run(source).report.chosen
    assert told == {}


def test_new_grain_is_as_strong_as_the_old_and_not_the_same(model: str) -> None:
    source = noisy(256, 256, sigma=20)
    clean, grained = (to_float(run(source, model=model, chroma=1.0, grain=g).colour) for g in (0.0, 1.0))
    new = (grained - clean) @ LUMA
    old = (to_float(source.colour) - clean) @ LUMA
    assert new.std() == pytest.approx(old.std(), rel=0.15)
    assert abs(np.corrcoef(new.ravel(), old.ravel())[0, 1]) < 0.05
    assert np.ptp(grained - clean, axis=2).max() < 2.1 / 255  # of brightness alone


def test_grain_has_the_spectrum_of_what_was_taken() -> None:
    rng = np.random.default_rng(3)
    flat = np.full((128, 128), 0.5, np.float32)

    def coarse(noise: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return sum(np.roll(noise, (y, x), (0, 1)) for y in range(3) for x in range(3)) / 3

    for shape in (lambda noise: noise, coarse):
        taken = 0.05 * shape(rng.standard_normal((128, 128)).astype(np.float32))
        new = Grain.of([flat + taken], [flat]).over(flat, Bounds(300, 200, 128, 128))
        assert new.std() == pytest.approx(taken.std(), rel=0.15)
        neighbours = [np.corrcoef(p[:, 1:].ravel(), p[:, :-1].ravel())[0, 1] for p in (taken, new)]
        assert neighbours[1] == pytest.approx(neighbours[0], abs=0.1)


def test_grain_is_as_strong_as_it_was_at_each_brightness() -> None:
    rng = np.random.default_rng(3)
    clean = np.tile(np.linspace(0.02, 0.98, 256, dtype=np.float32), (128, 1))
    taken = (rng.standard_normal(clean.shape) * 0.1 * clean).astype(np.float32)
    new = Grain.of([clean + taken], [clean]).over(clean, Bounds(0, 0, *clean.shape))
    assert new[:, :64].std() < 0.4 * new[:, -64:].std()


def test_noise_is_the_same_wherever_a_picture_is_cut() -> None:
    whole = white_noise(Bounds(-7, -7, 600, 600), 3)
    np.testing.assert_array_equal(white_noise(Bounds(200, 300, 130, 90), 3), whole[207:337, 307:397])
    assert whole.std() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("sigma", [5, 15, 25, 50])
def test_the_level_is_told_from_the_picture(sigma: float) -> None:
    found = noise_level(to_float(noisy(256, 256, 3, sigma, "float32").colour))
    luma = sigma * float(np.sqrt((LUMA**2).sum()))
    assert found * FULL_LEVEL * 255 == pytest.approx(luma, rel=0.25)
    assert noise_level(np.full((64, 64, 3), 0.3, np.float32)) == 0
    assert noise_level(np.zeros((5, 3, 1), np.float32)) == 0


def test_a_level_of_ones_own(model: str) -> None:
    source = noisy(200, 200, dtype="float32")
    change = [
        float(np.abs(run(source, model=model, level=level).colour - source.colour).mean())
        for level in (0.0, 0.05, 0.1)
    ]
    assert change[0] == 0 < change[1] < change[2]
    assert change[1] == pytest.approx(change[2] / 2, rel=0.01)


def test_an_identity_leaves_the_picture(tmp_path: Path) -> None:
    path = identity_model(tmp_path / "same.onnx", task="denoise")
    source = noisy(50, 60)
    for options in ({}, {"grain": 1.0}, {"luma": 0.3}):
        assert apart(run(source, model=str(path), **options).pixels, source.pixels) == 0


def test_a_model_that_enlarges(tmp_path: Path) -> None:
    path = unet_model(tmp_path / "x2.onnx", 2, task="denoise")
    with pytest.raises(ModelError, match="changes the size"):
        DENOISE.open(DenoiseOptions(model=str(path)), engine())


def test_the_noise_of_linear_light_is_that_on_the_curve(model: str) -> None:
    curved = noisy(160, 180, dtype="float32")
    linear = Picture(srgb_to_linear(curved.pixels), Metadata(icc=linear_profile(gray=False)))
    runner, memo = DENOISE.open(DenoiseOptions(model=model), engine()), Memo().of("one")
    told = [runner.run(source, memo=Memo().of(source)).report.chosen for source in (curved, linear)]
    assert told[0] == told[1] and told[0]["level"] > 0.1
    runner.run(linear, memo=memo)
    own = DENOISE.open(DenoiseOptions(model=model, level=0.1), engine())
    kept, anew = own.run(linear, memo=memo), own.run(linear)
    np.testing.assert_array_equal(kept.picture.pixels, anew.picture.pixels)


def test_grain_of_small_pictures(model: str) -> None:
    ramp = np.linspace(0, 255, 50).astype(np.uint8)[None, :, None].repeat(45, 0).repeat(3, 2)
    for source in (Picture(ramp), Picture(np.full((1, 1, 3), 200, np.uint8))):
        result = run(source, model=model, grain=0.5).pixels
        assert abs(float(result.mean()) - float(source.pixels.mean())) < 3
