"""``unfade install`` as it is typed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from unfade.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders and programs of Linux")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "GIMP3_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(home: Path, name: str, script: str) -> None:
    path = home / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_says_what_it_did_and_how_to_undo_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = home / ".config" / "GIMP" / "3.0"
    profile.mkdir(parents=True)
    assert main(["install", "gimp"]) == 0
    said = capsys.readouterr().out
    assert str(profile / "plug-ins" / "unfade") in said
    assert "There is no gimp-console on the PATH" in said
    assert "unfade install gimp --uninstall" in said
    assert main(["install", "gimp", "--uninstall"]) == 0
    assert not (profile / "plug-ins" / "unfade").exists()
    assert main(["install", "gimp", "--uninstall"]) == 0
    assert "nothing to remove" in capsys.readouterr().out


def test_an_editor_that_does_not_see_the_plug_in_is_a_failure(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(home, "krita", "exit 0")
    program(home, "kritarunner", "exit 0")  # as the real one does when the module is missing
    assert main(["install", "krita"]) == 1
    assert "Krita was asked, and does not see unfade_upscale" in capsys.readouterr().err


def test_no_editor_and_a_misspelt_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "gimp"]) == 1
    assert "No GIMP was found" in capsys.readouterr().err
    assert main(["install", "gmip"]) == 2
    assert "did you mean gimp?" in capsys.readouterr().err
    assert not (home / ".config").exists()


def test_gimp_2_is_named_as_the_reason(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program(home, "gimp-console", "echo GNU Image Manipulation Program version 2.10.34")
    (home / ".config" / "GIMP" / "3.0").mkdir(parents=True)
    assert main(["install", "gimp"]) == 0
    assert "The GIMP on the PATH is version 2.10" in capsys.readouterr().out
