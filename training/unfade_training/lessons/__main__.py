"""``python -m unfade_training.lessons``: what there is to learn, its commands, and how long they take."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import click
import msgspec

from ..config import load_recipe
from . import Lesson, __path__

TRAINING = Path(__file__).parents[2]
FOLDERS = ("lessons", "recipes")  # of recipes; they are in the repository and not in the installed package
REPOSITORY_ONLY = "Lessons that are recipes are in training/lessons of Unfade's repository."


def all_lessons(training: Path = TRAINING) -> dict[str, Lesson]:
    """The lessons by name, in the order in which a reader takes them.

    Args:
        training: the folder with the folders of recipes.
    """
    found = {**dict(_modules()), **dict(_recipes(training))}
    return dict(sorted(found.items(), key=lambda each: each[1].number))


def _modules() -> Iterator[tuple[str, Lesson]]:
    for module in iter_modules(__path__):
        if module.name != "__main__":
            lesson = getattr(import_module(f".{module.name}", __package__), "LESSON", None)
            if lesson is not None:
                yield module.name, lesson


def _recipes(training: Path) -> Iterator[tuple[str, Lesson]]:
    for path in (file for folder in FOLDERS for file in sorted((training / folder).glob("*.toml"))):
        recipe = load_recipe(path)
        if recipe.lesson is not None:
            there = path.relative_to(training.parent).as_posix()
            command = recipe.lesson.command or f"unfade-train {there} --data examples"
            yield recipe.name, msgspec.structs.replace(recipe.lesson, command=command)


@click.command()
def main() -> None:
    """List the lessons: what each shows, the CPU minutes that a full run took, and its command."""
    for name, lesson in all_lessons().items():
        time = "" if lesson.minutes is None else f"{max(1, round(lesson.minutes))} min"
        click.echo(f"{lesson.number:2}  {name:18} {time:>7}  {lesson.shows}")
        for line in lesson.command.splitlines():
            click.echo(f"      {line}")
    if not (TRAINING / FOLDERS[0]).is_dir():
        click.echo(REPOSITORY_ONLY)


if __name__ == "__main__":
    main(prog_name="python -m unfade_training.lessons")
