"""repair_unets: holes are filled from around them, and what is not damaged is not touched."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unfade_training.networks import build_network, receptive_radius
from unfade_training.networks.repair_unets import SWAY, RepairUnets, pull_push

SMALL = {
    "find": {"widths": (16, 16, 16)},
    "fill": {"channels": (8, 8), "encoder": (1, 1), "decoder": (1,)},
    "levels": 3,
}


class KnownMask(nn.Module):
    """In the place of the U-net that looks: logits for a square of damage, N 4 H/2 W/2."""

    size_multiple = 16

    def forward(self, x: Tensor) -> Tensor:
        logit = torch.full((len(x), 4, x.shape[-2] // 2, x.shape[-1] // 2), -20.0)
        logit[..., 6:10, 6:10] = 20.0
        return logit


def network() -> RepairUnets:
    built = build_network("repair_unets", **SMALL)
    assert isinstance(built, RepairUnets)
    return built.eval()


def test_holes_get_the_mean_of_what_is_around_them() -> None:
    x = torch.full((1, 3, 64, 64), 0.3)
    whole = torch.ones(1, 1, 64, 64)
    x[..., 20:30, 24:33], whole[..., 20:30, 24:33] = 1.0, 0.0
    torch.testing.assert_close(pull_push(x, whole, 4), torch.full_like(x, 0.3), atol=1e-5, rtol=0)


def test_what_is_whole_is_kept_exactly_and_a_gradient_goes_on_through_a_hole() -> None:
    x = torch.linspace(0, 1, 64).expand(1, 1, 64, 64).clone()
    whole = torch.ones(1, 1, 64, 64)
    truth = x.clone()
    x[..., 30:34], whole[..., 30:34] = 0.0, 0.0
    filled = pull_push(x, whole, 4)
    assert torch.equal(filled[whole > 0], truth[whole > 0])
    assert (filled - truth).abs().max() < 0.05


def test_a_hole_wider_than_the_pyramid_reaches_is_still_finite() -> None:
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(pull_push(x, torch.zeros(1, 1, 64, 64), 3), torch.zeros_like(x))


def test_damage_is_filled_and_the_rest_untouched() -> None:
    net = network()
    net.find = KnownMask()  # type: ignore[assignment]
    truth = torch.full((1, 3, 64, 64), 0.4)
    x = truth.clone()
    x[..., 12:20, 12:20] = 1.0
    with torch.no_grad():
        y = net(x)
    repaired, mask = y[:, :3], y[:, 3:]
    assert mask[..., 12:20, 12:20].min() > 0.99 and mask.sum() < 65
    torch.testing.assert_close(repaired, truth, atol=1e-4, rtol=0)
    outside = mask[0, 0] < 0.01
    torch.testing.assert_close(repaired[..., outside], x[..., outside], atol=1e-5, rtol=0)


def test_the_fourth_channel_forces_the_mask_or_leaves_it() -> None:
    net = network()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        free = net(x)
        even = net(torch.cat([x, torch.full((1, 1, 64, 64), 0.5)], dim=1))
        none = net(torch.cat([x, torch.zeros(1, 1, 64, 64)], dim=1))
        all_ = net(torch.cat([x, torch.ones(1, 1, 64, 64)], dim=1))
    assert torch.equal(free, even)
    assert none[:, 3].max() < 1e-4 and all_[:, 3].min() > 0.999
    torch.testing.assert_close(none[:, :3], x, atol=1e-4, rtol=0)


def test_what_may_be_damage_goes_as_far_as_it_is_likely() -> None:
    net, x = network(), torch.full((1, 3, 64, 64), 0.4)
    with torch.no_grad():
        net.find.head.bias.zero_()  # type: ignore[union-attr]
        nn.init.zeros_(net.find.head.weight)
        nn.init.constant_(net.fill.tail.bias, 0.1)  # type: ignore[arg-type]
        for told in (0.45, 0.5, 0.53):
            y = net(torch.cat([x, torch.full((1, 1, 64, 64), told)], dim=1))
            logit = torch.tensor(SWAY * (told - 0.5))
            torch.testing.assert_close(y[:, 3:], logit.sigmoid().expand(1, 1, 64, 64), atol=1e-4, rtol=0)
            torch.testing.assert_close(y[:, :3], x + logit.sigmoid() * 0.1, atol=1e-4, rtol=0)


def test_the_mask_learns_from_its_own_loss_alone() -> None:
    net = network().train()
    y = net(torch.rand(2, 3, 64, 64))
    y[:, :3].square().mean().backward()
    assert all(p.grad is None or not p.grad.any() for p in net.find.parameters())
    assert any(p.grad is not None and p.grad.any() for p in net.fill.parameters())


def test_it_sees_only_so_far() -> None:
    assert receptive_radius(network(), 16) < 300
