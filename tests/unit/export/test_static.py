"""Models of one fixed size: the same pictures as from the model of any size."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.models import cardless_model, with_metadata
from tests.unit.filters.pictures import deartifact, upscale
from unfade import paths
from unfade.errors import ModelError
from unfade.filters import DeartifactOptions, UpscaleOptions
from unfade.inference import Device, Engine, Session
from unfade.models import half_precision_file
from unfade.models.library import add_model
from unfade.picture import Picture
from unfade_export import ExportError
from unfade_export.cli import show_report
from unfade_export.export import export_checkpoint
from unfade_export.interface import parse_size

from ..training.photos import MASK_RECIPE, RECIPE
from .conftest import Exports, export_here
from .test_tasks import COLOUR_RECIPE
from .tiny import save_tiny

SIZES = [(150, 131), (47, 63), (40, 90), (16, 16)]
"""Larger than the windows both ways, smaller both ways, larger one way; and tiny."""
WINDOWS = {"up": "96x64", "clean": "128x120"}


def noise(height: int, width: int, channels: int = 3) -> Picture:
    pixels = np.random.default_rng(height).integers(60, 200, (height, width, channels), dtype=np.uint8)
    return Picture(pixels)


def apart(a: Picture, b: Picture) -> int:
    return int(np.abs(a.pixels.astype(int) - b.pixels.astype(int)).max())


@pytest.fixture(scope="module")
def models(exports: Exports, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A network of each kind, free, and fixed through the command line; each with its float16 variant."""
    made = {}
    for name, recipe in (("up", RECIPE), ("clean", MASK_RECIPE)):
        free = exports(recipe, fp16=True)
        fixed = tmp_path_factory.mktemp("static") / f"{name}.onnx"
        code, out, err = export_here(
            str(free.checkpoint), "-o", str(fixed), "--fp16", "--static", WINDOWS[name]
        )
        assert code == 0, err
        assert "only size" in out and f"parity at {WINDOWS[name]}" in out
        made |= {f"{name}-free": free.path, f"{name}-fixed": fixed}
    return made


def test_only_a_fixed_size_is_named(exports: Exports, capsys: pytest.CaptureFixture[str]) -> None:
    for recipe, window in ((RECIPE, WINDOWS["up"]), (MASK_RECIPE, WINDOWS["clean"])):
        exported = exports(recipe, fp16=True)
        show_report(exported.report, exported.path)
        shown = capsys.readouterr().out
        assert "parity at" in shown and "only size" not in shown and f"parity at {window}" not in shown


@pytest.mark.parametrize("size", SIZES)
def test_the_pictures_are_those_of_the_free_model(models: dict[str, Path], size: tuple[int, int]) -> None:
    engine, picture = Engine(Device.CPU), noise(*size, channels=4)
    free, fixed = (
        upscale(picture, UpscaleOptions(model=str(models[f"up-{kind}"])), engine)
        for kind in ("free", "fixed")
    )
    assert free.pixels.shape == (2 * size[0], 2 * size[1], 4)
    assert apart(free, fixed) <= (
        1 if min(size) > 30 else 3
    )  # one rounding; tiny ones have both edges in reach
    free, fixed = (
        deartifact(picture, DeartifactOptions(model=str(models[f"clean-{kind}"])), engine)
        for kind in ("free", "fixed")
    )
    assert apart(free, fixed) <= 1


def test_the_file_and_its_card(models: dict[str, Path], tmp_path: Path) -> None:
    for path in (models["up-fixed"], half_precision_file(models["up-fixed"])):
        session = Session.open(path, Device.CPU, fixed_sizes=True)
        assert session.card.fixed_size == (64, 96)
        graph = onnx.load(path).graph
        shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*graph.input, *graph.output)]
        assert shapes == [[1, 3, 64, 96], [1, 3, 128, 192]]
        assert not {"Shape", "Loop", "If"} & {node.op_type for node in graph.node}
    card = Session.open(models["up-free"], Device.CPU).card
    lying = Path(shutil.copy(models["up-fixed"], tmp_path / "lying.onnx"))
    with_metadata(lying, card.to_metadata())
    with pytest.raises(ModelError, match="takes pictures of 96 x 64 pixels, but its card says any x any"):
        Session.open(lying, Device.CPU)


def test_a_fixed_model_without_a_card_is_probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "models_dir", lambda: tmp_path / "own")
    model = onnx.load(cardless_model(tmp_path / "fixed.onnx", 2))
    for side, dimension in zip((48, 64), model.graph.input[0].type.tensor_type.shape.dim[2:], strict=True):
        dimension.dim_value = side
    onnx.save(model, tmp_path / "fixed.onnx")
    card = add_model(tmp_path / "fixed.onnx").card
    assert (card.scale, card.fixed_size, card.halo) == (2, (48, 64), 12)
    picture = noise(100, 70)
    result = upscale(picture, UpscaleOptions(model="fixed"), Engine(Device.CPU))
    assert apart(result, Picture(picture.pixels.repeat(2, 0).repeat(2, 1))) <= 1


def test_what_cannot_be_fixed(tmp_path: Path) -> None:
    save_tiny(tmp_path / "up.safetensors")
    save_tiny(tmp_path / "colour.safetensors", COLOUR_RECIPE)
    cases = [
        ("up", (64, 95), r"size of 95x64 does not do .* multiples of 2 and at least 2\d"),
        ("up", (16, 64), "does not do for this network, whose halo is"),
        ("colour", (64, 64), "sees every picture as a whole, so it cannot have a fixed size"),
    ]
    for name, size, sentence in cases:
        with pytest.raises(ExportError, match=sentence):
            export_checkpoint(tmp_path / f"{name}.safetensors", tmp_path / "out.onnx", static=size)
    for text in ("512", "0x8", "8 x 8", "512x", "big"):
        with pytest.raises(ExportError, match=r"--static takes WIDTHxHEIGHT in pixels, such as 512x512, not"):
            parse_size(text)
    assert parse_size("96X64") == (64, 96)
    assert not (tmp_path / "out.onnx").exists()
