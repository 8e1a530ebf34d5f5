"""What Restore finds in a picture, what it proposes, and that it runs just that."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.models import cleaning_model, repairing_model, toning_model
from tests.unit.filters.pictures import apart, engine, picture
from unfade import batch
from unfade.errors import UsageError
from unfade.filters import Memo, Recipe, Step
from unfade.filters.denoise import DENOISE, DenoiseOptions
from unfade.filters.repair import REPAIR
from unfade.filters.restore import (
    RESTORE,
    SMALL,
    Findings,
    RestoreOptions,
    Restorer,
    blockiness,
    look,
    propose,
    small_copy,
)
from unfade.filters.revive import REVIVE, ReviveOptions, is_toned
from unfade.filters.tones import lay_tones
from unfade.inference import Bounds
from unfade.models import Source, catalog
from unfade.picture import (
    Metadata,
    Picture,
    from_float,
    linear_to_srgb,
    srgb_to_linear,
    to_float,
    write_picture,
)
from unfade.picture.colour import linear_profile

PHOTO = Path(__file__).parents[3] / "examples" / "shepherd.webp"
KNOTS = np.linspace(0, 1, 9, dtype=np.float32)
NOTHING = Findings(gray=False, noise=0.0, blocks=0.0, quality=100.0, damage=0.0, fading=0.0)


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    repairing_model(folder / "mend.onnx")
    toning_model(folder / "tones.onnx", np.tile(KNOTS * np.float32(1.2), (3, 1)))
    cleaning_model(folder / "smooth.onnx", task="denoise", mask=False)
    cleaning_model(folder / "clean.onnx", task="deartifact")
    monkeypatch.setattr(catalog, "model_folders", lambda: [(folder, Source.SHIPPED)])


def plain(height: int = 200, width: int = 240) -> Picture:
    """Smooth colours, neither black nor white, and the faint noise of a photograph."""
    values = to_float(picture(height // 4, width // 4, 3, dtype="float32").pixels).repeat(4, 0).repeat(4, 1)
    values = values * np.float32(0.4) + np.float32(0.2)
    values += np.random.default_rng(1).normal(0, 0.002, values.shape)
    return Picture(np.ascontiguousarray(from_float(values, "uint8")))


@pytest.mark.parametrize(
    ("change", "filters"),
    [
        ({}, []),
        ({"fading": 0.1}, ["revive"]),
        ({"blocks": 0.5}, ["deartifact"]),
        ({"quality": 50.0}, ["deartifact"]),
        ({"damage": 0.01}, ["repair"]),
        ({"noise": 0.3}, ["denoise"]),
        ({"noise": 0.3, "damage": 0.01, "fading": 0.1, "gray": True}, ["revive", "repair", "denoise"]),
    ],
)
def test_each_fault_has_its_filter_and_nothing_is_coloured(
    change: dict[str, float], filters: list[str]
) -> None:
    steps = propose(Findings(**{**vars(NOTHING), **change}), RestoreOptions())
    assert [step.filter.name for step in steps] == filters
    off = RestoreOptions(colours=False, damage=False, noise=False, compression=False)
    assert propose(Findings(**{**vars(NOTHING), **change}), off) == ()


def test_what_is_found() -> None:
    clean = look(plain(), None, None)
    rng = np.random.default_rng(2)
    noisy = Picture(from_float(to_float(plain().pixels) + rng.normal(0, 0.06, (200, 240, 3)), "uint8"))
    assert clean.noise < 0.1 < look(noisy, None, None).noise
    assert (clean.damage, clean.fading) == (0, 0)
    assert not clean.gray and look(Picture(plain().pixels[..., :1].copy()), None, None).gray


def test_nothing_is_found_in_what_is_no_photograph() -> None:
    """Sprites, tables and music have borders every few pixels, dots and hair lines, and paper that is not
    white."""
    rng = np.random.default_rng(3)
    sprite = rng.integers(0, 2, (24, 32, 3), np.uint8).repeat(8, 0).repeat(8, 1) * 90 + 60
    table = np.full((240, 320, 3), 235, np.uint8)
    table[::24], table[:, ::40] = 120, 120
    table[10::24, 6::8] = 30
    runners = [filter.open(filter.Options(), engine()) for filter in (REPAIR, REVIVE)]
    for pixels in (sprite, table):
        assert propose(look(Picture(pixels), *runners), RestoreOptions()) == ()
        grainy = from_float(to_float(pixels) + rng.normal(0, 0.01, pixels.shape), "uint8")
        assert look(Picture(grainy), *runners).fading > 0.05  # the same, photographed


def test_a_compressed_picture_is_told_by_its_tables_where_its_blocks_do_not_show() -> None:
    with Image.open(PHOTO) as photo:
        small = photo.convert("RGB").reduce(3)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=50)
    clean, coded = (Picture(np.array(Image.open(file) if each else small)) for each in (False, True))
    for found, steps in ((clean, []), (coded, ["deartifact"])):
        proposed = propose(look(found, None, None), RestoreOptions())
        assert [step.filter.name for step in proposed] == steps


def test_blocks_of_a_jpeg() -> None:
    rng = np.random.default_rng(0)
    smooth = np.cumsum(rng.normal(0, 0.002, (128, 128)), axis=1).astype(np.float32) + 0.5
    blocky = smooth.reshape(16, 8, 16, 8).mean((1, 3)).repeat(8, 0).repeat(8, 1)
    assert blockiness(smooth) < 0.15 < blockiness(blocky[3:, 5:])
    assert blockiness(np.zeros((10, 10), np.float32)) == 0


def test_toned_prints() -> None:
    light = np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64)
    sepia = np.stack([light**0.8, light, light**1.3], axis=-1)
    assert is_toned(sepia) and is_toned(light[..., None].repeat(3, 2))
    assert not is_toned(to_float(plain().colour))


def test_the_copy_that_is_looked_at_is_small() -> None:
    large = Picture(np.zeros((400, 5000, 3), np.uint8))
    assert (small_copy(large).width, small_copy(large).height) == (SMALL, 61)
    assert small_copy(plain()) is not None and small_copy(plain()).width == 240


def test_it_runs_what_it_proposes_and_tells_it(tmp_path: Path) -> None:
    source = plain()
    source.pixels[100:103, 20:200] = 255
    runner = RESTORE.open(RestoreOptions(compression=False, noise=False), engine())
    result = runner.run(source)
    assert result.report.recipe is not None
    assert [step["filter"] for step in result.report.recipe] == ["revive", "repair"]
    same = Recipe.from_json({"steps": result.report.recipe}).open(engine()).run(source)
    assert apart(result.picture.pixels, same.picture.pixels) == 0
    half = RESTORE.open(RestoreOptions(strength=0.5, compression=False, noise=False), engine()).run(source)
    between = (result.picture.pixels.astype(float) + source.pixels) / 2
    np.testing.assert_allclose(half.picture.pixels, between, atol=1)
    write_picture(source, tmp_path / "a.png")
    (record,) = batch.run([batch.Job(tmp_path / "a.png", tmp_path / "b.png")], runner)
    assert json.loads(record.to_json())["recipe"] == result.report.recipe
    assert "revive, repair" in record.to_line()


def test_a_region_is_that_of_the_whole() -> None:
    source, memo = plain(), Memo().of("one")
    source.pixels[100:103, 20:200] = 255
    runner = RESTORE.open(RestoreOptions(), engine())
    whole, part = runner.run(source, memo=memo), runner.run(source, region=Bounds(80, 30, 60, 90), memo=memo)
    assert part.at == Bounds(80, 30, 60, 90)
    assert apart(part.picture.pixels, whole.picture.pixels[80:140, 30:120]) <= 1 / 255


def test_a_good_picture_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfade.filters.restore.look", lambda *_: NOTHING)
    source = plain()
    result = RESTORE.open(RestoreOptions(), engine()).run(source, region=Bounds(5, 6, 20, 30))
    np.testing.assert_array_equal(result.picture.pixels, source.pixels[5:25, 6:36])
    assert result.report.recipe == []


def test_numbers_out_of_range() -> None:
    with pytest.raises(UsageError, match="strength"):
        RestoreOptions(strength=2)


def test_what_was_not_looked_for_is_looked_for_later() -> None:
    """The findings that a memo keeps are those of what was looked for."""
    source, memo = plain(), Memo().of("one")
    source.pixels[100:103, 20:200] = 255
    names = []
    for damage, colours in ((False, True), (True, False), (True, True)):
        options = RestoreOptions(damage=damage, colours=colours, compression=False)
        steps = Restorer(options, engine()).proposal(source, memo)
        names.append([step.filter.name for step in steps])
    assert names == [["revive"], ["repair"], ["revive", "repair"]]


def test_linear_light_is_restored_on_the_curve_that_networks_know() -> None:
    source = plain()
    source.pixels[100:103, 20:200] = 255
    curved = to_float(source.pixels)
    linear = Picture(srgb_to_linear(curved), Metadata(icc=linear_profile(gray=False)))
    runner = RESTORE.open(RestoreOptions(), engine())
    one, other = runner.run(Picture(curved)), runner.run(linear)
    assert one.report.recipe == other.report.recipe
    assert other.picture.metadata == linear.metadata
    np.testing.assert_allclose(linear_to_srgb(other.picture.pixels), one.picture.pixels, atol=0.01)


def test_a_chain_around_it_keeps_what_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Revive sees the whole picture for the first region; others find its result."""
    steps = (Step(REVIVE, ReviveOptions()), Step(DENOISE, DenoiseOptions(grain=0.2)))
    monkeypatch.setattr("unfade.filters.restore.propose", lambda *_: steps)
    shapes = []

    def laid(into: Any, colour: Any, *more: Any) -> None:
        shapes.append(colour.shape)
        lay_tones(into, colour, *more)

    monkeypatch.setattr("unfade.filters.revive.lay_tones", laid)
    step = {"filter": "restore", "options": {}}
    recipe = Recipe.from_json({"steps": [step, {"filter": "deartifact", "options": {"strength": 0.5}}]})
    runner, memo, source = recipe.open(engine()), Memo().of("one"), plain()
    for y in (0, 60, 120):
        runner.run(source, region=Bounds(y, 0, 40, 40), memo=memo)
    assert shapes == [(200, 240, 3)] * 2  # the other one is the look at what is wrong
