"""Losses between two pictures against closed forms and numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unfade_training.errors import TrainingError
from unfade_training.losses import LOSSES, build_loss, gram_matrix
from unfade_training.losses.base import (
    L1,
    L2,
    Charbonnier,
    Checkerboard,
    Frequency,
    Psnr,
    TotalVariation,
)


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, 13, 17, generator=generator), torch.rand(2, 3, 13, 17, generator=generator)


def test_pixel_losses_are_their_formulas(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    y, t = pair
    d = (y - t).double().numpy()
    assert L1()(y, t).item() == pytest.approx(np.abs(d).mean(), rel=1e-5)
    assert L2()(y, t).item() == pytest.approx((d**2).mean(), rel=1e-5)
    assert Charbonnier(0.1)(y, t).item() == pytest.approx(np.sqrt(d**2 + 0.01).mean(), rel=1e-5)


def test_psnr_loss_is_the_mean_of_the_pictures_psnr(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    y, t = pair
    y[1] = t[1] + (y[1] - t[1]) / 100
    errors = ((y - t).double().numpy() ** 2).mean(axis=(1, 2, 3))
    assert Psnr(200)(y, t).item() == pytest.approx((10 * np.log10(errors)).mean(), rel=1e-5)
    assert Psnr(40)(t, t).item() == pytest.approx(-40)


def test_charbonnier_has_a_gradient_where_the_pictures_are_equal() -> None:
    y = torch.zeros(1, 1, 4, 4, requires_grad=True)
    loss = Charbonnier(1e-3)(y, torch.zeros(1, 1, 4, 4))
    loss.backward()
    assert loss.item() == pytest.approx(1e-3)
    assert torch.equal(y.grad, torch.zeros_like(y))  # 0 and not NaN


def test_total_variation_of_a_ramp_and_of_a_flat_picture() -> None:
    ramp = torch.arange(5.0).view(1, 1, 1, 5).expand(1, 1, 4, 5) * 0.25
    assert TotalVariation()(ramp, ramp).item() == pytest.approx(0.25)
    assert TotalVariation()(torch.full((1, 3, 4, 4), 0.7), ramp).item() == 0


def test_frequency_loss_is_numpys_fft(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    y, t = pair
    spectrum = np.fft.rfft2((y - t).double().numpy(), norm="ortho")
    expected = np.concatenate([spectrum.real.ravel(), spectrum.imag.ravel()])
    assert Frequency()(y, t).item() == pytest.approx(np.abs(expected).mean(), rel=1e-4)


def test_gram_matrix_is_the_scaled_product_of_channels(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    x = pair[0].double().numpy()
    expected = np.einsum("nchw,ndhw->ncd", x, x) / (3 * 13 * 17)
    np.testing.assert_allclose(gram_matrix(pair[0]).numpy(), expected, rtol=1e-5)


def test_a_checkerboard_is_told_from_everything_else() -> None:
    seed = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, 96, 70, generator=seed)
    cell = torch.zeros(4, 4)
    cell[1, 2] = 0.16  # 0.15 above its cell's mean there, and 0.01 below at 15 places
    pattern = cell.repeat(24, 18)[:, :70]
    loss = Checkerboard(period=4, window=32)
    assert loss(target + pattern, target).item() == pytest.approx((0.15 + 15 * 0.01) / 16, rel=1e-5)
    assert loss(target + 0.3, target).item() == pytest.approx(0, abs=1e-6)
    ramp = torch.linspace(0, 0.5, 70)
    assert loss(target + ramp, target).item() < 0.009  # within a cell a slope rises, too
    noise = 0.1 * torch.randn(2, 3, 96, 70, generator=seed)
    assert loss(target + noise, target).item() < 0.012  # 0.08 of noise, over 64 cells


@pytest.mark.parametrize(("period", "window"), [(1, 32), (4, 30), (4, 4)])
def test_a_senseless_checkerboard_is_refused(period: int, window: int) -> None:
    with pytest.raises(ValueError, match="window a multiple of it"):
        Checkerboard(period, window)


def test_older_recipes_call_the_checkerboard_a_weave(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    assert LOSSES["weave"] is Checkerboard and "weave" not in set(LOSSES)
    options = {"weight": 0.5, "period": 2, "window": 4}
    old, new = build_loss({"weave": options})(*pair), build_loss({"checkerboard": options})(*pair)
    assert old.total == new.total and set(old.terms) == {"weave"}


@pytest.mark.parametrize("name", ["l1", "l2", "charbonnier", "psnr", "frequency", "tv", "checkerboard"])
def test_losses_stay_float32_under_bfloat16_autocast(
    name: str, pair: tuple[torch.Tensor, torch.Tensor]
) -> None:
    y, t = pair
    loss = build_loss({name: 1.0})
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(y.bfloat16().requires_grad_(), t)
    assert value.total.dtype == torch.float32
    assert value.total.item() == pytest.approx(loss(y.bfloat16().float(), t).total.item(), rel=1e-6)
    assert value.total.requires_grad


def test_gram_matrix_stays_float32_under_autocast() -> None:
    x = torch.rand(1, 4, 64, 64) + 8  # bfloat16 products of such numbers are off by 0.4 %
    with torch.autocast("cpu", torch.bfloat16):
        gram = gram_matrix(x)
    assert gram.dtype == torch.float32
    torch.testing.assert_close(gram, gram_matrix(x))


def test_a_sum_of_losses_names_its_weighted_terms(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    y, t = pair
    value = build_loss({"l1": 2, "charbonnier": {"weight": 0.5, "epsilon": 0.1}, "tv": {"weight": 1e-2}})(
        y, t
    )
    assert set(value.terms) == {"l1", "charbonnier", "tv"}
    assert value.terms["l1"].item() == pytest.approx(2 * L1()(y, t).item())
    assert value.terms["charbonnier"].item() == pytest.approx(0.5 * Charbonnier(0.1)(y, t).item())
    assert value.total.item() == pytest.approx(sum(v.item() for v in value.terms.values()), rel=1e-6)
    assert not any(v.requires_grad for v in value.terms.values())


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({}, "loss: name at least one loss of l1, "),
        ({"charbonier": 1.0}, "there is no loss 'charbonier': did you mean 'charbonnier'?"),
        (
            {"charbonnier": {"epsilom": 1e-3}},
            "loss.charbonnier: there is no option 'epsilom': did you mean 'epsilon'?",
        ),
        ({"charbonnier": {"epsilon": -1}}, "loss.charbonnier: epsilon must be above 0, not -1"),
        ({"charbonnier": {"epsilon": "small"}}, "epsilon must be a number, not 'small'"),
        ({"l1": -1}, "loss.l1: the weight must be a number above 0, not -1"),
        ({"l1": True}, "the weight must be a number above 0, not True"),
        ({"l1": {"sigma": 1}}, "there is no option 'sigma'; there are none"),
    ],
)
def test_a_senseless_recipe_is_one_sentence(spec: dict[str, object], sentence: str) -> None:
    with pytest.raises(TrainingError) as error:
        build_loss(spec)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
