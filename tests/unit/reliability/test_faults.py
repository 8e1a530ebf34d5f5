"""The short form of ``bench/faults.py`` and ``bench/applies.py``, and inputs that change during a run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bench import applies, faults

from tests.models import identity_model
from unfade.batch import Job, run
from unfade.filters import UpscaleOptions
from unfade.filters.upscale import UPSCALE
from unfade.inference import Device, Engine
from unfade.picture import Picture, read_picture, write_picture

linux = pytest.mark.skipif(sys.platform != "linux", reason="sets limits of another process")


def test_killed_runs_leave_whole_files_and_the_next_goes_on(tmp_path: Path) -> None:
    found = faults.kills(tmp_path, 3)
    assert found["kills"] == 3
    assert found["wrong files"] == found["left after them"] == 0


@linux
def test_what_is_kept_is_whole_after_a_kill() -> None:
    """In a process of its own, as it forks; it imports torch and Qt, which takes its time."""
    done = subprocess.run(
        [sys.executable, faults.__file__, "writes", "--count", "3"],
        capture_output=True,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("| 3 |") == 5


@linux
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    found = faults.full(tmp_path, [0, 5000])
    assert found["runs"] == 2 and found["pictures refused"] >= len(faults.PICTURES)
    assert found["without a sentence"] == found["wrong files"] == found["left behind"] == 0


def test_four_runs_into_one_folder_and_models_added_at_once(tmp_path: Path) -> None:
    found = faults.together(tmp_path, 1)
    assert found == {"rounds": 1, "wrong or lost files": 0, "models lost": 0, "models added twice": 0}


CHANGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:2000]),
    "empty": lambda path: path.write_bytes(b""),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "something else": lambda path: path.write_text("no picture at all"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_input_that_changes_in_mid_run_concerns_itself_alone(tmp_path: Path, change: str) -> None:
    identity_model(tmp_path / "double.onnx", 2)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    for name in "abc":
        write_picture(Picture(pixels), tmp_path / f"{name}.png")
    jobs = [Job(tmp_path / f"{name}.png", tmp_path / "out" / f"{name}.png") for name in "abc"]
    runner = UPSCALE.open(UpscaleOptions(model=str(tmp_path / "double.onnx")), Engine(Device.CPU))
    records = []
    for record in run(jobs, runner):
        records.append(record)
        if len(records) == 1:
            CHANGES[change](jobs[1].source)
    assert [record.ok for record in records] == [True, False, True]
    assert str(jobs[1].source) in str(records[1].error) and "foresee" not in str(records[1].error)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    for job in (jobs[0], jobs[2]):
        np.testing.assert_array_equal(read_picture(job.target).pixels, pixels.repeat(2, 0).repeat(2, 1))


def test_a_target_that_becomes_a_folder_in_mid_run(tmp_path: Path) -> None:
    identity_model(tmp_path / "double.onnx", 2)
    write_picture(Picture(np.zeros((40, 50, 3), np.uint8)), tmp_path / "a.png")
    job = Job(tmp_path / "a.png", tmp_path / "out.png")
    runner = UPSCALE.open(UpscaleOptions(model=str(tmp_path / "double.onnx")), Engine(Device.CPU))

    def progress(_job: int, share: float) -> None:
        if share == 1 and not job.target.exists():
            job.target.mkdir()

    (record,) = run([job], runner, on_progress=progress)
    assert record.error is not None and "something that is not a file has this name" in record.error
    assert list(job.target.iterdir()) == []


def test_a_picture_that_comes_slowly(tmp_path: Path) -> None:
    assert faults.slow(tmp_path, rate=100_000, size=20_000)["bad"] == 0


@linux
@pytest.mark.parametrize("what", ["engine", "editor"])
def test_an_apply_that_is_killed_from_either_side(tmp_path: Path, what: str) -> None:
    found = {"engine": applies.engine, "editor": applies.editor}[what](tmp_path, 1, side=96)
    assert found["kills"] == 1 and not applies.faults_in(found)
