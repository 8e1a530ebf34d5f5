"""The critic's and generator's losses against closed forms, and what holds a Wasserstein critic."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from unfade_training.errors import TrainingError
from unfade_training.losses import (
    OBJECTIVES,
    AdaptiveLoss,
    build_objective,
    critic_accuracy,
    gradient_penalty,
)

REAL = torch.tensor([[[[2.0, -1.0]]], [[[0.5, 3.0]]]])  # [2, 1, 1, 2]: two pictures, two patches each
FAKE = torch.tensor([[[[-2.0, 1.5]]], [[[0.0, -0.5]]]])


def bce(logits: torch.Tensor, label: float) -> float:
    """Written out: ``-label log s(x) - (1 - label) log(1 - s(x))``."""
    values = [
        math.log1p(math.exp(-x)) * label + math.log1p(math.exp(x)) * (1 - label)
        for x in logits.flatten().tolist()
    ]
    return sum(values) / len(values)


def test_adaptive_judges_each_patch() -> None:
    objective = build_objective("adaptive")
    assert objective.critic(REAL, FAKE).item() == pytest.approx((bce(REAL, 1) + bce(FAKE, 0)) / 2)
    assert objective.generator(FAKE).item() == pytest.approx(bce(FAKE, 1))


def test_cross_entropy_judges_each_picture() -> None:
    objective = build_objective({"kind": "bce", "real_label": 0.9})
    real, fake = REAL.flatten(1).mean(1), FAKE.flatten(1).mean(1)
    assert objective.critic(REAL, FAKE).item() == pytest.approx((bce(real, 0.9) + bce(fake, 0)) / 2)
    assert objective.generator(FAKE).item() == pytest.approx(bce(fake, 1))


def test_one_logit_a_picture_needs_no_map() -> None:
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5, 0.0])
    for kind in ("bce", "adaptive"):
        assert build_objective(kind).critic(real, fake).item() == pytest.approx(
            (bce(real, 1) + bce(fake, 0)) / 2
        )


def test_adaptive_loss_expands_its_target_as_the_lesson_does() -> None:
    logits = torch.cat([REAL, FAKE]).requires_grad_()
    labels = torch.tensor([1, 1, 0, 0])
    expected = F.binary_cross_entropy_with_logits(
        logits, labels[:, None, None, None].expand_as(logits).float()
    )
    assert AdaptiveLoss()(logits, labels).item() == pytest.approx(expected.item())
    assert AdaptiveLoss(F.mse_loss)(logits, labels).item() == pytest.approx(
        (logits - labels.view(4, 1, 1, 1)).square().mean().item()
    )


def test_hinge() -> None:
    objective = build_objective("hinge")
    # max(0, 1 - real) = 0, 2, .5, 0; max(0, 1 + fake) = 0, 2.5, 1, .5
    assert objective.critic(REAL, FAKE).item() == pytest.approx(2.5 / 4 + 4 / 4)
    assert objective.generator(FAKE).item() == pytest.approx(0.25)


def test_wasserstein() -> None:
    objective = build_objective("wasserstein")
    assert objective.critic(REAL, FAKE).item() == pytest.approx(-0.25 - 1.125)
    assert objective.generator(FAKE).item() == pytest.approx(0.25)


def test_relativistic_average_is_symmetric_and_needs_the_real_logits() -> None:
    objective = build_objective("relativistic")
    assert objective.relativistic
    r, f = REAL - FAKE.mean(0), FAKE - REAL.mean(0)
    assert objective.critic(REAL, FAKE).item() == pytest.approx((bce(r, 1) + bce(f, 0)) / 2)
    assert objective.generator(FAKE, REAL).item() == pytest.approx((bce(r, 0) + bce(f, 1)) / 2)
    assert objective.generator(FAKE, REAL).item() == pytest.approx(objective.critic(FAKE, REAL).item())
    with pytest.raises(ValueError, match="real pictures"):
        objective.generator(FAKE)


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_every_objective_pulls_the_two_sides_apart(kind: str) -> None:
    objective = build_objective(kind)
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    objective.critic(real, fake).backward()
    assert (
        real.grad <= 0
    ).all() and real.grad.min() < 0  # a step down the gradient raises the real pictures' logits
    assert (fake.grad >= 0).all() and fake.grad.max() > 0
    fake = FAKE.clone().requires_grad_()
    objective.generator(fake, REAL).backward()
    assert (fake.grad < 0).all()


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_objectives_are_computed_in_float32(kind: str) -> None:
    objective = build_objective(kind)
    with torch.autocast("cpu", torch.bfloat16):
        assert objective.critic(REAL.bfloat16(), FAKE.bfloat16()).dtype == torch.float32
        assert objective.generator(FAKE.bfloat16(), REAL.bfloat16()).dtype == torch.float32


class LinearCritic(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((3 * 4 * 4,), scale))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) @ self.weight


@pytest.mark.parametrize("scale", [0.0, 0.1, 1.0])
def test_gradient_penalty_of_a_linear_critic_is_its_norms_distance_from_1(scale: float) -> None:
    critic = LinearCritic(scale)
    penalty = gradient_penalty(critic, torch.rand(5, 3, 4, 4), torch.rand(5, 3, 4, 4))
    assert penalty.item() == pytest.approx((scale * math.sqrt(48) - 1) ** 2, rel=1e-4, abs=1e-6)
    penalty.backward()
    assert torch.isfinite(critic.weight.grad).all()
    if scale:  # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|
        expected = 2 * (scale * math.sqrt(48) - 1) / math.sqrt(48)
        assert critic.weight.grad.mean().item() == pytest.approx(expected, rel=1e-4)


def test_gradient_penalty_works_without_grad_mode_in_autocast_and_on_patches() -> None:
    critic = nn.Conv2d(3, 1, 3, bias=False)
    objective = build_objective({"kind": "wasserstein", "gradient_penalty": 10})
    with torch.autocast("cpu", torch.bfloat16):
        value = objective.penalty(critic, torch.rand(2, 3, 9, 9), torch.rand(2, 3, 9, 9))
    assert value is not None and value.dtype == torch.float32
    value.backward()
    assert critic.weight.grad.abs().max() > 0
    assert build_objective("hinge").penalty(critic, REAL, FAKE) is None


def test_clipping_bounds_the_critics_weights() -> None:
    critic = nn.Linear(8, 8)
    build_objective({"kind": "wasserstein", "gradient_penalty": 0, "clip": 0.01}).after_critic_step(critic)
    assert max(p.abs().max().item() for p in critic.parameters()) == pytest.approx(0.01)
    before = critic.weight.clone()
    build_objective("adaptive").after_critic_step(critic)
    assert torch.equal(critic.weight, before)


def test_critic_accuracy_counts_right_verdicts() -> None:
    assert critic_accuracy(REAL, FAKE).item() == pytest.approx((3 / 4 + 3 / 4) / 2)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("hing", "gan: there is no objective 'hing': did you mean 'hinge'?"),
        ({"kind": "bce", "real_lable": 0.9}, "there is no option 'real_lable': did you mean 'real_label'?"),
        ({"kind": "bce", "real_label": 2.0}, "real_label must be above 0.5 and at most 1, not 2.0"),
        (
            {"kind": "wasserstein", "gradient_penalty": 0},
            "wasserstein needs gradient_penalty or clip above 0",
        ),
    ],
)
def test_a_senseless_objective_is_one_sentence(spec: object, sentence: str) -> None:
    with pytest.raises(TrainingError) as error:
        build_objective(spec)
    assert sentence in str(error.value)
