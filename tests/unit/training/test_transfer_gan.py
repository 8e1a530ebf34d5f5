"""The lesson that measures transfer learning: both ways have one budget, and are summed up rightly."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from unfade_training.build import build_critic, build_generator, build_losses
from unfade_training.lessons import transfer_gan as lesson

from .photos import LPIPS, photo_folder


def test_both_ways_take_as_many_steps_and_differ_by_the_stages_alone() -> None:
    recipes = lesson.recipes(480)
    kinds = {name: [stage.kind for stage in recipe.stage] for name, recipe in recipes.items()}
    assert kinds == {"pretrained": ["generator", "critic", "gan"], "from scratch": ["gan"]}
    assert [sum(stage.steps for stage in recipe.stage) for recipe in recipes.values()] == [480, 480]
    first, second = recipes.values()
    assert (first.network, first.critic, first.degradation) == (
        second.network,
        second.critic,
        second.degradation,
    )
    games = [recipe.stage[-1] for recipe in recipes.values()]
    assert games[0].lr == games[1].lr and games[0].loss == games[1].loss
    for recipe in recipes.values():
        generator = build_generator(recipe)
        assert build_critic(recipe, generator) and build_losses(recipe, generator)


def test_the_summary_says_who_was_there_first() -> None:
    curves = {
        "pretrained": [lesson.Curve([1, 2, 3], [0.5, 0.3, 0.2]), lesson.Curve([1, 2, 3], [0.4, 0.25, 0.3])],
        "from scratch": [lesson.Curve([1, 2, 3], [0.9, 0.5, 0.31]), lesson.Curve([1, 2, 3], [0.9, 0.7, 0.4])],
    }
    first, second = lesson.summary(curves)
    assert "at the end 0.2500 (0.2000 to 0.3000), best 0.2000, below 0.4000 first at step 2, 1" in first
    assert "at the end 0.3550 (0.3100 to 0.4000), best 0.3100, below 0.4000 first at step 3, 3" in second
    assert lesson.first_below(curves["from scratch"][0], 0.1) is None


def test_the_command_measures_both(tmp_path: Path) -> None:
    if not LPIPS.exists():
        pytest.skip(f"no perceptual weights at {LPIPS}")
    photos = photo_folder(tmp_path / "photos", 6, 128, 128)
    options = ["--data", str(photos), "-o", str(tmp_path / "run"), "--lpips", str(LPIPS)]
    shown = CliRunner().invoke(lesson.main, [*options, "--steps", "6", "--seeds", "1"])
    assert shown.exit_code == 0, shown.output
    assert (
        "pretrained, seed 0: LPIPS 0." in shown.output and "from scratch LPIPS at the end 0." in shown.output
    )
    with Image.open(tmp_path / "run" / "pictures.webp") as sheet:
        assert sheet.width == 4 * (sheet.height - 4) // 2 + 4, "input, both and truth, of two photographs"
    assert (tmp_path / "run" / "lpips.webp").exists()
