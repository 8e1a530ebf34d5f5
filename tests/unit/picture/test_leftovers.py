"""What killed processes leave half-written is removed by the next one that writes into the folder."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unfade import paths
from unfade.paths import whole_or_absent

WRITE = (
    "import sys, time; from pathlib import Path; from unfade.paths import whole_or_absent\n"
    "with whole_or_absent(Path(sys.argv[1])) as stream:\n"
    "    stream.write(b'half'); stream.flush(); print('writing', flush=True); time.sleep(60)"
)


@pytest.fixture
def writer(tmp_path: Path) -> subprocess.Popen[str]:
    """A process in the middle of writing a file."""
    running = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(tmp_path / "a.png")], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None and running.stdout.readline() == "writing\n"
    return running


def write(path: Path) -> None:
    paths.remove_leftovers.cache_clear()  # as in a process of its own
    with whole_or_absent(path) as stream:
        stream.write(b"whole")


def test_those_of_the_dead_go_and_those_of_the_living_stay(
    tmp_path: Path, writer: subprocess.Popen[str]
) -> None:
    (part,) = tmp_path.iterdir()
    write(tmp_path / "b.png")
    assert {path.name for path in tmp_path.iterdir()} == {part.name, "b.png"}
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    write(tmp_path / "c.png")
    assert {path.name for path in tmp_path.iterdir()} == {"b.png", "c.png"}


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    for name in (".unfade-notes", "unfade-1.part", ".unfade-1.part.png"):
        (tmp_path / name).write_text("mine")
    (tmp_path / ".unfade-folder.part").mkdir()
    before = {path.name for path in tmp_path.iterdir()}
    write(tmp_path / "a.png")
    assert {path.name for path in tmp_path.iterdir()} == before | {"a.png"}
