"""The moving average of weights; gradients accumulated, and what happens when memory runs out."""

from __future__ import annotations

import copy
from collections.abc import Callable

import msgspec
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from torch import Tensor, nn

from unfade_training.checkpoint import Checkpoint
from unfade_training.config import GeneratorConfig
from unfade_training.data import Batch
from unfade_training.errors import TrainingError
from unfade_training.losses import LossValue
from unfade_training.networks import build_network
from unfade_training.optim import Ema, Muon, Trainable, orthogonalised

CONFIG = GeneratorConfig(steps=10, batch=4, patch=8, lr=0.1, warmup=0)


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


def test_muon_makes_matrices_orthogonal() -> None:
    torch.manual_seed(0)
    for shape in ((16, 40), (40, 16), (24, 24)):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(shape)))
        assert float(values.min()) > 0.5 and float(values.max()) < 1.3
    assert not orthogonalised(torch.zeros(9, 9)).any()


def test_muon_moves_the_weights_of_layers_and_adam_all_else() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.Conv2d(16, 4, 3), nn.Linear(8, 8), nn.Conv2d(16, 16, 3, groups=16)
    )
    twin = copy.deepcopy(net)
    muon = Muon(net.parameters(), 0.01, weight_decay=0.1)
    adam = torch.optim.AdamW(twin.parameters(), 0.01, betas=(0.9, 0.99), weight_decay=0.1)
    layers = {"0.weight", "2.weight"}  # the second convolution has but four outputs, the last is depthwise
    for _ in range(3):
        for mine, theirs in zip(net.parameters(), twin.parameters(), strict=True):
            mine.grad = theirs.grad = torch.randn_like(mine)
        before = {name: weight.detach().clone() for name, weight in net.named_parameters()}
        muon.step()
        adam.step()
        for name, weight in net.named_parameters():
            if name in layers:
                step = weight.detach() - before[name] * (1 - 0.01 * 0.1)
                assert float(step.square().mean().sqrt()) == pytest.approx(0.01 * 0.2, rel=0.25)
            else:
                torch.testing.assert_close(weight, twin.get_parameter(name))


def test_muon_learns_and_goes_on_where_it_was() -> None:
    def learnt(steps: int, network: nn.Module | None = None, resumed: Checkpoint | None = None) -> Trainable:
        torch.manual_seed(1)
        network = network or nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 3, 3, padding=1))
        config = msgspec.structs.replace(CONFIG, optimizer="muon")
        mine = Trainable(Fabric(accelerator="cpu", devices=1), network, config, resumed=resumed)
        mine.force_rate(0.02)
        for _ in range(steps):
            learn(mine, numbers(), lambda batch: squares(mine.forward(batch.picture), batch))
        return mine

    assert float(learnt(60).loss) < 0.2 * float(learnt(1).loss)
    half = learnt(3)
    kept = Checkpoint({name: dict(part) for name, part in half.tensors().items()}, "", dict(half.state()))
    whole, parts = learnt(5), learnt(2, copy.deepcopy(half.network), kept)
    for mine, theirs in zip(parts.network.parameters(), whole.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    with pytest.raises(TrainingError, match="not written by the optimizer adamw"):
        Trainable(Fabric(accelerator="cpu", devices=1), half.network, CONFIG, resumed=kept)


def trainable(network: nn.Module, **options: object) -> Trainable:
    return Trainable(
        Fabric(accelerator="cpu", devices=1), network, msgspec.structs.replace(CONFIG, **options)
    )  # type: ignore[arg-type]


def numbers(pairs: int = 4) -> Batch:
    picture = torch.arange(pairs * 3.0 * 8 * 8).reshape(pairs, 3, 8, 8) / 1000
    return Batch(picture, picture.flip(0).square())


def convolution() -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(3, 3, 3, padding=1)


def squares(made: Tensor, batch: Batch) -> LossValue:
    total = (made - batch.target).square().mean()
    return LossValue(total, {"l2": total.detach()})


def learn(trained: Trainable, batch: Batch, loss_of: Callable[[Batch], LossValue]) -> dict[str, Tensor]:
    """A step, as :mod:`unfade_training.train` takes it."""
    for attempt in trained.attempts(batch):
        with attempt as parts:
            for part in parts:
                trained.backward(loss_of(part))
    return trained.step()


def test_accumulated_gradients_are_those_of_the_whole_batch() -> None:
    results = []
    for micro_batch in (0, 1, 3):
        whole = trainable(convolution(), micro_batch=micro_batch, clip=0.5)
        for _ in range(3):
            terms = learn(whole, numbers(), lambda b, whole=whole: squares(whole.forward(b.picture), b))  # type: ignore[misc]
        assert float(whole.loss) == pytest.approx(float(terms["l2"]))
        results.append((whole.network.weight, terms["l2"]))
    for weight, loss in results[1:]:
        torch.testing.assert_close(weight, results[0][0])
        torch.testing.assert_close(loss, results[0][1])


def test_float16_gradients_are_clipped_and_a_step_that_overflows_is_left_out() -> None:
    fabric = Fabric(accelerator="cpu", devices=1, plugins=MixedPrecision("16-mixed", "cpu"))
    half = Trainable(fabric, convolution(), msgspec.structs.replace(CONFIG, clip=0.5))
    before = half.network.weight.clone()
    learn(half, numbers(), lambda batch: LossValue(half.forward(batch.picture).sum() * torch.inf, {}))
    torch.testing.assert_close(half.network.weight, before, rtol=0, atol=0)
    learn(half, numbers(), lambda batch: squares(half.forward(batch.picture), batch))
    assert not torch.equal(half.network.weight, before) and bool(half.network.weight.isfinite().all())


def test_out_of_memory_halves_what_goes_through_at_once() -> None:
    def greedy(batch: Batch) -> LossValue:
        if batch.pairs > 1:
            torch.empty(batch.pairs << 46, dtype=torch.uint8)  # more than any machine can address
        return squares(starved.forward(batch.picture), batch)

    starved, fed = trainable(convolution()), trainable(convolution())
    learn(starved, numbers(), greedy)
    learn(fed, numbers(), lambda batch: squares(fed.forward(batch.picture), batch))
    assert starved.micro_batch == 1 and fed.micro_batch == 4
    torch.testing.assert_close(starved.network.weight, fed.network.weight)
    assert starved.state() == {"micro_batch": 1}

    def insatiable(batch: Batch) -> LossValue:
        torch.empty(1 << 50, dtype=torch.uint8)
        return squares(starved.forward(batch.picture), batch)

    with pytest.raises(TrainingError, match="not suffice for a single patch"):
        learn(starved, numbers(), insatiable)


def test_other_errors_are_not_taken_for_lack_of_memory() -> None:
    one = trainable(convolution())
    with pytest.raises(RuntimeError, match="must match"):
        learn(one, numbers(), lambda b: squares(one.forward(b.picture)[..., :5], b))


def test_encoders_learn_slower_than_what_is_built_on_them() -> None:
    fabric = Fabric(accelerator="cpu", devices=1)
    network = build_network("lite_unet", output_stride=4)
    slow = Trainable(fabric, network, msgspec.structs.replace(CONFIG, schedule="constant"), encoder_lr=0.01)
    slow.set_rate(0, 0.0)
    assert [group["lr"] for group in slow.optimizer.param_groups] == pytest.approx([0.001, 0.01, 0.1])
