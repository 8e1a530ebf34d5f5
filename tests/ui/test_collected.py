"""Python's collector takes nothing from the window that Qt still calls.

What a widget's wrapper is connected to goes with the wrapper. Where only Qt owns the widget and the function
connected to it holds the wrapper, the two are a ring that nothing holds: the collector clears it while the
widget lives on, and at the next signal the process dies.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QAbstractButton, QApplication, QDialog, QMainWindow, QMenu, QPushButton, QToolBar
from pytestqt.qtbot import QtBot

from tests.ui.conftest import MakeWindow
from unfade.filters import Hint

STEPS = [
    {"filter": "deartifact", "options": {}},
    {"filter": "colorize", "options": {}},
    {"filter": "upscale", "options": {"scale": 2.0, "model": "double"}},
]
ELSEWHERE = ("quit", "open_log", "apply")
"""What ends the window, or opens another program."""


@pytest.fixture
def kept() -> Iterator[None]:
    """The collector keeps what it finds in gc.garbage, so that it can be looked at."""
    gc.collect()
    gc.freeze()  # what was there before
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.unfreeze()


def taken() -> list[QObject]:
    """What would have been taken from Qt: wrappers of living objects that are not Python's own."""
    gc.collect()
    return [
        found
        for found in gc.garbage
        if isinstance(found, QObject) and not sip.isdeleted(found) and not sip.ispyowned(found)
    ]


@pytest.mark.usefixtures("kept")
def test_the_collector_is_seen_taking(qtbot: QtBot) -> None:
    """The proof that :func:`taken` can fail: a button that Qt has made."""

    def connect(window: QMainWindow) -> None:
        button = window.findChildren(QPushButton)[0]
        button.clicked.connect(lambda: button.setText("clicked"))

    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QDialog())
    dialog = window.centralWidget()
    assert isinstance(dialog, QDialog)
    sip.transferto(QPushButton(dialog), None)
    del dialog
    connect(window)
    assert [type(found) for found in taken()] == [QPushButton]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("hosted", [False, True])
def test_nothing_is_taken_from_the_window(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, hosted: bool
) -> None:
    """Every menu is opened, every entry chosen, every button pressed, and every dialog looked at."""
    window = make_window(picture_file, steps=STEPS, engine="none", hosted=hosted)
    window.settings.add_recent_file(picture_file)
    assert not taken()
    seen: set[str] = set()

    def close_dialog() -> None:
        dialog = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if dialog is not None:
            name = type(dialog).__name__
            known = name in seen
            seen.add(name)
            found = [] if known else taken()
            dialog.close()
            assert not found, f"{name}: {found}"

    closing = QTimer()
    closing.timeout.connect(close_dialog)
    closing.start(5)

    def go_on() -> None:
        qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    window.document.add_hint(Hint(20.0, 20.0, "#a03020"))
    window.hint_editor.edit(0, new=False)
    go_on()
    for menu in window.findChildren(QMenu):
        menu.aboutToShow.emit()
    for action in window.findChildren(QAction):
        if action.text() and action.menu() is None and action.objectName() not in ELSEWHERE:
            action.trigger()
            go_on()
    for button in window.findChildren(QAbstractButton):
        if not sip.isdeleted(button) and button.isEnabled() and not isinstance(button.parent(), QToolBar):
            button.click()
            go_on()
    assert not taken()
    dialogs = {"HintPicker", "DoctorDialog", "ShortcutSheet", "QMessageBox"}
    assert seen >= (dialogs if hosted else {*dialogs, "SaveDialog", "QFileDialog"})
