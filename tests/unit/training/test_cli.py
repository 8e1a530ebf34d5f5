"""Around training: the judge, the learning rate finder, samples, and the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from unfade_training.build import open_photos
from unfade_training.cli import app
from unfade_training.config import parse_recipe, with_overrides
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.report import write_samples
from unfade_training.train import train

from .photos import COLOUR_RECIPE, MASK_RECIPE, RECIPE, photo_folder


@pytest.mark.parametrize(
    ("text", "columns"),
    [(RECIPE, 3), (MASK_RECIPE, 5), (COLOUR_RECIPE, 3)],
    ids=["x2", "mask", "colour"],
)
def test_a_recipe_alone_is_trained_and_its_samples_shown(tmp_path: Path, text: str, columns: int) -> None:
    recipe, photos = tmp_path / "tiny.toml", photo_folder(tmp_path / "photos")
    recipe.write_text(text)
    common = ["--data", str(photos), "--threads", "1"]
    runner = CliRunner()
    trained = runner.invoke(
        app, [str(recipe), *common, "-o", str(tmp_path / "run"), "--override", "stage.steps=2"]
    )
    assert trained.exit_code == 0, trained.output
    best = tmp_path / "run" / "best.safetensors"
    assert str(best) in trained.output.replace("\n", "")
    picture = tmp_path / "shown" / "samples.png"
    picture.parent.mkdir()
    shown = runner.invoke(
        app,
        ["samples", str(best), "--data", str(photos), "-o", str(picture), "--count", "3", "--side", "64"],
    )
    assert shown.exit_code == 0, shown.output
    with Image.open(picture) as image:
        assert image.size == (64 * columns, 64 * 3)
        assert len(np.unique(np.asarray(image))) > 50
    assert list(picture.parent.iterdir()) == [picture], "decoded pixels lie with the run"


def test_samples_want_photographs_that_do(tmp_path: Path) -> None:
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), {"stage.steps": 1, "data.min_side": 8}, "tiny")
    best = train(recipe, tmp_path / "run", [photo_folder(tmp_path / "photos")], Machine("cpu", 1))
    with pytest.raises(TrainingError, match="One photograph is too few"):
        write_samples(best, [photo_folder(tmp_path / "one", count=1)], tmp_path / "samples.png")
    with pytest.raises(TrainingError, match="too small to cut a sample from"):
        write_samples(best, [photo_folder(tmp_path / "small", height=20)], tmp_path / "samples.png")
    assert not (tmp_path / "samples.png").exists()


def test_colour_is_not_learnt_from_gray_pictures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    recipe = parse_recipe(COLOUR_RECIPE, "colour")
    gray, mixed = photo_folder(tmp_path / "gray"), photo_folder(tmp_path / "mixed")
    for path in [*gray.rglob("*.png"), *list(mixed.rglob("*.png"))[:2]]:
        with Image.open(path) as image:
            image.convert("L").save(path)
    with pytest.raises(TrainingError, match=r"None of the 6 pictures in .*gray is a photograph in colour"):
        open_photos(recipe, [gray], tmp_path / "cache")
    with caplog.at_level("INFO"):
        assert len(open_photos(recipe, [mixed], tmp_path / "cache").photos) == 4
    assert "left out 2 of 6 pictures: not photographs in colour" in caplog.text


def test_help_names_the_commands() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert all(name in shown for name in ("run", "find-lr", "samples", "look"))
    assert "--smoke" in CliRunner().invoke(app, ["run", "--help"]).output
