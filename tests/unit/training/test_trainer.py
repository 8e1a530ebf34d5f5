"""Whole runs of a tiny recipe, in processes of their own: resume after a kill, many processes, bad input."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from unfade_training.checkpoint import load_checkpoint

from .photos import RECIPE, photo_folder

LONG = RECIPE.replace("steps = 12", "steps = 60").replace("validate_every = 6", "validate_every = 5")


def train(folder: Path, recipe: str, *options: str, launcher: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(recipe)
    photo_folder(folder / "photos")
    command = [
        *(launcher or (sys.executable,)),
        *("-m", "unfade_training.cli", str(folder / "recipe.toml"), "--data", str(folder / "photos")),
        *("-o", str(folder / "run"), "--accelerator", "cpu", "--threads", "1", *options),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    output, _ = process.communicate(timeout=240)
    assert process.returncode == code, output
    return output


def losses(folder: Path) -> dict[int, float]:
    events = EventAccumulator(str(folder / "run" / "tensorboard"))
    events.Reload()
    return {event.step: event.value for event in events.Scalars("train/l1")}


def test_a_run_leaves_checkpoints_scalars_and_samples(tmp_path: Path) -> None:
    output = finish(train(tmp_path, RECIPE))
    assert "psnr_y" in output
    best = load_checkpoint(tmp_path / "run" / "best.safetensors")
    assert best.recipe == RECIPE and set(best.tensors) == {"generator"}
    assert 10 < best.state["scores"]["psnr_y"] < 60
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    assert {"train/l1", "train/lr", "validation/psnr_y"} <= set(events.Tags()["scalars"])
    assert events.Tags()["images"] == ["samples"]


def test_a_killed_run_goes_on_to_the_same_end(tmp_path: Path) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    finish(train(unbroken, LONG))
    process = train(broken, LONG)
    deadline = time.monotonic() + 120
    while not (broken / "run" / "last.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed; make it longer"
    output = finish(train(broken, LONG))
    step = int(re.findall(r"step (\d+)", output)[0])
    assert 0 < step < 60
    ends = [load_checkpoint(folder / "run" / "last.safetensors") for folder in (unbroken, broken)]
    for name, tensor in ends[0].tensors["generator"].items():
        assert (tensor == ends[1].tensors["generator"][name]).all(), name
    assert losses(broken)[60] == losses(unbroken)[60]


def test_two_processes_give_the_losses_of_one(tmp_path: Path) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    finish(train(alone, RECIPE))
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    finish(train(shared, RECIPE, "--devices", "2", launcher=torchrun))
    ends = [
        load_checkpoint(folder / "run" / "last.safetensors").tensors["generator"]
        for folder in (alone, shared)
    ]
    for name, tensor in ends[0].items():
        assert (tensor - ends[1][name]).abs().max() < 1e-5, name


@pytest.mark.parametrize(
    ("recipe", "options", "sentence"),
    [
        (RECIPE.replace("patch = 16", "patch = 400"), (), "No photograph has a side of 816 pixels"),
        (RECIPE.replace('kind = "fast_unet"', 'kind = "fast_unett"'), (), "did you mean 'fast_unet'"),
        (RECIPE.replace('kind = "clean"', 'kind = "claen"'), (), "did you mean 'clean'"),
        (RECIPE.replace('kind = "generator"', 'kind = "generater"'), (), "Unknown stage"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, recipe: str, options: tuple[str, ...], sentence: str
) -> None:
    output = finish(train(tmp_path, recipe, *options), code=1)
    assert sentence in " ".join(output.split()) and "Traceback" not in output
