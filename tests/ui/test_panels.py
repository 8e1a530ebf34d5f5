"""A filter without a panel of its own gets one made from its options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QApplication, QCheckBox, QDoubleSpinBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.accessibility import nameless, unreachable
from tests.ui.conftest import WAIT, MakeWindow, settle
from unfade.filters import Filter, FilterRunner, all_filters, option
from unfade.ui import commands, document
from unfade.ui.commands import Actions, Menu, declare
from unfade.ui.document import Document
from unfade.ui.panels.controls import Percent
from unfade.ui.panels.generated import GeneratedPanel, panels_for
from unfade.ui.panels.painting import Brush
from unfade.ui.panels.stack import PANELS
from unfade.ui.preview.plan import Models


@dataclass(frozen=True)
class FogOptions:
    strength: float = option(1.0, "0 leaves all fog, 1 takes it away.", low=0, high=1)
    reach: int = option(3, "Pixels around that count.", low=1, high=9)
    gamma: float = option(1.0, "The curve.", low=0.5, high=4)
    keep_edges: bool = option(True, "Whether edges stay as they are.")
    model: str | None = option(None, "A model to use in place of the installed one.")


def never_opened(_options: Any, _engine: Any) -> FilterRunner:
    raise AssertionError("a panel runs no filter")


FOG = Filter(
    name="fog",
    title="Fog",
    summary="Take fog off pictures.",
    purpose="fog",
    Options=FogOptions,
    open=never_opened,
)


@pytest.fixture
def panel(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[GeneratedPanel]:
    monkeypatch.setattr(document, "CHAIN", (*document.CHAIN, FOG))
    monkeypatch.setattr(document, "ORDER", (*document.ORDER, "fog"))
    monkeypatch.setattr(commands, "COMMANDS", dict(commands.COMMANDS))
    kind = panels_for([FOG])[FOG.name]
    declare(kind.command(len(all_filters())))
    parent = QWidget()
    qtbot.addWidget(parent)
    actions = Actions(parent, [commands.COMMANDS["fog"]])
    panel = kind(Document(), actions, Brush(parent), parent)
    actions.connect("fog", panel, panel.switch_on)
    panel.document.subscribe(lambda _change: panel.show_document(Models()))
    panel.document.subscribe(lambda _change: actions.refresh())
    panel.show_document(Models())
    assert isinstance(panel, GeneratedPanel)
    yield panel
    assert not parent.isVisible()  # and alive until here


def test_every_registered_filter_has_a_panel() -> None:
    assert list(PANELS) == [filter.name for filter in all_filters()]
    assert sorted(document.ORDER) == sorted(PANELS)
    assert document.ORDER[-1] == "upscale"  # what enlarges comes last


def test_its_command_is_made_of_title_and_summary() -> None:
    command = panels_for([FOG])[FOG.name].command(3)
    assert (command.id, command.at) == ("fog", (Menu.FILTER, 1, 3))
    assert (command.text, command.tip) == ("&Fog", "Take fog off pictures.")
    assert command.checkable


def test_each_option_has_a_control_of_its_kind(panel: GeneratedPanel) -> None:
    kinds = {name: type(control) for name, control in panel.controls.items()}
    assert kinds == {"strength": Percent, "reach": QSpinBox, "gamma": QDoubleSpinBox, "keep_edges": QCheckBox}
    assert nameless(panel) == unreachable(panel) == []
    gamma = panel.controls["gamma"]
    assert isinstance(gamma, QDoubleSpinBox) and (gamma.minimum(), gamma.maximum()) == (0.5, 4)
    assert panel.about.text() == "Take fog off pictures."


def test_controls_set_the_options_and_follow_undo(panel: GeneratedPanel) -> None:
    panel.switch.setChecked(True)
    assert panel.on and "fog" in panel.document.state.filters
    strength, reach = panel.controls["strength"], panel.controls["reach"]
    assert isinstance(strength, Percent) and isinstance(reach, QSpinBox)
    strength.slider.setValue(40)
    reach.setValue(5)
    edges = panel.controls["keep_edges"]
    assert isinstance(edges, QCheckBox)
    edges.setChecked(False)
    assert panel.options == FogOptions(strength=0.4, reach=5, keep_edges=False)
    panel.document.undo()
    assert edges.isChecked() and panel.options == FogOptions(strength=0.4, reach=5)
    panel.document.undo()
    assert reach.value() == 3


def test_all_it_shows_can_be_translated(panel: GeneratedPanel) -> None:
    texts = {text for _, text in panel.texts()} | {text for _, text in commands.COMMANDS["fog"].texts}
    assert {"&Fog", "Take fog off pictures.", "Strength", "Keep edges", "The curve."} <= texts
    assert not any("model" in text for text in texts)


def test_the_window_begins_with_a_filter_that_is_on_in_sight(qtbot: QtBot, make_window: MakeWindow) -> None:
    window = make_window(engine="none")  # of 600 pixels; Upscale, the last, is on
    frame, scroll = window.panels.frames["upscale"], window.panels._scroll

    def seen() -> bool:
        port = scroll.viewport()
        return port is not None and frame.mapTo(port, frame.rect().bottomLeft()).y() <= port.height()

    qtbot.waitUntil(seen, timeout=WAIT)


def test_a_filter_that_is_switched_on_is_scrolled_to(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(picture_file, steps=[{"filter": "deartifact", "options": {"model": "clean"}}])
    window.resize(1024, 600)
    settle(qtbot, window)
    frame = window.panels.frames["upscale"]
    bar = window.panels._scroll.verticalScrollBar()
    assert bar is not None
    before = bar.value()
    assert before < bar.maximum()
    window.document.change(window.document.state.switched("upscale", True))
    qtbot.waitUntil(lambda: bar.value() > before, timeout=WAIT)
    top = frame.mapTo(window.panels._scroll, frame.rect().topLeft()).y()
    assert top < window.panels._scroll.height() // 2


def test_a_large_font_leaves_the_numbers_whole(qtbot: QtBot, qapp: QApplication) -> None:
    usual, large = qapp.font(), qapp.font()
    large.setPointSizeF(2 * usual.pointSizeF())
    qapp.setFont(large)
    try:
        field = Percent(lambda: "Strength", lambda: "")
        qtbot.addWidget(field)
        field.set_share(1.0)
        field.show()
        text, edit = field.number.text(), field.number.lineEdit()
        assert edit is not None
        assert edit.width() >= edit.fontMetrics().horizontalAdvance(text), text
    finally:
        qapp.setFont(usual)
