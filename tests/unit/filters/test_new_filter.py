"""A filter is one module and one line: a toy, registered by that line alone, is found everywhere."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pytestqt.qtbot import QtBot

import unfade.api
from tests.models import identity_model
from tests.unit.filters.pictures import apart, engine, picture
from tests.unit.filters.toy import INVERT, InvertOptions
from unfade import batch
from unfade.cli.app import app
from unfade.errors import UsageError
from unfade.filters import Mix, Recipe, all_filters, at_full, find_filter, mixed, read_recipe, registry
from unfade.filters import write_recipe as write
from unfade.inference import Bounds, Engine
from unfade.install.copying import _actions, settings
from unfade.install.profiles import Editor
from unfade.picture import Picture, read_picture, write_picture
from unfade.service.client import Client
from unfade.service.server import listing
from unfade.ui.commands import plain_text
from unfade.ui.queue.model import Item
from unfade.ui.queue.runner import Worker

ROOT = Path(__file__).parents[3]
REGISTERED = (
    "import sys; sys.path.insert(0, sys.argv[1]); from unfade.filters import registry; "
    "from tests.unit.filters.toy import INVERT; registry.FILTERS += (INVERT,); "
)
SERVE = (
    "from unfade.inference import Device, Engine; from unfade.service.server import serve; "
    "serve(Engine(Device.CPU))"
)
STEP = {"filter": "invert", "options": {"gamma": 2.0}}


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setattr(registry, "FILTERS", (*registry.FILTERS, INVERT))


def negative(source: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.rint(255 * (1 - source.pixels / 255) ** 2).astype(np.uint8)


def test_it_is_found_by_its_name() -> None:
    assert find_filter("invert") is INVERT
    assert all_filters()[-1] is INVERT
    with pytest.raises(UsageError, match="did you mean invert"):
        find_filter("inverr")


def test_in_a_recipe_and_a_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity_model(tmp_path / "double.onnx", 2)
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))
    recipe = Recipe.from_json({"steps": [STEP, {"filter": "upscale", "options": {"model": "double"}}]})
    write(recipe, tmp_path / "r.unfade.json")
    assert read_recipe(tmp_path / "r.unfade.json") == recipe
    source, runner = picture(40, 50, 3), recipe.open(engine())
    whole = runner.run(source).picture
    assert apart(whole.pixels, negative(source).repeat(2, 0).repeat(2, 1)) <= 1 / 255
    part = runner.run(source, region=Bounds(5, 6, 20, 30))
    assert apart(part.picture.pixels, whole.pixels[10:50, 12:72]) <= 1 / 255


def test_a_region_of_its_result() -> None:
    source = picture(40, 50, 4)
    part = INVERT.open(InvertOptions(gamma=2.0), engine()).run(source, region=Bounds(5, 6, 20, 30))
    assert (part.at, part.exact) == (Bounds(5, 6, 20, 30), True)
    np.testing.assert_array_equal(part.picture.colour, negative(source)[5:25, 6:36, :3])


def test_its_live_options_are_blended_as_it_does() -> None:
    source, options = picture(20, 30, 3), InvertOptions(strength=0.3)
    full = INVERT.open(at_full(options, INVERT.live_options), engine()).run(source).picture.pixels
    shown = mixed(full, Mix.of(options, INVERT.live_options), under=source.pixels)
    assert apart(shown, INVERT.open(options, engine()).run(source).picture.pixels) <= 1 / 255


def test_in_a_batch(tmp_path: Path) -> None:
    source = picture(20, 30, 3)
    write_picture(source, tmp_path / "a.png")
    jobs = [batch.Job(tmp_path / "a.png", tmp_path / "out" / "a.png")]
    runner = find_filter("invert").open(InvertOptions(gamma=2.0), engine())
    (record,) = batch.run(jobs, runner)
    assert record.ok
    np.testing.assert_array_equal(read_picture(jobs[0].target).pixels, negative(source))


def test_under_the_python_interface() -> None:
    source = picture(20, 30, 3)
    result = unfade.api._run("invert", source, {"gamma": 2.0}, engine(), None)
    np.testing.assert_array_equal(result.pixels, negative(source))


def test_in_the_command_lines_help() -> None:
    assert "Turn pictures into their negatives." in CliRunner().invoke(app, ["--help"]).output
    shown = CliRunner().invoke(app, ["invert", "--help"]).output
    for word in ("--gamma", "0.5..2", "--alpha", "--no-alpha", "The exponent of the negative's curve."):
        assert word in shown
    assert "--save-mask" not in shown


def test_in_the_editors_entries() -> None:
    for editor in Editor:
        found = {entry["name"]: entry for entry in settings(editor)["filters"]}
        assert found["invert"]["title"] == "Invert"
        assert [name for name, entry in found.items() if entry["gives_colour"]] == ["colorize"]
        names = [field.name for field in dataclasses.fields(InvertOptions)]
        assert [option["name"] for option in found["invert"]["options"]] == names
    assert '<Action name="unfade_invert">' in _actions()
    assert "Unfade: Invert..." in _actions()


def test_in_the_services_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    identity_model(tmp_path / "upscale-x2.onnx", 2)
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))
    found = {entry["name"]: entry for entry in listing(Engine())["filters"]}
    assert found["invert"]["summary"] == INVERT.summary
    assert found["invert"]["options"][1]["high"] == 2


def python(code: str) -> list[str]:
    """The command of another process in which the toy is registered."""
    return [sys.executable, "-c", REGISTERED + code, str(ROOT)]


def test_in_the_service() -> None:
    source = picture(20, 30, 3)
    with Client(python(SERVE)) as client:
        result = client.apply("invert", STEP["options"], 30, 20, 3, "u8", source.pixels.data)
    np.testing.assert_array_equal(np.frombuffer(result.pixels, np.uint8).reshape(20, 30, 3), negative(source))


def test_in_the_queue(tmp_path: Path, qtbot: QtBot) -> None:
    source = picture(20, 30, 3)
    write_picture(source, tmp_path / "a.png")
    worker = Worker(lambda: Client(python(SERVE)))
    with qtbot.waitSignal(worker.finished, timeout=60_000):
        worker.run(Item(1, tmp_path / "a.png", steps=[STEP], target=tmp_path / "out" / "a.png"), 95)
    worker.close()
    np.testing.assert_array_equal(read_picture(tmp_path / "out" / "a.png").pixels, negative(source))


def test_in_the_translations_list_of_texts() -> None:
    """Its name in menus, what it does, and its options with their help."""
    code = "from scripts.translations import declared_texts; print(*declared_texts(), sep='\\n')"
    done = subprocess.run(python(code), capture_output=True, text=True, check=True, cwd=ROOT)
    lines = plain_text(done.stdout).splitlines()  # "In&vert": the mnemonic is one that is free
    for text in ("Invert", INVERT.summary, "Gamma", "The exponent of the negative's curve."):
        assert any(repr(text) in line for line in lines), text
