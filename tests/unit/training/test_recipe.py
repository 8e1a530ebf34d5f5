"""Recipes: read whole, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfade_training.degradations import build_degradation
from unfade_training.errors import TrainingError
from unfade_training.networks import build_network, macs_per_pixel
from unfade_training.recipe import load_recipe, parse_recipe

from .photos import RECIPE

RECIPES = sorted((Path(__file__).parents[3] / "training" / "recipes").glob("*.toml"))


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


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_shipped_recipe_builds(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    options = dict(recipe.network)
    network = build_network(str(options.pop("kind")), **options)
    build_degradation(recipe.degradation)
    if recipe.name == "upscale-x2":
        assert macs_per_pixel(network) <= 200_000
