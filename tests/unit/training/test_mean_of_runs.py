"""The script that averages runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from scripts.mean_of_runs import main, mean_of, scaled

from unfade_training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def checkpoint(path: Path, value: float, channels: int = 2) -> Path:
    tensors = {
        "head.weight": torch.full((channels, 3), value),
        "head.bias": torch.full((channels,), value),
        "norm.num_batches_tracked": torch.tensor(7),
    }
    save_checkpoint(path, Checkpoint({"generator": tensors}, f'name = "{path.stem}"\n', {"step": 3}))
    return path


def test_the_mean_and_what_is_told_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (checkpoint(tmp_path / f"{n}.safetensors", v) for n, v in (("one", 1.0), ("two", 3.0)))
    out = tmp_path / "mean.safetensors"
    words = ["mean_of_runs", f"0.75:{first}", f"0.25:{second}", "-o", str(out), "--scale", "head=0.5"]
    monkeypatch.setattr(sys, "argv", words)
    main()
    mean = load_checkpoint(out)
    assert torch.equal(mean.tensors["generator"]["head.weight"], torch.full((2, 3), 0.75))
    assert torch.equal(mean.tensors["generator"]["head.bias"], torch.full((2,), 0.75))
    assert mean.tensors["generator"]["norm.num_batches_tracked"] == 7
    assert mean.recipe == (
        f"# What head makes, times 0.5\n# The mean of runs: 0.75 of {first}\n"
        f'# The mean of runs: 0.25 of {second}\nname = "one"\n'
    )


def test_what_cannot_be_averaged_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, wide = checkpoint(tmp_path / "one.safetensors", 1.0), checkpoint(tmp_path / "w.safetensors", 1.0, 4)
    with pytest.raises(ValueError, match=r"the shares sum to 0\.9, not to 1"):
        mean_of([(0.5, one), (0.4, one)])
    with pytest.raises(ValueError, match="another network"):
        mean_of([(0.5, one), (0.5, wide)])
    with pytest.raises(ValueError, match="no part tail"):
        scaled(load_checkpoint(one), "tail", 2.0)
    out = tmp_path / "out.safetensors"
    for words, sentence in (
        ([str(one)], "has no share before it"),
        ([f"x:{one}"], f"'x' in x:{one} is not a number."),
        ([f"nan:{one}"], f"'nan' in nan:{one} is not a number."),
        ([f"1:{one}", "--scale", "head"], "'' in head is not a number."),
    ):
        monkeypatch.setattr(sys, "argv", ["mean_of_runs", *words, "-o", str(out)])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 2 and sentence in capsys.readouterr().err
        assert not out.exists()
