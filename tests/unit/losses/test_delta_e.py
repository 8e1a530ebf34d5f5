"""The colour difference as a loss."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from unfade_training.colour import CHROMA, delta_e_2000
from unfade_training.losses import build_loss
from unfade_training.losses.base import DeltaE

SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]
"""Of Sharma, Wu and Dalal 2005, table 1."""


@pytest.mark.parametrize(("one", "other", "difference"), SHARMA)
def test_the_formula(one: Sequence[float], other: Sequence[float], difference: float) -> None:
    units = torch.tensor([100, CHROMA, CHROMA])
    a, b = ((torch.tensor(lab) / units).view(1, 3, 1, 1) for lab in (one, other))
    assert float(delta_e_2000(a, b)) == pytest.approx(difference, abs=2e-3)


def test_equal_pictures_do_not_differ() -> None:
    x = torch.rand(2, 3, 8, 8)
    assert float(DeltaE()(x, x)) == pytest.approx(0, abs=1e-5)


def test_every_nth_pixel_is_looked_at() -> None:
    x, y = torch.rand(2, 1, 3, 9, 9).unbind(0)
    assert float(DeltaE(every=3)(x, y)) == float(DeltaE()(x[..., ::3, ::3], y[..., ::3, ::3]))
    with pytest.raises(ValueError, match="every"):
        DeltaE(every=0)


def test_black_and_white_are_a_hundred_apart() -> None:
    black, white = torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4)
    assert float(DeltaE()(white, black)) == pytest.approx(1.0, abs=0.02)


def test_what_is_beyond_the_range_is_pulled_back() -> None:
    x = torch.full((1, 3, 4, 4), 1.3, requires_grad=True)
    terms = DeltaE().terms(x, torch.ones(1, 3, 4, 4))
    assert float(terms["beyond"]) == pytest.approx(0.3)
    sum(terms.values()).backward()  # type: ignore[union-attr]
    assert x.grad is not None and (x.grad > 0).all()


def test_its_gradient_is_finite_at_black() -> None:
    x = torch.zeros(1, 3, 4, 4, requires_grad=True)
    build_loss({"delta_e": 1.0})(x, torch.full((1, 3, 4, 4), 0.5)).total.backward()
    assert x.grad is not None and torch.isfinite(x.grad).all()
