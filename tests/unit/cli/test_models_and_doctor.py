"""``unfade models``, ``unfade doctor`` and the root command."""

from __future__ import annotations

import json

from tests.unit.cli.conftest import Shell
from unfade import __version__


def test_version(shell: Shell) -> None:
    assert shell.run_alone("--version").out == f"unfade {__version__}\n"


def test_help_names_every_command(shell: Shell) -> None:
    result = shell.run("--help")
    assert result.code == 0
    assert all(name in result.out for name in ("upscale", "models", "doctor"))


def test_no_command_is_bad_usage_and_shows_the_help(shell: Shell) -> None:
    result = shell.run_alone()
    assert (result.code, result.out) == (2, "")
    assert "upscale" in result.err


def test_an_unknown_command(shell: Shell) -> None:
    result = shell.run("upscal")
    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert "upscal" in result.err


def test_models_list(shell: Shell) -> None:
    lines = shell.run("models", "list").out.splitlines()
    line = next(line for line in lines if line.startswith("double"))
    assert line.split(maxsplit=5) == ["double", "upscale", "x2", "faithful", "user", "Every pixel twice"]
    records = [json.loads(line) for line in shell.run("models", "list", "--json").out.splitlines()]
    assert {"double", "net", "heavy", "broken"} <= {record["name"] for record in records}


def test_models_list_names_what_is_broken(shell: Shell) -> None:
    """A damaged file among the user's own is told on stderr; the others are listed all the same."""
    path = shell.folder / "home" / "data" / "unfade" / "models" / "damaged.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no model at all")
    result = shell.run("models", "list")
    assert result.code == 0
    assert "double" in result.out and "damaged" not in result.out
    assert [line for line in result.err.splitlines() if str(path) in line] == result.err.splitlines() != []


def test_models_info(shell: Shell) -> None:
    result = shell.run("models", "info", "double")
    assert result.code == 0
    assert "CC0-1.0" in result.out
    assert "recipe\n  a = 1\n  b = 2\n" in result.out
    record = json.loads(shell.run("models", "info", "double", "--json").out)
    assert (record["task"], record["scale"], record["halo"], record["tiling"]) == ("upscale", 2, 0, "exact")


def test_models_info_of_an_unknown_model(shell: Shell) -> None:
    result = shell.run("models", "info", "dubble")
    assert result.code == 1
    assert "did you mean double?" in result.err


def test_doctor(shell: Shell) -> None:
    result = shell.run_alone("doctor")
    assert result.code == 0
    for words in ("unfade", "onnxruntime", "CUDA", "CPU", "double", "runs on", str(shell.log)):
        assert words in result.out


def test_doctor_as_json(shell: Shell) -> None:
    result = shell.run("doctor", "--json")
    examination = json.loads(result.out)
    assert set(examination) == {"versions", "devices", "models", "places"}
    assert examination["versions"]["unfade"] == __version__
    assert examination["places"]["log"] == str(shell.log)
    assert any(device["label"] == "CPU" and device["usable"] for device in examination["devices"])
    double = next(model for model in examination["models"] if model["name"] == "double")
    assert double["runs_on"] is not None
