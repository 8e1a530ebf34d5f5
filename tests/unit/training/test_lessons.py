"""The list of lessons: what is in it, and that what it says can be run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from unfade_training.lessons import Lesson
from unfade_training.lessons.__main__ import all_lessons, main

ROOT = Path(__file__).parents[3]
LESSONS = all_lessons()


def test_each_module_and_recipe_is_listed_once() -> None:
    modules = {p.stem for p in (ROOT / "training/unfade_training/lessons").glob("*.py")}
    modules -= {"__init__", "__main__", "showing"}
    recipes = {p.stem for p in (ROOT / "training/lessons").glob("*.toml")} - {"skips", "no-skips"}
    assert modules | recipes <= set(LESSONS)
    numbers = [lesson.number for lesson in LESSONS.values()]
    assert numbers == sorted(set(numbers)), "each has a place of its own"


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_says_what_it_shows_and_how_it_is_run(name: str) -> None:
    lesson: Lesson = LESSONS[name]
    assert lesson.shows and not lesson.shows.endswith(".")
    for line in lesson.command.splitlines():
        program, *arguments = shlex.split(line)
        assert program in ("python", "unfade-train", "unfade-export")
        if program == "python":
            assert arguments[0] == "-m" and re.fullmatch(r"unfade_training\.[\w.]+", arguments[1])
        for file in arguments:
            assert not file.endswith(".toml") or (ROOT / file).is_file()


def test_the_list_names_all_with_their_commands() -> None:
    shown = CliRunner().invoke(main)
    assert shown.exit_code == 0
    for name, lesson in LESSONS.items():
        assert re.search(rf"^ *{lesson.number} +{name} ", shown.output, re.MULTILINE)
        assert all(line in shown.output for line in lesson.command.splitlines())


def test_without_the_repository_the_modules_remain(tmp_path: Path) -> None:
    assert set(all_lessons(tmp_path)) < set(LESSONS)
    assert "mnist" in all_lessons(tmp_path)
