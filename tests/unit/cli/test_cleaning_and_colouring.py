"""``unfade deartifact`` and ``unfade colorize``: their options and files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import unfade
from tests.models import cleaning_model, colouring_model
from tests.unit.cli.conftest import Shell
from unfade.picture import Picture, read_picture, write_picture


@pytest.fixture(scope="module")
def cleaner(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(cleaning_model(tmp_path_factory.mktemp("cleaner") / "cleaner.onnx", residual=0.3))


@pytest.fixture(scope="module")
def tinter(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(colouring_model(tmp_path_factory.mktemp("tinter") / "tinter.onnx"))


@pytest.fixture
def marked(shell: Shell) -> Picture:
    """A picture with a red bar, which the test model takes for a watermark, as marked.png."""
    pixels = np.random.default_rng(0).integers(90, 140, (60, 70, 3), dtype=np.uint8)
    pixels[20:32, 10:60] = (240, 20, 20)
    write_picture(Picture(pixels), shell.folder / "marked.png")
    return Picture(pixels)


def test_cleaning(shell: Shell, marked: Picture, cleaner: str) -> None:
    strokes = [{"mode": "keep", "radius": 3, "points": [[5, 50], [60, 50]]}]
    (shell.folder / "strokes.json").write_text(json.dumps(strokes))
    result = shell.run_alone(
        "deartifact", "marked.png", "-o", "out.png", "--model", cleaner, "--strength", "0.8",
        "--strokes", "strokes.json", "--save-mask",
    )  # fmt: skip
    assert (result.code, result.out[:24]) == (0, "out.png  70x60 -> 70x60 ")
    expected = unfade.deartifact(
        marked,
        model=cleaner,
        strength=0.8,
        strokes=[unfade.Stroke("keep", 3, ((5, 50), (60, 50)))],
        device="cpu",
    )
    cleaned = read_picture(shell.folder / "out.png").pixels
    assert np.abs(cleaned.astype(int) - expected.pixels).max() <= 1
    np.testing.assert_array_equal(cleaned[20:32, 10:60], marked.pixels[20:32, 10:60])
    mask = read_picture(shell.folder / "out.mask.png").pixels
    assert mask.shape == (60, 70, 1)
    assert mask[22:30, 12:58].min() > 200 and mask[40:].max() < 30


def test_a_watermark_that_is_not_found_is_said(shell: Shell, cleaner: str) -> None:
    pixels = np.random.default_rng(0).integers(90, 140, (200, 240, 3), dtype=np.uint8)
    (shell.folder / "in").mkdir()
    for name in ("0.png", "1.png"):
        write_picture(Picture(pixels), shell.folder / "in" / name)
    pixels[90:110, 60:180] = (250, 20, 20)
    write_picture(Picture(pixels), shell.folder / "in" / "marked.png")
    said = "No watermark was found; if there is one, paint over it."
    result = shell.run("deartifact", "in", "-o", "out", "--model", cleaner, "--watermark")
    assert result.code == 0
    assert result.err.splitlines() == [f"unfade: in/{number}.png: {said}" for number in (0, 1)]
    for mode, told in (("add", []), ("keep", [said])):
        (shell.folder / "strokes.json").write_text(
            f'[{{"mode": "{mode}", "radius": 3, "points": [[5, 50]]}}]'
        )
        painted = ("in/0.png", "-o", "a.png", "--model", cleaner, "--watermark", "--strokes", "strokes.json")
        assert json.loads(shell.run("deartifact", *painted, "--json").out)["warnings"] == told
    blind = str(cleaning_model(shell.folder / "blind.onnx", mask=False))
    result = shell.run("deartifact", "in/0.png", "-o", "a.png", "--model", blind, "--watermark")
    assert (
        result.err
        == "unfade: in/0.png: The model blind finds no watermarks; choose another, or paint over them.\n"
    )
    picture = unfade.deartifact(shell.folder / "in" / "0.png", model=cleaner, watermark=True, device="cpu")
    assert picture.warnings == (said,)
    assert shell.run("deartifact", "in/0.png", "-o", "b.png", "--model", cleaner).err == ""


@pytest.mark.usefixtures("marked")
def test_masks_of_a_folder(shell: Shell, cleaner: str) -> None:
    (shell.folder / "in").mkdir()
    (shell.folder / "marked.png").rename(shell.folder / "in" / "a.png")
    result = shell.run("deartifact", "in", "-o", "out", "--model", cleaner, "--save-mask", "--format", "jpeg")
    assert result.code == 0
    assert {"out/a.jpg", "out/a.mask.png"} <= shell.files()
    assert shell.run("deartifact", "in", "-o", "plain", "--model", cleaner).code == 0
    assert "plain/a.mask.png" not in shell.files()


@pytest.mark.usefixtures("marked")
def test_a_mask_takes_no_pictures_place(shell: Shell, cleaner: str) -> None:
    (shell.folder / "marked.png").rename(shell.folder / "a.mask.png")
    result = shell.run("deartifact", "a.mask.png", "-o", "a.png", "--model", cleaner, "--save-mask")
    assert result.code == 1
    assert "a.mask.png is a picture of this run" in result.err
    assert shell.files() == {"a.mask.png"}


@pytest.mark.usefixtures("marked")
def test_a_mask_that_there_is_not(shell: Shell, tmp_path: Path) -> None:
    model = str(cleaning_model(tmp_path / "home" / "plain.onnx", mask=False))
    arguments = ["deartifact", "marked.png", "-o", "out.png", "--model", model]
    result = shell.run(*arguments, "--save-mask")
    assert (result.code, shell.files()) == (1, {"marked.png"})
    assert "plain makes no mask, so marked.png has none to save" in result.err
    assert shell.run(*arguments).code == 0


def test_colouring(shell: Shell, tinter: str) -> None:
    gray = Picture(np.random.default_rng(0).integers(90, 140, (60, 70, 1), dtype=np.uint8))
    write_picture(gray, shell.folder / "gray.png")
    (shell.folder / "hints.json").write_text('[{"x": 30.5, "y": 20, "color": "#2050C0"}]')
    result = shell.run(
        "colorize", "gray.png", "-o", "out.png", "--model", tinter, "--saturation", "1.4",
        "--strength", "0.9", "--hints", "hints.json",
    )  # fmt: skip
    assert result.code == 0, result.err
    expected = unfade.colorize(
        gray,
        model=tinter,
        saturation=1.4,
        strength=0.9,
        hints=[unfade.Hint(30.5, 20, "#2050c0")],
        device="cpu",
    )
    coloured = read_picture(shell.folder / "out.png").pixels
    assert np.abs(coloured.astype(int) - expected.pixels).max() <= 1
    assert coloured[18:22, 28:32, 2].mean() > coloured[18:22, 28:32, 0].mean() + 20


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    ("option", "text", "sentence"),
    [
        ("--hints", None, "unfade: list.json does not exist"),
        ("--hints", "{", "unfade: list.json is no JSON file"),
        ("--hints", "{}", "unfade: list.json cannot be used: hints must be a list"),
        ("--hints", '[{"x": 1, "y": 1, "color": "red"}]', "list.json cannot be used: A hint's color"),
        ("--hints", '[{"x": 1, "y": NaN, "color": "#ffffff"}]', "unfade: list.json is no JSON file"),
        ("--strokes", '[{"mode": "add"}]', "unfade: list.json cannot be used: Every stroke must be"),
    ],
)
def test_bad_lists(shell: Shell, cleaner: str, option: str, text: str | None, sentence: str) -> None:
    if text is not None:
        (shell.folder / "list.json").write_text(text)
    command = "colorize" if option == "--hints" else "deartifact"
    result = shell.run(command, "photo.png", "-o", "out.png", "--model", cleaner, option, "list.json")
    assert result.code == 2
    assert sentence in result.err and result.err.count("\n") == 1
    assert "out.png" not in shell.files()


@pytest.mark.usefixtures("photo")
def test_a_hint_outside_fails_that_picture_alone(shell: Shell, tinter: str) -> None:
    (shell.folder / "hints.json").write_text('[{"x": 300, "y": 20, "color": "#2050c0"}]')
    result = shell.run("colorize", "photo.png", "-o", "out.png", "--model", tinter, "--hints", "hints.json")
    assert result.code == 1
    assert "lies outside the picture, which has 40 x 30 pixels" in result.err
    assert "out.png" not in shell.files()


def test_help_says_what_counts(shell: Shell) -> None:
    text = " ".join(shell.run("colorize", "--help").out.split())
    assert "colours they have already are ignored" in text
    assert "--hints FILE" in text and "--saturation 0..2" in text and "--save-mask" not in text
    text = " ".join(shell.run("deartifact", "--help").out.split())
    assert "--watermark / --no-watermark" in text and "--strokes FILE" in text and "--save-mask" in text
