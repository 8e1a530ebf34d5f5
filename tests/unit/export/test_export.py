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

from tests.models import repairing_model
from unfade.models import ModelCard, Tensor, Tiling, Variant
from unfade.models.onnx_file import with_outputs
from unfade.picture import Picture, write_picture
from unfade_export import ExportError
from unfade_export.checks import (
    check_exact_tiling,
    check_finite,
    check_lead,
    check_parity,
    cpu_session,
    probe_reach,
)
from unfade_export.export import export_checkpoint
from unfade_export.graph import separate_outputs, to_onnx
from unfade_training.checkpoint import Checkpoint, save_checkpoint
from unfade_training.errors import TrainingError
from unfade_training.networks import build_network

from ..training.photos import RECIPE
from .conftest import Exported, Exports, export_here
from .tiny import RGB, card_for, save_tiny


@pytest.fixture(scope="module")
def exported(exports: Exports) -> Exported:
    return exports(fp16=True)


def test_the_card_says_what_the_recipe_and_the_network_say(exported: Exported) -> None:
    path, report = exported.path, exported.report
    metadata = {p.key: p.value for p in onnx.load(path).metadata_props}
    card = ModelCard.from_metadata(metadata)
    assert card == report.card
    assert (card.name, card.task, card.scale, card.variant) == ("tiny-x2", "upscale", 2, Variant.FAITHFUL)
    assert card.recipe == RECIPE and card.tiling is Tiling.EXACT and card.size_multiple == 2
    assert card.metrics == {"holdout_psnr_y": 31.5}
    # head 1; encoder and decoder of one block 2 + 2; bottom: 2 convolutions at stride 2, 4; tail 1; 2 for
    # the strided convolution's and the sub-pixel's phases at most
    assert 10 <= card.halo <= 12
    assert report.reach is not None and report.reach <= card.halo
    assert report.tiling_difference is not None and report.tiling_difference < 1e-6
    sizes = [(parity.height, parity.width) for parity in report.parity]
    assert (
        len(sizes) == 5 and any(h // 2 % 2 and w // 2 % 2 for h, w in sizes) and any(h != w for h, w in sizes)
    )


def test_the_file_runs_on_its_own_at_any_size(exported: Exported) -> None:
    network, path = exported.network, exported.path
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).random((1, 3, 26, 34), np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(session.run(None, {"input": x})[0], expected, atol=1e-5)
    assert session.get_inputs()[0].shape == [1, 3, "height", "width"]


def test_the_half_precision_variant_is_half_the_file_and_nearly_the_same(exported: Exported) -> None:
    network, path, report = exported.network, exported.path, exported.report
    beside = path.with_name("tiny-x2.fp16.onnx")
    assert report.half is not None and beside.stat().st_size == report.half.size < 0.75 * report.size
    session = ort.InferenceSession(str(beside), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).random((1, 3, 26, 34), np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(x)).numpy()
    difference = np.abs(session.run(None, {"input": x})[0] - expected).max()
    assert 1e-6 < difference < 1 / 255


def test_nothing_of_this_machine_is_in_the_file(exported: Exported) -> None:
    data = exported.path.read_bytes()
    assert str(Path.cwd()).encode() not in data and b"site-packages" not in data and b".py" not in data


def test_parity_notices_another_network(exported: Exported) -> None:
    network, path, report = exported.network, exported.path, exported.report
    session = cpu_session(onnx.load(path))
    assert max(p.difference for p in check_parity(network, session, report.card)) < 1e-5
    torch.manual_seed(1)
    other = build_network("fast_unet", scale=2, channels=[8, 16], encoder=[1, 1], decoder=[1]).eval()
    with pytest.raises(ExportError, match="Parity: at"):
        check_parity(other, session, report.card)


def test_impulses_notice_a_halo_that_is_too_small() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(4, 3, 3, padding=1)).eval()
    card = card_for(halo=3)
    session = cpu_session(to_onnx(network, card))
    assert probe_reach(session, card) == 3
    with pytest.raises(ExportError, match="3 pixels away"):
        probe_reach(session, replace(card, halo=2))


def test_the_tiling_check_notices_a_halo_that_is_too_small() -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 3, 5, padding=2) for _ in range(4)]
    for layer in layers:
        nn.init.constant_(layer.weight, 1 / 75)
    card = card_for(halo=8)
    session = cpu_session(to_onnx(nn.Sequential(*layers).eval(), card))
    picture = np.random.default_rng(0).random((3, 90, 101), np.float32)
    assert check_exact_tiling(session, card, picture) < 1e-6
    with pytest.raises(ExportError, match="Tiling: tiles differ"):
        check_exact_tiling(session, replace(card, halo=1), picture)


class Outputs(nn.Module):
    """Two convolutions whose results are given as one tensor, and taken apart again by the card."""

    def __init__(self, sides: tuple[int, int]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(nn.Conv2d(3, side, 3, padding=1) for side in sides)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([part(x) for part in self.parts], dim=1)


@pytest.mark.parametrize(("sides", "apart"), [((3, 1), True), ((2, 2), False)])
def test_an_output_is_computed_without_the_others(sides: tuple[int, int], *, apart: bool) -> None:
    torch.manual_seed(0)
    network = Outputs(sides).eval()
    card = card_for(halo=1, outputs=(RGB, Tensor("mask", 1, (0.0, 1.0), "mask")))
    model = to_onnx(network, card)
    assert ("Split" not in {node.op_type for node in model.graph.node}) == apart
    check_parity(network, cpu_session(model), card)
    part = onnx.load_from_string(with_outputs(model.SerializeToString(), ["mask"]))
    assert len(part.graph.node) == (1 if apart else len(model.graph.node))


def joined_and_split(*outputs: str, branch: bool = False) -> onnx.ModelProto:
    """Two convolutions, a Concat named "whole" and a Split of it into "output" and "mask"."""
    value = onnx.helper.make_tensor_value_info
    weights = [(3, "w1"), (1, "w2")]
    nodes = [onnx.helper.make_node("Conv", ["input", w], [f"made{n}"]) for n, w in weights]
    nodes += [
        onnx.helper.make_node("Concat", ["made3", "made1"], ["whole"], axis=1),
        onnx.helper.make_node("Split", ["whole", "sizes"], ["output", "mask"], axis=1),
    ]
    if branch:
        sides = [
            onnx.helper.make_graph(
                [onnx.helper.make_node(op, ["made1"], [f"{op}-result"])],
                op,
                [],
                [value(f"{op}-result", 1, [1, 1, 8, 8])],
            )
            for op in ("Neg", "Exp")
        ]
        nodes.append(
            onnx.helper.make_node("If", ["yes"], ["chosen"], then_branch=sides[0], else_branch=sides[1])
        )
    channels = {"output": 3, "mask": 1, "whole": 4, "chosen": 1}
    graph = onnx.helper.make_graph(
        nodes,
        "joined",
        [value("input", 1, [1, 3, 8, 8])],
        [value(name, 1, [1, channels[name], 8, 8]) for name in outputs],
        [
            *(onnx.numpy_helper.from_array(np.full((n, 3, 1, 1), n / 10, np.float32), w) for n, w in weights),
            onnx.numpy_helper.from_array(np.array([3, 1]), "sizes"),
            onnx.numpy_helper.from_array(np.array(True), "yes"),
        ],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)


@pytest.mark.parametrize(
    ("outputs", "branch", "apart"),
    [
        (["output", "mask"], False, True),
        (["output", "mask", "whole"], False, False),
        (["output", "mask", "chosen"], True, False),
    ],
)
def test_what_is_joined_for_something_else_stays(outputs: list[str], *, branch: bool, apart: bool) -> None:
    model = joined_and_split(*outputs, branch=branch)
    x = np.random.default_rng(0).random((1, 3, 8, 8), np.float32)
    before = cpu_session(model).run(None, {"input": x})
    separate_outputs(model)
    onnx.checker.check_model(model, full_check=True)
    assert ("Split" not in {node.op_type for node in model.graph.node}) == apart
    assert ("sizes" not in {weight.name for weight in model.graph.initializer}) == apart
    for found, expected in zip(cpu_session(model).run(None, {"input": x}), before, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("slope", [32.0, 96.0])
def test_a_repair_model_is_led_by_logits(tmp_path: Path, slope: float) -> None:
    model = onnx.load(repairing_model(tmp_path / "mend.onnx", slope=slope))
    card = ModelCard.from_metadata({entry.key: entry.value for entry in model.metadata_props})
    assert card is not None
    if slope == 32:
        check_lead(cpu_session(model), card)
    else:
        with pytest.raises(ExportError, match="is not one logit"):
            check_lead(cpu_session(model), card)


class Scaled(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x) * self.factor


@pytest.mark.parametrize(
    ("factor", "output", "complaint"),
    [(float("nan"), RGB, "Values: the output has values that are no numbers"),
     (50.0, Tensor("output", 3, (0.0, 1.0), "mask"), "beyond its range of 0 to 1")],
)  # fmt: skip
def test_values_that_cannot_be_used(factor: float, output: Tensor, complaint: str) -> None:
    torch.manual_seed(0)
    card = card_for(halo=0, outputs=(output,))
    with pytest.raises(ExportError, match=complaint):
        check_finite(cpu_session(to_onnx(Scaled(factor).eval(), card)), card)


def test_what_cannot_be_exported_is_one_sentence_and_no_file(tmp_path: Path) -> None:
    source, target = tmp_path / "tiny.safetensors", tmp_path / "out" / "tiny.onnx"
    with pytest.raises(TrainingError, match="no checkpoint"):
        export_checkpoint(source, target)
    save_tiny(source)
    for name in ("tiny.pb", "tiny.fp16.onnx"):
        with pytest.raises(ExportError, match=r"must end in \.onnx"):
            export_checkpoint(source, tmp_path / name)
    source.write_bytes(source.read_bytes()[:-100])
    with pytest.raises(TrainingError, match="damaged"):
        export_checkpoint(source, target)
    save_checkpoint(source, Checkpoint({"generator": {"w": torch.ones(1)}}, RECIPE, {}))
    with pytest.raises(TrainingError, match="another network"):
        export_checkpoint(source, target)
    save_tiny(source, RECIPE.replace('task = "upscale"', 'task = "colorize"'))
    with pytest.raises(ExportError, match="Interface: the network takes 3 channels and its task needs 4"):
        export_checkpoint(source, target)
    assert not target.parent.exists()


def test_the_last_checkpoint_of_a_run_comes_out_with_its_averaged_weights(tmp_path: Path) -> None:
    source, target = tmp_path / "last.safetensors", tmp_path / "last.onnx"
    raw = save_tiny(source, seed=1).state_dict()
    averaged = save_tiny(source)
    tensors = {"generator": raw, "ema": averaged.state_dict()}
    save_checkpoint(source, Checkpoint(tensors, RECIPE, {}))
    export_checkpoint(source, target)
    x = np.random.default_rng(0).random((1, 3, 26, 34), np.float32)
    with torch.inference_mode():
        expected = averaged(torch.from_numpy(x)).numpy()
    session = ort.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"input": x})[0], expected, atol=1e-5)


def run_export(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "unfade_export.cli", *arguments],
        capture_output=True, text=True, env={**os.environ, "COLUMNS": "100", **environment}, check=False,
    )  # fmt: skip


def test_the_command_line(tmp_path: Path) -> None:
    """A photograph, an installed model, and no command word."""
    save_tiny(tmp_path / "tiny.safetensors")
    pixels = np.random.default_rng(0).integers(0, 256, (90, 100, 3), dtype=np.uint8)
    write_picture(Picture(pixels), tmp_path / "photo.png")
    done = run_export(
        str(tmp_path / "tiny.safetensors"), "-o", str(tmp_path / "tiny.onnx"), "--install",
        "--photo", str(tmp_path / "photo.png"), XDG_DATA_HOME=str(tmp_path / "data"), HOME=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "halo" in done.stdout and "parity at 2x2" in done.stdout and done.stderr == ""
    assert len(list(tmp_path.glob("**/models/tiny-x2.onnx"))) == 1
    code, _, err = export_here("run", str(tmp_path / "none"), "-o", str(tmp_path / "x.onnx"))
    assert code == 1 and err.count("\n") == 1 and "no checkpoint" in err
    both = (str(tmp_path / "tiny.safetensors"), "-o", str(tmp_path / "x.onnx"), "--compact", "--int8")
    code, _, err = export_here("run", *both)
    assert code == 1 and err.count("\n") == 1 and "leave one out" in err
    assert not (tmp_path / "x.onnx").exists()
