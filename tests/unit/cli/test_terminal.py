"""What is seen on a terminal, and Ctrl+C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import types
from typing import NoReturn

import numpy as np
import pytest
from rich.progress import ProgressColumn

from tests.unit.cli.conftest import Shell
from unfade.cli import main
from unfade.cli.running import Pace, _bar
from unfade.picture import Picture, read_picture, write_picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals and POSIX signals")

ESCAPE = "\x1b"


def run_on_terminal(shell: Shell, *arguments: str, stdout: int | None = None) -> tuple[int, str]:
    """Exit code and all that a terminal showed; ``stdout`` may go elsewhere."""
    import pty

    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        shell.command(*arguments),
        cwd=shell.folder,
        env={**shell.environment, "TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux' way of saying that the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    return running.wait(60), seen.decode()


@pytest.mark.usefixtures("photo")
def test_no_bar_in_a_pipe(shell: Shell) -> None:
    result = shell.run_alone("upscale", "photo.png", "-o", "out.png", "--model", "double")
    assert ESCAPE not in result.out + result.err
    assert "%" not in result.out + result.err
    assert len(result.out.splitlines()) == 1


@pytest.mark.usefixtures("photo")
def test_a_bar_and_results_on_a_terminal(shell: Shell) -> None:
    code, seen = run_on_terminal(shell, "upscale", "photo.png", "-o", "out.png", "--model", "double")
    assert code == 0
    assert ESCAPE in seen
    assert "100%" in seen
    assert "40x30 -> 80x60" in seen
    assert "photo.png" in seen


@pytest.mark.usefixtures("photo")
def test_results_in_a_file_while_the_bar_is_on_the_terminal(shell: Shell) -> None:
    with (shell.folder / "results").open("wb") as results:
        code, seen = run_on_terminal(
            shell, "upscale", "photo.png", "-o", "out.png", "--model", "double", stdout=results.fileno()
        )
    assert code == 0
    assert "100%" in seen
    assert "80x60" not in seen
    assert (shell.folder / "results").read_text().startswith("out.png  40x30 -> 80x60")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_in_the_middle(shell: Shell, number: signal.Signals) -> None:
    """The second picture takes many seconds; the first stays, whole, and nothing of the second is there."""
    random = np.random.default_rng(0)
    folder = shell.folder / "in"
    folder.mkdir()
    write_picture(Picture(random.integers(0, 256, (30, 40, 3), dtype=np.uint8)), folder / "a.png")
    write_picture(Picture(random.integers(0, 256, (2000, 2000, 3), dtype=np.uint8)), folder / "b.png")
    running = shell.start("upscale", "in", "-o", "out", "--model", "heavy", "--threads", "1")
    assert running.stdout is not None
    assert running.stdout.readline().startswith("out/a.png")
    time.sleep(1)  # well inside the first tile of the second picture
    asked = time.monotonic()
    running.send_signal(number)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert time.monotonic() - asked < 2
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert [path.name for path in (shell.folder / "out").iterdir()] == ["a.png"]
    assert read_picture(shell.folder / "out" / "a.png").width == 80


def test_stopping_while_it_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    starting = types.ModuleType("unfade.cli.app")

    def interrupted(_name: str) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(starting, "__getattr__", interrupted, raising=False)
    monkeypatch.setitem(sys.modules, "unfade.cli.app", starting)
    assert main(["upscale", "a.png"]) == 130
    assert capsys.readouterr().err == "unfade: Interrupted.\n"


def test_the_time_left_is_told_from_the_first_step_on() -> None:
    now = [100.0]
    pace = Pace(2, lambda: now[0])

    def shown(seconds: float, index: int, share: float) -> str:
        now[0] += seconds
        pace.tell(index, share)
        column = bar.columns[-1]
        assert isinstance(column, ProgressColumn)
        return column.render(bar.tasks[0]).plain

    bar = _bar(2, pace)
    assert shown(0, 0, 0) == "--:--"
    assert shown(3, 0, 0) == "--:--"  # it was read, and the model opened
    assert shown(0.5, 0, 0.01) == "01:39"  # 50 s a picture
    now[0] += 10
    assert pace.left() == pytest.approx(89.5)
    assert shown(10, 0, 0.4) == "01:22"  # 51.25 s, by now
    assert shown(0, 1, 0) == "00:51"
    assert shown(0, 1, 1) == "00:00"  # it was there already


def test_hours_left() -> None:
    now = [0.0]
    pace = Pace(100, lambda: now[0])
    now[0] = 60
    pace.tell(0, 0.5)
    column = _bar(100, pace).columns[-1]
    assert isinstance(column, ProgressColumn)
    assert column.render(_bar(100, pace).tasks[0]).plain == "3:19:00"
