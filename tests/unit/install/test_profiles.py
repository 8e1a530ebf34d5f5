"""Where editors' profiles are found: versions, Flatpak, three systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfade.install import Editor, Machine, find_profiles
from unfade.install.profiles import gimp_version


def machine(home: Path, platform: str = "linux", **environment: str) -> Machine:
    return Machine(platform, home, {"PATH": "", **environment})


def folders(home: Path, editor: Editor, where: Machine) -> list[str]:
    return [profile.folder.relative_to(home).as_posix() for profile in find_profiles(editor, where)]


def make(home: Path, *names: str) -> None:
    for name in names:
        (home / name).mkdir(parents=True)


def test_nothing_is_found_where_no_editor_is(tmp_path: Path) -> None:
    for editor in Editor:
        assert find_profiles(editor, machine(tmp_path)) == []


def test_every_version_of_gimp_3_newest_first_and_flatpak(tmp_path: Path) -> None:
    sandbox = ".var/app/org.gimp.GIMP/config/GIMP/3.0"
    make(tmp_path, *(f".config/GIMP/{name}" for name in ("2.10", "3.0", "3.2", "3.10", "3.x")), sandbox)
    names = folders(tmp_path, Editor.GIMP, machine(tmp_path))
    assert names == [".config/GIMP/3.10", ".config/GIMP/3.2", ".config/GIMP/3.0", sandbox]
    profiles = find_profiles(Editor.GIMP, machine(tmp_path))
    assert [profile.in_flatpak for profile in profiles] == [False, False, False, True]
    assert profiles[-1].label == "GIMP 3.0 (Flatpak)"


@pytest.mark.parametrize(
    ("platform", "environment", "place"),
    [
        ("linux", {}, ".config/GIMP/3.0"),
        ("linux", {"XDG_CONFIG_HOME": "{home}/elsewhere"}, "elsewhere/GIMP/3.0"),
        ("darwin", {}, "Library/Application Support/GIMP/3.0"),
        ("win32", {"APPDATA": "{home}/Roaming"}, "Roaming/GIMP/3.0"),
    ],
)
def test_gimp_on_three_systems(
    tmp_path: Path, platform: str, environment: dict[str, str], place: str
) -> None:
    make(tmp_path, place)
    variables = {name: value.format(home=tmp_path) for name, value in environment.items()}
    assert folders(tmp_path, Editor.GIMP, machine(tmp_path, platform, **variables)) == [place]


def test_gimps_own_variable_comes_before_all(tmp_path: Path) -> None:
    make(tmp_path, ".config/GIMP/3.0")
    where = machine(tmp_path, GIMP3_DIRECTORY=str(tmp_path / "mine"))
    assert folders(tmp_path, Editor.GIMP, where) == ["mine"]


@pytest.mark.parametrize(
    ("platform", "environment", "place", "settings"),
    [
        ("linux", {}, ".local/share/krita", ".config/kritarc"),
        ("darwin", {}, "Library/Application Support/krita", "Library/Preferences/kritarc"),
        (
            "win32",
            {"APPDATA": "{home}/Roaming", "LOCALAPPDATA": "{home}/Local"},
            "Roaming/krita",
            "Local/kritarc",
        ),
    ],
)
def test_krita_on_three_systems(
    tmp_path: Path, platform: str, environment: dict[str, str], place: str, settings: str
) -> None:
    make(tmp_path, place)
    variables = {name: value.format(home=tmp_path) for name, value in environment.items()}
    (profile,) = find_profiles(Editor.KRITA, machine(tmp_path, platform, **variables))
    assert profile.folder == tmp_path / place
    assert profile.settings == tmp_path / settings


def test_kritas_flatpak(tmp_path: Path) -> None:
    make(tmp_path, ".var/app/org.kde.krita")
    (profile,) = find_profiles(Editor.KRITA, machine(tmp_path))
    assert profile.in_flatpak
    assert profile.folder == tmp_path / ".var/app/org.kde.krita/data/krita"


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.skipif("sys.platform == 'win32'", reason="a program on the PATH is a shell script here")
def test_a_gimp_that_was_never_started_gets_its_folder(tmp_path: Path) -> None:
    program(tmp_path / "bin", "gimp-console", "echo GNU Image Manipulation Program version 3.2.6")
    where = machine(tmp_path, PATH=str(tmp_path / "bin"))
    assert gimp_version(where) == (3, 2)
    assert folders(tmp_path, Editor.GIMP, where) == [".config/GIMP/3.2"]
    program(tmp_path / "bin", "gimp-console", "echo GNU Image Manipulation Program version 2.10.34")
    assert find_profiles(Editor.GIMP, where) == []
