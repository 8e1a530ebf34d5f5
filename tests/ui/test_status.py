"""The status bar and the doctor behind it."""

from __future__ import annotations

import json
import sys

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from tests.ui.accessibility import nameless, unreachable
from unfade.inference import Device, Engine, engine
from unfade.ui.dialogs.help import DoctorDialog
from unfade.ui.status import StatusBar

FOUND = {
    "versions": {"unfade": "1.2.3"},
    "devices": [
        {"provider": "X", "label": "CUDA", "usable": False, "note": "no driver: install it"},
        {"provider": "Y", "label": "CPU", "usable": True, "note": ""},
    ],
    "models": [
        {"name": "upscale-x2", "path": "/m", "source": "shipped", "runs_on": "CPU", "note": "why"},
        {"name": "mine", "path": "/n", "source": "user", "runs_on": None, "note": "It is damaged."},
    ],
    "places": {"log": "/tmp/unfade.log"},
}


def says(found: object) -> tuple[str, ...]:
    """A program that answers like ``unfade doctor --json``."""
    return (sys.executable, "-c", f"print({json.dumps(found)!r})")


def texts(dialog: DoctorDialog) -> list[tuple[str, str]]:
    rows = []
    for index in range(dialog.findings.topLevelItemCount()):
        group = dialog.findings.topLevelItem(index)
        assert group is not None
        rows += [(r.text(0), r.text(1)) for r in (group.child(n) for n in range(group.childCount())) if r]
    return rows


def test_the_device_and_why_it_is_not_the_gpu(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "has_nvidia_gpu", lambda: True)
    bar = StatusBar()
    qtbot.addWidget(bar)
    assert "starting" in bar.device.text()
    bar.set_provider("CUDA", None)
    assert bar.device.text() == "CUDA"
    bar.set_provider("CPU", "Running on the CPU: no NVIDIA driver was found.")
    assert bar.device.text() == "CPU, not the GPU"
    assert bar.device.toolTip().startswith("Running on the CPU: no NVIDIA driver was found.")
    assert bar.device.accessibleDescription() == bar.device.toolTip()
    assert nameless(bar) == unreachable(bar) == []


def test_of_a_gpu_that_is_not_there_nothing_is_said(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "has_nvidia_gpu", lambda: False)
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.set_provider("CPU", "Running on the CPU: no NVIDIA driver was found.")
    assert bar.device.text() == "CPU" and "NVIDIA" not in bar.device.toolTip()
    full = Engine(Device.parse("cpu")).fallback_of("DmlExecutionProvider", "CPUExecutionProvider")
    bar.set_provider("CPU", full)
    assert bar.device.text() == "CPU, not the GPU", "one that ran out of memory is there, whoever made it"


def test_progress_shows_only_while_there_is_some(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show()
    for done, total, visible in ((0, 0, False), (0, 8, True), (3, 8, True), (8, 8, False)):
        bar.set_progress(done, total)
        assert bar.progress.isVisible() is visible
    bar.set_progress(3, 8)
    assert (bar.progress.value(), bar.progress.maximum()) == (3, 8)


def test_it_speaks(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.say("cat.png was saved.")
    assert bar.currentMessage() == "cat.png was saved."
    bar.set_detail("40 × 30")
    assert bar.detail.text() == "40 × 30"


def test_one_click_opens_the_doctor(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    bar = StatusBar()
    window.setStatusBar(bar)
    window.show()
    qtbot.mouseClick(bar.device, Qt.MouseButton.LeftButton)
    dialog = window.findChild(DoctorDialog)
    assert dialog is not None and dialog.isVisible()
    dialog.close()
    qtbot.waitUntil(lambda: window.findChild(DoctorDialog) is None)


def test_the_doctors_findings(qtbot: QtBot) -> None:
    dialog = DoctorDialog(command=says(FOUND))
    qtbot.addWidget(dialog)
    qtbot.waitUntil(dialog.copy.isEnabled, timeout=30_000)
    assert dialog.summary.text() == "These models cannot be used: mine."
    assert texts(dialog) == [
        ("CUDA", "no: no driver: install it"),
        ("CPU", "yes"),
        ("upscale-x2", "CPU"),
        ("mine", "cannot be used: It is damaged."),
        ("unfade", "1.2.3"),
        ("log", "/tmp/unfade.log"),
    ]
    dialog.copy.click()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert json.loads(clipboard.text()) == FOUND
    assert nameless(dialog) == unreachable(dialog) == []


def test_a_doctor_without_an_answer(qtbot: QtBot) -> None:
    for command in ((sys.executable, "-c", "print('{}')"), ("/no/such/program",)):
        dialog = DoctorDialog(command=command)
        qtbot.addWidget(dialog)
        qtbot.waitUntil(lambda dialog=dialog: "gave no answer" in dialog.summary.text(), timeout=30_000)
        assert not dialog.copy.isEnabled()


def test_closing_while_the_doctor_looks(qtbot: QtBot) -> None:
    dialog = DoctorDialog(command=(sys.executable, "-c", "import time; time.sleep(60)"))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.reject()
    assert not dialog.isVisible()
