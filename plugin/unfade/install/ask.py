"""Asks the editor on the PATH whether it sees the plug-in; its answer is the only proof that counts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unfade.filters import all_filters
from unfade.install.profiles import Editor, Machine, Profile, gimp_version

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
