"""Around training: the judge, the learning rate finder, samples, and the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from unfade_training.cli import app
from unfade_training.errors import TrainingError
from unfade_training.judging import Judge
from unfade_training.lr_finder import search, write_plot

from .photos import MASK_RECIPE, RECIPE, photo_folder


def test_the_judge_knows_which_way_is_better() -> None:
    by_psnr, by_lpips = Judge("psnr_y"), Judge("lpips")
    rows = [{"psnr_y": 30.0, "lpips": 0.2}, {"psnr_y": 29.0, "lpips": 0.1}, {"psnr_y": 31.0, "lpips": 0.3}]
    assert [by_psnr.look(row) for row in rows] == [True, False, True]
    assert [by_lpips.look(row) for row in rows] == [True, True, False]


def test_a_stage_has_patience_of_its_own() -> None:
    judge = Judge("psnr_y")
    judge.look({"psnr_y": 40.0})
    judge.look({"psnr_y": 39.0})
    assert judge.gave_up(1) and not judge.gave_up(2) and not judge.gave_up(0)
    judge.start_stage()
    assert not judge.look({"psnr_y": 30.0}) and not judge.gave_up(1)
    again = Judge("psnr_y")
    again.restore(judge.state())
    assert again.state() == {"best": 40.0, "best_of_stage": 30.0, "stale": 0}


def test_the_finder_sees_the_steepest_fall(tmp_path: Path) -> None:
    """A loss that falls around 1e-3 and explodes at 0.1."""
    finding = search(lambda rate: 1 - 0.5 / (1 + (1e-3 / rate) ** 2) + (rate / 0.1) ** 4)
    assert 5e-4 < finding.suggestion < 1e-2, "smoothing lags a little"
    assert finding.rates[-1] < 1.0
    write_plot(finding, tmp_path / "lr.png")
    with Image.open(tmp_path / "lr.png") as plot:
        assert plot.size == (900, 540) and len(plot.getcolors(1 << 20) or []) > 4
    with pytest.raises(TrainingError, match=r"lr\.png cannot be written"):
        write_plot(finding, tmp_path / "nowhere" / "lr.png")


def test_a_loss_that_never_falls_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="No learning rate"):
        search(lambda rate: 1 + rate)


@pytest.mark.parametrize("text", [RECIPE, MASK_RECIPE], ids=["x2", "mask"])
def test_a_recipe_alone_is_trained_and_its_samples_shown(tmp_path: Path, text: str) -> None:
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
    picture = tmp_path / "samples.png"
    shown = runner.invoke(
        app,
        ["samples", str(best), "--data", str(photos), "-o", str(picture), "--count", "3", "--side", "64"],
    )
    assert shown.exit_code == 0, shown.output
    columns = 3 if text is RECIPE else 5
    with Image.open(picture) as image:
        assert image.size == (64 * columns, 64 * 3)
        assert len(np.unique(np.asarray(image))) > 50


def test_help_names_the_commands() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert all(name in shown for name in ("run", "find-lr", "samples"))
    assert "--smoke" in CliRunner().invoke(app, ["run", "--help"]).output
