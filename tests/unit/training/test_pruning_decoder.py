"""The last block of a decoder made narrower: what stays makes up for what goes, and the checkpoint knows."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import cast

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from unfade_training.build import open_trained
from unfade_training.cli import app
from unfade_training.errors import TrainingError
from unfade_training.networks.encoder_unets import DecoderBlock, LiteUnet
from unfade_training.pruning import prune_checkpoint
from unfade_training.pruning.network import narrow_decoder

from .photos import MASK_RECIPE, photo_folder
from .test_pruning import checkpoint, pictures


def unet() -> LiteUnet:
    """With a decoder in which all channels say something, and norms that have seen pictures."""
    torch.manual_seed(0)
    made = LiteUnet(deepest=8, out_channels=4, output_stride=2, widths=(8, 8))
    made.head.weight.data.normal_(0, 0.2)
    made.train()
    with torch.no_grad():
        for _ in range(5):
            made(torch.rand(4, 3, 32, 32))
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.3)
    return made.eval()


def energy(one: LiteUnet, other: LiteUnet) -> float:
    with torch.no_grad():
        return sum(float((one(x) - other(x)).square().mean()) for x in pictures(1))


def pair(layer: nn.Sequential) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    return cast(nn.Conv2d, layer[0]), cast(nn.BatchNorm2d, layer[1])


def test_a_decoder_that_says_everything_twice_does_with_half() -> None:
    whole = unet()
    block = cast(DecoderBlock, whole.blocks[-1])
    with torch.no_grad():
        for layer, group in ((block.up, 4), (block.conv1, 1), (block.conv2, 1)):
            conv, norm = pair(layer)
            for tensor in (conv.weight, norm.weight, norm.bias, norm.running_mean, norm.running_var):
                rows = cast(Tensor, tensor).view(4, 2, group, -1)
                rows[:, 1] = rows[:, 0]
    narrower = copy.deepcopy(whole)
    assert narrow_decoder(narrower, pictures(), 4) < 1e-3
    assert cast(DecoderBlock, narrower.blocks[-1]).width == 4
    silent = copy.deepcopy(whole)
    silent.head.weight.data.zero_()
    assert energy(narrower, whole) < 1e-3 * energy(silent, whole)


def test_those_that_stay_make_up_for_those_that_go() -> None:
    whole = unet()
    narrower, cut = copy.deepcopy(whole), copy.deepcopy(whole)
    lost = narrow_decoder(narrower, pictures(), 5)
    weight = cut.head.weight
    with torch.no_grad():
        weight[:, weight.square().sum((0, 2, 3)).argsort()[:3]] = 0
    assert 0 < lost < 1
    assert energy(narrower, whole) < 0.5 * energy(cut, whole)


def test_a_checkpoint_knows_how_wide_its_decoder_is(tmp_path: Path) -> None:
    start, made = checkpoint(tmp_path / "start.safetensors", MASK_RECIPE), tmp_path / "slim.safetensors"
    photos = photo_folder(tmp_path / "photos")
    command = ["slim", str(start), "--data", str(photos), "-o", str(made), "--keep", "1", "--marks", "5"]
    done = CliRunner().invoke(app, [*command, "--patches", "4", "--patch", "32"])
    assert done.exit_code == 0, done.output
    assert "decoder of marks: 5 of 8" in done.output
    trained = open_trained(made)
    assert '"network.marks.widths" = [8, 5]' in trained.recipe.text
    assert trained.generator(torch.rand(1, 3, 32, 32)).shape == (1, 7, 32, 32)


def test_it_cannot_be_wider_than_it_is(tmp_path: Path) -> None:
    start = checkpoint(tmp_path / "start.safetensors", MASK_RECIPE)
    with pytest.raises(TrainingError, match="decoder's last block has 8 channels and cannot keep 9"):
        prune_checkpoint(start, tmp_path / "slim.safetensors", [tmp_path], keep=1.0, marks=9)
    assert not (tmp_path / "slim.safetensors").exists()
