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


def test_the_summary_says_what_was_reached_and_what_was_lost_again() -> None:
    curves = {
        "pretrained": [lesson.Curve([1, 2], [0.5, 0.2]), lesson.Curve([1, 2], [0.25, 0.3])],
        "from scratch": [lesson.Curve([1, 2], [0.9, 0.31])],
    }
    first, second = lesson.summary(curves)
    assert "0.2500 at the end (0.2000 to 0.3000), 0.2250 at its best, 0.0250 lost since" in first
    assert "0.3100 at the end (0.3100 to 0.3100), 0.3100 at its best, 0.0000 lost since" in second


def test_the_command_measures_both(tmp_path: Path) -> None:
    if not LPIPS.exists():
        pytest.skip(f"no perceptual weights at {LPIPS}")
    photos = photo_folder(tmp_path / "photos", 6, 128, 128)
    options = ["--data", str(photos), "-o", str(tmp_path / "run"), "--lpips", str(LPIPS)]
    shown = CliRunner().invoke(lesson.main, [*options, "--steps", "6", "--seeds", "1"])
    assert shown.exit_code == 0, shown.output
    assert "pretrained, seed 0: LPIPS 0." in shown.output and "from scratch LPIPS 0." in shown.output
    with Image.open(tmp_path / "run" / "pictures.webp") as sheet:
        assert sheet.width == 4 * (sheet.height - 4) // 2 + 4, "input, both and truth, of two photographs"
    assert (tmp_path / "run" / "lpips.webp").exists()
