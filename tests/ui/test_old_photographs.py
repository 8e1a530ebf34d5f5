"""Restore's proposal, Denoise's level, Repair's brush, and one correction for a queue, in the real window."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QCheckBox, QFileDialog
from pytestqt.qtbot import QtBot

from tests.models import cleaning_model, repairing_model
from tests.ui.conftest import WAIT, MakeWindow, settle
from tests.ui.engines import connect
from unfade.filters import LUMA, Stroke, describe_options, find_filter
from unfade.filters.grain import FULL_LEVEL
from unfade.picture import Picture, read_picture, write_picture
from unfade.ui.panels.controls import Percent
from unfade.ui.panels.generated import GeneratedPanel
from unfade.ui.panels.own import RestorePanel
from unfade.ui.panels.painting import PaintingFields
from unfade.ui.panels.stack import PANELS
from unfade.ui.queue import ItemState, QueuePanel
from unfade.ui.settings import Settings


@pytest.fixture
def noisy_file(tmp_path: Path) -> Path:
    """Noise of a deviation of 20 on smooth colours that fill their range: nothing but noise to be found."""
    y, x = np.mgrid[:160, :200]
    smooth = np.stack([x / 200, y / 160, (x + y) / 360], axis=-1) * 255
    noise = np.random.default_rng(0).normal(0, 20, smooth.shape)
    write_picture(Picture(np.clip(smooth + noise, 0, 255).astype(np.uint8)), tmp_path / "noisy.png")
    return tmp_path / "noisy.png"


def test_a_proposal_is_seen_turned_into_steps_changed_and_saved(
    qtbot: QtBot,
    make_window: MakeWindow,
    noisy_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {"colours": False, "damage": False, "compression": False}
    steps = [{"filter": "restore", "options": options}]
    window = make_window(steps=steps)
    panel = window.panels.of(RestorePanel)
    assert panel.proposal.isHidden() and not panel.adopt.isEnabled()
    window.opener.open_file(noisy_file)
    qtbot.waitUntil(panel.adopt.isEnabled, timeout=WAIT)
    assert panel.proposal.isVisible() and panel.proposal.text() == "Proposed: Denoise (Grain 20\u202f%)"
    panel.adopt.click()
    state = window.document.state
    assert state.filters == ("denoise",) and state.options("denoise").grain == 0.2
    window.document.change(state.with_options("denoise", grain=0.5))
    saved = tmp_path / "mine.unfade.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    window.command("save_recipe").trigger()
    kept = json.loads(saved.read_text())["steps"]
    assert kept == [{"filter": "denoise", "options": {"grain": 0.5}}]
    window.document.undo()
    window.document.undo()
    assert window.document.state.filters == ("restore",)


def test_where_nothing_is_wrong_restore_says_so(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    options = {"colours": False, "damage": False, "noise": False, "compression": False}
    window = make_window(picture_file, steps=[{"filter": "restore", "options": options}])
    panel = window.panels.of(RestorePanel)
    qtbot.waitUntil(lambda: "Nothing was found" in panel.proposal.text(), timeout=WAIT)
    assert not panel.adopt.isEnabled()


def test_strength_and_what_is_painted_stay_when_a_proposal_becomes_steps(make_window: MakeWindow) -> None:
    window = make_window(engine="none", steps=[{"filter": "restore", "options": {"strength": 0.7}}])
    stroke = Stroke("add", 3, ((5.0, 5.0),))
    window.document.change(window.document.state.with_options("repair", strokes=(stroke,)))
    panel = window.panels.of(RestorePanel)
    panel.show_proposed([{"filter": "repair", "options": {"sensitivity": 0.6}}])
    panel.adopt.click()
    options = window.document.state.options("repair")
    assert (options.sensitivity, options.strength, options.strokes) == (0.6, 0.7, (stroke,))


def test_denoise_shows_the_level_that_it_found(
    qtbot: QtBot, make_window: MakeWindow, noisy_file: Path
) -> None:
    model = str(cleaning_model(noisy_file.parent / "smooth.onnx", task="denoise", mask=False))
    window = make_window(noisy_file, steps=[{"filter": "denoise", "options": {"model": model}}])
    panel = window.panels.frames["denoise"]
    assert isinstance(panel, GeneratedPanel)
    level = panel.controls["level"]
    assert isinstance(level, Percent) and level.auto.isChecked() and level.auto.isVisible()
    settle(qtbot, window)
    in_luma = 20 * float(np.linalg.norm(LUMA)) / 255  # of noise that the channels do not share
    assert level.number.value() == pytest.approx(100 * in_luma / FULL_LEVEL, abs=8)
    assert window.document.state.options("denoise").level is None
    found = level.number.value()
    level.slider.setValue(70)
    assert window.document.state.options("denoise").level == 0.7 and not level.auto.isChecked()
    level.auto.click()
    assert window.document.state.options("denoise").level is None and level.number.value() == found


def test_repair_is_painted_on_in_its_own_panel(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    model = str(repairing_model(picture_file.parent / "mend.onnx"))
    steps = [
        {"filter": "deartifact", "options": {"model": "clean"}},
        {"filter": "repair", "options": {"model": model}},
    ]
    window = make_window(picture_file, steps=steps)
    fields = {name: window.panels.frames[name].findChild(PaintingFields) for name in ("deartifact", "repair")}
    mark = {name: field._tools[window.command("tool_mark")] for name, field in fields.items() if field}
    mark["deartifact"].click()
    assert mark["deartifact"].isChecked() and not mark["repair"].isChecked()
    mark["repair"].click()
    assert mark["repair"].isChecked() and not mark["deartifact"].isChecked()
    assert window.document.painted == "repair"
    fields["repair"].number.setValue(24)  # type: ignore[union-attr]
    assert fields["deartifact"].number.value() == 24  # type: ignore[union-attr]
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)  # a dot in the middle
    (stroke,) = window.document.state.options("repair").strokes
    assert stroke.radius == 12 and window.document.state.options("deartifact").strokes == ()
    box = next(box for box in window.panels.frames["repair"].findChildren(QCheckBox) if "Show" in box.text())
    assert box.text() == "Show where damage was found" and not box.isChecked()
    settle(qtbot, window)
    assert window.notice.isHidden()
    fields["repair"].clear.click()  # type: ignore[union-attr]
    assert window.document.state.options("repair").strokes == ()


def test_no_tool_tip_counts_otherwise_than_its_slider() -> None:
    """What is shown in percent is not explained in shares of one."""
    for name, panel in PANELS.items():
        if issubclass(panel, GeneratedPanel):
            for one in describe_options(find_filter(name)):
                if one["type"] == "float":
                    assert not re.search(r"(?<!Below )(?<!above )\b[012]\b", one["help"]), (name, one["help"])


def test_one_correction_for_all_pictures_of_a_queue(qtbot: QtBot, tmp_path: Path) -> None:
    colours = {"warm.png": (180, 120, 60), "cold.png": (60, 110, 180)}
    folder = tmp_path / "roll"
    folder.mkdir()
    random = np.random.default_rng(0)
    for name, colour in colours.items():
        faded = np.array(colour) * 0.4 + 90 + random.normal(0, 6, (64, 64, 3))
        Image.fromarray(np.clip(faded, 0, 255).astype(np.uint8)).save(folder / name)

    def results(same_for_all: bool) -> dict[str, np.ndarray]:
        settings = Settings(tmp_path / f"{same_for_all}.ini")
        settings.set_output_folder(tmp_path / f"out {same_for_all}")
        steps = [{"filter": "revive", "options": {"same_for_all": same_for_all}}]
        panel = QueuePanel(lambda: steps, settings, connect=connect)
        qtbot.addWidget(panel, before_close_func=lambda one: one.close_down())
        panel.add([folder])
        panel.start()
        qtbot.waitUntil(lambda: panel.queue.count(ItemState.DONE) == 2, timeout=WAIT)
        panel.close_down()
        return {
            name: read_picture(tmp_path / f"out {same_for_all}" / name).pixels.astype(int) for name in colours
        }

    apart, alike = results(False), results(True)
    # the mean of both corrections is neither picture's own
    assert all(np.abs(apart[name] - alike[name]).mean() > 1 for name in colours)
