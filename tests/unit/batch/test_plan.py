"""Which picture goes where."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import AsNobody
from unfade.batch import plan, run
from unfade.errors import OutputError, UsageError
from unfade.filters import FilterRunner, Result
from unfade.paths import remove_leftovers
from unfade.picture import check_writable

Touch = Callable[..., None]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def touch() -> Touch:
    def make(*names: str) -> None:
        for name in names:
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    return make


def planned(inputs: Sequence[str], output: str, **more: object) -> dict[str, str]:
    found = plan([Path(name) for name in inputs], Path(output), **more)  # type: ignore[arg-type]
    assert not found.failures
    return {job.source.as_posix(): f"{job.target.as_posix()} as {job.format}" for job in found.jobs}


@pytest.mark.parametrize(
    ("output", "options", "expected"),
    [
        ("b.png", {}, "b.png as png"),
        ("b.JPG", {}, "b.JPG as jpeg"),
        ("b.tif", {"format": "tiff"}, "b.tif as tiff"),
        ("b", {"format": "webp"}, "b as webp"),
        ("folder", {}, "folder/a.jpg as jpeg"),
        ("folder", {"format": "png"}, "folder/a.png as png"),
        ("new", {"into_folder": True}, "new/a.jpg as jpeg"),
        ("new.png", {"into_folder": True}, "new.png/a.jpg as jpeg"),
    ],
)
def test_one_file(touch: Touch, output: str, options: dict[str, object], expected: str) -> None:
    touch("a.jpg")
    Path("folder").mkdir()
    assert planned(["a.jpg"], output, **options) == {"a.jpg": expected}


def test_folders_keep_stems_and_formats(touch: Touch) -> None:
    touch("in/b.JPEG", "in/a.png", "in/c.bmp", "in/.hidden.png", "in/notes.txt", "in/deep/d.png", "e.webp")
    assert planned(["in", "e.webp"], "out") == {
        "in/a.png": "out/a.png as png",
        "in/b.JPEG": "out/b.JPEG as jpeg",
        "in/c.bmp": "out/c.bmp as bmp",
        "e.webp": "out/e.webp as webp",
    }


def test_a_suffix_that_is_not_written_becomes_png(touch: Touch) -> None:
    touch("a.heic", "b.png")
    assert planned(["a.heic", "b.png"], "out")["a.heic"] == "out/a.png as png"


def test_format_counts_for_all_of_a_folder(touch: Touch) -> None:
    touch("in/a.png", "in/b.jpeg", "in/c.webp")
    assert planned(["in"], "out", format="JPG") == {
        "in/a.png": "out/a.jpg as jpeg",
        "in/b.jpeg": "out/b.jpeg as jpeg",
        "in/c.webp": "out/c.jpg as jpeg",
    }


def test_recursive_keeps_sub_folders(touch: Touch) -> None:
    touch("in/a.png", "in/x/a.png", "in/x/y/b.png", "in/.git/c.png")
    assert planned(["in"], "out", recursive=True) == {
        "in/a.png": "out/a.png as png",
        "in/x/a.png": "out/x/a.png as png",
        "in/x/y/b.png": "out/x/y/b.png as png",
    }


def test_results_of_an_earlier_run_are_no_inputs(touch: Touch) -> None:
    touch("in/a.png", "in/out/a.png", "in/out/x/b.png")
    assert planned(["in"], "in/out", recursive=True) == {"in/a.png": "in/out/a.png as png"}


def test_a_file_named_twice_is_done_once(touch: Touch) -> None:
    touch("in/a.png")
    assert list(planned(["in/a.png", "in", "in/a.png"], "out")) == ["in/a.png"]


@pytest.mark.usefixtures("touch")
def test_a_misspelt_folder_is_named_and_not_where_it_should_go() -> None:
    found = plan([Path("scnas")], Path("restored"))
    assert not found.jobs
    assert [str(failure.error) for failure in found.failures] == [
        "scnas does not exist; check the name and the folder."
    ]


def test_missing_and_empty_inputs_do_not_stop_the_others(touch: Touch) -> None:
    touch("a.png", "empty/notes.txt", "nested/x/a.png")
    found = plan([Path("a.png"), Path("none.png"), Path("empty"), Path("nested")], Path("out"))
    assert [job.source for job in found.jobs] == [Path("a.png")]
    advice = "name another folder, or add --recursive to look into the folders in it."
    assert [str(failure.error) for failure in found.failures] == [
        "none.png does not exist; check the name and the folder.",
        f"empty has no pictures in it; {advice}",
        f"nested has no pictures in it; {advice}",
    ]


@pytest.mark.parametrize(
    ("inputs", "output", "options", "sentence"),
    [
        (["a.png"], "a.png", {}, "a.png is an input"),
        (["a.png"], "./in/../a.png", {}, "is an input"),
        (["a.png"], "link.png", {}, "link.png is an input"),
        (["a.png"], ".", {}, "a.png is an input"),
        (["in"], "in", {}, "in/a.png is an input"),
        (["a.png", "a.bmp"], ".", {"format": "bmp"}, "a.bmp is an input"),
        (["a.png", "in"], "out", {}, "a.png and in/a.png would both be written to out/a.png"),
        (["a.png", "a.bmp"], "out", {"format": "jpeg"}, "a.png and a.bmp would both be written to out/a.jpg"),
        (["a.png"], "b", {}, "b is no folder and has no file type"),
        (["a.png"], "b.xyz", {}, "b.xyz has a file type Unfade does not write"),
        (["a.png"], "b.png", {"format": "jpeg"}, "b.png and --format jpeg contradict each other"),
        (["a.png"], "b.png", {"format": "gif"}, "gif is no format Unfade writes"),
        (["a.png", "a.bmp"], "b.png", {}, "b.png names a file, but these inputs need a folder"),
        (["in"], "b.png", {}, "b.png names a file"),
        (["in"], "notes", {}, "notes names a file"),
        (["a.png"], None, {}, "name a file or a folder with --output"),
    ],
)
def test_bad_usage(
    touch: Touch, inputs: list[str], output: str | None, options: dict[str, object], sentence: str
) -> None:
    touch("a.png", "a.bmp", "in/a.png", "notes")
    os.link("a.png", "link.png")
    with pytest.raises(UsageError) as caught:
        plan([Path(name) for name in inputs], output and Path(output), **options)  # type: ignore[arg-type]
    assert sentence in str(caught.value).replace(os.sep, "/")


class NoRunner(FilterRunner):
    def run_crop(self, *_: Any, **__: Any) -> Result:
        raise AssertionError("nothing can be read")


def test_folders_that_may_not_be_looked_into(open_folder: Path, as_nobody: AsNobody) -> None:
    """Each fails with a sentence of its own."""
    locked, output = open_folder / "locked", open_folder / "out"
    locked.mkdir(mode=0)
    with as_nobody():
        found = plan([locked / "a.png", locked, locked / "deep"], output, into_folder=True)
        records = list(run(found.jobs, NoRunner()))
        for target in (locked / "b.png", locked / "deep" / "b.png"):
            with suppress(OutputError):  # root may, whatever it calls itself meanwhile
                check_writable(target)
            remove_leftovers(target.parent)
    assert [str(failure.error) for failure in found.failures] == [
        f"{locked} cannot be read: Permission denied; name another folder."
    ]
    assert [record.error for record in records] == [
        f"{path} may not be read; give yourself permission to read it."
        for path in (locked / "a.png", locked / "deep")
    ]


def test_links_in_a_circle(touch: Touch) -> None:
    touch("a.png")
    Path("out").mkdir()
    Path("out/a.png").symlink_to("a.png")
    assert planned(["a.png"], "out") == {"a.png": "out/a.png as png"}
