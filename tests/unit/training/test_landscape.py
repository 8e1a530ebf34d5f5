"""The loss landscape: its directions, its values where they are known, its picture, and the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch import nn

from unfade_training.build import open_trained
from unfade_training.cli import app
from unfade_training.config import parse_recipe, with_overrides
from unfade_training.data import PatchDataset, collate
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.lessons.landscape import (
    Landscape,
    filter_normalised,
    landscape_of,
    scan,
    write_landscapes,
)
from unfade_training.train import train

from .photos import GAN_STAGES, RECIPE, photo_folder

AXIS = np.linspace(-1, 1, 5)
FLAT = Landscape("flat", AXIS, np.full((5, 5), 0.5))


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def stack() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 2, 3), nn.Flatten(), nn.Linear(2, 4))


def test_each_filter_of_a_direction_is_as_long_as_the_networks() -> None:
    network = stack()
    direction = filter_normalised(network, random())
    for step, weight in zip(direction, network.parameters(), strict=True):
        assert step.shape == weight.shape
        if weight.dim() == 1:
            assert not step.any()
            continue
        torch.testing.assert_close(step.flatten(1).norm(dim=1), weight.flatten(1).norm(dim=1))
        cosine = torch.cosine_similarity(step.flatten(), weight.detach().flatten(), dim=0)
        assert abs(float(cosine)) < 0.6, "a direction of its own"


def test_the_seed_makes_the_direction() -> None:
    network = stack()
    first, again, other = (filter_normalised(network, random(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_the_landscape_of_a_line_is_the_known_quadratic() -> None:
    """y = W x with the loss |y - t|^2: at W + a D + b E it is |r + a D x + b E x|^2, r = W x - t."""
    network = nn.Linear(3, 2)
    x, wanted = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([1.0, -0.5])
    draws = random(7)
    first, second = (filter_normalised(network, draws)[0].double() for _ in range(2))
    residual = network(x).detach().double() - wanted
    expected = [
        [float((residual + a * first @ x.double() + b * second @ x.double()).square().sum()) for a in AXIS]
        for b in AXIS
    ]
    before = network.weight.clone()
    found = scan(network, lambda n: (n(x) - wanted).square().sum(), AXIS, seed=7)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert torch.equal(network.weight, before)


def test_the_scale_of_the_weights_does_not_show() -> None:
    """What filter normalisation is for: ten times one layer and a tenth of the next is the same network."""
    x = torch.rand(2, 3, 5, 5)
    landscapes = []
    for factor in (1.0, 10.0):
        network = stack()
        with torch.no_grad():
            network[0].weight.mul_(factor)
            network[0].bias.mul_(factor)
            network[2].weight.div_(factor)
        landscapes.append(scan(network, lambda n: n(x).square().mean(), AXIS))
    np.testing.assert_allclose(landscapes[0], landscapes[1], rtol=1e-4)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photo_folder(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), {"stage.steps": 2}, "tiny")
    return train(recipe, tmp_path_factory.mktemp("runs") / "tiny", [photos], Machine("cpu", 1))


def test_the_middle_is_the_loss_of_the_trained_weights(checkpoint: Path, photos: Path) -> None:
    trained = open_trained(checkpoint)
    found = landscape_of(trained, [photos], points=3, span=0.5, seed=4, patches=3)
    assert found.losses.shape == (3, 3) and list(found.axis) == [-0.5, 0.0, 0.5]
    store, held = trained.held_out([photos], 2)
    assert len(held) == 2
    dataset = PatchDataset(store, held, trained.degradation, patch=16, seed=4)
    batch = collate([dataset[number] for number in range(3)]).to_unit(torch.device("cpu"))
    with torch.no_grad():
        l1 = (trained.generator(batch.picture) - batch.target).abs().mean()
    assert found.centre == pytest.approx(float(l1), rel=1e-5)
    assert (found.losses > found.centre).sum() > 4, "random steps away from trained weights mostly lose"


def test_checkpoints_are_drawn_below_each_other(checkpoint: Path, photos: Path, tmp_path: Path) -> None:
    picture = tmp_path / "landscape.webp"
    options = ["--data", str(photos), "--points", "3", "--patches", "2", "--threads", "1"]
    sizes = []
    for count in (1, 2):
        shown = CliRunner().invoke(app, ["look", *[str(checkpoint)] * count, "-o", str(picture), *options])
        assert shown.exit_code == 0, shown.output
        with Image.open(picture) as image:
            sizes.append(image.size)
            assert image.format == "WEBP" and len(np.unique(np.asarray(image.convert("RGB")))) > 100
    assert sizes[1] == (sizes[0][0], 2 * sizes[0][1])
    assert [path.name for path in tmp_path.iterdir()] == [picture.name], "decoded pixels lie with the run"


def test_losses_beyond_all_bounds_are_drawn(tmp_path: Path) -> None:
    wild = np.full((5, 5), 0.5)
    wild[0], wild[:, 0], wild[2, 2] = np.inf, np.nan, 0.01
    write_landscapes([FLAT, Landscape("wild", AXIS, wild)], tmp_path / "wild.png")
    with Image.open(tmp_path / "wild.png") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--points", "4"], "points must be odd and at least 3"),
        (["--points", "1"], "points must be odd and at least 3"),
        (["--span", "0"], "span must be above 0, not 0"),
        (["-o", "landscape.gif"], r"landscape\.gif cannot be drawn; its name must end in \.png"),
        (["-o", "nowhere/landscape.png", "--points", "3"], "landscape.png cannot be written: No such file"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(
    checkpoint: Path,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["look", str(checkpoint), "--data", str(photos), "--patches", "1", *options]
    with pytest.raises(TrainingError, match=sentence):
        CliRunner().invoke(app, command, catch_exceptions=False)
    assert not list(tmp_path.iterdir())


def test_losses_below_zero_are_drawn_too(tmp_path: Path) -> None:
    """The loss ``psnr`` is minus the PSNR in dB."""
    bowl = -30 + 20 * (AXIS[:, None] ** 2 + AXIS**2)
    write_landscapes([Landscape("decibels", AXIS, bowl)], tmp_path / "psnr.png")
    with Image.open(tmp_path / "psnr.png") as picture:
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 200


def test_photographs_and_recipe_must_do(checkpoint: Path, tmp_path: Path) -> None:
    trained = open_trained(checkpoint)
    with pytest.raises(TrainingError, match="One photograph is too few"):
        landscape_of(trained, [photo_folder(tmp_path / "one", count=1)])
    with pytest.raises(TrainingError, match="No photographs named"):
        landscape_of(trained, [])
    critic_alone = msgspec.structs.replace(
        trained.recipe, stage=parse_recipe(RECIPE + GAN_STAGES, "game").stage[1:2]
    )
    with pytest.raises(TrainingError, match="never trains its generator"):
        landscape_of(replace(trained, recipe=critic_alone), [])
    with pytest.raises(TrainingError, match="no loss in it is a number other than 0"):
        write_landscapes([Landscape("none", AXIS, np.full((5, 5), np.nan))], tmp_path / "none.png")
