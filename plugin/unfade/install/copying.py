"""What a plug-in consists of, and how it comes into a profile and out of it again.

GIMP    PROFILE/plug-ins/unfade/     unfade.py, unfade_pixels.py, ...
Krita   PROFILE/pykrita/unfade/      __init__.py, layers.py, ...
        PROFILE/pykrita/unfade.desktop, PROFILE/actions/unfade.action, and a line in kritarc
In both folders are unfade_client.py and unfade_editor.py, which the plug-ins share, and unfade.json.

Every file is whole or absent, and what is not Unfade's is neither replaced nor removed. Then the editor on
the PATH is asked whether it sees the plug-in: its answer is the only proof that counts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfade import __version__
from unfade.errors import UnfadeError
from unfade.filters import Filter, all_filters, describe_options
from unfade.install.profiles import Editor, Machine, Profile, gimp_version
from unfade.paths import whole_or_absent

SETTINGS = "unfade.json"
REPEAT = "Repeat last"
_HERE = Path(__file__).parent
_GROUP, _KEY = "[python]", "enable_unfade"  # in kritarc


class InstallError(UnfadeError):
    """A plug-in could not be put into an editor, or the editor does not see it."""


@dataclass(frozen=True)
class Installed:
    """A plug-in in a profile."""

    profile: Profile
    folder: Path
    """Where most of it is."""


def install(profile: Profile) -> Installed:
    """Copies the plug-in, also over an older one. Raises InstallError and OutputError."""
    plugin = _folder(profile)
    _check_ours(plugin)
    _make(plugin)
    source = _source(profile.editor)
    _write(plugin / "unfade_client.py", (_HERE.parent / "service" / "client.py").read_bytes())
    _write(plugin / "unfade_editor.py", (_HERE / "editor.py").read_bytes())
    _write(plugin / SETTINGS, json.dumps(settings(profile.editor), indent=1).encode("ascii"))
    if profile.editor is Editor.GIMP:
        # The main one last, for GIMP asks a plug-in anew when this file's time changes.
        for file in (source / "unfade_pixels.py", source / "unfade.py"):
            _write(plugin / file.name, file.read_bytes())
        (plugin / "unfade.py").chmod(0o755)
        return Installed(profile, plugin)
    for file in sorted((source / "unfade").glob("*.py")):
        _write(plugin / file.name, file.read_bytes())
    _write(plugin.parent / "unfade.desktop", (source / "unfade.desktop").read_bytes())
    _make(profile.folder / "actions")
    _write(profile.folder / "actions" / "unfade.action", _actions().encode())
    _set_kritarc(profile, True)
    return Installed(profile, plugin)


def uninstall(profile: Profile) -> Installed | None:
    """Removes the plug-in; None where there was none. Raises InstallError and OutputError."""
    plugin = _folder(profile)
    _check_ours(plugin)
    others = []
    if profile.editor is Editor.KRITA:
        others = [plugin.parent / "unfade.desktop", profile.folder / "actions" / "unfade.action"]
    there = [path for path in (plugin, *others) if path.exists()]
    try:
        for path in others:
            path.unlink(missing_ok=True)
        if plugin.exists():
            shutil.rmtree(plugin)
    except OSError as error:
        raise InstallError(f"{plugin} cannot be removed: {error.strerror or error}.") from error
    if profile.editor is Editor.KRITA:
        _set_kritarc(profile, False)
    return Installed(profile, plugin) if there else None


def settings(editor: Editor) -> dict[str, Any]:
    """What the plug-in is told: the engine's Python, and the filters with their options.

    How that Python is started out of a sandbox the plug-in knows when it is in one: editors in Flatpak may
    share the profile of those that are not.
    """
    return {
        "version": __version__,
        "command": [sys.executable],
        "allow_flatpak": editor.allow_flatpak,
        "repeat": _in_all_languages("Editor", REPEAT),
        "filters": [_describe(filter) for filter in all_filters()],
    }


def _describe(filter: Filter) -> dict[str, Any]:
    return {
        "name": filter.name,
        "title": filter.title,
        "titles": _in_all_languages("Filter", filter.title),
        "summary": filter.summary,
        "gives_colour": filter.gives_colour,
        "options": describe_options(filter),
    }


def _in_all_languages(context: str, text: str) -> dict[str, str]:
    """An English text and the window's translations of it, by language; those where its library loads."""
    try:
        from unfade.ui.language import translations_of
    except ImportError:
        return {"en": text}
    return {"en": text, **translations_of(context, text)}


def _actions() -> str:
    """Krita's list of the plug-in's actions, which makes them known to its shortcut editor."""
    entries = {f"unfade_{filter.name}": f"{filter.title}..." for filter in all_filters()}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<ActionCollection version="2" name="Scripts">',
        '<Actions category="Scripts">',
        "<text>Unfade</text>",
    ]
    for name, text in {**entries, "unfade_repeat": REPEAT}.items():
        lines += [
            f'<Action name="{name}">',
            f"<text>Unfade: {text}</text>",
            "<activationFlags>10000</activationFlags>",
            "<activationConditions>0</activationConditions>",
            "<isCheckable>false</isCheckable>",
            "</Action>",
        ]
    return "\n".join([*lines, "</Actions>", "</ActionCollection>", ""])


def _folder(profile: Profile) -> Path:
    return profile.folder / ("plug-ins" if profile.editor is Editor.GIMP else "pykrita") / "unfade"


def _source(editor: Editor) -> Path:
    """The adapter's files: inside the package where it is installed, beside it in a checkout."""
    packaged = _HERE / editor.value
    return packaged if packaged.is_dir() else _HERE.parents[1] / editor.value


def _check_ours(plugin: Path) -> None:
    if plugin.exists() and not (plugin / SETTINGS).is_file() and any(plugin.iterdir()):
        raise InstallError(
            f"{plugin} exists and is not Unfade's: move it away, then type the same command again."
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InstallError(f"{folder} cannot be made: {error.strerror or error}.") from error


def _write(path: Path, content: bytes) -> None:
    with whole_or_absent(path) as stream:
        stream.write(content)


def _set_kritarc(profile: Profile, on: bool) -> None:
    assert profile.settings is not None
    before = profile.settings.read_text(encoding="utf-8") if profile.settings.exists() else ""
    after = switch(before, on)
    if after != before:
        _make(profile.settings.parent)
        _write(profile.settings, after.encode())


def switch(text: str, on: bool) -> str:
    """The text of kritarc with the plug-in switched on, or without a word of it; all other lines stay.

    KConfig's files are no INI files that configparser could write back: nested groups, keys in brackets.
    """
    lines = [line for line in text.splitlines() if line.partition("=")[0].strip() != _KEY]
    if on:
        if _GROUP not in lines:
            lines += ["", _GROUP] if lines and lines[-1] else [_GROUP]
        lines.insert(lines.index(_GROUP) + 1, f"{_KEY}=true")
    elif _KEY in text and _GROUP in lines:
        place = lines.index(_GROUP)
        rest = next((line for line in lines[place + 1 :] if line), "[")
        if rest.startswith("["):  # nothing else is in the group
            del lines[place]
            while lines and not lines[-1]:
                lines.pop()
    return "\n".join(lines) + "\n" if lines else ""


_SECONDS = 240  # GIMP's first start looks at every plug-in and font there is
_MARK = "unfade sees "


@dataclass(frozen=True)
class Answer:
    """What an editor said: True it sees the plug-in, False it does not, None where it could not be asked."""

    sees: bool | None
    sentence: str


def ask_editor(profile: Profile, machine: Machine, *, seconds: float = _SECONDS) -> Answer:
    """Starts the editor without a window and lets it tell. Never raises."""
    if profile.editor is Editor.GIMP:
        return _ask_gimp(machine, seconds)
    return _ask_krita(machine, profile, seconds)


def _ask_gimp(machine: Machine, seconds: float) -> Answer:
    version = gimp_version(machine)
    if version is not None and version[0] != 3:
        found = ".".join(map(str, version))
        return Answer(None, f"The GIMP on the PATH is version {found}; Unfade needs 3.0 or newer.")
    program = machine.program("gimp-console", "gimp-console-3.0")
    if program is None:
        return Answer(None, "There is no gimp-console on the PATH, so GIMP was not asked.")
    wanted = [f"plug-in-unfade-{filter.name}" for filter in all_filters()] + ["plug-in-unfade-repeat"]
    exists = "Gimp.get_pdb().procedure_exists(name)"
    code = f"print({_MARK!r} + ' '.join(name for name in {wanted!r} if {exists}))"
    options = ["-n", "-i", "-d", "-f", "--no-splash"]
    batch = ["--batch-interpreter=python-fu-eval", "-b", code, "--quit"]
    return _judge([program, *options, *batch], "GIMP", wanted, machine.environment, seconds)


def _ask_krita(machine: Machine, profile: Profile, seconds: float) -> Answer:
    program = machine.program("kritarunner")
    if program is None:
        return Answer(None, "There is no kritarunner on the PATH, so Krita was not asked.")
    wanted = [f"unfade_{filter.name}" for filter in all_filters()] + ["unfade_repeat"]
    # kritarunner does not look into the user's folder as Krita does, so it is told; the rest is Krita's own:
    # its Python, its API, its PyQt.
    folder = str(profile.folder / "pykrita")
    environment = {**machine.environment, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": folder}
    return _judge([program, "-s", "unfade", "-f", "say_actions"], "Krita", wanted, environment, seconds)


def _judge(
    command: Sequence[str], title: str, wanted: Sequence[str], environment: Mapping[str, str], seconds: float
) -> Answer:
    """Only what the plug-in printed counts: both programs end with 0 whatever happened."""
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, **environment},
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return Answer(None, f"{title} did not answer within {seconds:g} seconds.")
    except OSError as error:
        return Answer(None, f"{title} could not be asked: {error}.")
    line = next((line for line in done.stdout.splitlines() if _MARK in line), "")
    seen = line.partition(_MARK)[2].split()
    missing = [name for name in wanted if name not in seen]
    if not missing:
        return Answer(True, f"{title} was asked, and sees {', '.join(seen)}.")
    return Answer(False, f"{title} was asked, and does not see {', '.join(missing)}.")
