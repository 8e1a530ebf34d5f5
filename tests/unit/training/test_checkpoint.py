"""Checkpoints are whole, carry no code, and belong to one network."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from unfade_training.checkpoint import (
    Checkpoint,
    adopt_weights,
    load_checkpoint,
    load_weights,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
)
from unfade_training.errors import TrainingError
from unfade_training.files import atomic_write


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    tensors = {
        "generator": {"a.b": torch.randn(2, 3), "scalar": torch.tensor(4.0)},
        "ema": {"a.b": torch.ones(2)},
    }
    save_checkpoint(tmp_path / "c.safetensors", Checkpoint(tensors, "name = 'x'", {"step": 3, "best": 1.5}))
    back = load_checkpoint(tmp_path / "c.safetensors")
    assert back.recipe == "name = 'x'" and back.state == {"step": 3, "best": 1.5}
    for part, named in tensors.items():
        for name, tensor in named.items():
            assert torch.equal(back.tensors[part][name], tensor)
    assert [p.name for p in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full to play a full disk")
def test_a_full_disk_keeps_the_last_good_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, Checkpoint({"generator": {"w": torch.ones(3)}}, "", {"step": 1}))

    def full(_: int, mode: str) -> object:
        os.close(_)
        return open("/dev/full", mode)  # noqa: PTH123 - a real device that refuses every write

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(TrainingError, match="No space left on device"):
        save_checkpoint(path, Checkpoint({"generator": {"w": torch.zeros(3)}}, "", {"step": 2}))
    monkeypatch.undo()
    assert load_checkpoint(path).state == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["last.safetensors"]


def test_bad_files_are_one_sentence(tmp_path: Path) -> None:
    good, path = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    save_checkpoint(good, Checkpoint({"generator": {"w": torch.ones(300)}}, "", {"step": 1}))
    with pytest.raises(TrainingError, match="no checkpoint"):
        load_checkpoint(path)
    path.write_bytes(good.read_bytes()[:200])
    with pytest.raises(TrainingError, match="damaged"):
        load_checkpoint(path)
    path.write_bytes(pickle.dumps({"w": 1}))
    with pytest.raises(TrainingError, match="damaged or not a safetensors file"):
        load_checkpoint(path)


def test_another_networks_weights_are_refused_or_adopted() -> None:
    small, large = nn.Conv2d(3, 4, 3), nn.Sequential(nn.Conv2d(3, 4, 3))
    with pytest.raises(TrainingError, match="another network"):
        load_weights(small, large.state_dict(), "c")
    with pytest.raises(TrainingError, match="No weight of c fits"):
        adopt_weights(small, large.state_dict(), "c")
    other = nn.Conv2d(3, 4, 5)
    assert adopt_weights(other, {"bias": torch.full((4,), 7.0), "weight": small.weight}, "c") == ["weight"]
    assert other.bias is not None and torch.equal(other.bias, torch.full((4,), 7.0))


@pytest.mark.parametrize("fused", [False, True])
def test_an_optimizer_goes_on_as_if_nothing_had_happened(fused: bool) -> None:
    def step(layer: nn.Conv2d, optimizer: torch.optim.Optimizer) -> None:
        x = torch.arange(75.0).reshape(1, 3, 5, 5).to(memory_format=torch.channels_last) / 75
        layer(x).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    def layer_of(weights: nn.Conv2d | None = None) -> tuple[nn.Conv2d, torch.optim.Optimizer]:
        layer = nn.Conv2d(3, 4, 3)
        layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if weights is not None:
            layer.load_state_dict(weights.state_dict())
        return layer, torch.optim.AdamW(layer.parameters(), lr=0.1, fused=fused)

    torch.manual_seed(0)
    first, optimizer = layer_of()
    step(first, optimizer)
    second, again = layer_of(first)
    restore_optimizer(again, optimizer_tensors(optimizer))
    step(first, optimizer)
    step(second, again)
    assert torch.equal(first.weight, second.weight)


def test_what_killed_runs_left_goes_once_it_is_old(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    old, young, other = (
        tmp_path / name for name in (".last.safetensors.a.part", ".last.safetensors.b.part", ".x.part")
    )
    for left in (old, young, other):
        left.touch()
    os.utime(old, (1, 1))
    os.utime(other, (1, 1))
    with atomic_write(path) as out:
        out.write(b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, young, other])
