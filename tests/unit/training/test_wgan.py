"""The lesson on pictures from noise: its networks, its game, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from unfade_training.errors import TrainingError
from unfade_training.lessons import wgan

from .photos import photo_folder


@pytest.mark.parametrize("side", [16, 32, 64])
def test_networks_mirror_each_other(side: int) -> None:
    generator, critic = wgan.make_generator(side, 3, 4), wgan.make_critic(side, 3, 4)
    made = generator(torch.randn(2, wgan.NOISE, 1, 1))
    assert made.shape == (2, 3, side, side) and float(made.detach().abs().max()) <= 1
    assert critic(made).shape == (2,)


def test_the_critic_is_clipped_and_the_generator_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    """All real pictures are white: at a high rate the generator's brighten within a few steps."""
    monkeypatch.setattr(wgan, "RATE", 5e-3)
    game = wgan.play(torch.ones(64, 1, 16, 16), steps=10, width=4)
    assert len(game.steps) == len(game.critic_loss) == len(game.generator_loss) == 10
    assert all(sheet.shape == (wgan.SHOWN, 1, 16, 16) for sheet in game.sheets)
    assert all(weight.detach().abs().max() <= wgan.CLIP for weight in game.critic.parameters())
    first, last = (float(game.sheets[at].mean()) for at in (0, -1))
    assert last > first + 0.1
    assert game.critic_loss[-1] < 0, "the critic sees a distance"


def test_the_same_seed_plays_the_same_game() -> None:
    pictures = torch.rand(64, 1, 16, 16) * 2 - 1
    games = [wgan.play(pictures, steps=2, width=2, seed=seed) for seed in (1, 1, 2)]
    assert games[0].critic_loss == games[1].critic_loss != games[2].critic_loss


def test_digits_and_photographs_become_pictures(tmp_path: Path) -> None:
    digits = np.zeros((70, 28, 28), np.uint8)
    digits[:, 14:, :] = 255
    np.savez(tmp_path / "digits.npz", images=digits, labels=np.zeros(70, np.int64))
    found = wgan.load_pictures(tmp_path / "digits.npz", 32, tmp_path)
    assert found.shape == (70, 1, 32, 32)
    assert float(found[0, 0, 10, 16]) == -1 and float(found[0, 0, 20, 16]) == 1
    photos = wgan.load_pictures(photo_folder(tmp_path / "photos", 32), 16, tmp_path / "cache")
    assert photos.shape == (64, 3, 16, 16)
    assert torch.equal(photos[32:], photos[:32].flip(3)), "mirrored ones beside them"
    with pytest.raises(TrainingError, match=r"has 12 pictures; at least 64 are wanted"):
        wgan.load_pictures(photo_folder(tmp_path / "few", 6), 16, tmp_path / "cache")


def test_the_command_draws_samples_and_losses(tmp_path: Path) -> None:
    np.savez(tmp_path / "digits.npz", images=np.zeros((64, 28, 28), np.uint8), labels=np.zeros(64, np.int64))
    options = ["-o", str(tmp_path / "run"), "--steps", "2", "--width", "2", "--side", "16"]
    shown = CliRunner().invoke(wgan.main, [str(tmp_path / "digits.npz"), *options])
    assert shown.exit_code == 0, shown.output
    assert "64 pictures, generator" in shown.output and "critic  " in shown.output
    with Image.open(tmp_path / "run" / "samples.webp") as sheet:
        assert sheet.width == 12 * (2 * 16 + 4) + 4
    assert (tmp_path / "run" / "losses.webp").exists()
    refused = CliRunner().invoke(wgan.main, [str(tmp_path / "nowhere"), "-o", str(tmp_path / "run")])
    assert refused.exit_code == 1 and refused.output.startswith("wgan: ") and "not a folder" in refused.output
