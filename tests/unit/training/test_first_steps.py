"""What newcomers run into: each is one sentence, at once, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from unfade_training.checkpoint import load_checkpoint
from unfade_training.cli import app
from unfade_training.config import parse_recipe
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.files import make_folder
from unfade_training.lessons import wgan
from unfade_training.report import Reporter
from unfade_training.train import train

from .photos import GAN_STAGES, RECIPE, photo_folder

CPU = Machine("cpu", 1, threads=1)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return photo_folder(tmp_path / "photos")


def refused(arguments: list[str], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("unfade_training.cli", ["run", "recipe.toml"], "train"),
        ("unfade_training.cli", ["samples", "best.safetensors"], "train"),
        ("unfade_export.cli", ["run", "best.safetensors", "-o", "model.onnx"], "export"),
    ],
)
def test_without_torch_the_command_that_installs_it_is_told(
    module: str, arguments: list[str], extra: str, tmp_path: Path
) -> None:
    script = f"import sys; sys.modules['torch'] = None; import {module} as cli; cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert re.fullmatch(rf"unfade-\w+: torch is not installed\. .*pip install .*\[{extra}\].*\n", done.stderr)


@pytest.mark.parametrize("module", ["lessons", "lessons.mnist", "lessons.human_numbers"])
def test_without_torch_lessons_tell_it_too(module: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['torch'] = None", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", f"unfade_training.{module}", "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"torch is not installed\. .*pip install .*\[train\].*\n", done.stderr)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc")
def test_a_folder_that_only_seems_to_be_possible_is_told_too() -> None:
    with pytest.raises(TrainingError, match=r"The folder /proc/run cannot be (made|written): .+\.$"):
        make_folder(Path("/proc/run"))


def test_a_lesson_that_is_refused_leaves_no_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(wgan.main, [str(tmp_path / "none.npz"), "-o", str(tmp_path / "out")])
    assert done.exit_code == 1 and "cannot be read" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("devices", ["two", "0", "-1", "1.5"])
def test_devices_are_a_number_or_auto(devices: str, recipe: Path, photos: Path, tmp_path: Path) -> None:
    refused(
        ["run", str(recipe), "--data", str(photos), "-o", str(tmp_path / "run"), "--devices", devices],
        f"--devices must be a number above 0, or auto, not '{devices}'",
    )
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_decoded(recipe: Path, photos: Path) -> None:
    refused(
        ["run", str(recipe), "--data", str(photos), "-o", str(recipe / "run")],
        "cannot be made: .*tiny.toml is a file",
    )
    assert not (photos.parent / "cache").exists()


@pytest.mark.parametrize("command", ["find-lr", "samples", "look", "slim"])
def test_an_output_that_cannot_be_written_is_told_before_the_work(command: str, tmp_path: Path) -> None:
    """The recipe or checkpoint is not even looked for."""
    refused(
        [command, "nothing", "-o", str(tmp_path / "nowhere" / "out.png")],
        "out.png cannot be written: No such",
    )
    folder = tmp_path / "folder.png"
    folder.mkdir()
    refused([command, "nothing", "-o", str(folder)], "folder.png cannot be written: Is a directory")


def test_a_patch_larger_than_every_photograph_leaves_no_folder(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="patch"):
        train(parse_recipe(RECIPE.replace("patch = ", "patch = 9"), "tiny"), tmp_path / "run", [photos], CPU)
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_of_another_recipe_is_told_before_anything_is_decoded(
    photos: Path, tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "one"
    train(parse_recipe(RECIPE.replace("steps = 12", "steps = 1"), "tiny"), run, [photos], CPU)
    cache = sorted((run.parent / "cache").iterdir())
    before = (run / "last.safetensors").read_bytes()
    other = parse_recipe(RECIPE.replace("channels = [8, 16]", "channels = [8, 24]"), "tiny")
    sentence = r"holds another network: .* --fresh starts over in this folder, and -o"
    with pytest.raises(TrainingError, match=sentence):
        train(other, run, [photo_folder(tmp_path / "more", 8)], CPU)
    assert sorted((run.parent / "cache").iterdir()) == cache
    assert (run / "last.safetensors").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_says_so(number: int, recipe: Path, photos: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "unfade_training.cli",
        str(recipe),
        "--data",
        str(photos),
        "-o",
        str(run),
    ]
    more = ["--override", "stage.steps=100000", "--override", "stage.validate_every=20", "--threads", "1"]
    process = subprocess.Popen([*command, *more], stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (run / "last.safetensors").exists():  # it trains
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(number)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    step = re.search(r"interrupted after step (\d+) of the\s+stage, which is\s+saved", said)
    assert step and "Traceback" not in said, said
    assert load_checkpoint(run / "last.safetensors").state["step"] == int(step[1])


def test_a_critic_stage_shows_loss_and_accuracy(
    photos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    train(parse_recipe(RECIPE + GAN_STAGES, "tiny"), tmp_path / "run", [photos], CPU)
    assert re.search(r"critic \d+: critic/loss [\d.]+, critic/accuracy [\d.]+", caplog.text)


def test_the_progress_bar_shows_the_critic_however_many_terms_the_loss_has(tmp_path: Path) -> None:
    with Reporter(tmp_path, active=True) as reporter:
        reporter.start_stage("a game", 10, 0)
        terms = dict.fromkeys(("pixel", "feat_0", "feat_1", "gram_0", "critic/loss", "critic/accuracy"), 0.5)
        reporter.step(terms, 1e-3, 1)
        (task,) = reporter._progress.tasks
    assert task.fields["detail"].endswith("feat_1 0.5000, critic/loss 0.5000, critic/accuracy 0.5000")


def test_one_stage_is_not_one_stages(recipe: Path, photos: Path) -> None:
    refused(["find-lr", str(recipe), "--data", str(photos), "--stage", "2"], "tiny-x2 has 1 stage; there is")


def test_the_word_examples_is_enough_to_begin_with(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.chdir(tmp_path)
    options = ["--data", "examples", "--override", "stage.steps=1", "--accelerator", "cpu", "--threads", "1"]
    done = CliRunner().invoke(app, ["run", str(recipe), *options], catch_exceptions=False)
    assert done.exit_code == 0 and (tmp_path / "runs" / "tiny-x2" / "best.safetensors").exists()
    assert "a few hundred sharp photographs of your own" in caplog.text
