"""Editors inside Flatpak's sandbox: what the user is told, and how the engine is started out of it.

No Flatpak is needed: a program named ``flatpak-spawn`` takes its place, which passes on no more than the real
one does, and complains as the real one does where it is not allowed.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.models import identity_model
from unfade.cli import main
from unfade.install import Editor, Machine, find_profiles, install

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Flatpak is Linux' own")

SPAWN = """#!{python}
import os, sys
words = sys.argv[1:]
environment = {{"PATH": "/usr/bin:/bin", "HOME": {home!r}, "UNFADE_MODELS": {home!r}}}
assert words[:2] == ["--host", "--watch-bus"], words
words = words[2:]
while words[0].startswith("--env="):
    name, _, value = words.pop(0)[6:].partition("=")
    environment[name] = value
os.execve(words[0], words, environment)
"""
REFUSES = """#!/bin/sh
echo 'Portal call failed: org.freedesktop.DBus.Error.ServiceUnknown' >&2
exit 1
"""


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose GIMP comes from Flatpak, with the plug-in installed, and a PATH for flatpak-spawn."""
    for name in ("XDG_CONFIG_HOME", "GIMP3_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / ".var/app/org.gimp.GIMP/config/GIMP/3.0").mkdir(parents=True)
    (tmp_path / ".flatpak-info").write_text("[Application]\nname=org.gimp.GIMP\n", encoding="utf-8")
    yield tmp_path
    for name in ("unfade_editor", "unfade_client"):
        sys.modules.pop(name, None)


def spawn(home: Path, text: str) -> None:
    path = home / "bin" / "flatpak-spawn"
    path.write_text(text.format(python=sys.executable, home=str(home)), encoding="utf-8")
    path.chmod(0o755)


def editor_module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The plug-in's own copy of what both editors share."""
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("unfade_editor")


def installed(home: Path) -> Path:
    (profile,) = find_profiles(Editor.GIMP, Machine("linux", home, {"PATH": ""}))
    return install(profile).folder


def test_the_user_is_told_what_to_allow_and_what_that_means(
    sandbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "gimp"]) == 0
    said = capsys.readouterr().out
    assert "GIMP 3.0 (Flatpak): the filters are in" in said
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak org.gimp.GIMP" in said
    assert "lets it start any program of yours" in said
    # One that shares the profile with a GIMP outside of Flatpak.
    shutil.rmtree(sandbox / ".var/app/org.gimp.GIMP/config")
    (sandbox / ".config/GIMP/3.0").mkdir(parents=True)
    assert main(["install", "gimp"]) == 0
    assert "flatpak override --user" in capsys.readouterr().out


def test_the_engine_runs_outside(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity_model(sandbox / "double.onnx", 2)
    spawn(sandbox, SPAWN)
    folder = installed(sandbox)
    editor = editor_module(folder, monkeypatch)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/app/lib")  # what a sandbox has and the engine must not get
    unfade = editor.Unfade(folder, sandbox / ".flatpak-info")
    pixels = editor.Pixels(3, 2, 3, "u8", bytes(range(18)))
    result = unfade.run([editor.Step("upscale", {"model": "double"})], pixels, lambda _fraction: None)
    assert (result.width, result.height) == (6, 4)
    assert bytes(result.pixels[:6]) == bytes([0, 1, 2, 0, 1, 2])


def test_outside_of_a_sandbox_nothing_is_asked_of_flatpak(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = installed(sandbox)
    editor = editor_module(folder, monkeypatch)
    with editor.Unfade(folder, sandbox / "nowhere").engine() as engine:
        assert engine.alive
    assert not list((sandbox / "bin").iterdir())


@pytest.mark.parametrize("text", [REFUSES, None])
def test_what_is_not_allowed_is_a_sentence_that_says_what_to_do(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    if text is not None:
        spawn(sandbox, text)
    folder = installed(sandbox)
    editor = editor_module(folder, monkeypatch)
    unfade = editor.Unfade(folder, sandbox / ".flatpak-info")
    with pytest.raises(editor.EngineError) as caught:
        unfade.engine()
    assert "type once in a terminal: flatpak override --user" in str(caught.value)
    assert "org.gimp.GIMP" in str(caught.value)
