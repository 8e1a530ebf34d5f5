"""``unfade preview`` where no window can be shown."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PyQt6.QtCore import QLibraryInfo

from tests.ui.conftest import ramp
from unfade.picture import write_picture
from unfade.ui.app import _why_not_shown


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, "-m", "unfade", "preview"],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ":4711"}])
def test_without_a_display_there_is_one_sentence(environment: dict[str, str]) -> None:
    done = run(**environment)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("unfade: There is no display")
    assert done.stdout == ""


def test_a_way_to_show_windows_that_is_none_is_told_of_with_those_there_are() -> None:
    done = run(QT_QPA_PLATFORM="nosuch")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "'nosuch'" in done.stderr and "offscreen" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the plugin is another file elsewhere")
def test_a_library_that_qt_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    shutil.copy(plugins / "libqxcb.so", tmp_path)  # away from the libraries beside it
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(tmp_path))
    said = 'Could not load the Qt platform plugin "xcb" in "" even though it was found.'
    assert re.search(r"a library of the system that is missing \(lib\w+", _why_not_shown(said))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_ctrl_c_closes_the_window_and_ends_the_engine(tmp_path: Path) -> None:
    write_picture(ramp(200, 200), tmp_path / "ramp.png")
    variables = {
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "unfade", "preview", str(tmp_path / "ramp.png"), "--filter", "upscale"]
    with subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.PIPE) as window:
        kept = tmp_path / "unfade" / "window.ini"
        for _ in range(600):
            if kept.exists() and "ramp.png" in kept.read_text():
                break
            time.sleep(0.1)
        window.send_signal(signal.SIGINT)
        _, errors = window.communicate(timeout=60)
    assert window.returncode == 130 and errors == b""


def test_without_qt_there_is_one_sentence(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "PyQt6").mkdir()
    (folder / "PyQt6" / "__init__.py").write_text("raise ImportError('libEGL.so.1 is missing')")
    done = run(PYTHONPATH=str(folder), DISPLAY=":4711")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "libEGL.so.1" in done.stderr
