"""Checkpoints to models: right, or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn

from unfade.card import ModelCard, Task, Tiling, Variant
from unfade_export.checks import check_exact_tiling, check_parity, cpu_session, probe_reach
from unfade_export.errors import ExportError
from unfade_export.export import Report, export_checkpoint
from unfade_export.graph import to_onnx
from unfade_training.checkpoint import Checkpoint, save_checkpoint
from unfade_training.errors import TrainingError
from unfade_training.networks import build_network
from unfade_training.recipe import parse_recipe

from ..training.photos import RECIPE


def save_tiny(path: Path, recipe: str = RECIPE) -> nn.Module:
    torch.manual_seed(0)
    options = dict(parse_recipe(recipe, "tiny").network)
    network = build_network(str(options.pop("kind")), **options)
    state = {"scores": {"psnr_y": 31.5}}
    save_checkpoint(path, Checkpoint({"generator": network.state_dict()}, recipe, state))
    return network.eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path, Report]:
    folder = tmp_path_factory.mktemp("export")
    network = save_tiny(folder / "tiny.safetensors")
    report = export_checkpoint(folder / "tiny.safetensors", folder / "tiny-x2.onnx")
    return network, folder / "tiny-x2.onnx", report


def test_the_card_says_what_the_recipe_and_the_network_say(exported: tuple[nn.Module, Path, Report]) -> None:
    _, path, report = exported
    metadata = {p.key: p.value for p in onnx.load(path).metadata_props}
    card = ModelCard.from_metadata(metadata)
    assert card == report.card
    assert (card.name, card.task, card.scale, card.variant) == ("tiny-x2", Task.UPSCALE, 2, Variant.FAITHFUL)
    assert card.recipe == RECIPE and card.tiling is Tiling.EXACT and card.size_multiple == 2
    assert card.metrics == {"holdout_psnr_y": 31.5}
    # head 1; encoder and decoder of one block 2 + 2; bottom: 2 convolutions at stride 2, 4; tail 1; 2 for
    # the strided convolution's and the sub-pixel's phases at most
    assert 10 <= card.halo <= 12
    assert report.reach <= card.halo and report.tiling_difference < 1e-6


def test_the_file_runs_on_its_own_at_any_size(exported: tuple[nn.Module, Path, Report]) -> None:
    network, path, _ = exported
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).random((1, 3, 26, 34), np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(session.run(None, {"input": x})[0], expected, atol=1e-5)
    assert session.get_inputs()[0].shape == [1, 3, "height", "width"]


def test_nothing_of_this_machine_is_in_the_file(exported: tuple[nn.Module, Path, Report]) -> None:
    data = exported[1].read_bytes()
    assert str(Path.cwd()).encode() not in data and b"site-packages" not in data and b".py" not in data


def session_of(network: nn.Module, multiple: int = 2) -> ort.InferenceSession:
    graph = to_onnx(
        network.eval(),
        channels=3,
        size_multiple=multiple,
        input_name="input",
        output_name="output",
        metadata={},
    )
    return cpu_session(graph)


def test_parity_notices_another_network(exported: tuple[nn.Module, Path, Report]) -> None:
    network, path, _ = exported
    session = cpu_session(onnx.load(path))
    assert max(p.difference for p in check_parity(network, session, 3, 2)) < 1e-5
    torch.manual_seed(1)
    other = build_network("fast_unet", scale=2, channels=[8, 16], encoder=[1, 1], decoder=[1]).eval()
    with pytest.raises(ExportError, match="Parity: at"):
        check_parity(other, session, 3, 2)


def test_impulses_notice_a_halo_that_is_too_small() -> None:
    torch.manual_seed(0)
    session = session_of(
        nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(4, 3, 3, padding=1)), multiple=1
    )
    assert probe_reach(session, 3, 1, 1, halo=3) == 3
    with pytest.raises(ExportError, match="3 pixels away"):
        probe_reach(session, 3, 1, 1, halo=2)


def test_the_tiling_check_notices_a_halo_that_is_too_small(exported: tuple[nn.Module, Path, Report]) -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 3, 5, padding=2) for _ in range(4)]
    for layer in layers:
        nn.init.constant_(layer.weight, 1 / 75)
    session = session_of(nn.Sequential(*layers), multiple=1)
    picture = np.random.default_rng(0).random((3, 90, 101), np.float32)
    card = replace(exported[2].card, scale=1, size_multiple=1, halo=8)
    assert check_exact_tiling(session, card, picture) < 1e-6
    with pytest.raises(ExportError, match="Tiling: tiles differ"):
        check_exact_tiling(session, replace(card, halo=1), picture)


def test_what_cannot_be_exported_is_one_sentence_and_no_file(tmp_path: Path) -> None:
    source, target = tmp_path / "tiny.safetensors", tmp_path / "out" / "tiny.onnx"
    with pytest.raises(TrainingError, match="no checkpoint"):
        export_checkpoint(source, target)
    save_tiny(source)
    with pytest.raises(ExportError, match=r"must end in \.onnx"):
        export_checkpoint(source, tmp_path / "tiny.pb")
    save_checkpoint(source, Checkpoint({"generator": {"w": torch.ones(1)}}, RECIPE, {}))
    with pytest.raises(TrainingError, match="another network"):
        export_checkpoint(source, target)
    assert not target.parent.exists()


def test_the_command_line(tmp_path: Path) -> None:
    save_tiny(tmp_path / "tiny.safetensors")
    command = [sys.executable, "-m", "unfade_export.cli"]
    environment = {**os.environ, "COLUMNS": "100"}
    done = subprocess.run(
        [*command, str(tmp_path / "tiny.safetensors"), "-o", str(tmp_path / "tiny.onnx")],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "halo" in done.stdout and "parity at 2x2" in done.stdout and done.stderr == ""
    bad = subprocess.run(
        [*command, str(tmp_path / "none"), "-o", str(tmp_path / "x.onnx")],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert bad.returncode == 1 and bad.stderr.count("\n") == 1 and "no checkpoint" in bad.stderr
