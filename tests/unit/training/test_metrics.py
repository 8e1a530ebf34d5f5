"""The scores that choose the best checkpoint are those of the super-resolution papers; early stopping."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from unfade_training.colour_transform import Chroma, Rgb
from unfade_training.losses import Tally, build_loss
from unfade_training.metrics import EarlyStopping, Pair, held_out_loss, psnr_y

from .photos import noise_photo


@pytest.mark.parametrize("border", [0, 2, 4])
def test_psnr_y_agrees_with_a_reference(border: int) -> None:
    target = np.asarray(noise_photo(0, 64, 48))
    rng = np.random.default_rng(0)
    result = np.clip(target + rng.normal(0, 9, target.shape), 0, 255).astype(np.uint8)

    def luma(rgb: np.ndarray) -> np.ndarray:
        """MATLAB's rgb2ycbcr, channel by channel."""
        r, g, b = (rgb[..., channel] / 255.0 for channel in range(3))
        y: np.ndarray = 16 + 65.481 * r + 128.553 * g + 24.966 * b
        return y[border : 64 - border, border : 48 - border]

    expected = peak_signal_noise_ratio(luma(target), luma(result), data_range=255)
    chw = [torch.from_numpy(picture.transpose(2, 0, 1).copy()) for picture in (result, target)]
    assert psnr_y(*chw, border) == pytest.approx(expected, abs=1e-9)


def test_the_degraded_input_is_the_papers() -> None:
    """Pillow's antialiased bicubic: what the benchmark tables are made with."""
    from unfade_training.degradations import Clean

    photo = noise_photo(1, 96, 96)
    degraded = Clean(scale=2).apply(np.asarray(photo), np.random.default_rng(0)).picture
    whole = np.asarray(photo.resize((48, 48), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(degraded, whole[4:-4, 4:-4])


def test_early_stopping_knows_which_way_is_better() -> None:
    by_psnr, by_lpips = EarlyStopping("psnr_y"), EarlyStopping("lpips")
    rows = [{"psnr_y": 30.0, "lpips": 0.2}, {"psnr_y": 29.0, "lpips": 0.1}, {"psnr_y": 31.0, "lpips": 0.3}]
    assert [by_psnr.update(row) for row in rows] == [True, False, True]
    assert [by_lpips.update(row) for row in rows] == [True, True, False]


def test_a_stage_has_patience_of_its_own() -> None:
    stopping = EarlyStopping("psnr_y")
    stopping.update({"psnr_y": 40.0})
    stopping.update({"psnr_y": 39.0})
    assert stopping.should_stop(1) and not stopping.should_stop(2) and not stopping.should_stop(0)
    stopping.start_stage()
    assert not stopping.update({"psnr_y": 30.0}) and not stopping.should_stop(1)
    again = EarlyStopping("psnr_y")
    again.restore(stopping.state())
    assert again.state() == {"best": 40.0, "best_of_stage": 30.0, "stale": 0}


def test_a_tally_is_the_mean_of_what_was_told_and_begins_anew() -> None:
    tally = Tally()
    for value in (1.0, 2.0):
        tally.add({"l1": torch.tensor(value)})
    tally.add({"critic/loss": torch.tensor(5.0)})  # the other side's turn
    assert tally.take(float) == {"l1": 1.5, "critic/loss": 5.0}
    assert tally.take(float) == {}


def test_the_held_out_loss_is_that_of_training_on_what_comes_out() -> None:
    target = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    pair = Pair("grey", torch.full_like(target, 51), target)
    loss = build_loss({"l1": 1.0, "l2": 10.0})
    found = held_out_loss([pair.degraded] * 2, [pair, pair], loss, Rgb(), "cpu")
    difference = 0.2 - target / 255
    assert found["loss/l1"] == pytest.approx(float(difference.abs().mean()), rel=1e-5)
    assert found["loss/l2"] == pytest.approx(10 * float(difference.square().mean()), rel=1e-5)
    assert found["loss"] == pytest.approx(found["loss/l1"] + found["loss/l2"], rel=1e-5)
    assert held_out_loss([pair.degraded], [pair], loss, Chroma(2), "cpu") == {}
