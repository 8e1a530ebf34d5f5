"""The window's steps as recipe files: saved, loaded, and told about where that fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QWidget

from unfade.errors import UnfadeError
from unfade.filters import RECIPE_SUFFIX, Recipe, find_filter, read_recipe, write_recipe
from unfade.ui.document import marks_of
from unfade.ui.settings import Settings

translate = QCoreApplication.translate

Steps = list[dict[str, Any]]
"""``[{"filter": NAME, "options": {...}}, ...]``, as recipes and the service have them."""


def load_steps(path: Path) -> Steps:
    """The steps in a recipe file. Raises UsageError."""
    steps: Steps = read_recipe(path).to_json()["steps"]
    return steps


def save_steps(steps: Sequence[dict[str, Any]], path: Path) -> None:
    """Writes the steps as a recipe file. Raises UsageError and OutputError."""
    write_recipe(Recipe.from_json({"steps": list(steps)}), path)


def for_any_picture(steps: Sequence[dict[str, Any]]) -> Steps:
    """The steps without what was painted or placed on one picture."""
    kept = []
    for step in steps:
        marks = marks_of(find_filter(step["filter"]))
        options = {name: value for name, value in step["options"].items() if name not in marks}
        kept.append({**step, "options": options})
    return kept


def with_recipe_suffix(path: Path) -> Path:
    """The name, ending in ``.unfade.json``."""
    if path.name.lower().endswith(RECIPE_SUFFIX):
        return path
    stem = path.stem if path.suffix.lower() == ".json" else path.name
    return path.with_name(stem + RECIPE_SUFFIX)


def ask_and_load(parent: QWidget, settings: Settings) -> Steps | None:
    """Asks for a recipe and reads it; None where the user thought better of it, or was told what is wrong."""
    name, _filter = QFileDialog.getOpenFileName(
        parent, translate("Recipes", "Open recipe"), str(settings.folder("recipe")), _file_types()
    )
    if not name:
        return None
    settings.set_folder("recipe", Path(name).parent)
    try:
        return load_steps(Path(name))
    except UnfadeError as error:
        QMessageBox.warning(parent, translate("Recipes", "Open recipe"), str(error))
        return None


def ask_and_save(parent: QWidget, settings: Settings, steps: Sequence[dict[str, Any]]) -> Path | None:
    """Asks for a name and writes the steps; None where nothing was written."""
    name, _filter = QFileDialog.getSaveFileName(
        parent,
        translate("Recipes", "Save recipe"),
        str(settings.folder("recipe") / ("-".join(step["filter"] for step in steps) + RECIPE_SUFFIX)),
        _file_types(),
    )
    if not name:
        return None
    path = with_recipe_suffix(Path(name))
    settings.set_folder("recipe", path.parent)
    if for_any_picture(steps) != list(steps) and not _keep_marks(parent):
        steps = for_any_picture(steps)
    try:
        save_steps(steps, path)
    except UnfadeError as error:
        QMessageBox.warning(parent, translate("Recipes", "Save recipe"), str(error))
        return None
    return path


def _keep_marks(parent: QWidget) -> bool:
    question = QMessageBox(parent)
    question.setIcon(QMessageBox.Icon.Question)
    question.setWindowTitle(translate("Recipes", "Save recipe"))
    question.setText(
        translate("Recipes", "The steps hold colour hints or strokes that belong to this picture.")
    )
    question.setInformativeText(
        translate("Recipes", "Leave them out if the recipe is for other pictures too.")
    )
    keep = question.addButton(translate("Recipes", "&Keep them"), QMessageBox.ButtonRole.NoRole)
    question.setDefaultButton(
        question.addButton(translate("Recipes", "&Leave them out"), QMessageBox.ButtonRole.YesRole)
    )
    question.exec()
    return question.clickedButton() is keep


def _file_types() -> str:
    return translate("Recipes", "Recipes") + f" (*{RECIPE_SUFFIX})"
