"""Lessons that are programs: style transfer, the arithmetic of convolutions, what a step holds in memory."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from unfade_training.checkpoint import load_checkpoint
from unfade_training.errors import TrainingError
from unfade_training.lessons import conv_arithmetic, gpu_memory, style_transfer
from unfade_training.losses.backbones import squeezenet_layers
from unfade_training.losses.perceptual import StyleLoss, gram_matrix
from unfade_training.networks import receptive_radius

from .photos import noise_photo, photo_folder


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SqueezeNet with random weights: what it sees is of no use, and is told apart all the same."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "squeezenet.safetensors"
    state = {f"features.{name}": value for name, value in squeezenet_layers().state_dict().items()}
    save_file(state, path)
    return path


def test_style_is_the_gram_matrices_of_the_style_and_content_the_features(
    classifier: Path, tmp_path: Path
) -> None:
    noise_photo(1, 64, 64).save(tmp_path / "style.png")
    loss = StyleLoss(str(tmp_path / "style.png"), side=64, weights=str(classifier))
    style = torch.from_numpy(np.array(noise_photo(1, 64, 64))).permute(2, 0, 1)[None] / 255
    photograph = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    own = {name: float(value) for name, value in loss.terms(style, photograph).items()}
    assert own["content"] > 0 and all(own[f"gram_{i}"] == pytest.approx(0, abs=1e-6) for i in range(4))
    kept = {name: float(value) for name, value in loss.terms(photograph, photograph).items()}
    assert kept["content"] == 0 and all(kept[f"gram_{i}"] > 0 for i in range(4))
    backbone = loss.backbone
    seen = [backbone(backbone.normalise(each))[1] for each in (photograph, style)]
    difference = float((gram_matrix(seen[0]) - gram_matrix(seen[1])).abs().mean())
    assert kept["gram_1"] == pytest.approx(0.12**2 * 5000 * difference, rel=1e-5)
    with pytest.raises(TrainingError, match=r"style picture nowhere\.png cannot be read"):
        StyleLoss("nowhere.png", weights=str(classifier))


def test_styles_are_drawn_trained_and_shown(classifier: Path, tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos", height=144, width=160)
    options = [
        "--data",
        str(photos),
        "--weights",
        str(classifier),
        "--steps",
        "2",
        "-o",
        str(tmp_path / "out"),
    ]
    shown = CliRunner().invoke(style_transfer.main, options, catch_exceptions=False)
    assert shown.exit_code == 0, shown.output
    with Image.open(tmp_path / "out" / "sheet.webp") as sheet:
        assert sheet.width > 3 * 128
    state = load_checkpoint(tmp_path / "out" / "pen" / "best.safetensors").state
    assert state["step"] == 2
    pictures = [np.array(style.draw()) for style in style_transfer.STYLES.values()]
    assert all(picture.shape == (256, 256, 3) for picture in pictures)
    assert np.array_equal(pictures[0], np.array(style_transfer.mosaic())), "a style is the same each time"


@pytest.mark.parametrize("size", conv_arithmetic.sizes(), ids=lambda size: size.shown)
def test_sizes_by_the_formula_are_those_of_pytorch(size: conv_arithmetic.Size) -> None:
    assert size.layer(torch.zeros(1, 1, size.n, size.n)).shape[-2:] == (size.formula, size.formula)


def test_a_radius_by_arithmetic_is_the_traced_one() -> None:
    for kernels in itertools.product([(3, 1), (5, 1), (3, 2)], repeat=2):
        layers = [*kernels, (3, 1)]
        stack = nn.Sequential(*(nn.Conv2d(1, 1, k, s, k // 2) for k, s in layers))
        strides = int(np.prod([s for _, s in layers]))
        traced = receptive_radius(stack, strides, 1 / strides, in_channels=1)
        assert traced <= conv_arithmetic.radius_of(layers) < traced + strides


def test_checkerboards_go_with_icnr_or_blur() -> None:
    picture = conv_arithmetic.gentle(32, 8)
    with torch.inference_mode():
        found = {
            name: conv_arithmetic.checkerboard(up(picture))
            for name, up in conv_arithmetic.upsamplers(8, seed=0).items()
        }
    assert min(found["transposed 3, stride 2"], found["sub-pixel, random"]) > 0.3
    assert found["sub-pixel, ICNR"] < 1e-5 and found["sub-pixel, random, blur"] < 0.1
    assert conv_arithmetic.coverage(4, 2)[2:-2, 2:-2].unique().tolist() == [4]
    assert sorted(conv_arithmetic.coverage(3, 2)[2:-2, 2:-2].unique().tolist()) == [1, 2, 4]


def test_tiles_with_the_halo_are_the_whole() -> None:
    network = conv_arithmetic.small_unet(0)
    radius = receptive_radius(network, network.size_multiple, network.scale)
    halo = -(-radius // network.size_multiple) * network.size_multiple
    errors = conv_arithmetic.halo_errors(network, torch.rand(1, 3, 128, 128), [0, halo])
    assert errors[0] > 1 and errors[halo] < 1e-3


def test_the_arithmetic_is_printed_and_drawn(tmp_path: Path) -> None:
    shown = CliRunner().invoke(conv_arithmetic.main, ["-o", str(tmp_path)], catch_exceptions=False)
    assert shown.exit_code == 0 and "transposed 4, stride 2, padding 1 | 4 | 8 | 8" in shown.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "checkerboards.webp",
        "influence.webp",
        "tiles.webp",
    }


CPU = torch.device("cpu")


def test_what_a_step_holds() -> None:
    plain = gpu_memory.measure(gpu_memory.Variant(), 4, 16, CPU)
    weights = 4e-6 * gpu_memory.count_parameters(gpu_memory.generator())
    at_rest, forward, backward, _ = plain.stages.values()
    assert at_rest["Parameter"] == pytest.approx(weights, rel=0.01)
    assert at_rest["Optstate"] == pytest.approx(2 * weights, rel=0.01) and at_rest["Gradient"] == 0
    assert forward["Activation"] > 1 and backward["Activation"] < forward["Activation"] / 4
    assert backward["Gradient"] == pytest.approx(weights, rel=0.01)
    counted = gpu_memory.measure(gpu_memory.Variant(), 4, 16, CPU, computed=False)
    assert (counted.stages, counted.peak) == (plain.stages, plain.peak)


def test_what_saves_is_printed_and_back_off_halves_until_it_fits() -> None:
    options = ["--patch", "32", "--limit", "22", "--variant", "accumulated, 2 parts", "--variant", "bfloat16"]
    shown = CliRunner().invoke(gpu_memory.main, options, catch_exceptions=False)
    assert shown.exit_code == 0
    shares = dict(re.findall(r"^([\w ,]+) \| [\d.]+ \| [\d.]+ \| ([\d.]+)$", shown.output, re.MULTILINE))
    assert list(shares) == ["plain", "accumulated, 2 parts", "bfloat16"] and shares["plain"] == "1.00"
    assert all(0.5 < float(share) < 0.85 for share in list(shares.values())[1:])
    assert re.search(r"8 at once [\d.]+ MB, 4 at once [\d.]+ MB; it goes on with 4", shown.output)


def test_checkpointed_blocks_keep_their_inputs_alone_and_are_as_they_were_afterwards() -> None:
    variants = (gpu_memory.Variant(checkpointed=True), gpu_memory.Variant())
    saved, plain = (gpu_memory.measure(each, 2, 32, CPU) for each in variants)
    assert saved.stages["forward"]["Activation"] < 0.75 * plain.stages["forward"]["Activation"]
    network = gpu_memory.generator()
    before = dict(network.named_modules())
    with gpu_memory.checkpointing(network):
        pass
    assert all("forward" not in vars(module) for module in before.values())


def test_a_pair_that_does_not_fit_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match="A single pair takes"):
        gpu_memory.fits(1, 1, 16, CPU)
