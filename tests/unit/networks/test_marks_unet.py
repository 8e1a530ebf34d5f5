"""marks_unet: a layer that is known is taken off exactly."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from unfade_training.networks.deartifact_unets import DENSEST, MarksUnet


class KnownLayer(nn.Module):
    """In the place of the U-net: N 40 H/2 W/2 that say the same everywhere."""

    def __init__(self, mask: float, paint: float, density: float, colour: tuple[float, float, float]) -> None:
        super().__init__()
        rows = [mask, paint, paint, paint, density, *(value - 0.5 for value in colour)]
        self.rows = torch.tensor(rows).repeat_interleave(4).view(1, -1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = (-(-side // 2) for side in x.shape[-2:])
        return self.rows.expand(len(x), -1, height, width)


def over(picture: Tensor, opacity: float, colour: tuple[float, float, float]) -> Tensor:
    return (1 - opacity) * picture + opacity * torch.tensor(colour).view(1, 3, 1, 1)


@pytest.mark.parametrize("size", [(16, 16), (15, 9)])
@pytest.mark.parametrize(
    ("opacity", "colour"), [(0.35, (1.0, 1.0, 1.0)), (0.9, (0.0, 0.0, 0.0)), (0.6, (0.9, 0.1, 0.4))]
)
def test_a_layer_of_known_colour_and_opacity_is_taken_off(
    size: tuple[int, int], opacity: float, colour: tuple[float, float, float]
) -> None:
    truth = torch.rand(2, 3, *size)
    marked = over(truth, opacity, colour)
    network = MarksUnet()
    network.unet = KnownLayer(50.0, 0.0, -float(torch.log(torch.tensor(1 - opacity))), colour)
    picture, mask = network(marked, marked)
    assert mask.shape == (2, 1, *size) and mask.min() > 0.999
    torch.testing.assert_close(picture, truth, atol=1e-5, rtol=0)


def test_the_mask_keeps_what_nothing_was_drawn_on() -> None:
    marked = torch.rand(1, 3, 8, 8)
    network = MarksUnet()
    network.unet = KnownLayer(-50.0, 0.3, 2.0, (1.0, 1.0, 1.0))
    picture, mask = network(marked, marked)
    assert mask.max() < 1e-6
    torch.testing.assert_close(picture, marked)


def test_noise_is_not_blown_up_without_end() -> None:
    network = MarksUnet()
    network.unet = KnownLayer(50.0, 0.0, 100.0, (0.0, 0.0, 0.0))
    marked = torch.full((1, 3, 4, 4), 0.01)
    assert float(network(marked, marked)[0].max()) == pytest.approx(0.01 * torch.tensor(DENSEST).exp().item())


def test_before_training_nothing_is_taken_off() -> None:
    network = MarksUnet().eval()
    x, cleaned = torch.rand(2, 1, 3, 32, 48)
    with torch.no_grad():
        picture, mask = network(x, cleaned)
    assert torch.equal(picture, cleaned)
    assert 0.05 < float(mask.mean()) < 0.2
