"""The colour difference as a loss."""

from __future__ import annotations

import pytest
import torch

from unfade_training.losses import build_loss
from unfade_training.losses.pixel import DeltaE


def test_equal_pictures_differ_by_the_rounding_alone() -> None:
    x = torch.rand(2, 3, 8, 8)
    assert float(DeltaE()(x, x)) == pytest.approx(1e-3, rel=0.01)


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
