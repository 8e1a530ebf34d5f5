"""Versions agree: the changelog with the package, the constraints with what the package asks for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import unfade

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_newest_changelog_entry_is_this_version() -> None:
    entries = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert entries[0] == unfade.__version__


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_requirement_has_one_pin_that_satisfies_it(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.1", "extra": ""}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    constraints = [Requirement(line) for line in lines if line and not line.startswith("#")]
    pins = {pin.name: pin for pin in constraints if pin.marker is None or pin.marker.evaluate(environment)}

    extras = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    for requirement in map(Requirement, wanted):
        elsewhere = requirement.marker is not None and not requirement.marker.evaluate(environment)
        if elsewhere or requirement.name == "unfade":
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        (specifier,) = pins[name].specifier
        assert specifier.operator == "=="
        assert specifier.version in requirement.specifier, f"{requirement} has the pin {pins[name]}"
