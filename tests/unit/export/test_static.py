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
from unfade.models.library import add_model
from unfade.picture import Picture
from unfade_export.errors import ExportError
from unfade_export.export import export_checkpoint
from unfade_export.interface import parse_size

from ..training.photos import MASK_RECIPE, RECIPE
from .test_export import run_export
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of each kind, exported free and fixed, through the command line."""
    made = tmp_path_factory.mktemp("static")
    for name, recipe in (("up", RECIPE), ("clean", MASK_RECIPE)):
        save_tiny(made / f"{name}.safetensors", recipe)
        for output, options in ((f"{name}-free", ()), (f"{name}-fixed", ("--static", WINDOWS[name]))):
            done = run_export(
                str(made / f"{name}.safetensors"), "-o", str(made / f"{output}.onnx"), "--fp16", *options
            )
            assert done.returncode == 0, done.stderr
            assert ("only size" in done.stdout and f"parity at {WINDOWS[name]}" in done.stdout) == bool(
                options
            )
    return made


@pytest.mark.parametrize("size", SIZES)
def test_the_pictures_are_those_of_the_free_model(folder: Path, size: tuple[int, int]) -> None:
    engine, picture = Engine(Device.CPU), noise(*size, channels=4)
    free, fixed = (
        upscale(picture, UpscaleOptions(model=str(folder / f"up-{kind}.onnx")), engine)
        for kind in ("free", "fixed")
    )
    assert free.pixels.shape == (2 * size[0], 2 * size[1], 4)
    assert apart(free, fixed) <= (
        1 if min(size) > 30 else 3
    )  # one rounding; tiny ones have both edges in reach
    free, fixed = (
        deartifact(picture, DeartifactOptions(model=str(folder / f"clean-{kind}.onnx")), engine)
        for kind in ("free", "fixed")
    )
    assert apart(free, fixed) <= 1


def test_the_file_and_its_card(folder: Path) -> None:
    for name in ("up-fixed.onnx", "up-fixed.fp16.onnx"):
        session = Session.open(folder / name, Device.CPU, fixed_sizes=True)
        assert session.card.fixed_size == (64, 96)
        graph = onnx.load(folder / name).graph
        shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*graph.input, *graph.output)]
        assert shapes == [[1, 3, 64, 96], [1, 3, 128, 192]]
        assert not {"Shape", "Loop", "If"} & {node.op_type for node in graph.node}
    card = Session.open(folder / "up-free.onnx", Device.CPU).card
    lying = Path(shutil.copy(folder / "up-fixed.onnx", folder / "lying.onnx"))
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
