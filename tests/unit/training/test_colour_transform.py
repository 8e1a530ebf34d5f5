"""Lab and the scores of colour, against scikit-image; the coding of Colorize."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from unfade_training.colour import CHROMA, gray_to_lightness, lab_to_rgb, rgb_to_lab
from unfade_training.colour_transform import Chroma, Rgb
from unfade_training.data import Batch, chw_pair, is_colour_photo, to_unit
from unfade_training.degradations import Ageing, ColourHints, Hinted
from unfade_training.losses import FeatureLoss, PictureLoss, WeightedLoss, build_loss
from unfade_training.losses.base import ChromaLoss
from unfade_training.losses.perceptual import LpipsLoss
from unfade_training.metrics import colourfulness, delta_e

from .photos import noise_photo


def every_colour() -> torch.Tensor:
    """N3HW in [0, 1]: a lattice of sRGB, its corners included."""
    axis = torch.linspace(0, 1, 18)
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij")).reshape(1, 3, 18, -1)


def test_lab_agrees_with_a_reference() -> None:
    rgb = every_colour()
    lab = rgb_to_lab(rgb)[0] * torch.tensor([100, CHROMA, CHROMA]).view(3, 1, 1)
    expected = rgb2lab(rgb[0].permute(1, 2, 0).numpy())
    assert np.abs(lab.permute(1, 2, 0).numpy() - expected).max() < 0.02
    assert float(rgb_to_lab(rgb)[:, 1:].abs().max()) < 1


def test_lab_and_back_is_the_same_colour_with_a_gradient() -> None:
    rgb = every_colour().requires_grad_()
    again = lab_to_rgb(rgb_to_lab(rgb))
    assert float((again - rgb).detach().abs().max()) < 2e-5
    torch.autograd.backward(again.sum())
    assert rgb.grad is not None and bool(rgb.grad.isfinite().all())


def test_the_lightness_of_gray() -> None:
    gray = torch.linspace(0, 1, 256).view(1, 1, 1, -1)
    lab = rgb_to_lab(gray.expand(-1, 3, -1, -1))
    assert float((gray_to_lightness(gray) - lab[:, :1]).abs().max()) < 1e-5
    assert float(lab[:, 1:].abs().max()) < 1e-4


def test_scores_of_colour() -> None:
    a, b = (np.asarray(noise_photo(seed)) for seed in (1, 2))
    chw = [torch.tensor(picture).permute(2, 0, 1) for picture in (a, b)]
    expected = np.linalg.norm(rgb2lab(a) - rgb2lab(b), axis=-1).mean()
    assert delta_e(*chw) == pytest.approx(float(expected), abs=0.02)
    assert delta_e(chw[0], chw[0]) == 0
    gray = torch.full((3, 8, 8), 90, dtype=torch.uint8)
    assert colourfulness(gray) == 0
    red = gray.clone()
    red[0] = 190  # rg = 100, yb = 50, no spread
    assert colourfulness(red) == pytest.approx(0.3 * np.hypot(100, 50))


@pytest.fixture(scope="module")
def batch() -> Batch:
    """Two photographs with hints everywhere, as a stage gets them before the coding."""
    degradation = Hinted(Ageing(clean_share=1), ColourHints(none_share=0, full_share=1))
    pairs = [
        chw_pair(degradation.apply(np.asarray(noise_photo(seed, 80, 80)), np.random.default_rng(seed)))
        for seed in (1, 2)
    ]
    return Batch(torch.stack([p.picture for p in pairs]), torch.stack([p.target for p in pairs]))


def test_hints_everywhere_are_the_targets_colours(batch: Batch) -> None:
    assert batch.picture.shape == (2, 4, 64, 64) and batch.picture.dtype == torch.uint8
    assert bool((batch.picture[:, 3] == 255).all())
    coding = Chroma(2)
    seen = coding.batch(batch.to_unit(torch.device("cpu")))
    truth = rgb_to_lab(to_unit(batch.target))
    # a byte is one unit of Lab
    assert float((seen.picture[:, 1:3] - truth[:, 1:]).abs().max()) <= 0.51 / CHROMA
    assert seen.target.shape == (2, 3, 32, 32)


def test_the_targets_chroma_makes_the_targets_picture() -> None:
    coding, size = Chroma(2), 16
    rgb = torch.rand(1, 3, 1, 1).expand(-1, -1, size, size)
    target = coding.targets(rgb)
    picture = coding.picture(
        target[:, 1:], torch.cat([rgb_to_lab(rgb)[:, :1], torch.zeros(1, 3, size, size)], 1)
    )
    assert float((picture - rgb).abs().max()) < 1e-3
    assert torch.equal(coding.output(target[:, 1:], target), target)


def test_a_picture_without_hints_is_shown_in_gray() -> None:
    gray = torch.rand(1, 1, 8, 8)
    nothing = torch.cat([gray, torch.full((1, 2, 8, 8), 128 / 255), torch.zeros(1, 1, 8, 8)], dim=1)
    inputs = Chroma(2).inputs(nothing)
    assert not inputs[:, 1:].any()
    shown = Chroma(2).shown(inputs)
    assert float((shown - gray).abs().max()) < 1e-3


def test_pictures_pass_unchanged() -> None:
    given = Batch(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 16, 16), torch.rand(1, 1, 8, 8))
    seen = Rgb().batch(given)
    assert seen.picture is given.picture and seen.target is given.target and seen.mask is given.mask


def test_the_loss_of_chroma() -> None:
    loss = build_loss({"chroma": {"saturation": 2.0, "beta": 0.05}})
    wanted = torch.zeros(1, 3, 2, 2)
    wanted[:, 1, :, 0] = 0.5  # vivid in the left column, gray in the right
    found = wanted.clone()
    found[:, 0] = 9  # lightness does not count
    assert float(loss(found, wanted).total) == 0
    found[:, 1] += 0.1  # beyond beta: 0.1 - beta / 2, on one of two channels
    assert float(loss(found, wanted).total) == pytest.approx(0.075 / 2 * (3 + 1) / 2)
    found = wanted.clone()
    found[:, 1, :, 0] += 0.1  # vivid pixels weigh 3, gray ones 1
    assert float(loss(found, wanted).total) == pytest.approx(0.075 / 2 * 3 / 2)
    pictures, truth = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    alone = [float(loss(p[None], t[None]).total) for p, t in zip(pictures, truth, strict=True)]
    assert float(loss(pictures, truth).total) == pytest.approx(sum(alone) / 2)


def test_losses_of_features_see_what_people_see() -> None:
    """A classifier knows sRGB, not Lab."""

    class Seen(PictureLoss):
        of_rgb = True

        def terms(self, output: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"": (output - target).abs().mean()}

    rgb = every_colour()
    lab = rgb_to_lab(rgb)
    gray = lab * torch.tensor([1.0, 0, 0]).view(3, 1, 1)
    value = WeightedLoss({"seen": Seen()}, {"seen": 1.0})(gray, lab, Chroma(2).rgb)
    assert float(value.total) == pytest.approx(float((lab_to_rgb(gray) - rgb).abs().mean()), abs=1e-5)
    assert FeatureLoss.of_rgb and LpipsLoss.of_rgb and not ChromaLoss.of_rgb


def test_charts_and_gray_pictures_are_no_colour_photographs() -> None:
    rng = np.random.default_rng(0)
    photo = np.asarray(noise_photo(0))
    gray = np.repeat(photo[..., :1], 3, axis=2)
    chart = np.full((96, 96, 3), 255, np.uint8)
    chart[40:, 10:30], chart[20:, 50:70] = (200, 30, 30), (30, 30, 200)
    toned = np.clip(gray * np.array([1.0, 0.97, 0.93]) + rng.normal(0, 1, gray.shape), 0, 255).astype(
        np.uint8
    )
    assert is_colour_photo(photo)
    assert not is_colour_photo(gray) and not is_colour_photo(chart) and not is_colour_photo(toned)
