"""Whole runs of a tiny recipe, in processes of their own: resume after a kill, many processes, bad input."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from unfade_training.checkpoint import load_checkpoint
from unfade_training.cli import app, main
from unfade_training.config import parse_recipe
from unfade_training.data import pack
from unfade_training.device import Machine
from unfade_training.train import train

from .photos import GAN_STAGES, RECIPE, photo_folder

GAME = RECIPE + GAN_STAGES.replace("steps = 12", "steps = 40")
GAME_TERMS = ("adversarial", "critic/loss", "critic/accuracy")
SWITCHING = "critic_threshold = 0.69"  # about what an untrained critic has: at times above, at times below
# Dropout draws anew in each process, and the relativistic game looks at the whole batch.
TURNS = (
    re.sub(r"validate_every = \d+", "validate_every = 1", GAME.replace("steps = 40", "steps = 10"))
    .replace("longest_turn = 3", "longest_turn = 2")
    .replace("critic_threshold = 0.6", SWITCHING)
    .replace('"relativistic"', '"adaptive"')
    .replace("width = 8", "width = 8\ndropout = 0.0")
    .replace("steps = 12", "steps = 2")
)
"""A game of short turns in which every step is logged."""
SHARDED = RECIPE.replace("workers = 0", "workers = 0\nshard_patches = 4")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def words(folder: Path, recipe: str, *options: str) -> list[str]:
    """What the command line is given, once recipe and photographs are there."""
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(recipe)
    photos = str(photo_folder(folder / "photos"))
    where = [str(folder / "recipe.toml"), "--data", photos, "-o", str(folder / "run")]
    return [*where, "--accelerator", "cpu", "--threads", "1", *options]


def sharded(given: list[str]) -> list[str]:
    """The same with the photographs packed into shards, about one in each."""
    photos = Path(given[given.index("--data") + 1])
    pack([photos], photos.parent / "shards", megabytes=0.04)
    return [str(photos.parent / "shards") if word == str(photos) else word for word in given]


def run_here(folder: Path, recipe: str, *, shards: bool = False) -> None:
    """In this process, which has torch already."""
    given = words(folder, recipe)
    done = CliRunner().invoke(app, sharded(given) if shards else given, catch_exceptions=False)
    assert done.exit_code == 0, done.output


def launch(command: list[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of runs of the plain recipe, the same from shards, and the game, each by both processes of one
    launch."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("plain", "shards", "game")}
    runs = [
        words(folders["plain"], RECIPE, "--devices", "2"),
        sharded(words(folders["shards"], SHARDED, "--devices", "2")),
        words(folders["game"], TURNS, "--devices", "2"),
    ]
    script = folders["plain"] / "both.py"
    script.write_text(
        "from unfade_training.cli import app\n"
        f"for words in {runs!r}:\n"
        "    app(words, standalone_mode=False)\n"
    )
    process = launch([*TORCHRUN, str(script)])
    try:
        output, _ = process.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 0, output
    return folders


def scalars(folder: Path, name: str) -> dict[int, float]:
    events = EventAccumulator(str(folder / "run" / "tensorboard"))
    events.Reload()
    return {event.step: event.value for event in events.Scalars(name)}


def test_a_run_leaves_checkpoints_scalars_and_samples(tmp_path: Path) -> None:
    train(
        parse_recipe(RECIPE, "tiny"), tmp_path / "run", [photo_folder(tmp_path / "photos")], Machine("cpu", 1)
    )
    best = load_checkpoint(tmp_path / "run" / "best.safetensors")
    assert best.recipe == RECIPE and set(best.tensors) == {"generator"}
    assert 10 < best.state["scores"]["psnr_y"] < 60
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    assert {"train/l1", "train/lr", "validation/psnr_y", "memory/ram"} <= set(events.Tags()["scalars"])
    assert events.Tags()["images"] == ["samples"]


def test_a_run_killed_in_the_middle_of_the_game_goes_on_to_the_same_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    command = [sys.executable, "-m", "unfade_training.cli", *words(broken, GAME, "--save-every", "0")]
    process = launch(command)
    last = broken / "run" / "last.safetensors"
    while process.poll() is None:
        state = load_checkpoint(last).state if last.exists() else {"finished_stages": 0, "step": 0}
        if state["finished_stages"] == 2 and state["step"] >= 5:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed; make it longer"
    with caplog.at_level("INFO"):
        run_here(broken, GAME)
    found = re.search(r"going on after stage 2, step (\d+)", caplog.text)
    assert found and 5 <= int(found[1]) < 40, caplog.text
    run_here(unbroken, GAME)
    ends = [load_checkpoint(folder / "run" / "last.safetensors") for folder in (unbroken, broken)]
    for part in ("generator", "critic"):
        for name, tensor in ends[0].tensors[part].items():
            assert (tensor == ends[1].tensors[part][name]).all(), name
    assert ends[0].state == ends[1].state
    assert scalars(broken, "train/l1")[56] == scalars(unbroken, "train/l1")[56]


@pytest.mark.parametrize("name", ["plain", "shards"])
def test_two_processes_give_the_losses_of_one(name: str, tmp_path: Path, shared: dict[str, Path]) -> None:
    run_here(tmp_path, SHARDED if name == "shards" else RECIPE, shards=name == "shards")
    ends = [
        load_checkpoint(folder / "run" / "last.safetensors").tensors["generator"]
        for folder in (tmp_path, shared[name])
    ]
    for name, tensor in ends[0].items():
        assert (tensor - ends[1][name]).abs().max() < 1e-5, name


def test_two_processes_play_the_game_of_one(tmp_path: Path, shared: dict[str, Path]) -> None:
    """Turn by turn: every step is logged, as the mean of all processes."""
    run_here(tmp_path, TURNS)
    logged = [
        {term: scalars(folder, f"train/{term}") for term in ("l1", *GAME_TERMS)}
        for folder in (tmp_path, shared["game"])
    ]
    for term, steps in logged[0].items():
        assert len(steps) >= 8 and steps.keys() == logged[1][term].keys()
        for step, value in steps.items():
            assert abs(value - logged[1][term][step]) < 1e-4, f"{term} at step {step}"
    # A side's terms stay as they are while the other moves.
    critic = list(logged[0]["critic/loss"].values())[-10:]
    moved = [after != before for before, after in itertools.pairwise(critic)]
    assert 3 <= sum(moved) <= 7, "both sides have had turns"


def test_bad_input_is_one_sentence_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = words(tmp_path, RECIPE.replace("patch = 16", "patch = 400"))
    monkeypatch.setattr(sys, "argv", ["unfade-train", *given])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    output = "".join(capsys.readouterr())
    assert "No photograph has a side of 816 pixels" in " ".join(output.split())
    assert "Traceback" not in output
