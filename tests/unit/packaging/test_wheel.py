"""The wheel holds what a user installs: three packages, the models, the licence; and it asks for no torch."""

from __future__ import annotations

import configparser
import email
import email.message
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import unfade

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("plugin/unfade", "export/unfade_export", "training/unfade_training")
PLUGINS = {"plugin/gimp": "unfade/install/gimp", "plugin/krita": "unfade/install/krita"}


@dataclass(frozen=True)
class Wheel:
    names: frozenset[str]
    metadata: email.message.Message
    entry_points: configparser.ConfigParser
    licence: str

    @property
    def requirements(self) -> list[Requirement]:
        return [Requirement(text) for text in self.metadata.get_all("Requires-Dist", [])]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    assert path.name == f"unfade-{unfade.__version__}-py3-none-any.whl"
    info = f"unfade-{unfade.__version__}.dist-info"
    with zipfile.ZipFile(path) as archive:
        entry_points = configparser.ConfigParser()
        entry_points.read_string(archive.read(f"{info}/entry_points.txt").decode())
        return Wheel(
            names=frozenset(archive.namelist()),
            metadata=email.message_from_bytes(archive.read(f"{info}/METADATA")),
            entry_points=entry_points,
            licence=archive.read(f"{info}/licenses/LICENSE").decode(),
        )


def test_holds_every_file_of_the_three_packages_and_nothing_else(wheel: Wheel) -> None:
    expected = {
        file.relative_to((ROOT / package).parent).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    expected |= {
        f"{place}/{file.relative_to(ROOT / folder).as_posix()}"
        for folder, place in PLUGINS.items()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in wheel.names if ".dist-info/" not in name} == expected


def test_holds_the_typing_marker_and_the_shipped_models(wheel: Wheel) -> None:
    assert {
        "unfade/py.typed",
        "unfade/models/shipped/upscale-x2.onnx",
        "unfade/models/shipped/upscale-x2-gan.onnx",
        "unfade/models/shipped/upscale-x4.onnx",
        "unfade/models/shipped/upscale-x4-gan.onnx",
        "unfade/models/shipped/deartifact.onnx",
        "unfade/models/shipped/colorize.onnx",
    } <= wheel.names


def test_says_what_it_is(wheel: Wheel) -> None:
    assert wheel.metadata["Name"] == "unfade"
    assert wheel.metadata["Version"] == unfade.__version__
    assert wheel.metadata["License-Expression"] == "GPL-3.0-or-later"
    assert wheel.licence == (ROOT / "LICENSE").read_text(encoding="utf-8")
    supported = SpecifierSet(wheel.metadata["Requires-Python"])
    assert [minor for minor in range(8, 16) if f"3.{minor}.1" in supported] == [10, 11, 12, 13, 14]
    assert set(wheel.metadata.get_all("Provides-Extra", [])) >= {"cuda", "train", "export", "dev"}


def test_the_commands_load(wheel: Wheel) -> None:
    scripts = dict(wheel.entry_points["console_scripts"])
    assert sorted(scripts) == ["unfade", "unfade-export", "unfade-train"]
    for name, value in scripts.items():
        assert callable(EntryPoint(name, value, "console_scripts").load()), name


def test_the_base_install_has_no_torch(wheel: Wheel) -> None:
    plain = [r for r in wheel.requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    base = {requirement.name.lower() for requirement in plain}
    assert base >= {"numpy", "pillow", "click", "msgspec", "rich", "platformdirs", "pyqt6"}
    assert not {name for name in base if "torch" in name or "lightning" in name}


@pytest.mark.parametrize(
    ("system", "machine", "runtime"),
    [
        ("linux", "x86_64", "onnxruntime-gpu"),
        ("win32", "AMD64", "onnxruntime-gpu"),
        ("linux", "aarch64", "onnxruntime"),
        ("win32", "ARM64", "onnxruntime"),
        ("darwin", "arm64", "onnxruntime"),
        ("darwin", "x86_64", "onnxruntime"),
    ],
)
def test_each_platform_gets_its_runtime(wheel: Wheel, system: str, machine: str, runtime: str) -> None:
    platform = {"sys_platform": system, "platform_machine": machine, "extra": ""}
    wanted = {r.name for r in wheel.requirements if r.marker is None or r.marker.evaluate(platform)}
    assert wanted & {"onnxruntime", "onnxruntime-gpu"} == {runtime}


def test_the_cuda_extra_brings_the_libraries(wheel: Wheel) -> None:
    platform = {"sys_platform": "linux", "platform_machine": "x86_64", "extra": "cuda"}
    extras = [r.extras for r in wheel.requirements if r.marker is not None and r.marker.evaluate(platform)]
    assert {"cuda", "cudnn"} in extras
