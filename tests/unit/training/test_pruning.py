"""Pruning: which channels go, what the others make up for, and the stage that learns from a teacher."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from unfade_training.build import Turning, open_trained
from unfade_training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from unfade_training.cli import app
from unfade_training.config import parse_recipe, with_overrides
from unfade_training.data import orientations_of, turned, turned_back
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.networks.fast_unet import FastUnet
from unfade_training.pruning import allocate_widths, parse_keep, prune, prune_checkpoint, sensitivities
from unfade_training.pruning.network import narrow_finest
from unfade_training.train import train

from .photos import COLOUR_RECIPE, GAN_STAGES, MASK_RECIPE, RECIPE, photo_folder

CPU = Machine("cpu", 1)


def telling(made: FastUnet) -> FastUnet:
    """With weights of which all say something."""
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(
                torch.randn_like(weight) * (0.5 / weight[0].numel() ** 0.5 if weight.dim() > 1 else 0.1)
            )
    return made.eval()


def network() -> FastUnet:
    """With blocks at two levels and at the output's size."""
    torch.manual_seed(0)
    return telling(FastUnet(2, channels=[8, 16], encoder=[2, 1], decoder=[1], fine=[8]))


def pictures(seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(4, 3, 24, 24, generator=generator) for _ in range(3)]


def difference(one: FastUnet, other: FastUnet) -> float:
    with torch.no_grad():
        return max(float((one(x) - other(x)).abs().max()) for x in pictures(1))


def test_what_says_the_same_twice_is_said_once() -> None:
    """Every second channel inside a block is a multiple of the one before."""
    whole = network()
    with torch.no_grad():
        for block in whole.running_blocks():
            block.conv1.weight[1::2] = 0.7 * block.conv1.weight[::2]
            block.conv1.bias[1::2] = 0.7 * block.conv1.bias[::2]  # type: ignore[index]
    pruned = copy.deepcopy(whole)
    blocks = prune(pruned, pictures(), [4, 4, 8, 4, 4])
    assert [(block.before, block.after) for block in blocks] == [(8, 4), (8, 4), (16, 8), (8, 4), (8, 4)]
    assert max(block.error for block in blocks) < 1e-4
    assert difference(pruned, whole) < 0.01 * float(whole(pictures(1)[0]).detach().std())


def test_the_others_make_up_for_those_that_go() -> None:
    whole = network()
    pruned, cut = copy.deepcopy(whole), copy.deepcopy(whole)
    blocks = prune(pruned, pictures(), [6, 6, 12, 6, 6])
    with torch.no_grad():
        for block in cut.running_blocks():
            energy = block.conv2.weight.square().sum((0, 2, 3))
            block.conv2.weight[:, energy.argsort()[: len(energy) // 4]] = 0
    assert difference(pruned, whole) < 0.7 * difference(cut, whole)
    assert all(0 < block.error < 1 for block in blocks)


def test_work_is_saved_where_it_is_missed_least() -> None:
    """The block at the bottom says everything twice; one at the output's size costs four times as much."""
    whole = network()
    bottom = whole.running_blocks()[2]
    with torch.no_grad():
        bottom.conv1.weight[8:], bottom.conv2.weight[:, 8:] = bottom.conv1.weight[:8], 0
        bottom.conv1.bias[8:] = bottom.conv1.bias[:8]  # type: ignore[index]
    before = copy.deepcopy(whole.state_dict())
    costs = sensitivities(whole, pictures())
    assert all(torch.equal(value, before[name]) for name, value in whole.state_dict().items())
    assert [cost.work for cost in costs] == [
        18 * 8 * 576,
        18 * 8 * 576,
        18 * 16 * 144,
        18 * 8 * 576,
        18 * 8 * 2304,
    ]
    assert costs[2].errors[8] < 0.01 * min(cost.errors[4] for cost in costs if 4 in cost.errors)
    assert allocate_widths(costs, 1.0) == [8, 8, 16, 8, 8]
    finer = sensitivities(whole, pictures(), step=2)
    assert [sorted(cost.errors) for cost in finer[1:3]] == [[2, 4, 6, 8], list(range(2, 17, 2))]
    assert allocate_widths(costs, 0.97) == [8, 8, 8, 8, 8]
    for share in (0.9, 0.6, 0.3):
        widths = allocate_widths(costs, share)
        work = sum(width * cost.work for width, cost in zip(widths, costs, strict=True))
        assert work <= share * sum(max(cost.errors) * cost.work for cost in costs) or min(widths) == 4


def test_blocks_that_keep_everything_stay_as_they_are() -> None:
    whole = network()
    pruned = copy.deepcopy(whole)
    prune(pruned, pictures(), [8, 8, 16, 8, 8])
    assert difference(pruned, whole) == 0


def two_fine_levels() -> FastUnet:
    torch.manual_seed(1)
    return telling(FastUnet(4, channels=[8, 16], encoder=[1, 1], decoder=[1], fine=[8, 4]))


def inner(one: FastUnet, other: FastUnet) -> float:
    """The greatest difference where no zeros beyond the picture are seen."""
    with torch.no_grad():
        return max(float((one(x) - other(x)).abs()[..., 8:-8, 8:-8].max()) for x in pictures(1))


def energies(one: FastUnet, other: FastUnet) -> float:
    """The mean square of what differs there."""
    with torch.no_grad():
        return sum(float((one(x) - other(x)).square()[..., 8:-8, 8:-8].mean()) for x in pictures(1))


def test_a_finest_level_without_its_block_is_one_convolution_of_sub_pixels() -> None:
    whole = two_fine_levels()
    with torch.no_grad():
        whole.running_blocks()[-1].conv2.weight.zero_()
    pruned = copy.deepcopy(whole)
    blocks = prune(pruned, pictures(), [8, 16, 8, 8, 0])
    assert (blocks[-1].name, blocks[-1].before, blocks[-1].after) == ("fine.3", 4, 0)
    assert blocks[-1].error < 1e-3
    assert inner(pruned, whole) < 0.01 * float(whole(pictures(1)[0]).detach().std())
    again = FastUnet(4, channels=[8, 16], encoder=[1, 1], decoder=[1], fine=[8])
    again.load_state_dict(pruned.state_dict())
    assert inner(again, pruned) == 0


def test_the_sub_pixels_make_up_for_the_block_that_is_taken_out() -> None:
    whole = two_fine_levels()
    pruned, silent = copy.deepcopy(whole), copy.deepcopy(whole)
    prune(pruned, pictures(), [8, 16, 8, 8, 0])
    with torch.no_grad():
        silent.running_blocks()[-1].conv2.weight.zero_()
    assert energies(pruned, whole) < 0.8 * energies(silent, whole)


def one_fine_level() -> FastUnet:
    torch.manual_seed(2)
    return telling(FastUnet(4, channels=[8, 16], encoder=[1, 1], decoder=[1], fine=[8]))


def test_a_level_whose_channels_are_mixtures_of_a_few_does_with_those() -> None:
    """Eight channels, of which each is some mixture of the same three."""
    whole = one_fine_level()
    up, block = whole.fine[0][0], whole.fine[1]  # type: ignore[index]
    mixed = torch.randn(8, 3) @ torch.randn(3, 8) / 8**0.5
    with torch.no_grad():
        up.weight.copy_(torch.einsum("oc,csi->osi", mixed, up.weight.view(8, 4, 8)).reshape(up.weight.shape))
        up.bias.copy_((mixed @ up.bias.view(8, 4)).flatten())
        block.conv2.weight.copy_(torch.einsum("oc,chyx->ohyx", mixed, block.conv2.weight))
        block.conv2.bias.copy_(mixed @ block.conv2.bias)
    pruned = copy.deepcopy(whole)
    assert narrow_finest(whole, pruned, pictures(), 3) < 1e-3
    assert inner(pruned, whole) < 0.01 * float(whole(pictures(1)[0]).detach().std())
    again = FastUnet(4, channels=[8, 16], encoder=[1, 1], decoder=[1], fine=[3], hidden=[8, 16, 8, 8])
    again.load_state_dict(pruned.state_dict())
    assert inner(again, pruned) == 0


def test_mixtures_lose_less_than_channels_that_go() -> None:
    whole = one_fine_level()
    pruned, cut = copy.deepcopy(whole), copy.deepcopy(whole)
    narrow_finest(whole, pruned, pictures(), 5)
    last = cut.fine[2]  # type: ignore[index]
    with torch.no_grad():
        last.weight[:, last.weight.square().sum((0, 2, 3)).argsort()[:3]] = 0
    assert energies(pruned, whole) < 0.5 * energies(cut, whole)


def test_the_order_is_that_of_hidden() -> None:
    widths = [3, 4, 5, 6, 7]
    made = FastUnet(2, channels=[8, 16], encoder=[2, 1], decoder=[1], fine=[8], hidden=widths)
    assert [block.conv1.out_channels for block in made.running_blocks()] == widths
    assert made(torch.rand(1, 3, 8, 8)).shape == (1, 3, 16, 16)
    with pytest.raises(ValueError, match="each of the 5 residual blocks"):
        FastUnet(2, channels=[8, 16], encoder=[2, 1], decoder=[1], fine=[8], hidden=[8])
    with pytest.raises(ValueError, match="at least 1 channel"):
        FastUnet(2, channels=[8, 16], encoder=[2, 1], decoder=[1], fine=[8], hidden=[0, 4, 5, 6, 7])


@pytest.mark.parametrize(
    ("text", "option", "keep", "widths"),
    [
        (RECIPE, "network.hidden", "4,10,6", [4, 10, 6]),
        (MASK_RECIPE, "network.compression.hidden", "0.5", [4, 8, 4]),
    ],
)
def test_a_pruned_checkpoint_knows_its_shape(
    tmp_path: Path, text: str, option: str, keep: str, widths: list[int]
) -> None:
    photos = photo_folder(tmp_path / "photos")
    recipe = with_overrides(parse_recipe(text, "tiny"), {"stage.patch": 32, "stage.steps": 2}, "tiny")
    train(recipe, tmp_path / "run", [photos], CPU)
    best, made = tmp_path / "run" / "best.safetensors", tmp_path / "slim.safetensors"
    command = ["slim", str(best), "--data", str(photos), "-o", str(made), "--keep", keep]
    done = CliRunner().invoke(app, [*command, "--patches", "4", "--patch", "16", "--threads", "1"])
    assert done.exit_code == 0, done.output
    assert f"encoder.1.0: {widths[1]} of 16" in done.output
    trained = open_trained(made)
    assert f'"{option}" = {widths}' in trained.recipe.text
    unet = getattr(trained.generator, "compression", trained.generator)
    assert isinstance(unet, FastUnet)
    assert [block.conv1.out_channels for block in unet.running_blocks()] == widths


def test_a_pruned_checkpoint_knows_that_its_finest_level_is_gone(tmp_path: Path) -> None:
    text = RECIPE.replace("scale = 2", "scale = 4").replace("decoder = [1]", "decoder = [1]\nfine = [8, 4]")
    start, made = checkpoint(tmp_path / "start.safetensors", text), tmp_path / "slim.safetensors"
    photos = photo_folder(tmp_path / "photos")
    blocks = prune_checkpoint(start, made, [photos], keep=[8, 12, 8, 8, 0], patches=4, patch=8)
    assert [block.after for block in blocks] == [8, 12, 8, 8, 0]
    trained = open_trained(made)
    assert '"network.fine" = [8]' in trained.recipe.text
    assert '"network.hidden" = [8, 12, 8, 8]' in trained.recipe.text
    assert trained.generator(pictures()[0]).shape == (4, 3, 96, 96)
    with pytest.raises(
        TrainingError, match="A block with 8 channels cannot keep 0"
    ):  # there is one level left
        prune_checkpoint(made, tmp_path / "no.safetensors", [photos], keep=[8, 12, 8, 0])


def test_a_pruned_checkpoint_knows_how_wide_its_finest_level_is(tmp_path: Path) -> None:
    text = RECIPE.replace("scale = 2", "scale = 4").replace("decoder = [1]", "decoder = [1]\nfine = [8, 4]")
    start, made = checkpoint(tmp_path / "start.safetensors", text), tmp_path / "slim.safetensors"
    photos = photo_folder(tmp_path / "photos")
    command = ["slim", str(start), "--data", str(photos), "-o", str(made), "--keep", "8,12,8,8,0"]
    done = CliRunner().invoke(app, [*command, "--fine", "6", "--patches", "4", "--patch", "8"])
    assert done.exit_code == 0, done.output
    assert "finest level: 6 of 8" in done.output
    trained = open_trained(made)
    assert '"network.fine" = [6]' in trained.recipe.text
    assert trained.generator(pictures()[0]).shape == (4, 3, 96, 96)


@pytest.mark.parametrize(
    ("fine", "options", "sentence"),
    [
        ("", {"fine": 4}, "Only a branch for fine detail that ends in sub-pixels"),
        ("fine = [8, 4]", {"fine": 4}, "Only a branch for fine detail that ends in sub-pixels"),
        ("fine = [8]", {"fine": 9}, "The finest level has 8 channels and cannot keep 9"),
        ("fine = [8]", {"marks": 4}, "has no marks_unet, whose decoder could be made narrower"),
    ],
)
def test_what_cannot_be_narrower_is_one_sentence(
    tmp_path: Path, fine: str, options: dict[str, int], sentence: str
) -> None:
    text = RECIPE.replace("scale = 2", "scale = 4").replace("decoder = [1]", f"decoder = [1]\n{fine}")
    start = checkpoint(tmp_path / "start.safetensors", text)
    with pytest.raises(TrainingError, match=sentence):
        prune_checkpoint(start, tmp_path / "slim.safetensors", [tmp_path], keep=0.9, **options)
    assert not (tmp_path / "slim.safetensors").exists()


@pytest.mark.parametrize(
    ("keep", "sentence"),
    [
        ("half", "--keep takes a share as in 0.5, or channels as in 16,32, not 'half'"),
        ("0", "must be above 0 and at most 1, not 0"),
        ("nan", "must be above 0 and at most 1, not nan"),
        ("4,4", "all 3 blocks, not of 2"),
        ("4,4,9", "A block with 8 channels cannot keep 9"),
        ("4,0,8", "A block with 16 channels cannot keep 0"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence(tmp_path: Path, keep: str, sentence: str) -> None:
    start = checkpoint(tmp_path / "start.safetensors", RECIPE)
    with pytest.raises(TrainingError, match=sentence):
        prune_checkpoint(start, tmp_path / "slim.safetensors", [tmp_path], keep=parse_keep(keep))
    assert not (tmp_path / "slim.safetensors").exists()


def test_patches_fit_the_network(tmp_path: Path) -> None:
    start = checkpoint(tmp_path / "start.safetensors", RECIPE)
    with pytest.raises(TrainingError, match=r"patch must be a multiple of 2, .* not 17"):
        prune_checkpoint(start, tmp_path / "slim.safetensors", [tmp_path], keep=0.5, patch=17)


def test_only_residual_blocks_are_pruned(tmp_path: Path) -> None:
    start = checkpoint(tmp_path / "start.safetensors", COLOUR_RECIPE)
    with pytest.raises(TrainingError, match="cannot be slimmed: lite_unet has no residual blocks"):
        prune_checkpoint(start, tmp_path / "slim.safetensors", [tmp_path], keep=0.5)


@pytest.mark.parametrize("turns", [False, True])
def test_a_network_learns_what_its_teacher_makes(tmp_path: Path, turns: bool) -> None:
    """With a teacher that gives every picture back darker: no photograph says so."""
    photos = photo_folder(tmp_path / "photos")
    start = checkpoint(tmp_path / "start.safetensors", RECIPE)
    loaded = load_checkpoint(start)
    dark = {**loaded.tensors["generator"]}
    dark["tail.bias"] = torch.full_like(dark["tail.bias"], -0.25)
    save_checkpoint(tmp_path / "dark.safetensors", Checkpoint({"generator": dark}, loaded.recipe))
    overrides = {"stage.teacher": str(tmp_path / "dark.safetensors"), "stage.lr": 0.02, "stage.ema": 0.0}
    overrides |= {"stage.teacher_turned": turns, "stage.optimizer": "muon" if turns else "adamw"}
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), {**overrides, "stage.steps": 40}, "tiny")
    train(with_overrides(recipe, {"init": str(start)}, "tiny"), tmp_path / "run", [photos], CPU)
    x = pictures()[0]
    with torch.no_grad():
        made, wanted, begun = (
            open_trained(path).generator(x)
            for path in (tmp_path / "run" / "last.safetensors", tmp_path / "dark.safetensors", start)
        )
    assert float((begun - wanted).mean()) == pytest.approx(0.25, abs=0.01)
    assert float((made - wanted).abs().mean()) < 0.05


def test_a_turning_teacher_gives_one_of_its_looks() -> None:
    teacher = nn.Conv2d(3, 3, 3, padding=1)  # sees differently in each orientation
    turning, upright = (Turning(teacher, orientations_of(only)) for only in (False, True))
    x = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        looks = [turned_back(teacher(turned(x, which)), which) for which in range(8)]
        for network, known in ((turning, range(8)), (upright, (0, 2))):
            made = [network(x) for _ in range(120)]
            which = [next(k for k, look in enumerate(looks) if torch.equal(look, one)) for one in made]
            assert set(which) == set(known)
    assert len({float(look.abs().sum()) for look in looks}) == 8


def test_who_cannot_teach_says_so(tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos")
    other = checkpoint(tmp_path / "x4.safetensors", RECIPE.replace("scale = 2", "scale = 4"))
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), {"stage.teacher": str(other)}, "tiny")
    with pytest.raises(
        TrainingError, match=r"x4\.safetensors cannot teach this network: its scale is 4, not 2"
    ):
        train(recipe, tmp_path / "run", [photos], CPU)
    missing = with_overrides(recipe, {"stage.teacher": "gone.safetensors"}, "tiny")
    with pytest.raises(TrainingError, match=r"There is no checkpoint gone\.safetensors"):
        train(missing, tmp_path / "run", [photos], CPU)
    with pytest.raises(TrainingError, match="teacher is for the kind generator"):
        with_overrides(parse_recipe(RECIPE + GAN_STAGES, "tiny"), {"stage.3.teacher": str(other)}, "tiny")


def checkpoint(path: Path, text: str) -> Path:
    """Of a network that has learnt nothing."""
    from unfade_training.build import build_generator

    recipe = parse_recipe(text, "tiny")
    torch.manual_seed(0)
    generator = build_generator(recipe, pretrained=False)
    save_checkpoint(path, Checkpoint({"generator": generator.state_dict()}, recipe.text))
    return path
