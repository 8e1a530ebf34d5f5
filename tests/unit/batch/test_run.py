"""Pictures done one after the other, and what is said of each."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.models import cleaning_model, identity_model
from unfade.batch import Job, Record, run
from unfade.errors import Cancelled
from unfade.filters import DeartifactOptions, FilterRunner, Result, Runner, UpscaleOptions
from unfade.filters.deartifact import DEARTIFACT
from unfade.filters.upscale import UPSCALE
from unfade.inference import Device, Engine
from unfade.picture import Picture, read_picture, write_picture
from unfade.picture.scratch import peak_memory_bytes


@pytest.fixture
def double(tmp_path: Path) -> Runner:
    path = identity_model(tmp_path / "models" / "double.onnx", 2)
    return UPSCALE.open(UpscaleOptions(model=str(path)), Engine(Device.CPU, threads=1))


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Three pictures, the second of them damaged."""
    made = []
    for index, name in enumerate(("a", "b", "c")):
        source = tmp_path / f"{name}.png"
        write_picture(Picture(np.full((4, 6, 3), index * 50, np.uint8)), source)
        made.append(Job(source, tmp_path / "out" / "deep" / f"{name}.png", "png"))
    made[1].source.write_bytes(made[1].source.read_bytes()[:40])
    return made


class Broken(FilterRunner):
    """Fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def run_crop(self, *_: Any, **__: Any) -> Result:
        raise self.error


def test_a_failure_does_not_stop_the_others(double: Runner, jobs: list[Job]) -> None:
    records = list(run(jobs, double))
    assert [record.ok for record in records] == [True, False, True]
    assert records[1].error is not None
    assert str(jobs[1].source) in records[1].error
    assert sorted(path.name for path in jobs[0].target.parent.iterdir()) == ["a.png", "c.png"]
    np.testing.assert_array_equal(read_picture(jobs[2].target).pixels, np.full((8, 12, 3), 100, np.uint8))


def test_records_are_json(double: Runner, jobs: list[Job]) -> None:
    record = json.loads(next(run(jobs, double)).to_json())
    assert record["input"] == str(jobs[0].source)
    assert record["output"] == str(jobs[0].target)
    assert (record["input_size"], record["output_size"]) == ([6, 4], [12, 8])
    assert (record["model"], record["provider"]) == ("double", "CPUExecutionProvider")
    assert 0 < record["engine_seconds"] <= record["seconds"]
    assert record["megapixels_per_second"] == pytest.approx(
        24e-6 / record["engine_seconds"], rel=0.05, abs=1e-5
    )
    assert record["peak_memory_bytes"] > 1e6
    assert (record["fallback"], record["error"], record["skipped"]) == (None, None, False)


def test_names_that_are_no_text_survive_json() -> None:
    record = Record(Path("caf\udce9.png"), None, error="no")
    assert json.loads(record.to_json())["input"] == "caf\udce9.png"


def test_existing_results_are_skipped_when_asked(double: Runner, jobs: list[Job]) -> None:
    jobs[0].target.parent.mkdir(parents=True)
    jobs[0].target.write_bytes(b"mine")
    first = next(run(jobs, double, skip_existing=True))
    assert first.skipped
    assert first.ok
    assert jobs[0].target.read_bytes() == b"mine"
    assert not next(run(jobs, double)).skipped
    assert jobs[0].target.read_bytes() != b"mine"


@pytest.mark.parametrize("obstacle", ["folder", "file"])
def test_an_unwritable_target_fails_before_the_work(tmp_path: Path, jobs: list[Job], obstacle: str) -> None:
    target = jobs[0].target
    if obstacle == "folder":
        target.mkdir(parents=True)
    else:
        (tmp_path / "out").write_bytes(b"a file where a folder should be")

    record = next(run(jobs, Broken(AssertionError("the work was begun"))))
    assert record.error is not None
    assert str(target) in record.error
    assert record.error.endswith(("choose another name.", "choose another place."))


@pytest.mark.parametrize(
    ("name", "size", "free", "sentence"),
    [
        (
            "a.webp",
            (9000, 2),
            1 << 40,
            "a WebP file holds at most 16383 pixels a side, and this picture has 18000 x 4",
        ),
        (
            "a.jpg",
            (40000, 1),
            1 << 40,
            "a JPEG file holds at most 65500 pixels a side, and .* choose PNG or TIFF",
        ),
        (
            "a.png",
            (3000, 2000),
            100_000,
            "no room for its 6000 x 4000 pixels, which take 1 MB at least; free some",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_network_runs(
    double: Runner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    size: tuple[int, int],
    free: int,
    sentence: str,
) -> None:
    write_picture(Picture(np.zeros((size[1], size[0], 3), np.uint8)), tmp_path / "in.png")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free, total=10**12))
    shares: list[float] = []
    (record,) = run(
        [Job(tmp_path / "in.png", tmp_path / "out" / name)],
        double,
        on_progress=lambda _job, share: shares.append(share),
    )
    assert record.error is not None and re.search(sentence, record.error)
    assert set(shares) == {0.0, 1.0} and not (tmp_path / "out").exists()


def test_the_unforeseen_is_one_sentence_and_logged(jobs: list[Job], caplog: pytest.LogCaptureFixture) -> None:
    record = next(run(jobs, Broken(ZeroDivisionError("a bug"))))
    assert record.error is not None
    assert "ZeroDivisionError" in record.error
    assert "unfade.log" in record.error
    assert "Traceback" in caplog.text
    assert "a bug" in caplog.text


def test_progress_goes_from_nothing_to_all(double: Runner, jobs: list[Job]) -> None:
    seen: list[tuple[int, float]] = []
    for _ in run(jobs, double, on_progress=lambda index, share: seen.append((index, share))):
        pass
    assert seen == sorted(seen)
    assert {index for index, share in seen if share == 1} == {0, 1, 2}


def test_cancelling_stops_everything(double: Runner, jobs: list[Job]) -> None:
    def stop(index: int, share: float) -> None:
        if index == 0 and share > 0:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        list(run(jobs, double, on_progress=stop))
    assert not jobs[0].target.exists()


def test_whoever_explains_a_failure_may_end_the_run(double: Runner, jobs: list[Job]) -> None:
    seen: list[Exception] = []

    def explain(error: Exception, job: Job) -> str:
        seen.append(error)
        if isinstance(error, ZeroDivisionError):
            raise error
        return f"{job.source.name}: no."

    assert [record.error for record in run(jobs, double, explain=explain)] == [None, "b.png: no.", None]
    with pytest.raises(ZeroDivisionError):
        list(run(jobs, Broken(ZeroDivisionError("the engine is gone")), explain=explain))
    assert [type(error).__name__ for error in seen] == ["PictureError", "ZeroDivisionError"]


def test_files_are_written_only_while_the_lock_is_held(double: Runner, jobs: list[Job]) -> None:
    class Watched:
        def __init__(self) -> None:
            self.before: list[bool] = []
            self.after: list[bool] = []
            self._jobs: Iterator[Job] = iter((jobs[0], jobs[2]))

        def __enter__(self) -> None:
            self.job = next(self._jobs)
            self.before.append(self.job.target.parent.exists() and self.job.target.exists())

        def __exit__(self, *_: object) -> None:
            self.after.append(self.job.target.exists())

    watched = Watched()
    list(run(jobs, double, writing=watched))
    assert watched.before == [False, False]
    assert watched.after == [True, True]
    list(run(jobs[:1], double, writing=threading.Lock()))


def test_peak_memory_sees_what_is_used() -> None:
    before = peak_memory_bytes()
    block = np.ones(before + 20_000_000, np.uint8)
    assert peak_memory_bytes() > before + 10_000_000
    del block


def test_lines_for_people() -> None:
    record = Record(Path("a.png"), Path("b.png"), (3, 2), (6, 4), 1.25, 1.0, 0.31)
    assert record.to_line() == "b.png  3x2 -> 6x4  1.2 s  0.31 megapixels/s"
    assert Record(Path("a"), Path("b.png"), skipped=True).to_line() == "b.png  was there already"
    assert Record(Path("a"), None, error="No.").to_line() == "No."


def test_no_mask_takes_the_place_of_another(tmp_path: Path) -> None:
    model = str(cleaning_model(tmp_path / "clean.onnx"))
    jobs = []
    for suffix in (".png", ".jpg"):
        write_picture(Picture(np.zeros((40, 40, 3), np.uint8)), tmp_path / f"a{suffix}")
        jobs.append(Job(tmp_path / f"a{suffix}", tmp_path / "out" / f"a{suffix}"))
    runner = DEARTIFACT.open(DeartifactOptions(model=model), Engine(Device.CPU, threads=1))
    first, second = run(jobs, runner, save_masks=True)
    assert first.ok and second.error is not None
    assert "a.mask.png is a picture of this run, or the mask of one" in second.error
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mask.png", "a.png"]
