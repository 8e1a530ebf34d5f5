"""Revive with a model that always names the same: what of it reaches the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.models import (
    Network,
    Node,
    cleaning_model,
    make_card,
    nan_model,
    save_built,
    toning_model,
)
from tests.unit.filters.pictures import apart, engine, picture
from unfade import batch
from unfade.errors import Cancelled, ModelError, UsageError
from unfade.filters import Memo, Recipe
from unfade.filters.revive import REVIVE, ReviveOptions, Reviver
from unfade.inference import Bounds, Stop
from unfade.models import Tensor, Tiling, find_model
from unfade.picture import (
    Metadata,
    Picture,
    from_float,
    read_picture,
    srgb_to_linear,
    to_float,
    write_picture,
)
from unfade.picture.colour import linear_profile

KNOTS = np.linspace(0, 1, 17, dtype=np.float32)
CURVES = np.stack([0.1 + 0.6 * KNOTS, 0.8 * KNOTS, 0.2 + 0.7 * KNOTS])


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(toning_model(tmp_path / "tones.onnx", CURVES))


def pale(height: int, width: int, channels: int, dtype: str = "uint8") -> Picture:
    """A picture without black and white, as faded ones are."""
    values = to_float(picture(height, width, channels, dtype="float32").pixels)
    return Picture(np.ascontiguousarray(from_float(values * np.float32(0.4) + np.float32(0.3), dtype)))


def test_a_picture_that_uses_its_whole_range_has_not_faded(model: str) -> None:
    whole = pale(60, 60, 3).pixels.copy()
    whole[:12], whole[12:24] = 0, 255
    whole[:12, :, 0] = 1
    runner = REVIVE.open(ReviveOptions(model=model), engine())
    assert apart(runner.run(Picture(whole)).picture.pixels, whole) <= 1 / 255
    without_white = np.minimum(whole, 150)
    assert apart(runner.run(Picture(without_white)).picture.pixels, without_white) > 0.05


def test_what_is_no_photograph_has_not_faded(model: str) -> None:
    """Black letters are gray in the few pixels that the network sees, and dark pages have neither black nor
    white."""
    runner = REVIVE.open(ReviveOptions(model=model), engine())
    dark = page((30, 30, 30), (212, 212, 212))
    for whole in (page((255, 255, 255), (0, 0, 0)), dark, np.full((64, 64, 3), (200, 30, 40), np.uint8)):
        np.testing.assert_array_equal(runner.run(Picture(whole)).picture.pixels, whole)
    rng = np.random.default_rng(0)
    faded = Picture(from_float(to_float(dark) + rng.normal(0, 0.01, dark.shape), "uint8"))  # of a photograph
    assert apart(runner.run(faded).picture.pixels, faded.pixels) > 0.05


def page(paper: tuple[int, ...], ink: tuple[int, ...]) -> NDArray[np.uint8]:
    drawn = Image.new("RGB", (400, 300), paper)
    draw = ImageDraw.Draw(drawn)
    for row in range(12):
        draw.text((20, 20 + 22 * row), "The quick brown fox jumps over the lazy dog", ink)
    return np.array(drawn)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_kind_and_metadata_stay(model: str, dtype: str, channels: int) -> None:
    source = Picture(pale(40, 57, channels, dtype).pixels, Metadata(dpi=(300.0, 300.0)))
    result = REVIVE.open(ReviveOptions(model=model), engine()).run(source).picture
    assert (result.pixels.shape, result.pixels.dtype) == (source.pixels.shape, source.pixels.dtype)
    assert result.metadata == source.metadata
    curves = CURVES.mean(0, keepdims=True) if channels < 3 else CURVES
    wanted = np.stack(
        [np.interp(to_float(source.colour)[..., c], KNOTS, curve) for c, curve in enumerate(curves)], axis=-1
    )
    assert apart(result.colour, wanted.astype(np.float32)) <= 0.6 / 255
    if source.alpha is not None:
        np.testing.assert_array_equal(result.alpha, source.alpha)


def test_a_gray_picture_in_three_channels_stays_gray(model: str) -> None:
    gray = pale(40, 40, 1).pixels.repeat(3, 2)
    result = REVIVE.open(ReviveOptions(model=model), engine()).run(Picture(gray)).picture.pixels
    assert np.ptp(result, axis=2).max() == 0
    assert apart(result, gray) > 0.05


def test_a_region_is_that_of_the_whole_and_the_network_runs_once(model: str) -> None:
    source, memo = pale(80, 90, 4), Memo().of("picture")
    runner = REVIVE.open(ReviveOptions(model=model, warmth=0.5), engine())
    whole = runner.run(source, memo=memo)
    part = runner.run(source, region=Bounds(11, 20, 31, 40), memo=memo)
    np.testing.assert_array_equal(part.picture.pixels, whole.picture.pixels[11:42, 20:60])
    assert part.exact and whole.report.engine_seconds > 0 and part.report.engine_seconds == 0


def test_one_correction_for_all_pictures_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(options: ReviveOptions, folder: str) -> list[Picture]:
        jobs = [batch.Job(source, tmp_path / folder / source.name) for source in sources]
        records = list(batch.run(jobs, Recipe.from_json(steps(options)).open(engine())))
        assert [record.ok for record in records] == [True, True, False]
        return [read_picture(job.target) for job in jobs[:2]]

    def steps(options: ReviveOptions) -> dict[str, list[dict[str, object]]]:
        more = {"same_for_all": True} if options.same_for_all else {}
        return {"steps": [{"filter": "revive", "options": {"model": "bright", **more}}]}

    bright_model(tmp_path / "models" / "bright.onnx")
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path / "models"))
    sources = [tmp_path / name for name in ("dark.png", "light.png", "damaged.png")]
    grain = np.resize(np.array([1, 0, -1, 0], np.int8), 30)[:, None]  # of one colour no photograph is
    dark, light = ((np.full((20, 30, 3), value) + grain).astype(np.uint8) for value in (51, 153))
    dark[:, 0, 0], light[:, 0, 0] = 61, 163  # not gray
    for pixels, path in zip((dark, light), sources, strict=False):
        write_picture(Picture(pixels), path)
    sources[2].write_bytes(b"no picture")
    apart_each, same = run(ReviveOptions(), "each"), run(ReviveOptions(same_for_all=True), "same")
    lifts = [[int(p.pixels[5, 5, 1]) for p in pictures] for pictures in (apart_each, same)]
    assert lifts[0] == [51 + 20, 153 + 61]  # 0.4 of each one's own brightness
    assert lifts[1] == [51 + 41, 153 + 41]  # of their mean


def bright_model(path: Path) -> Path:
    """Lifts a picture by 0.4 of its own mean."""
    network = Network()
    mean: Node = network.averaged(network.input)
    share = [[0.4 / 3] * 3] * 3
    low = network.mixed(mean, [row for row in share for _ in range(2)], [0.0, 1.0] * 3)
    flat = network.mixed(network.scaled(mean, 0.0), np.zeros((9, 3)).tolist(), np.eye(3).ravel().tolist())
    tensors = (
        Tensor("curves", 6, (0.0, 1.0), "tone curves"),
        Tensor("matrix", 9, (0.0, 1.0), "colour matrix"),
    )
    card = make_card(
        network,
        mean,
        name=path.stem,
        task="revive",
        scale=1,
        outputs=tensors,
        tiling=Tiling.WHOLE,
        working_size=32,
        halo=0,
    )
    return save_built(path, network, {"curves": low, "matrix": flat}, card)


def test_models_that_cannot_be_used(tmp_path: Path) -> None:
    path = cleaning_model(tmp_path / "other.onnx", task="revive")
    with pytest.raises(ModelError, match="does not name tone curves and a colour matrix"):
        REVIVE.open(ReviveOptions(model=str(path)), engine())
    curves = CURVES.copy()
    curves[0, 0] = np.nan
    broken = toning_model(tmp_path / "broken.onnx", curves)
    with pytest.raises(ModelError, match="no numbers"):
        REVIVE.open(ReviveOptions(model=str(broken)), engine()).run(picture(20, 20, 3))
    with pytest.raises(ModelError, match="for upscale, not for revive"):
        REVIVE.open(ReviveOptions(model=str(nan_model(tmp_path / "nan.onnx"))), engine())


@pytest.mark.parametrize(
    "values", [{"warmth": 1.5}, {"contrast": -2}, {"saturation": 3}, {"strength": float("nan")}]
)
def test_numbers_out_of_range(values: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(values))):
        ReviveOptions(**values)  # type: ignore[arg-type]


def test_a_survey_takes_what_runs_take(model: str, tmp_path: Path) -> None:
    """Floats below 0 and above 1, and linear light; a picture that the model fails on does not count."""
    odd = pale(40, 50, 3, "float32").pixels
    linear = Picture(srgb_to_linear(odd), Metadata(icc=linear_profile(gray=False)))
    odd = odd.copy()
    odd[3, 3], odd[5, 5] = -2, 9
    for name, source in (("odd", Picture(odd)), ("linear", linear)):
        write_picture(source, tmp_path / f"{name}.tif")
    named = []
    for path in (tmp_path / "odd.tif", tmp_path / "linear.tif"):
        runner = Reviver(ReviveOptions(model=model, same_for_all=True), engine(), find_model(model))
        runner.survey([path])
        assert runner._common is not None
        alone = Reviver(ReviveOptions(model=model), engine(), find_model(model))
        named.append(runner.run(read_picture(path)).picture.pixels)
        np.testing.assert_array_equal(named[-1], alone.run(read_picture(path)).picture.pixels)


def test_a_survey_that_is_stopped_names_nothing(model: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for path in paths:
        write_picture(picture(40, 50, 3), path)
    runner, stop = Reviver(ReviveOptions(model=model, same_for_all=True), engine(), find_model(model)), Stop()

    def at_the_second(done: float, _total: int) -> None:
        if done:
            stop.now()

    with stop.heeded(), pytest.raises(Cancelled):
        runner.survey(paths, at_the_second)
    assert runner._common is None


def test_a_later_survey_counts_for_a_picture_that_was_seen_before(tmp_path: Path) -> None:
    model = str(bright_model(tmp_path / "bright.onnx"))
    sources = [tmp_path / "dark.png", tmp_path / "light.png"]
    for value, path in zip((60, 160), sources, strict=True):
        pixels = np.full((20, 20, 3), value, np.uint8)
        pixels[::2, ::2] += 1  # of one colour no photograph is
        pixels[0, 0] = 250, 1, 120  # not gray
        write_picture(Picture(pixels), path)
    runner = REVIVE.open(ReviveOptions(model=model, same_for_all=True), engine())
    picture, memo, lifts = read_picture(sources[0]), Memo().of("one"), []
    for surveyed in (sources[:1], sources[1:], []):
        runner.survey(surveyed)
        lifts.append(int(runner.run(picture, memo=memo).picture.pixels[9, 9, 1]))
    assert lifts[0] < lifts[1] and lifts[2] == lifts[0]
