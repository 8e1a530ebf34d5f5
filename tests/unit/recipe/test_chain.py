"""Filters one after the other: their pixels, parts, masks, progress and stopping."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models import cleaning_model, colouring_model, identity_model, unet_model
from unfade.errors import Cancelled, UsageError
from unfade.filters import Memo, Recipe, Runner
from unfade.filters.deartifact import Cleaner
from unfade.filters.pipeline import PROGRESS_TOTAL, _narrowed
from unfade.filters.quality import Estimate
from unfade.filters.runner import _behind
from unfade.inference import Bounds, Device, Engine, Extent
from unfade.picture import Metadata, Picture, from_float, to_float

CLEAN = {"filter": "deartifact", "options": {"model": "clean"}}
COLOUR = {"filter": "colorize", "options": {"model": "colour"}}
DOUBLE = {"filter": "upscale", "options": {"model": "double"}}
NET = {"filter": "upscale", "options": {"model": "net", "scale": 2}}
HALF_MORE = {"filter": "upscale", "options": {"model": "net", "scale": 1.5}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    identity_model(folder / "double.onnx", 2)
    unet_model(folder / "net.onnx", 2)
    cleaning_model(folder / "clean.onnx")
    colouring_model(folder / "colour.onnx")
    return folder


@pytest.fixture(autouse=True)
def _visible(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFADE_MODELS", str(models))


def opened(*steps: dict[str, Any], tile: int | None = None) -> Runner:
    return Recipe.from_json({"steps": list(steps)}).open(Engine(Device.CPU, threads=1, tile=tile))


def photo(height: int, width: int, channels: int = 3, dtype: str = "uint8", seed: int = 0) -> Picture:
    """Noise on a gradient, with a red patch, which the cleaning model takes for a watermark."""
    random = np.random.default_rng(seed)
    values = random.random((height, width, channels), np.float32) * 0.3
    values += np.linspace(0, 0.6, width, dtype=np.float32)[:, None]
    if channels >= 3:
        values[height // 4 : height // 2, width // 4 : width // 2, :3] = (1, 0.1, 0.1)
    if channels in (2, 4):
        values[..., -1] = 1
    return Picture(from_float(values, dtype), Metadata(dpi=(300, 300)))


def one_by_one(picture: Picture, *steps: dict[str, Any]) -> Picture:
    for step in steps:
        picture = opened(step).run(picture).picture
    return picture


def in_8_bit_steps(a: Picture, b: Picture) -> float:
    return float(np.abs(to_float(a.pixels).astype(float) - to_float(b.pixels)).max()) * 255


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_chain_is_its_filters_one_after_the_other(channels: int, dtype: str) -> None:
    source = photo(40, 50, channels, dtype)
    result = opened(CLEAN, COLOUR, NET).run(source).picture
    expected = one_by_one(source, CLEAN, COLOUR, NET)
    assert result.pixels.dtype == source.pixels.dtype
    assert result.pixels.shape == expected.pixels.shape
    assert result.metadata.dpi == (300, 300)
    if dtype != "uint8":
        np.testing.assert_array_equal(result.pixels, expected.pixels)
    # Between the steps of an 8-bit picture there are 16 bits, so all that is lost is lost at the end.
    deep = Picture(source.pixels.astype(np.uint16) * 257) if dtype == "uint8" else source
    assert in_8_bit_steps(result, one_by_one(deep, CLEAN, COLOUR, NET)) <= 0.5 + 1e-6


def test_one_step_is_that_filter_alone() -> None:
    source = photo(30, 40)
    np.testing.assert_array_equal(opened(NET).run(source).picture.pixels, one_by_one(source, NET).pixels)


def test_what_ran_is_told() -> None:
    outcome = opened(CLEAN, NET, NET).run(photo(20, 30)).report
    assert outcome.model == "clean + net"
    assert outcome.provider == "CPUExecutionProvider"
    assert outcome.fallback is None
    assert outcome.engine_seconds > 0


def test_sixteen_bits_round_to_eight_as_floats_do() -> None:
    every = Picture(np.arange(65536, dtype=np.uint16).reshape(256, 256, 1))
    np.testing.assert_array_equal(_narrowed(every).pixels, from_float(to_float(every.pixels), np.uint8))


@pytest.fixture(autouse=True)
def compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pictures count as compressed: what they are made of was not, and would not be cleaned."""
    monkeypatch.setattr("unfade.filters.quality.estimate_of", lambda _picture: Estimate(50.0))


REGIONS = [Bounds(0, 0, 30, 40), Bounds(51, 33, 23, 31), Bounds(90, 80, 30, 40), Bounds(0, 0, 120, 120)]


@pytest.mark.parametrize(
    "steps",
    [
        (CLEAN, NET),
        (NET, CLEAN),
        (NET, NET),
        (HALF_MORE, NET),
        (HALF_MORE, CLEAN, HALF_MORE),
        (CLEAN, COLOUR),
    ],
    ids=lambda steps: "-".join(step["filter"] for step in steps),
)
@pytest.mark.parametrize(("channels", "dtype"), [(3, "uint8"), (4, "uint16"), (1, "float32")])
def test_parts_of_a_chain(steps: tuple[dict[str, Any], ...], channels: int, dtype: str) -> None:
    source = photo(120, 120, channels, dtype)
    chain = opened(*steps, tile=64)
    whole = chain.run(source, want_mask=True)
    assert chain.output_size(Extent(120, 120)) == Extent(whole.picture.height, whole.picture.width)
    for region in REGIONS:
        part = chain.run(source, region=region, want_mask=True)
        at, got = part.at, part.picture
        assert part.exact
        assert (at.height, at.width) == (got.height, got.width)
        expected = Picture(np.ascontiguousarray(whole.picture.pixels[at.y : at.bottom, at.x : at.right]))
        assert in_8_bit_steps(got, expected) <= 1
        assert (part.mask is None) == (whole.mask is None)
        if whole.mask is not None and part.mask is not None:
            there = whole.mask[at.y : at.bottom, at.x : at.right]
            assert np.abs(part.mask.astype(int) - there).max() <= 1


def test_what_a_step_needs_whole_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = photo(120, 100)
    recipe, engine = Recipe.from_json({"steps": [CLEAN, COLOUR, NET]}), Engine(Device.CPU, threads=1)
    chain, memo = recipe.open(engine), Memo()
    whole = chain.run(source).picture.pixels
    cleaned: list[Picture] = []
    clean = Cleaner.run_crop

    def counted(self: Cleaner, piece: Picture, *rest: Any, **more: Any) -> Any:
        cleaned.append(piece)
        return clean(self, piece, *rest, **more)

    monkeypatch.setattr(Cleaner, "run_crop", counted)
    times = 0
    for region, again in ((Bounds(20, 30, 30, 40), True), (Bounds(70, 5, 30, 40), False)):
        part = recipe.open(engine).run(source, region=region, want_mask=True, memo=memo.of("a"))
        expected = whole[part.at.y : part.at.bottom, part.at.x : part.at.right]
        assert np.abs(part.picture.pixels.astype(int) - expected).max() <= 1
        assert part.mask is not None
        assert part.report.model == "clean + colour + net"
        times += again
        assert len(cleaned) == times
    region = Bounds(20, 30, 30, 40)
    other = photo(120, 100, seed=1)
    chain.run(other, region=region, want_mask=True, memo=memo.of("b"))
    chain.run(source, region=region, want_mask=True, memo=memo.of("a"))
    assert len(cleaned) == 3  # one picture is kept
    weaker = {"filter": "deartifact", "options": {"model": "clean", "strength": 0.5}}
    weakened = Recipe.from_json({"steps": [weaker, COLOUR, NET]}).open(engine)
    weakened.run(source, region=region, want_mask=True, memo=memo.of("a"))
    assert len(cleaned) == 4  # for the settings it was made with
    assert memo._kept
    memo.forget("a")
    assert not memo._kept  # and no longer than the picture itself
    chain.run(source, region=region)
    chain.run(source, region=region)
    assert len(cleaned) == 6  # an unknown picture is made anew


def test_a_picture_is_not_kept_alive() -> None:
    source, memo = photo(120, 100, dtype="uint16"), Memo()
    chain = opened(COLOUR, NET)
    chain.run(source, region=Bounds(20, 30, 30, 40), memo=memo.of("a"))
    assert memo._kept
    pixels = weakref.ref(source.pixels)
    del source
    assert pixels() is None


def test_parts_with_transparent_pixels() -> None:
    source = photo(300, 260, 4)
    source.pixels[60:200, 50:180, 3] = 0
    chain = opened(CLEAN, NET)
    whole = chain.run(source).picture
    for region in (Bounds(40, 30, 60, 50), Bounds(190, 170, 60, 60)):
        part = chain.run(source, region=region)
        expected = whole.pixels[part.at.y : part.at.bottom, part.at.x : part.at.right]
        got, seen = part.picture.pixels, expected[..., 3] > 0
        np.testing.assert_array_equal(got[..., 3], expected[..., 3])
        assert seen.any()
        assert np.abs(got[seen].astype(int) - expected[seen]).max() <= 1


def test_a_part_outside_the_picture() -> None:
    with pytest.raises(UsageError, match="must lie inside the picture, which has 30 x 20 pixels"):
        opened(CLEAN, NET).run(photo(20, 30), region=Bounds(10, 0, 11, 30))


def test_the_mask_is_brought_to_the_size_of_the_result() -> None:
    source = photo(40, 60)
    alone = opened(CLEAN).run(source, want_mask=True).mask
    mask = opened(CLEAN, DOUBLE).run(source, want_mask=True).mask
    assert alone is not None
    assert mask is not None
    assert mask.shape == (80, 120)
    assert alone.max() > 200  # the red patch was found
    assert np.abs(mask[::2, ::2].astype(int) - alone).mean() < 3
    assert opened(CLEAN, DOUBLE).run(source).mask is None


def test_progress_grows_to_its_total() -> None:
    told: list[tuple[float, int]] = []
    chain = opened(CLEAN, DOUBLE, NET, tile=64)
    chain.run(photo(120, 120), progress=lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {PROGRESS_TOTAL}
    counts = [done for done, _ in told]
    assert counts == sorted(counts)
    assert counts[-1] == PROGRESS_TOTAL
    assert counts[0] == 0 < min(filter(None, counts)) < PROGRESS_TOTAL / 4


@pytest.mark.parametrize("at", [1, 300])
def test_stopping_in_any_step(at: int) -> None:
    def stop(done: int, _total: int) -> None:
        if done >= at:
            raise Cancelled("Stopped.")

    chain = opened(CLEAN, NET, NET, tile=64)
    with pytest.raises(Cancelled):
        chain.run(photo(90, 90), progress=stop)
    with pytest.raises(Cancelled):
        chain.run(photo(90, 90), region=Bounds(0, 0, 80, 80), progress=stop)


@given(
    source=st.integers(1, 5000),
    scale=st.floats(1, 4),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_stretch_of_a_result_comes_from_no_less(
    source: int, scale: float, shares: tuple[float, float]
) -> None:
    length = max(1, int(source * scale + 0.5))
    begin = int(shares[0] * (length - 1))
    end = begin + 1 + int(shares[1] * (length - begin - 1))
    first, count = _behind(begin, end, length, source)
    assert 0 <= first < first + count <= source
    assert int(first * scale + 0.5) <= begin
    assert int((first + count) * scale + 0.5) >= end
