"""``unfade run`` as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import unfade
from tests.models import identity_model, unet_model
from unfade.picture import Picture, read_picture, write_picture

RECIPE = {
    "unfade_recipe": 1,
    "steps": [
        {"filter": "upscale", "options": {"model": "double"}},
        {"filter": "upscale", "options": {"model": "net", "scale": 1.5}},
    ],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With models, a recipe and two pictures in "in"; it is the working directory."""
    identity_model(tmp_path / "models" / "double.onnx", 2)
    unet_model(tmp_path / "models" / "net.onnx", 2)
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for seed, name in enumerate(("a.png", "b.png")):
        pixels = np.random.default_rng(seed).integers(0, 256, (20, 30, 3), dtype=np.uint8)
        write_picture(Picture(pixels), tmp_path / "in" / name)
    (tmp_path / "x.unfade.json").write_text(json.dumps(RECIPE))
    return tmp_path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "unfade", "run", *words, "--device", "cpu"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_recipe_over_a_folder(folder: Path) -> None:
    done = run("x.unfade.json", "in", "-o", "out", "--json", "--format", "tiff")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(record["output"]).name for record in records] == ["a.tif", "b.tif"]
    for record in records:
        assert record["model"] == "double + net"
        assert record["output_size"] == [90, 60]
        source = read_picture(folder / record["input"])
        deep = Picture(source.pixels.astype(np.uint16) * 257)
        twice = unfade.upscale(deep, 2, model="double", device="cpu")
        expected = unfade.upscale(twice, 1.5, model="net", device="cpu").pixels / 257
        assert np.abs(read_picture(folder / record["output"]).pixels - expected).max() <= 0.5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("none.unfade.json", "in", "-o", "out"), "none.unfade.json does not exist; check the name"),
        (("in/a.png", "in", "-o", "out"), "a.png is a picture, no recipe of Unfade's; open it as a picture."),
        (("x.unfade.json", "in"), "Where the result should go is missing"),
        (("x.unfade.json", "in", "-o", "out", "--quality", "0"), "quality must be a number from 1 to 100"),
    ],
)
def test_bad_usage(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "out").exists()


def test_a_model_that_is_missing(folder: Path) -> None:
    steps = [{"filter": "upscale"}, {"filter": "upscale", "options": {"model": "doubel"}}]
    (folder / "y.unfade.json").write_text(json.dumps({"unfade_recipe": 1, "steps": steps}))
    done = run("y.unfade.json", "in", "-o", "out")
    assert done.returncode == 1
    assert "There is no model 'doubel': did you mean double?" in done.stderr
    assert not (folder / "out").exists()
