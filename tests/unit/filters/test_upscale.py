"""Pixels of enlarged pictures, made by real networks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import black_model, cleaning_model, identity_model, nan_model, unet_model
from tests.unit.filters.pictures import ORIENTATIONS, apart, engine, picture, turned, turned_back, upscale
from unfade.errors import Cancelled, ModelError
from unfade.filters import Memo, UpscaleOptions, scaled_size
from unfade.filters.deartifact import DEARTIFACT, DeartifactOptions
from unfade.filters.pipeline import Step, open_steps
from unfade.filters.quality import Estimate
from unfade.filters.runner import cut, scaled_bounds
from unfade.filters.upscale import UPSCALE, best_cleaning, best_detail
from unfade.inference import Bounds, Extent, run_tiled
from unfade.models import Tiling, Variant
from unfade.picture import Kernel, Metadata, Picture, fill_transparent, from_float, resize, to_float

LUMA = np.array([0.299, 0.587, 0.114])


def doubled(pixels: NDArray[Any], scale: int = 2) -> NDArray[Any]:
    return pixels.repeat(scale, 0).repeat(scale, 1)


@pytest.fixture
def identity(tmp_path: Path) -> str:
    return str(identity_model(tmp_path / "identity.onnx", 2))


@pytest.fixture
def unet(tmp_path: Path) -> str:
    return str(unet_model(tmp_path / "unet.onnx", 2, residual=0.3))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_identity_doubles_every_pixel(identity: str, dtype: str, channels: int) -> None:
    source = picture(33, 47, channels, dtype=dtype)
    result = upscale(source, UpscaleOptions(model=identity), engine())
    assert result.pixels.dtype == source.pixels.dtype
    assert result.pixels.flags.c_contiguous
    assert apart(result.pixels, doubled(source.pixels)) < (1e-6 if channels == 3 else 2e-5)


def test_sixteen_bits_stay_sixteen_bits(identity: str) -> None:
    source = picture(20, 20, 3, dtype="uint16")
    result = upscale(source, UpscaleOptions(model=identity), engine())
    np.testing.assert_array_equal(result.pixels, doubled(source.pixels))
    assert len(np.unique(result.pixels)) > 256


def test_metadata_goes_along(identity: str) -> None:
    metadata = Metadata(icc=b"profile", dpi=(300.0, 300.0))
    source = Picture(picture(4, 4, 3).pixels, metadata)
    assert upscale(source, UpscaleOptions(model=identity), engine()).metadata == metadata


@pytest.mark.parametrize("looks", [2, 8])
def test_looks_are_those_at_the_picture_turned(tmp_path: Path, looks: int) -> None:
    odd = str(unet_model(tmp_path / "odd.onnx", 2, residual=0.1))
    source = Picture(0.25 + 0.5 * picture(64, 96, 3, dtype="float32").pixels)  # nothing is clipped

    def run(source: Picture, looks: int) -> NDArray[Any]:
        return upscale(source, UpscaleOptions(model=odd, looks=looks), engine()).pixels

    at = ORIENTATIONS[:looks]
    each = [turned_back(run(turned(source, *one), 1), *one) for one in at]
    assert np.abs(each[0] - each[1]).max() > 0.01
    np.testing.assert_allclose(run(source, looks), np.mean(each, axis=0), atol=1e-5)


@pytest.mark.parametrize("scale", [1.5, 3.0])
def test_looks_at_a_region_are_those_at_the_whole(unet: str, scale: float) -> None:
    source, at = picture(120, 150, 4), Bounds(60, 70, 30, 50)
    runner = UPSCALE.open(UpscaleOptions(model=unet, looks=8, scale=scale), engine(tile=64))
    whole, part = runner.run(source).picture.pixels, runner.run(source, region=at).picture.pixels
    assert apart(part, cut(whole, scaled_bounds(at, scale))) <= 1 / 255
    once = UPSCALE.open(UpscaleOptions(model=unet, scale=scale), engine(tile=64)).run(source).picture.pixels
    assert apart(whole, once) > 2 / 255


def test_gray_is_the_luma_of_the_gray_picture_as_rgb(unet: str) -> None:
    gray = picture(40, 52, 1, dtype="float32")
    rgb = Picture(np.ascontiguousarray(gray.pixels.repeat(3, axis=2)))
    options = UpscaleOptions(model=unet)
    coloured = upscale(rgb, options, engine()).pixels
    result = upscale(gray, options, engine()).pixels[..., 0]
    inside = ((coloured > 0) & (coloured < 1)).all(axis=2)  # not clipped
    assert inside.mean() > 0.5
    assert apart(result[inside], (coloured @ LUMA)[inside].astype(np.float32)) < 1e-5


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_enlarged_and_hidden_colours_do_not_bleed(identity: str, dtype: str, channels: int) -> None:
    source = picture(32, 32, channels, dtype=dtype)
    pixels = source.pixels.copy()
    pixels[..., -1] = 0
    pixels[8:24, 8:24, -1] = source.peak
    pixels[8:24, 8:24, :-1] = from_float(np.float32(0.5), dtype)
    pixels[pixels[..., -1] == 0] = 0  # black, and hidden
    hidden = Picture(pixels)
    result = upscale(hidden, UpscaleOptions(model=identity, scale=1.5), engine())
    assert result.pixels.shape == (48, 48, channels)
    assert result.alpha is not None
    seen = result.colour[to_float(result.alpha) > 0]
    assert apart(seen, np.full_like(seen, from_float(np.float32(0.5), dtype))) <= 1 / 255
    expected = resize(pixels[..., -1:], (48, 48), Kernel.BICUBIC)
    expected = from_float(to_float(expected), dtype)  # a kernel may overshoot, a picture may not
    assert apart(result.alpha[..., None], expected) < 1e-6


def test_the_input_is_left_alone(identity: str) -> None:
    source = picture(16, 16, 4)
    source.pixels[:4, :4, 3] = 0
    before = source.pixels.copy()
    upscale(source, UpscaleOptions(model=identity, strength=0.5), engine())
    np.testing.assert_array_equal(source.pixels, before)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0, 2.7, 3.0, 4.0])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (23, 17)])
def test_sizes_are_rounded(identity: str, scale: float, height: int, width: int) -> None:
    source = picture(height, width, 3)
    result = upscale(source, UpscaleOptions(scale=scale, model=identity), engine())
    assert Extent(result.height, result.width) == scaled_size(Extent(source.height, source.width), scale)
    assert result.height == max(1, int(height * scale + 0.5))


def test_four_times_is_twice_two_times(identity: str) -> None:
    source = picture(21, 13, 3)
    result = upscale(source, UpscaleOptions(scale=4, model=identity), engine())
    np.testing.assert_array_equal(result.pixels, doubled(source.pixels, 4))


def test_scales_between_are_the_larger_one_reduced(unet: str) -> None:
    source = picture(40, 40, 3, dtype="float32")
    large = upscale(source, UpscaleOptions(model=unet), engine())
    expected = np.clip(resize(large.pixels, (60, 60), Kernel.LANCZOS), 0, 1)
    result = upscale(source, UpscaleOptions(scale=1.5, model=unet), engine())
    assert apart(result.pixels, expected) < 1e-6


def test_reducing_is_antialiased(identity: str) -> None:
    """A chequerboard is gray from afar: brought back to 1.25 it must not alias."""
    board = np.indices((64, 64)).sum(0)[..., None] % 2 * np.uint8(255)
    source = Picture(np.ascontiguousarray(board.repeat(3, axis=2).astype(np.uint8)))
    result = upscale(source, UpscaleOptions(scale=1.25, model=identity), engine())
    assert abs(result.pixels.mean() - 127.5) < 1


def test_sixteen_bits_between_passes_are_as_good_as_floats(unet: str) -> None:
    bytes_, floats = picture(24, 24, 3), Picture(to_float(picture(24, 24, 3).pixels))
    options = UpscaleOptions(scale=3, model=unet)
    assert (
        apart(upscale(bytes_, options, engine()).pixels, upscale(floats, options, engine()).pixels)
        < 0.51 / 255
    )


@pytest.mark.parametrize("scale", [2, 3])
@pytest.mark.parametrize("tile", [1, 48, 64, 100])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiles_do_not_show(unet: str, scale: float, tile: int, channels: int) -> None:
    source = picture(90, 70, channels)
    options = UpscaleOptions(scale=scale, model=unet)
    whole = upscale(source, options, engine(4096))
    tiled = upscale(source, options, engine(tile))
    assert apart(whole.pixels, tiled.pixels) <= 1 / 255


def test_strength_blends_with_plain_enlargement(unet: str) -> None:
    source = picture(30, 30, 3, dtype="float32")
    plain = np.clip(resize(source.pixels, (60, 60), Kernel.BICUBIC), 0, 1)

    def result(strength: float) -> NDArray[Any]:
        return upscale(source, UpscaleOptions(model=unet, strength=strength), engine()).pixels

    assert apart(result(0), plain) < 1e-6
    assert (
        apart(result(0.25), 0.25 * result(1) + 0.75 * plain) < 0.01
    )  # plain overshoots before it is clipped
    assert apart(result(1), plain) > 0.02


def test_strength_with_alpha_uses_the_filled_colours(identity: str) -> None:
    source = picture(16, 16, 4)
    source.pixels[:, :8, 3] = 0
    assert source.alpha is not None
    filled = fill_transparent(source.colour, source.alpha)
    result = upscale(source, UpscaleOptions(model=identity, strength=0), engine())
    assert apart(result.colour, resize(filled, (32, 32), Kernel.BICUBIC)) <= 1 / 255


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A faithful, a GAN and a cleaning model under the names of the shipped ones, which they hide."""
    cleaning_model(tmp_path / "deartifact.onnx")
    unet_model(tmp_path / "upscale-x2.onnx", 2, residual=0.3, seed=1)
    unet_model(
        tmp_path / "upscale-x2-gan.onnx", 2, residual=0.3, seed=2, variant=Variant.GAN, size_multiple=8
    )
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("tile", [64, 4096])
def test_detail_blends_the_two_models(tile: int) -> None:
    source = picture(80, 96, 3, dtype="float32")

    def result(detail: float | None) -> NDArray[Any]:
        return upscale(source, UpscaleOptions(detail=detail), engine(tile)).pixels

    faithful, gan = result(0), result(1)
    assert apart(faithful, gan) > 0.02
    inside = ((faithful > 0) & (faithful < 1) & (gan > 0) & (gan < 1)).all(axis=2)  # not clipped
    expected = 0.75 * faithful + 0.25 * gan
    assert apart(result(0.25)[inside], expected[inside].astype(np.float32)) < 1e-4


@pytest.mark.usefixtures("pair")
def test_detail_that_is_left_out_is_the_pictures_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is that of its regions, whatever they look like by themselves."""
    source = picture(150, 170, 3)
    source.pixels[:35] = 99
    for estimate in (
        Estimate(100.0),
        Estimate(92.0),
        Estimate(30.0),
        Estimate(97.0, is_compressed_drawing=True),
        Estimate(97.0, is_compressed_drawing=True, drawn=1.0),
        Estimate(100.0, drawn=0.9),
    ):
        known = {id(source): estimate}
        monkeypatch.setattr("unfade.filters.quality.estimate_of", lambda whole, known=known: known[id(whole)])
        runner = UPSCALE.open(UpscaleOptions(), engine(64))
        whole = runner.run(source)
        detail, cleaning = best_detail(estimate, 2), best_cleaning(estimate, 2)
        chosen = {"detail": detail, "cleaning": cleaning} if cleaning else {"detail": detail}
        assert whole.report.chosen == chosen
        assert ("deartifact + " in whole.report.model) == bool(cleaning)
        cleaner = DEARTIFACT.open(DeartifactOptions(strength=cleaning), engine(64))
        by_hand = upscale(cleaner.run(source).picture, UpscaleOptions(detail=detail), engine(64))
        np.testing.assert_array_equal(whole.picture.pixels, by_hand.pixels)
        region = runner.run(source, region=Bounds(80, 20, 40, 60))
        assert region.exact and region.report.chosen == chosen
        assert apart(region.picture.pixels, whole.picture.pixels[160:240, 40:160]) <= 1 / 255
    assert best_cleaning(Estimate(30.0), 2) > best_cleaning(Estimate(85.0), 2) > 0
    assert best_cleaning(Estimate(None), 2) == best_cleaning(Estimate(100.0), 4) == 0
    assert 0 < best_detail(Estimate(90.0), 2) < 1
    assert best_detail(Estimate(97.0, is_compressed_drawing=True), 2) == 1
    assert UPSCALE.open(UpscaleOptions(detail=0.3), engine()).run(source).report.chosen == {}


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("scale", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_level_parts_of_drawings_keep_their_colour(scale: float, dtype: str) -> None:
    """Where all neighbours of a pixel are alike, and the detail is left to the picture."""
    music = np.full((96, 120, 3), 255, np.uint8)
    music[8::12] = 0
    music[40:60, 30:50] = 200, 40, 30
    source = Picture(music if dtype == "uint8" else to_float(music))
    runner, region = UPSCALE.open(UpscaleOptions(scale=scale), engine(32)), Bounds(12, 24, 36, 48)
    result = runner.run(source)
    assert scale > 2 or result.report.chosen == {"detail": 0.5}
    paper, sign = (
        result.picture.pixels[
            round(top * scale) : round(bottom * scale), round(32 * scale) : round(48 * scale)
        ]
        for top, bottom in ((22, 30), (46, 54))
    )
    assert (paper == source.pixels[0, 0]).all() and (sign == source.pixels[50, 40]).all()
    part = runner.run(source, region=region).picture.pixels
    assert apart(part, cut(result.picture.pixels, scaled_bounds(region, scale))) <= 1 / 255
    asked = upscale(source, UpscaleOptions(scale=scale, detail=0.5), engine(32)).pixels
    assert (
        apart(
            asked[: round(6 * scale)], np.broadcast_to(source.pixels[0, 0], asked[: round(6 * scale)].shape)
        )
        > 0
    )


@pytest.mark.usefixtures("pair")
def test_what_was_cleaned_before_is_not_cleaned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfade.filters.quality.estimate_of", lambda _: Estimate(30.0))
    cleaning, enlarging = Step(DEARTIFACT, DeartifactOptions()), Step(UPSCALE, UpscaleOptions())
    source = picture(40, 50, 3)
    assert "cleaning" in open_steps([enlarging], engine()).run(source).report.chosen
    chosen = open_steps([cleaning, enlarging], engine()).run(source).report.chosen
    assert chosen == {"strength": 1.0, "detail": 1.0}


@pytest.mark.usefixtures("pair")
def test_a_pictures_quality_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Picture] = []

    def estimate_of(whole: Picture) -> Estimate:
        asked.append(whole)
        return Estimate(90.0)

    monkeypatch.setattr("unfade.filters.quality.estimate_of", estimate_of)
    source, memo = picture(80, 96, 3), Memo().of("one")
    runner = UPSCALE.open(UpscaleOptions(), engine())
    for x in range(0, 80, 16):
        runner.run(source, region=Bounds(8, x, 16, 16), memo=memo)
    assert len(asked) == 1


@pytest.mark.usefixtures("pair")
def test_the_outcome_tells_what_ran() -> None:
    runner = UPSCALE.open(UpscaleOptions(detail=0.5), engine())
    outcome = runner.run(picture(16, 16, 3)).report
    assert outcome.model == "upscale-x2 + upscale-x2-gan"
    assert outcome.provider == "CPUExecutionProvider"
    assert outcome.fallback is None
    assert 0 < outcome.engine_seconds < 10


@pytest.mark.parametrize("which", range(3))
def test_a_pass_that_the_processor_had_to_take_is_reported(
    unet: str, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """The GPU's memory was too little for the cleaning before, or for one of two passes."""
    runs = itertools.count()

    def short_of_memory(*arguments: Any) -> Any:
        done = run_tiled(*arguments)
        return replace(done, provider="AnotherProvider") if next(runs) == which else done

    for module in ("upscale", "deartifact"):
        monkeypatch.setattr(f"unfade.filters.{module}.run_tiled", short_of_memory)
    options = UpscaleOptions(scale=4, model=unet)
    runner = UPSCALE.open(options, engine())
    runner._cleaner = DEARTIFACT.open(DeartifactOptions(), engine())
    report = runner.run(picture(16, 16, 3)).report
    assert next(runs) == 3
    assert report.fallback and "GPU ran out of memory" in report.fallback


def test_models_that_do_not_go_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity_model(tmp_path / "upscale-x2.onnx", 2)
    path = identity_model(
        tmp_path / "upscale-x2-gan.onnx", 2, variant=Variant.GAN, tiling=Tiling.WHOLE, working_size=8
    )
    monkeypatch.setenv("UNFADE_MODELS", str(path.parent))
    with pytest.raises(ModelError, match="upscale-x2-gan does not make RGB out of RGB in tiles"):
        UPSCALE.open(UpscaleOptions(detail=0.5), engine())


def test_a_model_for_another_filter_is_refused(tmp_path: Path) -> None:
    path = identity_model(tmp_path / "clean.onnx", 1, task="deartifact")
    with pytest.raises(ModelError, match="clean is for deartifact, not for upscale"):
        UPSCALE.open(UpscaleOptions(model=str(path)), engine())


@pytest.mark.parametrize(("make", "sentence"), [(nan_model, "NaN"), (black_model, "black")])
def test_unusable_results_are_errors(tmp_path: Path, make: Callable[[Path], Path], sentence: str) -> None:
    path = make(tmp_path / "broken.onnx")
    with pytest.raises(ModelError, match=sentence):
        upscale(picture(8, 8, 3), UpscaleOptions(model=str(path)), engine())


def test_progress_counts_the_tiles_of_all_passes(unet: str) -> None:
    seen: list[tuple[int, int]] = []
    upscale(
        picture(90, 70, 3),
        UpscaleOptions(scale=4, model=unet),
        engine(64),
        progress=lambda done, total: seen.append((done, total)),
    )
    total = seen[0][1]
    assert sorted({*seen}) == [(done, total) for done in range(total + 1)] and seen == sorted(seen)
    assert total > 8


def test_a_callback_can_stop_it(unet: str) -> None:
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        upscale(picture(90, 70, 3), UpscaleOptions(model=unet), engine(64), progress=stop)
