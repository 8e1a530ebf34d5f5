"""Where GIMP and Krita keep a user's plug-ins: on Linux, macOS and Windows, and inside Flatpak."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Editor(Enum):
    """The programs that a plug-in exists for; the value is the word for it on the command line."""

    GIMP = "gimp"
    KRITA = "krita"

    @property
    def title(self) -> str:
        """The program's own name."""
        return {Editor.GIMP: "GIMP", Editor.KRITA: "Krita"}[self]

    @property
    def flatpak(self) -> str:
        """The program's name in Flatpak."""
        return {Editor.GIMP: "org.gimp.GIMP", Editor.KRITA: "org.kde.krita"}[self]

    @property
    def allow_flatpak(self) -> str:
        """The command that lets the program in Flatpak's sandbox start others outside of it."""
        return f"flatpak override --user --talk-name=org.freedesktop.Flatpak {self.flatpak}"


@dataclass(frozen=True)
class Machine:
    """The computer as far as it decides where things are; the real one unless told otherwise."""

    platform: str = sys.platform
    home: Path = field(default_factory=Path.home)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def folder(self, variable: str, *otherwise: str) -> Path:
        """The folder that an environment variable names, or one below the home folder."""
        value = self.environment.get(variable)
        return Path(value) if value else self.home.joinpath(*otherwise)

    def program(self, *names: str) -> str | None:
        """The first of these programs that is on the PATH."""
        found = (shutil.which(name, path=self.environment.get("PATH", "")) for name in names)
        return next((path for path in found if path is not None), None)


@dataclass(frozen=True)
class Profile:
    """One place that an editor loads plug-ins from."""

    editor: Editor
    label: str
    """For people: "GIMP 3.0", "Krita (Flatpak)"."""
    folder: Path
    """GIMP: the version's own folder; Krita: its resource folder. It need not exist yet."""
    settings: Path | None = None
    """Krita: kritarc, which says that the plug-in is switched on."""
    in_flatpak: bool = False
    """Whether only the editor inside Flatpak's sandbox has it."""


def find_profiles(editor: Editor, machine: Machine) -> list[Profile]:
    """All profiles of an editor, newest first; none where it was never started and is not on the PATH."""
    return list(_gimp(machine) if editor is Editor.GIMP else _krita(machine))


def sandbox_of(editor: Editor, machine: Machine) -> Path:
    """The folder of an editor that was started from Flatpak; it need not exist."""
    return machine.home / ".var" / "app" / editor.flatpak


def gimp_version(machine: Machine) -> tuple[int, int] | None:
    """Major and minor version of the GIMP on the PATH."""
    program = machine.program("gimp-console", "gimp-console-3.0", "gimp")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "--version"], check=False, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"version (\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _gimp(machine: Machine) -> Iterator[Profile]:
    if machine.environment.get("GIMP3_DIRECTORY"):
        yield Profile(Editor.GIMP, "GIMP 3", Path(machine.environment["GIMP3_DIRECTORY"]))
        return
    if machine.platform == "win32":
        base = machine.folder("APPDATA", "AppData", "Roaming") / "GIMP"
    elif machine.platform == "darwin":
        base = machine.home / "Library" / "Application Support" / "GIMP"
    else:
        base = machine.folder("XDG_CONFIG_HOME", ".config") / "GIMP"
    versions = _versions(base)
    on_path = gimp_version(machine)
    if on_path is not None and on_path[0] == 3:
        versions.add(on_path[1])  # perhaps it was not started yet
    for minor in sorted(versions, reverse=True):
        yield Profile(Editor.GIMP, f"GIMP 3.{minor}", base / f"3.{minor}")
    base = sandbox_of(Editor.GIMP, machine) / "config" / "GIMP"
    for minor in sorted(_versions(base), reverse=True):
        label = f"GIMP 3.{minor} (Flatpak)"
        yield Profile(Editor.GIMP, label, base / f"3.{minor}", in_flatpak=True)


def _versions(base: Path) -> set[int]:
    """The minor versions of GIMP 3 that have a folder."""
    found = (re.fullmatch(r"3\.(\d+)", folder.name) for folder in base.glob("3.*") if folder.is_dir())
    return {int(match[1]) for match in found if match}


def _krita(machine: Machine) -> Iterator[Profile]:
    if machine.platform == "win32":
        folder = machine.folder("APPDATA", "AppData", "Roaming") / "krita"
        settings = machine.folder("LOCALAPPDATA", "AppData", "Local") / "kritarc"
    elif machine.platform == "darwin":
        folder = machine.home / "Library" / "Application Support" / "krita"
        settings = machine.home / "Library" / "Preferences" / "kritarc"
    else:
        folder = machine.folder("XDG_DATA_HOME", ".local", "share") / "krita"
        settings = machine.folder("XDG_CONFIG_HOME", ".config") / "kritarc"
    if folder.is_dir() or machine.program("krita"):
        yield Profile(Editor.KRITA, "Krita", folder, settings)
    sandbox = sandbox_of(Editor.KRITA, machine)
    if sandbox.is_dir():
        folder, settings = sandbox / "data" / "krita", sandbox / "config" / "kritarc"
        yield Profile(Editor.KRITA, "Krita (Flatpak)", folder, settings, in_flatpak=True)
