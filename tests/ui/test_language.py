"""Another language at once: every text that is on the screen, and numbers as it writes them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PyQt6.QtCore import QLocale
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QMenu,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, MakeWindow
from unfade.service.client import EngineError
from unfade.ui.document import ORDER
from unfade.ui.language import LANGUAGES, decimal, explain, fixed, install_language
from unfade.ui.panels.own import UpscalePanel
from unfade.ui.queue.model import Item, ItemState, state_text
from unfade.ui.window import Window


def texts(window: Window) -> list[str]:
    """All that can be read in a window or heard of it, in the order of its widgets."""
    found = []
    for widget in [window, *window.findChildren(QWidget)]:
        if widget.objectName().startswith("qt_"):
            continue
        found += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
        if isinstance(widget, (QLabel, QAbstractButton)):
            found.append(widget.text())
        elif isinstance(widget, QMenu):
            found.append(widget.title())
        elif isinstance(widget, QDockWidget):
            found.append(widget.windowTitle())
        elif isinstance(widget, QSpinBox):
            found.append(widget.text())
        elif isinstance(widget, QComboBox):
            found += [widget.itemText(n) for n in range(widget.count())]
    for action in window.findChildren(QAction):
        found += [action.text(), action.iconText(), action.toolTip(), action.statusTip()]
    return found


def full(make_window: MakeWindow, picture: Path) -> Window:
    window = make_window(picture, engine="none")
    window.resize(1100, 600)  # more than any language needs
    for task in ORDER:
        window.command(task).setChecked(True)
    return window


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_window_speaks_as_one_that_began_so(
    qtbot: QtBot, qapp: QApplication, make_window: MakeWindow, picture_file: Path, language: str
) -> None:
    switched = full(make_window, picture_file)
    name = LANGUAGES[language]
    entry = next(action for action in switched.findChildren(QAction) if action.text() == name)
    entry.trigger()
    assert switched.settings.language == language
    begun = full(make_window, picture_file)
    assert switched.welcome is not None
    switched.welcome.refresh()  # the other one's picture is among the recent ones now
    for window in (switched, begun):
        window.canvas.zoom_fit()

    def compare() -> None:
        spoken, expected = Counter(texts(switched)), Counter(texts(begun))
        assert (spoken - expected, expected - spoken) == (Counter(), Counter())
        assert switched.panels.width() == begun.panels.width()

    qtbot.waitUntil(compare, timeout=WAIT)
    install_language(qapp, "en")
    qtbot.waitUntil(lambda: switched.command("open").text() == "&Open…", timeout=WAIT)


@pytest.mark.parametrize(
    ("language", "half"), [("de", "1,5×"), ("fr", "1,5×"), ("en", "1.5×"), ("zh_CN", "1.5×")]
)
def test_scales_have_the_languages_separator(
    qapp: QApplication, make_window: MakeWindow, picture_file: Path, language: str, half: str
) -> None:
    install_language(qapp, language)
    window = make_window(picture_file, engine="none")
    preset = window.panels.of(UpscalePanel).presets[1.5]
    assert preset.text() == half
    assert half[:-1] in preset.accessibleName()
    preset.click()
    assert window.document.state.options("upscale").scale == 1.5


def test_numbers(qapp: QApplication) -> None:
    install_language(qapp, "en")
    assert (decimal(1.5), decimal(2.0), decimal(6400), decimal(12.34), decimal(0.126)) == (
        "1.5",
        "2",
        "6400",
        "12.3",
        "0.13",
    )
    install_language(qapp, "de")
    assert (decimal(1.5), decimal(12.34), fixed(0.04, 1), fixed(1234.5, 1)) == (
        "1,5",
        "12,3",
        "0,0",
        "1234,5",
    )
    done = Item(1, Path("a.png"), Path(), ItemState.DONE, target=Path("b.png"), seconds=2.34)
    assert "2,3" in state_text(done)


def test_a_locale_of_the_same_language_is_kept(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("de_CH"))
    install_language(qapp, "de")
    assert QLocale().name() == "de_CH" and fixed(1.5, 1) == "1.5"
    install_language(qapp, "fr")
    assert QLocale().language() == QLocale.Language.French and fixed(1.5, 1) == "1,5"


def test_failures_of_the_engine_are_told_in_the_users_language(qapp: QApplication) -> None:
    install_language(qapp, "de")
    for kind in ("died", "timeout", "memory"):
        told = explain(EngineError("Something in English.", kind), "cat.png")
        assert told.endswith(".") and "English" not in told
    named = EngineError("The model x.onnx is damaged.", "model")
    assert explain(named, "cat.png") == "The model x.onnx is damaged."
