"""How far a stage has come, by steps and by the clock; learning rates; whose step is next in a GAN."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from unfade_training import train as train_module
from unfade_training.checkpoint import load_checkpoint
from unfade_training.cli import main
from unfade_training.config import GanConfig, GeneratorConfig, parse_recipe, with_overrides
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.schedules import ClockPace, StepPace, UpdateSchedule, pace_of, rate_at
from unfade_training.train import batches, resume, set_up, train

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


def validations_under_the_clock(pace: ClockPace, clock: Clock, seconds: float, step: float = 1.0) -> int:
    """How many are made, each of so many seconds, besides the one that ends the stage."""
    made, progress, done = 0, pace.progress(0), 0
    while progress < 1:
        clock.now += step
        done += 1
        progress = pace.progress(done)
        if progress < 1 and pace.validates(done, progress):
            clock.now += seconds
            pace.validated(seconds)
            made += 1
    return made


@pytest.mark.parametrize(
    ("seconds", "known", "made"),
    [(1.0, 0.0, 19), (10.0, 0.0, 5), (10.0, 10.0, 5), (100.0, 0.0, 1), (100.0, 100.0, 0)],
)
def test_validations_take_a_tenth_of_the_time_at_most(seconds: float, known: float, made: int) -> None:
    clock = Clock()
    config = msgspec.structs.replace(CONFIG, validate_every=5)
    pace = ClockPace(config, 600.0, validation=known, clock=clock)
    assert validations_under_the_clock(pace, clock, seconds) == made
    assert made * seconds <= 0.1 * 600 + (0 if known else seconds)  # the first tells what one takes


def test_a_run_measures_its_validations_and_a_resume_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, made = train_module.validate_and_keep_best, []

    def slow(*arguments: Any) -> None:
        made.append(time.sleep(0.3))
        quick(*arguments)

    monkeypatch.setattr(train_module, "validate_and_keep_best", slow)
    stages = RECIPE + RECIPE[RECIPE.index("[[stage]]") :]
    recipe = with_overrides(parse_recipe(stages, "tiny"), {"stage.validate_every": 1}, "tiny")
    photos, machine = photo_folder(tmp_path / "photos"), Machine("cpu", 1)
    train(recipe, tmp_path / "run", [photos], machine, minutes=0.05)
    assert 1 <= len(made) <= 2, "the first, which tells what one takes, and the last"
    assert (tmp_path / "run" / "best.safetensors").exists()
    checkpoint = load_checkpoint(tmp_path / "run" / "last.safetensors")
    assert 0.3 <= checkpoint.state["validation_seconds"] < 60
    with set_up(recipe, tmp_path / "run", [photos], machine, checkpoint, reports=False) as run:
        resume(run, checkpoint)
        assert run.validation_seconds == checkpoint.state["validation_seconds"]


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
def test_minutes_that_make_no_sense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], minutes: str
) -> None:
    (tmp_path / "tiny.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["unfade-train", "tiny.toml", "--minutes", minutes, "-o", "run"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1 and not (tmp_path / "run").exists()
    assert f"--minutes must be a number above 0, not {minutes}." in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("schedule", "step", "rate"),
    [
        ("constant", 50, 1.0),
        ("cosine", 0, 0.1),
        ("cosine", 50, 0.5),
        ("cosine", 100, 0.0),
        ("one_cycle", 0, 1 / 25),
        ("one_cycle", 30, 1.0),
        ("one_cycle", 65, 0.5),
        ("one_cycle", 100, 0.0),
    ],
)
def test_rates(schedule: str, step: int, rate: float) -> None:
    assert rate_at(step, 100, 1.0, schedule, warmup=10) == pytest.approx(rate)


def test_an_unknown_schedule_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="Unknown schedule"):
        rate_at(0, 1, 1.0, "cosin")


def test_turns_switch_by_the_critics_loss() -> None:
    schedule = UpdateSchedule(options(critic_threshold=0.65, longest_turn=4))
    seen = []
    for loss in (0.7, 0.66, 0.64, 0.9, 0.9, 0.9, 0.9):
        schedule.critic_updated(loss)
        seen.append(schedule.of_critic)
        if not schedule.of_critic:
            schedule.generator_updated()
    assert seen == [True, True, False, True, True, True, False], "below the threshold, or after four steps"


def test_turns_keep_a_fixed_ratio() -> None:
    schedule = UpdateSchedule(options(critic_steps=2))
    schedule.critic_updated(0.0)
    assert schedule.of_critic
    again = UpdateSchedule(options(critic_steps=2))
    again.restore(schedule.state())
    again.critic_updated(9.9)
    assert not again.of_critic
    again.generator_updated()
    assert again.of_critic


def options(**values: float) -> GanConfig:
    return GanConfig(steps=10, batch=4, patch=8, lr=0.1, **values)  # type: ignore[arg-type]
