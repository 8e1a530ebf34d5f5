"""Live options: full-strength results blended afterwards are what the filter itself would have made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models import cleaning_model, colouring_model, unet_model
from tests.unit.filters.pictures import apart, engine, picture
from unfade.filters import (
    ColorizeOptions,
    DeartifactOptions,
    Mix,
    UpscaleOptions,
    at_full,
    blends_live,
    find_filter,
    mixed,
    plain_enlargement,
)
from unfade.inference import Bounds
from unfade.models import Variant
from unfade.picture import Metadata, Picture
from unfade.picture.colour import linear_profile


@pytest.fixture(autouse=True)
def _models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unet_model(tmp_path / "upscale-x2.onnx", 2, residual=0.3, seed=1)
    unet_model(tmp_path / "upscale-x2-gan.onnx", 2, residual=0.3, seed=2, variant=Variant.GAN)
    cleaning_model(tmp_path / "clean.onnx", residual=0.3)
    colouring_model(tmp_path / "tint.onnx")
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))


def made(name: str, options: Any, source: Picture) -> Any:
    return find_filter(name).open(options, engine()).run(source).picture.pixels


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("deartifact", DeartifactOptions(strength=0.3, model="clean")),
        ("colorize", ColorizeOptions(strength=0.6, saturation=1.6, model="tint")),
        ("colorize", ColorizeOptions(strength=0.25, saturation=0.5, model="tint")),
        ("upscale", UpscaleOptions(strength=0.4)),
        ("upscale", UpscaleOptions(strength=0.4, scale=1.5)),
        ("upscale", UpscaleOptions(strength=0.7, detail=0.35)),
    ],
)
def test_blending_afterwards_is_what_the_filter_does(name: str, options: Any, channels: int) -> None:
    source = picture(40, 60, channels)
    if channels == 4:
        source.pixels[..., 3] = 255
    live = [each for each in find_filter(name).live_options if getattr(options, each) is not None]
    result, mix = made(name, at_full(options, live), source), Mix.of(options, live)
    other, clipped = None, np.zeros(result.shape, bool)
    if mix.detail:
        other = made(name, UpscaleOptions(detail=1.0), source)
        clipped = ((result % 255 == 0) | (other % 255 == 0)) & (np.arange(channels) < 3)
    under = source.pixels
    if name == "upscale":
        under = plain_enlargement(source, Bounds(0, 0, 40, 60), options.scale)
    shown, expected = mixed(result, mix, other=other, under=under), made(name, options, source)
    assert clipped.mean() < 0.5  # where a result was cut off at black or white, its blend lacks that part
    assert apart(shown[~clipped], expected[~clipped]) <= 1.01 / 255


def test_what_is_neutral_changes_nothing() -> None:
    result = picture(10, 10, 3).pixels
    assert mixed(result, Mix()) is result
    assert Mix.of(UpscaleOptions(), ("strength", "detail")).plain  # detail is None


def test_the_plain_enlargement_of_a_region_is_that_of_the_whole() -> None:
    source = picture(60, 80, 3)
    whole = made("upscale", UpscaleOptions(strength=0.0, scale=1.5), source)
    part = plain_enlargement(source, Bounds(20, 30, 20, 30), 1.5)
    assert apart(part, whole[30:60, 45:90]) <= 1 / 255


@pytest.mark.parametrize(
    ("options", "natives", "live"),
    [
        (UpscaleOptions(detail=0.5), {2}, True),
        (UpscaleOptions(detail=0.5, scale=3), {2}, False),
        (UpscaleOptions(detail=0.5, scale=3), {2, 4}, True),
        (UpscaleOptions(detail=0.5), set(), False),
        (UpscaleOptions(detail=1.0), {2}, False),
        (UpscaleOptions(), {2}, False),
        (UpscaleOptions(model="a"), {2}, False),
    ],
)
def test_when_detail_is_live(options: UpscaleOptions, natives: set[int], live: bool) -> None:
    assert blends_live(options, natives) is live


def test_share_0_is_the_picture_itself() -> None:
    source = picture(20, 20, 3, dtype="float32")
    shown = mixed(np.zeros_like(source.pixels), Mix(strength=0.0), under=source.pixels)
    np.testing.assert_array_equal(shown, source.pixels)


@pytest.mark.parametrize("linear", [False, True], ids=["curve", "linear"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("deartifact", DeartifactOptions(strength=0.3, model="clean")),
        ("colorize", ColorizeOptions(strength=0.6, model="tint")),
        ("upscale", UpscaleOptions(strength=0.4)),
        ("upscale", UpscaleOptions(strength=0.7, detail=0.35, scale=1.5)),
    ],
)
def test_highlights_and_linear_light_are_blended_as_the_filter_does(
    name: str, options: Any, linear: bool
) -> None:
    """What a window saves of its preview has all that the picture had."""
    source = picture(40, 60, 3, dtype="float32")
    source.pixels[10:20, 10:30] *= 4
    source.pixels[30:33, 5:9, 1] = -0.2
    source = Picture(source.pixels, Metadata(icc=linear_profile(gray=False) if linear else None))
    live = [each for each in find_filter(name).live_options if getattr(options, each) is not None]
    result, mix = made(name, at_full(options, live), source), Mix.of(options, live)
    other = made(name, UpscaleOptions(detail=1.0, scale=options.scale), source) if mix.detail else None
    under = source.pixels
    if name == "upscale":
        under = plain_enlargement(source, Bounds(0, 0, 40, 60), options.scale)
    shown = mixed(result, mix, other=other, under=under, linear=linear and find_filter(name).by_values)
    expected = made(name, options, source)
    assert expected.max() > 2 and expected.min() < -0.05
    off = np.abs(shown - expected).max(axis=2)
    # where a result was cut off at black or white, its blend lacks that part
    assert np.quantile(off, 0.5) < 1e-3 and np.quantile(off, 0.95) < 0.05 and off.max() < 0.3
