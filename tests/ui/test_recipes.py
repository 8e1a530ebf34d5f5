"""Recipes from the window: what it saves, the command line's reader takes, and the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from unfade.errors import UsageError
from unfade.filters import read_recipe
from unfade.ui.recipes import (
    ask_and_load,
    ask_and_save,
    for_any_picture,
    load_steps,
    save_steps,
    with_recipe_suffix,
)
from unfade.ui.settings import Settings

STEPS = [
    {"filter": "upscale", "options": {"scale": 3.0}},
    {"filter": "upscale", "options": {"strength": 0.5}},
]


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "window.ini")


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "old.unfade.json"
    save_steps(STEPS, path)
    assert load_steps(path) == STEPS
    assert [step.filter.name for step in read_recipe(path).steps] == ["upscale", "upscale"]


def test_what_belongs_to_one_picture_can_be_left_out() -> None:
    hints = [{"x": 1, "y": 2, "color": "#ff0000"}]
    steps = [{"filter": "colorize", "options": {"hints": hints, "strength": 1}}]
    assert for_any_picture(steps) == [{"filter": "colorize", "options": {"strength": 1}}]
    assert steps[0]["options"] == {"hints": hints, "strength": 1}  # untouched
    assert for_any_picture(STEPS) == STEPS


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a", "a.unfade.json"),
        ("a.json", "a.unfade.json"),
        ("a.Unfade.JSON", "a.Unfade.JSON"),
        ("v1.5", "v1.5.unfade.json"),
    ],
)
def test_suffix(given: str, name: str) -> None:
    assert with_recipe_suffix(Path(given)).name == name


def test_asking_and_saving(
    parent: QWidget, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    assert ask_and_save(parent, settings, STEPS) == tmp_path / "mine.unfade.json"
    assert settings.folder("recipe") == tmp_path
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.unfade.json"), ""))
    assert ask_and_load(parent, settings) == STEPS


def test_nothing_chosen(parent: QWidget, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    assert ask_and_save(parent, settings, STEPS) is None
    assert ask_and_load(parent, settings) is None


def test_what_is_wrong_is_told(
    parent: QWidget, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda _parent, _title, text: said.append(text))
    broken = tmp_path / "broken.unfade.json"
    broken.write_text('{"unfade_recipe": 1, "steps": [{"filter": "upscal"}]}')
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(broken), ""))
    assert ask_and_load(parent, settings) is None
    assert str(broken) in said[0] and "did you mean upscale" in said[0]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "x"), ""))
    assert ask_and_save(parent, settings, STEPS) is None
    assert "does not exist" in said[1]
    with pytest.raises(UsageError):
        save_steps([], tmp_path / "empty.unfade.json")
    assert not (tmp_path / "empty.unfade.json").exists()
