"""Recipes: read whole, or refused in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
import torch

from unfade_training.build import build_colour_transform, build_degradation_of, build_generator
from unfade_training.colour_transform import Chroma, ColourTransform, Rgb, Tones
from unfade_training.config import (
    load_recipe,
    overrides_of,
    parse_override,
    parse_recipe,
    with_overrides,
    without_folders,
)
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.metrics import scores_of
from unfade_training.networks import macs_per_pixel
from unfade_training.train import train

from .photos import COLOUR_RECIPE, GAN_STAGES, MASK_RECIPE, RECIPE

TRAINING = Path(__file__).parents[3] / "training"
RECIPES, LESSONS = (sorted((TRAINING / folder).glob("*.toml")) for folder in ("recipes", "lessons"))


def test_a_recipe_keeps_its_text() -> None:
    recipe = parse_recipe(RECIPE, "tiny")
    assert recipe.text == RECIPE
    assert recipe.stage[0].steps == 12 and recipe.stage[0].lr == 1e-3 and recipe.data.holdout == 2


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("seed = 3", "sed = 3", "did you mean 'seed'"),
        ("batch = 4", "bacth = 4", "did you mean 'batch'"),
        ("steps = 12", "steps = 'many'", "steps must be a whole number"),
        ("steps = 12", "", "'steps' is missing"),
        ('name = "tiny-x2"', "", "'name' is missing"),
        ("[network]", "[network", "not valid TOML"),
        ("steps = 12", "steps = 0", "steps must be at least 1"),
        ("lr = 1e-3", "lr = 0.0", "lr must be above 0"),
        ("warmup = 2", "accuracy = 0.9", "there is no option 'accuracy'"),
        ("warmup = 2", "schedule = 'cosin'", "did you mean 'cosine'"),
        ("warmup = 2", "ema = 1.0", "ema must be at least 0 and below 1"),
        ('kind = "generator"', 'kind = "generater"', "no stage 'generater': did you mean 'generator'"),
        ('task = "upscale"', 'task = "upscael"', "no task 'upscael': did you mean 'upscale'"),
        ("seed = 3", 'judge = "lipps"', "no judge 'lipps': did you mean 'lpips'"),
        ("holdout = 2", "holdout = -1", "holdout must be at least 0"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        parse_recipe(RECIPE.replace(old, new, 1), "tiny")


def test_a_recipe_without_stages_is_refused() -> None:
    with pytest.raises(TrainingError, match="at least one"):
        parse_recipe(RECIPE.split("[[stage]]")[0], "tiny")


def test_a_missing_recipe_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read"):
        load_recipe(tmp_path / "none.toml")


def test_overrides_reach_stages_and_are_kept_in_the_text() -> None:
    overrides = dict(
        map(
            parse_override,
            ["network.channels=[8, 24]", "stage.batch=2", "stage.3.lr=5e-4", "judge=lpips", "lpips=a b.onnx"],
        )
    )
    recipe = with_overrides(parse_recipe(RECIPE + GAN_STAGES, "tiny"), overrides, "tiny")
    assert [stage.batch for stage in recipe.stage] == [2, 2, 2]
    assert [stage.lr for stage in recipe.stage] == [1e-3, 1e-3, 5e-4]
    assert recipe.network["channels"] == [8, 24] and recipe.judge == "lpips" and recipe.lpips == "a b.onnx"
    assert parse_recipe(recipe.text, "again") == recipe
    again = with_overrides(recipe, {"stage.batch": 6}, "tiny")
    assert again.stage[0].batch == 6 and again.stage[2].lr == 5e-4
    assert again.text.count("[override]") == 1


@pytest.mark.parametrize("place", ["/home/me/w.onnx", "../w.onnx", "C:\\nets\\w.onnx", "w.onnx"])
def test_a_recipe_that_leaves_the_machine_tells_no_folders(place: str) -> None:
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), {"lpips": place, "stage.batch": 8}, "tiny")
    told = without_folders(recipe.text)
    assert overrides_of(told) == {"lpips": "w.onnx", "stage.batch": 8}
    assert parse_recipe(told, "tiny").stage == recipe.stage
    assert without_folders(RECIPE) == RECIPE


def test_overrides_reach_degradations() -> None:
    one = '[degradation]\nkind = "clean"\n'
    assert one in RECIPE
    both = RECIPE.replace(one, '[[degradation]]\nkind = "web"\n\n[[degradation]]\nkind = "web-simple"\n')
    for name, shares in (("degradation.share", [0.2, 0.2]), ("degradation.2.share", [None, 0.2])):
        recipe = with_overrides(parse_recipe(both, "tiny"), {name: 0.2}, "tiny")
        assert [table.get("share") for table in recipe.degradations] == shares
    with pytest.raises(TrainingError, match="the recipe has 2 degradations"):
        with_overrides(parse_recipe(both, "tiny"), {"degradation.3.share": 0.2}, "tiny")
    alone = with_overrides(parse_recipe(RECIPE, "tiny"), {"degradation.share": 0.2}, "tiny")
    assert [table["share"] for table in alone.degradations] == [0.2]


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("stage.batch", "takes key=value"),
        ("=3", "takes key=value"),
        ("stage.7.batch=3", "the recipe has 1 stage."),
        ("stage.loss.feature.weights=x", "fits no stage"),
        ("stage.bacth=3", "did you mean 'batch'"),
        ("sed=3", "did you mean 'seed'"),
        ("name.x=3", "'name' is no table"),
        ("stage=3", "names a table"),
    ],
)
def test_wrong_overrides_are_one_sentence(override: str, sentence: str) -> None:
    recipe = parse_recipe(RECIPE, "tiny")
    with pytest.raises(TrainingError, match=sentence):
        with_overrides(recipe, dict([parse_override(override)]), "tiny")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('kind = "fast_unet"', 'kind = "fast_unett"', "did you mean 'fast_unet'"),
        (
            'kind = "fast_unet"\nscale = 2\nchannels = [8, 16]\nencoder = [1, 1]\ndecoder = [1]',
            'kind = "critic"',
            "is not a generator",
        ),
        ('kind = "clean"', 'kind = "claen"', "did you mean 'clean'"),
        ('task = "upscale"', 'task = "colorize"', "which the degradation ageing makes"),
        ("scale = 2\nchannels", "scale = 4\nchannels", "1/2 of the target where 1/4 is wanted"),
        ("patch = 16", "patch = 17", "patch must be a multiple of 2"),
        ("warmup = 2", "loss = { l3 = 1.0 }", "stage]] 1, loss: there is no loss 'l3'; there are"),
    ],
)
def test_parts_that_do_not_fit_are_told_before_anything_is_decoded(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    assert old in RECIPE
    recipe = parse_recipe(RECIPE.replace(old, new, 1), "tiny")
    with pytest.raises(TrainingError, match=re.escape(sentence)):
        train(recipe, tmp_path / "run", [tmp_path / "no photographs here"], Machine("cpu", 1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("patch = 32", "patch = 16", "needs pictures of at least 64 pixels a side, and patch = 16 makes 32"),
        ('objective = "relativistic"', 'objective = "relativistik"', "did you mean 'relativistic'"),
        ('kind = "critic"\nwidth', 'kind = "critik"\nwidth', "did you mean 'critic'"),
        ("seed = 3", 'judge = "lpips"', "name an LPIPS model"),
        (
            "seed = 3",
            'judge = "delta_e"',
            "upscale has no score delta_e; judge is one of psnr_y, mask_iou, lpips",
        ),
        ("seed = 3", 'judge = "mask_iou"', "for networks that give a mask"),
        ("seed = 3", 'lpips = "nowhere.onnx"', "no LPIPS model at nowhere.onnx"),
        ("seed = 3", 'init = "nowhere.safetensors"', "no checkpoint nowhere.safetensors"),
        ("longest_turn = 3", "longest_turn = 0", "longest_turn must be at least 1"),
    ],
)
def test_so_is_what_is_wrong_with_the_game(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = RECIPE + GAN_STAGES
    assert old in text
    with pytest.raises(TrainingError, match=re.escape(sentence)):
        recipe = parse_recipe(text.replace(old, new, 1), "tiny")
        train(recipe, tmp_path / "run", [tmp_path / "no photographs here"], Machine("cpu", 1))


def test_a_mask_wants_something_to_be_found() -> None:
    recipe = parse_recipe(MASK_RECIPE.replace('kind = "watermark"', 'kind = "compression"'), "tiny")
    with pytest.raises(TrainingError, match="draws anything to be found"):
        build_degradation_of(recipe, build_generator(recipe))


def test_what_is_told_wants_a_channel() -> None:
    recipe = parse_recipe(
        MASK_RECIPE.replace('kind = "watermark"', 'kind = "damage"\ntold_share = 0.5'), "tiny"
    )
    with pytest.raises(TrainingError, match="told_share puts into a fourth channel"):
        build_degradation_of(recipe, build_generator(recipe))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_shipped_recipe_builds(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == re.sub("-(slim|drawings|lpips|coarse|hints)$", "", path.stem)
    # The larger encoder's weights are a package of their own, which only this training asks for.
    network = build_generator(recipe, pretrained="coarse" not in recipe.network)
    build_degradation_of(recipe, network)
    assert with_overrides(recipe, recipe.gpu, "gpu").name == recipe.name
    # What two cores do 0.35 megapixels a second with; x4 with detail may take longer.
    assert macs_per_pixel(network) <= (960_000 if recipe.name == "upscale-x4-gan" else 315_000)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_every_lesson_builds(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    build_degradation_of(recipe, build_generator(recipe, pretrained=False))
    large = with_overrides(recipe, {**recipe.gpu, "network.weights": ""} if recipe.gpu else {}, "gpu")
    assert build_generator(large, pretrained=False)


def test_the_lessons_two_landscapes_differ_by_the_skips_alone() -> None:
    joined, cut = (load_recipe(TRAINING / "lessons" / f"{name}.toml") for name in ("skips", "no-skips"))
    assert joined.network["skips"] and not cut.network["skips"]
    same = msgspec.structs.replace(cut, name=joined.name, title=joined.title, text=joined.text)
    assert msgspec.structs.replace(same, network={**cut.network, "skips": True}) == joined


@pytest.mark.parametrize(
    ("old", "new"), [("extra_channels = 3", "extra_channels = 2"), ("out_channels = 2", "out_channels = 3")]
)
def test_a_network_for_colorize_has_its_channels(old: str, new: str) -> None:
    recipe = parse_recipe(COLOUR_RECIPE.replace(old, new), "colour")
    with pytest.raises(TrainingError, match="luma = true, extra_channels = 3 and out_channels = 2"):
        build_colour_transform(recipe, build_generator(recipe))


@pytest.mark.parametrize(
    "transform", [Rgb(), Tones(), Chroma(2)], ids=lambda transform: type(transform).__name__
)
def test_what_a_recipe_may_go_by_is_scored(transform: ColourTransform) -> None:
    picture = torch.randint(0, 256, (3, 16, 16), dtype=torch.uint8)
    scored = {*scores_of(picture, picture.flip(2), 1, transform), "lpips", "mask_iou"}
    assert set(transform.judges) <= scored
