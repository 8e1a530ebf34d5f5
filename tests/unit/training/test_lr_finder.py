"""The learning rate finder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfade_training.config import parse_recipe
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.lr_finder import find_rate, search, write_plot

from .photos import GAN_STAGES, RECIPE, photo_folder


def test_the_finder_sees_the_steepest_fall(tmp_path: Path) -> None:
    """A loss that falls around 1e-3 and explodes at 0.1."""
    finding = search(lambda rate: 1 - 0.5 / (1 + (1e-3 / rate) ** 2) + (rate / 0.1) ** 4)
    assert 5e-4 < finding.suggestion < 1e-2, "smoothing lags a little"
    assert finding.rates[-1] < 1.0
    write_plot(finding, tmp_path / "lr.png")
    with Image.open(tmp_path / "lr.png") as plot:
        assert plot.size == (900, 540) and len(plot.getcolors(1 << 20) or []) > 4
    with pytest.raises(TrainingError, match=r"lr\.png cannot be written"):
        write_plot(finding, tmp_path / "nowhere" / "lr.png")


@pytest.mark.parametrize("seed", range(8))
def test_noise_at_rates_that_do_nothing_is_not_taken_for_a_fall(seed: int) -> None:
    """A loss as of small batches: its noise is half as large as its fall around 1e-3."""
    random = np.random.default_rng(seed)

    def step(rate: float) -> float:
        return float(
            1 - 0.5 / (1 + (1e-3 / rate) ** 2) + random.normal(0, 0.1) + (rate / 0.1) ** 4 + (rate < 4e-6)
        )

    finding = search(step)
    assert 2e-4 < finding.suggestion < 5e-3


def test_a_loss_that_never_falls_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="No learning rate"):
        search(lambda rate: 1 + rate)


def test_a_learning_rate_is_found(tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos")
    finding = find_rate(parse_recipe(RECIPE, "tiny"), tmp_path / "run", [photos], Machine("cpu", 1))
    assert 1e-5 < finding.suggestion < 0.1 and min(finding.losses) < finding.losses[0]
    assert not (tmp_path / "run").exists()
    game = parse_recipe(RECIPE + GAN_STAGES, "tiny")
    with pytest.raises(TrainingError, match="two learning rates"):
        find_rate(game, tmp_path / "run", [photos], Machine("cpu", 1), number=3)
    with pytest.raises(TrainingError, match="no stage 4"):
        find_rate(game, tmp_path / "run", [photos], Machine("cpu", 1), number=4)
