"""The moving average of weights, and learning rates."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from unfade_training.errors import TrainingError
from unfade_training.optim import Ema
from unfade_training.schedules import rate_at


def test_the_average_follows_its_closed_form() -> None:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 0.0)
    ema = Ema(layer, decay=0.5)
    nn.init.constant_(layer.weight, 1.0)
    expected = 0.0
    for step in range(30):
        ema.update(step)
        weight = 1 - min(0.5, (1 + step) / (10 + step))
        expected += weight * (1 - expected)
        assert float(ema.module.weight) == pytest.approx(expected)


def test_statistics_of_batch_norms_are_averaged_and_other_buffers_copied() -> None:
    norm = nn.BatchNorm1d(2)
    ema = Ema(norm, 0.9)
    before = ema.module.get_buffer("running_mean").clone()
    norm(torch.randn(8, 2) + 5)
    ema.update(0)
    after = norm.get_buffer("running_mean")
    torch.testing.assert_close(ema.module.get_buffer("running_mean"), before + 0.9 * (after - before))
    assert int(ema.module.get_buffer("num_batches_tracked")) == 1
    assert not any(p.requires_grad for p in ema.module.parameters()) and not ema.module.training


@pytest.mark.parametrize(
    ("schedule", "step", "rate"),
    [
        ("constant", 50, 1.0),
        ("cosine", 0, 0.1),
        ("cosine", 50, 0.5),
        ("cosine", 100, 0.0),
        ("one_cycle", 0, 1 / 25),
        ("one_cycle", 30, 1.0),
        ("one_cycle", 65, 0.5),
        ("one_cycle", 100, 0.0),
    ],
)
def test_rates(schedule: str, step: int, rate: float) -> None:
    assert rate_at(step, 100, 1.0, schedule, warmup=10) == pytest.approx(rate)


def test_an_unknown_schedule_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="Unknown schedule"):
        rate_at(0, 1, 1.0, "cosin")
