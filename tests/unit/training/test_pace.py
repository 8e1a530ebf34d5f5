"""How far a stage has come, by steps and by the clock."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import torch

from unfade_training.checkpoint import load_checkpoint
from unfade_training.config import GeneratorConfig, parse_recipe, with_overrides
from unfade_training.device import Machine
from unfade_training.schedules import ClockPace, StepPace, pace_of
from unfade_training.train import batches, set_up, train

from .photos import GAN_STAGES, RECIPE, photo_folder

CONFIG = GeneratorConfig(steps=100, batch=1, patch=8, lr=0.1, validate_every=25)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_steps_are_counted() -> None:
    pace = StepPace(CONFIG)
    assert [pace.progress(done) for done in (0, 50, 100)] == [0, 0.5, 1]
    assert [done for done in range(1, 101) if pace.validates(done, done / 100)] == [25, 50, 75, 100]


def test_the_clock_ends_a_stage_and_brings_as_many_validations() -> None:
    clock = Clock()
    pace = ClockPace(CONFIG, 8.0, clock=clock)
    progress, validated = [pace.progress(0)], []
    for done in range(1, 9):
        clock.now += 1.0
        progress.append(pace.progress(done))
        validated.append(pace.validates(done, progress[-1]))
    assert progress == pytest.approx([i / 8 for i in range(9)])
    assert [i for i, due in enumerate(validated, 1) if due] == [2, 4, 6, 8]


def test_a_stage_without_time_takes_one_step() -> None:
    pace = ClockPace(CONFIG, 0.0)
    assert pace.progress(7) < 1 <= pace.progress(8)


def test_a_resumed_stage_goes_on_from_where_it_was() -> None:
    clock = Clock()
    pace = ClockPace(CONFIG, 10.0, begun=0.6, clock=clock)
    assert pace.progress(40) == 0.6
    clock.now += 5.0
    assert pace.progress(41) == pytest.approx(0.8)


def test_time_is_shared_in_proportion_to_the_steps_that_are_left() -> None:
    until = time.monotonic() + 30.0
    pace = pace_of([CONFIG, msgspec.structs.replace(CONFIG, steps=50)], until, begun=0.5)
    assert isinstance(pace, ClockPace)
    assert pace._seconds == pytest.approx(15.0, abs=0.5)
    assert isinstance(pace_of([CONFIG]), StepPace)


def test_a_run_with_little_time_takes_all_its_stages_and_is_over(tmp_path: Path) -> None:
    recipe = parse_recipe(RECIPE + GAN_STAGES.replace("steps = 12", "steps = 100000"), "tiny")
    photos = photo_folder(tmp_path / "photos")
    began = time.monotonic()
    best = train(recipe, tmp_path / "run", [photos], Machine("cpu", 1), minutes=0.1)
    assert time.monotonic() - began < 60
    last = load_checkpoint(tmp_path / "run" / "last.safetensors").state
    assert last["finished_stages"] == len(recipe.stage)
    assert len(recipe.stage) <= last["finished_steps"] < 100000
    assert best.exists()


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf"])
def test_minutes_that_make_no_sense(tmp_path: Path, minutes: str) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE)
    command = ["-m", "unfade_training.cli", "tiny.toml", "--minutes", minutes, "-o", "run"]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and not (tmp_path / "run").exists()
    assert f"--minutes must be a number above 0, not {minutes}." in done.stderr


def test_an_echoed_batch_comes_again_turned_and_a_resume_sees_the_same(tmp_path: Path) -> None:
    recipe = with_overrides(
        parse_recipe(RECIPE, "tiny"), {"data.echo": 3, "data.workers": 0, "stage.steps": 8}, "test"
    )
    photos = photo_folder(tmp_path / "photos")
    with set_up(recipe, tmp_path / "run", [photos], Machine("cpu", 1), reports=False) as run:
        config = run.stages[0].config
        whole = list(batches(run, config, 0, config.steps))
        rest = list(batches(run, config, 4, config.steps))
    assert len(whole) == 8
    for step, batch in enumerate(rest, 4):
        assert torch.equal(batch.picture, whole[step].picture)
    first, second, third, fresh = (batch.target for batch in whole[:4])
    assert torch.equal(second, first.flip(2)) and torch.equal(third, first.flip(3))
    assert not torch.equal(fresh, first)
    small = whole[1]
    assert torch.equal(small.picture, whole[0].picture.flip(2))
